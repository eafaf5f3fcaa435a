"""Scenarios of accounts. Hashes are planted; none of them may come back (see tests/unit/target/test_no_secrets.py)."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios import Scenario

HASH = "$y$j9T$planted.salt$planted.hash"
PASSWD = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/:/usr/sbin/nologin\nbob:x:1000:1000:Bob:/home/bob:/bin/bash\n"
GROUP = "root:x:0:\ndaemon:x:1:\nshadow:x:42:\nbob:x:1000:\n"
SHADOW = "root:%s:19000:0:90:7:30::\ndaemon:*:19000:0:99999:7:::\nbob:%s:19000:0:90:7:30::\n" % (HASH, HASH)
EMPTY = {"empty": True}


def _case(name: str, verdict: str, fact: str, files: Optional[Dict[str, Any]] = None, **keys: Any) -> Scenario:
    planted = {
        "/etc/passwd": PASSWD,
        "/etc/group": GROUP,
        "/etc/shadow": SHADOW,
        "/etc/shells": "/bin/sh\n/bin/bash\n",
        "/etc/login.defs": "UID_MIN 1000\n",
        **(files or {}),
    }
    state = "error" if verdict == "error" else "value"
    return Scenario(name, {"fact": fact}, keys.pop("expect", EMPTY), verdict, {"state": state}, files=planted, **keys)


SCENARIOS = [
    _case("numbers-unique", "pass", "duplicate_uids"),
    _case("number-twice", "fail", "duplicate_uids", {"/etc/passwd": PASSWD + "eve:x:0:0::/:/bin/sh\n"}),
    _case("name-twice", "fail", "duplicate_user_names", {"/etc/passwd": PASSWD + "bob:x:1001:1000::/:/bin/sh\n"}),
    _case("group-twice", "fail", "duplicate_gids", {"/etc/group": GROUP + "eve:x:0:\n"}),
    _case("only-root-is-zero", "pass", "uid_zero", expect={"equals": ["root"]}),
    _case(
        "second-root",
        "fail",
        "uid_zero",
        {"/etc/passwd": PASSWD + "eve:x:0:0::/:/bin/sh\n"},
        expect={"equals": ["root"]},
    ),
    _case("no-empty-password", "pass", "empty_password"),
    _case("empty-password", "fail", "empty_password", {"/etc/shadow": SHADOW + "eve::19000:0:90:7:::\n"}),
    _case("shadow-unreadable", "error", "empty_password", privileged=False),
    _case("hash-in-passwd", "fail", "unshadowed", {"/etc/passwd": PASSWD + "eve:%s:1001:1000::/:/bin/sh\n" % HASH}),
    _case("malformed-line", "error", "duplicate_uids", {"/etc/passwd": PASSWD + "eve:x:zero\n"}),
    _case("accounts-from-nis", "error", "duplicate_uids", {"/etc/passwd": PASSWD + "+::::::\n"}),
    _case("group-exists", "pass", "missing_group"),
    _case("group-missing", "fail", "missing_group", {"/etc/passwd": PASSWD + "eve:x:1001:77::/:/bin/sh\n"}),
    _case("shadow-group-empty", "pass", "shadow_group_members"),
    _case("shadow-group-member", "fail", "shadow_group_members", {"/etc/group": GROUP.replace("42:", "42:bob")}),
    _case(
        "shadow-as-primary-group",
        "fail",
        "shadow_group_members",
        {"/etc/passwd": PASSWD + "eve:x:1001:42::/:/bin/sh\n"},
    ),
    _case("system-account-without-shell", "pass", "system_accounts_with_shell"),
    _case(
        "system-account-with-shell",
        "fail",
        "system_accounts_with_shell",
        {"/etc/passwd": PASSWD.replace("/usr/sbin/nologin", "/bin/sh")},
    ),
    _case(
        "system-account-with-empty-shell",
        "fail",
        "system_accounts_with_shell",
        {"/etc/passwd": PASSWD.replace("/usr/sbin/nologin", "")},
    ),
    _case(
        "unlocked-without-shell",
        "fail",
        "unlocked_without_shell",
        {"/etc/shadow": SHADOW.replace("daemon:*", "daemon:" + HASH)},
    ),
    _case("home-missing", "fail", "home_missing"),
    _case("home-there", "pass", "home_missing", {"/home/bob/.profile": "", "/root/.profile": ""}),
    _case("rhosts", "fail", "dot_rhosts", {"/home/bob/.rhosts": "+ +\n"}),
    _case("unknown-fact", "error", "shoe_size"),
]
