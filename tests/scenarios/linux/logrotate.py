"""Scenarios of logrotate's configuration; `logrotate -d` of 3.21 and 3.22 on booted hosts gave blocks and logs, runs with `-f` what is rotated."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from tests.scenarios.linux import File, Part, Scenario

MAIN, ONE, LOG = "/etc/logrotate.conf", "/etc/logrotate.d/one", "/srv/logs/a.log"
OTHER = "/srv/logs/b.log"
PROGRAM = "/usr/sbin/logrotate"
PASSWD = "root:x:0:0:root:/root:/bin/bash\nadm:x:3:4:adm:/:/usr/sbin/nologin\n"
BASE: Dict[str, Union[str, bytes, File]] = {
    PROGRAM: "",
    LOG: "",
    "/etc/cron.daily/logrotate": File("#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n", mode=0o755),
    "/etc/passwd": PASSWD,
    "/etc/group": "root:x:0:\nadm:x:4:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\n",
    "/srv/logs": File(directory=True, mode=0o755),
}
LOGS = {"query": "logs", "paths": [LOG]}
KEPT = {"each": {"fields": {"rotated": {"equals": True}, "kept_days": {"at_least": 28}}}}
INCLUDE = "include /etc/logrotate.d\n"
BLOCK = LOG + " {\nweekly\nrotate 4\n}\n"


def _case(
    name: str,
    verdict: str,
    main: str,
    files: Optional[Dict[str, Any]] = None,
    version: str = "3.22.0",
    **seen: Any,
) -> Scenario:
    """``seen``: keys of the one log's document."""
    observed: Dict[str, Any] = {"state": "error" if verdict == "error" else "value"}
    if seen:
        observed["value"] = [Part(**seen)]
    return Scenario(
        name,
        LOGS,
        KEPT,
        verdict,
        observed,
        files={**BASE, MAIN: main, **(files or {})},
        commands={"logrotate --version": "logrotate %s\n" % version},
    )


def _both(name: str, verdict: str, main: str, files: Optional[Dict[str, Any]] = None, **seen: Any) -> List[Scenario]:
    return [_case("%s-%s" % (name, version), verdict, main, files, version, **seen) for version in ("3.21.0", "3.22.0")]


def _block(name: str, verdict: str, body: str, files: Optional[Dict[str, Any]] = None, **seen: Any) -> List[Scenario]:
    return _both(name, verdict, LOG + " {\n" + body + "}\n", files, **seen)


def _schedule(name: str, verdict: str, files: Dict[str, Any]) -> Scenario:
    return Scenario(
        "schedule-" + name, {"query": "schedule"}, {"any": {"fields": {"by": {"equals": "cron"}}}}, verdict, {"state": "value"},
        files={PROGRAM: "", **files},
    )  # fmt: skip


SCENARIOS = [
    Scenario("no-program", LOGS, KEPT, "fail", {"state": "absent"}, files={MAIN: BLOCK}),
    *_both("plain", "pass", BLOCK, rotated=True, every="weekly", every_days=7, rotate=4, kept_days=28, block=MAIN + ":1"),
    *_both("no-block", "fail", "weekly\nrotate 4\n" + INCLUDE, rotated=False),
    *_both("included", "pass", INCLUDE, {ONE: BLOCK}, block=ONE + ":1"),
    # What stands below an include does not count for what that brings.
    *_both("globals-below", "fail", INCLUDE + "weekly\nrotate 4\n", {ONE: LOG + " {\n}\n"}, kept_days=0, every="size", size=1048576),
    *_both("globals-above", "pass", "weekly\nrotate 4\n" + INCLUDE, {ONE: LOG + " {\n}\n"}),
    # What a file among the included ones sets counts for the next.
    *_both("globals-of-a-file-before", "pass", INCLUDE, {"/etc/logrotate.d/a": "weekly\nrotate 4\n", ONE: LOG + " {\n}\n"}),
    *_both("globals-of-a-file-with-a-mistake", "fail", INCLUDE, {"/etc/logrotate.d/a": "weekly\nrotate 4\n(\n", ONE: LOG + " {\n}\n"}),
    *_both("bad-value-among-globals-ends-the-file", "fail", "rotate x\n" + BLOCK, rotated=False),
    *_both("comment-behind-a-value-among-globals", "fail", "weekly\nrotate 4 # weeks\n" + INCLUDE, {ONE: LOG + " {\n}\n"}, rotated=False),
    *_both("comment-behind-weekly", "fail", "weekly # or daily\nrotate 4\n" + INCLUDE, {ONE: LOG + " {\n}\n"}, rotated=False),
    *_both("unknown-word", "pass", "bogus 5\n" + BLOCK),
    *_both("mistake-in-another-file", "pass", INCLUDE, {"/etc/logrotate.d/a": "rotate x\n", ONE: BLOCK}),
    # A block that is left out ends at a brace in the first column only.
    *_both("left-out-to-its-brace", "pass", OTHER + " {\nrotate x\n}\n" + BLOCK, block=MAIN + ":4"),
    *_both("left-out-with-the-next-block", "fail", OTHER + " {\n  rotate x\n  }\n" + BLOCK, rotated=False),
    *_both("without-an-end", "pass", LOG + " {\nweekly\nrotate 4\n"),
    *_both("bad-and-without-an-end-is-used", "pass", LOG + " {\nweekly\nrotate 4 # x\n", rotate=4),
    *_both("no-endscript", "fail", LOG + " {\nweekly\nrotate 4\npostrotate\ntrue\n}\n", rotated=False),
    *_both("brace-in-a-script", "pass", LOG + " {\npostrotate\n}\nendscript\nweekly\nrotate 4\n}\n", reopened=True),
    *_both("block-on-one-line", "fail", LOG + " { weekly rotate 4 }\n", rotated=False),
    *_both("words-on-one-line", "pass", LOG + " { missingok compress\nweekly\nrotate 4\n}\n"),
    *_both("name-behind-a-brace", "fail", OTHER + " {\n} " + BLOCK, rotated=False),
    *_both("brace-on-the-next-line", "pass", LOG + "\n# a comment {\n{\nweekly\nrotate 4\n}\n"),
    *_both("quoted", "pass", '"/srv/logs/a.log" ' + "'" + OTHER + "' {\nweekly\nrotate 4\n}\n"),
    *_both("pattern", "pass", "/srv/logs/[!b].l?g {\nweekly\nrotate 4\n}\n"),
    *_both("pattern-with-caret", "pass", "/srv/logs/[^b].l?g {\nweekly\nrotate 4\n}\n"),
    *_both("pattern-of-a-log-to-come", "pass", "/srv/logs/*.log {\nweekly\nrotate 4\n}\n", {"/srv/logs/b.log": "", LOG: File(directory=False)}),
    *_both("pattern-no-hidden", "fail", "/srv/logs/.*.log {\nweekly\nrotate 4\n}\n", rotated=False),
    # Which of two comes first hangs on the language of whoever starts logrotate; an error where that matters.
    *_both("order-by-language", "error", INCLUDE, {"/etc/logrotate.d/B": BLOCK, "/etc/logrotate.d/a": BLOCK}),
    *_both("order-by-language-that-does-not-matter", "pass", INCLUDE, {"/etc/logrotate.d/B": BLOCK, "/etc/logrotate.d/a": OTHER + " {\n}\n"}),
    *_both("home", "error", "~/a.log {\n}\n" + BLOCK),
    *_both("backslash", "error", "/srv/logs/a\\.log {\n}\n" + BLOCK),
    # Of two blocks the first has the log; the second loses what its pattern finds behind that one as well.
    *_both("duplicate-first-counts", "pass", BLOCK + LOG + " {\ndaily\nrotate 1\n}\n", block=MAIN + ":1"),
    *_both("duplicate-first-counts-lax", "fail", LOG + " {\ndaily\nrotate 1\n}\n" + BLOCK, block=MAIN + ":1", kept_days=1),
    *_both("duplicate-takes-others-along", "fail", "/srv/logs/0.log {\n}\n/srv/logs/*.log {\nweekly\nrotate 4\n}\n", {"/srv/logs/0.log": ""}, rotated=False),
    *_both("duplicates-ignored", "pass", "ignoreduplicates\n/srv/logs/0.log {\n}\n/srv/logs/*.log {\nweekly\nrotate 4\n}\n", {"/srv/logs/0.log": ""}),
    *_both("writable-by-group", "fail", INCLUDE, {ONE: File(BLOCK, mode=0o664)}, rotated=False),
    *_both("main-writable-by-others", "fail", BLOCK, {MAIN: File(BLOCK, mode=0o646)}, rotated=False),
    *_both("closed-file", "pass", INCLUDE, {ONE: File(BLOCK, mode=0o600)}),
    *_both("taboo", "fail", INCLUDE, {"/etc/logrotate.d/one.dpkg-old": BLOCK}, rotated=False),
    *_both("taboo-since-pacman", "pass", INCLUDE, {"/etc/logrotate.d/one.pacsave": BLOCK}),
    _case("taboo-orig-3.21", "pass", INCLUDE, {ONE + ".orig": BLOCK}, "3.21.0"),
    _case("taboo-orig-3.22", "fail", INCLUDE, {ONE + ".orig": BLOCK}, "3.22.0", rotated=False),
    # A star stands for no dot.
    *_both("hidden-swap-file-counts", "pass", INCLUDE, {"/etc/logrotate.d/.one.swp": BLOCK}),
    *_both("tabooext-more", "fail", "tabooext + .foo .bar\n" + INCLUDE, {ONE + ".bar": BLOCK}, rotated=False),
    *_both("tabooext-instead", "pass", "tabooext .foo\n" + INCLUDE, {ONE + ".bak": BLOCK}),
    *_both("taboopat", "fail", "taboopat + on?\n" + INCLUDE, {ONE: BLOCK}, rotated=False),
    *_both("include-of-one-file", "pass", "include " + ONE + "\n", {ONE: BLOCK}),
    *_both("include-missing", "pass", "include /etc/none\n" + BLOCK),
    *_both("include-in-a-block", "error", LOG + " {\ninclude /etc/logrotate.d\n}\n"),
    *_block("none-kept", "fail", "weekly\n", kept_days=0),
    *_block("without-end", "pass", "weekly\nrotate -1\n", kept_days=36500),
    *_block("without-end-but-for-an-age", "fail", "weekly\nrotate -1\nmaxage 14\n", kept_days=14),
    *_block("too-few", "fail", "weekly\nrotate -2\n", rotated=False),
    *_block("equals-sign", "pass", "weekly\nrotate = 4\n"),
    *_block("octal", "fail", "daily\nrotate 034\nrotate 010\n", kept_days=8),
    *_block("daily", "pass", "daily\nrotate 28\n", kept_days=28),
    *_block("monthly", "pass", "monthly\nrotate 1\n", kept_days=28, every_days=31),
    *_block("monthly-with-a-day-is-for-later-versions", "fail", "monthly 5\nrotate 1\n", rotated=False),
    *_block("yearly", "pass", "yearly\nrotate 1\n", every_days=366),
    *_block("hourly-by-a-daily-job", "pass", "hourly\nrotate 28\n", kept_days=28),
    *_block("hourly-by-an-hourly-job", "fail", "hourly\nrotate 28\n", {
        "/etc/cron.hourly/rotate": File("#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n", mode=0o755)}, kept_days=1),
    *_block("size-last", "fail", "weekly\nrotate 4\nsize 10k\n", every="size", size=10240, kept_days=4, every_days=0),
    *_block("size-first", "pass", "size 10k\nweekly\nrotate 4\n", every="weekly"),
    *_block("size-of-a-bad-unit", "fail", "weekly\nrotate 4\nsize 10m\n", rotated=False),
    *_block("maxsize", "fail", "weekly\nrotate 4\nmaxsize 1M\n", kept_days=4, maxsize=1048576),
    *_block("minsize", "pass", "weekly\nrotate 4\nminsize 1G\n", minsize=1 << 30),
    *_block("maxage", "fail", "weekly\nrotate 4\nmaxage 7\n", kept_days=7),
    *_block("create", "pass", "weekly\nrotate 4\ncreate 0640 root adm\n", mode="0640"),
    *_block("create-three-digits", "pass", "weekly\nrotate 4\ncreate 640\n", mode="0640"),
    *_block("create-owner-only", "pass", "weekly\nrotate 4\ncreate root adm\n"),
    *_block("nocreate", "pass", "weekly\nrotate 4\ncreate 0640\nnocreate\n"),
    *_block("create-of-an-unknown-group", "fail", "weekly\nrotate 4\ncreate 0640 root nobody\n", rotated=False),
    # Before 3.22 a mode and a user; then a user whose name looks like a mode, whom nobody knows.
    _case("create-mode-and-user-3.21", "pass", LOG + " {\nweekly\nrotate 4\ncreate 0640 root\n}\n", None, "3.21.0", mode="0640"),
    _case("create-mode-and-user-3.22", "fail", LOG + " {\nweekly\nrotate 4\ncreate 0640 root\n}\n", None, "3.22.0", rotated=False),
    _case("create-quoted-3.21", "fail", LOG + " {\nweekly\nrotate 4\ncreate 0640 'root' adm\n}\n", None, "3.21.0", rotated=False),
    _case("create-quoted-3.22", "pass", LOG + " {\nweekly\nrotate 4\ncreate 0640 'root' adm\n}\n"),
    *_block("su", "pass", "weekly\nrotate 4\nsu root adm\n", {"/srv/logs": File(directory=True, mode=0o777)}),
    *_block("su-without-group", "fail", "weekly\nrotate 4\nsu root\n", rotated=False),
    *_block("folder-open-to-all", "fail", "weekly\nrotate 4\n", {"/srv/logs": File(directory=True, mode=0o777)}, rotated=False),
    *_block("su-that-may-not-write", "fail", "weekly\nrotate 4\nsu adm adm\n", rotated=False),
    *_block("copy-alone", "fail", "weekly\nrotate 4\ncopy\n", rotated=False),
    *_block("copy-and-copytruncate", "pass", "weekly\nrotate 4\ncopytruncate\ncopy\n", reopened=True),
    # A log that is written to is never so old; only a size has it rotated then.
    *_block("minage", "fail", "weekly\nrotate 4\nminage 1\n", rotated=False),
    *_block("minage-and-maxsize", "fail", "weekly\nrotate 4\nminage 1\nmaxsize 1M\n", rotated=True, kept_days=4),
    *_block("daily-by-a-weekly-job", "pass", "daily\nrotate 4\n", {
        "/etc/cron.daily/logrotate": "",
        "/etc/cron.weekly/logrotate": File("#!/bin/sh\nlogrotate /etc/logrotate.conf\n", mode=0o755)}, every_days=7, kept_days=28),
    *_block("olddir", "pass", "weekly\nrotate 4\nolddir old\n", {"/srv/logs/old": File(directory=True, mode=0o755)}, olddir="old"),
    *_block("olddir-missing", "fail", "weekly\nrotate 4\nolddir /srv/logs/old\n", rotated=False),
    *_block("olddir-made", "pass", "weekly\nrotate 4\nolddir /srv/logs/old\ncreateolddir 0750 root adm\n"),
    # Here the missing folder ends the file: the blocks below it are gone as well.
    *_both("olddir-missing-in-a-block-before", "fail", OTHER + " {\nolddir none\n}\n" + BLOCK, {OTHER: ""}, rotated=False),
    *_both("shared-scripts-with-a-missing-log", "fail", LOG + " " + OTHER + " {\nweekly\nrotate 4\nsharedscripts\n}\n", rotated=False),
    *_both("shared-scripts-missingok", "pass", LOG + " " + OTHER + " {\nweekly\nrotate 4\nsharedscripts\nmissingok\n}\n"),
    *_both("missing-log-without-shared-scripts", "pass", LOG + " " + OTHER + " {\nweekly\nrotate 4\n}\n"),
    *_both("link", "fail", BLOCK, {LOG: File(link="/srv/logs/c.log"), "/srv/logs/c.log": ""}, rotated=False),
    *_both("carriage-returns", "fail", LOG + " {\r\nweekly\r\nrotate 4\r\n}\r\n", rotated=False),
    *_both("tabs-and-blanks", "pass", "\t" + LOG + "\t{\n\t weekly\t\n\trotate\t4 \t\n\t}\n"),
    *_both("dates-and-compression", "pass", LOG + " {\nweekly\nrotate 4\ndateext\ndateformat -%Y%m%d\ncompress\ncompresscmd /bin/xz\ncompressoptions -9\n}\n"),
    _case("old-version-without-a-mistake", "pass", INCLUDE, {ONE: BLOCK}, "3.14.0"),
    _case("old-version-with-a-mistake", "error", BLOCK + "(\n", None, "3.18.0"),
    _case("unknown-version", "error", BLOCK, None, "new"),
    _case("two-jobs", "error", BLOCK, {"/etc/cron.d/more": "5 * * * * root logrotate -s /x " + ONE + "\n", ONE: BLOCK}),
    _case("job-with-another-file", "fail", BLOCK, {"/etc/cron.daily/logrotate": File("#!/bin/sh\nlogrotate " + ONE + "\n", mode=0o755)}, rotated=False),
    _schedule("script", "pass", {"/etc/cron.daily/logrotate": File("#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n", mode=0o755)}),
    _schedule("script-that-nobody-may-run", "fail", {"/etc/cron.daily/logrotate": "/usr/sbin/logrotate /etc/logrotate.conf\n"}),
    _schedule("only-said", "fail", {"/etc/cron.d/a": "5 5 * * * root logrotate --debug /etc/logrotate.conf\n"}),
    _schedule("nothing", "fail", {}),
]  # fmt: skip
