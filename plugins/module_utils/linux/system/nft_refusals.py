# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel turns down of rules in the language of nft(8), with all that stands beside them; nft itself, which is asked without rights, takes it."""

from __future__ import annotations

from typing import Iterator, List, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.nft_tokens import Token
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import Chain, Rule, Table

# What a table may hold under a name beside chains and sets; those of `ct` have a sort of their own.
OBJECTS = ("counter", "quota", "limit", "flowtable", "secmark", "synproxy", "ct")
# Two words behind which a rule has the name of such an object.
_NAMES = {
    ("counter", "name"): "counter", ("quota", "name"): "quota", ("limit", "name"): "limit", ("synproxy", "name"): "synproxy",
    ("flow", "add"): "flowtable", ("flow", "offload"): "flowtable",
}  # fmt: skip
_CT = ("helper", "timeout", "expectation")
# More chains than these, one behind another, the kernel does not enter.
MAX_JUMPS = 15
_NAT_HOOKS = ("prerouting", "input", "output", "postrouting")


def defined(words: Sequence[Token]) -> str:
    """Return the object that `counter NAME {`, `ct helper NAME {` and the like define."""
    at = 2 if words[0].text == "ct" else 1
    return " ".join(word.text for word in words[: at + 1])


def _named(words: Sequence[Token]) -> Iterator[Tuple[Token, str]]:
    """Yield the objects that a rule names, each with its token."""
    for at in range(len(words) - 2):
        one, two, name = words[at : at + 3]
        if one.quoted or two.quoted:
            continue
        sort = _NAMES.get((one.text, two.text))
        if sort and len(words) > at + 3 and not name.quoted and "map" in [word.text for word in words[at + 3 :]]:
            # `counter name tcp dport map { 22 : "web" }`
            raise ReadError("%s: a map of names is not followed" % name.place)
        if sort:
            yield name, "%s %s" % (sort, name.text.lstrip("@"))
        elif two.text == "set" and one.text in _CT and at and words[at - 1].text == "ct":
            yield name, "ct %s %s" % (one.text, name.text)
        elif (one.text, two.text) == ("secmark", "set") and name.text != "ct":
            yield name, "secmark " + name.text


def refuse_names(words: Sequence[Token], objects: Set[str]) -> None:
    """Raise `ReadError` where a rule names an object that its table does not have."""
    for token, name in _named(words):
        if name not in objects:
            raise ReadError("%s: the %s is not there" % (token.place, name))


def refuse_statements(words: Sequence[Token], chain: Chain) -> None:
    """Raise `ReadError` where a rule does what the chain's hook is not for."""
    if not chain.hook:
        return
    for one, two in zip(words, [*words[1:], Token("", "")]):
        # `ct status dnat` looks at a packet and changes nothing.
        translates = one.text in ("masquerade", "redirect") or (
            one.text in ("dnat", "snat") and two.text in ("to", "ip", "ip6", "prefix")
        )
        if not one.quoted and (
            (translates and chain.sort != "nat") or (one.text == "reject" and chain.hook == "postrouting")
        ):
            raise ReadError("%s: a chain of %s at %s has no %s" % (one.place, chain.sort, chain.hook, one.text))


def refuse_hook(chain: Chain, place: str) -> None:
    """Raise `ReadError` where a chain's type has no such hook."""
    if (chain.sort == "nat" and (chain.hook not in _NAT_HOOKS or chain.priority <= -200)) or (
        chain.sort == "route" and chain.hook != "output"
    ):
        raise ReadError("%s: a chain of %s has no place at %s" % (place, chain.sort, chain.hook))


def refuse_jumps(table: Table, rules: Sequence[Rule]) -> None:
    """Raise `ReadError` where a rule leads to a chain that is not there yet."""
    for rule in rules:
        if rule.verdict in ("jump", "goto") and rule.target not in table.chains:
            raise ReadError("%s: the chain %r is not there" % (rule.place, rule.target))


def refuse_elements(table: Table, words: Sequence[Token]) -> None:
    """Raise `ReadError` where an element of a map leads to a chain that is not there, whether a rule looks there or not."""
    for sign, verdict, name in zip(words, words[1:], words[2:]):
        if sign.text == ":" and verdict.text in ("jump", "goto") and name.text not in table.chains:
            raise ReadError("%s: the chain %r is not there" % (name.place, name.text))


def refuse_ways(table: Table) -> None:
    """Raise `ReadError` where rules lead in a circle, too deep, or into a chain at a hook."""
    for chain in table.chains.values():
        for rule in chain.rules:
            if rule.verdict in ("jump", "goto") and table.chains[rule.target].hook:
                raise ReadError("%s: the chain %r is at a hook, nothing leads into it" % (rule.place, rule.target))
    for chain in table.chains.values():
        if chain.hook:
            _refuse_depth(table, chain)


def _refuse_depth(table: Table, chain: Chain) -> None:
    """Follow all ways level by level: what has not ended after `MAX_JUMPS` of them never does, or is too deep."""
    level: List[str] = [chain.name]
    for _depth in range(MAX_JUMPS + 1):
        rules = [rule for name in level for rule in table.chains[name].rules if rule.verdict in ("jump", "goto")]
        level = list(dict.fromkeys(rule.target for rule in rules))
        if not level:
            return
    raise ReadError("%s: rules lead in a circle, or through more than %d chains" % (rules[0].place, MAX_JUMPS))
