# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a packet filter does with a packet: tables, chains and rules of any tool, and the walk through them.

A packet is one concrete packet (an address, a port, an interface), so a condition holds, does not hold, or is not
understood; the walk then takes both ways.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered

ACCEPT, DROP, FALL, NOTRACK, TRANSLATED = "accept", "drop", "fall", "notrack", "translated"
# Connections are followed from here on; of what is let off before, no later rule sees a state but `untracked`.
CONNTRACK = -200
MAX_DEPTH = 64
MAX_STEPS = 20000
# The hooks that a packet passes on its way in, through and out.
HOOKS = {
    "incoming": ("prerouting", "input"),
    "routed": ("prerouting", "forward", "postrouting"),
    "outgoing": ("output", "postrouting"),
}

# Field -> what the packet has in it; addresses are numbers. A field that is missing is not known.
Packet = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """``field`` of the packet lies in one of ``values``: texts, or (first, last) numbers.

    The field `unknown` is a condition that was not understood, `some` one that holds for a part of all packets (a limit).
    """

    field: str
    values: Tuple[Any, ...] = ()
    negated: bool = False

    def holds(self, packet: Packet) -> Optional[bool]:
        """Return whether it holds for the packet, or None where both may be."""
        if self.field not in packet:
            return None
        seen = packet[self.field]
        return any(_is_in(seen, wanted) for wanted in self.values) != self.negated


def _is_in(seen: Any, wanted: Any) -> bool:
    return _names(str(wanted), seen) if isinstance(seen, str) else bool(wanted[0] <= seen <= wanted[1])


def _names(wanted: str, seen: str) -> bool:
    return seen.startswith(wanted[:-1]) if wanted.endswith("*") else wanted == seen


@dataclass(frozen=True)
class Rule:
    """``verdict``: accept, drop, return, jump, goto, notrack, translated, unknown, or nothing where the rule decides nothing."""

    conditions: Tuple[Condition, ...]
    verdict: str
    target: str = ""
    place: str = ""

    def tells(self, *fields: str) -> bool:
        """Return whether the rule looks at one of these fields."""
        return any(one.field in fields for one in self.conditions)


@dataclass
class Chain:
    """A chain; ``hook`` is empty where only other rules lead to it."""

    name: str
    hook: str = ""
    sort: str = "filter"
    priority: int = 0
    policy: str = ACCEPT
    rules: List[Rule] = field(default_factory=list)


@dataclass
class Table:
    """A table of the families (4, 6) whose packets it sees."""

    name: str
    families: Tuple[int, ...]
    tool: str
    chains: Dict[str, Chain] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """A possible end of a packet, and the rule that made it (None: a policy)."""

    verdict: str
    rule: Optional[Rule] = None


@dataclass
class Walk:
    """One packet's ways through all tables: the outcomes, what was not understood on the way, which rules were reached."""

    tables: Sequence[Table]
    packet: Packet
    unknown: List[str] = field(default_factory=list)
    reached: Dict[int, Rule] = field(default_factory=dict)
    _steps: int = 0
    _early: bool = False
    _forked: bool = False

    def outcomes(self, direction: str) -> Set[Outcome]:
        """Return how the packet may end."""
        ends: Set[Outcome] = {Outcome(ACCEPT)}
        for chain, table in self._bases(direction):
            self._early = chain.priority < CONNTRACK
            if chain.sort == "nat":
                continue
            seen = {Outcome(chain.policy) if one.verdict == FALL else one for one in self._through(table, chain, 0)}
            if any(one.verdict == ACCEPT for one in seen):
                ends = {one for one in ends if one.verdict == DROP} | seen
            else:
                return {one for one in ends if one.verdict == DROP} | seen
        return ends

    def translations(self, direction: str) -> Set[str]:
        """Return how rules may give the packet another receiver: by their targets, such as ``dnat``."""
        return {
            lowered(end.rule.target)
            for chain, table in self._bases(direction)
            if chain.sort == "nat" and chain.hook == HOOKS[direction][0]
            for end in self._through(table, chain, 0)
            if end.verdict == TRANSLATED and end.rule
        }

    def _bases(self, direction: str) -> Iterator[Tuple[Chain, Table]]:
        for hook in HOOKS[direction]:
            found = [
                (chain, table)
                for table in self.tables
                if self.packet["family"] in table.families
                for chain in table.chains.values()
                if chain.hook == hook
            ]
            found.sort(key=_priority)
            yield from found

    def _through(self, table: Table, chain: Chain, depth: int) -> Set[Outcome]:
        ends: Set[Outcome] = set()
        for rule in chain.rules:
            self._steps += 1
            matched = self._matches(rule)
            if matched is False:
                continue
            self.reached[id(rule)] = rule
            taken = self._verdict(table, rule, depth)
            ends |= {one for one in taken if one.verdict != "next"}
            if matched and not any(one.verdict == "next" for one in taken):
                return ends
        return ends | {Outcome(FALL)}

    def _matches(self, rule: Rule) -> Optional[bool]:
        seen = [(one, one.holds(self.packet)) for one in rule.conditions]
        if any(holds is False for _one, holds in seen):
            return False
        if all(holds for _one, holds in seen):
            return True
        if rule.verdict and any(holds is None and one.field != "some" for one, holds in seen):
            self.unknown.append(rule.place)
        self._forked = self._forked or bool(rule.verdict)
        return None

    def _let_off(self) -> None:
        """Take note that the connection is not followed; where the packet may have gone another way, its state is not known.

        Those of loopback have a state by then, which they got on their way out.
        """
        said = ("state", "status", "way")
        kept = {name: text for name, text in self.packet.items() if name not in said}
        sure = not self._forked and self.packet.get("iif") != "lo"
        self.packet = {**kept, "state": "untracked"} if sure else kept

    def _verdict(self, table: Table, rule: Rule, depth: int) -> Set[Outcome]:
        if rule.verdict in (ACCEPT, DROP, TRANSLATED):
            return {Outcome(rule.verdict, rule)}
        if rule.verdict == "return":
            return {Outcome(FALL)}
        if rule.verdict == NOTRACK and self._early:
            self._let_off()
        if rule.verdict in ("", NOTRACK):
            return {Outcome("next")}
        chain = table.chains.get(rule.target) if rule.verdict in ("jump", "goto") else None
        if chain is None or depth > MAX_DEPTH or self._steps > MAX_STEPS:
            self.unknown.append(rule.place)
            return {Outcome(ACCEPT, rule), Outcome(DROP, rule), Outcome("next")}
        ends = self._through(table, chain, depth + 1)
        if rule.verdict == "goto":
            return ends
        return {Outcome("next") if one.verdict == FALL else one for one in ends}


def _priority(pair: Tuple[Chain, Table]) -> int:
    return pair[0].priority


def address_range(text: str) -> Tuple[int, int, int]:
    """Return (family, first, last) of an address, a network or a range of addresses. Raises `ValueError`."""
    first, dash, last = text.partition("-")
    if dash:
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        return low.version, int(low), int(high)
    network = ipaddress.ip_network(text, strict=False)
    return network.version, int(network[0]), int(network[-1])


def address(text: str) -> int:
    """Return an address as the number that conditions hold against."""
    return int(ipaddress.ip_address(text))


def address_text(number: int, family: int) -> str:
    """Return the text of an address that is a number."""
    return str(ipaddress.IPv6Address(number) if family == 6 else ipaddress.IPv4Address(number))
