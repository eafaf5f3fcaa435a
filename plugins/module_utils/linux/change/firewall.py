# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether switching a firewall on would close the port by which the controller comes."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Mapping, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address

UFW_DEFAULTS = "/etc/default/ufw"
UFW_CONF = "/etc/ufw/ufw.conf"
UFW_RULES = "/etc/ufw/user.rules"
UFW_ALLOWS = r"^### tuple ### (?:allow|limit) (\S+) (\S+) .* in(?:_\S+)?\b"
NFTABLES = "/etc/nftables.conf"
IPTABLES = "/etc/iptables/rules.v4"


def closed_port(host: Host, address: Address, wanted: Any, ports: Sequence[int]) -> str:
    """Return why a change of a firewall would close all of these TCP ports, or nothing."""
    name = str(address.get("name", ""))
    path = str(address.get("file", ""))
    if path in (UFW_DEFAULTS, UFW_CONF) and name in ("ENABLED", "DEFAULT_INPUT_POLICY"):
        return _ufw(host, ports, {name: str(wanted)})
    if not path and name in _SERVICES and _starts(wanted):
        return _SERVICES[name](host, ports)
    return ""


def _starts(wanted: Any) -> bool:
    return isinstance(wanted, Mapping) and (wanted.get("active") is True or wanted.get("enabled") is True)


def _variable(text: str, name: str, default: str) -> str:
    found = re.findall(r"^\s*%s=[\"']?([^\"'\s#]*)" % re.escape(name), text, re.MULTILINE)
    return str(found[-1]) if found else default


def _ufw(host: Host, ports: Sequence[int], planned: Mapping[str, str]) -> str:
    """Look at the rules of ufw, which keeps one comment a rule: `### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in`."""
    enabled = planned.get("ENABLED") or _variable(text_or(host, UFW_CONF), "ENABLED", "no")
    policy = planned.get("DEFAULT_INPUT_POLICY") or _variable(
        text_or(host, UFW_DEFAULTS), "DEFAULT_INPUT_POLICY", "DROP"
    )
    if enabled.lower() != "yes" or policy.upper() == "ACCEPT":
        return ""
    allowed = re.findall(UFW_ALLOWS, text_or(host, UFW_RULES), re.MULTILINE)
    for protocol, wanted in allowed:
        if protocol in ("tcp", "any") and (wanted == "any" or any(_in_list(port, wanted) for port in ports)):
            return ""
    return _said("ufw", ports, "ufw allow %d/tcp" % (ports[0] if ports else 22))


def _in_list(port: int, text: str) -> bool:
    for piece in text.split(","):
        first, _colon, last = piece.partition(":")
        if first.isdigit() and int(first) <= port <= int(last if last.isdigit() else first):
            return True
    return False


def _nftables(host: Host, ports: Sequence[int]) -> str:
    text = re.sub(r"#.*", "", text_or(host, NFTABLES))
    refuses = re.search(r"hook\s+input[^}]*(policy\s+drop|\b(drop|reject)\b)", text, re.DOTALL)
    names = "|".join([str(port) for port in ports] + (["ssh"] if 22 in ports else []))
    if not refuses or re.search(r"tcp\s+dport\s+(\{[^}]*)?\b(%s)\b[^\n]*accept" % names, text):
        return ""
    return _said("nftables", ports, "a rule in %s" % NFTABLES)


def _iptables(host: Host, ports: Sequence[int]) -> str:
    text = text_or(host, IPTABLES)
    refuses = re.search(r"^:INPUT (DROP|REJECT)\b|^-A INPUT -j (DROP|REJECT)\b", text, re.MULTILINE)
    names = "|".join(str(port) for port in ports)
    if not refuses or re.search(r"^-A INPUT\b.*--dports?\s+(\S*,)?(%s)\b.*-j ACCEPT" % names, text, re.MULTILINE):
        return ""
    return _said("iptables", ports, "a rule in %s" % IPTABLES)


def _said(program: str, ports: Sequence[int], fix: str) -> str:
    return "%s would refuse what is not allowed, and nothing allows the SSH port %s; allow it first: %s" % (
        program, " or ".join(str(port) for port in ports), fix,
    )  # fmt: skip


_SERVICES: Dict[str, Callable[[Host, Sequence[int]], str]] = {
    "ufw.service": lambda host, ports: _ufw(host, ports, {}),
    "nftables.service": _nftables,
    "netfilter-persistent.service": _iptables,
}
