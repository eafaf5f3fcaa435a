"""Scenarios of sudoers: order, scopes, includes, tags."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios.linux import Scenario

MAIN = "/etc/sudoers"
SERVICES = "/etc/nsswitch.conf"
DROP = "/etc/sudoers.d/x"
INCLUDE = "@includedir /etc/sudoers.d\n"
PTY = {"query": "default", "name": "use_pty"}
TRUE = {"equals": True}


def _pty(name: str, verdict: str, files: Dict[str, Any], observed: Any, **keys: Any) -> Scenario:
    return Scenario(name, PTY, TRUE, verdict, observed, files=files, **keys)


def _list(name: str, verdict: str, query: str, text: str) -> Scenario:
    return Scenario(name, {"query": query}, {"empty": True}, verdict, {"state": "value"}, files={MAIN: text})


def _fix(name: str, files: Dict[str, Any]) -> Scenario:
    return _pty(name, "fail", files, {}, wanted=True)


def _minutes(name: str, verdict: str, text: str, wanted: Optional[int], after: str) -> Scenario:
    address = {"query": "default", "name": "timestamp_timeout"}
    return Scenario(name, address, {"equals": after}, verdict, {}, files={MAIN: text + INCLUDE}, wanted=wanted)


def _compiled_in(name: str, verdict: str, expect: Dict[str, Any], minutes: str, observed: Dict[str, Any]) -> Scenario:
    address = {"query": "default", "name": "timestamp_timeout"}
    said = {"sudo -V": "Sudo version 1.9.13p3\nAuthentication timestamp timeout: %s minutes\n" % minutes}
    return Scenario(name, address, expect, verdict, observed, files={MAIN: "Defaults use_pty\n"}, commands=said)


def _password(name: str, query: str, text: str) -> Scenario:
    people = {
        "/etc/passwd": "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\n",
        "/etc/group": "root:x:0:\nops:x:1001:bob\n",
        "/etc/shadow": "root:*:1:0:9:7:::\nbob:$y$j9T$salt$hash:1:0:9:7:::\n",
    }
    files = {**people, MAIN: text}
    return Scenario(name, {"query": query}, {"empty": True}, "fail", {"state": "value"}, files=files, wanted=[])


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
    _pty(
        "files-only",
        "pass",
        {MAIN: "Defaults use_pty\n", SERVICES: "passwd: files sss\nsudoers: files [NOTFOUND=return] # ldap\n"},
        {"state": "value", "value": True},
    ),
    _pty(
        "directory-service",
        "error",
        {MAIN: "Defaults use_pty\n", SERVICES: "sudoers:\tfiles sss\n"},
        {"state": "error"},
    ),
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
    # What is written.
    _fix("fix-absent", {MAIN: INCLUDE}),
    _fix("fix-without-includedir", {MAIN: "Defaults env_reset\n"}),
    _fix("fix-negated", {MAIN: "Defaults !use_pty\n" + INCLUDE}),
    _fix("fix-in-a-list", {MAIN: "Defaults env_reset, !use_pty, mail_badpass\n" + INCLUDE}),
    _fix("fix-continued-line", {MAIN: "Defaults env_reset, \\\n  !use_pty # why\n" + INCLUDE}),
    _fix("fix-drop-in-that-sorts-last", {MAIN: INCLUDE, "/etc/sudoers.d/zzz": "Defaults !use_pty\n"}),
    _fix("fix-for-one-user", {MAIN: "Defaults use_pty\nDefaults:bob !use_pty, !lecture\n" + INCLUDE}),
    _fix("fix-behind-the-includedir", {MAIN: INCLUDE + "Defaults !use_pty\n"}),
    _minutes("minutes-right", "pass", "Defaults timestamp_timeout=5\n", None, "5"),
    _compiled_in("minutes-compiled-in", "pass", {"between": [0, 15]}, "15.0", {"value": "15", "default": True}),
    _compiled_in(
        "minutes-compiled-in-too-many", "fail", {"between": [0, 10]}, "15.0", {"value": "15", "default": True}
    ),
    _compiled_in("minutes-compiled-in-endless", "fail", {"between": [0, 15]}, "-1", {"value": "-1", "default": True}),
    _compiled_in("minutes-unknown", "error", {"between": [0, 15]}, "many", {"state": "error"}),
    _minutes("fix-minutes", "fail", "Defaults timestamp_timeout=60\n", 15, "15"),
    _minutes("fix-endless-minutes", "fail", "Defaults env_reset,timestamp_timeout=-1\n", 15, "15"),
    _minutes(
        "fix-minutes-of-one-user", "fail", "Defaults timestamp_timeout=5\nDefaults:bob timestamp_timeout=60\n", 15, "5"
    ),
    Scenario(
        "fix-log-file",
        {"query": "default", "name": "logfile"},
        {"matches": "^/."},
        "fail",
        {"state": "value", "value": False},
        files={MAIN: "Defaults !logfile\n" + INCLUDE},
        wanted="/var/log/sudo.log",
    ),
    _password("fix-tag", "nopasswd", "bob ALL=(ALL) NOPASSWD: /bin/a, PASSWD: /bin/b\n"),
    _password("fix-tag-of-a-group", "nopasswd", "%ops ALL=(ALL) NOPASSWD:ALL\nroot ALL=(ALL) NOPASSWD: ALL\n"),
    _password("fix-authentication-lifted", "not_authenticate", "Defaults:bob !authenticate, !lecture\n"),
]
