"""Scenarios of sudoers: order, scopes, includes, tags."""

from __future__ import annotations

from typing import Any, Dict

from tests.scenarios import Scenario

MAIN = "/etc/sudoers"
DROP = "/etc/sudoers.d/x"
INCLUDE = "@includedir /etc/sudoers.d\n"
PTY = {"query": "default", "name": "use_pty"}
TRUE = {"equals": True}


def _pty(name: str, verdict: str, files: Dict[str, Any], observed: Any, **keys: Any) -> Scenario:
    return Scenario(name, PTY, TRUE, verdict, observed, files=files, **keys)


def _list(name: str, verdict: str, query: str, text: str) -> Scenario:
    return Scenario(name, {"query": query}, {"empty": True}, verdict, {"state": "value"}, files={MAIN: text})


SCENARIOS = [
    _pty("right", "pass", {MAIN: "Defaults use_pty\n"}, {"state": "value", "value": True}),
    _pty("negated", "fail", {MAIN: "Defaults !use_pty\n"}, {"state": "value", "value": False}),
    _pty("absent", "fail", {MAIN: "Defaults env_reset\n"}, {"state": "absent"}),
    _pty("commented-out", "fail", {MAIN: "# Defaults use_pty\n"}, {"state": "absent"}),
    _pty("last-wins", "fail", {MAIN: "Defaults use_pty\nDefaults !use_pty\n"}, {"state": "value", "value": False}),
    _pty(
        "in-a-list",
        "pass",
        {MAIN: 'Defaults env_reset, use_pty, badpass_message="no, never"\n'},
        {"state": "value", "value": True},
    ),
    _pty("continued-line", "pass", {MAIN: "Defaults env_reset, \\\n  use_pty\n"}, {"state": "value", "value": True}),
    _pty("drop-in", "pass", {MAIN: INCLUDE, DROP: "Defaults use_pty\n"}, {"state": "value", "value": True}),
    _pty(
        "drop-in-loosens",
        "fail",
        {MAIN: "Defaults use_pty\n" + INCLUDE, DROP: "Defaults !use_pty\n"},
        {"state": "value", "value": False},
    ),
    _pty(
        "drop-in-with-a-dot-is-skipped",
        "fail",
        {MAIN: INCLUDE, DROP + ".conf": "Defaults use_pty\n"},
        {"state": "absent"},
    ),
    _pty("loosened-for-one-user", "fail", {MAIN: "Defaults use_pty\nDefaults:bob !use_pty\n"}, {"state": "value"}),
    _pty("for-one-user-only", "fail", {MAIN: "Defaults:bob use_pty\n"}, {"state": "absent"}),
    _pty("includes-itself", "error", {MAIN: "@include /etc/sudoers\n"}, {"state": "error"}),
    _pty("include-that-depends-on-the-host", "error", {MAIN: "@include /etc/sudoers.%h\n"}, {"state": "error"}),
    _pty("not-root", "error", {MAIN: "Defaults use_pty\n"}, {"state": "error"}, privileged=False),
    _list("no-tag", "pass", "nopasswd", "%sudo ALL=(ALL:ALL) ALL\n"),
    _list("tag", "fail", "nopasswd", "bob ALL=(ALL) NOPASSWD: ALL\n"),
    _list("tag-after-a-user-number", "fail", "nopasswd", "#1000 ALL=(ALL) NOPASSWD:ALL\n"),
    _list("tag-in-a-comment", "pass", "nopasswd", "bob ALL=(ALL) ALL # was NOPASSWD: ALL\n"),
    _list("authentication-lifted", "fail", "not_authenticate", "Defaults:bob !authenticate\n"),
    _list("authentication-kept", "pass", "not_authenticate", "Defaults authenticate\n"),
    # sudo continues no comment: visudo and `sudo -l` on Debian 12.
    _list(
        "tag-behind-a-comment-that-looks-continued", "fail", "nopasswd", "# all of \\\nbob ALL=(ALL) NOPASSWD: ALL\n"
    ),
    _list("tag-behind-a-late-comment", "fail", "nopasswd", "Defaults a # of \\\nbob ALL=(ALL) NOPASSWD: ALL\n"),
]
