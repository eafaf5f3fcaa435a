"""Scenarios of dconf: what a session of a profile sees, and what is locked."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios import File, Scenario

KEY = "/org/gnome/desktop/media-handling/autorun-never"
PROFILE = "/etc/dconf/profile/user"
FILE = "/etc/dconf/db/local.d/00-media"
LOCK = "/etc/dconf/db/local.d/locks/00-media"
SET = "[org/gnome/desktop/media-handling]\nautorun-never=true\n"
NEVER = {"equals": True}
# Written last, so that it is as new as its keyfiles.
COMPILED = {"/etc/dconf/db/local": "GVariant"}


def _case(
    name: str, verdict: str, files: Dict[str, Any], observed: Optional[Dict[str, Any]] = None, **more: Any
) -> Scenario:
    address = {"key": KEY, **more.pop("address", {})}
    expect = more.pop("expect", {"fields": {"value": NEVER}})
    return Scenario(name, address, expect, verdict, observed or {"state": "value"}, files=files, **more)


BASE = {PROFILE: "user-db:user\nsystem-db:local\n"}
SCENARIOS = [
    _case("right", "pass", {**BASE, FILE: SET, **COMPILED}),
    _case("wrong", "fail", {**BASE, FILE: SET.replace("true", "false"), **COMPILED}),
    _case("absent", "fail", {**BASE, **COMPILED}, {"state": "absent"}),
    _case("commented-out", "fail", {**BASE, FILE: SET.replace("autorun", "#autorun"), **COMPILED}, {"state": "absent"}),
    _case("other-section", "fail", {**BASE, FILE: SET.replace("media", "other"), **COMPILED}, {"state": "absent"}),
    _case(
        "twice-the-last-file-wins",
        "fail",
        {**BASE, FILE: SET, FILE + "-late": SET.replace("true", "false"), **COMPILED},
    ),
    _case("no-profile", "fail", {FILE: SET, **COMPILED}, {"state": "absent"}),
    _case(
        "profile-names-another-database",
        "fail",
        {PROFILE: "user-db:user\nsystem-db:site\n", FILE: SET, **COMPILED},
        {"state": "absent"},
    ),
    _case("other-profile", "fail", {**BASE, FILE: SET, **COMPILED}, {"state": "absent"}, address={"profile": "gdm"}),
    _case(
        "profile-with-comments",
        "pass",
        {PROFILE: "# ours\nuser-db:user # theirs\n system-db:local # site\n", FILE: SET, **COMPILED},
    ),
    _case(
        "first-database-wins",
        "fail",
        {
            PROFILE: "user-db:user\nsystem-db:site\nsystem-db:local\n",
            FILE: SET,
            **COMPILED,
            "/etc/dconf/db/site.d/x": SET.replace("true", "false"),
            "/etc/dconf/db/site": "GVariant",
        },
    ),
    _case(
        "locked-below-wins",
        "pass",
        {
            PROFILE: "user-db:user\nsystem-db:site\nsystem-db:local\n",
            FILE: SET,
            LOCK: KEY + "\n",
            **COMPILED,
            "/etc/dconf/db/site.d/x": SET.replace("true", "false"),
            "/etc/dconf/db/site": "GVariant",
        },
    ),
    _case(
        "locked",
        "pass",
        {**BASE, FILE: SET, LOCK: KEY + "\n", **COMPILED},
        {"state": "value", "value": {"value": True, "locked": True}},
        expect={"fields": {"locked": {"equals": True}}},
    ),
    _case(
        "locked-without-a-value",
        "pass",
        {**BASE, LOCK: KEY + "\n", **COMPILED},
        {"state": "value", "value": {"value": None, "locked": True}},
        expect={"fields": {"locked": {"equals": True}}},
    ),
    _case(
        "lock-commented-out",
        "fail",
        {**BASE, FILE: SET, LOCK: "#" + KEY + "\n", **COMPILED},
        expect={"fields": {"locked": {"equals": True}}},
    ),
    _case("not-compiled", "error", {**BASE, FILE: SET}, {"state": "error"}),
    _case("database-named-like-a-path", "error", {PROFILE: "system-db:../x\n"}, {"state": "error"}),
    _case("folder-in-place-of-the-profile", "error", {PROFILE: File(directory=True)}, {"state": "error"}),
    _case("too-large", "error", {**BASE, FILE: "#" * (5 * 1024 * 1024), **COMPILED}, {"state": "error"}),
]
