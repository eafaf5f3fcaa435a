"""For whom a line of sudoers is: they must have a password before they are asked for it."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.sudo import _users_of


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(
        "root:x:0:0::/:/bin/sh\nanna:x:1000:1000::/:/bin/sh\nbo:x:1001:50::/:/bin/sh\n"
    )
    (tmp_path / "etc/group").write_text("root:x:0:\nanna:x:1000:\ncare:x:50:anna,root\n")
    return Host(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("anna ALL=(ALL) NOPASSWD: ALL", ["anna"]),
        ("anna, bo ALL=(ALL) NOPASSWD: ALL", ["anna", "bo"]),
        ("root ALL=(ALL) NOPASSWD: ALL", []),
        ("%care ALL=(ALL) NOPASSWD: ALL", ["anna", "bo"]),
        ("Defaults:anna !authenticate", ["anna"]),
        ("Defaults:anna,bo !authenticate", ["anna", "bo"]),
    ],
)
def test_users_of_a_line_are_told(host, text, users):
    assert _users_of(host, text, "/etc/sudoers:1") == users


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Defaults !authenticate", "is for ALL, whose passwords cannot be told"),
        ("Defaults@ward !authenticate", "is for ALL, whose passwords cannot be told"),
        ("ALL ALL=(ALL) NOPASSWD: ALL", "is for ALL"),
        ("NURSES ALL=(ALL) NOPASSWD: ALL", "is for NURSES"),
        ("%ldap ALL=(ALL) NOPASSWD: ALL", "the group ldap is not a local one"),
    ],
)
def test_line_for_whom_nobody_can_tell_is_left_to_a_person(host, text, said):
    with pytest.raises(CannotFix, match=said):
        _users_of(host, text, "/etc/sudoers:1")
