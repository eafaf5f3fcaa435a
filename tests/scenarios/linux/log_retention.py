"""Scenarios of the time for which records are kept; how logrotate is read is in its own scenarios."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from tests.scenarios.linux import File, Scenario

JOURNALD, AUDIT, PLUGIN = "/etc/systemd/journald.conf", "/etc/audit/auditd.conf", "/etc/audit/plugins.d/syslog.conf"
YEARS = {"fields": {"days": {"at_least": 2192}, "sooner": {"equals": ""}}}
KEPT = {"all_of": [{"any": YEARS}, {"each": YEARS}]}
EVER = 36500
SIZE = "SystemMaxUse: the oldest records go when that much is there"
GONE = "Storage: it is gone with the next start"
MANY = "num_logs: the oldest records go when there are that many files"
ON_DISK: Dict[str, Any] = {"/var/log/journal": File(directory=True)}
ROTATE: Dict[str, Any] = {
    "/usr/sbin/logrotate": "",
    "/etc/cron.daily/logrotate": File("#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n", mode=0o755),
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "/etc/group": "root:x:0:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\n",
    "/var/log": File(directory=True, mode=0o755),
}
RSYSLOG: Dict[str, Any] = {
    "/usr/sbin/rsyslogd": "",
    "/etc/rsyslog.conf": "*.* /var/log/syslog\nauth.* /var/log/auth.log\n",
    **ROTATE,
}
BLOCK = "/var/log/syslog /var/log/auth.log {\n%s\nmissingok\n}\n"
HANDS_OVER: Dict[str, Any] = {
    PLUGIN: "active = yes\ndirection = out\npath = /sbin/audisp-syslog\ntype = always\nargs = LOG_INFO\n",
    "/sbin/audisp-syslog": "",
}
OLD_PLUGIN = "/etc/audisp/plugins.d/syslog.conf"
BUILT_IN = "active = yes\ndirection = out\npath = builtin_syslog\ntype = builtin\n"
SHARED = "/var/log/syslog /var/log/auth.log /var/log/none {\nweekly\nrotate 4\nsharedscripts\n}\n"
FOR_NOW = (
    "/etc/logrotate.conf:1 rotates it as soon as nothing is in the way: /var/log/none of the same block with sharedscripts: "
    "it is missing, and there is no missingok"
)
Row = Tuple[str, str, int, str, bool]


def _case(
    name: str, verdict: str, files: Dict[str, Any], rows: List[Row], paths: Optional[List[str]] = None, reason: str = ""
) -> Scenario:
    keys = ("log", "by", "days", "sooner", "sent")
    observed: Dict[str, Any] = (
        {"state": "error", "reason": reason}
        if reason
        else {"state": "value", "value": [dict(zip(keys, row)) for row in rows]}
    )
    return Scenario(
        name, {"paths": paths} if paths is not None else {}, KEPT, verdict, observed, files=files,
        commands={"systemctl --version": "systemd 252 (252)\n", "logrotate --version": "logrotate 3.21.0\n"},
    )  # fmt: skip


def _journal(
    name: str, lines: str, days: int, sooner: str = SIZE, files: Optional[Dict[str, Any]] = None, sent: bool = True
) -> Scenario:
    """What the journal holds ends with a size, so it never passes."""
    row = ("journal", "journald", days, sooner, sent)
    return _case(
        "journal: " + name, "fail", {JOURNALD: "[Journal]\n" + lines, **(ON_DISK if files is None else files)}, [row]
    )


def _logs(name: str, verdict: str, words: str, days: int) -> Scenario:
    files = {**RSYSLOG, "/etc/logrotate.conf": BLOCK % words}
    return _case(
        "files: " + name,
        verdict,
        files,
        [("/var/log/" + log, "logrotate", days, "", True) for log in ("auth.log", "syslog")],
    )


def _audit(
    name: str, verdict: str, text: str, days: int, sooner: str = "", sent: bool = False, **files: Any
) -> Scenario:
    # auditd refuses a file that says something and not when space gets little.
    if text and "space_left" not in text:
        text += "space_left = 75\n"
    planted = {
        **ROTATE,
        "/usr/sbin/rsyslogd": "",
        "/etc/rsyslog.conf": "*.* /var/log/syslog\n",
        "/etc/logrotate.conf": "",
        "/usr/sbin/auditd": "",
        AUDIT: text,
    }
    rows: List[Row] = [("/var/log/syslog", "logrotate", EVER, "", True), ("audit log", "auditd", days, sooner, sent)]
    return _case("audit: " + name, verdict, {**planted, **files}, rows)


NG_MAIN = "/etc/syslog-ng/syslog-ng.conf"
NG = {
    "/usr/sbin/syslog-ng": "",
    NG_MAIN: 'source s { internal(); };\ndestination d { file("/var/log/syslog"); file("/dev/tty10"); };\n'
    'destination e { file("/var/log/messages"); };\nlog { source(s); destination(d); destination(e); };\n',
}
SCENARIOS = [
    _journal("as it is set up", "", EVER),
    _journal("time", "MaxRetentionSec=6year\n", 2191),
    _journal("times are added up", "MaxRetentionSec=1month 2week 36h\n", 45),
    _journal("seconds", "MaxRetentionSec=86400\n", 1),
    _journal("no limit", "MaxRetentionSec=0\n", EVER),
    _journal("drop-in", "MaxRetentionSec=1year\n", 7, files={**ON_DISK, "/etc/systemd/journald.conf.d/a.conf": "[Journal]\nMaxRetentionSec=1week\n"}),
    _journal("memory", "Storage=volatile\n", 0, GONE),
    _journal("memory, for there is no folder", "", 0, GONE, {}),
    _journal("nothing kept", "Storage=none\n", 0, GONE, sent=False),
    _journal("folder that will be made", "Storage=persistent\n", EVER, files={}),
    _case("journal: no time", "error", {JOURNALD: "[Journal]\nMaxRetentionSec=soon\n", **ON_DISK}, [],
          reason=JOURNALD + ": MaxRetentionSec is no span of time; mend it"),
    _logs("four weeks", "fail", "weekly\nrotate 4", 28),
    _logs("six years", "pass", "weekly\nrotate 314", 2198),
    _logs("months", "fail", "monthly\nrotate 72", 2016),
    _logs("for ever", "pass", "weekly\nrotate -1", EVER),
    _logs("age", "fail", "weekly\nrotate -1\nmaxage 365", 365),
    # A size is only looked at when logrotate runs, which a job does once a day.
    _logs("size", "pass", "size 10M\nrotate 3000", 3000),
    _logs("size at any run", "fail", "hourly\nmaxsize 10M\nrotate 100", 100),
    _case("files: never rotated", "pass", {**RSYSLOG, "/etc/logrotate.conf": ""}, [("/var/log/" + log, "logrotate", EVER, "",
                                                                                    True) for log in ("auth.log", "syslog")]),
    _case("files: nothing rotates", "pass", {"/usr/sbin/rsyslogd": "", "/etc/rsyslog.conf": "*.* /var/log/syslog\n"},
          [("/var/log/syslog", "nothing that rotates", EVER, "", True)]),
    _case("files: none, and nothing rotates", "fail", {"/usr/sbin/rsyslogd": "", "/etc/rsyslog.conf": "*.* @@log.example\n"}, [("journal",
                                                                                                                                "journald", 0, GONE, True)]),
    # It is, from the day on which the other log is there.
    _case("files: not rotated for now", "fail", {**RSYSLOG, "/etc/logrotate.conf": SHARED, "/var/log/syslog": "", "/var/log/auth.log": ""},
          [("/var/log/" + log, "logrotate", EVER, FOR_NOW, True) for log in ("auth.log", "syslog")]),
    _case("rsyslog that writes no file", "fail", {**RSYSLOG, **ON_DISK, "/etc/rsyslog.conf": "*.* @@log.example\n", "/etc/logrotate.conf": "",
                                                  JOURNALD: ""}, [("journal", "journald", EVER, SIZE, True)]),
    _case("own logs", "fail", {**ROTATE, **ON_DISK, JOURNALD: "", "/etc/logrotate.conf": "/srv/*.log {\ndaily\nrotate 30\n}\n", "/srv/a.log": ""},
          [("journal", "journald", EVER, SIZE, True), ("/srv/a.log", "logrotate", 30, "", False)], ["/srv/*.log"]),
    _case("another program", "error", {"/usr/sbin/metalog": ""}, [],
          reason="for how long the files of metalog are kept is not followed; name them in the parameter retained_logs"),
    _case("syslog-ng", "fail", {**ROTATE, **NG, "/etc/logrotate.conf": "/var/log/syslog {\nweekly\nrotate 4\n}\n"},
          [("/var/log/messages", "logrotate", EVER, "", True), ("/var/log/syslog", "logrotate", 28, "", True)]),
    _case("syslog-ng, and nothing rotates", "pass", NG, [("/var/log/" + log, "nothing that rotates", EVER, "", True) for log in ("messages", "syslog")]),
    _case("syslog-ng to a file for each day", "error", {**NG, NG_MAIN: NG[NG_MAIN].replace("log/messages", "log/$YEAR$MONTH$DAY")}, [],
          reason=NG_MAIN + ":3: to which files this writes is not followed; name them in the parameter retained_logs"),
    _case("syslog-ng that writes no file", "fail", {**NG, **ON_DISK, JOURNALD: "", NG_MAIN: "source s { internal(); };\n"},
          [("journal", "journald", EVER, SIZE, True)]),
    _case("paths that are none", "error", {}, [], ["a"], reason="the key 'paths' of the address has to be a list of paths"),
    _audit("as it is set up", "fail", "num_logs = 5\nmax_log_file_action = ROTATE\n", 0, MANY),
    _audit("kept", "pass", "num_logs = 5\nmax_log_file_action = keep_logs\n", EVER),
    _audit("kept, but for logrotate", "fail", "max_log_file_action = keep_logs\n", 28,
           **{"/etc/logrotate.conf": "/var/log/audit/*.log {\nweekly\nrotate 4\nmissingok\n}\n", "/var/log/audit/audit.log": ""}),
    _audit("kept in another file, but for logrotate", "fail", "log_file = /srv/Audit.log\nmax_log_file_action = keep_logs\n", 30,
           **{"/etc/logrotate.conf": "/srv/Audit.log {\ndaily\nrotate 30\nmissingok\n}\n"}),
    # One file is not rotated: auditd says so and goes on writing to it.
    _audit("one file", "pass", "num_logs = 1\nmax_log_file_action = ROTATE\n", EVER),
    _audit("nothing said", "pass", "", EVER),
    _audit("rotated when told", "fail", "num_logs = 5\n", 0, MANY),
    _audit("stops", "fail", "max_log_file_action = suspend\n", 0, "max_log_file_action: nothing more is written then"),
    _audit("little space", "fail", "max_log_file_action = keep_logs\nspace_left = 75\nspace_left_action = rotate\n", 0,
           "space_left_action: the oldest records go when space runs out"),
    _audit("not written", "fail", "write_logs = no\n", 0, "write_logs: it is not written"),
    _audit("handed over", "fail", "num_logs = 5\nmax_log_file_action = rotate\n", 0, MANY, True, **HANDS_OVER),
    # auditd takes nothing of a file with a line like that.
    _audit("handed over, but for the blanks", "pass", "max_log_file_action = keep_logs\n", EVER, "", False,
           **{**HANDS_OVER, PLUGIN: "active=yes\npath = /sbin/audisp-syslog\n"}),
    _audit("handed over to a program that is gone", "pass", "max_log_file_action = keep_logs\n", EVER, "", False, **{PLUGIN: HANDS_OVER[PLUGIN]}),
    _audit("not handed over", "pass", "max_log_file_action = keep_logs\n", EVER, "", False, **{PLUGIN: "active = no\n"}),
    _audit("handed over by auditd 2", "pass", "max_log_file_action = keep_logs\n", EVER, "", True, **{OLD_PLUGIN: BUILT_IN}),
    _audit("handed over once, by auditd 2", "pass", "max_log_file_action = keep_logs\n", EVER, "", False,
           **{OLD_PLUGIN: BUILT_IN, "/etc/audit/plugins.d/af_unix.conf": "active = no\n"}),
]  # fmt: skip
