# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would cut off others that are reached through this host, or those who tunnel: the confirmation tries this host only.

``options``: ``hosts_behind`` (names of those that the controller reaches through it by SSH), ``peers`` (host -> address of
the inventory's others), ``close_accounts`` (names of those that the site wants closed).
"""

from __future__ import annotations

import ipaddress
import re
import struct
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Sequence, Tuple, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import logins
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import authorized_keys, sshd_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_users

ROUTES, ROUTES_6 = "/proc/net/route", "/proc/net/ipv6_route"
# Flags of a route (RTF_UP, RTF_REJECT).
IN_USE, REJECTED = 0x1, 0x200
SHOWN = 10
# Options of sshd by which connections through it are refused, or fewer of them are taken.
REFUSES = {"disableforwarding": ("yes",), "allowtcpforwarding": ("no", "remote"), "permitopen": ()}
# Those of them that end tunnels too.
ENDS_TUNNELS = frozenset({"disableforwarding", "allowtcpforwarding"})
# Options of an authorised key by which somebody has meant it for tunnels (sshd(8)).
FOR_TUNNELS = re.compile(r"(?:^|[\s,])(?:port-forwarding\b|permitopen=|permitlisten=)", re.IGNORECASE | re.ASCII)
LIMITS = frozenset({"maxsessions", "maxstartups", "persourcemaxstartups"})
FORWARDING = ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv6.conf.all.forwarding")
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Route = Tuple[Network, str]


def refusals(host: Host, changes: Mapping[str, Sequence[Any]], options: Mapping[str, Any]) -> Dict[str, str]:
    """Return change -> why it is refused."""
    by_ssh = [str(name) for name in options.get("hosts_behind") or ()]
    found: Dict[str, str] = {}
    for change, (kind, address, wanted, *_closes) in changes.items():
        if kind == "sshd_option" and by_ssh and _hampers(address, wanted):
            found[change] = (
                "%s would be cut off, for they are reached through this host (ProxyJump or ProxyCommand); reach them in "
                "another way first, or exclude the rule for this host" % _shown(by_ssh)
            )
        elif (
            kind == "sshd_option"
            and lowered(str(address.get("name", ""))) in ENDS_TUNNELS
            and _hampers(address, wanted)
        ):
            reason = _tunnels(host, frozenset(str(name) for name in options.get("close_accounts") or ()))
            if reason:
                found[change] = reason
        elif kind == "sysctl" and str(address.get("name", "")).replace("/", ".") in FORWARDING and str(wanted) == "0":
            routed = _routed(host, options.get("peers") or {})
            if routed:
                found[change] = (
                    "this host forwards packets and stands between networks that hold %s, which could be cut off; route "
                    "around it first, or exclude the rule for this host" % _shown(routed)
                )
    return found


def _hampers(address: Address, wanted: Any) -> bool:
    name = lowered(str(address.get("name", "")))
    return name in LIMITS or (name in REFUSES and (not REFUSES[name] or lowered(str(wanted)) in REFUSES[name]))


def _tunnels(host: Host, spared: FrozenSet[str]) -> str:
    """Return why tunnels are not ended; nothing where nobody is known to have one."""
    try:
        found = [*_with_key_for_tunnels(host, spared), *_blocks_for_tunnels(host, spared)]
    except ReadError as problem:
        return "it cannot be told whose tunnels would be cut off by this: %s" % problem
    if not found:
        return ""
    return (
        "this would end the tunnels of %s; give them another way first, list the accounts in hipaa_cis_close_accounts if they "
        "are to be closed, or exclude the rule for this host" % _shown(found)
    )


def _with_key_for_tunnels(host: Host, spared: FrozenSet[str]) -> Iterator[str]:
    try:
        accounts = all_users(host)
    except NotFound:
        return
    options = logins.sshd_values(host)
    for user in accounts:
        lines = authorized_keys.key_lines(host, user, options) if user.name not in spared else ()
        # What stands before the key are its options.
        if any(FOR_TUNNELS.search(authorized_keys.KEY.split(line, 1)[0]) for line in lines):
            yield user.name


def _blocks_for_tunnels(host: Host, spared: FrozenSet[str]) -> Iterator[str]:
    """Yield the places where Match blocks allow tunnels, but for blocks of accounts that the site wants closed."""
    try:
        overrides = sshd_config.match_overrides(host, sshd_config.CONFIGURATION).get("allowtcpforwarding", [])
    except NotFound:
        return
    for one in overrides:
        condition = re.match(r"user[\s=]+(\S+)", one["match"], re.IGNORECASE | re.ASCII)
        named = condition.group(1).strip('"').split(",") if condition else [""]
        if lowered(str(one["value"])) != "no" and not spared.issuperset(named):
            yield "%s:%d (Match %s)" % (one["file"], one["line"], one["match"])


def _shown(names: Sequence[str]) -> str:
    more = " and %d more" % (len(names) - SHOWN) if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _routed(host: Host, peers: Mapping[str, str]) -> List[str]:
    """Return the peers in other networks than the one of the way out, where this host forwards packets between them."""
    if not any(_is_on(host, name) for name in FORWARDING):
        return []
    routes = _routes(host)
    out = {device for network, device in routes if not network.prefixlen}
    places = {name: _device(routes, address) for name, address in peers.items()}
    used = set(places.values()) - {""}
    away = [name for name, device in places.items() if device not in {"", *(out or {min(used, default="")})}]
    return sorted(away)


def _is_on(host: Host, name: str) -> bool:
    try:
        return host.read_text("/proc/sys/" + name.replace(".", "/")).strip(BLANKS) not in ("", "0")
    except NotFound:
        return False


def _routes(host: Host) -> List[Route]:
    """Return (network, device) of the routes in use, the narrowest first."""
    found: List[Route] = [
        (ipaddress.IPv4Network((_number(fields[1]), bin(int(fields[7], 16)).count("1"))), fields[0])
        for fields in _rows(host, ROUTES)[1:]
        if len(fields) > 7 and int(fields[3], 16) & IN_USE and fields[0] != "lo"
    ]
    found += [
        (ipaddress.IPv6Network((int(fields[0], 16), int(fields[1], 16))), fields[9])
        for fields in _rows(host, ROUTES_6)
        if len(fields) > 9 and int(fields[8], 16) & (IN_USE | REJECTED) == IN_USE and fields[9] != "lo"
    ]
    return sorted(found, key=lambda route: -route[0].prefixlen)


def _rows(host: Host, path: str) -> List[List[str]]:
    try:
        return [words_of(line) for line in host.read_text(path).split("\n")]
    except NotFound:
        return []


def _number(text: str) -> int:
    """Return an address of /proc/net/route, which stands there in the byte order of the host."""
    return int(struct.unpack("!I", struct.pack("=I", int(text, 16)))[0])


def _device(routes: Sequence[Route], address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return next((device for network, device in routes if known in network), "")
