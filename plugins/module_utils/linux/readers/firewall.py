# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `firewall`: what the host's packet filter does with packets, as it is loaded and as the next boot loads it."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Mapping, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import listening_socket, units
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
    firewall_at_boot,
    firewall_units,
    ipsets,
    iptables_rules,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewall_now import loaded_now, ports_by_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import (
    ACCEPT,
    HOOKS,
    Outcome,
    Packet,
    Rule,
    Table,
    Walk,
    address,
    address_text,
)

FAMILIES = {"ipv4": 4, "ipv6": 6}
# Hosts anywhere, in both halves of the address space: nobody that a rule would name.
OUTSIDE = {4: ("64.23.5.9", "198.51.100.77"), 6: ("2a00:1450::77", "64:abcd::9")}
LOOPBACK = {4: "127.0.0.1", 6: "::1"}
SPOOFED = {4: ("127.0.0.1", "127.5.5.5"), 6: ("::1",)}
# An interface that no rule names.
UNNAMED = "interface that no rule names"
# Ports in all parts of the range; those that no rule names stand for what the rules do by default.
PORTS = (7, 1019, 2999, 5999, 9997, 14999, 19997, 27999, 35999, 43999, 51999, 59997, 64997)
ASKED_PORTS = 3
# A rule for more ports than these names none of them.
NAMED_RANGE = 10000
MAX_PORTS = 200
MAX_OWN = 4
MAX_DIFFERENCES = 20
# Senders that only one of both sets of rules names are asked about, so many at most.
MAX_SENDERS = 20
# What a packet that is given another receiver has otherwise.
OF_RECEIVERS = ("daddr", "dport", "dtype", "status")
SOURCE = "the rules that are loaded, and the files that are loaded at boot"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{now, boot}`` of each query; see docs/kinds.md."""

    def one(given: Address) -> Observation:
        query = required(given, "query")
        if query != "in_force" and query not in QUERIES:
            raise UsageError("query has to be one of %s" % ", ".join(["in_force", *QUERIES]))
        family = FAMILIES.get(required(given, "family"))
        if family is None:
            raise UsageError("family has to be ipv4 or ipv6")
        loaded = host.shared("firewall now", lambda: loaded_now(host))
        stored = host.shared("firewall boot", lambda: at_boot(host))
        if query == "in_force":
            return value(_differences(host, loaded, stored, family), SOURCE)
        seen = {"now": QUERIES[query](host, loaded, family), "boot": QUERIES[query](host, stored, family)}
        return value(seen, SOURCE)

    return read_each(addresses, one)


def at_boot(host: Host) -> List[Table]:
    """Return the tables that the units which start at boot load."""
    loaders = firewall_at_boot.loaders(host)
    started = _started(host, loaders)
    if firewall_at_boot.FIREWALLD in started:
        started += _started(host, [firewall_at_boot.MANAGER])
    started += sets_of_red_hat(host)
    started += _started_of_own(host)
    return firewall_at_boot.of(host, started, ports_by_name(host))


def sets_of_red_hat(host: Host) -> List[str]:
    """Return the unit that makes ipsets at boot, where there is one and it starts."""
    return _started(host, [ipsets.UNIT]) if host.exists(ipsets.SCRIPT) else []


def _started(host: Host, names: Sequence[str]) -> List[str]:
    """Return those of these services that the next boot starts. Raises `ReadError` where that is not told of one."""
    seen = units.read_services(host, [{"name": name} for name in names])
    broken = [one.reason for one in seen if one.state == "error"]
    if broken:
        raise ReadError(broken[0])
    return [name for name, one in zip(names, seen) if one.state == "value" and _starts(one.value)]


def _started_of_own(host: Host) -> List[str]:
    """Return the units of the site's own that load a packet filter at the next boot. Raises `ReadError` where that cannot be told."""
    names = firewall_units.mentioning(host, firewall_at_boot.KNOWN)
    for name, one in zip(names, units.read_services(host, [{"name": name} for name in names]) if names else ()):
        if one.state == "value" and one.value["enabled"] is None and "why" in one.value:
            raise ReadError(
                "%s loads a packet filter, and whether the next boot starts it is not told: %s"
                % (name, one.value["why"])
            )
    return _started(host, names) if names else []


def _starts(unit: Mapping[str, Any]) -> bool:
    """Return whether the next boot starts a unit; a mask that ends with this boot hides one that does."""
    return bool(unit["enabled"]) or (unit["enabled"] is None and unit["state"] == "masked-runtime")


def ways_out(host: Host) -> List[str]:
    """Return the interfaces that lead to the rest of the world: those with a default route, or else all but loopback."""
    found: List[str] = []
    try:
        for line in split_lines(host.read_text("/proc/net/route"))[1:]:
            words = words_of(line)
            if len(words) > 7 and words[1] == "00000000" and words[7] == "00000000":
                found.append(words[0])
        for line in split_lines(host.read_text("/proc/net/ipv6_route")):
            words = words_of(line)
            if len(words) > 9 and words[0] == "0" * 32 and words[1] == "00" and words[9] != "lo":
                found.append(words[9])
    except NotFound:
        pass
    try:
        names = [name for name in host.list_directory("/sys/class/net") if name not in ("lo", "bonding_masters")]
    except NotFound:
        names = []
    return list(dict.fromkeys(found)) or names or [UNNAMED]


def packet(family: int, protocol: str, port: int, **more: Any) -> Dict[str, Any]:
    """Return the first packet of a connection; ``more``: its fields that differ."""
    return {
        "family": family, "proto": protocol, "dport": port, "sport": 40001, "state": "new", "syn": 1, "dtype": "local",
        "pkttype": "host", "status": "", "way": "original", **more,
    }  # fmt: skip


def _ranges(tables: Sequence[Table]) -> Set[Tuple[int, int]]:
    return {
        pair
        for table in tables
        for chain in table.chains.values()
        for rule in chain.rules
        for one in rule.conditions
        if one.field == "dport" and not one.negated
        for pair in one.values
    }


def _unnamed_ports(tables: Sequence[Table]) -> List[int]:
    named = [(low, high) for low, high in _ranges(tables) if high - low <= NAMED_RANGE]
    free = [port for port in PORTS if not any(low <= port <= high for low, high in named)]
    step = max(1, len(free) // ASKED_PORTS)
    return free[::step] or list(PORTS)


def _packets(host: Host, tables: Sequence[Table], family: int, direction: str) -> Iterator[Packet]:
    """Yield packets that no rule is meant for, to and from hosts that none names."""
    own = own_addresses(host, family)
    for name in ways_out(host):
        for outside in OUTSIDE[family]:
            for port in _unnamed_ports(tables):
                for protocol in ("tcp", "udp"):
                    made = packet(family, protocol, port)
                    yield from _directed(made, direction, name, address(outside), own)


def own_addresses(host: Host, family: int) -> List[int]:
    """Return the addresses of the host, as the kernel's tables say; at most `MAX_OWN`."""
    found: List[int] = []
    try:
        if family == 6:
            found += [int(words_of(line)[0], 16) for line in split_lines(host.read_text("/proc/net/if_inet6"))]
        else:
            lines = split_lines(host.read_text("/proc/net/fib_trie"))
            for before, line in zip(lines, lines[1:]):
                if line.strip(BLANKS) == "/32 host LOCAL" and "|-- " in before:
                    found.append(address(before.partition("|-- ")[2].strip(BLANKS)))
    except (NotFound, ValueError, IndexError):
        pass
    loopback = (address(LOOPBACK[family]),)
    return [one for one in dict.fromkeys(found) if one not in loopback][:MAX_OWN]


def _directed(made: Dict[str, Any], direction: str, name: str, outside: int, own: Sequence[int]) -> Iterator[Packet]:
    if direction == "incoming":
        base = {**made, "iif": name, "oif": "", "saddr": outside}
        yield from [{**base, "daddr": one} for one in own] or [base]
    elif direction == "outgoing":
        base = {**made, "iif": "", "oif": name, "daddr": outside, "dtype": "unicast"}
        yield from [{**base, "saddr": one} for one in own] or [base]
    else:
        yield {**made, "iif": name, "oif": UNNAMED, "saddr": outside, "daddr": outside ^ 1, "dtype": "unicast"}


def _ends(tables: Sequence[Table], one: Packet, direction: str) -> Set[Outcome]:
    """Return how a packet may end. Raises `ReadError` where that hangs on a rule that is not followed."""
    walk = Walk(tables, one)
    ends = walk.outcomes(direction)
    if len({end.verdict for end in ends}) > 1 and walk.unknown:
        raise ReadError(
            "%s: the rule is not followed, and what becomes of %s packets hangs on it; look at it by hand"
            % (walk.unknown[0], direction)
        )
    return ends


def _verdict(tables: Sequence[Table], packets: Iterator[Packet], direction: str) -> str:
    for one in packets:
        for way, made in _translated(tables, one, direction):
            if any(end.verdict == ACCEPT for end in _ends(tables, made, way)):
                return ACCEPT
    return "refuse"


def _translated(tables: Sequence[Table], one: Packet, direction: str) -> Iterator[Tuple[str, Packet]]:
    """Yield a packet, or what is left of it where a rule may give it another receiver: it may come in, or be passed on."""
    translations = Walk(tables, one).translations(direction)
    if not translations:
        yield direction, one
        return
    made = {name: said for name, said in one.items() if name not in OF_RECEIVERS}
    yield direction, made
    # Who redirects, means the host itself.
    if direction == "incoming" and translations != {"redirect"}:
        yield "routed", {name: said for name, said in made.items() if name != "oif"}


def _default(host: Host, tables: Sequence[Table], family: int) -> Dict[str, str]:
    return {way: _verdict(tables, _packets(host, tables, family, way), way) for way in HOOKS}


def _loopback(host: Host, tables: Sequence[Table], family: int) -> Dict[str, Any]:
    """Return whether loopback's own packets pass, and what becomes of those from outside that claim its address."""
    own = address(LOOPBACK[family])
    ports = [*_unnamed_ports(tables), 22]
    inside = [
        packet(family, protocol, port, iif="lo", oif="lo", saddr=own, daddr=own)
        for port in ports
        for protocol in ("tcp", "udp")
    ]
    into = all({end.verdict for end in _ends(tables, one, "incoming")} == {ACCEPT} for one in inside)
    out = all({end.verdict for end in _ends(tables, one, "outgoing")} == {ACCEPT} for one in inside)
    return {"in": into, "out": out, "claimed": _claimed(host, tables, family)}


def _claimed(host: Host, tables: Sequence[Table], family: int) -> str:
    found = set()
    for name in ways_out(host):
        for text in SPOOFED[family]:
            for port in _unnamed_ports(tables):
                made = packet(family, "tcp", port, iif=name, oif="", saddr=address(text))
                found |= _ends(tables, made, "incoming")
    if any(end.verdict == ACCEPT for end in found):
        return ACCEPT
    by_rule = all(end.rule is not None and _tells_source(end.rule, tables) for end in found)
    return "refuse" if by_rule else "refuse by default"


def _tells_source(rule: Rule, tables: Sequence[Table]) -> bool:
    """Return whether a rule, or one that leads to its chain, looks at who sends."""
    if rule.tells("saddr"):
        return True
    for table in tables:
        for chain in table.chains.values():
            if any(rule is one for one in chain.rules):
                leading = [one for other in table.chains.values() for one in other.rules if one.target == chain.name]
                return bool(leading) and all(one.tells("saddr") for one in leading)
    return False


def _ports(host: Host, tables: Sequence[Table], family: int) -> List[str]:
    """Return the ports open to the network that no rule names which their packets get to."""
    sockets = listening_socket.read(host, [{}])[0]
    if sockets.state != "value":
        raise ReadError(sockets.reason)
    found: List[str] = []
    for entry in sockets.value:
        if "not_shown" in entry:
            raise ReadError("more sockets are open than are looked at")
        if entry["local_only"] or not _of_family(entry, family):
            continue
        protocol, port = str(entry["protocol"])[:3], int(entry["port"])
        text = "%s/%d" % (protocol, port)
        if text not in found and not _is_named(host, tables, family, protocol, port):
            found.append(text)
    return found[:MAX_PORTS]


def _of_family(entry: Mapping[str, Any], family: int) -> bool:
    """Return whether a socket takes packets of a family; one for all addresses of IPv6 takes those of IPv4 too."""
    if family == 6:
        return str(entry["protocol"]).endswith("6") and not str(entry["address"]).startswith("::ffff:")
    return (
        not str(entry["protocol"]).endswith("6")
        or str(entry["address"]).startswith("::ffff:")
        or entry["address"] == "::"
    )


def _is_named(host: Host, tables: Sequence[Table], family: int, protocol: str, port: int) -> bool:
    for name in ways_out(host):
        # Who may send is the rule's own affair, so nothing is said of it here.
        made = packet(family, protocol, port, iif=name, oif="")
        del made["sport"]
        walk = Walk(tables, made)
        walk.outcomes("incoming")
        if not any(_names(rule, port) for rule in walk.reached.values()):
            return False
    return True


def _names(rule: Rule, port: int) -> bool:
    return bool(rule.verdict) and any(
        low <= port <= high and high - low <= NAMED_RANGE
        for one in rule.conditions
        if one.field == "dport" and not one.negated
        for low, high in one.values
    )


def _differences(host: Host, loaded: Sequence[Table], stored: Sequence[Table], family: int) -> List[str]:
    """Return what becomes of packets otherwise now than after the next boot, for the first ports that differ."""
    both = [*loaded, *stored]
    senders = sorted(_senders(loaded, family) ^ _senders(stored, family))[:MAX_SENDERS]
    single = sorted({low for low, high in _ranges(both) if low == high})
    found: List[str] = []
    for way, name, made in _samples(host, family, single, _unnamed_ports(both), senders):
        now, boot = (_spoken(_ends(tables, made, way)) for tables in (loaded, stored))
        text = "%s %s/%d on %s: %s now, %s at boot" % (way, made["proto"], made["dport"], name, now, boot)
        if now != boot and text not in found:
            found.append(text)
    return found[:MAX_DIFFERENCES]


def _senders(tables: Sequence[Table], family: int) -> Set[int]:
    """Return the first address of each range of senders that a rule names."""
    return {
        low
        for table in tables
        if family in table.families
        for chain in table.chains.values()
        for rule in chain.rules
        if all(one.holds({"family": family}) is not False for one in rule.conditions if one.field == "family")
        for one in rule.conditions
        if one.field == "saddr"
        for low, _high in one.values
    }


def _samples(
    host: Host, family: int, named: Sequence[int], unnamed: Sequence[int], senders: Sequence[int]
) -> Iterator[Tuple[str, str, Packet]]:
    """Yield direction, interface and packet: from outside and from ``senders``, to the outside, and of loopback."""
    own = own_addresses(host, family)[:1]
    loopback = address(LOOPBACK[family])
    for protocol in ("tcp", "udp"):
        for port in [*named, *unnamed]:
            made = packet(family, protocol, port)
            for name in ways_out(host):
                for way in ("incoming", "outgoing"):
                    for one in _directed(made, way, name, address(OUTSIDE[family][0]), own):
                        yield way, name, one
                for sender in senders:
                    for one in _directed(made, "incoming", name, sender, own):
                        yield "incoming", "%s from %s" % (name, address_text(sender, family)), one
            if port in unnamed:
                yield "incoming", "lo", {**made, "iif": "lo", "oif": "", "saddr": loopback, "daddr": loopback}


def _spoken(ends: Set[Outcome]) -> str:
    return ACCEPT if any(end.verdict == ACCEPT for end in ends) else "refuse"


def _iptables(_host: Host, tables: Sequence[Table], family: int) -> List[str]:
    """Return the chains that iptables fills, by whichever of its two interfaces."""
    return sorted(
        {
            "%s %s" % (table.name.rpartition(" ")[2], chain.name)
            for table in tables
            if table.families == (family,)
            for chain in table.chains.values()
            if chain.name in iptables_rules.BUILT_IN and (chain.rules or chain.policy != ACCEPT)
        }
    )


def _hooks(_host: Host, tables: Sequence[Table], family: int) -> List[str]:
    """Return the hooks at which a chain of nftables decides."""
    found: FrozenSet[str] = frozenset(
        chain.hook
        for table in tables
        if family in table.families
        for chain in table.chains.values()
        if chain.hook and chain.sort == "filter"
    )
    return sorted(found)


def _tables(_host: Host, tables: Sequence[Table], family: int) -> List[str]:
    return sorted({table.name for table in tables if family in table.families})


QUERIES: Dict[str, Callable[[Host, Sequence[Table], int], Any]] = {
    "default": _default,
    "loopback": _loopback,
    "ports": _ports,
    "hooks": _hooks,
    "tables": _tables,
    "iptables": _iptables,
}
