"""Scenarios of login.defs: the last line counts, names are case-sensitive."""

from __future__ import annotations

from typing import Any

from tests.scenarios.linux import File, Scenario

PATH = "/etc/login.defs"


def _case(name: str, verdict: str, content: Any, observed: Any) -> Scenario:
    wanted = 365 if verdict == "fail" else None
    return Scenario(
        name, {"name": "PASS_MAX_DAYS"}, {"between": [1, 365]}, verdict, observed, files={PATH: content}, wanted=wanted
    )


SCENARIOS = [
    _case("right", "pass", "PASS_MAX_DAYS\t90\n", {"state": "value", "value": "90", "source": PATH + ":1"}),
    _case("wrong", "fail", "PASS_MAX_DAYS 99999\n", {"state": "value", "value": "99999"}),
    _case("commented-out", "fail", "#PASS_MAX_DAYS 90\n", {"state": "absent"}),
    _case(
        "last-of-two",
        "fail",
        "PASS_MAX_DAYS 90\nPASS_MAX_DAYS 99999\n",
        {"state": "value", "value": "99999", "source": PATH + ":2"},
    ),
    _case("odd-case", "fail", "pass_max_days 90\n", {"state": "absent"}),
    _case("odd-spacing-and-quotes", "pass", '  PASS_MAX_DAYS   "90"  \n', {"state": "value", "value": "90"}),
    _case("without-a-value", "fail", "PASS_MAX_DAYS\n", {"state": "value", "value": ""}),
    _case("not-utf-8", "pass", b"# \xff\nPASS_MAX_DAYS 90\n", {"state": "value", "value": "90"}),
    _case("too-large", "error", "#" * (5 * 1024 * 1024), {"state": "error"}),
    _case("directory-in-its-place", "error", File(directory=True, mode=0o755), {"state": "error"}),
    _case("link-to-itself", "error", File(link="login.defs"), {"state": "error"}),
    Scenario("absent", {"name": "PASS_MAX_DAYS"}, {"between": [1, 365]}, "fail", {"state": "absent"}),
]
