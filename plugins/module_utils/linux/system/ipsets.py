# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of ipset(8) that rules of iptables name: as the kernel has them, and as they come back at boot."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from typing import Dict, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_rules import addresses
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import (
    Condition,
    Table,
    address_range,
)

# The plug-in of netfilter-persistent and its file; without the one the other is nothing.
PLUGIN, STORED = "/usr/share/netfilter-persistent/plugins.d/10-ipset", "/etc/iptables/ipsets"
# The unit of Red Hat's ipset-service, and its files.
UNIT, SCRIPT = "ipset.service", "/usr/libexec/ipset/ipset.start-stop"
SYSCONFIG, FOLDER = "/etc/sysconfig/ipset", "/etc/sysconfig/ipset.d"
# Types whose elements are addresses alone.
_OF_ADDRESSES = ("hash:ip", "hash:net", "iphash", "nethash", "bitmap:ip", "ipmap")
_FIELDS = {"src": "saddr", "dst": "daddr"}


@dataclass
class Made:
    """A set; ``entries`` is None where what is in it is not followed."""

    family: int = 4
    entries: Optional[List[str]] = field(default_factory=list)


def parse(text: str, where: str, into: Dict[str, Made]) -> None:
    """Add the sets of a text, as `ipset save` prints it and `ipset restore` takes it. Raises `ReadError` for what is neither."""
    for number, line in enumerate(split_lines(text), 1):
        try:
            words = shlex.split(line)
        except ValueError:
            words = ["?"]
        if not words or line.startswith("#") or words == ["COMMIT"]:
            continue
        place = "%s:%d" % (where, number)
        words = [word for word in words if word not in ("-exist", "-!")]
        if words[0] == "create" and len(words) > 2:
            options = words[3:]
            lasting = words[2] in _OF_ADDRESSES and "timeout" not in options
            family = 6 if any(pair == ("family", "inet6") for pair in zip(options, options[1:])) else 4
            into.setdefault(words[1], Made(family, [] if lasting else None))
        elif words[0] == "add" and len(words) > 2 and words[1] in into:
            _add(into[words[1]], words[2], words[3:], place)
        else:
            raise ReadError("%s: ipset may not take this, and what is in the sets is not followed" % place)


def _add(made: Made, entry: str, options: Sequence[str], place: str) -> None:
    if made.entries is None:
        return
    try:
        family = address_range(entry)[0]
    except ValueError:
        family = 0
    if family != made.family:
        # ipset stops at it, and the sets that it has made by then stay.
        raise ReadError("%s: %r is no address of its set" % (place, entry))
    made.entries.append(entry)
    if "nomatch" in options or "timeout" in options:
        made.entries = None


def at_boot(host: Host, persistent: bool, of_red_hat: bool) -> Dict[str, Made]:
    """Return the sets that netfilter-persistent and Red Hat's unit, where they are started, make before the rules."""
    found: Dict[str, Made] = {}
    paths: List[str] = []
    if persistent and host.exists(PLUGIN):
        paths.append(STORED)
    if of_red_hat:
        several = host.glob(FOLDER + "/*.set")
        if several and host.exists(SYSCONFIG):
            raise ReadError(
                "%s: sets stand there and in %s, and which of them count is not followed" % (SYSCONFIG, FOLDER)
            )
        paths += several or [SYSCONFIG]
    for path in paths:
        try:
            parse(host.read_text(path), path, found)
        except NotFound:
            continue
    return found


def now(host: Host, tables: Sequence[Table]) -> List[Table]:
    """Return loaded tables with what the sets hold; it is asked for only where a rule names one."""
    if not named(tables):
        return list(tables)
    try:
        text = host.run(["ipset", "save"]).stdout
    except NotFound:
        return list(tables)
    sets: Dict[str, Made] = {}
    parse(text, "ipset save", sets)
    return followed(tables, sets)


def refuse_missing(tables: Sequence[Table], sets: Dict[str, Made]) -> None:
    """Raise `ReadError` where rules name a set that nothing makes before them: iptables-restore loads nothing of their table."""
    for place, one in named(tables):
        if one.values[0] not in sets:
            raise ReadError("%s: the set %s is not made at boot by anything that is followed" % (place, one.values[0]))


def named(tables: Sequence[Table]) -> List[Tuple[str, Condition]]:
    """Return the conditions on sets, each with the place of its rule."""
    return [
        (rule.place, one)
        for table in tables
        for chain in table.chains.values()
        for rule in chain.rules
        for one in rule.conditions
        if one.field == "ipset"
    ]


def followed(tables: Sequence[Table], sets: Dict[str, Made]) -> List[Table]:
    """Put in place of each set the addresses that are in it."""
    for table in tables:
        for chain in table.chains.values():
            chain.rules[:] = [
                replace(rule, conditions=tuple(_held(one, sets) for one in rule.conditions))
                if any(one.field == "ipset" for one in rule.conditions)
                else rule
                for rule in chain.rules
            ]
    return list(tables)


def _held(one: Condition, sets: Dict[str, Made]) -> Condition:
    if one.field != "ipset":
        return one
    name, sides = one.values
    made = sets.get(name)
    # Of several sides one that is an address counts the first alone.
    side = _FIELDS.get(sides.partition(",")[0])
    if made is None or made.entries is None or side is None:
        return Condition("unknown")
    if not made.entries:
        # It never holds, whoever sends.
        return Condition("family", (), one.negated)
    return addresses(side, made.entries, one.negated, made.family)
