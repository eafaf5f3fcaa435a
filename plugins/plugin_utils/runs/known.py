# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of hosts from several runs: what a run leaves out stays as it was, what is asked no more is known no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

UNKNOWN = "-"


class Scope(NamedTuple):
    """What a host was asked: rules, each with the benchmark that asks, then rules that were left out."""

    rules: tuple[tuple[str, str], ...]
    left: tuple[str, ...]

    def names(self) -> list[str]:
        """Return the rules in the order of their letters."""
        return [rule for rule, _by in self.rules] + list(self.left)


class Known(NamedTuple):
    """Of one host a letter for each rule of its scope, `-` where it was never looked at. Hosts share their scopes."""

    scope: Scope
    letters: str

    def by_rule(self) -> dict[str, str]:
        """Return the letter of each rule that is known."""
        return {
            rule: letter for rule, letter in zip(self.scope.names(), self.letters, strict=True) if letter != UNKNOWN
        }


def hosts_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Scope, str]]:
    """Yield each audited host of a document of `outcomes` with its scope and letters. Raises `ValueError` and others where it is none."""
    scopes = [
        Scope(tuple((str(rule), str(by)) for rule, by in one["rules"]), tuple(one["left"]))
        for one in document["scopes"]
    ]
    for name, status, _moment, place, letters in document["hosts"]:
        if status == "audited" and place is not None:
            if len(scopes[place].rules) != len(letters):
                raise ValueError(name)
            yield name, scopes[place], letters


def after(before: Known | None, scope: Scope, letters: str) -> Known:
    """Return what is known of a host after it was looked at."""
    if not scope.left:
        return Known(scope, letters)
    if before and before.scope is scope:
        return Known(scope, letters + before.letters[len(letters) :])
    earlier = before.by_rule() if before else {}
    return Known(scope, letters + "".join(earlier.get(rule, UNKNOWN) for rule in scope.left))


def changed(before: Known, now: Known) -> list[tuple[str, str, str]]:
    """Return rules whose letter is another, by name, each with the letter before and now; an empty one where it is not known."""
    if before.scope is now.scope or before.scope == now.scope:
        if before.letters == now.letters:
            return []
        pairs = zip(now.scope.names(), before.letters, now.letters, strict=True)
        found = [(rule, _plain(one), _plain(other)) for rule, one, other in pairs if one != other]
    else:
        earlier, later = before.by_rule(), now.by_rule()
        both = ((rule, earlier.get(rule, ""), later.get(rule, "")) for rule in {*earlier, *later})
        found = [row for row in both if row[1] != row[2]]
    return sorted(found)


def _plain(letter: str) -> str:
    return "" if letter == UNKNOWN else letter


def failures(known: Iterable[Known]) -> Counter[str]:
    """Return on how many hosts each rule fails."""
    by_scope: dict[int, tuple[Scope, list[str]]] = {}
    for one in known:
        by_scope.setdefault(id(one.scope), (one.scope, []))[1].append(one.letters)
    found: Counter[str] = Counter()
    for scope, rows in by_scope.values():
        for rule, column in zip(scope.names(), zip(*rows, strict=True), strict=True):
            failing = column.count("f")
            if failing:
                found[rule] += failing
    return found
