# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that moved from one version of a benchmark to another since they were looked at before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.known import Scope

COUNTS = ("same", "renumbered", "new", "retired")
# Benchmark and version -> rule -> its numbers in that version; nothing of a version that is not known.
Numbers = Callable[[str, str], Mapping[str, "list[str]"]]


def nowhere(_benchmark: str, _version: str) -> Mapping[str, list[str]]:
    """Return no numbers, as of a version that is not known."""
    return {}


class Moved:
    """Collects with `add` what hosts were asked before and now, and gives the moves with `rows`. Hosts share their scopes."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._hosts: dict[tuple[int, int], int] = {}
        self._scopes: dict[int, Scope] = {}

    def add(self, before: Scope, now: Scope) -> None:
        """Take one host."""
        self._scopes.update({id(before): before, id(now): now})
        key = (id(before), id(now))
        self._hosts[key] = self._hosts.get(key, 0) + 1

    def rows(self) -> list[dict[str, Any]]:
        """Return ``{from, to, hosts, same, renumbered, new, retired}`` of each move, benchmarks as ``debian_12 1.1.0`` and the last four in rules.

        ``renumbered`` are those of ``same`` that have another number; it is missing where the numbers of either version are not known.
        A narrow run says nothing of what it leaves out, which so is neither new nor retired.
        """
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for (before, now), hosts in self._hosts.items():
            for row in self._moves(self._scopes[before], self._scopes[now]):
                kept = found.setdefault((row["from"], row["to"]), {**row, "hosts": 0})
                kept["hosts"] += hosts
                # Hosts may be asked for different parts of it.
                kept.update({key: max(kept[key], row[key]) for key in COUNTS if key in row})
        return [found[key] for key in sorted(found)]

    def _moves(self, before: Scope, now: Scope) -> Iterator[dict[str, Any]]:
        was, asked = dict(before.rules), dict(now.rules)
        for old in sorted(set(was.values()) - set(asked.values())):
            for new in sorted(set(asked.values()) - set(was.values())):
                if old.rpartition(" ")[0] == new.rpartition(" ")[0]:
                    rules, former = (
                        {rule for rule, by in one.items() if by == name} for one, name in ((asked, new), (was, old))
                    )
                    yield {
                        "from": old,
                        "to": new,
                        "same": len(rules & former),
                        **self._renumbered(old, new, rules & former),
                        "new": len(rules - set(before.names())),
                        "retired": len(former - set(now.names())),
                    }

    def _renumbered(self, old: str, new: str, same: set[str]) -> dict[str, int]:
        then, now = (self._numbers(*one.rsplit(" ", 1)) for one in (old, new))
        return {"renumbered": sum(then.get(rule) != now.get(rule) for rule in same)} if then and now else {}
