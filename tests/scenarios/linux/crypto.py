"""Scenarios of TLS libraries: what they allow by their own files, and where a program is told otherwise."""

from __future__ import annotations

from typing import Any, Dict, List, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.crypto import CIPHERS
from tests.scenarios.linux import File, Scenario

NEW = ["TLSv1.2", "TLSv1.3"]
FROM_1_1 = ["TLSv1.1", *NEW]
ALL = ["TLSv1", *FROM_1_1]
OPENSSL = {"query": "openssl"}
GNUTLS = {"query": "gnutls"}
RIGHT = {"fields": {"protocols": {"subset_of": NEW}}}
CNF = "/usr/lib/ssl/openssl.cnf"
HEAD = "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\n"
# At this level nothing but the file keeps the old protocols away.
OPEN = HEAD + "CipherString = DEFAULT:@SECLEVEL=0\n"
BEHIND = "openssl_conf = i\n[i]\n%s\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nCipherString = DEFAULT:@SECLEVEL=0\n"
LIBRARY = "/usr/lib/x86_64-linux-gnu/libssl.so.3"
OLD_LIBRARY = LIBRARY[:-1] + "1.1"
GNUTLS_LIBRARY = "/usr/lib/x86_64-linux-gnu/libgnutls.so.30"
Files = Dict[str, Union[str, bytes, File]]


def _openssl(name: str, text: str, protocols: List[str], level: int = 0, **files: Union[str, bytes, File]) -> Scenario:
    seen = {"state": "value", "value": {"protocols": protocols, "level": level, "ciphers": _string(text, level)}}
    verdict = "pass" if set(protocols) <= set(NEW) else "fail"
    planted: Files = {LIBRARY: "x", CNF: text, **files}
    return Scenario("openssl-" + name, OPENSSL, RIGHT, verdict, seen, files=planted)


def _string(text: str, level: int) -> Any:
    lines = [line for line in text.split("\n") if line.startswith("CipherString")]
    return lines[-1].partition("=")[2].strip(" ") if lines and level != 2 else None


def _unreadable(name: str, text: str, **files: Union[str, bytes, File]) -> Scenario:
    planted: Files = {LIBRARY: "x", CNF: text, **files}
    return Scenario("openssl-" + name, OPENSSL, RIGHT, "error", {"state": "error"}, files=planted)


def _old(name: str, text: str, protocols: List[str], level: int = 0, **files: Union[str, bytes, File]) -> Scenario:
    strings = [line.partition("=")[2].strip(" ") for line in text.split("\n") if line.startswith("CipherString")]
    shown = strings[-1] if strings and level != 1 else None
    seen = {"state": "value", "value": {"protocols": protocols, "level": level, "ciphers": shown}}
    planted: Files = {OLD_LIBRARY: "x", "/etc/os-release": "ID=debian\n", CNF: text, **files}
    return Scenario("old-openssl-" + name, OPENSSL, RIGHT, "pass" if protocols == NEW else "fail", seen, files=planted)


def _old_unknown(name: str, text: str, **files: Union[str, bytes, File]) -> Scenario:
    planted: Files = {OLD_LIBRARY: "x", "/etc/os-release": "ID=debian\n", CNF: text, **files}
    return Scenario("old-openssl-" + name, OPENSSL, RIGHT, "error", {"state": "error"}, files=planted)


def _gnutls(name: str, text: str, protocols: List[str], **files: Union[str, bytes, File]) -> Scenario:
    seen = {"state": "value", "value": {"protocols": protocols}}
    verdict = "pass" if set(protocols) <= set(NEW) else "fail"
    planted: Files = {GNUTLS_LIBRARY: "x", "/etc/gnutls/config": text, **files}
    return Scenario("gnutls-" + name, GNUTLS, RIGHT, verdict, seen, files=planted)


def _override(
    name: str, place: str, text: str, found: List[Dict[str, Any]], **files: Union[str, bytes, File]
) -> Scenario:
    planted: Files = {place: text, **files}
    seen = {"state": "value", "value": found}
    return Scenario(
        "override-" + name, {"query": "overrides"}, {"empty": True}, "fail" if found else "pass", seen, files=planted
    )


def _own(place: str, name: str, path: str, protocols: Any = None, level: Any = None) -> List[Dict[str, Any]]:
    return [{"place": place, "name": name, "path": path, "protocols": protocols, "level": level}]


OVERRIDES = "[overrides]\n"
UNIT = "/etc/systemd/system/web.service"
ENVIRONMENT = "[Service]\nExecStart=/usr/bin/web\nEnvironment=A=b OPENSSL_CONF=/etc/web.cnf\n"

# What libssl 1.1.1w of Debian 11 says of a new context, and answers to a peer whose key is one of RSA.
OLD = [
    _old("empty", "", ALL, 1),
    _old("level-2-serves-all", HEAD + "CipherString = DEFAULT@SECLEVEL=2\n", ALL, 2),
    _old("level-3", HEAD + "CipherString = DEFAULT@SECLEVEL=3\n", FROM_1_1, 3),
    _old("level-4", HEAD + "CipherString = DEFAULT@SECLEVEL=4\n", NEW, 4),
    _old("stock", HEAD + "MinProtocol = TLSv1.2\nCipherString = DEFAULT@SECLEVEL=2\n", NEW, 2),
    _old("unknown-command-ends-the-reading", OPEN + "Foo = bar\nMinProtocol = TLSv1.2\n", ALL),
    _old("value-that-is-none-ends-the-reading", OPEN + "MinProtocol = TLSv9\nMaxProtocol = TLSv1.2\n", ALL),
    _old("command-before-an-unknown-one", OPEN + "MinProtocol = TLSv1.1\nFoo = bar\n", FROM_1_1),
    _old("knows-no-providers", BEHIND % "providers = p" + "[p]\ndefault = q\n[q]\nactivate = 1\n", ALL, 1),
    _old("knows-no-random", BEHIND % "random = p" + "MinProtocol = TLSv1.2\n[p]\n", ALL, 1),
    _old("behind-engines", BEHIND % "engines = p" + "MinProtocol = TLSv1.2\n[p]\n", NEW),
    _old("pragma-spoils-the-file", ".pragma dollarid:on\n" + OPEN + "MinProtocol = TLSv1.2\n", ALL, 1),
    _old("included", OPEN + ".include = /etc/inc.cnf\n", NEW, **{"/etc/inc.cnf": "MinProtocol = TLSv1.2\n"}),
    _old(
        "red-hat", HEAD + "CipherString = @SECLEVEL=2:kEECDH:kRSA\nCiphersuites = TLS_AES_256_GCM_SHA384\nMinProtocol = TLSv1.2\n",
        NEW, 2, **{"/etc/os-release": "ID=rhel\n"},
    ),
    _old_unknown("behind-what-may-not-be-taken", OPEN + "Groups = X25519\nMinProtocol = TLSv1.2\n"),
    _old_unknown("behind-ciphers-that-may-be-none", HEAD + "CipherString = NOPE\nMinProtocol = TLSv1.2\n"),
    _old_unknown("level-of-another-builder", HEAD + "MinProtocol = TLSv1.2\n", **{"/etc/os-release": "ID=rhel\n"}),
    _old_unknown("level-2-of-ubuntu", HEAD + "CipherString = DEFAULT@SECLEVEL=2\n", **{"/etc/os-release": "ID=ubuntu\n"}),
]  # fmt: skip

# As the policies of RHEL 9 have it.
ALLOWED = OVERRIDES + (
    "secure-hash = SHA256\nsecure-hash = SHA384\nsecure-sig = RSA-SHA256\nsecure-sig = RSA-PSS-RSAE-SHA256\n"
    "secure-sig-for-cert = RSA-SHA256\nenabled-curve = SECP256R1\ntls-enabled-cipher = AES-256-GCM\n"
    "tls-enabled-cipher = AES-256-CBC\ntls-enabled-kx = ECDHE-RSA\ntls-enabled-mac = AEAD\ntls-enabled-mac = SHA1\n"
    "tls-enabled-group = GROUP-SECP256R1\n"
)
ALLOWLIST = "[global]\noverride-mode = allowlist\n" + ALLOWED
# What libssl 3.0.22 says of a new context and answers to a peer, and what libgnutls 3.7.9 lists as its protocols.
SCENARIOS = [
    _openssl("stock", "HOME = .\nopenssl_conf = openssl_init\n[openssl_init]\n", NEW, 2),
    _openssl("empty", "", NEW, 2),
    _openssl("level-0", OPEN, ALL),
    _openssl("level-1", HEAD + "CipherString = DEFAULT@SECLEVEL=1\n", NEW, 1),
    _openssl("level-last-counts", HEAD + "CipherString = DEFAULT@SECLEVEL=3:@SECLEVEL=1\n", NEW, 1),
    _openssl("minimum", OPEN + "MinProtocol = TLSv1.2\n", NEW),
    _openssl("minimum-too-low", OPEN + "MinProtocol = TLSv1.1\n", FROM_1_1),
    _openssl("minimum-value-has-a-case", OPEN + "MinProtocol = tlsv1.2\n", ALL),
    _openssl("minimum-name-has-none", OPEN + "minprotocol = TLSv1.2\n", NEW),
    _openssl("minimum-none", OPEN + "MinProtocol = None\n", ALL),
    _openssl("minimum-that-is-none", OPEN + "MinProtocol = TLSv9\n", ALL),
    _openssl("minimum-of-datagrams", OPEN + "MinProtocol = DTLSv1.2\n", ALL),
    _openssl("minimum-last-counts", OPEN + "MinProtocol = TLSv1.2\nMinProtocol = TLSv1.1\n", FROM_1_1),
    _openssl("minimum-last-is-empty", OPEN + "MinProtocol = TLSv1.2\nMinProtocol =\n", ALL),
    _openssl("minimum-quoted", OPEN + 'MinProtocol = "TLSv1.2"\n', NEW),
    _openssl("minimum-escaped", OPEN + "MinProtocol = TLSv1\\.2\n", NEW),
    _openssl("minimum-with-a-comment", OPEN + "MinProtocol = TLSv1.2#x\n", NEW),
    _openssl("minimum-over-two-lines", OPEN + "MinProtocol = TLS\\\nv1.2\n", NEW),
    _openssl("minimum-numbered", OPEN + "1.MinProtocol = TLSv1.2\n2.MinProtocol = TLSv1.1\n", FROM_1_1),
    _openssl("minimum-by-a-variable", "v=TLSv1.2\n" + OPEN + "MinProtocol = $v\n", NEW),
    _openssl("minimum-by-a-variable-that-comes-later", OPEN + "MinProtocol = ${q::v}\n[q]\nv = TLSv1.3\n", NEW, 2),
    _openssl("minimum-named-from-elsewhere", OPEN + "[x]\nd::MinProtocol = TLSv1.2\n", NEW),
    _openssl("section-twice", OPEN + "[x]\na=b\n[ d ]\nMinProtocol = TLSv1.2\n", NEW),
    _openssl("maximum", OPEN + "MaxProtocol = TLSv1.2\n", ["TLSv1", "TLSv1.1", "TLSv1.2"]),
    _openssl("list", OPEN + "Protocol = -ALL,TLSv1.2,TLSv1.3\n", NEW),
    _openssl("list-without-one", OPEN + "Protocol = ALL,-TLSv1\n", FROM_1_1),
    _openssl("list-has-no-case", OPEN + "Protocol = -tlsv1.1\n", ["TLSv1", *NEW]),
    _openssl("command-that-is-unknown", OPEN + "Foo = bar\nMinProtocol = TLSv1.2\n", NEW),
    _openssl("line-that-is-none-spoils-the-file", OPEN + "garbage\n", NEW, 2),
    _openssl("section-that-is-none-spoils-the-file", OPEN + "[x\n", NEW, 2),
    _openssl("unknown-variable-spoils-the-file", OPEN + "X = $nope\n", NEW, 2),
    _openssl("other-program", OPEN.replace("system_default", "other"), NEW, 2),
    _openssl("section-that-is-missing", OPEN.replace("ssl_conf = s", "ssl_conf = nope"), NEW, 2),
    _openssl("behind-an-unknown-module", BEHIND % "foo = nope", NEW, 2),
    _openssl("behind-providers-that-are-missing", BEHIND % "providers = nope", NEW, 2),
    _openssl("behind-providers", BEHIND % "providers = p" + "[p]\ndefault = q\n[q]\nactivate = 1\n", ALL),
    _openssl("name-set-again-later", OPEN + "[default]\nopenssl_conf = nope\n", NEW, 2),
    _openssl("included", OPEN + ".include /etc/inc.cnf\n", NEW, **{"/etc/inc.cnf": "MinProtocol = TLSv1.2\n"}),
    _openssl(
        "included-with-a-sign", OPEN + ".include = /etc/inc.cnf\n", NEW, **{"/etc/inc.cnf": "MinProtocol = TLSv1.2\n"}
    ),
    _openssl("included-missing", OPEN + ".include /etc/inc.cnf\nMinProtocol = TLSv1.2\n", NEW),
    _openssl(
        "included-section-goes-on",
        OPEN + ".include /etc/inc.cnf\nMinProtocol = TLSv1.2\n",
        ALL,
        **{"/etc/inc.cnf": "[z]\n"},
    ),
    _openssl(
        "included-folder",
        OPEN + ".include /etc/inc\n",
        NEW,
        **{"/etc/inc/a.cnf": "MinProtocol = TLSv1.2\n", "/etc/inc/a.txt": "x"},
    ),
    _unreadable("nul", OPEN + "\0"),
    _unreadable("variable-of-each-program", OPEN + "[x]\ny = ${ENV::HOME}\n"),
    _unreadable(
        "included-folder-with-several", OPEN + ".include /etc/inc\n", **{"/etc/inc/a.cnf": "", "/etc/inc/b.conf": ""}
    ),
    _unreadable("included-by-half-a-path", OPEN + ".include inc.cnf\n"),
    _unreadable("included-in-a-circle", OPEN + ".include %s\n" % CNF),
    _unreadable("providers-without-the-default-one", BEHIND % "providers = p" + "[p]\nfoo = q\n[q]\nactivate = 1\n"),
    Scenario("openssl-missing", OPENSSL, {"any_of": [{"absent": True}, RIGHT]}, "pass", {"state": "absent"}),
    *OLD,
    _gnutls("empty", "", ALL),
    _gnutls("disabled", OVERRIDES + "disabled-version = tls1.0\ndisabled-version = TLS1.1\n", NEW),
    _gnutls("disabled-one", OVERRIDES + "  Disabled-Version   =   tls1.0  \n", FROM_1_1),
    _gnutls("disabled-by-another-name", OVERRIDES + "tls-disabled-version = tls1.0\n", ALL),
    _gnutls("disabled-in-no-section", "disabled-version = tls1.0\n", ALL),
    _gnutls("disabled-by-a-colon", OVERRIDES + "disabled-version: tls1.0\n", FROM_1_1),
    _gnutls("section-in-any-case", "[Overrides]\ndisabled-version = tls1.0 # c\n", FROM_1_1),
    _gnutls("line-that-is-none-spoils-the-file", OVERRIDES + "disabled-version = tls1.0\ngarbage\n", ALL),
    _gnutls("value-that-is-none", OVERRIDES + "disabled-version = tls9\ndisabled-version = tls1.0\n", FROM_1_1),
    _gnutls("priorities", OVERRIDES + "default-priority-string = NORMAL:-VERS-TLS1.0\n", FROM_1_1),
    _gnutls("priorities-for-good", OVERRIDES + "default-priority-string = NORMAL:!VERS-TLS1.0\n", FROM_1_1),
    _gnutls(
        "priorities-all-but", OVERRIDES + "default-priority-string = LEGACY:-VERS-TLS-ALL:+VERS-TLS1.2\n", ["TLSv1.2"]
    ),
    _gnutls("priorities-in-turn", OVERRIDES + "default-priority-string = NORMAL:-VERS-TLS1.0:+VERS-TLS1.0\n", ALL),
    _gnutls(
        "priorities-by-name",
        OVERRIDES + "default-priority-string = @X\n[priorities]\nX = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1\n",
        NEW,
    ),
    _gnutls("priorities-that-nobody-asks-for", "[priorities]\nSYSTEM = NORMAL:-VERS-TLS1.0\n", ALL),
    _gnutls("priorities-of-suite-b", OVERRIDES + "default-priority-string = SUITEB128\n", ["TLSv1.2"]),
    _gnutls("priorities-secure-keep-the-old", OVERRIDES + "default-priority-string = SECURE256\n", ALL),
    _gnutls("allowed-alone", ALLOWLIST + "enabled-version = tls1.2\nenabled-version = TLS1.3\n", NEW),
    _gnutls(
        "allowed-alone-with-an-old-one",
        ALLOWLIST + "enabled-version = tls1.1\nenabled-version = tls1.2\n",
        FROM_1_1[:2],
    ),
    _gnutls(
        "disabled-beside-what-is-allowed-alone",
        ALLOWLIST + "enabled-version = tls1.2\ndisabled-version = tls1.2\n",
        ["TLSv1.2"],
    ),
    _gnutls("allowed-where-all-is", OVERRIDES + "enabled-version = tls1.2\n", ALL),
    _gnutls("mode-behind", ALLOWED + "enabled-version = tls1.2\n[global]\noverride-mode = allowlist\n", ["TLSv1.2"]),
    _gnutls(
        "mode-twice",
        ALLOWLIST.replace("allowlist", "allowlist\noverride-mode = blocklist") + "disabled-version = tls1.0\n",
        FROM_1_1,
    ),
    _gnutls(
        "mode-that-is-none",
        ALLOWLIST.replace("allowlist", "allowlist\noverride-mode = x") + "enabled-version = tls1.2\n",
        ["TLSv1.2"],
    ),
    _gnutls(
        "allowed-in-any-case", ALLOWLIST.replace("allowlist", "ALLOWLIST") + "enabled-version = tls1.2\n", ["TLSv1.2"]
    ),
    _gnutls("built-otherwise", "", NEW, **{"/etc/os-release": "NAME=Ubuntu\nID=ubuntu\n"}),
    Scenario(
        "gnutls-priorities-that-are-none",
        GNUTLS,
        RIGHT,
        "error",
        {"state": "error"},
        files={GNUTLS_LIBRARY: "x", "/etc/gnutls/config": OVERRIDES + "default-priority-string = NOPE\n"},
    ),
    _override("none", UNIT, "[Service]\nExecStart=/usr/bin/web\n# OPENSSL_CONF=/x\n", []),
    _override(
        "unit",
        UNIT,
        ENVIRONMENT,
        _own(UNIT + ":3", "OPENSSL_CONF", "/etc/web.cnf", ALL, 0),
        **{"/etc/web.cnf": OPEN},
    ),
    _override("file-that-is-missing", UNIT, ENVIRONMENT, _own(UNIT + ":3", "OPENSSL_CONF", "/etc/web.cnf", NEW, 2)),
    _override(
        "snippet",
        UNIT + ".d/x.conf",
        '[Service]\nEnvironment="GNUTLS_SYSTEM_PRIORITY_FILE=/etc/web.gnutls"\n',
        _own(UNIT + ".d/x.conf:2", "GNUTLS_SYSTEM_PRIORITY_FILE", "/etc/web.gnutls"),
    ),
    _override(
        "of-all",
        "/etc/environment",
        "SSLKEYLOGFILE=/tmp/keys\n",
        _own("/etc/environment:1", "SSLKEYLOGFILE", "/tmp/keys"),
    ),
    _override("other-variable", "/etc/default/web", "MY_OPENSSL_CONF=/x\n", []),
    Scenario(
        "ciphers",
        {"query": "ciphers"},
        {"each": {"fields": {"encryption": {"none_of": ["None"]}}}},
        "fail",
        {
            "state": "value",
            "value": [{"name": "NULL-SHA256", "protocol": "TLSv1.2", "encryption": "None", "mac": "SHA256"}],
        },
        commands={
            " ".join(CIPHERS): "NULL-SHA256             TLSv1.2 Kx=RSA      Au=RSA   Enc=None         Mac=SHA256\n"
        },
    ),
]
