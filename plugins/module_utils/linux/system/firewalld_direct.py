# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What firewalld and iptables do not take of direct.xml.

Seen of firewalld 1.3.3 and 2.3.1: with a family or table that there is not, nothing of direct.xml is passed on and all else holds; where
iptables does not take a rule, the start fails and the configuration that firewalld ships is loaded, whose zones let in what they let in.
"""

from __future__ import annotations

import re
import shlex
from typing import List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewalld_config import Element, refused
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_restore import (
    ASK,
    HOOKS,
    TARGETS,
    need_no_program,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_rules import separated

_PROGRAMS = {"ipv4": "iptables-nft", "ipv6": "ip6tables-nft"}
_TABLES = {**dict.fromkeys(_PROGRAMS, tuple(HOOKS)), "eb": ("broute", "nat", "filter")}
_OBJECTION = re.compile(r"\Aip6?tables\S* v\S+ \([^)]*\): (?!Could not fetch)(?P<what>[^\n]+)", re.ASCII)


def check(host: Host, elements: Sequence[Element], backend: str) -> None:
    """Raise `ReadError` with the place of what is not taken."""
    chains = {
        (one.attributes["ipv"], one.attributes["table"], one.attributes["chain"])
        for one in elements
        if one.name == "chain"
    }
    for one in elements:
        said = one.attributes
        ipv, table = said["ipv"], said.get("table", "filter")
        if ipv not in _TABLES or table not in _TABLES[ipv]:
            raise ReadError(
                "%s: there is no table %s of %s, so firewalld passes on nothing of this file; correct it"
                % (one.place, printable(table), printable(ipv))
            )
    for one in elements:
        ipv = one.attributes["ipv"]
        if one.name == "chain" or ipv not in _PROGRAMS:
            continue
        table, chain, words = _parts(one)
        known = (*HOOKS.get(table, ()), *(name for family, of, name in chains if (family, of) == (ipv, table)))
        target = next(
            (after for word, after in zip(words, words[1:]) if word in ("-j", "--jump", "-g", "--goto")), "ACCEPT"
        )
        # Behind iptables firewalld has chains of its own, which these may mean.
        for name in (chain, target) if backend == "nftables" else ():
            if name not in known and (name is chain or name not in TARGETS):
                raise refused(one.place, "there is no chain %s in the table %s" % (printable(name), printable(table)))
        _ask(host, one, ["-t", table, "-C", chain, *words])


def _parts(one: Element) -> Tuple[str, str, List[str]]:
    """Return (table, chain, words) of a rule, or of arguments that add one."""
    try:
        words = separated(shlex.split(one.text.strip(BLANKS)))
    except ValueError as problem:
        raise refused(one.place, str(problem)) from None
    if one.name == "rule":
        return one.attributes["table"], one.attributes["chain"], words
    table = "filter"
    if words[:1] == ["-t"] and len(words) > 1:
        table, words = words[1], words[2:]
    chain, rest = words[1] if len(words) > 1 else "", words[2:]
    if words[:1] in (["-I"], ["--insert"]) and rest and is_number(rest[0]):
        rest = rest[1:]
    return table, chain, rest


def _ask(host: Host, one: Element, words: Sequence[str]) -> None:
    """Raise `ReadError` where iptables objects to the words of a rule; without the right to reach the packet filter it gets no further."""
    need_no_program(words, one.place)
    try:
        answer = host.run([*ASK, _PROGRAMS[one.attributes["ipv"]], *words], accept=range(256))
    except NotFound:
        return
    said = _OBJECTION.match(answer.stderr)
    if said:
        raise refused(one.place, "iptables says: " + printable(said["what"])[:200])
