# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift: what is otherwise than at an earlier run. And the trend: whether it becomes less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import Change, History, Pair
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.drift_kinds import ASKED_ANEW, KINDS
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.drift_kinds import kind as kind_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import NAMES

# The trend changes where a tenth of the failures, and at least one, went or came.
SHARE = 0.1
TREND_RULE = (
    "Of the hosts and rules that were known then and are now: improving where failures fell by a tenth or more, degrading where they rose by "
    "a tenth or more, else stable."
)


def drift(history: History, since: int) -> dict[str, Any]:
    """Return what changed since a run (its position; 0: before all), by kind, and the hosts that were first seen since."""
    firsts = {
        row.host_id: row.first
        for row in history.plain(
            "SELECT host_id, min(position) AS first FROM hipaa_cis_looks WHERE scope_id IS NOT NULL{chosen} GROUP BY host_id"
        )
    }
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    asked = asked_by(history)
    for pair, change in history.changes(since).items():
        kind = kind_of(change.before, change.now) if firsts.get(pair[0], 0) <= since else ""
        if kind in ASKED_ANEW and len(asked[pair[1]]) > 1 and asked_anew(history, pair, change.since):
            kind = ASKED_ANEW[kind]
        if kind:
            found[kind].append(_told(history, pair, change))
    for rows in found.values():
        rows.sort(key=lambda row: (row["host"], row["rule"]))
    seen = sorted(history.hosts[host] for host, first in firsts.items() if first > since)
    return {"since_run": history.runs[since].run_id if since else "", **found, "first_seen": seen}


def _told(history: History, pair: Pair, change: Change) -> dict[str, Any]:
    rule = history.rules[pair[1]]
    return {
        "host": history.hosts[pair[0]],
        "rule": rule.name,
        "severity": rule.severity,
        "before": NAMES.get(change.before, ""),
        "now": NAMES.get(change.now, ""),
        "run": history.runs[change.since].run_id,
    }


def asked_by(history: History) -> dict[int, set[str]]:
    """Return of each rule the benchmarks, with their versions, that ever asked for it."""
    asked: dict[int, set[str]] = {rule: set() for rule in history.rules}
    for scope in history.scopes.values():
        for rule, by in scope.items():
            asked[rule].add(by)
    return asked


def asked_anew(history: History, pair: Pair, position: int) -> bool:
    """Return whether the look that saw a change was asked by another benchmark than the look before it."""
    host_id, rule_id = pair
    looks = history.plain(
        "SELECT scope_id FROM hipaa_cis_looks WHERE host_id = :host AND position <= :position AND scope_id IS NOT NULL ORDER BY position DESC",
        host=host_id,
        position=position,
    )
    by = [history.scopes[row.scope_id][rule_id] for row in looks if rule_id in history.scopes[row.scope_id]][:2]
    return len(by) == 2 and by[0] != by[1]


def ended_by_asking(history: History, least: int) -> set[tuple[int, int, int]]:
    """Return (host, rule, position) of failures that ended, from a run on, at a look that another benchmark or version asked.

    So ends what is asked otherwise, and nobody has mended anything; where the run says that it fixed it, it did.
    """
    asked = asked_by(history)
    if all(len(by) < 2 for by in asked.values()):
        return set()
    moves = (
        "SELECT DISTINCT position FROM (SELECT position, scope_id, lag(scope_id) OVER (PARTITION BY host_id ORDER BY position) AS last_one "
        "FROM hipaa_cis_looks WHERE scope_id IS NOT NULL) AS looked WHERE last_one <> scope_id AND position >= :least"
    )
    # Positions are numbers of ours.
    positions = ", ".join(str(int(row.position)) for row in history.everything(moves, least=least)) or "-1"
    statement = (
        "SELECT e.host_id, e.rule_id, e.until_position FROM hipaa_cis_episodes e WHERE e.outcome = 'f' AND e.after IN ('p', 'n') "  # noqa: S608 - numbers of ours
        f"AND e.until_position IN ({positions}){{chosen}} AND NOT EXISTS (SELECT 1 FROM hipaa_cis_fixes f WHERE f.host_id = e.host_id "
        "AND f.rule_id = e.rule_id AND f.position = e.until_position)"
    )
    ended = list(history.rows(statement, prefix="e."))
    return {
        (host_id, rule_id, end)
        for host_id, rule_id, end in ended
        if len(asked[rule_id]) > 1 and asked_anew(history, (host_id, rule_id), end)
    }


def trend(history: History, since: int, groups: Mapping[str, Collection[str]]) -> dict[str, dict[str, Any]]:
    """Return the trend since a run, of all, and by safeguard, host and group. ``groups``: of each the names of its hosts."""
    now = _failures(history)
    then = _Counts(now.hosts.copy(), now.rules.copy())
    for pair, change in history.changes(since).items():
        known_at_both = change.before and change.now
        if change.now == "f":
            then.add(pair, -1)
        if change.now == "f" and not known_at_both:
            now.add(pair, -1)
        if change.before == "f" and known_at_both:
            then.add(pair, 1)
    told: dict[str, dict[str, Any]] = {"all": {"all": _direction(then.rules.total(), now.rules.total())}}
    rules: dict[str, list[int]] = {}
    for number, rule in history.rules.items():
        for cite in rule.cites:
            rules.setdefault(cite, []).append(number)
    places = {
        "safeguards": (rules, "rules"),
        "hosts": ({name: [number] for number, name in history.hosts.items()}, "hosts"),
        "groups": ({group: _ids(history, names) for group, names in groups.items()}, "hosts"),
    }
    for kind, (members, by) in places.items():
        sums = {
            name: [sum(getattr(one, by)[number] for number in numbers) for one in (then, now)]
            for name, numbers in members.items()
        }
        told[kind] = {name: _direction(*sums[name]) for name in sorted(sums) if any(sums[name])}
    return told


class _Counts(NamedTuple):
    """Failures, by host and by rule."""

    hosts: Counter[int]
    rules: Counter[int]

    def add(self, pair: Pair, number: int) -> None:
        """Count more of a host and rule."""
        self.hosts[pair[0]] += number
        self.rules[pair[1]] += number


def _failures(history: History) -> _Counts:
    """Return what fails now."""

    def by(column: str) -> Counter[int]:
        statement = (
            f"SELECT {column}, count(*) FROM hipaa_cis_episodes WHERE outcome = 'f' AND until_position IS NULL{{chosen}} "  # noqa: S608 - a name of ours
            f"GROUP BY {column}"
        )
        return Counter(dict(history.rows(statement)))

    return _Counts(by("host_id"), by("rule_id"))


def _ids(history: History, names: Collection[str]) -> list[int]:
    wanted = set(names)
    return [number for number, name in history.hosts.items() if name in wanted]


def _direction(before: int, now: int) -> dict[str, Any]:
    least = max(1.0, before * SHARE)
    word = "improving" if before - now >= least else "degrading" if now - before >= least else "stable"
    return {"then": before, "now": now, "trend": word}
