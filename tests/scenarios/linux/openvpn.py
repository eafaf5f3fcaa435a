"""Scenarios of OpenVPN's configuration; what it makes of the options was seen with --verb 4 of 2.6.14 and in the source of the others."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import File, Part, Scenario

GOOD: Dict[str, Any] = {
    "each": {
        "fields": {
            "static_key": {"equals": False},
            "ciphers": {"subset_of": ["AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305"]},
            "digest": {"any_of": [{"absent": True}, {"one_of": ["SHA256", "SHA512"]}]},
            "tls_min": {"one_of": ["1.2", "1.3"]},
        }
    }
}
VERIFIED = {"each": {"fields": {"peer_verified": {"equals": True}, "shared_certificates": {"equals": False}}}}
PRIVATE = {"each": {"fields": {"mode": {"mode_at_most": "0700"}}}}
SERVER, CLIENT, PLAIN = "/etc/openvpn/server/s.conf", "/etc/openvpn/client/c.conf", "/etc/openvpn/p.conf"
ACCOUNTS = {"/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/group": "root:x:0:\n"}
TLS = "ca ca.crt\ncert s.crt\nkey s.key\ndh none\nserver 10.8.0.0 255.255.255.0\n"
PEERS = "ca ca.crt\ncert s.crt\nkey s.key\ndh none\ntls-server\n"
AS_CLIENT = "client\nremote vpn.example.org\nca ca.crt\ncert c.crt\nkey c.key\n"
GCM, NOW = ["AES-256-GCM", "AES-128-GCM"], ["AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305"]
UNIT = "/lib/systemd/system/openvpn-server@.service"


def _version(number: str) -> Dict[str, Any]:
    return {
        "/usr/sbin/openvpn --version": CommandResult(1, "OpenVPN %s x86_64-pc-linux-gnu [SSL (OpenSSL)]\n" % number)
    }


def _case(
    name: str,
    text: str,
    verdict: str,
    seen: Dict[str, Any],
    expect: Optional[Dict[str, Any]] = None,
    *,
    version: str = "2.6.14",
    path: str = SERVER,
    files: Optional[Dict[str, Any]] = None,
) -> Scenario:
    planted = {"/usr/sbin/openvpn": "", path: text, **ACCOUNTS, **(files or {})}
    observed = {"state": "value", "value": Part(tunnels=[Part(file=path, **seen)])}
    return Scenario(
        name, {}, expect or GOOD, verdict, observed, select="tunnels", files=planted, commands=_version(version)
    )


def _ciphers(name: str, text: str, verdict: str, ciphers: List[str], **more: Any) -> Scenario:
    digest = more.pop("digest", None)
    return _case(name, text, verdict, {"ciphers": ciphers, "digest": digest}, **more)


def _peer(name: str, text: str, verified: bool, path: str = CLIENT) -> Scenario:
    verdict = "pass" if verified else "fail"
    return _case("peer: " + name, text, verdict, {"peer_verified": verified}, VERIFIED, path=path)


def _tls(name: str, text: str, least: str, version: str = "2.6.14") -> Scenario:
    verdict = "pass" if least in ("1.2", "1.3") else "fail"
    return _case("TLS: " + name, TLS + text, verdict, {"tls_min": least}, version=version)


def _error(name: str, text: str, reason: str, files: Optional[Dict[str, Any]] = None) -> Scenario:
    made = _case(name, text, "error", {}, files=files)
    return Scenario(
        name, {}, GOOD, "error", {"state": "error", "reason": reason}, files=made.files, commands=made.commands
    )


def _keys(
    name: str, text: str, verdict: str, keys: Dict[str, str], files: Dict[str, Any], path: str = SERVER
) -> Scenario:
    made = _case(name, text, verdict, {}, files=files, path=path)
    shown = [{"path": key, "mode": mode, "owner": "root", "group": "root"} for key, mode in keys.items()]
    observed = {"state": "value", "value": Part(keys=shown)}
    return Scenario(
        "keys: " + name, {}, PRIVATE, verdict, observed, select="keys", files=made.files, commands=made.commands
    )


def _running(words: str) -> Dict[str, Any]:
    return {
        "/proc/77/comm": "openvpn\n",
        "/proc/77/cmdline": words.replace(" ", "\0") + "\0",
        "/proc/77/cwd": File(link="/srv/vpn"),
        "/proc/1/comm": "systemd\n",
    }


def _beside(name: str, words: str, verdict: str, seen: Dict[str, Any], files: Dict[str, Any]) -> Scenario:
    planted = {"/usr/sbin/openvpn": "", **ACCOUNTS, **_running(words), **files}
    observed = {"state": "value", "value": Part(tunnels=[Part(**seen)])}
    return Scenario(name, {}, GOOD, verdict, observed, select="tunnels", files=planted, commands=_version("2.6.14"))


STOPS = "%s:%d has a backslash before a sign that needs none, at which openvpn stops" % (SERVER, 6)
LONG = "%s:6 has 255 signs or more, at which openvpn stops; make it shorter" % SERVER
EPEL = "/usr/sbin/openvpn --cipher AES-256-GCM --data-ciphers AES-256-GCM:AES-128-CBC --config %i.conf"
RUNS = {"file": "/srv/vpn/x.conf", "role": "server"}
SCENARIOS = [
    Scenario("not installed", {}, GOOD, "fail", {"state": "absent"}, select="tunnels", files={SERVER: TLS}),
    Scenario("nothing configured", {}, GOOD, "fail", {"state": "absent"}, select="tunnels", files={"/usr/sbin/openvpn": ""}),
    _case("server as it comes", TLS, "pass", {
        "role": "server", "static_key": False, "ciphers": NOW, "digest": None, "tls_min": "1.2", "peer_verified": True,
        "shared_certificates": False, "control_key": False, "script_security": 1,
    }),
    _ciphers("2.5 as it comes", TLS + "tls-version-min 1.2\n", "pass", GCM, version="2.5.11"),
    # Peers that negotiate nothing get it.
    _ciphers("2.4 as it comes", TLS + "tls-version-min 1.2\n", "fail", [*GCM, "BF-CBC"], version="2.4.12", digest="SHA1"),
    # From 2.6 on it takes no part.
    _ciphers("cipher, 2.6", TLS + "cipher BF-CBC\n", "pass", NOW),
    _ciphers("cipher, 2.5", TLS + "tls-version-min 1.2\ncipher BF-CBC\n", "fail", [*GCM, "BF-CBC"], version="2.5.11", digest="SHA1"),
    _ciphers("negotiation switched off, 2.5", TLS + "ncp-disable\ncipher AES-128-CBC\n", "fail", ["AES-128-CBC"], version="2.5.11", digest="SHA1"),
    _ciphers("fallback", TLS + "data-ciphers AES-256-GCM\ndata-ciphers-fallback AES-256-CBC\n", "fail", ["AES-256-GCM", "AES-256-CBC"], digest="SHA1"),
    _ciphers("fallback that cipher changes", TLS + "data-ciphers-fallback AES-256-GCM\ncipher BF-CBC\n", "fail", [*NOW, "BF-CBC"], digest="SHA1"),
    _ciphers("as an old one", TLS + "compat-mode 2.3.0\ntls-version-min 1.2\n", "fail", [*NOW, "BF-CBC"], digest="SHA1"),
    _ciphers("as 2.4", TLS + "compat-mode 2.4.0\ncipher AES-256-CBC\n", "fail", [*NOW, "AES-256-CBC"], digest="SHA1"),
    _ciphers("none among them", TLS + "data-ciphers aes-256-gcm:none\n", "fail", ["AES-256-GCM", "NONE"], digest="SHA1"),
    _ciphers("one that may be missing", TLS + "data-ciphers AES-256-GCM:?AES-128-CBC\nauth SHA256\n", "fail", ["AES-256-GCM", "AES-128-CBC"],
             digest="SHA256"),
    _ciphers("older name of the list", TLS + "ncp-ciphers AES-128-GCM\n", "pass", ["AES-128-GCM"]),
    _ciphers("the last counts", TLS + "data-ciphers BF-CBC\ndata-ciphers AES-256-GCM\n", "pass", ["AES-256-GCM"]),
    _ciphers("defaults and one more, 2.7", TLS + "data-ciphers DEFAULT:AES-256-CBC\n", "fail", [*NOW, "AES-256-CBC"], version="2.7.1", digest="SHA1"),
    _ciphers("two peers", PEERS, "pass", NOW),
    # 2.5 negotiates nothing between two peers.
    _ciphers("two peers, 2.5", PEERS, "fail", ["BF-CBC"], version="2.5.11", digest="SHA1"),
    _ciphers("one client's own", TLS + "client-config-dir ccd\n", "fail", [*NOW, "BF-CBC"], digest="SHA1",
             files={"/etc/openvpn/server/ccd/old": "cipher BF-CBC\n"}),
    _case("static key", "secret s.key\n", "fail", {"static_key": True, "ciphers": ["BF-CBC"], "digest": "SHA1", "tls_min": None, "role": "peer"}),
    _case("static key with a good cipher", "secret s.key\ncipher AES-256-CBC\nauth SHA256\n", "fail", {"static_key": True, "ciphers": ["AES-256-CBC"]}),
    # openvpn 2.6 still starts so, with a warning.
    _case("neither TLS nor a key", "dev tun\nremote vpn.example.org\nifconfig 10.8.0.1 10.8.0.2\ncipher AES-256-GCM\n", "fail", {
        "static_key": False, "ciphers": ["NONE"], "digest": "NONE", "tls_min": None, "role": "peer", "peer_verified": False}),
    _ciphers("dashes and quotes", TLS + '--data-ciphers "AES-128-CBC" ; AES\n', "fail", ["AES-128-CBC"], digest="SHA1"),
    _ciphers("by setenv", TLS + "setenv opt data-ciphers 'AES-128-CBC'\n", "fail", ["AES-128-CBC"], digest="SHA1"),
    _ciphers("commented out", TLS + " ;cipher BF-CBC\n#data-ciphers BF-CBC\n", "pass", NOW),
    _ciphers("in a text", TLS + "<ca>\ndata-ciphers BF-CBC\n</ca>\n", "pass", NOW),
    _ciphers("in another file", TLS + "config more.inc\n", "fail", ["AES-128-CBC"], digest="SHA1",
             files={"/etc/openvpn/server/more.inc": "data-ciphers AES-128-CBC\n"}),
    _ciphers("its unit names others", TLS, "fail", ["AES-256-GCM", "AES-128-CBC"], digest="SHA1",
             files={UNIT: "[Service]\nWorkingDirectory=/etc/openvpn/server\nExecStart=%s\n" % EPEL}),
    _ciphers("what the file says counts more than its unit", TLS + "data-ciphers AES-256-GCM\n", "pass", ["AES-256-GCM"],
             files={UNIT: "[Service]\nExecStart=%s\n" % EPEL}),
    _ciphers("unit changed for one", TLS, "fail", ["BF-CBC"], digest="SHA1", files={
        UNIT: "[Service]\nExecStart=/usr/sbin/openvpn --config %i.conf\n",
        "/etc/systemd/system/openvpn-server@s.service.d/a.conf": "[Service]\nExecStart=\nExecStart=-/usr/sbin/openvpn --config %i.conf --data-ciphers BF-CBC\n",
    }),
    _tls("older by itself", "", "1.0", "2.5.11"),
    _tls("set", "tls-version-min 1.2\n", "1.2", "2.5.11"),
    _tls("set too low", "tls-version-min 1.1\n", "1.1"),
    _tls("or the highest", "tls-version-min 1.9 or-highest\n", "1.3"),
    # The least is then the most.
    _tls("by the most", "tls-version-max 1.1\n", "1.1"),
    _tls("as an old one", "compat-mode 2.3.6\n", "1.0"),
    _error("no version of TLS", TLS + "tls-version-min 1.9\n", "tls-version-min '1.9' is no version for openvpn; mend it"),
    _peer("client asks for nothing", AS_CLIENT, False),
    _peer("client asks for a server", AS_CLIENT + "remote-cert-tls server\n", True),
    _peer("client asks for a client", AS_CLIENT + "remote-cert-tls client\n", False),
    _peer("client asks for a name", AS_CLIENT + "verify-x509-name vpn.example.org name\n", True),
    _peer("server", TLS, True, SERVER),
    _peer("server without certificates", TLS + "verify-client-cert none\n", False, SERVER),
    _peer("server with them as one likes", TLS + "verify-client-cert optional\n", False, SERVER),
    # Bare, it asks for them.
    _peer("server, taken back", TLS + "verify-client-cert none\nverify-client-cert\n", True, SERVER),
    _peer("two peers", PEERS, True, PLAIN),
    _case("one certificate for several", TLS + "duplicate-cn\n", "fail", {"shared_certificates": True}, VERIFIED),
    _case("control channel and scripts", TLS + "tls-crypt ta.key\nscript-security 3\n", "pass", {"control_key": True, "script_security": 3}),
    _error("file that is not there", TLS + "config more.inc\n", "openvpn is given the file /etc/openvpn/server/more.inc, which is not there"),
    _error("includes itself", TLS + "config s.conf\n", "/etc/openvpn/server/s.conf is included more than 10 levels deep, where openvpn stops"),
    _error("backslash", TLS + "auth \\SHA1\n", STOPS),
    _error("quotation not closed", TLS + 'auth "SHA1\n', "%s:6 opens a quotation that is not closed, at which openvpn stops" % SERVER),
    _error("text not closed", TLS + "<ca>\nx\n", "%s:6 opens <ca>, which is not closed: openvpn stops at it" % SERVER),
    # In a comment too.
    _error("long line", TLS + "#" + "x" * 254 + "\n", LONG),
    _error("unit with variables", TLS, "how openvpn-server@.service starts openvpn is not followed; write one ExecStart without quotes and variables",
           {UNIT: "[Service]\nExecStart=/usr/sbin/openvpn $ARGS --config %i.conf\n"}),
    _error("unit that starts another program", TLS, "openvpn-server@.service starts /bin/sh, which is not followed",
           {UNIT: "[Service]\nExecStart=/bin/sh x\n"}),
    _beside("runs with a file of its own", "openvpn --config x.conf", "pass", {**RUNS, "ciphers": NOW}, {"/srv/vpn/x.conf": TLS}),
    _beside("runs with a word more", "openvpn --config x.conf --data-ciphers BF-CBC", "fail", {**RUNS, "ciphers": ["BF-CBC"]}, {"/srv/vpn/x.conf": TLS}),
    _beside("runs with a file alone", "openvpn x.conf", "pass", RUNS, {"/srv/vpn/x.conf": TLS}),
    _beside("runs from its folder", "/usr/sbin/openvpn --cd /etc/openvpn --config p.conf", "pass", {"file": PLAIN}, {PLAIN: TLS}),
    # Somebody started it by hand.
    Scenario("runs otherwise than its unit starts it", {}, GOOD, "fail", {"state": "value", "value": Part(tunnels=[
        Part(file=PLAIN, ciphers=NOW), Part(file=PLAIN, ciphers=["BF-CBC"])])}, select="tunnels", commands=_version("2.6.14"), files={
        "/usr/sbin/openvpn": "", PLAIN: TLS, **ACCOUNTS, **_running("openvpn --config /etc/openvpn/p.conf --data-ciphers BF-CBC")}),
    # Since it was started it has gone to its chroot.
    Scenario("runs as its unit starts it, and went elsewhere", {}, GOOD, "pass", {"state": "value", "value": Part(tunnels=[Part(file=SERVER, ciphers=NOW)])},
             select="tunnels", commands=_version("2.6.14"), files={
        "/usr/sbin/openvpn": "", SERVER: TLS + "chroot /srv/vpn\n", **ACCOUNTS,
        UNIT: "[Service]\nWorkingDirectory=/etc/openvpn/server\nExecStart=/usr/sbin/openvpn --status %t/openvpn/%i.log --config %i.conf\n",
        **_running("/usr/sbin/openvpn --status /run/openvpn/s.log --config s.conf")}),
    _beside("runs without a file", "openvpn --client --remote x --cipher BF-CBC", "pass", {"file": "", "role": "client", "ciphers": NOW}, {}),
    _keys("closed", TLS, "pass", {"/etc/openvpn/server/s.key": "0600"}, {"/etc/openvpn/server/s.key": File("x", mode=0o600)}),
    _keys("open", TLS + "tls-auth ta.key 0\n", "fail", {"/etc/openvpn/server/s.key": "0600", "/etc/openvpn/server/ta.key": "0644"},
          {"/etc/openvpn/server/s.key": File("x", mode=0o600), "/etc/openvpn/server/ta.key": File("x", mode=0o644)}),
    _keys("in the file itself", TLS.replace("key s.key", "<key>\nx\n</key>"), "fail", {SERVER: "0644"}, {}),
    _keys("certificate in the file itself", TLS.replace("cert s.crt\nkey s.key", "<cert>\nx\n</cert>"), "pass", {}, {}),
    _keys("of one connection", AS_CLIENT + "<connection>\nremote x\n<tls-crypt>\ny\n</tls-crypt>\n</connection>\n", "fail", {CLIENT: "0644"}, {}, CLIENT),
    _keys("password of a user", AS_CLIENT + "auth-user-pass /etc/pass\n", "fail", {"/etc/pass": "0644"}, {"/etc/pass": "u\np\n"}, CLIENT),
    _keys("password that is asked for", AS_CLIENT + "auth-user-pass\n", "pass", {}, {}, CLIENT),
]  # fmt: skip
