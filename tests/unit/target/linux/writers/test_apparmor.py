"""Profiles of AppArmor that only complain."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.apparmor import _is_file, _without_complain


@pytest.mark.parametrize(
    ("flags", "after"),
    [
        ("complain", ""),
        ("attach_disconnected, complain", " flags=(attach_disconnected)"),
        ("attach_disconnected complain,mediate_deleted", " flags=(attach_disconnected,mediate_deleted)"),
    ],
)
def test_other_flags_stay(flags, after):
    assert _without_complain(flags) == after


def test_link_is_no_file(tmp_path):
    (tmp_path / "x").write_text("")
    (tmp_path / "link").symlink_to("x")

    assert (_is_file(Host(str(tmp_path)), "/x"), _is_file(Host(str(tmp_path)), "/link")) == (True, False)
