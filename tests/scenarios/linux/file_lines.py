"""Scenarios of lines that match a pattern."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios.linux import File, Scenario

PATH = "/etc/issue"
SNIPPETS = "/etc/rsyslog.d/*.conf"
SOME = {"any": {"present": True}}
NONE = {"any_of": [{"absent": True}, {"empty": True}]}


def _case(
    name: str,
    verdict: str,
    files: Dict[str, Any],
    expect: Dict[str, Any],
    observed: Optional[Dict[str, Any]] = None,
    **address: Any,
) -> Scenario:
    wanted = {"path": PATH, "pattern": r"^\s*receive\b", **address}
    if "glob" in wanted:
        del wanted["path"]
    return Scenario(name, wanted, expect, verdict, observed or {"state": "value"}, files=files)


ONE = {"state": "value", "value": [{"file": PATH, "line": 2, "text": "(masked)"}]}
SCENARIOS = [
    _case("found", "pass", {PATH: "x\nreceive tcp\n"}, SOME, ONE),
    _case("not-wanted-but-found", "fail", {PATH: "x\nreceive tcp\n"}, NONE, ONE),
    _case("not-found", "fail", {PATH: "x\n"}, SOME, {"state": "value", "value": []}),
    _case("not-wanted-and-not-found", "pass", {PATH: "x\n"}, NONE, {"state": "value", "value": []}),
    _case("absent", "fail", {}, SOME, {"state": "absent"}),
    _case("not-wanted-and-absent", "pass", {}, NONE, {"state": "absent"}),
    _case("commented-out", "fail", {PATH: "# receive tcp\n"}, SOME, {"state": "value", "value": []}),
    _case("odd-spacing", "pass", {PATH: "\t  receive tcp\n"}, SOME),
    _case("case-counts", "fail", {PATH: "RECEIVE tcp\n"}, SOME),
    _case("case-may-be-ignored", "pass", {PATH: "RECEIVE tcp\n"}, SOME, ignore_case=True),
    _case("without-a-line-end", "pass", {PATH: "receive"}, SOME),
    _case(
        "in-a-snippet",
        "fail",
        {"/etc/rsyslog.d/a.conf": "x\n", "/etc/rsyslog.d/b.conf": "receive tcp\n"},
        NONE,
        glob=SNIPPETS,
    ),
    _case("snippet-of-another-name", "pass", {"/etc/rsyslog.d/a.conf.bak": "receive tcp\n"}, NONE, glob=SNIPPETS),
    _case("snippet-that-leads-nowhere", "pass", {"/etc/rsyslog.d/a.conf": File(link="/run/none")}, NONE, glob=SNIPPETS),
    _case("no-snippets", "pass", {"/etc/rsyslog.d/.keep": ""}, NONE, {"state": "value", "value": []}, glob=SNIPPETS),
    _case("a-hundred-and-one-matches", "error", {PATH: "receive\n" * 101}, SOME, {"state": "error"}),
    _case("a-hundred-matches", "pass", {PATH: "receive\n" * 100}, SOME),
    _case("not-utf-8", "pass", {PATH: b"\xff\xfe\nreceive \xe9\n"}, SOME),
    _case("folder-in-place-of-the-file", "error", {PATH: File(directory=True)}, SOME, {"state": "error"}),
    _case("link-to-itself", "error", {PATH: File(link="issue")}, SOME, {"state": "error"}),
    _case("too-large", "error", {PATH: "x" * (5 * 1024 * 1024)}, SOME, {"state": "error"}),
]
