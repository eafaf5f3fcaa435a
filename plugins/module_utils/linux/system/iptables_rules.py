# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as iptables-save prints them and iptables-restore(8) takes them: iptables itself, netfilter-persistent, ufw."""

from __future__ import annotations

import re
import shlex
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import (
    ACCEPT,
    DROP,
    NOTRACK,
    TRANSLATED,
    Chain,
    Condition,
    Rule,
    Table,
    address_range,
)

BUILT_IN = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
# Targets that hand the packet on to the next rule.
GOES_ON = (
    "LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "TCPMSS", "SECMARK", "CONNSECMARK", "TOS", "DSCP", "CLASSIFY", "TRACE",
    "CHECKSUM", "SET", "TTL", "HL", "RATEEST", "LED", "AUDIT", "ECN", "HMARK", "IDLETIMER", "TCPOPTSTRIP", "TEE",
    "ACCOUNT", "DHCPMAC", "IPMARK", "LOGMARK", "NETFLOW",
)  # fmt: skip
OF_TRACKING = ("CT", "NOTRACK")
OF_NAT = ("DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP")
# Those of them that give the packet another receiver.
TRANSLATES = ("DNAT", "REDIRECT", "NETMAP")
# Targets of which nothing is known but that there are such.
UNFOLLOWED = (
    "QUEUE", "NFQUEUE", "SYNPROXY", "TPROXY", "TARPIT", "CLUSTERIP", "DNPT", "SNPT", "CHAOS", "DELUDE", "ECHO", "SYSRQ", "PROTO",
    "RAWDNAT", "RAWSNAT",
)  # fmt: skip
VERDICTS = {"ACCEPT": ACCEPT, "DROP": DROP, "REJECT": DROP, "RETURN": "return"}
# Matches that hold for a part of the packets only, whatever they are; their options have one value each, but for flags.
PARTIAL = ("limit", "hashlimit", "recent", "statistic", "connlimit", "quota", "nth", "random", "time")
# Matches that say nothing without their options, which are taken one by one. Any other may hold or not by itself (`-m socket`).
BY_OPTIONS = (
    "tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmp6", "icmpv6", "multiport", "conntrack", "state", "addrtype", "iprange",
    "pkttype", "comment", "set",
)  # fmt: skip
EXTENSIONS = ("rt", "frag", "ah", "esp", "hbh", "dst", "mh")
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "ipv6-icmp": "icmpv6", "132": "sctp"}
TAKES = {
    "-i": "iif", "--in-interface": "iif", "-o": "oif", "--out-interface": "oif", "-s": "saddr", "--source": "saddr",
    "--src": "saddr", "-d": "daddr", "--destination": "daddr", "--dst": "daddr", "-p": "proto", "--protocol": "proto",
    "--dport": "dport", "--dports": "dport", "--destination-port": "dport", "--destination-ports": "dport",
    "--sport": "sport", "--sports": "sport", "--source-port": "sport", "--source-ports": "sport",
    "--ctstate": "state", "--state": "state", "--dst-type": "dtype", "--src-range": "saddr", "--dst-range": "daddr",
    "--pkt-type": "pkttype",
    "--icmp-type": "icmp", "--icmpv6-type": "icmp",
}  # fmt: skip
# What says nothing about packets, with the words that it has.
IGNORED = {"--comment": 2, "-c": 3, "--set-counters": 3}
# An option whose value is joined to it.
_ATTACHED = re.compile(r"-[AIpsdiojgm][A-Za-z0-9]", re.ASCII)
Ports = Callable[[str], Optional[int]]


def parse(text: str, family: int, where: str, ports: Ports, tool: str = "iptables") -> List[Table]:
    """Return the tables of a text. Raises `ReadError` with the line that iptables-restore would refuse."""
    tables: Dict[str, Table] = {}
    load(text, family, where, ports, tables, tool)
    return list(tables.values())


def load(text: str, family: int, where: str, ports: Ports, tables: Dict[str, Table], tool: str = "iptables") -> None:
    """Add what a text says to tables, as iptables-restore --noflush does: a chain that is declared begins anew."""
    table: Optional[Table] = None
    for number, raw in enumerate(split_lines(text), 1):
        line = raw.strip(BLANKS)
        place = "%s:%d" % (where, number)
        if not line or line.startswith("#") or line == "COMMIT":
            continue
        if line.startswith("*"):
            name = line[1:]
            table = tables.setdefault(name, Table(name, (family,), tool))
        elif table is None:
            raise ReadError("%s stands in no table; iptables-restore takes none of the file" % place)
        elif line.startswith(":"):
            declare(table, line[1:], place)
        else:
            add_rule(table, line, place, family, ports)


def declare(table: Table, line: str, place: str) -> None:
    """Add a chain: ``NAME POLICY``, with `-` for one of no hook. Raises `ReadError` for a policy that is none."""
    name, _blank, rest = line.partition(" ")
    policy = rest.partition(" ")[0]
    if name in BUILT_IN:
        chain = _chain(table, name)
        if policy not in ("ACCEPT", "DROP"):
            raise ReadError("%s: %r is no policy of a chain" % (place, policy))
        chain.policy = VERDICTS[policy]
        # A chain of the kernel's own keeps its rules where it is declared anew.
        return
    table.chains[name] = Chain(name)


def _chain(table: Table, name: str) -> Chain:
    if name not in table.chains:
        hook = lowered(name) if name in BUILT_IN else ""
        sort = "nat" if table.name == "nat" else "filter"
        table.chains[name] = Chain(name, hook, sort, PRIORITIES.get(table.name, 0))
    return table.chains[name]


def add_rule(table: Table, line: str, place: str, family: int, ports: Ports) -> None:
    """Add a rule to its chain: ``-A CHAIN ...``. Raises `ReadError` for another command."""
    try:
        words = separated(shlex.split(line))
    except ValueError:
        words = []
    if words and words[0].startswith("["):
        words = words[1:]
    if len(words) > 1 and words[0] in ("-F", "--flush"):
        _chain(table, words[1]).rules.clear()
        return
    if len(words) < 2 or words[0] not in ("-A", "--append", "-I", "--insert"):
        raise ReadError("%s: %r is not followed" % (place, line.partition(" ")[0]))
    rest = words[2:]
    if rest and rest[0] in ("-4", "--ipv4", "-6", "--ipv6"):
        if rest[0] in ("-4", "--ipv4") if family == 6 else rest[0] in ("-6", "--ipv6"):
            return
        rest = rest[1:]
    at = None
    if words[0] in ("-I", "--insert"):
        at = int(rest[0]) - 1 if rest and is_number(rest[0]) else 0
        rest = rest[1:] if rest and is_number(rest[0]) else rest
    rule = _Options(rest, family, ports).rule(place)
    rules = _chain(table, words[1]).rules
    if at is not None and not 0 <= at <= len(rules):
        raise ReadError("%s: there is no such place in the chain %s" % (place, words[1]))
    rules.insert(len(rules) if at is None else at, rule)


def separated(words: Sequence[str]) -> List[str]:
    """Return words with each option apart from what it is given, as getopt(3) takes `-jACCEPT`, `--jump=ACCEPT` and `--jum ACCEPT`."""
    found: List[str] = []
    for word in words:
        name, sign, given = word.partition("=")
        if word.startswith("--") and len(word) > 2:
            found += [*(full for full in ("--jump", "--goto") if full.startswith(name)), name][:1]
            found += [given] if sign else []
        elif _ATTACHED.match(word):
            found += [word[:2], word[2:]]
        else:
            found.append(word)
    return found


class _Options:
    """The options of one rule."""

    def __init__(self, words: Sequence[str], family: int, ports: Ports) -> None:
        self._words = words
        self._family = family
        self._ports = ports
        self._at = 0
        self._conditions: List[Condition] = []

    def rule(self, place: str) -> Rule:
        """Return the rule that they make."""
        verdict, target, negated = "", "", False
        while self._at < len(self._words):
            word = self._words[self._at]
            if word == "!":
                negated, self._at = True, self._at + 1
                continue
            if word in ("-j", "--jump", "-g", "--goto"):
                # What follows are options of the target.
                verdict, target = _target(self._next(), word, self._words[self._at + 2 :])
                break
            self._at += self._option(word, negated)
            negated = False
        return Rule(tuple(self._conditions), verdict, target, place)

    def _next(self, ahead: int = 1) -> str:
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else ""

    def _option(self, word: str, negated: bool) -> int:
        """Take note of what an option says, and return how many words it has."""
        if word in ("-m", "--match"):
            return self._match(self._next())
        if word in IGNORED:
            return IGNORED[word]
        if word == "--match-set":
            self._conditions.append(Condition("ipset", (self._next(), self._next(2)), negated))
            return 3
        if word in ("--tcp-flags", "--syn"):
            alone = word == "--syn"
            mask, flags = ("SYN", "SYN") if alone else (self._next(), self._next(2))
            self._conditions.append(_flags(mask, flags, negated))
            return 1 if alone else 3
        if word in TAKES:
            self._conditions.extend(_field(TAKES[word], self._next(), negated, self._family, self._ports))
            return 2
        self._conditions.append(Condition("unknown"))
        return 1 + _until_option(self._words[self._at + 1 :])

    def _match(self, name: str) -> int:
        following = self._words[self._at + 2 :]
        if name not in (*PARTIAL, *EXTENSIONS, "rpfilter"):
            self._conditions.extend([] if name in BY_OPTIONS else [Condition("unknown")])
            return 2
        count = _until_next(following)
        if name in PARTIAL:
            self._conditions.append(Condition("some"))
        elif name != "rpfilter" or "--invert" in following[:count]:
            # A plain packet has no header of an extension, and whoever is asked about has a route back.
            self._conditions.append(Condition("family"))
        return 2 + count


def _flags(mask: str, flags: str, negated: bool) -> Condition:
    """Return whether a first packet, which has SYN alone, is meant."""
    looked_at = mask == "ALL" or "SYN" in mask.split(",")
    return Condition("syn", ((1, 1),), negated != (flags != ("SYN" if looked_at else "NONE")))


def _target(name: str, word: str, options: Sequence[str]) -> Tuple[str, str]:
    if word in ("-g", "--goto"):
        return "goto", name
    if name in OF_TRACKING:
        return (NOTRACK if name == "NOTRACK" or "--notrack" in options else ""), ""
    if name in TRANSLATES:
        return TRANSLATED, name
    if name in GOES_ON:
        return "", ""
    if name in VERDICTS:
        return VERDICTS[name], ""
    return ("unknown", name) if name in (*OF_NAT, *UNFOLLOWED) else ("jump", name)


def _until_option(words: Sequence[str]) -> int:
    count = 0
    for word in words:
        if word.startswith("-") or word == "!":
            break
        count += 1
    return count


def _until_next(words: Sequence[str]) -> int:
    """Return how many words the options of a match have, up to the next match or target."""
    count = 0
    for word in words:
        if word in ("-m", "-j", "-g", "--match", "--jump", "--goto", "--syn", "--tcp-flags") or word in TAKES:
            # A sign of negation before it is not one of the match's.
            return count - 1 if count and words[count - 1] == "!" else count
        count += 1
    return count


def _field(name: str, text: str, negated: bool, family: int, ports: Ports) -> List[Condition]:
    if name in ("iif", "oif"):
        return [Condition(name, ((text[:-1] + "*") if text.endswith("+") else text,), negated)]
    if name == "proto":
        words = PROTOCOLS.get(lowered(text), lowered(text))
        return [] if words in ("all", "0") else [Condition("proto", (words,), negated)]
    if name in ("saddr", "daddr"):
        # Before `/0` iptables looks at no address.
        whole = "::/0" if family == 6 else "0.0.0.0/0"
        texts = [whole if one.endswith("/0") else one for one in text.split(",")]
        return [addresses(name, texts, negated, family)]
    if name in ("dport", "sport"):
        return [numbers(name, text.replace(":", "-").split(","), negated, ports)]
    if name == "pkttype":
        text = text.replace("unicast", "host")
    if name == "icmp":
        return [Condition("proto", ("icmp", "icmpv6"))]
    return [Condition(name, tuple(lowered(one) for one in text.split(",")), negated)]


def addresses(name: str, texts: Sequence[str], negated: bool, family: int) -> Condition:
    """Return the condition of addresses; of one that is no address nothing is known."""
    try:
        ranges = [address_range(text) for text in texts]
    except ValueError:
        return Condition("unknown")
    return Condition(name, tuple((low, high) for one, low, high in ranges if one == family), negated)


def numbers(name: str, texts: Sequence[str], negated: bool, ports: Ports) -> Condition:
    """Return the condition of ports, by number, by name and as ranges."""
    found: List[Tuple[int, int]] = []
    for text in texts:
        first, dash, last = text.partition("-")
        # An open end is the first or the last port.
        low = 0 if dash and not first else ports(first)
        high = low if not dash else 65535 if not last else ports(last)
        if low is None or high is None:
            low, dash = ports(text), ""
            high = low
        if low is None or high is None:
            return Condition("unknown")
        found.append((low, high))
    return Condition(name, tuple(found), negated)
