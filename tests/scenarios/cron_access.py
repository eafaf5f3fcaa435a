"""Scenarios of the lists of who may use cron."""

from __future__ import annotations

from tests.scenarios import File, Scenario

RIGHT = {"fields": {"exists": {"equals": True}, "mode": {"mode_at_most": "0640"}}}
NAMES = {"/etc/passwd": "", "/etc/group": ""}

SCENARIOS = [
    Scenario(
        "allow-list-right",
        {"program": "cron"},
        RIGHT,
        "pass",
        {"state": "value"},
        "allow",
        {**NAMES, "/etc/cron.allow": File("", 0o640)},
    ),
    Scenario(
        "allow-list-open",
        {"program": "cron"},
        RIGHT,
        "fail",
        {"state": "value"},
        "allow",
        {**NAMES, "/etc/cron.allow": File("", 0o666)},
    ),
    Scenario("allow-list-absent", {"program": "cron"}, RIGHT, "fail", {"state": "value"}, "allow", NAMES),
    Scenario("unknown-program", {"program": "anacron"}, RIGHT, "error", {"state": "error"}, "allow", NAMES),
]
