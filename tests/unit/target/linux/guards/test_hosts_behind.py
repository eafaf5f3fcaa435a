"""Hosts that are reached through this one are not cut off by it."""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.hosts_behind import refusals

NO_FORWARDING: Any = ("sysctl", {"name": "net.ipv4.ip_forward"}, "0")
HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
PEERS = {"web": "10.1.0.7", "ward": "10.2.0.7", "far": "192.0.2.1", "named": "ward.example.org"}


def option(name, wanted):
    return ("sshd_option", {"name": name}, wanted)


def number(address):
    return "%08X" % struct.unpack("=I", socket.inet_aton(address))[0]


def route(device, target, mask):
    return f"{device} {number(target)} 00000000 0001 0 0 0 {number(mask)} 0 0 0\n"


@pytest.fixture
def refusal(tmp_path):
    def runner(_argv, _timeout):
        return CommandResult(missing=True, problem="-")

    def ask(change, forwarding="1", routes="", routes_6="", files=None, **options):
        for name, text in (
            ("proc/sys/net/ipv4/ip_forward", forwarding + "\n"),
            ("proc/net/route", HEAD + routes),
            ("proc/net/ipv6_route", routes_6),
            *((name[1:], text) for name, text in (files or {}).items()),
        ):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return refusals(PlannedHost(str(tmp_path), runner=runner, privileged=True), {"it": change}, options).get(
            "it", ""
        )

    return ask


@pytest.mark.parametrize(
    "change",
    [
        option("DisableForwarding", "yes"),
        option("AllowTcpForwarding", "no"),
        option("MaxSessions", 10),
        option("MaxStartups", "1"),
    ],
)
def test_bastion_stays_one(refusal, change):
    assert "web, ward would be cut off" in refusal(change, hosts_behind=["web", "ward"])
    assert refusal(change, hosts_behind=[]) == refusal(change) == ""


def test_other_options_of_a_bastion_are_set(refusal):
    assert refusal(option("X11Forwarding", "no"), hosts_behind=["web"]) == ""
    assert refusal(option("DisableForwarding", "no"), hosts_behind=["web"]) == ""


FORWARDING_OFF = option("DisableForwarding", "yes")
PASSWD = "/etc/passwd"
TUNNEL = {PASSWD: "tunnel:x:1:1::/home/tunnel:/usr/sbin/nologin\nada:x:2:2::/home/ada:/bin/sh\n"}
KEYS = "/home/tunnel/.ssh/authorized_keys"
SSH_KEY = "ssh-ed25519 AAAAC3Nz me\n"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("restrict,port-forwarding " + SSH_KEY, True),
        ('permitopen="db:5432" ' + SSH_KEY, True),
        ('command="/bin/false",PermitListen="8080" ' + SSH_KEY, True),
        ("port-forwarding " + SSH_KEY.replace("ssh-ed25519", "ecdsa-sha2-nistp256"), True),
        (SSH_KEY, False),
        ("no-port-forwarding " + SSH_KEY, False),
        ("#port-forwarding " + SSH_KEY, False),
        (SSH_KEY.replace("me", "port-forwarding"), False),
    ],
)
@pytest.mark.parametrize("change", [FORWARDING_OFF, option("AllowTcpForwarding", "no")])
def test_tunnel_of_a_key_goes_on(refusal, change, line, found):
    files = {**TUNNEL, KEYS: line}

    assert ("tunnels of tunnel;" in refusal(change, files=files)) is found
    assert refusal(change, files=files, close_accounts=["tunnel"]) == ""
    assert refusal(option("DisableForwarding", "no"), files=files) == ""
    assert refusal(option("PermitOpen", "none"), files=files) == ""


@pytest.mark.parametrize(
    ("said", "found"), [("yes", True), ("local", True), ("remote", True), ("no", False), ("NO", False)]
)
def test_tunnel_of_a_match_block_goes_on(refusal, said, found):
    files = {"/etc/ssh/sshd_config": f"Match User tunnel,ada\n  AllowTcpForwarding {said}\n"}

    assert ("/etc/ssh/sshd_config:2 (Match User tunnel,ada);" in refusal(FORWARDING_OFF, files=files)) is found
    assert (refusal(FORWARDING_OFF, files=files, close_accounts=["tunnel"]) != "") is found
    assert refusal(FORWARDING_OFF, files=files, close_accounts=["ada", "tunnel"]) == ""


def test_tunnels_of_a_group_go_on_whoever_may_be_closed(refusal):
    files = {"/etc/ssh/sshd_config": "Match Group tunnel\n  AllowTcpForwarding yes\n"}

    assert "(Match Group tunnel);" in refusal(FORWARDING_OFF, files=files, close_accounts=["tunnel"])


def test_tunnels_that_cannot_be_told_go_on(refusal):
    assert "cannot be told" in refusal(FORWARDING_OFF, files={PASSWD: "broken\n"})


BOTH = (
    route("eth1", "10.2.0.0", "255.255.0.0")
    + route("eth0", "10.1.0.0", "255.255.0.0")
    + route("eth0", "0.0.0.0", "0.0.0.0")
)


def test_router_between_hosts_goes_on_forwarding(refusal):
    assert "hold ward, which" in refusal(NO_FORWARDING, routes=BOTH, peers=PEERS)


def route_6(device, network, flags="00000001"):
    target = ipaddress.IPv6Network(network)
    fields = (target.network_address.exploded.replace(":", ""), target.prefixlen, "0" * 32, "0" * 32, flags, device)
    return "{} {:02x} {} 00 {} 00000100 00000001 00000000 {} {:>8}\n".format(*fields)


def test_router_of_ipv6_is_one_too(refusal):
    peers = {"web": "2001:db8:1::10", "ward": "2001:db8:2::10"}
    routes = route_6("eth0", "2001:db8:1::/64") + route_6("eth1", "2001:db8:2::/64") + route_6("eth0", "::/0")

    assert "hold ward, which" in refusal(NO_FORWARDING, routes_6=routes, peers=peers)
    rejected = routes.replace(route_6("eth1", "2001:db8:2::/64"), route_6("lo", "2001:db8:2::/64", "00200200"))
    assert refusal(NO_FORWARDING, routes_6=rejected, peers=peers) == ""


def test_host_that_is_no_router_stops_forwarding(refusal):
    assert refusal(NO_FORWARDING, "0", BOTH, peers=PEERS) == ""
    assert refusal(NO_FORWARDING, routes=BOTH.replace("eth1", "eth0"), peers=PEERS) == ""
    assert refusal(NO_FORWARDING, routes=BOTH, peers={}) == ""


def test_routes_of_the_loopback_and_those_that_are_not_in_use_do_not_count(refusal):
    assert refusal(NO_FORWARDING, routes=BOTH.replace("eth1", "lo"), peers=PEERS) == ""
    unused = BOTH.replace(" 0001 ", " 0000 ")
    assert refusal(NO_FORWARDING, routes=unused, peers=PEERS) == ""


def test_way_out_is_the_route_to_everywhere(refusal):
    routes = route("eth1", "10.2.0.0", "255.255.0.0") + route("eth1", "0.0.0.0", "255.0.0.0")

    assert refusal(NO_FORWARDING, routes=routes + route("eth0", "0.0.0.0", "0.0.0.0"), peers={"ward": "10.2.0.7"}) != ""
