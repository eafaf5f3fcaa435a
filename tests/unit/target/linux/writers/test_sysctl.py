"""Kernel parameters, now and at every boot."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.root
NAME = {"name": "net.ipv4.ip_forward"}
RUNNING = "/proc/sys/net/ipv4/ip_forward"
SITE = "/etc/sysctl.d/50-site.conf"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("net.ipv4.ip_forward = 1\n", False),
        ("net.ipv4.ip_forward = 0\n", True),
        ("net/ipv4/ip_forward=0\n", True),
        ("net.ipv4.conf.all.log_martians = 1\n", True),
    ],
)
def test_only_lines_that_say_otherwise_become_comments(planned, tmp_path, text, after):
    state, _steps = planned("sysctl", NAME, 0, {RUNNING: "1\n", SITE: text}, mode="apply")

    assert state["state"] == "done"
    assert ((tmp_path / SITE[1:]).read_text() == text) is after
    assert (tmp_path / RUNNING[1:]).read_text() == "0\n"


@pytest.mark.parametrize(("seen", "wanted", "written"), [("1", 2, "2"), ("3", 2, "3"), ("2", 2, "2"), ("-1", 2, "2")])
def test_greater_value_stays_where_a_least_one_is_wanted(planned, tmp_path, seen, wanted, written):
    planned("sysctl", NAME, {"at_least": wanted}, {RUNNING: seen + "\n"}, mode="apply")

    assert (tmp_path / RUNNING[1:]).read_text() == written + "\n"


def test_parameter_that_this_kernel_lacks_is_left_to_a_person(planned):
    state, steps = planned("sysctl", NAME, 0, {"/proc/sys/kernel/other": "1\n"})

    assert (state["state"], steps) == ("refused", [])
    assert "this kernel has no parameter net.ipv4.ip_forward" in state["reason"]
