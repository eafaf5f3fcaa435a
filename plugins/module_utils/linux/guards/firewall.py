# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether switching a firewall on would close the port by which the controller comes."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, lowered, raised
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address

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
NFTABLES = "/etc/nftables.conf"
IPTABLES = "/etc/iptables/rules.v4"
MAX_INCLUDES = 100
_REFUSAL = re.compile(r"\b(drop|reject)\b", re.ASCII)

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
    if not address.get("file") and name in _SERVICES and _starts(wanted):
        return _SERVICES[name](host, ports)
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


def nftables_text(host: Host, path: str = NFTABLES) -> str:
    """Return what nftables.service loads, without comments, with the files that it includes."""
    pending: List[str] = [path]
    found: List[str] = []
    while pending and len(found) < MAX_INCLUDES:
        text = re.sub(r"#.*", "", text_or(host, pending.pop(0)))
        found.append(text)
        for name in re.findall(r"^\s*include\s+[\"']([^\"']+)[\"']", text, re.MULTILINE | re.ASCII):
            # A relative name is one of the default include directory of nft(8).
            full = name if name.startswith("/") else "/etc/" + name
            pending += host.glob(full) if re.search(r"[*?\[]", full) else [full]
    return "\n".join(found)


def nftables_refuses(text: str, hook: str = "input") -> bool:
    """Return whether some chain at a hook, or one that it hands over to, refuses anything."""
    bodies = dict(_chains(text))
    pending = [name for name, body in bodies.items() if re.search(r"\bhook\s+%s\b" % hook, body, re.ASCII)]
    seen: List[str] = []
    while pending:
        name = pending.pop()
        if name in seen or name not in bodies:
            continue
        seen.append(name)
        if _REFUSAL.search(bodies[name]):
            return True
        pending += re.findall(r"\b(?:jump|goto)\s+(\S+?)\s*(?:[;,}]|$)", bodies[name], re.MULTILINE | re.ASCII)
    return False


def _chains(text: str) -> List[Any]:
    """Return (name, what stands between its braces) of all chains; of two of a name both bodies."""
    found: Dict[str, str] = {}
    for head in re.finditer(r"\bchain\s+(?:(?:inet|ip6?)\s+\S+\s+)?(\S+)\s*\{", text, re.ASCII):
        depth, place = 1, head.end()
        while place < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[place], 0)
            place += 1
        found[head.group(1)] = found.get(head.group(1), "") + "\n" + text[head.end() : place]
    return list(found.items())


def _nftables(host: Host, ports: Sequence[int]) -> str:
    text = nftables_text(host)
    names = "|".join([str(port) for port in ports] + (["ssh"] if 22 in ports else []))
    if not nftables_refuses(text) or re.search(r"tcp\s+dport\s+(\{[^}]*)?\b(%s)\b[^\n]*accept" % names, text, re.ASCII):
        return ""
    return _said("nftables", ports, "a rule in %s" % NFTABLES)


def iptables_refuses(host: Host, chain: str = "INPUT") -> bool:
    """Return whether the stored rules of iptables refuse anything in a chain."""
    pattern = rf"^:{chain} (DROP|REJECT)\b|^-A {chain}\b.*-j (DROP|REJECT)\b"
    return re.search(pattern, text_or(host, IPTABLES), re.MULTILINE) is not None


def ufw_refuses_output(host: Host) -> bool:
    """Return whether ufw is set to refuse what no rule allows out."""
    return raised(_variable(text_or(host, UFW_DEFAULTS), "DEFAULT_OUTPUT_POLICY", "ACCEPT")) != "ACCEPT"


def _iptables(host: Host, ports: Sequence[int]) -> str:
    text = text_or(host, IPTABLES)
    names = "|".join(str(port) for port in ports)
    refuses = re.search(r"^:INPUT (DROP|REJECT)\b|^-A INPUT -j (DROP|REJECT)\b", text, re.MULTILINE | re.ASCII)
    if not refuses or re.search(
        r"^-A INPUT\b.*--dports?\s+(\S*,)?(%s)\b.*-j ACCEPT" % names, text, re.MULTILINE | re.ASCII
    ):
        return ""
    return _said("iptables", ports, "a rule in %s" % IPTABLES)


def _said(program: str, ports: Sequence[int], fix: str) -> str:
    return "%s would refuse what is not allowed, and nothing allows the SSH port %s; allow it first: %s" % (
        program, " or ".join(str(port) for port in ports), fix,
    )  # fmt: skip


_SERVICES: Dict[str, Callable[[Host, Sequence[int]], str]] = {
    "nftables.service": _nftables,
    "netfilter-persistent.service": _iptables,
}
