# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether switching a firewall on would close the port by which the controller comes."""

from __future__ import annotations

import re
from typing import Any, List, Mapping, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, lowered, raised
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.firewall import (
    own_addresses,
    packet,
    sets_of_red_hat,
    ways_out,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewall_at_boot import (
    FIREWALLD,
    NFT,
    UFW,
    loaded_by,
    loaders,
    rules_file,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewall_now import ports_by_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import (
    ACCEPT,
    DROP,
    Table,
    Walk,
)

UFW_DEFAULTS = "/etc/default/ufw"
UFW_CONF = "/etc/ufw/ufw.conf"
UFW_RULES = "/etc/ufw/user.rules"
# ufw keeps one comment a rule: action, protocol, port, to, port of the sender, from, and direction with the interface.
UFW_TUPLE = re.compile(
    r"^### tuple ### (?P<action>\w+?)(?:_log(?:-all)?)? (?P<protocol>\S+) (?P<port>\S+) \S+ (?P<sender_port>\S+) "
    r"(?P<sender>\S+) (?:.* )?in(?:_(?P<interface>[^\s!]+))?(?: comment=\S*)?\s*$",
    re.MULTILINE | re.ASCII,
)
EVERYWHERE = ("any", "0.0.0.0/0", "::/0")

# What a run is to write to ufw's own files: name of the variable -> text.
Planned = Mapping[str, str]


def closed_port(host: Host, address: Address, wanted: Any, ports: Sequence[int], planned: Planned) -> str:
    """Return why a change of a firewall would close all of these TCP ports, or nothing.

    ``planned``: what the same run is to write to ufw's files, for one change may be harmless and two of them not.
    """
    name = str(address.get("name", ""))
    written = ufw_variable(address)
    if written in ("ENABLED", "DEFAULT_INPUT_POLICY"):
        return _ufw(host, ports, {**planned, written: str(wanted)})
    if not address.get("file") and name == "ufw.service" and _starts(wanted):
        return _ufw(host, ports, planned)
    if not address.get("file") and name in _of_rules(host) and _starts(wanted):
        return _loaded(host, name, ports)
    return ""


def ufw_variable(address: Address) -> str:
    """Return the variable of ufw's files that an address names, or nothing."""
    return str(address.get("name", "")) if address.get("file") in (UFW_DEFAULTS, UFW_CONF) else ""


def _starts(wanted: Any) -> bool:
    return isinstance(wanted, Mapping) and (wanted.get("active") is True or wanted.get("enabled") is True)


def _variable(text: str, name: str, default: str) -> str:
    found = re.findall(r"^\s*%s=[\"']?([^\"'\s#]*)" % re.escape(name), text, re.MULTILINE | re.ASCII)
    return str(found[-1]) if found else default


def ufw_is_on(host: Host, planned: Optional[Planned] = None) -> bool:
    """Return whether ufw's files say that it filters."""
    enabled = (planned or {}).get("ENABLED") or _variable(text_or(host, UFW_CONF), "ENABLED", "no")
    return lowered(enabled) == "yes"


def _ufw(host: Host, ports: Sequence[int], planned: Planned) -> str:
    policy = planned.get("DEFAULT_INPUT_POLICY") or _variable(
        text_or(host, UFW_DEFAULTS), "DEFAULT_INPUT_POLICY", "DROP"
    )
    if not ufw_is_on(host, planned):
        return ""
    rules = text_or(host, UFW_RULES)
    if any(_ufw_lets_in(rules, port, raised(policy) == "ACCEPT") for port in ports):
        return ""
    return _said("ufw", ports, "ufw allow %d/tcp" % (ports[0] if ports else 22))


def _ufw_lets_in(rules: str, port: int, default: bool) -> bool:
    """Return what the first rule that fits says; one that is for some senders only is taken to let in, never to refuse."""
    for rule in UFW_TUPLE.finditer(rules):
        fits = rule["protocol"] in ("tcp", "any") and (rule["port"] == "any" or _in_list(port, rule["port"]))
        # Nobody comes from another host by the loopback interface.
        if not fits or rule["sender_port"] != "any" or rule["interface"] == "lo":
            continue
        if rule["action"] in ("allow", "limit"):
            return True
        if rule["sender"] in EVERYWHERE and not rule["interface"]:
            return False
    return default


def _in_list(port: int, text: str) -> bool:
    for piece in text.split(","):
        first, _colon, last = piece.partition(":")
        if is_number(first) and int(first) <= port <= int(last if is_number(last) else first):
            return True
    return False


def refuses(tables: Sequence[Table], hook: str = "input") -> bool:
    """Return whether some chain at a hook, or one that it hands over to, refuses anything."""
    for table in tables:
        pending = [chain for chain in table.chains.values() if chain.hook == hook]
        if any(chain.policy == DROP for chain in pending):
            return True
        seen: List[str] = []
        while pending:
            rules = pending.pop().rules
            if any(rule.verdict == DROP for rule in rules):
                return True
            names = [rule.target for rule in rules if rule.target in table.chains and rule.target not in seen]
            seen += names
            pending += [table.chains[name] for name in names]
    return False


def stored(host: Host, unit: str) -> List[Table]:
    """Return what a unit of nftables or iptables loads. Raises `ReadError` where that is not followed."""
    return loaded_by(host, [unit], bool(sets_of_red_hat(host)), ports_by_name(host))


def _of_rules(host: Host) -> List[str]:
    """Return the units that load rules which the site has written as such."""
    return [unit for unit in loaders(host) if unit not in (UFW, FIREWALLD)]


def _lets_in(host: Host, tables: Sequence[Table], port: int) -> bool:
    """Return whether a connection to a port may be let in; rules that are for some senders only are taken to let in.

    It comes by IPv4, but to a host that has addresses of IPv6 alone.
    """
    family = 6 if own_addresses(host, 6) and not own_addresses(host, 4) else 4
    for name in ways_out(host):
        made = packet(family, "tcp", port, iif=name, oif="")
        del made["sport"]
        if any(end.verdict == ACCEPT for end in Walk(tables, made).outcomes("incoming")):
            return True
    return False


def ufw_refuses_output(host: Host) -> bool:
    """Return whether ufw is set to refuse what no rule allows out."""
    return raised(_variable(text_or(host, UFW_DEFAULTS), "DEFAULT_OUTPUT_POLICY", "ACCEPT")) != "ACCEPT"


def _loaded(host: Host, unit: str, ports: Sequence[int]) -> str:
    tables = stored(host, unit)
    if not refuses(tables) or any(_lets_in(host, tables, port) for port in ports):
        return ""
    return _said("nftables" if unit == NFT else "iptables", ports, "a rule in %s" % rules_file(host, unit))


def _said(program: str, ports: Sequence[int], fix: str) -> str:
    return "%s would refuse what is not allowed, and nothing allows the SSH port %s; allow it first: %s" % (
        program, " or ".join(str(port) for port in ports), fix,
    )  # fmt: skip
