"""Scenarios of automatic updates: what unattended-upgrades takes, how often, and what is in its way."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Union

from tests.scenarios.linux import File, Scenario

GOOD: Dict[str, Any] = {"fields": {"problems": {"empty": True}, "days": {"at_most": 1}}}
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
    return Scenario(name, {}, GOOD, verdict, observed, files=files, commands={"apt-config dump": _dump(lines)})


def _error(name: str, lines: Sequence[str], reason: str, release: str = "") -> Scenario:
    made = _case(name, lines, 1, [], **({"release": release} if release else {}))
    return Scenario(
        name, {}, GOOD, "error", {"state": "error", "reason": reason}, files=made.files, commands=made.commands
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
    Scenario("not installed", {}, GOOD, "fail", {"state": "absent"}),
    _case("as it is installed", [*ON, *STOCK], 1, []),
    _case("nothing set", STOCK, 0, [OFF % "Update-Package-Lists", OFF % "Unattended-Upgrade"]),
    _case("set to nothing", [ON[0], "APT::Periodic::Unattended-Upgrade ", *STOCK], 1, [OFF % "Unattended-Upgrade"]),
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
