"""Scenarios of sources of packages: what apt and dnf let in without a signature, as they merge their files."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.apt_config import COMMAND
from tests.scenarios.linux import Command, File, Scenario

UNCHECKED = {"query": "unchecked"}
EMPTY = {"empty": True}
ERROR = {"state": "error"}
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


def _apt(name: str, found: List[str], files: Files, dump: Command = DUMP, verdict: Optional[str] = None) -> Scenario:
    rows = [_row(*one.split("|")) for one in found]
    seen = ERROR if verdict == "error" else {"state": "value", "value": rows}
    outcome = verdict or ("fail" if rows else "pass")
    return Scenario("apt-" + name, UNCHECKED, EMPTY, outcome, seen, files=files, commands={" ".join(COMMAND): dump})


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

# What dnf 4.14 makes of it (by its own library), and apt 2.6 (by an update from an unsigned repository).
SCENARIOS = [
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
