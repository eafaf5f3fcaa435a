"""Scenarios of text settings, format by format."""

from __future__ import annotations

from typing import Any, Dict

from tests.scenarios import Scenario

JOURNAL = {"file": "/etc/systemd/journald.conf", "name": "Storage", "section": "Journal", "format": "systemd"}
MAIN = "/etc/systemd/journald.conf"
DROP = "/etc/systemd/journald.conf.d/%s.conf"
VENDOR = "/usr/lib/systemd/journald.conf.d/%s.conf"
KEPT = "[Journal]\nStorage=persistent\n"
LOST = "[Journal]\nStorage=volatile\n"


def _journal(name: str, verdict: str, files: Dict[str, Any]) -> Scenario:
    return Scenario(name, JOURNAL, {"equals": "persistent"}, verdict, {}, files=files)


def _simple(name: str, verdict: str, form: str, key: str, text: str, expect: Any) -> Scenario:
    return Scenario(
        name, {"file": "/etc/x.conf", "name": key, "format": form}, expect, verdict, {}, files={"/etc/x.conf": text}
    )


SCENARIOS = [
    _journal("right", "pass", {MAIN: KEPT}),
    _journal("wrong", "fail", {MAIN: LOST}),
    _journal("absent", "fail", {}),
    _journal("commented-out", "fail", {MAIN: "[Journal]\n#Storage=persistent\n"}),
    _journal("other-section", "fail", {MAIN: "[Manager]\nStorage=persistent\n"}),
    _journal("odd-case", "fail", {MAIN: "[Journal]\nstorage=persistent\n"}),
    _journal("odd-spacing", "pass", {MAIN: "[Journal]\n  Storage =  persistent \n"}),
    _journal("last-of-two", "fail", {MAIN: KEPT + "Storage=none\n"}),
    _journal("emptied-again", "fail", {MAIN: KEPT + "Storage=\n"}),
    _journal("drop-in-wins", "pass", {MAIN: LOST, DROP % "50": KEPT}),
    _journal("drop-in-loosens", "fail", {MAIN: KEPT, VENDOR % "50": LOST}),
    _journal("later-drop-in-wins", "pass", {DROP % "40": LOST, VENDOR % "60": KEPT}),
    _journal("vendor-drop-in-masked", "pass", {MAIN: KEPT, VENDOR % "50": LOST, DROP % "50": ""}),
    _simple(
        "auditd-any-case",
        "pass",
        "auditd",
        "max_log_file_action",
        "MAX_LOG_FILE_ACTION = keep_logs\n",
        {"equals": "keep_logs"},
    ),
    _simple("key-value-last", "fail", "key_value", "minlen", "minlen = 14\nminlen = 8\n", {"at_least": 14}),
    _simple("flag", "pass", "faillock", "even_deny_root", "even_deny_root\n", {"present": True}),
    _simple("flag-commented-out", "fail", "faillock", "even_deny_root", "# even_deny_root\n", {"present": True}),
    _simple("shell-export", "pass", "shell", "TMOUT", "readonly TMOUT=900 ; export TMOUT\n", {"between": [1, 900]}),
    _simple("shell-last", "fail", "shell", "TMOUT", "TMOUT=900\nTMOUT=0\n", {"between": [1, 900]}),
    _simple("shell-in-a-condition", "fail", "shell", "TMOUT", "if true; then\nTMOUT=900\nfi\n", {"between": [1, 900]}),
    _simple("limits", "pass", "limits", "* hard core", "* hard core 0\n", {"equals": "0"}),
    _simple("limits-both", "pass", "limits", "* hard core", "*  -  core  0\n", {"equals": "0"}),
    _simple("limits-last", "fail", "limits", "* hard core", "* hard core 0\n* hard core unlimited\n", {"equals": "0"}),
]
