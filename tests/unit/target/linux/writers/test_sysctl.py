"""Kernel parameters, now and at every boot."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import execute, rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

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


@pytest.mark.parametrize("redirects", ["0", "1"])
def test_host_that_stops_forwarding_takes_no_redirects_because_of_that(planned, tmp_path, monkeypatch, redirects):
    """The kernel sets all/accept_redirects by itself when forwarding is switched."""
    accepted = "/proc/sys/net/ipv4/conf/all/accept_redirects"
    write = execute.write_kernel

    def kernel(path, text):
        write(path, text)
        if path.endswith("ip_forward"):
            write(str(tmp_path) + accepted, "1" if text.strip() == "0" else "0")

    monkeypatch.setattr(execute, "write_kernel", kernel)
    monkeypatch.setattr(rollback, "write_kernel", kernel)
    planned("sysctl", NAME, 0, {RUNNING: "1\n", accepted: redirects + "\n"}, mode="apply")

    values = [(tmp_path / path[1:]).read_text().strip() for path in (RUNNING, accepted)]
    assert values == ["0", redirects]

    host, journal = Host(str(tmp_path)), Journal(str(tmp_path), "run")
    report = rollback.Rollback(host, lambda *_all: CommandResult(), journal).run()
    assert (report.conflicts, report.problems) == ([], [])
    values = [(tmp_path / path[1:]).read_text().strip() for path in (RUNNING, accepted)]
    assert values == ["1", redirects]


def test_forwarding_that_a_service_switches_on_is_left_to_a_person(planned):
    """Its containers would lose their network at once."""
    state, steps = planned(
        "sysctl", NAME, 0, {RUNNING: "1\n", "/etc/systemd/system/multi-user.target.wants/docker.service": ""}
    )

    assert (state["state"], steps) == ("refused", [])
    assert "docker sets net/ipv4/ip_forward to 1 (docker.service:0)" in state["reason"]


def test_what_others_set_on_an_interface_is_named_as_left(planned, tmp_path):
    accepts = "/proc/sys/net/ipv6/conf/all/accept_ra"
    files = {accepts: "1\n", "/etc/network/interfaces": "iface lan0 inet6 auto\n", "/etc/network/if-up.d/x": ""}

    state, _steps = planned("sysctl", {"name": "net.ipv6.conf.all.accept_ra"}, 0, files, mode="apply")

    assert state["state"] == "done"
    assert "ifupdown sets net/ipv6/conf/lan0/accept_ra to 2 (/etc/network/interfaces:1)" in state["left"]
    assert (tmp_path / accepts[1:]).read_text() == "0\n"


def test_the_same_by_another_name_becomes_a_comment_too(planned, tmp_path):
    state, _steps = planned(
        "sysctl", NAME, 0, {RUNNING: "1\n", SITE: "net.ipv4.conf.all.forwarding = 1\n"}, mode="apply"
    )

    assert state["state"] == "done"
    assert (tmp_path / SITE[1:]).read_text().startswith("# disabled by hipaa.cis: ")
