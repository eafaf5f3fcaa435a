# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel's packet filter has loaded, as nft, or else iptables-save, shows it; nothing is loaded by asking."""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import ipsets, iptables_rules, nft_rules
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import Table

# What nft 1.0 and its forerunners show of a match or target that only iptables knows.
_BY_IPTABLES = re.compile(r"\sxt[ _]", re.ASCII)


def ports_by_name(host: Host) -> Callable[[str], Optional[int]]:
    """Return a function that gives the number of a port by number or name (services(5))."""
    named: Dict[str, int] = {}

    def number(text: str) -> Optional[int]:
        if is_number(text):
            return int(text)
        if not named:
            try:
                lines = split_lines(host.read_text("/etc/services"))
            except NotFound:
                lines = []
            named["ssh"] = 22
            for line in lines:
                words = words_of(line.partition("#")[0])
                if len(words) > 1 and is_number(words[1].partition("/")[0]):
                    for name in (words[0], *words[2:]):
                        named.setdefault(name, int(words[1].partition("/")[0]))
        return named.get(text)

    return number


def loaded_now(host: Host) -> List[Table]:
    """Return the tables that the kernel has. Raises `ReadError` where they cannot be read."""
    host.need_root("the rules of the packet filter")
    return ipsets.now(host, _tables(host))


def _tables(host: Host) -> List[Table]:
    ports = ports_by_name(host)
    found = _legacy(host, ports)
    try:
        text = host.run(["nft", "list", "ruleset"]).stdout
    except NotFound:
        return found + _by_iptables(host, ports)
    tables = nft_rules.parse(text, "nft list ruleset", ports)
    if not _BY_IPTABLES.search(text):
        return found + tables
    # What nft cannot say of rules that iptables made, iptables can.
    own = _by_iptables(host, ports)
    ours = {(table.name, table.families) for table in own}
    return found + own + [one for one in tables if (one.name.partition(" ")[2], one.families) not in ours]


def _by_iptables(host: Host, ports: iptables_rules.Ports) -> List[Table]:
    found: List[Table] = []
    for family, names in ((4, ("iptables-nft-save", "iptables-save")), (6, ("ip6tables-nft-save", "ip6tables-save"))):
        text = _first(host, names)
        if text is None:
            if _has_nf_tables(host):
                raise ReadError(
                    "neither nft nor %s is there to show the rules that are loaded; install nftables" % names[1]
                )
            continue
        if "incompatible, use 'nft' tool" in text:
            raise ReadError("%s cannot show all rules that are loaded; install nftables" % names[1])
        found += iptables_rules.parse(text, family, names[1], ports)
    return found


def _first(host: Host, names: Sequence[str]) -> Optional[str]:
    for name in names:
        try:
            return host.run([name]).stdout
        except NotFound:
            continue
    return None


def _has_nf_tables(host: Host) -> bool:
    try:
        return any(line.startswith("nf_tables ") for line in split_lines(host.read_text("/proc/modules")))
    except NotFound:
        return True


def _legacy(host: Host, ports: iptables_rules.Ports) -> List[Table]:
    """Return the tables of the older kernel interface, which nft does not show."""
    found: List[Table] = []
    for family, prefix in ((4, "ip"), (6, "ip6")):
        try:
            names = host.read_text("/proc/net/%s_tables_names" % prefix).strip(BLANKS)
        except NotFound:
            continue
        if not names:
            continue
        text = _first(host, ("%stables-legacy-save" % prefix, "%stables-save" % prefix))
        if text is None or (not text.strip(BLANKS)):
            raise ReadError(
                "the kernel has %stables rules of the legacy kind, and nothing here shows them; install iptables"
                % prefix
            )
        found += iptables_rules.parse(text, family, "%stables-legacy-save" % prefix, ports)
    return found
