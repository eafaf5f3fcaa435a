"""Scenarios of accounts. Hashes are planted; none of them may come back (see tests/unit/target/linux/readers/test_no_secrets.py)."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Optional

from tests.scenarios.linux import File, Scenario

HASH = "$y$j9T$planted.salt$planted.hash"
PASSWD = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/:/usr/sbin/nologin\nbob:x:1000:1000:Bob:/home/bob:/bin/bash\n"
GROUP = "root:x:0:\ndaemon:x:1:\nshadow:x:42:\nbob:x:1000:\n"
SHADOW = "root:%s:19000:0:90:7:30::\ndaemon:*:19000:0:99999:7:::\nbob:%s:19000:0:90:7:30::\n" % (HASH, HASH)
EMPTY = {"empty": True}
ROOT_PASSWORD = {"fields": {"empty": {"equals": False}, "usable_or_locked": {"equals": True}}}
STRONG = {"each": {"fields": {"algorithm": {"one_of": ["yescrypt", "sha512"]}}}}
UMASK = {"each": {"one_of": ["0027", "0077"]}}
# Planted files belong to who tests; folders below them are closed.
OWN, OTHERS = "%d:%d:" % (os.getuid(), os.getgid()), "%d:%d:" % (os.getuid() + 1, os.getgid() + 1)
OWN_PASSWD = "bob:x:%s:/home/bob:/bin/bash\n" % OWN
HOMES = {
    "/home/bob": File(directory=True, mode=0o750),
    "/root": File(directory=True, mode=0o700),
    "/home/bob/.profile": "",
}
# A folder that somebody else than root plants is rightly found to be not root's.
ROOTS_OWN = "pass" if os.getuid() == 0 else "fail"
SAFE = {
    "/usr/bin": File(directory=True, mode=0o755),
    "/etc/passwd": "root:x:0:0::/root:/bin/bash\n",
    "/etc/login.defs": "ENV_SUPATH PATH=/usr/bin\n",
}


def _days(expect: Dict[str, Any]) -> Dict[str, Any]:
    return {"each": {"fields": {"days": expect}}}


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
    _case("home-is-a-file", "fail", "home_missing", {"/home/bob": "", "/root/.profile": ""}),
    _case(
        "home-behind-a-link",
        "pass",
        "home_missing",
        {"/home/bob": File(link="/srv/bob"), "/srv/bob/x": "", "/root/x": ""},
    ),
    _case("no-list-of-shells", "error", "home_missing", {"/etc/shells": File(link="/nowhere")}),
    _case("shell-with-remark", "fail", "home_missing", {"/etc/shells": "/bin/bash # the usual one\n"}),
    _case("home-closed", "pass", "home_too_open", HOMES),
    _case("home-open", "fail", "home_too_open", {**HOMES, "/home/bob": File(directory=True, mode=0o755)}),
    _case(
        "home-open-to-group-write", "fail", "home_too_open", {**HOMES, "/home/bob": File(directory=True, mode=0o770)}
    ),
    _case("home-owned", "pass", "home_not_owned", {**HOMES, "/etc/passwd": OWN_PASSWD}),
    _case("home-of-another", "fail", "home_not_owned", {**HOMES, "/etc/passwd": OWN_PASSWD.replace(OWN, OTHERS)}),
    # Passwords.
    _case(
        "empty-password-before-a-second-line",
        "fail",
        "empty_password",
        {"/etc/shadow": "eve::19000:0:90:7:::\n" + SHADOW + "eve:!:19000:0:90:7:::\n"},
    ),
    _case("no-password-in-passwd", "fail", "empty_password", {"/etc/passwd": PASSWD + "eve::1001:1000::/:/bin/sh\n"}),
    _case("root-password", "pass", "root_password", expect=ROOT_PASSWORD),
    _case("root-locked", "pass", "root_password", {"/etc/shadow": "root:!:1::::::\n"}, expect=ROOT_PASSWORD),
    _case("root-starred", "pass", "root_password", {"/etc/shadow": "root:*:1::::::\n"}, expect=ROOT_PASSWORD),
    _case("root-open", "fail", "root_password", {"/etc/shadow": "root::1::::::\n"}, expect=ROOT_PASSWORD),
    _case("root-missing", "fail", "root_password", {"/etc/shadow": "bob:!:1::::::\n"}, expect=ROOT_PASSWORD),
    _case(
        "root-open-in-one-line",
        "fail",
        "root_password",
        {"/etc/shadow": "root::1::::::\nroot:!:1::::::\n"},
        expect=ROOT_PASSWORD,
    ),
    _case("all-shadowed", "pass", "unshadowed"),
    _case("changed-in-the-past", "pass", "password_change_in_future"),
    _case("changed-in-future", "fail", "password_change_in_future", {"/etc/shadow": SHADOW.replace("19000", "99999")}),
    _case("strong-algorithms", "pass", "password_algorithms", expect=STRONG),
    _case(
        "weak-algorithm", "fail", "password_algorithms", {"/etc/shadow": SHADOW + "eve:$1$a$b:1::::::\n"}, expect=STRONG
    ),
    _case(
        "des-hash",
        "fail",
        "password_algorithms",
        {"/etc/shadow": SHADOW + "eve:abcdefghijklm:1::::::\n"},
        expect=STRONG,
    ),
    _case("maximum-age", "pass", "password_maximum_age", expect=_days({"between": [1, 365]})),
    _case(
        "maximum-age-too-long",
        "fail",
        "password_maximum_age",
        {"/etc/shadow": SHADOW.replace(":90:", ":99999:")},
        expect=_days({"between": [1, 365]}),
    ),
    _case(
        "maximum-age-empty",
        "fail",
        "password_maximum_age",
        {"/etc/shadow": SHADOW.replace(":90:", "::")},
        expect=_days({"between": [1, 365]}),
    ),
    _case(
        "age-is-no-number",
        "error",
        "password_maximum_age",
        {"/etc/shadow": SHADOW.replace(":90:", ":\u00b2:")},
        expect=_days({"between": [1, 365]}),
    ),
    _case("minimum-age-zero", "fail", "password_minimum_age", expect=_days({"at_least": 1})),
    _case("warning", "pass", "password_warning", expect=_days({"at_least": 7})),
    _case(
        "warning-too-late",
        "fail",
        "password_warning",
        {"/etc/shadow": SHADOW.replace(":7:", ":3:")},
        expect=_days({"at_least": 7}),
    ),
    _case("inactive", "pass", "password_inactive", expect=_days({"between": [0, 45]})),
    _case(
        "inactive-never",
        "fail",
        "password_inactive",
        {"/etc/shadow": SHADOW.replace(":30:", ":-1:")},
        expect=_days({"between": [0, 45]}),
    ),
    _case(
        "inactive-empty",
        "fail",
        "password_inactive",
        {"/etc/shadow": SHADOW.replace(":30:", "::")},
        expect=_days({"between": [0, 45]}),
    ),
    # Groups and names.
    _case("groups-unique", "pass", "duplicate_gids"),
    _case("user-names-unique", "pass", "duplicate_user_names"),
    _case("group-names-unique", "pass", "duplicate_group_names"),
    _case("group-name-twice", "fail", "duplicate_group_names", {"/etc/group": GROUP + "bob:x:1001:\n"}),
    _case("group-zero", "pass", "groups_gid_zero", expect={"equals": ["root"]}),
    _case(
        "second-group-zero",
        "fail",
        "groups_gid_zero",
        {"/etc/group": GROUP + "eve:x:00:\n"},
        expect={"equals": ["root"]},
    ),
    _case("primary-group-zero", "pass", "primary_gid_zero", expect={"equals": ["root"]}),
    _case(
        "second-primary-group-zero",
        "fail",
        "primary_gid_zero",
        {"/etc/passwd": PASSWD + "eve:x:1001:0::/:/bin/sh\n"},
        expect={"equals": ["root"]},
    ),
    _case(
        "sync-has-group-zero",
        "pass",
        "primary_gid_zero",
        {"/etc/passwd": PASSWD + "sync:x:4:0::/:/bin/sync\n"},
        expect={"equals": ["root"]},
    ),
    _case("without-shell-locked", "pass", "unlocked_without_shell"),
    _case(
        "without-shell-not-in-shadow",
        "fail",
        "unlocked_without_shell",
        {"/etc/shadow": SHADOW.replace("daemon:*", "x:*")},
    ),
    _case(
        "without-shell-locked-in-one-line-only",
        "fail",
        "unlocked_without_shell",
        {"/etc/shadow": "daemon:%s:1::::::\n" % HASH + SHADOW},
    ),
    _case("least-user-number-odd", "error", "system_accounts_with_shell", {"/etc/login.defs": "UID_MIN 0x3e8\n"}),
    _case("nologin-not-listed", "pass", "nologin_in_shells"),
    _case("nologin-listed", "fail", "nologin_in_shells", {"/etc/shells": "/bin/sh\n/usr/sbin/nologin\n"}),
    _case("nologin-remarked", "pass", "nologin_in_shells", {"/etc/shells": "/bin/sh\n#/usr/sbin/nologin\n"}),
    _case(
        "blank-before-name", "error", "duplicate_user_names", {"/etc/passwd": PASSWD + " bob:x:1001:1000::/:/bin/sh\n"}
    ),
    _case("null-byte", "error", "uid_zero", {"/etc/passwd": PASSWD + "eve:x:0:0::/:/bin/sh\0\n"}),
    _case("number-too-large", "error", "uid_zero", {"/etc/passwd": PASSWD + "eve:x:4294967296:0::/:/bin/sh\n"}),
    _case("number-in-other-digits", "error", "uid_zero", {"/etc/passwd": PASSWD + "eve:x:\u0660:0::/:/bin/sh\n"}),
    _case("passwd-is-a-folder", "error", "uid_zero", {"/etc/passwd": File(directory=True)}),
    _case("passwd-missing", "error", "uid_zero", {"/etc/passwd": File(link="/nowhere")}),
    _case("name-not-utf-8", "fail", "duplicate_user_names", {"/etc/passwd": PASSWD.encode() + b"\xe9:x:9:9::/:\n" * 2}),
    # Hidden files, at any depth.
    _case("no-rhosts", "pass", "dot_rhosts", HOMES),
    _case("rhosts", "fail", "dot_rhosts", {"/home/bob/.rhosts": "+ +\n"}),
    _case("rhosts-deep", "fail", "dot_rhosts", {"/home/bob/a/b/.rhosts": "+ +\n"}),
    _case("rhosts-link", "fail", "dot_rhosts", {"/home/bob/.rhosts": File(link="/dev/null")}),
    _case("rhosts-behind-a-link", "pass", "dot_rhosts", {"/home/bob/a": File(link="/srv"), "/srv/.rhosts": ""}),
    _case(
        "rhosts-in-a-home-behind-a-link", "fail", "dot_rhosts", {"/home/bob": File(link="/srv/b"), "/srv/b/.rhosts": ""}
    ),
    _case(
        "rhosts-in-a-home-without-shell",
        "pass",
        "dot_rhosts",
        {"/home/eve/.rhosts": "", "/etc/passwd": PASSWD + "eve:x:9:9::/home/eve:/usr/sbin/nologin\n"},
    ),
    _case("loop-in-home", "pass", "dot_rhosts", {"/home/bob/a": File(link=".."), "/home/bob/b": File(link="b")}),
    _case("no-time-for-homes", "error", "dot_rhosts", HOMES, options={"scan_max_seconds": -1}),
    _case("forward", "fail", "dot_forward", {"/root/.forward": "x@y\n"}),
    _case("forward-link", "fail", "dot_forward", {"/root/.forward": File(link="mine")}),
    _case("no-forward", "pass", "dot_forward", {"/root/forward": "x@y\n"}),
    _case("netrc-closed", "pass", "dot_netrc_too_open", {"/home/bob/.netrc": File(mode=0o600)}),
    _case("netrc-open", "fail", "dot_netrc_too_open", {"/home/bob/.netrc": File(mode=0o640)}),
    _case("netrc-link-to-open", "fail", "dot_netrc_too_open", {"/home/bob/x": "", "/home/bob/.netrc": File(link="x")}),
    _case(
        "netrc-link-to-closed",
        "pass",
        "dot_netrc_too_open",
        {"/home/bob/x": File(mode=0o600), "/home/bob/.netrc": File(link="x")},
    ),
    _case("dot-files-closed", "pass", "dot_files_too_open", HOMES),
    _case("dot-file-open", "fail", "dot_files_too_open", {"/home/bob/.bashrc": File(mode=0o666)}),
    _case("dot-file-executable", "fail", "dot_files_too_open", {"/home/bob/.xsession": File(mode=0o755)}),
    _case("dot-file-open-deep", "fail", "dot_files_too_open", {"/home/bob/.config/a/.env": File(mode=0o664)}),
    _case("plain-file-in-dot-folder", "pass", "dot_files_too_open", {"/home/bob/.config/env": File(mode=0o664)}),
    _case("history-readable", "fail", "dot_files_too_open", {"/home/bob/.bash_history": File(mode=0o640)}),
    _case("history-closed", "pass", "dot_files_too_open", {"/home/bob/.bash_history": File(mode=0o600)}),
    _case("dot-file-name-not-utf-8", "fail", "dot_files_too_open", {"/home/bob/.\udce9": File(mode=0o666)}),
    _case("dot-file-owned", "pass", "dot_files_not_owned", {**HOMES, "/etc/passwd": OWN_PASSWD}),
    _case(
        "dot-file-of-another",
        "fail",
        "dot_files_not_owned",
        {**HOMES, "/etc/passwd": OWN_PASSWD.replace(OWN, OTHERS)},
    ),
    _case("dot-folders-closed", "pass", "dot_folders_too_open", {"/home/bob/.ssh": File(directory=True, mode=0o750)}),
    _case(
        "dot-folder-readable", "fail", "dot_folders_too_open", {"/home/bob/.cache": File(directory=True, mode=0o755)}
    ),
    _case(
        "dot-folder-writable-deep", "fail", "dot_folders_too_open", {"/home/bob/a/.b": File(directory=True, mode=0o770)}
    ),
    _case(
        "plain-folder-in-a-dot-folder",
        "pass",
        "dot_folders_too_open",
        {"/home/bob/.c": File(directory=True, mode=0o700), "/home/bob/.c/d": File(directory=True, mode=0o777)},
    ),
    _case("link-with-a-dot-is-no-folder", "pass", "dot_folders_too_open", {"/home/bob/.l": File(link="/tmp")}),
    _case(
        "dot-folder-of-another",
        "fail",
        "dot_folders_not_owned",
        {"/home/bob/.ssh": File(directory=True, mode=0o700), "/etc/passwd": OWN_PASSWD.replace(OWN, OTHERS)},
    ),
    # What root's shell starts with.
    _case("root-path-by-profile", ROOTS_OWN, "root_path_problems", {"/etc/profile": "PATH=/usr/bin\n", **SAFE}),
    _case("root-path-current-folder", "fail", "root_path_problems", {"/etc/profile": "PATH=/usr/bin:\n", **SAFE}),
    _case("root-path-dot", "fail", "root_path_problems", {"/root/.bashrc": "export PATH=.:$PATH\n", **SAFE}),
    _case("root-path-relative", "fail", "root_path_problems", {"/root/.profile": "PATH=bin:$PATH\n", **SAFE}),
    _case(
        "root-path-missing-folder",
        "fail",
        "root_path_problems",
        {
            "/etc/profile.d/x.sh": "PATH=$PATH:/no\n",
            "/etc/profile": "PATH=/usr/bin\nfor i in /etc/profile.d/*.sh; do . $i; done\n",
            **SAFE,
        },
    ),
    _case(
        "root-path-open-folder",
        "fail",
        "root_path_problems",
        {**SAFE, "/etc/profile": "PATH=/usr/bin:/opt/x\n", "/opt/x": File(directory=True, mode=0o775)},
    ),
    _case(
        "root-path-commented-out", ROOTS_OWN, "root_path_problems", {"/etc/profile": "PATH=/usr/bin\n#PATH=.\n", **SAFE}
    ),
    _case(
        "root-path-of-others",
        ROOTS_OWN,
        "root_path_problems",
        {"/etc/profile": 'if [ "$(id -u)" -eq 0 ]; then PATH=/usr/bin; else PATH=.; fi\n', **SAFE},
    ),
    _case(
        "root-path-by-environment", "fail", "root_path_problems", {"/etc/environment": 'PATH="/usr/bin:."\n', **SAFE}
    ),
    _case(
        "root-path-by-login-defs",
        "fail",
        "root_path_problems",
        {**SAFE, "/etc/login.defs": "ENV_SUPATH PATH=/usr/bin:.\n"},
    ),
    _case(
        "root-path-by-sudo",
        "fail",
        "root_path_problems",
        {"/etc/sudoers": 'Defaults secure_path="/usr/bin:."\n', **SAFE},
    ),
    _case("root-path-unknown", "error", "root_path_problems", {"/root/.profile": 'eval "$(tool env)"\n', **SAFE}),
    _case(
        "root-path-other-shell",
        "error",
        "root_path_problems",
        {**SAFE, "/etc/passwd": PASSWD.replace("/root:/bin/bash", "/root:/bin/zsh")},
    ),
    _case(
        "root-path-file-reads-itself",
        ROOTS_OWN,
        "root_path_problems",
        {"/etc/profile": "PATH=/usr/bin\n. /etc/profile\n", **SAFE},
    ),
    _case("root-profile-is-a-folder", "error", "root_path_problems", {"/root/.profile": File(directory=True), **SAFE}),
    _case("root-umask", "pass", "root_umask", {"/root/.bash_profile": "umask 027\n"}, expect=UMASK),
    _case("root-umask-default", "fail", "root_umask", expect=UMASK),
    _case("root-umask-lax", "fail", "root_umask", {"/root/.bash_profile": "umask 027\numask 22\n"}, expect=UMASK),
    _case(
        "root-umask-perhaps-lax",
        "fail",
        "root_umask",
        {"/root/.bash_profile": "umask 027\n[ $x ] && umask 022\n"},
        expect=UMASK,
    ),
    _case(
        "root-umask-in-a-file-not-read",
        "fail",
        "root_umask",
        {"/root/.bash_profile": "\n", "/root/.profile": "umask 077\n"},
        expect=UMASK,
    ),
    _case("unknown-fact", "error", "shoe_size"),
]

# Other sources of accounts, as getent(1) gave them on booted hosts (glibc 2.36 and 2.41, systemd 252 and 257, extrausers 0.6).
MACHINE = "f32b2a09244949879d0eb009af7f717e"
HERE = {"/etc/machine-id": MACHINE + "\n", "/proc/sys/kernel/hostname": "here\n"}
NAMES, EXTRA, USERDB = "/etc/nsswitch.conf", "/var/lib/extrausers/", "/etc/userdb/"
ASKED = {NAMES: "passwd: files extrausers systemd\ngroup: files extrausers systemd\nshadow: files extrausers systemd\n"}
EVE = "eve::2001:2001::/home/eve:/bin/bash\n"
EVE_SHADOWED = EVE.replace("eve::", "eve:x:")
OPEN = {EXTRA + "passwd": EVE_SHADOWED, EXTRA + "shadow": "eve::19000:0:90:7:::\n"}


def _asked(services: str) -> Dict[str, Any]:
    """Return a host whose only empty password is in a passwd line of extrausers, with this line of nsswitch.conf."""
    return {NAMES: services, EXTRA + "passwd": EVE}


HOMED = "/var/lib/systemd/home/"
HOMED_PROGRAM = "/usr/lib/systemd/systemd-homed"


def _homed(uid: int = 60094, gid: int = 60094, machine: str = "", **more: Any) -> str:
    """Return a record as homectl makes it, of a home in a folder."""
    here = {"uid": uid, "gid": gid, "imagePath": "/home/eve.homedir", "storage": "directory"}
    record = {"userName": "eve", "disposition": "regular", "privileged": {"hashedPassword": [HASH]}, **more}
    return json.dumps({**record, "binding": {machine or MACHINE: here}})


def _record(**fields: Any) -> str:
    return json.dumps({"userName": "eve", "uid": 2001, "gid": 2001, **fields})


SCENARIOS += [
    _case("extrausers-empty-password", "fail", "empty_password", {**ASKED, **OPEN}),
    _case("extrausers-empty-in-passwd", "fail", "empty_password", {**ASKED, EXTRA + "passwd": EVE}),
    _case("extrausers-not-asked", "pass", "empty_password", {**OPEN, NAMES: "passwd: files systemd\n"}),
    _case("extrausers-last-line-counts", "pass", "empty_password", _asked("passwd: files extrausers\npasswd: files\n")),
    _case("extrausers-last-line-asks", "fail", "empty_password", _asked("passwd: files\npasswd: files extrausers\n")),
    _case("extrausers-without-a-colon", "fail", "empty_password", _asked(" passwd files extrausers # x\n")),
    _case("extrausers-other-case", "pass", "empty_password", _asked("Passwd: files extrausers\n")),
    _case("extrausers-service-other-case", "pass", "empty_password", _asked("passwd: files Extrausers\n")),
    _case(
        "extrausers-stopped-before", "pass", "empty_password", _asked("passwd: files [NOTFOUND=return] extrausers\n")
    ),
    _case(
        "extrausers-stopped-by-not", "pass", "empty_password", _asked("passwd: files[!success = RETURN]extrausers\n")
    ),
    _case("extrausers-not-stopped", "fail", "empty_password", _asked("passwd: files [!NOTFOUND=return] extrausers\n")),
    _case("extrausers-goes-on", "fail", "empty_password", _asked("passwd: files [UNAVAIL=return] extrausers\n")),
    _case("nsswitch-action-unknown", "error", "empty_password", _asked("passwd: files [gone=return] extrausers\n")),
    *(
        _case("nsswitch-%d" % number, verdict, "empty_password", _asked("passwd: files %s" % services))
        for number, (verdict, services) in enumerate(
            [
                ("fail", "# extrausers\n"),
                ("fail", "# was: extrausers\n"),
                ("fail", "# [NOTFOUND=return] extrausers\n"),
                ("fail", "gone [NOTFOUND=return] extrausers\n"),
                ("pass", "gone [!SUCCESS=return] extrausers\n"),
                ("pass", "# [UNAVAIL=return] extrausers\n"),
                ("pass", "#extrausers\n"),
                ("pass", "extrausers#\n"),
                ("pass", "[NOTFOUND=return] # extrausers\n"),
                ("error", "# [gone=x] extrausers\n"),
                ("error", "[NOTFOUND=return # ] extrausers\n"),
                ("error", "[] extrausers\n"),
                ("error", "\npasswd: [NOTFOUND=return] files extrausers\n"),
                ("fail", "foo] extrausers\r\n"),
                ("pass", "extrausers"),
                ("fail", "extrausers\npasswd: files"),
            ]
        )
    ),
    _case("nsswitch-remark", "pass", "empty_password", _asked("passwd: files\n # passwd: files extrausers\n")),
    _case("nsswitch-sign-in-the-first", "fail", "empty_password", _asked("passwd: files# extrausers\n")),
    _case("shadow-asked-as-passwd", "fail", "empty_password", {**OPEN, NAMES: "passwd: files extrausers\n"}),
    _case(
        "shadow-of-a-known-name-is-not-asked",
        "pass",
        "empty_password",
        {**ASKED, EXTRA + "shadow": "root::19000:0:90:7:::\n"},
    ),
    _case(
        "shadow-of-a-known-name-is-asked",
        "fail",
        "empty_password",
        {NAMES: "shadow: files [SUCCESS=continue] extrausers\n", EXTRA + "shadow": "root::19000:0:90:7:::\n"},
    ),
    _case(
        "extrausers-gives-no-second-root",
        "pass",
        "uid_zero",
        {**ASKED, EXTRA + "passwd": "# none\ntoor:x:0:0::/root:/bin/sh\nlow:x:2001:400::/:/bin/sh\n"},
        expect={"equals": ["root"]},
    ),
    _case("extrausers-malformed", "error", "uid_zero", {**ASKED, EXTRA + "passwd": "eve:x:zero:1::/:/bin/sh\n"}),
    _case(
        "extrausers-number-twice", "fail", "duplicate_uids", {**ASKED, EXTRA + "passwd": EVE.replace("2001", "1000")}
    ),
    _case(
        "extrausers-name-twice", "fail", "duplicate_user_names", {**ASKED, EXTRA + "passwd": EVE.replace("eve", "bob")}
    ),
    _case("extrausers-group-twice", "fail", "duplicate_group_names", {**ASKED, EXTRA + "group": "bob:x:2000:\n"}),
    _case("extrausers-low-group", "pass", "duplicate_group_names", {**ASKED, EXTRA + "group": "bob:x:499:\n"}),
    _case(
        "extrausers-hash-in-passwd",
        "fail",
        "unshadowed",
        {**ASKED, EXTRA + "passwd": EVE.replace("::2", ":%s:2" % HASH, 1)},
    ),
    _case("extrausers-home-missing", "fail", "home_missing", {**ASKED, **HOMES, EXTRA + "passwd": EVE_SHADOWED}),
    _case(
        "extrausers-age",
        "fail",
        "password_maximum_age",
        {**ASKED, EXTRA + "passwd": EVE_SHADOWED, EXTRA + "shadow": "eve:%s:19000:0:99999:7:::\n" % HASH},
        expect=_days({"at_most": 365}),
    ),
    _case(
        "altfiles-second-root",
        "fail",
        "uid_zero",
        {NAMES: "passwd: files altfiles\n", "/usr/lib/passwd": "toor:x:0:0::/:/bin/sh\n"},
        expect={"equals": ["root"]},
    ),
    _case(
        "nsscache-empty-password",
        "fail",
        "empty_password",
        {NAMES: "passwd: files cache\nshadow: files cache\n", "/etc/shadow.cache": "eve::19000:0:90:7:::\n"},
    ),
    _case("db-asked", "error", "uid_zero", {NAMES: "passwd: files db\n", "/var/lib/misc/passwd.db": "x"}),
    _case("db-asked-but-not-there", "pass", "uid_zero", {NAMES: "passwd: db files\n"}, expect={"equals": ["root"]}),
    _case(
        "directory-is-judged-elsewhere", "pass", "uid_zero", {NAMES: "passwd: files sss\n"}, expect={"equals": ["root"]}
    ),
    _case(
        "userdb-second-root",
        "fail",
        "uid_zero",
        {**ASKED, USERDB + "eve.user": _record(uid=0)},
        expect={"equals": ["root"]},
    ),
    _case(
        "userdb-first-folder-counts",
        "pass",
        "uid_zero",
        {**ASKED, USERDB + "eve.user": _record(), "/usr/lib/userdb/eve.user": _record(uid=0)},
        expect={"equals": ["root"]},
    ),
    _case(
        "userdb-file-of-another-name",
        "pass",
        "uid_zero",
        {**ASKED, USERDB + "0.user": _record(uid=0)},
        expect={"equals": ["root"]},
    ),
    _case(
        "userdb-not-asked",
        "pass",
        "uid_zero",
        {NAMES: "passwd: files\n", USERDB + "eve.user": _record(uid=0)},
        expect={"equals": ["root"]},
    ),
    _case(
        "userdb-empty-password",
        "fail",
        "empty_password",
        {
            **ASKED,
            USERDB + "eve.user": _record(),
            USERDB + "eve.user-privileged": '{"privileged": {"hashedPassword": [""]}}',
        },
    ),
    _case("userdb-no-password", "pass", "empty_password", {**ASKED, USERDB + "eve.user": _record()}),
    _case(
        "userdb-age",
        "fail",
        "password_maximum_age",
        {
            **ASKED,
            USERDB + "eve.user": _record(
                passwordChangeMaxUSec=366 * 86400 * 10**6, privileged={"hashedPassword": [HASH]}
            ),
        },
        expect=_days({"at_most": 365}),
    ),
    _case(
        "userdb-age-holds",
        "pass",
        "password_maximum_age",
        {
            **ASKED,
            USERDB + "eve.user": _record(
                passwordChangeMaxUSec=365 * 86400 * 10**6, privileged={"hashedPassword": [HASH]}
            ),
        },
        expect=_days({"at_most": 365}),
    ),
    _case(
        "userdb-group-twice", "fail", "duplicate_gids", {**ASKED, USERDB + "g.group": '{"groupName": "g", "gid": 1000}'}
    ),
    _case("userdb-malformed", "error", "uid_zero", {**ASKED, USERDB + "eve.user": '{"userName": "eve",'}),
    # Which part counts was seen with getent on systemd 252 and 257: one of the names is enough, the last part wins, a part for nobody is passed over.
    *(
        _case(
            "userdb-by-machine-" + name,
            verdict,
            "uid_zero",
            {**ASKED, **HERE, USERDB + "eve.user": _record(perMachine=parts)},
            expect={"equals": ["root"]},
        )
        for name, verdict, parts in (
            ("for-nobody", "pass", [{"uid": 0}]),
            ("by-id", "fail", [{"matchMachineId": MACHINE, "uid": 0}]),
            ("by-one-of-several", "fail", [{"matchMachineId": ["0" * 32, MACHINE], "uid": 0}]),
            ("by-name", "fail", [{"matchHostname": ["here"], "uid": 0}]),
            ("by-either", "fail", [{"matchHostname": "there", "matchMachineId": MACHINE, "uid": 0}]),
            ("another", "pass", [{"matchHostname": "there", "uid": 0}]),
            ("in-other-letters", "pass", [{"matchHostname": "HERE", "uid": 0}]),
            ("last-wins", "pass", [{"matchHostname": "here", "uid": 0}, {"matchHostname": "here", "uid": 1500}]),
            ("all-but", "error", [{"matchNotHostname": "there", "uid": 0}]),
            ("malformed", "error", {"uid": 0}),
        )
    ),
    # As homectl of systemd 257 makes them; what they give was seen by getent, id, su and ssh on Debian 13.
    *(
        _case(
            "homed-" + name,
            verdict,
            query,
            {**ASKED, **HERE, HOMED_PROGRAM: "", HOMED + "eve.identity": _homed(**record), **more},
            **keys,
        )
        for name, verdict, query, record, more, keys in (
            ("root", "fail", "uid_zero", {"uid": 0}, {}, {"expect": {"equals": ["root"]}}),
            ("user", "pass", "uid_zero", {}, {}, {"expect": {"equals": ["root"]}}),
            ("number-of-another", "fail", "duplicate_uids", {"uid": 1000}, {}, {}),
            ("group-of-its-own", "fail", "duplicate_gids", {"gid": 1000}, {}, {}),
            ("without-end", "fail", "password_maximum_age", {}, {}, {"expect": _days({"at_most": 365})}),
            (
                "with-an-end",
                "pass",
                "password_maximum_age",
                {"passwordChangeMaxUSec": 30 * 86400 * 10**6},
                {},
                {"expect": _days({"at_most": 365})},
            ),
            ("in-groups", "error", "duplicate_gids", {"memberOf": ["sudo"]}, {}, {}),
            ("of-another-machine", "error", "uid_zero", {"machine": "0" * 32}, {}, {}),
            # Without a record homed 257 lists the home as unfixated, and getent has its account.
            ("home-without-a-record", "error", "uid_zero", {}, {"/home/fay.homedir/.identity": "{}"}, {}),
            ("malformed", "error", "uid_zero", {}, {HOMED + "fay.identity": "{"}, {}),
        )
    ),
    _case(
        "homed-that-is-not-there",
        "pass",
        "uid_zero",
        {**ASKED, HOMED + "eve.identity": "{"},
        expect={"equals": ["root"]},
    ),
]
