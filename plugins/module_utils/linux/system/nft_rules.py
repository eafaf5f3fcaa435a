# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of rules in the language of nft(8): what `nft list ruleset` prints and what nftables.service loads at boot."""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import nft_refusals
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_rules import Ports
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.nft_matches import Sets, parse_rule
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.nft_tokens import Token, tokens
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import (
    ACCEPT,
    DROP,
    Chain,
    Rule,
    Table,
)

FAMILIES = {"ip": (4,), "ip6": (6,), "inet": (4, 6), "arp": (), "bridge": (), "netdev": ()}
PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
# Commands on a whole table that takes its chains away.
CLEARS = ("flush", "delete", "destroy")
MAX_INCLUDES = 100
Reader = Callable[[str], List[Tuple[str, str]]]


def parse(text: str, where: str, ports: Ports, included: Optional[Reader] = None) -> List[Table]:
    """Return the tables that a text leaves. ``included``: the (file, text) of what an include names.

    Raises `ReadError` with file and line where a command is not followed.
    """
    reader = _Ruleset(ports, included)
    reader.read(tokens(text, where))
    return list(reader.tables.values())


class _Ruleset:
    def __init__(self, ports: Ports, included: Optional[Reader]) -> None:
        self.tables: Dict[str, Table] = {}
        self.sets: Dict[str, Sets] = {}
        self._ports = ports
        self._included = included
        self._defined: Dict[str, List[Token]] = {}
        self._includes = 0
        self._filled: Set[str] = set()
        self._objects: Dict[str, Set[str]] = {}
        self._late_elements = False

    def read(self, given: Sequence[Token]) -> None:
        everything = self._all(given)
        self._filled = _filled_by_rules(everything)
        self._commands(_statements(everything))
        if self._late_elements:
            # What comes into a set behind the rules that name it counts for them too.
            self.tables, self._objects = {}, {}
            self._commands(_statements(everything))
        for table in self.tables.values():
            nft_refusals.refuse_ways(table)

    def _commands(self, statements: Sequence[List[Token]]) -> None:
        for words in statements:
            try:
                self._command(words)
            except IndexError:
                raise ReadError("%s: a word is missing here" % words[0].place) from None

    def _all(self, given: Sequence[Token]) -> List[Token]:
        """Return the tokens with includes and variables in their places."""
        found: List[Token] = []
        at = 0
        starts = True
        while at < len(given):
            token = given[at]
            if starts and token.text in ("include", "define", "redefine"):
                at = self._preprocess(given, at, found)
                continue
            if token.text.startswith("$") and not token.quoted:
                if token.text[1:] not in self._defined:
                    raise ReadError("%s: the variable %s is not defined" % (token.place, token.text))
                found.extend(self._defined[token.text[1:]])
            else:
                found.append(token)
            starts = token.text in ("\n", ";", "{", "}") and not token.quoted
            at += 1
        return found

    def _preprocess(self, given: Sequence[Token], at: int, found: List[Token]) -> int:
        end, depth = at, 0
        while end < len(given) and (depth or given[end].text not in ("\n", ";")):
            depth += {"{": 1, "}": -1}.get(given[end].text, 0)
            end += 1
        words = given[at:end]
        if words[0].text == "include":
            self._include(words, found)
        elif len(words) > 3 and words[2].text == "=":
            self._defined[words[1].text] = self._all(words[3:])
        else:
            raise ReadError("%s: the definition is not followed" % words[0].place)
        return end

    def _include(self, words: Sequence[Token], found: List[Token]) -> None:
        self._includes += 1
        if self._included is None or len(words) < 2 or self._includes > MAX_INCLUDES:
            raise ReadError("%s: the include is not followed" % words[0].place)
        for path, text in self._included(words[1].text):
            inside = self._all(tokens(text, path))
            _statements(inside)  # to tell of a brace that is open by its own file
            found.extend(inside)
            found.append(Token("\n", words[0].place))

    def _command(self, words: List[Token]) -> None:
        verb = words[0].text
        if verb in ("add", "create", "insert", *CLEARS) and len(words) > 1:
            words = words[1:]
        else:
            verb = "add"
        what = words[0].text
        if verb in CLEARS:
            self._clear(verb, words)
        elif what in ("table", "chain", "rule", "set", "map", "element"):
            getattr(self, "_" + what)(words, verb)
        elif what in nft_refusals.OBJECTS:
            # `add ct helper inet filter ftp { ... }`
            at = 2 if what == "ct" else 1
            key, rest = _table_key(words[at:])
            self._at(key, words[0].place)
            self._objects[key].add(nft_refusals.defined([*words[:at], *rest]))
        elif what in FAMILIES or what in self.tables:
            self._rule([Token("rule", words[0].place), *words], verb)
        else:
            raise ReadError("%s: the command %r is not followed" % (words[0].place, what))

    def _clear(self, verb: str, words: Sequence[Token]) -> None:
        what, texts = words[0].text, [word.text for word in words]
        if what == "ruleset":
            family = texts[1] if len(texts) > 1 else ""
            for key in [key for key in self.tables if not family or key.startswith(family + " ")]:
                del self.tables[key]
                self._objects.pop(key, None)
            return
        key, rest = _table_key(words[1:])
        table = self.tables.get(key)
        if what not in ("table", "chain") or (what == "chain" and verb != "flush"):
            raise ReadError("%s: the command %s %s is not followed" % (words[0].place, verb, what))
        if verb != "destroy" and (table is None or (what == "chain" and rest[0].text not in table.chains)):
            raise ReadError("%s: the %s %s is not there" % (words[0].place, what, " ".join(texts[1:])))
        if verb != "flush":
            self.tables.pop(key, None)
            self._objects.pop(key, None)
        elif table:
            for chain in table.chains.values():
                if what == "table" or chain.name == rest[0].text:
                    chain.rules.clear()

    def _at(self, key: str, place: str) -> Table:
        family = key.partition(" ")[0]
        if family not in FAMILIES:
            raise ReadError("%s: the family %r is not known" % (place, family))
        self.sets.setdefault(key, {})
        self._objects.setdefault(key, set())
        return self.tables.setdefault(key, Table(key, FAMILIES[family], "nftables"))

    def _table(self, words: List[Token], verb: str) -> None:
        key, rest = _table_key(words[1:])
        if verb == "create" and key in self.tables:
            raise ReadError("%s: the table %s is there already" % (words[0].place, key))
        table = self._at(key, words[0].place)
        body = _statements(_body(rest))
        for inner in body:
            if inner[0].text == "chain" and len(inner) > 1:
                table.chains.setdefault(inner[1].text, Chain(inner[1].text))
        # Sets and what else has a name may stand behind the rules that name them, but within the same braces.
        for inner in sorted(body, key=lambda one: one[0].text == "chain"):
            name = inner[1].text if len(inner) > 1 else ""
            if inner[0].text == "chain":
                self._chain_body(table, key, name, _body(inner[2:]))
            elif inner[0].text in ("set", "map"):
                self._elements(key, name, _body(inner[2:]))
            elif inner[0].text in nft_refusals.OBJECTS:
                self._objects[key].add(nft_refusals.defined(inner))
            elif inner[0].text == "flags" and any(word.text == "dormant" for word in inner):
                table.families = ()

    def _chain(self, words: List[Token], verb: str) -> None:
        key, rest = _table_key(words[1:])
        if not rest or rest[0].text == "{":
            raise ReadError("%s: the chain stands in no table" % words[0].place)
        table = self._at(key, words[0].place)
        if verb == "create" and rest[0].text in table.chains:
            raise ReadError("%s: the chain %s is there already" % (words[0].place, rest[0].text))
        self._chain_body(table, key, rest[0].text, _body(rest[1:]))

    def _chain_body(self, table: Table, key: str, name: str, body: Sequence[Token]) -> None:
        chain = table.chains.setdefault(name, Chain(name))
        for words in _statements(body):
            if words[0].text == "type" and len(words) > 2:
                _base(chain, words, bool(table.families))
            elif words[0].text == "policy":
                chain.policy = DROP if words[1].text == "drop" else ACCEPT
            elif words[0].text not in ("comment", "devices", "device"):
                chain.rules.extend(self._rules(key, chain, words))

    def _rules(self, key: str, chain: Chain, words: Sequence[Token]) -> List[Rule]:
        found = parse_rule(words, self.sets[key], self._ports)
        nft_refusals.refuse_jumps(self.tables[key], found)
        if self._included is not None:
            # Of what is loaded the kernel has taken the rest.
            nft_refusals.refuse_names(words, self._objects[key])
            nft_refusals.refuse_statements(words, chain)
        return found

    def _rule(self, words: List[Token], verb: str) -> None:
        key, rest = _table_key(words[1:])
        table = self._at(key, words[0].place)
        if not rest or rest[0].text not in table.chains:
            raise ReadError("%s: the chain of the rule is not there" % words[0].place)
        if len(rest) > 1 and rest[1].text in ("index", "position", "handle"):
            raise ReadError("%s: a rule at a position is not followed" % words[0].place)
        chain = table.chains[rest[0].text]
        rules, found = chain.rules, self._rules(key, chain, rest[1:])
        rules[:] = found + rules if verb == "insert" else rules + found

    def _set(self, words: List[Token], _verb: str) -> None:
        key, rest = _table_key(words[1:])
        self._at(key, words[0].place)
        self._elements(key, rest[0].text, _body(rest[1:]))

    _map = _set

    def _element(self, words: List[Token], _verb: str) -> None:
        key, rest = _table_key(words[1:])
        self._late_elements = True
        nft_refusals.refuse_elements(self._at(key, words[0].place), rest)
        self.sets[key].setdefault(rest[0].text, []).extend([*_body(rest[1:]), Token(",", "")])

    def _elements(self, key: str, name: str, body: Sequence[Token]) -> None:
        kept = self.sets[key].setdefault(name, [])
        for words in _statements(body):
            if words[0].text == "elements":
                nft_refusals.refuse_elements(self.tables[key], words)
                kept.extend([*_body(words[1:]), Token(",", "")])
        if name in self._filled:
            kept += [Token("?", ""), Token(",", "")]


def _filled_by_rules(words: Sequence[Token]) -> Set[str]:
    """Return the names of the sets that rules put senders into: `add @name { ip saddr }`."""
    return {
        name.text[1:]
        for verb, name in zip(words, words[1:])
        if verb.text in ("add", "update") and not verb.quoted and name.text.startswith("@")
    }


def _table_key(words: Sequence[Token]) -> Tuple[str, List[Token]]:
    if words and words[0].text in FAMILIES and len(words) > 1:
        return "%s %s" % (words[0].text, words[1].text), list(words[2:])
    return "ip %s" % (words[0].text if words else ""), list(words[1:])


def _body(words: Sequence[Token]) -> List[Token]:
    """Return what stands between the outer braces."""
    places = [at for at, word in enumerate(words) if word.text in ("{", "}") and not word.quoted]
    return list(words[places[0] + 1 : places[-1]]) if len(places) > 1 else []


def _statements(given: Sequence[Token]) -> List[List[Token]]:
    found: List[List[Token]] = [[]]
    depth = 0
    for token in given:
        text = "" if token.quoted else token.text
        depth += {"{": 1, "}": -1}.get(text, 0)
        if depth < 0:
            raise ReadError("%s: a brace closes what was not opened" % token.place)
        if text in ("\n", ";") and not depth:
            found.append([])
            continue
        found[-1].append(token)
        # The end of a block ends a command of its own, but a set within a rule does not.
        if text == "}" and not depth and found[-1][0].text in ("table", "chain", "set", "map"):
            found.append([])
    if depth:
        raise ReadError("%s: a brace is not closed" % given[-1].place)
    return [words for words in found if words]


def _base(chain: Chain, words: Sequence[Token], routed: bool) -> None:
    """Take in what a chain is for. Those of bridges, which see no packet asked for, have priorities of other names."""
    texts, before = [word.text for word in words], (chain.sort, chain.hook)
    chain.sort = texts[1]
    if "hook" in texts[:-1]:
        chain.hook = texts[texts.index("hook") + 1]
    if "priority" in texts[:-1] and routed:
        chain.priority = _priority("".join(texts[texts.index("priority") + 1 :]), words[0].place)
    if before[1] and before != (chain.sort, chain.hook):
        raise ReadError("%s: the chain %s is at another hook already" % (words[0].place, chain.name))
    if routed:
        nft_refusals.refuse_hook(chain, words[0].place)


def _priority(text: str, place: str) -> int:
    found = re.match(r"(?P<name>[a-z]*)(?P<number>[+-]?[0-9]+)?", text, re.ASCII)
    name, number = (found["name"], found["number"]) if found else ("", None)
    if name and name not in PRIORITIES:
        raise ReadError("%s: the priority %r is not followed" % (place, text))
    digits = (number or "").lstrip("+-")
    value = int(digits) if is_number(digits) else 0
    return PRIORITIES.get(name, 0) + (-value if (number or "").startswith("-") else value)
