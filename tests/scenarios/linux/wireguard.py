"""Scenarios of WireGuard's interfaces, their peers and the files of their keys; what wg makes of the files was asked of wg itself."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from tests.scenarios.linux import File, Part, Scenario

NARROW: Dict[str, Any] = {
    "each": {
        "any_of": [
            {"fields": {"dialled": {"equals": True}}},
            {"fields": {"ipv4": {"any_of": [{"absent": True}, {"at_least": 16}]}, "ipv6": {"any_of": [{"absent": True}, {"at_least": 48}]}}},
        ]
    }
}  # fmt: skip
PRIVATE = {"each": {"fields": {"mode": {"mode_at_most": "0700"}}}}
PEERS = "interfaces[].peers[]"
QUICK = "/etc/wireguard/wg0.conf"
NETDEV = "/etc/systemd/network/wg0.netdev"
ACCOUNTS = {"/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/group": "root:x:0:\n"}
HEAD = "[Interface]\nPrivateKey = x\nListenPort = 51820\n"
UP = {"/sys/class/net/wg0/uevent": "DEVTYPE=wireguard\nINTERFACE=wg0\n", "/sys/class/net/lo/uevent": "INTERFACE=lo\n"}


def _peer(ipv4: Optional[int], ipv6: Optional[int] = None, dialled: bool = False) -> Dict[str, Any]:
    return {"dialled": dialled, "ipv4": ipv4, "ipv6": ipv6}


def _case(name: str, files: Dict[str, Any], verdict: str, peers: List[Dict[str, Any]], **more: Any) -> Scenario:
    by, up = more.pop("by", "wg-quick"), more.pop("up", False)
    path = next(iter(files))
    seen = [{"name": "wg0", "by": by, "file": "" if by == "running" else path, "up": up, "peers": peers}]
    observed = {"state": "value", "value": Part(interfaces=seen + more.pop("also", []))}
    return Scenario(name, {}, NARROW, verdict, observed, select=PEERS, files={**files, **ACCOUNTS}, **more)


def _quick(name: str, text: str, verdict: str, *peers: Dict[str, Any]) -> Scenario:
    return _case(name, {QUICK: File(HEAD + text, mode=0o600)}, verdict, list(peers))


def _keys(name: str, verdict: str, mode: str, files: Dict[str, Any]) -> Scenario:
    path = next(iter(files))
    observed = {
        "state": "value",
        "value": Part(keys=[{"path": path, "mode": mode, "owner": "root", "group": "root"}]),
    }
    return Scenario(name, {}, PRIVATE, verdict, observed, select="keys", files={**files, **ACCOUNTS})


def _error(name: str, files: Dict[str, Any], reason: str) -> Scenario:
    return Scenario(name, {}, NARROW, "error", {"state": "error", "reason": reason}, files={**files, **ACCOUNTS})


GATEWAY = "[Peer]\nPublicKey = y\nEndpoint = 192.0.2.1:51820\nAllowedIPs = 0.0.0.0/0, ::/0\n"
RUNNING = {"by": "running", "up": True}
CONNECTION = "/etc/NetworkManager/system-connections/wg.nmconnection"
KEY = "A" * 43 + "="
PLAN = """\
network:
  tunnels:
    wg0:
      mode: wireguard
      %s%s
      peers:
        - keys: {public: "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB="}
"""
# As netplan makes it, with the key in a file beside.
OF_NETPLAN = {"/run/systemd/network/10-netplan-wg0.netdev": "[NetDev]\nName=wg0\nKind=wireguard\n"}
SCENARIOS = [
    Scenario("nothing configured", {}, NARROW, "fail", {"state": "absent"}, select=PEERS),
    _quick("no peers", "", "pass"),
    _quick("one host", "[Peer]\nPublicKey = y\nAllowedIPs = 10.0.0.2/32\n", "pass", _peer(32)),
    _quick("no length is the whole address", "[Peer]\nAllowedIPs = 10.0.0.2, fd00::2\n", "pass", _peer(32, 128)),
    _quick("everything", "[Peer]\nAllowedIPs = 0.0.0.0/0\n", "fail", _peer(0)),
    _quick("everything of version 6", "[Peer]\nAllowedIPs = 10.0.0.2/32, ::/0\n", "fail", _peer(32, 0)),
    _quick("everything in two halves", "[Peer]\nAllowedIPs = 0.0.0.0/1, 128.0.0.0/1\n", "fail", _peer(1)),
    _quick("a gateway that is called", GATEWAY, "pass", _peer(0, 0, dialled=True)),
    _quick("endpoint in a comment", GATEWAY.replace("Endpoint", "#Endpoint"), "fail", _peer(0, 0)),
    # Other than in most files, a semicolon begins no comment: wg stops at such a line.
    _quick("lines add up", "[Peer]\nAllowedIPs = 10.0.0.2/32\nallowedips=10.8.0.0/8\n", "fail", _peer(8)),
    _quick("blanks and case count nowhere", "[ PEER ]\nAllowed IPs = 0.0.0.0 / 0\n", "fail", _peer(0)),
    _quick("comment behind a value", "[Peer]#x\nAllowedIPs = 10.0.0.2/32 # 0.0.0.0/0\n", "pass", _peer(32)),
    _quick("of two peers one", "[Peer]\nAllowedIPs = 10.0.0.2/32\n[Peer]\nAllowedIPs = 0.0.0.0/0\n", "fail", _peer(32), _peer(0)),
    _quick("endpoint of another peer", GATEWAY + "[Peer]\nAllowedIPs = 0.0.0.0/0\n", "fail", _peer(0, 0, dialled=True), _peer(0)),
    _quick("added as newer ones say it", "[Peer]\nAllowedIPs = +0.0.0.0/0\n", "fail", _peer(0)),
    _error("section that wg does not know", {QUICK: HEAD + "[Peers]\n"}, QUICK + ":4 is no section that wg knows; mend it"),
    _error("no length", {QUICK: HEAD + "[Peer]\nAllowedIPs = 10.0.0.0/x\n"}, "'10.0.0.0/x' is no range of addresses for WireGuard; mend AllowedIPs"),
    Scenario("name that is none of an interface", {}, NARROW, "fail", {"state": "absent"}, select=PEERS, files={"/etc/wireguard/a name.conf": HEAD}),
    _case("networkd", {NETDEV: "[NetDev]\nName=wg0\nKind=wireguard\n[WireGuardPeer]\nAllowedIPs=0.0.0.0/0\n"}, "fail", [_peer(0)], by="systemd-networkd"),
    _case("networkd, peers in two files", {
        NETDEV: "[NetDev]\nName=wg0\nKind=wireguard\n[WireGuardPeer]\nPublicKey=y\nEndpoint=192.0.2.1:1\n",
        NETDEV + ".d/a.conf": "[WireGuardPeer]\nAllowedIPs=0.0.0.0/0,\\\n ; no\n  10.0.0.0/8\n",
    }, "fail", [_peer(None, dialled=True), _peer(0)], by="systemd-networkd"),
    Scenario("networkd, another kind", {}, NARROW, "fail", {"state": "absent"}, select=PEERS, files={NETDEV: "[NetDev]\nKind=bridge\n"}),
    _case("NetworkManager", {
        CONNECTION: "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard-peer.abc=]\nallowed-ips=10.0.0.2/32;0.0.0.0/0;\n"
    }, "fail", [_peer(0)], by="NetworkManager"),
    _case("NetworkManager, calls", {
        CONNECTION: "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard-peer.abc=]\nendpoint=192.0.2.1:1\nallowed-ips=0.0.0.0/0;\n"
    }, "pass", [_peer(0, dialled=True)], by="NetworkManager"),
    _case("up without a file", UP, "fail", [_peer(0), _peer(32)], commands={"wg show wg0 allowed-ips": "y=\t0.0.0.0/0\nz=\t10.0.0.2/32\n"}, **RUNNING),
    _case("up and called, as its file says", {QUICK: File(HEAD + GATEWAY, mode=0o600), **UP}, "pass", [_peer(0, 0, dialled=True)], up=True, also=[
        {"name": "wg0", "by": "running", "file": "", "up": True, "peers": [_peer(0, dialled=True)]},
    ], commands={"wg show wg0 allowed-ips": "y\t0.0.0.0/0\n"}),
    # Its file was narrowed and nobody loaded it.
    _case("up with more than its file says", {QUICK: File(HEAD + "[Peer]\nAllowedIPs=10.0.0.2/32\n", mode=0o600), **UP}, "fail", [_peer(32)], up=True, also=[
        {"name": "wg0", "by": "running", "file": "", "up": True, "peers": [_peer(0)]},
    ], commands={"wg show wg0 allowed-ips": "y\t0.0.0.0/0\n"}),
    _error("up and nobody to ask", UP, "the interface wg0 is up, and wg is not there to ask for its peers; install wireguard-tools"),
    _case("up by a program", {"/run/wireguard/wg0.sock": "", "/sys/class/net/wg0/uevent": "INTERFACE=wg0\n"}, "pass", [_peer(None)],
          commands={"wg show wg0 allowed-ips": "y\t(none)\n"}, **RUNNING),
    _keys("closed key", "pass", "0600", {QUICK: File(HEAD, mode=0o600)}),
    _keys("open key", "fail", "0644", {QUICK: File(HEAD, mode=0o644)}),
    _keys("open key in a closed folder", "pass", "0600", {QUICK: File(HEAD, mode=0o644), "/etc/wireguard": File(mode=0o700, directory=True)}),
    _keys("group may enter the folder", "fail", "0640", {QUICK: File(HEAD, mode=0o644), "/etc/wireguard": File(mode=0o710, directory=True)}),
    _keys("key in a file of its own", "fail", "0644", {
        "/etc/keys/wg": File("x", mode=0o644), NETDEV: "[NetDev]\nKind=wireguard\n[WireGuard]\nPrivateKeyFile=/etc/keys/wg\n"}),
    _keys("key that netplan has too", "fail", "0644", {"/etc/netplan/wg.yaml": PLAN % ("key: ", KEY), **OF_NETPLAN}),
    _keys("key by its parts that netplan has too", "fail", "0644", {"/etc/netplan/wg.yaml": PLAN % ("keys:\n        private: ", KEY), **OF_NETPLAN}),
    Scenario("netplan names the file of a key", {}, PRIVATE, "pass", {"state": "value", "value": Part(keys=[])}, select="keys", files={
        "/etc/netplan/wg.yaml": PLAN % ("key: ", "/etc/keys/wg"), **OF_NETPLAN, **ACCOUNTS}),
    _keys("public key is for all", "pass", "0600", {QUICK: File(HEAD, mode=0o600), "/etc/wireguard/wg0.pub": File("y", mode=0o644)}),
]  # fmt: skip
