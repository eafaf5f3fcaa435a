"""Scenarios of sudoers: order, scopes, includes, tags."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios.linux import CommandResult, File, Scenario

MAIN = "/etc/sudoers"
SERVICES = "/etc/nsswitch.conf"
DROP = "/etc/sudoers.d/x"
INCLUDE = "@includedir /etc/sudoers.d\n"
PTY = {"query": "default", "name": "use_pty"}
TRUE = {"equals": True}
CONF, OTHER = "/etc/sudo.conf", "/etc/sudoers.other"
PLUGIN = "Plugin %%s sudoers.so sudoers_file=%s\n" % OTHER


def _pty(name: str, verdict: str, files: Dict[str, Any], observed: Any, **keys: Any) -> Scenario:
    return Scenario(name, PTY, TRUE, verdict, observed, files=files, **keys)


def _list(name: str, verdict: str, query: str, text: str) -> Scenario:
    return Scenario(name, {"query": query}, {"empty": True}, verdict, {"state": "value"}, files={MAIN: text})


def _fix(name: str, files: Dict[str, Any]) -> Scenario:
    return _pty(name, "fail", files, {}, wanted=True)


def _limited(name: str, verdict: str, setting: str, expect: Dict[str, Any], text: str) -> Scenario:
    seen = (
        {}
        if verdict == "pass" or setting == "timestamp_timeout"
        else {"state": "absent" if ":bob logfile=/var" in text else "value"}
    )
    return Scenario(name, {"query": "default", "name": setting}, expect, verdict, seen, files={MAIN: text})


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


def _rs(
    name: str, verdict: str, setting: str, expect: Dict[str, Any], text: str, observed: Dict[str, Any], **more: Any
) -> Scenario:
    """Where sudo is sudo-rs: 0.2.5 as Debian 13 has it, by the alternative that Ubuntu makes of it."""
    files = {"/usr/lib/cargo/bin/sudo": File("", 0o4755), "/usr/bin/sudo": File(link="/etc/alternatives/sudo")}
    files["/etc/alternatives/sudo"] = File(link="/usr/lib/cargo/bin/sudo")
    said = {"sudo -V": CommandResult(0, "", "sudo-rs 0.2.5\n")}
    address = {"query": "default", "name": setting}
    return Scenario(name, address, expect, verdict, observed, files={**files, MAIN: text, **more}, commands=said)


LOGS = "Defaults logfile=/var/log/sudo.log\n"
TO_LOG = {"equals": "/var/log/sudo.log"}
# As the rule has it.
LOG = {"matches": "^/(?!dev/)."}
FEW_MINUTES = {"between": [0, 15]}
LOG_FILE = {"matches": "^/."}
NOT_OFF = {"any_of": [{"absent": True}, {"not_equals": False}]}
ON = {"any_of": [{"absent": True}, TRUE]}


def _of(
    name: str, verdict: str, setting: str, expect: Dict[str, Any], text: str, observed: Dict[str, Any], **more: Any
) -> Scenario:
    address = {"query": "default", "name": setting}
    return Scenario(name, address, expect, verdict, observed, files={MAIN: text + INCLUDE}, **more)


RULES = "root ALL=(ALL:ALL) ALL\nbob ALL=(ALL:ALL) ALL\n"


def _freed(name: str, verdict: str, text: str, more: Optional[Dict[str, Any]] = None) -> Scenario:
    seen = {"state": "error" if verdict == "error" else "value"}
    return Scenario(
        name, {"query": "not_authenticate"}, {"empty": True}, verdict, seen, files={MAIN: RULES + text, **(more or {})}
    )


FREE = "Defaults !authenticate\n"
# Whether bob, who is in the group ops, runs something by sudo without a password: held against sudo itself on a booted host.
FREED = [
    _freed("asked", "pass", ""),
    _freed("freed", "fail", FREE),
    _freed("freed-by-name", "fail", "Defaults:bob !authenticate\n"),
    _freed("freed-with-blanks-in-the-scope", "fail", "Defaults: eve , bob  !authenticate\n"),
    _freed("freed-for-a-command", "fail", "Defaults! /bin/false, /bin/true  !authenticate\n"),
    _freed("freed-as-root", "fail", "Defaults>root !authenticate\n"),
    _freed("freed-on-a-host", "fail", "Defaults@ALL !authenticate\n"),
    _freed("freed-with-a-blank", "fail", "Defaults !\tauthenticate\n"),
    _freed("negated-twice", "pass", "Defaults ! !authenticate\n"),
    _freed("freed-behind-a-continuation-with-a-blank", "fail", "Defaults env_reset,\\ \n !authenticate\n"),
    _freed("freed-behind-a-comment", "fail", "# x \\\n" + FREE),
    _freed("freed-by-a-group", "fail", "Defaults exempt_group = ops\n"),
    _freed("freed-by-a-group-for-one", "fail", 'Defaults:bob env_reset, exempt_group="ops"\n'),
    _freed("freed-by-no-group", "pass", "Defaults !exempt_group\n"),
    _freed("no-tries", "pass", "Defaults passwd_tries=0\nDefaults verifypw=never, timestamp_timeout=-1\n"),
    _freed("freed-in-a-folder-below", "pass", INCLUDE, {DROP: "", "/etc/sudoers.d/sub/x": FREE}),
    _freed("freed-in-an-include-with-a-comment", "fail", "  @include /etc/sudoers.d/x # c\n", {DROP: FREE}),
    _freed("freed-in-an-include-with-quotes", "fail", '@include "/etc/sudoers.d/x"\n', {DROP: FREE}),
    _freed("include-that-is-a-comment", "pass", "# include /etc/sudoers.d/x\n", {DROP: FREE}),
    _freed("freed-by-who-may-write", "error", INCLUDE, {DROP: File(FREE, 0o666)}),
    # The newest sudo takes the first of several paths, older ones a name with a colon.
    _freed("freed-in-the-second-of-two-folders", "error", "@includedir /etc/nothing:/etc/sudoers.d\n", {DROP: FREE}),
    _freed(
        "freed-in-another-file",
        "fail",
        "",
        {OTHER: RULES + FREE, CONF: "plugin sudoers_policy sudoers.so \\\n sudoers_file=%s # c\n" % OTHER},
    ),
    _freed("freed-in-a-file-that-does-not-count", "pass", FREE, {OTHER: RULES, CONF: PLUGIN % "sudoers_policy"}),
    _freed(
        "file-of-another-plugin",
        "pass",
        "",
        {OTHER: RULES + FREE, CONF: PLUGIN % "sudoers_io" + "#" + PLUGIN % "sudoers_policy"},
    ),
]
SCENARIOS = [
    *FREED,
    *(
        _pty("module-" + name, verdict, {"/etc/sudoers": RULES + "Defaults use_pty\n", CONF: conf}, {"state": state})
        for name, verdict, state, conf in (
            ("by-its-name", "pass", "value", "Plugin sudoers_policy sudoers.so\n"),
            ("by-its-path", "pass", "value", "Plugin sudoers_policy /usr/libexec/sudo/sudoers.so\n"),
            ("of-the-site", "error", "error", "Plugin sudoers_policy /opt/site/own.so\n"),
            ("of-the-site-under-its-name", "error", "error", "Plugin sudoers_policy /opt/site/sudoers.so\n"),
            ("of-another-folder", "error", "error", "path plugin_dir /opt/site/\n"),
            ("of-its-own-folder", "pass", "value", "Path plugin_dir /usr/libexec/sudo/\n"),
        )
    ),
    Scenario(
        "another-plugin-decides", {"query": "not_authenticate"}, {"empty": True}, "error", {"state": "error"},
        files={MAIN: RULES, CONF: "Plugin python_policy python_plugin.so\n"},
    ),
    Scenario(
        "fix-what-is-allowed-is-not-logged", {"query": "default", "name": "log_allowed"}, {"any_of": [{"absent": True}, TRUE]}, "fail",
        {"state": "value", "value": False}, files={MAIN: "Defaults !log_allowed\n" + INCLUDE}, wanted=True,
    ),
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
    _rs("sudo-rs-keeps-no-log", "fail", "logfile", TO_LOG, LOGS, {"state": "absent"}),
    _rs("sudo-rs-has-a-pty-of-itself", "pass", "use_pty", TRUE, LOGS, {"value": True, "default": True}),
    _rs("sudo-rs-without-a-pty", "fail", "use_pty", TRUE, "Defaults !use_pty\n", {"value": False}),
    # A line with one setting that it does not know counts for nothing.
    _rs("sudo-rs-passes-over-the-line", "error", "use_pty", TRUE, "Defaults !use_pty, logfile=/a\n", {"state": "error"}),
    _rs("sudo-rs-minutes", "pass", "timestamp_timeout", FEW_MINUTES, LOGS, {"value": "15", "default": True}),
    _rs("sudo-rs-minutes-set", "fail", "timestamp_timeout", FEW_MINUTES, "Defaults timestamp_timeout=60\n", {"value": "60"}),
    _rs("sudo-rs-knows-no-endless", "error", "timestamp_timeout", FEW_MINUTES, "Defaults timestamp_timeout=-1\n", {}),
    _rs("sudo-rs-reads-its-own", "fail", "use_pty", TRUE, "", {"value": False}, **{"/etc/sudoers-rs": "Defaults !use_pty\n"}),
    _rs("sudo-rs-asks-no-directory", "pass", "use_pty", TRUE, "", {"value": True}, **{SERVICES: "sudoers: files ldap\n"}),
    Scenario(
        "log-that-sudo-rs-beside-does-not-keep",
        {"query": "default", "name": "logfile"},
        TO_LOG,
        "fail",
        {"state": "value"},
        files={MAIN: LOGS, "/usr/bin/sudo": File("", 0o4755), "/usr/lib/cargo/bin/sudo": File("", 0o4755)},
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
    # Debian 12 and 13: nothing of auditor is written where the line is for plain, and sudo is right about the journal too.
    _of("log-for-some-alone", "fail", "logfile", LOG_FILE, "Defaults:plain logfile=/a\n", {"state": "absent"}),
    _of("log-but-for-a-command", "fail", "logfile", LOG_FILE, LOGS + "Defaults!/bin/a !logfile\n", {"value": False}),
    _of("log-but-as-another", "fail", "logfile", LOG_FILE, LOGS + "Defaults>bob !logfile\n", {"value": False}),
    _of("log-but-on-a-host", "fail", "logfile", LOG_FILE, "Defaults@a !logfile\n" + LOGS, {"value": False}),
    _of("another-log-for-some", "pass", "logfile", LOG_FILE, LOGS + "Defaults:bob logfile=/b\n", {"state": "value"}),
    _of("no-journal-for-some", "fail", "syslog", NOT_OFF, "Defaults:bob !syslog\n", {"value": False}),
    _of("another-facility-for-some", "pass", "syslog", NOT_OFF, "Defaults:bob syslog=local2\n", {"state": "value"}),
    _of("accounts-are-asked", "pass", "pam_acct_mgmt", ON, LOGS, {"state": "absent"}),
    # An account that has expired then becomes root on Debian 12 and 13.
    _of("accounts-are-not-asked", "fail", "pam_acct_mgmt", ON, "Defaults !pam_acct_mgmt\n", {"value": False}, wanted=True),
    _of("accounts-are-not-asked-for-some", "fail", "pam_acct_mgmt", ON, "Defaults:bob !pam_acct_mgmt\n", {"value": False}, wanted=True),
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
    # What one has counts for all where it is more than the others have, and also where it is less, stays right.
    _limited("minutes-of-one-user-fewer", "pass", "timestamp_timeout", FEW_MINUTES, "Defaults timestamp_timeout=5\nDefaults:bob timestamp_timeout=0\n"),
    _limited("minutes-of-one-user-more", "fail", "timestamp_timeout", FEW_MINUTES, "Defaults:bob timestamp_timeout=60\nDefaults timestamp_timeout=5\n"),
    _limited("minutes-of-one-user-endless", "fail", "timestamp_timeout", FEW_MINUTES, "Defaults@ALL timestamp_timeout=-1\nDefaults timestamp_timeout=5\n"),
    _limited("log-of-one-user", "fail", "logfile", LOG, "Defaults:bob logfile=/var/log/bob.log\n"),
    _limited("log-of-one-user-beside", "pass", "logfile", LOG, LOGS + "Defaults:bob logfile=/var/log/bob.log\n"),
    _limited("log-that-a-device-swallows", "fail", "logfile", LOG, "Defaults logfile=/dev/null\n"),
    _limited("log-that-a-device-swallows-for-one", "fail", "logfile", LOG, LOGS + "Defaults:bob logfile=/dev/null\n"),
    # A number of a user begins behind a tab too, where others take a `#` for a comment.
    _list("tag-behind-a-number-and-a-tab", "fail", "nopasswd", "root, \\\n\t#1000 ALL = NOPASSWD: ALL\n"),
    Scenario(
        "fix-log-file",
        {"query": "default", "name": "logfile"},
        {"matches": "^/."},
        "fail",
        {"state": "value", "value": False},
        files={MAIN: "Defaults !logfile\n" + INCLUDE},
        wanted="/var/log/sudo.log",
    ),
    _password("fix-group-that-is-exempt", "not_authenticate", "Defaults env_reset, exempt_group=ops\nbob ALL=(ALL) ALL\n"),
    _password("fix-blanks-in-the-scope", "not_authenticate", "Defaults: root , bob !authenticate, env_reset\n"),
    _password("fix-tag", "nopasswd", "bob ALL=(ALL) NOPASSWD: /bin/a, PASSWD: /bin/b\n"),
    _password("fix-tag-of-a-group", "nopasswd", "%ops ALL=(ALL) NOPASSWD:ALL\nroot ALL=(ALL) NOPASSWD: ALL\n"),
    _password("fix-authentication-lifted", "not_authenticate", "Defaults:bob !authenticate, !lecture\n"),
]  # fmt: skip
