"""Scenarios of AIDE's configuration; `aide --path-check` of 0.18 and 0.19 gave the rule, or that AIDE stops, where no word here says more."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import File, Part, Scenario

MAIN, ONE = "/etc/aide/aide.conf", "/etc/aide/aide.conf.d/one"
TOOL = "/usr/sbin/auditctl"
BASE = {"/usr/bin/aide": "", TOOL: ""}
WATCHED = {"query": "watched", "paths": ["/usr/sbin/auditctl", "/usr/sbin/none"]}
WANTED = ["acl", "b", "g", "i", "n", "p", "s", "sha512", "u", "xattrs"]
ALL = {"each": {"fields": {"attributes": {"contains_all": WANTED}}}}
A = "p+i+n+u+g+s+b+acl+xattrs+sha512\n"
ROOT = "/ " + A
TOOLS = TOOL + "$ f " + A
PACKAGED = "/usr/share/aide/config/aide/aide.conf.d/"
SCRIPT = File('#!/bin/sh\necho "@@define YEAR $(date +%Y)"\n', mode=0o755)
RUNS = "@@x_include_setenv UPAC_settingsd /etc/aide/aide.settings.d\n@@x_include /etc/aide/aide.conf.d ^[a-z_]+$\n"
FOLDER = "@@x_include /etc/aide/aide.conf.d ^[a-zA-Z0-9_-]+$\n"


def _case(
    name: str,
    verdict: str,
    main: str,
    files: Optional[Dict[str, Any]] = None,
    version: str = "0.19.1",
    line: int = 0,
    **keys: Any,
) -> Scenario:
    """``line``: the one of the configuration whose rule AIDE chooses."""
    seen: Dict[str, Any] = {"state": "error" if verdict == "error" else "value"}
    if line:
        seen["value"] = [Part(path=TOOL, rule="%s:%d" % (MAIN, line))]
    return Scenario(
        name,
        WATCHED,
        ALL,
        verdict,
        seen,
        files={**BASE, **(files or {}), MAIN: main},
        commands={"aide --version": "AIDE %s\n\nmore\n" % version},
        **keys,
    )


def _both(
    name: str,
    verdict: str,
    main: str,
    files: Optional[Dict[str, Any]] = None,
    line: int = 0,
    **keys: Any,
) -> list[Scenario]:
    return [
        _case("%s-%s" % (name, version), verdict, main, files, version, line, **keys)
        for version in ("0.18.3", "0.19.1")
    ]


def _database(name: str, verdict: str, state: str, url: str, files: Dict[str, Any]) -> Scenario:
    return Scenario(
        "database-" + name, {"query": "database"}, {"fields": {"size": {"at_least": 1}}}, verdict, {"state": state},
        files={**BASE, MAIN: "@@define D /srv/aide\n" + url, **files}, commands={"aide --version": "AIDE 0.18.3\n"},
    )  # fmt: skip


DAILY = "0 5 * * * root aide --check\n"


def _schedule(name: str, verdict: str, files: Dict[str, Any], **keys: Any) -> Scenario:
    expect = {"any": {"fields": {"by": {"equals": "cron"}, "days": {"at_most": 7}}}}
    return Scenario("schedule-" + name, {"query": "schedule"}, expect, verdict, {"state": "value"}, files=files, **keys)


def _cron(name: str, verdict: str, lines: str, version: int = 162, path: str = "/etc/cron.d/aide") -> Scenario:
    """Of Debian's cron: a table with AIDE's job and other lines."""
    commands = {
        "dpkg-query --show --showformat ${Version} cron": "3.0pl1-%d" % version,
        "getent passwd backup": "backup:x:34:34::/var/backups:/usr/sbin/nologin\n",
        **{"getent passwd " + name: CommandResult(exit_code=2) for name in ("nobody-here",)},
    }
    return _schedule("line-of-cron-" + name, verdict, {"/usr/sbin/cron": "", path: lines}, commands=commands)


SCENARIOS = [
    *_both("everything", "pass", ROOT, line=1),
    *_both("tool-alone", "pass", TOOLS, line=1),
    *_both("nothing", "fail", "/etc " + A, wanted=WANTED),
    # The deeper folder is asked first, whichever stands first; of one folder the first rule counts.
    *_both("deeper-folder-first", "fail", ROOT + "/usr/sbin/audit p\n", line=2, wanted=WANTED),
    *_both("first-of-a-folder", "fail", "/usr/sbin/audit p\n" + TOOLS, line=1, wanted=WANTED),
    *_both("for-another-type", "fail", TOOL + " d " + A, wanted=WANTED),
    *_both("equal-of-the-tool", "pass", "=/usr/sbin/auditctl$ " + A, line=1),
    *_both("equal-of-a-folder-is-not-about-what-is-in-it", "fail", "=/usr/sbin " + A, wanted=WANTED),
    # Before the last slash of what looks plain to it, AIDE takes a dot for a dot.
    *_both("dot-before-the-last-slash", "fail", "/usr/s.in/auditctl " + A, wanted=WANTED),
    *_both("class-before-the-last-slash", "pass", "/usr/[s]bin/aud[[:lower:]]tctl$ " + A),
    *_both("merged-folder-as-it-was-called", "fail", "/sbin/auditctl " + A, wanted=WANTED),
    *_both("excluded", "fail", ROOT + "!/usr/sbin/auditctl$\n"),
    *_both("excluded-by-its-beginning", "fail", TOOLS + "!/usr/sbin\n"),
    *_both("excluded-as-a-folder", "pass", ROOT + "!/usr/sbin/auditctl$ d\n"),
    # Such a rule keeps AIDE 0.18 out of the folder, and 0.19 not.
    _case("folder-excluded-0.18", "fail", ROOT + "!/usr/sbin$\n", version="0.18.3"),
    _case("folder-excluded-0.19", "pass", ROOT + "!/usr/sbin$\n"),
    _case("folder-of-a-type-excluded-0.16", "fail", ROOT + "!/usr/sbin$ d\n", version="0.16.2"),
    _case("not-entered-0.19", "fail", ROOT + "-/usr/sbin$\n"),
    _case("not-entered-0.18", "error", ROOT + "-/usr/sbin$\n", version="0.18.3"),
    # What nothing defines is empty, so that this excludes all.
    *_both("macro-that-nothing-defines", "fail", ROOT + "!/@@{NONE}\n"),
    *_both("macro", "pass", "@@define D usr/sbin\n/@@{D}/auditctl " + A, line=2),
    *_both("groups", "pass", "Own = " + A + "More = Own+m-c\n/ f More\n", line=3),
    *_both("without-its-checksum", "fail", "Own = " + A + "/ Own-sha512\n", line=2, wanted=WANTED),
    *_both("all-checksums-and-extended", "pass", "/ p+i+n+u+g+s+b+X+H\n"),
    *_both("built-in-group", "fail", "/ R\n", wanted=WANTED),
    # A file that may grow is one whose end may change.
    *_both("growing", "fail", "/ growing+" + A, wanted=WANTED),
    *_both("change-that-no-report-names", "fail", "report_ignore_changed_attrs=sha512\n" + ROOT),
    *_both("condition", "pass", "@@ifdef X\n/ p\n@@else\n" + ROOT + "@@endif\n", line=4),
    *_both("condition-on-a-file", "fail", "@@if exists /usr/sbin/auditctl\n/ p\n@@endif\n" + ROOT, line=2),
    *_both("condition-on-what-only-aide-knows", "error", "@@if @@{AIDE_VERSION} version_ge 0.18\n" + ROOT + "@@endif\n"),
    *_both("empty-branch", "error", "@@ifdef X\n@@else\n" + ROOT + "@@endif\n"),
    *_both("condition-without-an-end", "error", ROOT + "@@ifdef X\n/ p\n"),
    *_both("unknown-group", "error", ROOT + "/srv NONE\n"),
    *_both("unknown-line", "error", ROOT + "garbage\n"),
    *_both("comment-behind-a-rule", "error", "/ %s # all\n" % A.strip()),
    _case("comment-behind-a-rule-0.16", "pass", "/ %s # all\n" % A.strip(), version="0.16.2"),
    _case("type-of-a-file-system-0.18", "error", "/ =vfat p\n" + ROOT, version="0.18.3"),
    *_both("expression-of-its-own-language", "error", ROOT + "!/usr/sbin/(?i)AUDITCTL\n"),
    *_both("other-root", "error", "root_prefix=/srv\n" + ROOT),
    *_both("included", "pass", "@@include /etc/aide/aide.conf.d/one\n", {ONE: ROOT}),
    *_both("included-with-a-prefix", "pass", "@@include /etc/aide/aide.conf.d ^o /usr\n", {ONE: "/sbin " + A}),
    *_both("not-included", "fail", "@@include /etc/aide/aide.conf.d ^two$\n", {ONE: ROOT}),
    *_both("folder-in-order", "fail", "@@include /etc/aide/aide.conf.d .\n", {ONE: ROOT, ONE[:-3] + "a": "/ p\n"}, wanted=WANTED),
    *_both("to-be-put-into-a-file-of-its-own", "fail", FOLDER + "/ p\n", {ONE: "/usr/sbin/audit p\n"}, wanted=WANTED),
    *_both("asked-before-what-is-included", "fail", "/usr/sbin/audit p\n" + FOLDER, {ONE: "/ p\n"}, line=1, wanted=WANTED),
    *_both("equal-of-the-tool-with-too-little", "fail", "=/usr/sbin/auditctl p\n" + ROOT, line=1, wanted=WANTED),
    *_both("included-without-an-end", "error", "@@include %s\n" % MAIN),
    *_both("script", "error", ROOT + RUNS, {ONE: SCRIPT}),
    *_both("script-that-is-no-script", "pass", RUNS, {ONE: ROOT}),
    *_both("script-of-the-package", "pass", RUNS + ROOT, {ONE: SCRIPT, PACKAGED + "one": SCRIPT}),
    *_both("script-of-the-package-changed", "error", RUNS + ROOT, {ONE: SCRIPT, PACKAGED + "one": "#!/bin/sh\n"}),
    *_both("script-that-others-may-write", "error", RUNS + ROOT, {ONE: File(SCRIPT.text, mode=0o775), PACKAGED + "one": SCRIPT}),
    *_both("macro-of-a-script-elsewhere", "pass", RUNS + ROOT + "!/srv/@@{YEAR}\n!/@@{YEAR}/x$\n", {ONE: SCRIPT, PACKAGED + "one": SCRIPT}),
    *_both("macro-of-a-script", "error", RUNS + ROOT + "!/usr/@@{YEAR}\n", {ONE: SCRIPT, PACKAGED + "one": SCRIPT}),
    *_both(
        "settings-of-a-script", "pass", RUNS + ROOT,
        {ONE: SCRIPT, PACKAGED + "one": SCRIPT, "/etc/aide/aide.settings.d/a": '# x\nREPOS="/srv/a /srv/b"\n'},
    ),
    *_both(
        "settings-that-do-more", "error", RUNS + ROOT,
        {ONE: SCRIPT, PACKAGED + "one": SCRIPT, "/etc/aide/aide.settings.d/a": "echo '!/usr/sbin'\n"},
    ),
    *_both("another-configuration", "fail", ROOT, {"/etc/default/aide": 'CONFIG="/etc/aide/other.conf"\n', "/etc/aide/other.conf": "/ p\n"}),
    Scenario(
        "file-of-red-hat", WATCHED, ALL, "pass", {"state": "value"}, files={**BASE, "/etc/aide.conf": "database=file:/var/lib/aide/aide.db.gz\n" + ROOT},
        commands={"aide --version": "Aide 0.16\n"},
    ),
    Scenario("not-installed", WATCHED, ALL, "fail", {"state": "absent"}, files={MAIN: ROOT}),
    _database("there", "pass", "value", "database_in=file:@@{D}/db\n", {"/srv/aide/db": "x"}),
    _database("of-another-name", "fail", "absent", "database_in=file:@@{D}/db\n", {"/srv/aide/db.gz": "x"}),
    _database("empty", "fail", "value", "database_in = file:///srv/aide/db\n", {"/srv/aide/db": ""}),
    # The first that is set counts.
    _database("set-twice", "fail", "absent", "database_in=file:/srv/x\ndatabase_in=file:@@{D}/db\n", {"/srv/aide/db": "x"}),
    _database("elsewhere", "error", "error", "database_in=https://example.org/db\n", {}),
    _database("not-named", "error", "error", "gzip_dbout=yes\n", {}),
    _schedule("table", "pass", {"/etc/crontab": "0 5 * * * root /usr/bin/aide.wrapper --config /etc/aide/aide.conf --check\n"}),
    *(
        _schedule("line-" + name, verdict, {"/etc/crontab": "%s root aide --check\n" % when})
        for name, verdict, when in (
            ("once-a-year", "fail", "0 5 1 1 *"),
            ("once-a-month", "fail", "0 5 1 * *"),
            ("on-sundays", "pass", "0 5 * * 0"),
            ("on-sundays-of-a-month", "fail", "0 5 * 6 0"),
            # cron runs it on either of both, but where one begins with a star on days that are both.
            ("on-the-first-or-on-sundays", "pass", "0 5 1 * 0"),
            ("on-each-second-day-that-is-a-sunday", "fail", "0 5 */2 * 0"),
            ("on-each-third-day", "pass", "0 5 */3 1-12 *"),
            # Of a list the longest gap counts, over the end of a month too.
            ("on-four-days-of-a-month", "fail", "0 5 1,8,15,22 * *"),
            ("on-five-days-of-a-month", "pass", "0 5 1,8,15,22,29 * *"),
            ("on-each-seventh-day-of-a-range", "fail", "0 5 1-22/7 * *"),
            ("on-each-seventh-day", "pass", "0 5 */7 * *"),
            # cron turns down a step behind a single number.
            ("on-a-day-with-a-step", "fail", "0 5 1/7 * *"),
            ("on-sundays-by-name", "pass", "0 5 * Jan-DEC Sun"),
            ("on-sundays-by-seven", "pass", "0 5 * * 5-7/2"),
            ("but-in-august", "fail", "0 5 * 1-7,9-12 *"),
            ("on-days-that-cron-does-not-know", "fail", "0 5 L * *"),
            ("weekly", "pass", "@weekly"),
            ("monthly", "fail", "@monthly"),
        )
    ),
    _schedule("anacron-of-a-week", "pass", {"/etc/anacrontab": "7 5 aide aide --check\n"}),
    _schedule("anacron-of-a-month", "fail", {"/etc/anacrontab": "@monthly 5 aide aide --check\n"}),
    _schedule("anacron-of-thirty-days", "fail", {"/etc/anacrontab": "30 5 aide aide --check\n"}),
    _schedule("script-of-a-month", "fail", {"/etc/cron.monthly/aide": File("#!/bin/sh\n/usr/sbin/aide --check\n", mode=0o755)}),
    _schedule("table-of-red-hat", "pass", {"/var/spool/cron/root": "05 4 * * * /usr/sbin/aide --check\n"}),
    _schedule("script", "pass", {"/etc/cron.daily/aide": File("#!/bin/sh\n/usr/sbin/aide --check\n", mode=0o755)}),
    _schedule("script-that-nobody-may-run", "fail", {"/etc/cron.daily/aide": "#!/bin/sh\n/usr/sbin/aide --check\n"}),
    _schedule("script-of-a-name-that-is-passed-over", "fail", {"/etc/cron.daily/aide.sh": File("aide --check\n", mode=0o755)}),
    # Neither cron nor run-parts stumbles over these.
    *(
        _schedule("beside-" + name, "pass", {"/etc/cron.daily/aide": File("aide --check\n", mode=0o755), **more})
        for name, more in (
            ("a-script-that-leads-nowhere", {"/etc/cron.daily/a": File(link="/nowhere")}),
            ("a-folder", {"/etc/cron.daily/a/.keep": ""}),
            ("a-table-that-leads-nowhere", {"/etc/cron.d/a": File(link="/nowhere")}),
            ("a-folder-of-tables", {"/etc/cron.d/a/.keep": ""}),
        )
    ),
    *(
        _schedule("table-" + name, verdict, {"/etc/cron.d/aide": table})
        for name, verdict, table in (
            ("of-root", "pass", File(DAILY, mode=0o755)),
            ("that-others-may-write-to", "fail", File(DAILY, mode=0o646)),
            ("that-a-group-may-write-to", "fail", File(DAILY, mode=0o664)),
            # cron says so in its log alone, and runs none of the lines.
            ("whose-last-line-does-not-end", "fail", DAILY + "0 1 * * * root true"),
            ("whose-last-comment-does-not-end", "pass", DAILY + "# the end"),
        )
    ),
    # One line that Debian's cron does not understand, and it runs none of the table.
    *(
        _cron(name, verdict, DAILY + line)
        for name, verdict, line in (
            ("minute-there-is-not", "fail", "61 * * * * root true\n"),
            ("some-words", "fail", "every day at five\n"),
            ("weekday-there-is-not", "fail", "0 5 * * 8 root true\n"),
            ("weekday-written-out", "fail", "0 5 * * sunday root true\n"),
            ("word-there-is-not", "fail", "@often root true\n"),
            ("account-there-is-not", "fail", "0 5 * * * nobody-here true\n"),
            ("number-in-place-of-an-account", "fail", "0 5 * * * 0 true\n"),
            ("account-of-another", "pass", "0 5 * * * backup true\n"),
            ("without-a-command", "fail", "0 5 * * * root\n"),
            ("step-behind-one-number", "fail", "5/10 * * * * root true\n"),
            ("step-of-nothing", "fail", "*/0 * * * * root true\n"),
            ("comma-at-the-end", "fail", "1,2, * * * * root true\n"),
            ("range-backwards", "pass", "0 5 * * fri-mon root true\n"),
            # It stops reading at what is no letter and no digit, and passes over the rest up to the blank.
            ("fraction", "pass", "5.5,77 * * * * root true\n"),
            ("command-too-long", "fail", "0 5 * * * root %s\n" % ("a" * 999)),
            ("command-just-not-too-long", "pass", "0 5 * * * root %s\n" % ("a" * 998)),
            ("variable", "pass", "MAILTO = 'a b' \n"),
            ("variable-with-a-blank", "fail", "MAIL TO=ana\n"),
            ("variable-with-one-quote", "fail", 'MAILTO="ana\n'),
            ("variable-and-more", "fail", "MAILTO='ana' # me\n"),
            ("variable-of-nothing-before-187", "fail", "MAILTO=\n"),
            ("empty-line", "pass", " \t\n  # so far\n"),
            # A file that another system's editor wrote: its empty lines are none to cron.
            ("empty-line-of-another-system", "fail", "\r\n"),
        )
    ),
    _cron("variable-of-nothing-since-187", "pass", "MAILTO=\n" + DAILY, 197),
    _cron("table-of-an-account", "pass", "0 5 * * * aide --check\n@daily true\n", path="/var/spool/cron/crontabs/root"),
    _cron("bad-table-of-an-account", "fail", "0 5 * * * aide --check\n0 24 * * * true\n", path="/var/spool/cron/crontabs/root"),
    # cronie leaves out the line alone.
    _schedule("bad-line-of-cronie", "pass", {"/usr/sbin/crond": "", "/etc/cron.d/aide": DAILY + "61 * * * * root true\n"}),
    _schedule(
        "line-that-forgets-the-account", "fail", {"/usr/sbin/crond": "", "/etc/cron.d/aide": "0 5 * * * /usr/sbin/aide --check\n"},
        commands={"getent passwd /usr/sbin/aide": CommandResult(exit_code=2)},
    ),
    _schedule("anacron-takes-what-cron-does-not", "pass", {"/etc/anacrontab": File("7 5 aide aide --check", mode=0o664)}),
    _schedule("table-of-a-name-that-is-passed-over", "fail", {"/etc/cron.d/aide.dpkg-old": "0 5 * * * root aide --check\n"}),
    _schedule(
        "script-of-debian-that-leaves-it-to-systemd", "fail",
        {
            "/run/systemd/system": File(directory=True, mode=0o755),
            "/etc/cron.daily/dailyaidecheck": File("if [ -d /run/systemd/system ]; then\n  exit 0\nfi\n/usr/share/aide/bin/dailyaidecheck\n", mode=0o755),
        },
    ),
    _schedule(
        "job-that-makes-the-database-anew", "fail",
        {"/etc/cron.d/a": "0 5 * * * root /usr/share/aide/bin/dailyaidecheck\n", "/etc/default/aide": "COMMAND=init\n"},
    ),
    _schedule("job-as-it-comes", "pass", {"/etc/cron.d/a": "0 5 * * * root /usr/share/aide/bin/dailyaidecheck\n", "/etc/default/aide": "COMMAND=update\n"}),
]  # fmt: skip
