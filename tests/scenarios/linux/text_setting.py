"""Scenarios of text settings, format by format."""

from __future__ import annotations

from typing import Any, Dict

from tests.scenarios.linux import File, Scenario

JOURNAL = {"file": "/etc/systemd/journald.conf", "name": "Storage", "section": "Journal", "format": "systemd"}
MAIN = "/etc/systemd/journald.conf"
DROP = "/etc/systemd/journald.conf.d/%s.conf"
VENDOR = "/usr/lib/systemd/journald.conf.d/%s.conf"
KEPT = "[Journal]\nStorage=persistent\n"
COREDUMP: Dict[str, Any] = {
    "file": "/etc/systemd/coredump.conf",
    "address": {"section": "Coredump"},
    "files": {"/usr/lib/systemd/coredump.conf.d/50.conf": "[Coredump]\nStorage=external\n"},
}
UPLOAD = "/etc/systemd/journal-upload.conf"
UPLOAD_UNIT = "/lib/systemd/system/systemd-journal-upload.service"
UPLOAD_SNIPPET = "/etc/systemd/system/systemd-journal-upload.service.d/50.conf"
STARTS = "[Service]\nExecStart=/lib/systemd/systemd-journal-upload --save-state"
SENT = "[Upload]\nURL=https://logs.example\n"
PLAINLY = SENT.replace("https", "http")
QUALITY: Dict[str, Any] = {
    "file": "/etc/security/pwquality.conf",
    "files": {"/etc/security/pwquality.conf.d/50.conf": "minlen = 6\n"},
}
BIG = {"at_least": 8}
LOST = "[Journal]\nStorage=volatile\n"


def _journal(name: str, verdict: str, files: Dict[str, Any]) -> Scenario:
    wanted = "persistent" if verdict == "fail" else None
    return Scenario(name, JOURNAL, {"equals": "persistent"}, verdict, {}, files=files, wanted=wanted)


NAMESPACE = "/etc/systemd/journald@web.conf"
USED = "/run/systemd/journal.web/"


def _namespace(name: str, verdict: str, key: str, wanted: str, files: Dict[str, Any]) -> Scenario:
    """A journal beside the main one, whose own configuration is right; seen on systemd 252 and 257."""
    main = {MAIN: "[Journal]\nStorage=persistent\nForwardToSyslog=yes\n"}
    address = {**JOURNAL, "name": key}
    return Scenario("namespace-" + name, address, {"equals": wanted}, verdict, {}, files={**main, **files})


def _simple(  # noqa: PLR0917 - a row of the table below
    name: str, verdict: str, form: str, key: str, text: str, expect: Any, wanted: Any = None, **more: Any
) -> Scenario:
    address = {"file": more.pop("file", "/etc/x.conf"), "name": key, "format": form, **more.pop("address", {})}
    files = {address["file"]: text, **more.pop("files", {})}
    return Scenario(name, address, expect, verdict, {}, files=files, wanted=wanted, **more)


def _auditd(name: str, verdict: str, key: str, text: str) -> Scenario:
    """Lines behind those that Debian ships; each seen on Debian 12 and 13 by what auditd says when it starts."""
    address = {"file": "/etc/audit/auditd.conf", "name": key, "format": "auditd"}
    wanted = {"max_log_file_action": "keep_logs", "space_left_action": "email", "write_logs": "yes"}.get(key, "halt")
    shipped = "write_logs = yes\nflush = INCREMENTAL_ASYNC\nfreq = 50\nspace_left = 75\nadmin_space_left = 50\nmax_log_file_action = ROTATE\n"
    files = {address["file"]: shipped + text}
    fixed = wanted if verdict == "fail" and key != "write_logs" else None
    return Scenario("auditd-" + name, address, {"equals": wanted}, verdict, {}, files=files, wanted=fixed)


AUDITD_CONF = "/etc/audit/auditd.conf"
AUDITD_SNIPPET = "/etc/systemd/system/auditd.service.d/x.conf"
AUDITD_STARTS = "[Service]\nExecStart=\nExecStart=/usr/sbin/auditd %s\n"
KEEPS_LOGS = "space_left = 75\nmax_log_file_action = keep_logs\n"


def _auditd_kept(name: str, verdict: str, files: Dict[str, Any]) -> Scenario:
    """Files with which auditd starts, or does not; seen on Debian 12 and 13."""
    address = {"file": AUDITD_CONF, "name": "max_log_file_action", "format": "auditd"}
    return Scenario("auditd-" + name, address, {"equals": "keep_logs"}, verdict, {}, files=files)


def _postfix(name: str, verdict: str, text: str) -> Scenario:
    return _simple(
        name, verdict, "postfix", "x", text, {"equals": "localhost"}, "localhost" if verdict == "fail" else None
    )


def _upload(name: str, verdict: str, text: Any, key: str = "URL", **more: Any) -> Scenario:
    """Where the sender sends the journal, or the key with which it says who it is; each seen on Debian 12 and 13."""
    address = {
        "file": more.pop("file", UPLOAD),
        "name": key,
        "section": more.pop("section", "Upload"),
        "format": "systemd",
    }
    files = {address["file"]: text, **more.pop("files", {})}
    expect = {"matches": "^(?!http:)\\S+$" if key == "URL" else r"^/\S"}
    return Scenario("journal-sender-" + name, address, expect, verdict, {}, files=files, **more)


def _key(name: str, verdict: str, *values: str, **more: Any) -> Scenario:
    lines = "".join("ServerKeyFile=%s\n" % value for value in values)
    return _upload("key-" + name, verdict, "[%s]\n%s" % (more.get("section", "Upload"), lines), "ServerKeyFile", **more)


SENDER = [
    _upload("right", "pass", SENT),
    _upload("in-the-clear", "fail", PLAINLY),
    *(
        _upload(
            "changed-below-" + root.strip("/").replace("/", "-"),
            "fail",
            SENT,
            files={root + "/systemd/journal-upload.conf.d/50.conf": PLAINLY},
        )
        for root in ("/etc", "/run", "/usr/local/lib", "/usr/lib")
    ),
    _upload(
        "vendor-snippet-masked",
        "pass",
        SENT,
        files={
            "/usr/lib/systemd/journal-upload.conf.d/50.conf": PLAINLY,
            "/etc/systemd/journal-upload.conf.d/50.conf": File(link="/dev/null"),
        },
    ),
    _upload("section-of-other-case", "fail", SENT.replace("Upload", "upload")),
    _upload("key-of-other-case", "fail", SENT.replace("URL", "Url")),
    _upload("emptied-again", "fail", SENT + "URL=\n"),
    # Quotes make it no address, and the one before stays.
    _upload("quoted-behind-one-in-the-clear", "fail", PLAINLY + 'URL="https://logs.example"\n'),
    _upload("with-a-backslash-behind-one-in-the-clear", "fail", PLAINLY + "URL=https://logs.example/a\\b\n"),
    _upload("letter-that-is-no-ascii", "pass", PLAINLY + "URL=https://logs.example/ä\n"),
    # It gives up the file at such a line, comments aside.
    _upload("bytes-that-are-no-utf-8", "error", SENT.encode() + b"[X-Other]\nA=\xff\n"),
    _upload("bytes-that-are-no-utf-8-in-a-comment", "pass", b"# \xff\n" + SENT.encode()),
    _upload("started-as-shipped", "pass", SENT, files={UPLOAD_UNIT: STARTS + "\n"}),
    _upload(
        "started-with-another-place-of-its-state",
        "pass",
        SENT,
        files={
            UPLOAD_UNIT: STARTS + "\n",
            UPLOAD_SNIPPET: "[Service]\nExecStart=\n%s=/var/lib/x\n" % STARTS.split("\n")[1],
        },
    ),
    *(
        _upload(
            "started-with-" + name,
            "error",
            SENT,
            files={UPLOAD_UNIT: STARTS + "\n", UPLOAD_SNIPPET: STARTS + " " + option + "\n"},
        )
        for name, option in (
            ("another-address", "--url=http://logs.example"),
            ("a-shortened-option", "--ur http://logs.example"),
            ("letters-in-one", "-mu http://logs.example"),
            ("any-certificate-trusted", "--trust=all"),
            ("an-escape", r"\x2du http://logs.example"),
            ("quotes", '"--url"=http://logs.example'),
            ("a-variable", "$OPTIONS"),
        )
    ),
    _upload(
        "started-by-another-program", "error", SENT, files={UPLOAD_UNIT: "[Service]\nExecStart=/usr/local/bin/send\n"}
    ),
    _key("right", "pass", "/k"),
    _key("relative-behind-a-right-one", "pass", "/k", "k"),
    _key("way-up-behind-none-wanted", "fail", "-", "/a/../k"),
    _key("name-too-long-behind-none-wanted", "fail", "-", "/" + 256 * "k"),
    _key("name-of-greatest-length", "pass", "-", "/" + 255 * "k"),
    _key("two-dots-in-a-name", "pass", "-", "/..k"),
    _key("quoted", "fail", '"/k"'),
    _key("not-wanted", "fail", "/k", "-"),
    _key("emptied-again", "fail", "/k", ""),
    # The receiver takes a dash for a way that is not whole.
    _key("of-the-receiver-not-wanted", "pass", "/k", "-", file="/etc/systemd/journal-remote.conf", section="Remote"),
]

SCENARIOS = [
    *SENDER,
    _journal("right", "pass", {MAIN: KEPT}),
    _journal("wrong", "fail", {MAIN: LOST}),
    _journal("absent", "fail", {}),
    _journal("commented-out", "fail", {MAIN: "[Journal]\n#Storage=persistent\n"}),
    _journal("other-section", "fail", {MAIN: "[Manager]\nStorage=persistent\n"}),
    _journal("odd-case", "fail", {MAIN: "[Journal]\nstorage=persistent\n"}),
    _journal("odd-spacing", "pass", {MAIN: "[Journal]\n  Storage =  persistent \n"}),
    _journal("last-of-two", "fail", {MAIN: KEPT + "Storage=none\n"}),
    # As journald says itself: what it does not take leaves in force what was before.
    _journal("emptied-again", "pass", {MAIN: KEPT + "Storage=\n"}),
    _journal("word-in-capitals", "fail", {MAIN: "[Journal]\nStorage=Persistent\n"}),
    _journal("word-in-capitals-behind-a-right-one", "pass", {MAIN: KEPT, DROP % "50": "[Journal]\nStorage=Volatile\n"}),
    _journal("word-of-no-storage", "fail", {MAIN: LOST + "Storage=persistently\n"}),
    _journal("backslash-that-is-meant", "pass", {MAIN: "[Journal]\nTTYPath=/dev/x\\\\\nStorage=persistent\n"}),
    _journal("line-that-goes-on", "fail", {MAIN: "[Journal]\nTTYPath=/dev/x\\\n# c\nStorage=persistent\n"}),
    _journal("mark-of-bytes", "pass", {MAIN: "\ufeff" + KEPT}),
    _journal("until-the-next-boot", "fail", {DROP.replace("/etc", "/run") % "50": KEPT}),
    _journal("loosened-until-the-next-boot", "fail", {MAIN: KEPT, DROP.replace("/etc", "/run") % "50": LOST}),
    _journal("the-same-until-the-next-boot", "pass", {MAIN: KEPT, DROP.replace("/etc", "/run") % "50": KEPT}),
    Scenario("section-that-is-none", JOURNAL, {"equals": "persistent"}, "error", {"state": "error"}, files={MAIN: KEPT.replace("]", "] # x")}),
    Scenario(
        "main-file-elsewhere", JOURNAL, {"equals": "persistent"}, "fail", {"state": "absent"},
        files={"/usr/lib/systemd/journald.conf": KEPT}, commands={"systemctl --version": "systemd 252 (252.39-1~deb12u2)\n+PAM"},
    ),
    Scenario(
        "main-file-elsewhere-in-a-newer-one", JOURNAL, {"equals": "persistent"}, "pass", {"state": "value"},
        files={"/usr/lib/systemd/journald.conf": KEPT}, commands={"systemctl --version": "systemd 257 (257.13)\n"},
    ),
    _simple(
        "switch-that-is-none", "pass", "systemd", "ForwardToSyslog", "[Journal]\nForwardToSyslog=YES\nForwardToSyslog=\nForwardToSyslog=maybe\n",
        {"equals": "YES"}, file=MAIN, address={"section": "Journal"},
    ),
    *(
        _simple(
            "command-line-" + name, verdict, "systemd", "ForwardToSyslog", "[Journal]\nForwardToSyslog=no\n", {"equals": "yes"},
            file=MAIN, address={"section": "Journal"}, files={"/proc/cmdline": "ro %s quiet\n" % said, **files},
        )
        for name, verdict, said, files in (
            ("wins", "pass", "systemd.journald.forward-to-syslog=yes", {}),
            ("switches-on", "pass", "systemd.journald.forward_to_syslog", {}),
            ("says-nothing-of-it", "fail", "systemd.journald.forward_to_kmsg=yes", {}),
            ("has-another-word", "fail", "systemd.journald.forward_to_syslog=perhaps", {}),
            ("of-another-kernel", "fail", "systemd.journald.forward_to_syslog=yes", {"/run/systemd/container": "systemd-nspawn"}),
        )
    ),
    _simple(
        "size-that-compresses", "pass", "systemd", "Compress", "[Journal]\nCompress=no\nCompress=2K\nCompress=2x\n",
        {"equals": "2K"}, file=MAIN, address={"section": "Journal"},
    ),
    _journal("drop-in-wins", "pass", {MAIN: LOST, DROP % "50": KEPT}),
    _journal("drop-in-loosens", "fail", {MAIN: KEPT, VENDOR % "50": LOST}),
    _journal("later-drop-in-wins", "pass", {DROP % "40": LOST, VENDOR % "60": KEPT}),
    _journal("vendor-drop-in-masked", "pass", {MAIN: KEPT, VENDOR % "50": LOST, DROP % "50": ""}),
    _simple(
        "auditd-any-case",
        "pass",
        "auditd",
        "max_log_file_action",
        "MAX_LOG_FILE_ACTION = keep_logs\nspace_left = 75\n",
        {"equals": "keep_logs"},
    ),
    # auditd passes over a last line without newline, and over one of more than 158 bytes.
    _auditd("last-line-without-newline", "fail", "max_log_file_action", "max_log_file_action = keep_logs"),
    _auditd("too-long", "fail", "max_log_file_action", "max_log_file_action = keep_logs%s\n" % (" " * 128)),
    _auditd("just-short-enough", "pass", "max_log_file_action", "max_log_file_action = keep_logs%s\n" % (" " * 127)),
    _auditd("comment-too-long", "pass", "max_log_file_action", "# %s\nmax_log_file_action = keep_logs\n" % ("x" * 200)),
    # It says that two words are too many, and takes the first.
    _auditd("two-words-behind-an-action", "pass", "space_left_action", "space_left_action = email # people\n"),
    _auditd("word-behind-another", "error", "max_log_file_action", "max_log_file_action = keep_logs #\n"),
    _auditd("unknown-name", "error", "max_log_file_action", "max_log_file_action = keep_logs\nmax_logs = 5\n"),
    _auditd("no-sign", "error", "max_log_file_action", "max_log_file_action = keep_logs\nfreq 5\n"),
    _auditd("no-value", "error", "max_log_file_action", "max_log_file_action = keep_logs\nname =\n"),
    _auditd("value-that-is-none", "error", "max_log_file_action", "max_log_file_action = keep_logs\nflush = often\n"),
    _auditd("not-a-number", "error", "max_log_file_action", "max_log_file_action = keep_logs\nmax_log_file = 8M\n"),
    _auditd("email-where-the-disk-is-full", "error", "disk_full_action", "disk_full_action = email\n"),
    _auditd("less-space-than-reserve", "error", "max_log_file_action", "max_log_file_action = keep_logs\nadmin_space_left = 80\n"),
    _auditd("reserve-in-percent", "pass", "max_log_file_action", "max_log_file_action = keep_logs\nadmin_space_left = 80%\n"),
    _auditd("flush-never", "error", "max_log_file_action", "max_log_file_action = keep_logs\nfreq = 0\n"),
    _auditd("program-that-is-missing", "error", "space_left_action", "space_left_action = exec /usr/bin/tell\n"),
    _namespace("kept-in-memory", "fail", "Storage", "persistent", {NAMESPACE: LOST}),
    _namespace("kept-in-memory-by-a-drop-in", "fail", "Storage", "persistent", {NAMESPACE + ".d/x.conf": LOST}),
    _namespace("that-says-nothing", "pass", "Storage", "persistent", {NAMESPACE: "[Journal]\n", USED + "socket": ""}),
    # As snapd writes it for a group with a quota.
    _namespace("that-finds-its-folder", "pass", "Storage", "persistent", {NAMESPACE: "[Journal]\nStorage=auto\n"}),
    _namespace("in-other-words", "pass", "ForwardToSyslog", "yes", {NAMESPACE: "[Journal]\nForwardToSyslog=on\n"}),
    # Seen with rsyslog: /dev/log of such services is the journal's, which forwards to a socket that nobody made.
    _namespace("that-rsyslog-does-not-get", "fail", "ForwardToSyslog", "yes", {USED + "socket": ""}),
    _namespace("that-something-gets", "pass", "ForwardToSyslog", "yes", {USED + "socket": "", USED + "syslog": ""}),
    # It wants more space left than in reserve, and both are 0 where nothing is said; a file of nothing at all is taken for none.
    _auditd_kept("without-space-left", "error", {AUDITD_CONF: "max_log_file_action = keep_logs\n"}),
    _auditd_kept("with-a-comment-alone", "error", {AUDITD_CONF: "# keep_logs\n"}),
    _auditd_kept("empty", "fail", {AUDITD_CONF: ""}),
    _auditd_kept("by-a-link", "error", {AUDITD_CONF: File(link="real.conf"), "/etc/audit/real.conf": KEEPS_LOGS}),
    _auditd_kept("for-anybody-to-write", "error", {AUDITD_CONF: File(KEEPS_LOGS, mode=0o666)}),
    _auditd_kept("for-its-group-to-write", "pass", {AUDITD_CONF: File(KEEPS_LOGS, mode=0o664)}),
    _auditd_kept("in-another-folder", "error", {AUDITD_CONF: KEEPS_LOGS, AUDITD_SNIPPET: AUDITD_STARTS % "-n -c /srv/audit"}),
    _auditd_kept("started-in-front", "pass", {AUDITD_CONF: KEEPS_LOGS, AUDITD_SNIPPET: AUDITD_STARTS % "-n -s enable"}),
    _auditd("written-no-longer", "fail", "write_logs", "log_format = NOLOG\nlog_format = RAW\n"),
    _postfix("postfix-last", "fail", "x = localhost\nx = all\n"),
    _postfix("postfix-right", "pass", "# x = all\nx=localhost\ny = all\n"),
    _postfix("postfix-continued", "fail", "x = localhost\n# a remark\n\n  10.0.0.1\ny = z\n"),
    _postfix("postfix-other-value", "fail", "here = localhost\nx = $here\n"),
    _postfix("postfix-no-comment-behind-a-value", "fail", "x = localhost # all\n"),
    _postfix("postfix-absent", "fail", "y = localhost\n"),
    _simple("flag", "pass", "faillock", "even_deny_root", "even_deny_root\n", {"present": True}),
    _simple(
        "flag-commented-out", "fail", "faillock", "even_deny_root", "# even_deny_root\n", {"present": True}, wanted=True
    ),
    *(
        _simple(
            "faillock-%d" % number,
            verdict,
            "faillock",
            "deny",
            text,
            {"between": [1, 5]},
            4 if verdict == "fail" else None,
        )
        for number, (verdict, text) in enumerate(
            [
                ("pass", "deny 5\n"),
                ("fail", "deny 50\n"),
                ("fail", "deny = 5\ndeny 50\n"),
                ("pass", "deny = 5\ndeny = x\n"),
                ("fail", "Deny = 5\n"),
                ("fail", "deny==5\n"),
                ("pass", " deny=5x # why\n"),
                ("fail", "deny = 0\n"),
                ("pass", "deny = 65537\n"),
            ]
        )
    ),
    _simple(
        "faillock-time-that-is-too-long",
        "fail",
        "faillock",
        "unlock_time",
        "unlock_time = 700000\n",
        {"at_least": 900},
        900,
    ),
    _simple("faillock-counts-nowhere", "fail", "faillock", "dir", "dir = /nowhere/x\n", {"matches": "^/[^()]*$"}, "/etc/counts"),
    _simple("faillock-group-of-root-s-kind", "fail", "faillock", "admin_group", "admin_group = staff\n", {"equals": ""}, ""),
    _simple("faillock-never", "pass", "faillock", "unlock_time", "unlock_time never\n", {"equals": "never"}),
    *(
        _simple(
            "pwquality-%d" % number,
            verdict,
            "pwquality",
            "minlen",
            text,
            {"at_least": 14},
            14 if verdict == "fail" else None,
            **more,
        )
        for number, (verdict, text, more) in enumerate(
            [
                ("pass", "minlen 14\n", {}),
                ("fail", "minlen 8\n", {}),
                ("fail", "minlen = 14\nMinLen = 8\n", {}),
                ("pass", "minlen = 8\nMINLEN=14\n", {}),
                ("error", "minlen = 14\nminlen = x\n", {}),
                ("error", "minlen = 99999999999\n", {}),
                ("pass", "", {"file": "/etc/q.conf", "files": {"/etc/q.conf.d/.h.conf": "minlen=14\n"}}),
                ("fail", "", {"file": "/etc/q.conf", "files": {"/etc/q.conf.d/a.conf.conf": "minlen=14\n"}}),
            ]
        )
    ),
    *(
        _simple("pwquality-shortest-%d" % number, verdict, "pwquality", "shortest", text, {"at_least": 14})
        for number, (verdict, text) in enumerate(
            [
                ("pass", "minlen = 14\ndcredit = 0\nucredit = -1\n"),
                ("fail", "minlen = 14\ndcredit = 1\n"),
                ("pass", "minlen = 16\nDCREDIT 1\nocredit 1\n"),
                ("fail", "minlen = 15\ndcredit 1\nocredit 1\n"),
                ("fail", ""),
            ]
        )
    ),
    *(
        _simple(
            "useradd-%d" % number,
            verdict,
            "useradd",
            "INACTIVE",
            text,
            {"between": [0, 45]},
            45 if verdict == "fail" else None,
        )
        for number, (verdict, text) in enumerate(
            [
                ("pass", "INACTIVE=30\n"),
                ("pass", "INACTIVE= +0x1e"),
                ("pass", "INACTIVE=-1\nINACTIVE=036\n"),
                ("fail", 'INACTIVE="30"\n'),
                ("fail", "INACTIVE=30 # why\n"),
                ("fail", "INACTIVE=30 \n"),
                ("fail", "INACTIVE=30\r\n"),
                ("fail", " INACTIVE=30\n"),
                ("fail", "export INACTIVE=30\n"),
                ("fail", "INACTIVE=30\nINACTIVE=x\n"),
                ("fail", "INACTIVE=\n"),
                ("fail", "# INACTIVE=30\n"),
            ]
        )
    ),
    _simple("shell-export", "pass", "shell", "TMOUT", "readonly TMOUT=900 ; export TMOUT\n", {"between": [1, 900]}),
    _simple("shell-last", "fail", "shell", "TMOUT", "TMOUT=900\nTMOUT=0\n", {"between": [1, 900]}, wanted=900),
    _simple(
        "shell-in-a-condition",
        "fail",
        "shell",
        "TMOUT",
        "if true; then\nTMOUT=900\nfi\n",
        {"between": [1, 900]},
        wanted=900,
    ),
    _simple("limits", "pass", "limits", "* hard core", "* hard core 0\n", {"equals": "0"}),
    *(
        _simple("limits-%d" % number, verdict, "limits", "* hard core", text, {"equals": "0"})
        for number, (verdict, text) in enumerate(
            [
                ("pass", "*\tHARD Core 0 more\n"),
                ("pass", "* hard core 0\n* hard core x\n"),
                ("pass", "* hard core 0\nroot hard core unlimited\n%all hard core 5\n* -\n"),
                ("pass", "* hard core 0\n@staff soft core unlimited\n@staff - nproc 5\n"),
                ("fail", "* hard core 0\n@staff - core 5\n"),
                ("fail", "bob hard core Infinity\n* hard core 0\n"),
                ("fail", "* hard core 0\n1000: -\n"),
                ("fail", "* hard core\n"),
                ("fail", "* hard core -5\n"),
            ]
        )
    ),
    _simple("limits-both", "pass", "limits", "* hard core", "*  -  core  0\n", {"equals": "0"}),
    _simple(
        "limits-last",
        "fail",
        "limits",
        "* hard core",
        "* hard core 0\n* hard core unlimited\n",
        {"equals": "0"},
        wanted="0",
    ),
    _simple("limits-wider-type", "fail", "limits", "* hard core", "* - core 5\n", {"equals": "0"}, "0"),
    _simple(
        "limits-in-a-drop-in",
        "fail",
        "limits",
        "* hard core",
        "# nothing\n",
        {"equals": "0"},
        "0",
        file="/etc/security/limits.conf",
        files={"/etc/security/limits.d/90.conf": "* hard core 1\n* soft core 1\n"},
    ),
    _simple("vendor-drop-in-behind-ours", "fail", "systemd", "Storage", "", {"equals": "none"}, "none", **COREDUMP),
    _simple("auditd-twice", "fail", "auditd", "max_log_file", "space_left = 75\nMAX_LOG_FILE = 1\nfreq = 2\nmax_log_file = 2\n", BIG, 8),
    _simple("no-newline-at-the-end", "fail", "auditd", "max_log_file", "space_left = 75\nfreq = 2", BIG, 8),
    _simple("directive-twice", "fail", "directive", "Server", "server a\nServer b\n", {"equals": ["c"]}, "c"),
    _simple("pwquality-drop-in", "fail", "pwquality", "minlen", "# minlen = 8\n", BIG, 14, **QUALITY),
    _simple("pwquality-main-wins", "fail", "pwquality", "minlen", "minlen = 2\nminlen = 3\n", BIG, 14, **QUALITY),
    _simple("pwquality-flag", "fail", "pwquality", "enforce_for_root", "difok = 2\n", {"present": True}, True),
    _simple("zero", "fail", "pwquality", "dcredit", "dcredit = 1\n", {"at_most": 0}, 0),
    _simple("below-zero", "fail", "pwquality", "dcredit", "dcredit = 0\n", {"at_most": -1}, -1),
    _simple("further-below-zero", "pass", "pwquality", "dcredit", "dcredit = -2\n", {"at_most": -1}),
    _simple(
        "gdm",
        "fail",
        "gdm",
        "Enable",
        "[daemon]\na=b\n[xdmcp]\nEnable=true\n[chooser]\n",
        {"equals": "false"},
        "false",
        address={"section": "xdmcp"},
    ),
    _simple(
        "gdm-new-section",
        "fail",
        "gdm",
        "Enable",
        "[daemon]\na=b",
        {"equals": "false"},
        "false",
        address={"section": "xdmcp"},
    ),
    _simple(
        "shell-quoted",
        "fail",
        "shell",
        "DEFAULT_INPUT_POLICY",
        'DEFAULT_INPUT_POLICY="ACCEPT"\nX=1\n',
        {"equals": "DROP"},
        "DROP",
    ),
    _simple(
        "audit-disk-full",
        "fail",
        "auditd",
        "disk_full_action",
        "space_left = 75\nadmin_space_left = 50\ndisk_full_action = SUSPEND\n",
        {"equals": "halt"},
        "halt",
        file="/etc/audit/auditd.conf",
        commands={"df -Pk /var/log": "Filesystem 1024-blocks Used Available Capacity Mounted\nx 9216000 9 8192000 1% /\n"},
    ),
]  # fmt: skip
