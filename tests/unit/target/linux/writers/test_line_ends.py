"""A file that is written back keeps its other bytes; what stands in a comment stays there."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import with_line

SIGNS = ["\v", "\u2028", "\r"]
RULE = "anna ALL=(ALL) NOPASSWD: ALL"
FAILLOCK = "/etc/security/faillock.conf"
POSTFIX = "/etc/postfix/main.cf"


@pytest.mark.root
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    "case",
    [
        ("sudo", {"query": "default", "name": "use_pty"}, True, "/etc/sudoers", RULE, "Defaults !use_pty"),
        ("login_defs", {"name": "PASS_MAX_DAYS"}, 365, "/etc/login.defs", "PASS_MAX_DAYS 1", "PASS_MAX_DAYS 99999"),
        (
            "text_setting",
            {"format": "faillock", "file": FAILLOCK, "name": "deny"},
            5,
            FAILLOCK,
            "deny = 1",
            "deny = 6",
        ),
        (
            "text_setting",
            {"format": "postfix", "file": POSTFIX, "name": "inet_interfaces"},
            "loopback-only",
            POSTFIX,
            "inet_interfaces = all",
            "inet_interfaces = all",
        ),
        (
            "file_lines",
            {"path": "/etc/shells", "pattern": "^/usr/sbin/nologin"},
            {"disable": True},
            "/etc/shells",
            "/bin/x",
            "/usr/sbin/nologin",
        ),
    ],
    ids=["sudo", "login_defs", "faillock", "postfix", "file_lines"],
)
def test_comment_stays_one_and_other_lines_stay_as_they_are(planned, tmp_path, case, sign):
    kind, address, wanted, path, comment, setting = case
    others = "# before%s%s\n" % (sign, comment)
    end = "# CRLF\r\n# behind%s%s" % (sign, comment)
    place = tmp_path / path[1:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes((others + setting + "\n" + end).encode())

    state, _steps = planned(kind, address, wanted, mode="apply")

    assert state["state"] == "done", state
    after = place.read_bytes().decode()
    assert after.startswith(others)
    assert end in after
    live = [row for row in after.split("\n") if row and not row.lstrip().startswith("#")]
    assert not [row for row in live if comment in row or setting in row]


@pytest.mark.parametrize("sign", SIGNS)
def test_line_that_is_put_in_leaves_all_others_as_they_are(sign):
    text = "# a%sx 2\r\nx 1\nx 3\n# end" % sign

    assert with_line(text, "x 2", lambda line: line.startswith("x ")) == "# a%sx 2\r\nx 2\n# end\n" % sign
