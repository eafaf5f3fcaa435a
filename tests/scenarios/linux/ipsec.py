"""Scenarios of IPsec's connections, those of ipsec.conf in `ipsec_conf`; what charon makes of swanctl.conf was seen in its log (cfg 2) with 5.9.8 and 6.0.1."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from tests.scenarios import ipsec_conf
from tests.scenarios.ipsec_conf import CLOSED, CURRENT, GROUPS, RENEWED, strong
from tests.scenarios.linux import File, Part, Scenario

MAIN, ONE = "/etc/swanctl/swanctl.conf", "/etc/swanctl/conf.d/a.conf"
ACCOUNTS = {"/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/group": "root:x:0:\n"}
SOUND = ["aes128gcm16", "aes256", "aes256gcm16", "curve25519", "esn", "modp3072", "none", "prfsha256", "sha256"]
STRONG = strong(SOUND)
SLOW = {"each": {"any_of": [{"fields": {"versions": {"equals": [2]}}}, {"fields": {"aggressive": {"equals": False}}}]}}
PRIVATE = {"each": {"fields": {"mode": {"mode_at_most": "0700"}}}}
IKE, ESP = "proposals = aes256-sha256-curve25519", "esp_proposals = aes256gcm16"


def _case(
    name: str,
    text: str,
    expect: Dict[str, Any],
    verdict: str,
    seen: Dict[str, Any],
    files: Optional[Dict[str, Any]] = None,
) -> Scenario:
    observed = {"state": "value", "value": Part(connections=[Part(name="c", **seen)])}
    return Scenario(
        name, {}, expect, verdict, observed, select="connections", files={MAIN: text, **(files or {}), **ACCOUNTS}
    )


def _conn(name: str, text: str, expect: Dict[str, Any], verdict: str, **seen: Any) -> Scenario:
    return _case(name, "connections {\n c {\n%s\n }\n}\n" % text, expect, verdict, seen)


def _ike(name: str, words: str, verdict: str, ike: List[str]) -> Scenario:
    return _conn("IKE: " + name, words, STRONG, verdict, ike=sorted(ike), esp=[])


def _esp(name: str, words: str, verdict: str, esp: List[str], unprotected: Optional[List[str]] = None) -> Scenario:
    text = "%s\nchildren { x { %s\n } }" % (IKE, words)
    return _conn("ESP: " + name, text, STRONG, verdict, esp=sorted(esp), unprotected=unprotected or [])


def _peer(name: str, text: str, open_to_any: bool, *remote: str) -> Scenario:
    return _conn(
        "peer: " + name, text, CLOSED, "fail" if open_to_any else "pass", open_to_any=open_to_any, remote=list(remote)
    )


def _time(name: str, text: str, verdict: str, ike: Optional[int], child: Optional[int]) -> Scenario:
    return _conn("time: " + name, text, RENEWED, verdict, ike_seconds=ike, child_seconds=child)


def _error(name: str, text: str, reason: str, files: Optional[Dict[str, Any]] = None) -> Scenario:
    return Scenario(
        name, {}, CURRENT, "error", {"state": "error", "reason": reason}, files={MAIN: text, **(files or {})}
    )


def _keys(name: str, verdict: str, keys: Dict[str, str], files: Dict[str, Any]) -> Scenario:
    shown = [{"path": path, "mode": mode, "owner": "root", "group": "root"} for path, mode in keys.items()]
    observed = {"state": "value", "value": Part(connections=[], keys=shown)}
    return Scenario("keys: " + name, {}, PRIVATE, verdict, observed, select="keys", files={**files, **ACCOUNTS})


SYNTAX = "%s:%d is no syntax of strongSwan, which then takes nothing of the whole file; mend it"
PLACE = "the connection c of %s has " % MAIN
BASE = "base {\n version = 2\n remote {\n auth = psk\n id = moon\n }\n children { x { rekey_time = 2h\n } }\n}\n"
SECRET = "secrets {\n ike-1 {\n  secret = x\n }\n}\n"
SCENARIOS = [
    Scenario("nothing configured", {}, CURRENT, "fail", {"state": "absent"}, select="connections"),
    Scenario("as it is installed", {}, CURRENT, "fail", {"state": "absent"}, select="connections",
             files={MAIN: "# connections {\n# c { }\n# }\ninclude conf.d/*.conf\n"}),
    _conn("as it comes", "", CURRENT, "fail", versions=[1, 2], aggressive=False, remote=["any"], open_to_any=True, ike_seconds=14400, child_seconds=0),
    _ike("named", IKE, "pass", ["aes256", "sha256", "curve25519"]),
    # Three that nobody asked for: 3des, sha1, aesxcbc.
    _ike("not named", "", "fail", ["aes128", "aes192", "aes256", "3des", "sha256", "sha384", "sha512", "sha1", "aesxcbc", "aes128gcm16",
                                   "aes192gcm16", "aes256gcm16",
                                   "prfsha256", "prfsha384", "prfsha512", "prfsha1", *GROUPS]),
    _ike("several, blanks anywhere", "proposals = aes256 - sha256 - modp3072,   aes128gcm16-prfsha256-curve25519", "pass",
         ["aes256", "sha256", "modp3072", "aes128gcm16", "prfsha256", "curve25519"]),
    _ike("one weak among them", IKE + ",3des-md5-modp1024", "fail", ["aes256", "sha256", "curve25519", "3des", "md5", "modp1024"]),
    _ike("the last counts", "proposals = 3des-md5-modp1024\n" + IKE, "pass", ["aes256", "sha256", "curve25519"]),
    _ike("the last counts, and it is weak", IKE + "\nproposals = 3des-md5-modp1024", "fail", ["3des", "md5", "modp1024"]),
    _ike("in quotes", 'proposals = "aes256-sha256-curve25519"', "pass", ["aes256", "sha256", "curve25519"]),
    _ike("behind a comment", "#proposals = 3des-md5-modp1024\n%s # 3des" % IKE, "pass", ["aes256", "sha256", "curve25519"]),
    # charon knows no capitals and does not load it; nobody takes it for strong.
    _ike("in capitals", "proposals = AES256-sha256-curve25519", "fail", ["AES256", "sha256", "curve25519"]),
    _ike("one exchange more", "proposals = aes256-sha256-curve25519-ke1_mlkem768", "fail", ["aes256", "sha256", "curve25519", "mlkem768"]),
    _esp("named", ESP, "pass", ["aes256gcm16"]),
    _esp("not named", "", "fail", ["aes128gcm16", "aes192gcm16", "aes256gcm16", "aes128", "aes192", "aes256", "sha256", "sha384", "sha512", "sha1",
                                   "aesxcbc", "none", *GROUPS]),
    _esp("no code of integrity", "esp_proposals = aes256", "fail", ["aes256"], ["aes256"]),
    _esp("no code of integrity in one of two", ESP + ", aes256-modp3072", "fail", ["aes256gcm16", "aes256", "modp3072"], ["aes256-modp3072"]),
    _esp("with one", "esp_proposals = aes256-sha256-esn", "pass", ["aes256", "sha256", "esn"]),
    _esp("encrypts nothing", "esp_proposals = null-sha256", "fail", ["null", "sha256"], ["null-sha256"]),
    _esp("seals and encrypts nothing", "esp_proposals = aes128gmac", "fail", ["aes128gmac"], ["aes128gmac"]),
    _esp("header alone", "ah_proposals = sha256", "fail", [], ["ah"]),
    _esp("defaults besides", ESP + ", default", "fail", ["aes128gcm16", "aes192gcm16", "aes256gcm16", "aes128", "aes192", "aes256", "sha256",
                                                         "sha384", "sha512", "sha1", "aesxcbc", "none", *GROUPS]),
    _esp("what makes no tunnel", "mode = pass", "pass", []),
    _conn("IKEv2", "version = 2", CURRENT, "pass", versions=[2]),
    _conn("IKEv1", "version = 1", CURRENT, "fail", versions=[1]),
    _conn("aggressive", "version = 1\naggressive = YES", SLOW, "fail", versions=[1], aggressive=True),
    _conn("aggressive, where it means nothing", "version = 2\naggressive = yes", SLOW, "pass", versions=[2], aggressive=True),
    _peer("certificate", "remote { auth = pubkey\n}", False, "pubkey"),
    _peer("certificate with a strength", "remote { auth = rsa-3072-sha256\n}", False, "pubkey"),
    _peer("shared secret", "remote { auth = psk\n}", True, "psk"),
    _peer("shared secret of one name", "remote { auth = psk\n id = moon.example.org\n}", False, "psk"),
    _peer("shared secret of any name", "remote { auth = psk\n id = %any\n}", True, "psk"),
    # To strongSwan each of these is any name.
    _peer("shared secret of the name 0.0.0.0", "remote { auth = psk\n id = 0.0.0.0\n}", True, "psk"),
    _peer("shared secret of the name ::", 'remote { auth = psk\n id = "::"\n}', True, "psk"),
    _peer("shared secret of names by a pattern", "remote { auth = psk\n id = *@example.org\n}", True, "psk"),
    _peer("shared secret from one address", "remote_addrs = 192.0.2.1\nremote { auth = psk\n}", False, "psk"),
    _peer("shared secret from a network", "remote_addrs = 192.0.2.1, 198.51.100.0/24\nremote { auth = psk\n}", True, "psk"),
    _peer("shared secret from a range", "remote_addrs = 192.0.2.1-192.0.2.9\nremote { auth = psk\n}", True, "psk"),
    _peer("shared secret from a name with a dash", "remote_addrs = vpn-1.example.org\nremote { auth = psk\n}", False, "psk"),
    # It may then choose a secret too.
    _peer("no way named", "remote { id = %any\n}", True, "any"),
    _peer("shared secret, then a person", "remote { auth = psk\n}\nremote-2 { auth = eap-mschapv2\n}", False, "psk", "eap"),
    _time("never", "rekey_time = 0\nreauth_time = 0\nchildren { x { rekey_time = 0s\n} }", "fail", None, None),
    _time("set", "rekey_time = 1d\nchildren { x { rekey_time = 8 H\n} }", "pass", 86400, 28800),
    _time("only proved again", "reauth_time = 2d", "fail", 172800, 0),
    _time("not renewed, but ended", "children { x { rekey_time = 0\nlife_time = 24h\n} }", "fail", 14400, 86400),
    _time("the longest of several", "children { x { } y { rekey_time = 9h\n} }", "fail", 14400, 32400),
    _case("taken from another", BASE + "connections {\n c : base { }\n}\n", CURRENT, "pass", {"versions": [2], "remote": ["psk"],
                                                                                              "open_to_any": False, "child_seconds": 7200}),
    _case("its own counts more", BASE + "connections {\n c:base {\n version=1\n children { x { rekey_time =\n } }\n }\n}\n", CURRENT, "fail",
          {"versions": [1], "child_seconds": 3600}),
    _case("of two the first counts more", "v1 { version = 1\n}\n%sconnections {\n c : v1, base { }\n}\n" % BASE, CURRENT, "fail", {"versions": [1],
                                                                                                                                   "remote": ["psk"]}),
    _case("emptied", BASE + "connections {\n c : base { version =\n }\n}\n", CURRENT, "fail", {"versions": [1, 2]}),
    _case("taken from what comes later", "connections {\n c : base { }\n}\n" + BASE, CURRENT, "pass", {"versions": [2]}),
    # Names go from the top, where there is no `c`.
    _case("taken from itself by its short name", "connections {\n c : c { }\n}\n", CURRENT, "fail", {"versions": [1, 2]}),
    _case("two parts of one connection", "connections { c { version = 1\n } }\nconnections { c { version = 2\n } }\n", CURRENT, "pass", {"versions": [2]}),
    _case("included", "include conf.d/*.conf\n", CURRENT, "pass", {"versions": [2], "file": MAIN}, {ONE: "connections { c { version = 2\n } }\n"}),
    _case("nothing is included", 'include ""\nconnections { c { version = 2\n } }\n', CURRENT, "pass", {"versions": [2]}),
    _case("included within, and said again", "connections { c { include conf.d/*.conf\n version = 2\n } }\n", CURRENT, "pass", {"versions": [2]},
          {ONE: "version = 1\n"}),
    _case("included within, behind it", "connections { c { version = 2\n include conf.d/*.conf\n } }\n", CURRENT, "fail", {"versions": [1]},
          {ONE: "version = 1\n"}),
    _error("dot in a name", "connections.c { version = 2\n}\n", SYNTAX % (MAIN, 1)),
    _error("bracket too many", "connections { }\n}\n", SYNTAX % (MAIN, 2)),
    _error("bracket not closed", "connections {\n c { }\n", MAIN + " ends within a section, so strongSwan takes nothing of it; mend it"),
    _error("quotation not closed", 'connections { c { version = "2\n } }\n', SYNTAX % (MAIN, 2)),
    _error("no value and no section", "connections { c { version } }\n", SYNTAX % (MAIN, 1)),
    _error("error in an included file", "include conf.d/*.conf\n", SYNTAX % (ONE, 1), {ONE: "a . b\n"}),
    _error("circle", "a : b { }\nb : a { }\nconnections { c : a { } }\n", "sections of swanctl.conf take from one another in a circle; mend it"),
    _error("no version", "connections { c { version = 3\n } }\n", PLACE + "the version '3', which is none; mend it"),
    _error("no time", "connections { c { rekey_time = 4x\n } }\n", PLACE + "rekey_time = '4x', which is no time that is followed; write it as 4h"),
    _error("octal", "connections { c { rekey_time = 010h\n } }\n", PLACE + "rekey_time = '010h', which is no time that is followed; write it as 4h"),
    _error("no switch", "connections { c { aggressive = maybe\n } }\n", PLACE + "aggressive = 'maybe', which strongSwan does not load; mend it"),
    _error("no such proof", "connections { c { remote { auth = secret\n } } }\n", PLACE + "auth = 'secret', which strongSwan does not load; mend it"),
    _keys("closed", "pass", {"/etc/swanctl/private/k.pem": "0600"}, {MAIN: "", "/etc/swanctl/private/k.pem": File("x", mode=0o600)}),
    _keys("open", "fail", {"/etc/swanctl/ecdsa/k.pem": "0644"}, {MAIN: "", "/etc/swanctl/ecdsa/k.pem": File("x", mode=0o644)}),
    _keys("open in the folder as it comes", "pass", {"/etc/swanctl/rsa/k.pem": "0600"}, {
        MAIN: "", "/etc/swanctl/rsa": File(mode=0o700, directory=True), "/etc/swanctl/rsa/k.pem": File("x", mode=0o644)}),
    _keys("secret in the main file", "fail", {MAIN: "0644"}, {MAIN: SECRET}),
    _keys("secret in an included file", "fail", {ONE: "0644"}, {MAIN: "include conf.d/*.conf\n", ONE: SECRET}),
    _keys("certificates are for all", "pass", {"/etc/swanctl/private/k": "0600"}, {
        MAIN: "", "/etc/swanctl/private/k": File("x", mode=0o600), "/etc/swanctl/x509/c.pem": File("x", mode=0o644)}),
    _keys("where EPEL has it", "fail", {"/etc/strongswan/swanctl/private/k": "0644"}, {"/etc/strongswan/swanctl/swanctl.conf": "",
                                                                                       "/etc/strongswan/swanctl/private/k": "x"}),
    _keys("of ipsec.conf", "fail", {"/etc/ipsec.d/private/k.pem": "0640", "/etc/ipsec.secrets": "0644", "/var/lib/ipsec/nss/key4.db": "0600"}, {
        "/etc/ipsec.conf": "", "/etc/ipsec.secrets": "", "/etc/ipsec.d/private/k.pem": File("x", mode=0o640),
        "/etc/ipsec.d/certs/c.pem": "x", "/var/lib/ipsec/nss/key4.db": File("x", mode=0o600)}),
    _keys("where ipsec.conf and ipsec.secrets of Libreswan name them", "fail", {
        "/etc/ipsec.secrets": "0600", "/srv/ipsec/my.secrets": "0600", "/srv/nss/key4.db": "0640", "/srv/secret": "0644"}, {
        "/etc/ipsec.conf": "config setup\n nssdir=/srv/nss\n secretsfile=/srv/ipsec/my.secrets\n", "/usr/libexec/ipsec/pluto": "",
        "/etc/ipsec.secrets": File("include /srv/secret\n", mode=0o600), "/srv/secret": "x", "/srv/nss/key4.db": File("x", mode=0o640),
        "/srv/ipsec/my.secrets": File("", mode=0o600)}),
    _keys("of EPEL's starter", "fail", {"/etc/strongswan/ipsec.secrets": "0644"}, {"/etc/strongswan/ipsec.conf": "",
                                                                                   "/usr/libexec/strongswan/starter": "", "/etc/strongswan/ipsec.secrets": ""}),
    # By relative paths from where they are named, and what a file that is included includes.
    _keys("that the starter's ipsec.secrets and what it includes name", "fail", {
        "/etc/ipsec.d/private/x/y.pem": "0600", "/etc/ipsec.secrets": "0600", "/etc/vpn/a": "0600", "/etc/vpn/b": "0640", "/srv/vpn.key": "0644"}, {
        "/etc/ipsec.conf": "", "/usr/lib/ipsec/starter": "", "/etc/ipsec.secrets": File(" include vpn/a\n", mode=0o600),
        "/etc/vpn/a": File('include b # x\n@moon : RSA "/srv/vpn.key" "pass word"\n# : RSA /srv/other\n', mode=0o600), "/srv/other": "",
        "/etc/vpn/b": File(": ECDSA x/y.pem\n: PSK /srv/other\n: RSA %smartcard1 %prompt\n", mode=0o640), "/srv/vpn.key": "",
        "/etc/ipsec.d/private/x/y.pem": File("", mode=0o600)}),
    _keys("password of Libreswan's database", "fail", {"/etc/ipsec.d/nsspassword": "0644"}, {
        "/etc/ipsec.conf": "config setup\n", "/usr/libexec/ipsec/pluto": "", "/etc/ipsec.d/nsspassword": "x"}),
    *ipsec_conf.SCENARIOS,
]  # fmt: skip
