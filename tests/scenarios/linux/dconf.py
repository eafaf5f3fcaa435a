"""Scenarios of dconf: what a session of a profile sees, and what is locked."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.dconf import UPDATE
from tests.scenarios.linux import File, Scenario

KEY = "/org/gnome/desktop/media-handling/autorun-never"
PROFILE = "/etc/dconf/profile/user"
FILE = "/etc/dconf/db/local.d/00-media"
LOCK = "/etc/dconf/db/local.d/locks/00-media"
SET = "[org/gnome/desktop/media-handling]\nautorun-never=true\n"
NEVER = {"equals": True}
# Written last, so that it is as new as its keyfiles.
COMPILED = {"/etc/dconf/db/local": "GVariant"}

PROGRAM = {"/usr/bin/dconf": File("", mode=0o755)}


def _compile(root: str) -> str:
    """Stand for `dconf update`: one file for each folder of keyfiles."""
    folder = root + "/etc/dconf/db"
    for name in os.listdir(folder) if root else ():
        if name.endswith(".d"):
            with open(os.path.join(folder, name[: -len(".d")]), "w", encoding="utf-8") as stream:
                stream.write("GVariant %s" % sorted(os.listdir(os.path.join(folder, name))))
    return ""


COMPILER = {"sh -c " + UPDATE: _compile}


def _case(
    name: str, verdict: str, files: Dict[str, Any], observed: Optional[Dict[str, Any]] = None, **more: Any
) -> Scenario:
    address = {"key": KEY, **more.pop("address", {})}
    expect = more.pop("expect", {"fields": {"value": NEVER}})
    if "wanted" in more:
        # The compiled databases stay the last to be written.
        files, more = {**PROGRAM, **files}, {"commands": COMPILER, **more}
    return Scenario(name, address, expect, verdict, observed or {"state": "value"}, files=files, **more)


def _value(seen: Any, locked: bool = False, **more: Any) -> Dict[str, Any]:
    return {"state": "value", "value": {"value": seen, "locked": locked, **more}}


def _typed(name: str, verdict: str, kind: str, text: str, seen: Any, expect: Any, **more: Any) -> Scenario:
    """A value that counts only where it has the type of the key."""
    return _case(
        name, verdict, {**BASE, FILE: SET.replace("true", text), **COMPILED}, observed=_value(seen, **more),
        address={"type": kind}, expect={"fields": {"value": expect}},
    )  # fmt: skip


BASE = {PROFILE: "user-db:user\nsystem-db:local\n"}
GREETER = {"address": {"profile": "gdm"}}
LOGIN = {
    "/etc/dconf/profile/gdm": "user-db:user\nsystem-db:gdm\n",
    "/etc/dconf/db/gdm.d/00-media": SET,
    "/etc/dconf/db/gdm": "GVariant",
}
SCENARIOS = [
    _case("login-screen", "pass", LOGIN, _value(True), **GREETER),
    # Debian 13: the login screen's account is Debian-gdm, and its profile a link beside the one that the site hides.
    _case(
        "login-screen-by-the-name-of-its-account",
        "fail",
        {
            "/usr/share/dconf/profile/gdm": "user-db:user\nfile-db:/var/lib/gdm3/greeter-dconf-defaults\n",
            "/usr/share/dconf/profile/Debian-gdm": File(link="gdm"),
            **LOGIN,
        },
        {"state": "absent"},
        **GREETER,
    ),
    _case(
        "login-screen-with-its-own-profile",
        "pass",
        {
            "/usr/share/dconf/profile/Debian-gdm": "user-db:user\n",
            "/etc/dconf/profile/Debian-gdm": "user-db:user\nsystem-db:gdm\n",
            **LOGIN,
        },
        _value(True),
        **GREETER,
    ),
    _case("right", "pass", {**BASE, FILE: SET, **COMPILED}),
    _case("wrong", "fail", {**BASE, FILE: SET.replace("true", "false"), **COMPILED}, wanted=True),
    _case("absent", "fail", {**BASE, **COMPILED}, {"state": "absent"}, wanted=True),
    _case("nothing-compiled-yet", "fail", BASE, {"state": "absent"}, wanted=True),
    _case("profile-without-a-database", "fail", {PROFILE: "user-db:user\n"}, {"state": "absent"}, wanted=True),
    _case("commented-out", "fail", {**BASE, FILE: SET.replace("autorun", "#autorun"), **COMPILED}, {"state": "absent"}),
    _case("other-section", "fail", {**BASE, FILE: SET.replace("media", "other"), **COMPILED}, {"state": "absent"}),
    _case(
        "twice-the-last-file-wins",
        "fail",
        {**BASE, FILE: SET, FILE + "-late": SET.replace("true", "false"), **COMPILED},
        wanted=True,
    ),
    _case(
        "wrong-in-a-file-that-sorts-behind-ours",
        "fail",
        {**BASE, "/etc/dconf/db/local.d/zzz": SET.replace("true", "false"), **COMPILED},
        wanted=True,
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
        wanted=True,
    ),
    _case(
        "wrong-where-it-is-locked",
        "fail",
        {
            PROFILE: "user-db:user\nsystem-db:site\nsystem-db:local\n",
            FILE: SET.replace("true", "false"),
            LOCK: KEY + "\n",
            **COMPILED,
        },
        wanted=True,
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
        wanted={"locked": True},
    ),
    # dconf takes each line as it is: this locks another key.
    _case(
        "lock-with-a-blank-behind-it",
        "fail",
        {**BASE, FILE: SET, LOCK: KEY + " \n", **COMPILED},
        expect={"fields": {"locked": {"equals": True}}},
        wanted={"locked": True},
    ),
    _case(
        "locked-in-a-database-that-is-a-file",
        "error",
        {
            PROFILE: BASE[PROFILE] + "file-db:/usr/share/site\n",
            FILE: SET,
            **COMPILED,
            "/usr/share/site": b"GVariant\xff\x00" + KEY.encode() + b"\x00",
        },
        {"state": "error"},
    ),
    _case(
        "users-cannot-read-the-database",
        "fail",
        {**BASE, FILE: SET, "/etc/dconf/db/local": File("GVariant", mode=0o640)},
        {"state": "absent"},
    ),
    _case(
        "users-cannot-read-the-profile",
        "fail",
        {PROFILE: File(BASE[PROFILE], mode=0o640), FILE: SET, **COMPILED},
        {"state": "absent"},
    ),
    _typed("right-type", "pass", "boolean", "true", True, NEVER),
    _typed("text-in-place-of-a-boolean", "fail", "boolean", "'true'", None, NEVER, ignored="'true'"),
    _typed("number-without-its-type", "fail", "uint32", "300", None, {"between": [1, 300]}, ignored="300"),
    _typed("number-of-another-type", "fail", "uint32", "int64 300", None, {"between": [1, 300]}, ignored="int64 300"),
    _typed("number-with-its-type", "pass", "uint32", "uint32 300", 300, {"between": [1, 300]}),
    _typed("number-in-octal", "fail", "uint32", "uint32 0454", 300, {"at_most": 299}),
    _typed("text-without-quotes", "fail", "string", "Keep out", None, {"matches": "."}, ignored="Keep out"),
    _typed("text-with-escapes", "pass", "string", "'It\\'s\\nours'", "It's\nours", {"equals": "It's\nours"}),
    _case("not-compiled", "error", {**BASE, FILE: SET}, {"state": "error"}),
    _case("database-named-like-a-path", "error", {PROFILE: "system-db:../x\n"}, {"state": "error"}),
    _case("folder-in-place-of-the-profile", "error", {PROFILE: File(directory=True)}, {"state": "error"}),
    _case("too-large", "error", {**BASE, FILE: "#" * (5 * 1024 * 1024), **COMPILED}, {"state": "error"}),
]
