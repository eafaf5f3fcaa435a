"""Scenarios of sources of packages: what apt and dnf let in without a signature, as they merge their files."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.apt_config import COMMAND
from tests.scenarios.linux import Command, File, Scenario

UNCHECKED = {"query": "unchecked"}
EMPTY = {"empty": True}
ERROR = {"state": "error"}
UNDATED = {"query": "undated"}
IN_CLEAR = {"query": "in_clear"}
MIRRORS = "/etc/apt/mirrors/debian.list"
ON = "[main]\ngpgcheck=1\n"
REPO = "[r]\nname=r\nbaseurl=http://x/\n"
DUMP = (
    'APT "";\nAPT::Architectures "";\nAPT::Architectures:: "amd64";\nDir "/";\nDir::Etc "etc/apt";\n'
    'Dir::Etc::sourcelist "sources.list";\nDir::Etc::sourceparts "sources.list.d";\nDir::Etc::trusted "trusted.gpg";\n'
    'Dir::Etc::trustedparts "trusted.gpg.d";\nAcquire::AllowInsecureRepositories "0";\n'
)
STANZA = "Types: deb\nURIs: http://me:geheim@x/debian\nSuites: s\nComponents: main\n"
PARTS = "/etc/apt/sources.list.d/"
PLACES = {"/etc/passwd": "root:x:0:0::/:/bin/sh\n", "/etc/group": "root:x:0:\n"}
Files = Dict[str, Union[str, bytes, File]]


def _dnf(name: str, off: List[str], main: str = ON, repo: str = REPO, **more: Any) -> Scenario:
    """``off``: what is not checked, as ``source place``."""
    files: Files = {
        "/usr/bin/dnf-3": "x",
        "/etc/dnf/dnf.conf": main,
        "/etc/yum.repos.d/a.repo": repo,
        **more.get("files", {}),
    }
    return Scenario(
        "dnf-" + name,
        more.get("address", UNCHECKED),
        {"empty": True} if not more.get("enabled") else {"each": {"fields": {"enabled": {"equals": False}}}},
        more.get("verdict", "fail" if off else "pass"),
        {"state": "value", "value": [_row(*one.split(" ", 2)) for one in off]},
        files=files,
    )


def _row(source: str, place: str, why: str) -> Dict[str, Any]:
    enabled = not why.endswith("!")
    return {"source": source, "place": place, "why": why.rstrip("!"), "enabled": enabled}


def _broken(name: str, main: str = ON, repo: str = REPO, **files: Union[str, bytes, File]) -> Scenario:
    planted: Files = {"/usr/bin/dnf-3": "x", "/etc/dnf/dnf.conf": main, "/etc/yum.repos.d/a.repo": repo, **files}
    return Scenario("dnf-" + name, UNCHECKED, EMPTY, "error", ERROR, files=planted)


def _dnf_5(name: str, off: List[str], main: str = ON, repo: str = REPO, **more: Any) -> Scenario:
    links: Files = {"/usr/bin/dnf5": "x", "/usr/bin/dnf": File(link="dnf5"), "/usr/bin/dnf-3": File(link="dnf5")}
    scenario = _dnf(name, off, main, repo, files={**links, **more.get("files", {})})
    return Scenario("5-" + scenario.id, UNCHECKED, EMPTY, scenario.verdict, scenario.observed, files=scenario.files)


def _apt(
    name: str,
    found: List[str],
    files: Files,
    dump: Command = DUMP,
    verdict: Optional[str] = None,
    address: Optional[Dict[str, Any]] = None,
) -> Scenario:
    rows = [_row(*one.split("|")) for one in found]
    seen = ERROR if verdict == "error" else {"state": "value", "value": rows}
    outcome = verdict or ("fail" if rows else "pass")
    return Scenario(
        "apt-" + name, address or UNCHECKED, EMPTY, outcome, seen, files=files, commands={" ".join(COMMAND): dump}
    )


def _undated(name: str, option: str, why: str = "") -> Scenario:
    found = ["http://x s|%sx.list:1|%s" % (PARTS, why)] if why else []
    return _apt("undated-" + name, found, {PARTS + "x.list": "deb [%s] http://x s main\n" % option}, address=UNDATED)


def _in_clear(name: str, uri: str, shown: str = "", why: str = "", **more: Any) -> Scenario:
    found = ["%s s|%sx.list:1|%s" % (shown, PARTS, why)] if why else []
    files: Files = {PARTS + "x.list": "deb %s s main\n" % uri, **more.get("files", {})}
    return _apt("in-clear-" + name, found, files, DUMP, more.get("verdict"), IN_CLEAR)


def _line(name: str, line: str, why: str = "") -> Scenario:
    found = ["http://x s|%sx.list:1|%s" % (PARTS, why)] if why else []
    return _apt(name, found, {PARTS + "x.list": line + "\n"})


def _stanza(name: str, more: str, why: str = "") -> Scenario:
    found = ["http://x s|%sx.sources:1|%s" % (PARTS, why)] if why else []
    return _apt("stanza-" + name, found, {PARTS + "x.sources": STANZA + more})


MAIN_OFF = "main /etc/dnf/dnf.conf:2 gpgcheck is off"
MAIN_UNSET = "main /etc/dnf/dnf.conf nothing sets gpgcheck"
R_UNSET = "r /etc/yum.repos.d/a.repo:1 nothing sets gpgcheck"
R_OFF = "r /etc/yum.repos.d/a.repo:4 gpgcheck is off"
R_BY_MAIN = "r /etc/dnf/dnf.conf:2 gpgcheck is off"

# Of a key that nobody has: one until the middle of 2025, one until 2999, whose year has four digits for that.
PEM = "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
OVER = PEM % (
    "MIHDMHegAwIBAgIBBTAFBgMrZXAwDDEKMAgGA1UEAwwBMTAeFw0yNDA2MDEwMDAwMDBaFw0yNTA2MDEwMDAwMDBaMAwxCjAIBgNVBAMMATEwKjAFBgMrZXADIQDEApti4M3mpWIK\n"
    "XOXiwIDsKbqALiEuowC4woZgE86p+DAFBgMrZXADQQC1wnuzGluQUr3nuraMB2Iy8reNS4QsRAxRn1GCtD2jvwcB6/OIMAgFyOaC4NNCA9TUHt7TQRovbX7Gc9KGISgL"
)
VALID = PEM % (
    "MIHFMHmgAwIBAgIBBTAFBgMrZXAwDDEKMAgGA1UEAwwBMTAgFw0yNDA2MDEwMDAwMDBaGA8yOTk5MDEwMTAwMDAwMFowDDEKMAgGA1UEAwwBMTAqMAUGAytlcAMhAMQCm2LgzealY\n"
    "gpc5eLAgOwpuoAuIS6jALjChmATzqn4MAUGAytlcANBAK9Sd2gJJPZD4Vo6t+u5ruzNf9QJcP4u/MVBC8YsewbFiBjyVyyw7qVq8NDfORl/aKC6ajyIt3DkmQiH9AymHw0="
)
SOLD = "sslclientcert = /etc/pki/entitlement/1.pem\n"


def _in_use(name: str, repo: str, *found: str, **files: Union[str, bytes, File]) -> Scenario:
    planted: Files = {"/usr/bin/dnf-3": "x", "/etc/dnf/dnf.conf": ON, "/etc/yum.repos.d/redhat.repo": repo, **files}
    rows = [{"source": one, "place": "/etc/yum.repos.d/redhat.repo:1"} for one in found]
    verdict = "pass" if found else "fail"
    seen = {"state": "value", "value": rows}
    return Scenario("in-use-" + name, {"query": "sources"}, {"any": {"present": True}}, verdict, seen, files=planted)


# What dnf 4.14 makes of it (by its own library), and apt 2.6 (by an update from an unsigned repository).
SCENARIOS = [
    _in_use("one", REPO, "r"),
    _in_use(
        "certificate-that-is-there",
        REPO + SOLD,
        "r",
        **{"/etc/pki/entitlement/1.pem": VALID + "-----BEGIN ENTITLEMENT DATA-----\nx\n"},
    ),
    _in_use("certificate-that-is-over", REPO + SOLD, **{"/etc/pki/entitlement/1.pem": OVER}),
    _in_use("certificate-of-all", REPO, **{"/etc/dnf/dnf.conf": ON + SOLD, "/etc/pki/entitlement/1.pem": OVER}),
    Scenario(
        "certificate-that-is-none",
        {"query": "sources"},
        {"any": {"present": True}},
        "error",
        {
            "state": "error",
            "reason": "/etc/pki/entitlement/1.pem holds no certificate in PEM; see what openssl x509 says of it",
        },
        files={
            "/usr/bin/dnf-3": "x",
            "/etc/dnf/dnf.conf": ON,
            "/etc/yum.repos.d/redhat.repo": REPO + SOLD,
            "/etc/pki/entitlement/1.pem": PEM % "MIHFMHmg",
        },
    ),
    # subscription-manager takes the certificates away, and leaves a file without repositories where a host is registered no more.
    _in_use("certificate-that-is-gone", REPO + SOLD),
    _in_use("unregistered", "# Certificate-Based Repositories\n"),
    _in_use("switched-off", REPO + "enabled = 0\n"),
    Scenario(
        "in-use-of-apt",
        {"query": "sources"},
        {"any": {"present": True}},
        "pass",
        {
            "state": "value",
            "value": [{"source": "https://deb.example.org bookworm", "place": "/etc/apt/sources.list:1"}],
        },
        files={"/etc/apt/sources.list": "deb https://deb.example.org/debian bookworm main\n"},
        commands={" ".join(COMMAND): DUMP},
    ),
    *(
        Scenario(
            "in-use-%s-of-apt" % name,
            {"query": "sources"},
            {"any": {"present": True}},
            "fail",
            {"state": "value", "value": []},
            files={"/etc/apt/sources.list" if line.startswith(("#", "deb")) else PARTS + "a.sources": line},
            commands={" ".join(COMMAND): DUMP},
        )
        for name, line in (
            ("nothing", "# deb https://deb.example.org/debian bookworm main\n"),
            ("source-code", "deb-src https://deb.example.org/debian bookworm main\n"),
            (
                "source-code-in-a-stanza",
                "Types: deb-src\nURIs: https://deb.example.org/debian\nSuites: bookworm\nComponents: main\n",
            ),
            ("a-disc", "deb cdrom:[Debian_GNU/Linux_12]/ bookworm main\n"),
        )
    ),
    _dnf("stock", []),
    _dnf("nothing-set-is-off", [MAIN_UNSET, R_UNSET], "[main]\n"),
    _dnf("off-in-main", [MAIN_OFF, R_BY_MAIN], "[main]\ngpgcheck=0\n"),
    _dnf("off-in-main-on-in-the-repository", [MAIN_OFF], "[main]\ngpgcheck=0\n", REPO + "gpgcheck=1\n"),
    _dnf("off-in-a-repository", [R_OFF], ON, REPO + "gpgcheck=0\n"),
    _dnf("off-by-a-word", [R_OFF], ON, REPO + "gpgcheck = OFF\n"),
    _dnf("quoted", [R_OFF], ON, REPO + 'gpgcheck="0"\n'),
    _dnf("value-that-is-none-is-passed-over", [], ON, REPO + "gpgcheck=2\n"),
    _dnf("value-that-is-none-in-main", [MAIN_UNSET, R_UNSET], "[main]\ngpgcheck=maybe\n"),
    _dnf("value-with-a-comment-is-none", [MAIN_UNSET, R_UNSET], "[main]\ngpgcheck=1 # on\n"),
    _dnf("value-over-two-lines-is-none", [MAIN_UNSET, R_UNSET], "[main]\ngpgcheck=1\n gpgcheck=0\n"),
    _dnf("empty-is-none", [], ON, REPO + "gpgcheck=\n"),
    _dnf("names-have-a-case", [], ON, REPO + "GPGcheck=0\n"),
    _dnf(
        "last-of-two",
        ["main /etc/dnf/dnf.conf:3 gpgcheck is off"],
        "[main]\ngpgcheck=1\ngpgcheck=0\n",
        REPO + "gpgcheck=0\ngpgcheck=1\n",
    ),
    # Asked of libdnf 0.69 and 0.74: the file's reader has let the first value go before anybody looks whether the second is one.
    _dnf("value-that-is-none-hides-the-one-before", [MAIN_UNSET, R_UNSET], "[main]\ngpgcheck=1\ngpgcheck=2\n"),
    _dnf(
        "section-twice-in-a-file",
        ["r /etc/yum.repos.d/a.repo:6 gpgcheck is off"],
        ON,
        REPO + "gpgcheck=1\n[r]\ngpgcheck=0\n",
    ),
    _dnf(
        "section-in-two-files",
        [],
        ON,
        REPO + "gpgcheck=1\n",
        files={"/etc/yum.repos.d/b.repo": REPO + "gpgcheck=0\n"},
    ),
    _dnf("section-in-the-main-file", ["q /etc/dnf/dnf.conf:5 gpgcheck is off"], ON + "[q]\nname=q\ngpgcheck=0\n"),
    _dnf("variable", [R_OFF], ON, REPO + "gpgcheck=$gc\n", files={"/etc/dnf/vars/gc": "0\n"}),
    _dnf("unknown-variable-is-passed-over", [], ON, REPO + "gpgcheck=$gc\n"),
    _dnf("switched-off", [R_OFF + "!"], ON, REPO + "gpgcheck=0\nenabled=0\n"),
    _dnf("switched-off-and-let-be", [R_OFF + "!"], ON, REPO + "gpgcheck=0\nenabled=0\n", enabled=True, verdict="pass"),
    _dnf("other-folder", [], ON + "reposdir=/etc/other\n", REPO + "gpgcheck=0\n"),
    _dnf("other-suffix", [], files={"/etc/yum.repos.d/b.repo.rpmsave": "[z]\ngpgcheck=0\n"}),
    _dnf(
        "hidden-file",
        [],
        ON,
        "",
        files={"/etc/yum.repos.d/.b.repo": REPO + "gpgcheck=0\n"},
    ),
    _dnf("comment-behind-a-section", ["s /etc/yum.repos.d/a.repo:2 gpgcheck is off"], ON, "[s] # c\ngpgcheck=0\n"),
    _dnf_5(
        "hidden-file",
        ["r /etc/yum.repos.d/.b.repo:4 gpgcheck is off"],
        ON,
        "",
        files={"/etc/yum.repos.d/.b.repo": REPO + "gpgcheck=0\n"},
    ),
    _dnf(
        "carriage-returns",
        ["main /etc/dnf/dnf.conf:2 gpgcheck is off"],
        "[main]\r\ngpgcheck=0\r\n",
        REPO + "gpgcheck=1\r\n",
    ),
    _dnf(
        "automatic-has-its-own",
        ["dnf-automatic /etc/dnf/automatic.conf:4 gpgcheck is off"],
        files={"/etc/dnf/automatic.conf": "[commands]\napply_updates=yes\n[base]\ngpgcheck=no\n"},
    ),
    _dnf("newer-name-is-nothing-to-version-4", [], ON, REPO + "pkg_gpgcheck=0\n"),
    _dnf(
        "metadata",
        ["p /etc/yum.repos.d/a.repo:4 repo_gpgcheck is off"],
        "[main]\nrepo_gpgcheck=1\n",
        REPO[:11] + "[p]\nrepo_gpgcheck=0\n",
        address={"query": "metadata_unchecked"},
    ),
    _broken("line-without-sign", ON, REPO + "garbage\n"),
    _broken("nul", ON, REPO + "gpgcheck=\0\n"),
    _broken("line-without-section", ON, "garbage=1\n" + REPO),
    _broken("colon-for-a-sign", ON, REPO + "gpgcheck : 0\n"),
    _broken("indented-line-behind-a-section", "[main]\n  gpgcheck=0\n"),
    _broken("indented-line-behind-a-comment", "[main]\nx=1\n#\n gpgcheck=0\n"),
    _broken("text-behind-a-section", ON, "[r] x\n"),
    _broken("section-without-end", ON, "[r\n"),
    _dnf_5("stock", []),
    _dnf_5("newer-name", [R_OFF], ON, REPO + "pkg_gpgcheck=0\n"),
    _dnf_5("both-names-last-counts", [], ON, REPO + "gpgcheck=0\npkg_gpgcheck=1\n"),
    _dnf_5("snippet-behind-the-main-file", [], ON, files={"/etc/dnf/libdnf5.conf.d/a.conf": "[main]\ngpgcheck=0\n"}),
    _dnf_5(
        "snippet-where-the-main-file-says-nothing",
        ["main /etc/dnf/libdnf5.conf.d/a.conf:2 gpgcheck is off", "r /etc/dnf/libdnf5.conf.d/a.conf:2 gpgcheck is off"],
        "[main]\n",
        files={"/etc/dnf/libdnf5.conf.d/a.conf": "[main]\ngpgcheck=0\n", "/usr/share/dnf5/libdnf.conf.d/a.conf": ON},
    ),
    _dnf_5(
        "override",
        ["r /etc/dnf/repos.override.d/z.repo:2 gpgcheck is off"],
        files={"/etc/dnf/repos.override.d/z.repo": "[*]\ngpgcheck=0\n"},
    ),
    _dnf_5("override-of-others", [], files={"/etc/dnf/repos.override.d/z.repo": "[s*]\ngpgcheck=0\n"}),
    _dnf("override-is-nothing-to-version-4", [], files={"/etc/dnf/repos.override.d/z.repo": "[*]\ngpgcheck=0\n"}),
    _apt("stock", [], {"/etc/apt/sources.list": "deb http://x s main\n# deb [trusted=yes] http://y s main\n"}),
    _apt("no-files", [], {}),
    _line("trusted", "deb [trusted=yes] http://x s main", "trusted=yes"),
    _line("trusted-in-any-case", "  deb\t[ arch=amd64 trusted=YES ]  http://x s main # c", "trusted=yes"),
    _line("trusted-by-another-word", "deb [trusted=with] http://x s main", "trusted=with"),
    _line("trusted-escaped", "deb [tru%73ted=%79es] http://x s main", "trusted=yes"),
    _line("trusted-quoted", 'deb [trusted="yes"] http://x s main', "trusted=yes"),
    _line("trusted-in-capitals-is-another-option", "deb [Trusted=yes] http://x s main"),
    _line("trusted-last-counts", "deb [trusted=yes trusted=no] http://x s main"),
    _line("trusted-last-counts-the-other-way", "deb [trusted=no trusted=yes] http://x s main", "trusted=yes"),
    _line("trusted-no", "deb [trusted=no] http://x s main"),
    _line("trusted-by-no-word", "deb [trusted=force] http://x s main"),
    _line("trusted-twice-in-one", "deb [trusted=yes,no] http://x s main"),
    _line("insecure", "deb [allow-insecure=1] http://x s main", "allow-insecure=1"),
    _line("sources-only", "deb-src [trusted=yes] http://x s main", "trusted=yes"),
    _apt("folder-with-another-name", [], {PARTS + "a b.list": "deb [trusted=yes] http://x s main\n"}),
    _apt("folder-with-another-suffix", [], {PARTS + "x.list.save": "deb [trusted=yes] http://x s main\n"}),
    _apt("odd-line", [], {PARTS + "x.list": "garbage\n"}, verdict="error"),
    _apt("nul", [], {PARTS + "x.list": "deb http://x s main\0\n"}, verdict="error"),
    _apt("option-without-end", [], {PARTS + "x.list": "deb [trusted=yes # c ] http://x s main\n"}, verdict="error"),
    _apt("option-without-blank", [], {PARTS + "x.list": "deb [trusted=yes]http://x s main\n"}, verdict="error"),
    _stanza("plain", ""),
    _stanza("trusted", "Trusted: yes\n", "trusted=yes"),
    _stanza("small-letters-and-tab", "trusted:\tYES\n", "trusted=yes"),
    _stanza("blank-before-the-colon", "Trusted : yes\n", "trusted=yes"),
    _stanza("continued", "Trusted:\n yes\n", "trusted=yes"),
    _stanza("line-of-blanks-ends-nothing", " \nTrusted: yes\n", "trusted=yes"),
    _stanza("comment-ends-nothing", "# c\nTrusted: yes\n", "trusted=yes"),
    _stanza("last-counts", "Trusted: yes\nTrusted: no\n"),
    _stanza("last-counts-the-other-way", "Trusted: no\nTrusted: yes\n", "trusted=yes"),
    _stanza("comment-in-the-value", "Trusted: yes # c\n"),
    _stanza("switched-off", "Trusted: yes\nEnabled: no\n"),
    _stanza("switched-off-by-no-word", "Trusted: yes\nEnabled: maybe\n", "trusted=yes"),
    _apt("stanza-without-type", [], {PARTS + "x.sources": STANZA + "\nTrusted: yes\n"}, verdict="error"),
    _apt(
        "setting",
        ["apt|apt-config dump|apt::get::allowunauthenticated is on"],
        {},
        DUMP + 'APT::Get::AllowUnauthenticated "True";\n',
    ),
    _apt(
        "setting-of-one-program",
        ["apt|apt-config dump|binary::apt::acquire::allowinsecurerepositories is on"],
        {},
        DUMP + 'Binary::apt::Acquire::AllowInsecureRepositories "1";\n',
    ),
    # Numbers are those of strtol(3), with any base: apt-config shell X A::B/b says so.
    *[
        _apt(
            "setting-by-the-number-%s" % number,
            ["apt|apt-config dump|apt::get::allowunauthenticated is on"],
            {},
            DUMP + 'APT::Get::AllowUnauthenticated "%s";\n' % number,
        )
        for number in ("01", "0x1", "+1", " 1")
    ],
    *[
        _apt("setting-by-no-yes-%d" % at, [], {}, DUMP + 'APT::Get::AllowUnauthenticated "%s";\n' % text)
        for at, text in enumerate(("2", "-1", "1 ", "yes ", "0x"))
    ],
    _undated("nothing-said", "arch=amd64"),
    _undated("date", "check-date=no", "check-date=no"),
    _undated("until", "check-valid-until=false", "check-valid-until=false"),
    _undated("by-a-number", "check-date=00", "check-date=00"),
    _undated("asked-for", "check-date=yes check-valid-until=1"),
    # Any word that is no yes: held against an update from a list that has expired (2.6 and 3.0).
    _undated("by-no-word", "check-date=maybe", "check-date=maybe"),
    _undated("twice-in-one", "check-valid-until=no,yes", "check-valid-until=no,yes"),
    _undated("number-for-a-yes", "check-date=01"),
    _undated("good-for-decades", "valid-until-min=999999999", "valid-until-min=999999999"),
    _undated("of-the-future", "date-max-future=999999999", "date-max-future=999999999"),
    _undated("good-for-a-day", "valid-until-min=86400 date-max-future=10"),
    _undated("in-capitals-is-another-option", "Check-Date=no"),
    _apt(
        "undated-stanza",
        ["http://x s|%sx.sources:1|check-valid-until=No" % PARTS],
        {PARTS + "x.sources": STANZA + "Check-Valid-Until: No\n"},
        address=UNDATED,
    ),
    _apt(
        "undated-setting",
        [
            "apt|apt-config dump|acquire::check-date is off",
            "apt|apt-config dump|binary::apt::acquire::check-valid-until is off",
        ],
        {},
        DUMP + 'Acquire::Check-Date "no";\nBinary::apt::Acquire::Check-Valid-Until "0";\n',
        address=UNDATED,
    ),
    _apt(
        "undated-setting-of-one-publisher",
        [
            "apt|apt-config dump|acquire::min-validtime::l is longer than a week",
            "apt|apt-config dump|acquire::max-futuretime is longer than a week",
        ],
        {},
        DUMP
        + 'Acquire::Min-ValidTime "60";\nAcquire::Min-ValidTime::L "0x3fffffff";\nAcquire::Max-FutureTime "999999999";\n',
        address=UNDATED,
    ),
    # A setting, other than an option of a source, has to be a no.
    _apt("undated-setting-that-is-no-word", [], {}, DUMP + 'Acquire::Check-Date "maybe";\n', address=UNDATED),
    _apt("undated-setting-that-is-on", [], {}, DUMP + 'Acquire::Check-Date "1";\n', address=UNDATED),
    _in_clear("encrypted", "https://x/debian"),
    _in_clear("plain", "http://me:geheim@x/debian", "http://x", "http://x does not encrypt"),
    _in_clear("ftp", "ftp://x/debian", "ftp://x", "ftp://x does not encrypt"),
    _in_clear("of-this-host", "file:/srv/debian"),
    _in_clear("disc", "[trusted=no] cdrom:[Debian]/ "),
    _in_clear("hidden-and-encrypted", "tor+https://x/debian"),
    _in_clear("hidden-alone", "tor+http://x/debian", "tor+http://x", "tor+http://x does not encrypt"),
    _in_clear("transport-that-nobody-knows", "s3://x/debian", "s3://x", "s3://x does not encrypt"),
    _in_clear(
        "mirrors-of-a-server",
        "mirror+https://x/list",
        "mirror+https://x",
        "which mirrors mirror+https://x leads to is not known before",
    ),
    # Images of clouds name their mirrors so.
    _in_clear("mirrors-here", "mirror+file:" + MIRRORS, files={MIRRORS: "# c\nhttps://x/debian\tpriority:1\n"}),
    _in_clear(
        "plain-mirror-here",
        "mirror+file:" + MIRRORS,
        "mirror+file:",
        "http://y does not encrypt",
        files={MIRRORS: "https://x/debian\nhttp://y/debian\n"},
    ),
    _in_clear("mirrors-missing", "mirror+file:" + MIRRORS, verdict="error"),
    _in_clear("switched-off-source", "https://x/debian", files={PARTS + "y.sources": STANZA + "Enabled: no\n"}),
    _apt(
        "in-clear-server-that-proves-nothing",
        ["apt|apt-config dump|acquire::https::x.y::verify-host is off, so a server proves nothing"],
        {},
        DUMP + 'Acquire::https::Verify-Peer "true";\nAcquire::https::x.y::Verify-Host "false";\n',
        address=IN_CLEAR,
    ),
    _apt("setting-that-is-no-word", [], {}, DUMP + 'APT::Get::AllowUnauthenticated "force";\n'),
    _apt(
        "files-elsewhere",
        [],
        {PARTS + "x.list": "deb [trusted=yes] http://x s main\n"},
        DUMP + 'Dir::Etc::sourceparts "/dev/null";\n',
    ),
    _apt("command-fails", [], {}, CommandResult(100, "", "E: Syntax error /etc/apt/apt.conf.d/99x:1"), "error"),
    Scenario("neither", UNCHECKED, {"any_of": [{"absent": True}, EMPTY]}, "pass", {"state": "absent"}),
    Scenario(
        "option-of-dnf",
        {"query": "option", "name": "localpkg_gpgcheck"},
        {"equals": True},
        "fail",
        {"state": "value", "value": False, "default": True},
        files={"/usr/bin/dnf-3": "x", "/etc/dnf/dnf.conf": ON},
    ),
    Scenario(
        "option-of-apt",
        {"query": "option", "name": "Acquire::AllowInsecureRepositories"},
        {"one_of": ["0", "false", "no"]},
        "pass",
        {"state": "value", "value": "0"},
        commands={" ".join(COMMAND): DUMP},
    ),
    Scenario(
        "option-of-apt-with-who-opens-it",
        {"query": "option", "name": "Acquire::http::Proxy"},
        {"absent": True},
        "fail",
        {"state": "value", "value": "(masked)"},
        commands={" ".join(COMMAND): DUMP + 'Acquire::http::Proxy "http://me:geheim@proxy/";\n'},
    ),
    Scenario(
        "option-of-apt-that-is-a-secret",
        {"query": "option", "name": "Acquire::https::x::Password"},
        {"absent": True},
        "fail",
        {"state": "value", "value": "(masked)"},
        commands={" ".join(COMMAND): DUMP + 'Acquire::https::x::Password "geheim";\n'},
    ),
    Scenario(
        "keyrings",
        {"query": "keyrings"},
        {"each": {"fields": {"mode": {"mode_at_most": "0644"}}}},
        "fail",
        {"state": "value"},
        files={
            **PLACES,
            "/etc/apt/trusted.gpg.d/a.gpg": File("x", 0o644),
            "/etc/apt/trusted.gpg.d/b.txt": File("x", 0o666),
            "/usr/share/keyrings/open.gpg": File("x", 0o666),
            PARTS + "x.list": "deb [signed-by=/usr/share/keyrings/open.gpg] http://x s main\n",
        },
        commands={" ".join(COMMAND): DUMP},
    ),
    Scenario(
        "keyring-of-dnf",
        {"query": "keyrings"},
        {"each": {"fields": {"mode": {"mode_at_most": "0644"}}}},
        "pass",
        {"state": "value"},
        files={
            **PLACES,
            "/usr/bin/dnf-3": "x",
            "/etc/pki/rpm-gpg/KEY": File("x", 0o644),
            "/etc/yum.repos.d/a.repo": REPO + "gpgkey=file:///etc/pki/rpm-gpg/KEY https://x/other\n",
        },
    ),
]
