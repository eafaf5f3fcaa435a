"""Scenarios of automatic updates: what unattended-upgrades takes, how often, and what is in its way; what has dnf install them."""

from __future__ import annotations

from datetime import date
from typing import Any, Dict, List, Sequence, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import PROPERTIES
from tests.scenarios import boot
from tests.scenarios.linux import File, Scenario

GOOD: Dict[str, Any] = {"fields": {"problems": {"empty": True}, "days": {"at_most": 1}}}
APT = {"program": "apt"}
LISTS = "/var/lib/apt/lists/"
ON = ["APT::Periodic::Update-Package-Lists 1", "APT::Periodic::Unattended-Upgrade 1"]
STOCK = [
    "Unattended-Upgrade::Origins-Pattern:: origin=Debian,codename=${distro_codename},label=Debian",
    "Unattended-Upgrade::Origins-Pattern:: origin=Debian,codename=${distro_codename}-security,label=Debian-Security",
]
MAIN = (
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\nLabel: Debian\nSuite: oldstable\nCodename: bookworm\n"
    "Components: main contrib\nSHA256:\n 00 1 main\nOrigin: Other\n"
)
SECURITY = "Origin: Debian\nLabel: Debian-Security\nSuite: oldstable-security\nCodename: bookworm-security\nComponents: main contrib\n"
FETCHED: Dict[str, Union[str, bytes, File]] = {
    LISTS + "deb.debian.org_debian_dists_bookworm_InRelease": MAIN,
    LISTS + "security.debian.org_debian-security_dists_bookworm-security_InRelease": SECURITY,
}
BASE = ["Dir /", "Dir::Etc etc/apt", "Dir::State var/lib/apt", "Dir::State::lists lists/"]
NAME = "Debian bookworm-security security.debian.org"
LEFT = NAME + " is a source of security repairs that is left out"


def _dump(lines: Sequence[str]) -> str:
    pairs = [line.partition(" ") for line in [*BASE, *lines]]
    return "".join('%s "%s";\n' % (name, text) for name, _blank, text in pairs)


def _case(name: str, lines: Sequence[str], days: int, problems: List[str], **more: Any) -> Scenario:
    taken = more.pop("taken", [] if LEFT in problems else [NAME])
    fetched = more.pop("fetched", FETCHED)
    release = more.pop("release", "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n")
    files = {"/usr/bin/unattended-upgrade": "", "/etc/os-release": release, LISTS + "lock": "", **fetched}
    observed = {"state": "value", "value": {"days": days, "security": taken, "problems": problems}}
    verdict = "pass" if not problems and days < 2 else "fail"
    return Scenario(name, APT, GOOD, verdict, observed, files=files, commands={"apt-config dump": _dump(lines)})


def _error(name: str, lines: Sequence[str], reason: str, release: str = "") -> Scenario:
    made = _case(name, lines, 1, [], **({"release": release} if release else {}))
    return Scenario(
        name, APT, GOOD, "error", {"state": "error", "reason": reason}, files=made.files, commands=made.commands
    )


def _stops(
    name: str, pattern: str, key: str = "Origins-Pattern", release: str = "", before: Sequence[str] = ()
) -> Scenario:
    reason = "unattended-upgrade does not understand its pattern %s and does nothing; mend it" % pattern
    return _error(name, [*ON, *before, "Unattended-Upgrade::%s:: %s" % (key, pattern)], reason, release)


def _pattern(name: str, pattern: str, taken: bool, key: str = "Origins-Pattern") -> Scenario:
    return _case("pattern: " + name, [*ON, "Unattended-Upgrade::%s:: %s" % (key, pattern)], 1, [] if taken else [LEFT])


def _interval(text: str, days: int) -> Scenario:
    return _case("every " + text, [ON[0], "APT::Periodic::Unattended-Upgrade " + text, *STOCK], days, [])


UNCOUNTED = "APT::Periodic::%s is no interval that apt.systemd.daily counts with; set it to 1"
NONE = "apt has fetched lists from no source of security repairs"
MAIN_ONLY = dict(list(FETCHED.items())[:1])
KEPT = "Unattended-Upgrade::%s keeps some repairs back"
OFF = "APT::Periodic::%s is 0 or not set"
SCENARIOS = [
    Scenario("not installed", APT, GOOD, "fail", {"state": "absent"}),
    _case("as it is installed", [*ON, *STOCK], 1, []),
    _case("nothing set", STOCK, 0, [OFF % "Update-Package-Lists", OFF % "Unattended-Upgrade"]),
    # It is no 0: the job runs each time that it is called.
    _case("set to nothing", [ON[0], "APT::Periodic::Unattended-Upgrade ", *STOCK], 1, []),
    _case("all set to nothing", ["APT::Periodic::Update-Package-Lists ", "APT::Periodic::Unattended-Upgrade ", *STOCK], 0, []),
    _case("switched off as a whole", [*ON, "APT::Periodic::Enable 0", *STOCK], 1, ["APT::Periodic::Enable is 0"]),
    _case("whole set to nothing", [*ON, "APT::Periodic::Enable ", *STOCK], 1, []),
    _interval("always", 1),
    _interval("7", 7),
    _interval("36h", 2),
    _interval("1d", 1),
    _error("weeks", [ON[0], "APT::Periodic::Unattended-Upgrade 1w"], UNCOUNTED % "Unattended-Upgrade"),
    # The shell takes it for octal.
    _error("leading zero", ["APT::Periodic::Update-Package-Lists 08", ON[1]], UNCOUNTED % "Update-Package-Lists"),
    _case("no source of security repairs", [*ON, *STOCK], 1, [NONE], taken=[], fetched=MAIN_ONLY),
    _case("no patterns", ON, 1, [LEFT]),
    _case("packages kept back", [*ON, *STOCK, "Unattended-Upgrade::Package-Blacklist::named linux-"], 1, [KEPT % "Package-Blacklist"]),
    _case("some days", [*ON, *STOCK, "Unattended-Upgrade::Update-Days:: Mon"], 1, [KEPT % "Update-Days"]),
    _case("empty list", [*ON, *STOCK, "Unattended-Upgrade::Package-Blacklist "], 1, []),
    _pattern("short names and wildcards", "o=Deb*,l=Debian-Sec?rity", True),
    _pattern("suite by a word of the release before", "o=Debian,a=stable-security", False),
    _pattern("suite", "origin=Debian,archive=oldstable-security", True),
    _pattern("case", "origin=debian,label=Debian-Security", False),
    _pattern("site", "site=security.debian.org", True),
    _pattern("one component", "origin=Debian,component=main", False),
    _pattern("any component", "origin=Debian,component=*", True),
    _pattern("empty", " ", False),
    _pattern("old form", "${distro_id}:oldstable-security", True, "Allowed-Origins"),
    _pattern("old form with blanks", "Debian oldstable-security", True, "Allowed-Origins"),
    _stops("unknown key", "origin=Debian,suit=x"),
    _stops("no key", "Debian"),
    _stops("unknown word", "origin=${distro}"),
    _stops("one word", "Debian", "Allowed-Origins"),
    # Which name lsb_release gives a system that is made of another is not known.
    _stops("name that is not known", "origin=${distro_id}", release="ID=other\nVERSION_CODENAME=x\n"),
    _stops("dollar that is meant", "origin=$$x"),
    # It is met by packages of other sources, and the program stops there.
    _stops("behind one that takes what is needed", "suit=x", before=STOCK),
]  # fmt: skip

DNF = {"program": "dnf"}
NO_ADVISORIES = (
    "the repositories of CentOS do not say which repairs are of security, so that none of these is found; take all"
)
VERSION_5 = (
    "updates by version 5 of dnf are not followed; look whether dnf5 automatic applies them, and a timer of it runs"
)
REPO = "/etc/yum.repos.d/a.repo"
BACK = " keeps some repairs back"
AUTOMATIC = "/etc/dnf/automatic.conf"
DAILY = "0 6 * * * root %s\n"
INSTALLS = "/usr/bin/dnf-automatic %s --timer --installupdates" % AUTOMATIC
NOTHING = "no timer and no table of cron runs dnf-automatic or dnf upgrade"
TABLE = "cron /etc/crontab: "
SHOW = "systemctl show --no-pager --property=%s -- %s"
SHOWN = "Id=%s\nNames=%s\nLoadState=loaded\nActiveState=%s\nUnitFileState=%s\n"
CROND = "crond.service"
BOOTED: Dict[str, Any] = {**boot.UNIT_FILES, "/run/systemd/system": File(directory=True, mode=0o755)}
OFF_IN = TABLE + "apply_updates is not yes in " + AUTOMATIC


def _dnf(name: str, problems: List[str], command: str = INSTALLS, conf: str = "[commands]\n", **more: Any) -> Scenario:
    """A host of dnf 4 whose table of cron has a command run each day."""
    days = more.pop("days", 1 if not problems else 0)
    shown = SHOWN % (CROND, CROND, more.pop("crond", "active"), "enabled")
    commands = {
        SHOW % (PROPERTIES, CROND): shown,
        SHOW % (PROPERTIES, "cron.service"): "Id=cron.service\nNames=cron.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n",
        boot.ASKED: boot.targets(), **more.pop("commands", {}),
    }  # fmt: skip
    files = {
        **BOOTED, **{path: File(link=where) for path, where in boot.link(CROND).items()},
        "/usr/bin/dnf-3": "", "/usr/bin/dnf": File(link="dnf-3"), "/etc/dnf/dnf.conf": "[main]\n", "/etc/os-release": "ID=rhel\nVERSION_ID=9.4\n",
        AUTOMATIC: conf, "/etc/crontab": DAILY % command if command else "", **more.pop("files", {}),
    }  # fmt: skip
    files = {path: text for path, text in files.items() if text != "gone"}
    observed = {"state": "value", "value": {"days": days, "security": [], "problems": problems}}
    return Scenario(
        "dnf: " + name,
        DNF,
        GOOD,
        "pass" if not problems and days < 2 else "fail",
        observed,
        files=files,
        commands=commands,
        **more,
    )


def _conf(name: str, text: str, on: bool) -> Scenario:
    """As dnf/automatic/main.py of 4.14 and 4.23 has it, by libdnf 0.69 and 0.74."""
    return _dnf("conf: " + name, [] if on else [OFF_IN], "dnf-automatic", "[commands]\n" + text)


def _dnf_error(name: str, reason: str, files: Dict[str, Any], conf: str = "") -> Scenario:
    made = _dnf(name, [], conf=conf, files=files)
    error = {"state": "error", "reason": reason}
    return Scenario(made.id, DNF, GOOD, "error", error, files=made.files, commands=made.commands)


UNITS = "/usr/lib/systemd/system/"
TIMER = "dnf-automatic-install.timer"
SERVICE = "dnf-automatic-install.service"


def _timer(name: str, problems: List[str], arguments: str, state: str = "enabled", active: str = "active") -> Scenario:
    """The units of dnf-automatic as RHEL 9 has them."""
    days = [date.fromordinal(739000 + number) for number in range(1500)]
    commands = {
        SHOW % (PROPERTIES, TIMER): SHOWN % (TIMER, TIMER, active, state),
        SHOW % (PROPERTIES, SERVICE): SHOWN % (SERVICE, SERVICE, "inactive", "static"),
        "systemd-analyze calendar --iterations=1500 *-*-* 6:00": "".join(
            "Next elapse: Mon %s 06:00:00 UTC\n" % day for day in days
        ),
    }
    files = {
        UNITS
        + TIMER: "[Timer]\nOnCalendar=*-*-* 6:00\nRandomizedDelaySec=60m\nPersistent=true\n[Install]\nWantedBy=timers.target\n",
        UNITS
        + SERVICE: "[Service]\nType=oneshot\nExecStart=/usr/bin/dnf-automatic /etc/dnf/automatic.conf --timer %s\n"
        % arguments,
        **({path: File(link=where) for path, where in boot.link(TIMER).items()} if state == "enabled" else {}),
    }
    return _dnf("timer: " + name, problems, "", files=files, commands=commands)


SCENARIOS += [
    Scenario("dnf: not installed", DNF, GOOD, "fail", {"state": "absent"}),
    _dnf("nothing runs it", [NOTHING], ""),
    _dnf("installs", []),
    _dnf("installs by a cron that is stopped", [TABLE + "crond.service is not on, now and at boot"], crond="inactive"),
    _dnf("in the background of a line", [], "sleep 30 && /usr/bin/dnf-automatic --installupdates >/dev/null 2>&1"),
    _dnf("number of the stream is no file", [], "dnf-automatic --installupdates 2>&1 | logger"),
    _dnf("of two the last counts", [TABLE + "--no-installupdates is given"], "dnf-automatic --installupdates --no-installupdates"),
    _dnf("only told", [TABLE + "--no-installupdates is given"], "dnf-automatic --no-installupdates", "[commands]\napply_updates=yes\n"),
    _dnf("downloads are implied", [], "dnf-automatic --installupdates --no-downloadupdates"),
    _dnf("another file", [TABLE + "apply_updates is not yes in /etc/own.conf"], "dnf-automatic /etc/own.conf", files={"/etc/own.conf": ""}),
    _dnf("no file", [TABLE + "%s does not exist" % AUTOMATIC], files={AUTOMATIC: "gone"}),
    _dnf("unknown option", [TABLE + "what dnf-automatic does with --inst is not followed"], "dnf-automatic --inst"),
    _dnf("its name in another's", [NOTHING], "/usr/local/bin/my-dnf-automatic-report --installupdates"),
    _dnf("said only", [NOTHING], "echo dnf -y upgrade"),
    _dnf("each week", [], files={"/etc/crontab": "0 6 * * 7 root %s\n" % INSTALLS}, days=7),
    _dnf("one of two is enough", [], files={"/etc/cron.d/own": DAILY % "dnf-automatic"}),
    _dnf("plain upgrade", [], "dnf -y -q upgrade"),
    _dnf("upgrade of security", [], "yum update -y --security"),
    _dnf("upgrade that asks", [TABLE + "dnf upgrade asks before it installs; give it -y"], "dnf upgrade"),
    _dnf("upgrade that does not ask by its file", [], "dnf upgrade", files={"/etc/dnf/dnf.conf": "[main]\nassumeyes=True\n"}),
    _dnf("upgrade of a package", [TABLE + "what dnf upgrade does with kernel is not followed"], "dnf -y upgrade kernel"),
    _dnf("upgrade without one", [TABLE + "what dnf upgrade does with --exclude=kernel* is not followed"], "dnf -y upgrade --exclude=kernel*"),
    _conf("as it is installed", "apply_updates = no\n", on=False),
    _conf("nothing set", "", on=False),
    _conf("on", "apply_updates = yes\n", on=True),
    _conf("in any case", "apply_updates=TRUE\n", on=True),
    _conf("name has a case", "Apply_Updates=yes\n", on=False),
    _conf("no word", "apply_updates=maybe\n", on=False),
    _conf("comment behind", "apply_updates=yes # now\n", on=False),
    _conf("in quotes", "apply_updates='yes'\n", on=True),
    _conf("over two lines", "apply_updates=yes\n  no\n", on=False),
    _conf("last of two", "apply_updates=yes\napply_updates=no\n", on=False),
    # The second hides the first even where it is none.
    _conf("last of two is none", "apply_updates=yes\napply_updates=2\n", on=False),
    _conf("section twice", "apply_updates=yes\n[email]\n[commands]\napply_updates=no\n", on=False),
    _conf("other section", "[Commands]\napply_updates=yes\n", on=False),
    _conf("kind of upgrades", "apply_updates=yes\nupgrade_type=security\n", on=True),
    _conf("kind that is none takes all", "apply_updates=yes\nupgrade_type=bugfix\n", on=True),
    _dnf(
        "CentOS has no advisories", [TABLE + NO_ADVISORIES],
        conf="[commands]\nupgrade_type=security\n", files={"/etc/os-release": "ID=centos\nVERSION_ID=9\n"},
    ),
    _dnf_error("conf: no line", AUTOMATIC + ":2 is no line that dnf understands, so that it does not read the file; mend it", {}, "[commands]\njunk\n"),
    _dnf("kept back", ["/etc/dnf/dnf.conf:2: excludepkgs of main" + BACK], files={"/etc/dnf/dnf.conf": "[main]\nexcludepkgs=kernel*\n"}, days=1),
    _dnf("kept back by nothing", [], files={"/etc/dnf/dnf.conf": "[main]\nexclude=\n"}),
    _dnf("kept back in a source", ["/etc/yum.repos.d/a.repo:2: exclude of a" + BACK], files={REPO: "[a]\nexclude=glibc\n"}, days=1),
    _dnf("kept back in a source that is off", [], files={"/etc/yum.repos.d/a.repo": "[a]\nenabled=0\nexclude=glibc\n"}),
    _dnf("kept back by its own file", [TABLE + "/etc/dnf/automatic.conf:2: exclude of base" + BACK], conf="[base]\nexclude=glibc\n"),
    _dnf_error("image", "the system is an image that is replaced as a whole (/run/ostree-booted); look what replaces it by itself", {"/run/ostree-booted": ""}),
    _dnf_error("version 5", VERSION_5, {"/usr/bin/dnf5": ""}),
    _timer("installs", [], "--installupdates"),
    _timer("not enabled", ["timer %s is not on, now and at boot" % TIMER], "--installupdates", state="disabled"),
    _timer("not running", ["timer %s is not on, now and at boot" % TIMER], "--installupdates", active="inactive"),
    _timer("downloads only", ["timer %s: --no-installupdates is given" % TIMER], "--downloadupdates --no-installupdates"),
]  # fmt: skip
