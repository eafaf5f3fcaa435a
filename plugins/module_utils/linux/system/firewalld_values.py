# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What firewalld 1 and 2 take as values in the XML files of a site; with one that they do not take nothing of the site's own is loaded."""

from __future__ import annotations

import ipaddress
import re
from typing import Callable, Collection, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

Attributes = Mapping[str, str]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Ports = Callable[[str], Optional[int]]
# Kind -> the names that there are.
Names = Mapping[str, Collection[str]]
PROTOCOLS = "/etc/protocols"
LAST_PORT, LAST_PROTOCOL = 65535, 255
LONGEST_INTERFACE = 16
PRIORITIES = (-32768, 32767)
OF_PORTS = ("port", "source-port", "forward-port")
TRANSPORTS = ("tcp", "udp", "sctp", "dccp")
ZONE_TARGETS = ("ACCEPT", "%%REJECT%%", "DROP", "default", "{chain}_{zone}")
POLICY_TARGETS = ("ACCEPT", "REJECT", "DROP", "CONTINUE")
IPSET_TYPES = (
    "hash:ip", "hash:ip,port", "hash:ip,port,ip", "hash:ip,port,net", "hash:ip,mark", "hash:net", "hash:net,net", "hash:net,port",
    "hash:net,port,net", "hash:net,iface", "hash:mac",
)  # fmt: skip
LEVELS = ("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug")
_LIMIT = re.compile(r" *(?P<rate>[0-9]+) */ *(?:s|m|h|d|second|minute|hour|day) *\Z", re.ASCII)
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\Z", re.ASCII)
# Elements that name something, by which attribute, and what.
_OF_NAMES = {
    "service": ("name", "services"), "include": ("service", "services"), "icmp-block": ("name", "icmptypes"),
    "icmp-type": ("name", "icmptypes"), "protocol": ("value", "protocols"),
}  # fmt: skip


# Attributes that firewalld 1 does not know.
SINCE_2 = ("ingress-priority", "egress-priority", "burst")


def major(host: Host) -> int:
    """Return the first number of firewalld's version, 2 where nothing says it."""
    for path in host.glob("/usr/lib/python3*/*-packages/firewall/config/__init__.py"):
        found = re.search(r"^VERSION = ['\"](?P<major>[0-9]+)\.", host.read_text(path), re.MULTILINE)
        if found:
            return int(found["major"])
    return 2


def protocols(host: Host) -> List[str]:
    """Return the names of protocols (protocols(5)), other names of them too. Raises `ReadError` without the file."""
    try:
        lines = split_lines(host.read_text(PROTOCOLS))
    except NotFound:
        # Services that it ships name some, and with one that it does not take it ends.
        raise ReadError(
            "%s is missing, without which firewalld does not take the files that it ships and loads nothing; install netbase "
            "(on RHEL and its like: setup)" % PROTOCOLS
        ) from None
    rows = [words_of(line.partition("#")[0]) for line in lines]
    return [name for words in rows for name in words[:1] + words[2:]]


def port_range(text: str, ports: Ports) -> str:
    """Return ports as `low-high`, or as one; firewalld takes them in either order. Nothing for what it does not take."""
    first, dash, last = text.partition("-")
    if not dash or ports(text) is not None:
        first, last = text, text
    low, high = ports(first), ports(last)
    if low is None or high is None or max(low, high) > LAST_PORT:
        return ""
    return str(low) if low == high else "%d-%d" % (min(low, high), max(low, high))


def refusal(kind: str, parent: str, name: str, said: Attributes, ports: Ports, known: Names) -> str:
    """Return why firewalld does not take the attributes of an element, or nothing. ``kind``: of the file."""
    if name in _OF_NAMES and parent:
        attribute, sort = _OF_NAMES[name]
        return _of_name(said[attribute], sort, known[sort])
    if name in OF_PORTS:
        return _of_ports(kind, name, said, ports)
    if (kind, name) == ("service", "destination"):
        wrong = [text for family, text in said.items() if _network(text) != int(family[-1])]
        return "%r is no address of its family" % wrong[0] if wrong else ""
    if name in ("source", "destination") and kind in ("zone", "policy"):
        return _of_host(parent, name, said)
    check = _BY_NAME.get(name)
    return check(said) if check else ""


def _of_name(text: str, sort: str, there: Collection[str]) -> str:
    fits = int(text) <= LAST_PROTOCOL if sort == "protocols" and is_number(text) else text in there or not there
    return "" if fits else "there is no %s %s" % (sort[:-1], text)


def _of_ports(kind: str, name: str, said: Attributes, ports: Ports) -> str:
    alone = kind == "service" and name == "port" and not said["port"]
    if not alone and not port_range(said["port"], ports):
        return "%r is no port" % said["port"]
    if not alone and said["protocol"] not in TRANSPORTS:
        return "%r is no protocol with ports" % said["protocol"]
    if name == "forward-port":
        to, receiver = said.get("to-port", ""), said.get("to-addr", "")
        if not (to or receiver) or (to and not port_range(to, ports)):
            return "%r is no port to pass on to" % to
        if receiver and not _network(receiver, single=True):
            return "%r is no address" % receiver
    return ""


def _network(text: str, single: bool = False) -> int:
    """Return the family of an address, or of a network with its mask; 0 for what is neither."""
    try:
        address, _slash, mask = text.partition("/")
        return (
            ipaddress.ip_address(text).version
            if single or not mask
            else ipaddress.ip_network("%s/%s" % (ipaddress.ip_address(address), mask), strict=False).version
        )
    except ValueError:
        return 0


def _of_host(parent: str, name: str, said: Attributes) -> str:
    text = said.get("address", "")
    if parent != "rule":
        # Of a zone's own sender.
        if "invert" in said:
            return "a sender of a zone is not inverted"
        if not text and not said.get("ipset"):
            return "neither an address nor an ipset is named"
        return "" if not text or _network(text) or _MAC.match(text) else "%r is no address" % text
    if not any(said.get(one) for one in ("address", "ipset", "mac")):
        return "<%s> names nobody" % name
    return "" if not text or _network(text) else "%r is no address" % text


def _of_holder(name: str, said: Attributes) -> str:
    if name == "zone" and said.get("target", "default") not in ZONE_TARGETS:
        return "%s is no target of a zone" % said["target"]
    if name == "policy" and said["target"] not in POLICY_TARGETS:
        return "%s is no target of a policy" % said["target"]
    for attribute in ("priority", "ingress-priority", "egress-priority"):
        text = said.get(attribute)
        if text is None:
            continue
        if not is_number(text.lstrip("+-")) or not PRIORITIES[0] <= int(text) <= PRIORITIES[1]:
            return "%s is no priority" % text
        if name == "policy" and not int(text):
            return "the priority 0 is not for a policy"
    return "" if said.get("family") in (None, "ipv4", "ipv6") else "%s is no family" % said["family"]


def _interface(said: Attributes) -> str:
    name = said["name"]
    fits = 0 < len(name) <= LONGEST_INTERFACE and not set(name) & set(" /!*")
    return "" if fits else "%r is no name of an interface" % name


def _limit(said: Attributes) -> str:
    found = _LIMIT.match(said["value"])
    burst = said.get("burst", "0")
    # Once a day is too seldom for iptables.
    seldom = re.sub("[^0-9a-z]", "", said["value"]) in ("1d", "1day")
    fits = found and int(found["rate"]) and not seldom and is_number(burst)
    return "" if fits else "%r is no limit" % said["value"]


def _option(said: Attributes) -> str:
    name, text = said["name"], said.get("value", "")
    fits = (
        text in ("inet", "inet6")
        if name == "family"
        else name in ("timeout", "hashsize", "maxelem") and is_number(text)
    )
    return "" if fits else "the option %s=%s is not taken" % (name, text)


def overlapping(entries: Sequence[str]) -> str:
    """Return the first network that has addresses of another in it, or nothing; the same one twice is passed over."""
    last = None
    for one in sorted(set(_networks(entries)), key=lambda one: (one.version, int(one.network_address), one.prefixlen)):
        if last is not None and last.version == one.version and one.network_address in last:
            return str(one)
        last = one
    return ""


def _networks(entries: Sequence[str]) -> Iterator[Network]:
    for text in entries:
        try:
            yield ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue


_BY_NAME: Dict[str, Callable[[Attributes], str]] = {
    "zone": lambda said: _of_holder("zone", said),
    "policy": lambda said: _of_holder("policy", said),
    "rule": lambda said: _of_holder("rule", said),
    "interface": _interface,
    "limit": _limit,
    "option": _option,
    "ipset": lambda said: "" if said["type"] in IPSET_TYPES else "%s is no type of an ipset" % said["type"],
    "log": lambda said: "" if said.get("level", LEVELS[0]) in LEVELS else "%s is no level" % said["level"],
}


def refusal_of_ways(
    comes: Collection[str], goes: Collection[str], zones: Collection[str], items: Collection[str]
) -> str:
    """Return why a policy may not be between these, or nothing. ``items``: what stands in it and in its rules."""
    if "masquerade" in items and "HOST" in (*comes, *goes):
        return "<masquerade> is not for HOST"
    for side in (comes, goes):
        if {"ANY", "HOST"} & set(side) and len(set(side)) > 1:
            return "ANY or HOST stands alone"
        unknown = [name for name in side if name not in ("ANY", "HOST") and name not in zones]
        if unknown:
            return "there is no zone %s" % unknown[0]
    return "HOST is on one side alone" if "HOST" in comes and "HOST" in goes else ""
