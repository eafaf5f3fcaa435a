# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift: what is otherwise than at an earlier run. And the trend: whether it becomes less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import Change, History, Pair
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import NAMES

# What is said of a pair, in the order in which it is told.
KINDS = {
    "regressed": "passed before, fails now",
    "new": "fails now, and was not known to pass before",
    "demanded": "fails now, but another benchmark, or another version of it, asks",
    "resolved": "failed before, passes now or no longer applies",
    "unclear": "failed before, cannot be judged now",
    "gone": "asked no more",
}
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
    asked = _asked_by(history)
    for pair, change in history.changes(since).items():
        kind = _kind(change) if firsts.get(pair[0], 0) <= since else ""
        if kind == "regressed" and len(asked[pair[1]]) > 1 and _asked_anew(history, pair, change.since):
            kind = "demanded"
        if kind:
            found[kind].append(_told(history, pair, change))
    for rows in found.values():
        rows.sort(key=lambda row: (row["host"], row["rule"]))
    seen = sorted(history.hosts[host] for host, first in firsts.items() if first > since)
    return {"since_run": history.runs[since].run_id if since else "", **found, "first_seen": seen}


def _kind(change: Change) -> str:
    if change.now == "f" != change.before:
        return "regressed" if change.before == "p" else "new"
    if change.before and not change.now:
        return "gone"
    if change.before == "f" != change.now:
        return "resolved" if change.now in "pn" else "unclear"
    return ""


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


def _asked_by(history: History) -> dict[int, set[str]]:
    """Return of each rule the benchmarks, with their versions, that ever asked for it."""
    asked: dict[int, set[str]] = {rule: set() for rule in history.rules}
    for scope in history.scopes.values():
        for rule, by in scope.items():
            asked[rule].add(by)
    return asked


def _asked_anew(history: History, pair: Pair, position: int) -> bool:
    """Return whether the look that saw a failure was asked by another benchmark than the look before it."""
    host_id, rule_id = pair
    looks = history.plain(
        "SELECT scope_id FROM hipaa_cis_looks WHERE host_id = :host AND position <= :position AND scope_id IS NOT NULL ORDER BY position DESC",
        host=host_id,
        position=position,
    )
    by = [history.scopes[row.scope_id][rule_id] for row in looks if rule_id in history.scopes[row.scope_id]][:2]
    return len(by) == 2 and by[0] != by[1]


def trend(history: History, since: int, groups: Mapping[str, Collection[str]]) -> dict[str, dict[str, Any]]:
    """Return the trend since a run, of all, and by safeguard, host and group. ``groups``: of each the names of its hosts."""
    before: dict[str, Counter[str]] = {name: Counter() for name in ("all", "safeguards", "hosts", "groups")}
    now: dict[str, Counter[str]] = {name: Counter() for name in before}
    of_host: dict[str, list[str]] = {}
    for group, names in groups.items():
        for name in names:
            of_host.setdefault(name, []).append(group)
    for host_id, rule_id, failed, fails in _pairs(history, since):
        host = history.hosts[host_id]
        places = {
            "all": ["all"],
            "safeguards": history.rules[rule_id].cites,
            "hosts": [host],
            "groups": of_host.get(host, ()),
        }
        for kind, names in places.items():
            for name in names:
                before[kind][name] += failed
                now[kind][name] += fails
    return {
        kind: {name: _direction(before[kind][name], now[kind][name]) for name in sorted(before[kind])}
        for kind in before
    }


def _pairs(history: History, since: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield host, rule, whether it failed then and whether it fails now, of what was known then and is now and failed once."""
    statement = "SELECT host_id, rule_id FROM hipaa_cis_episodes WHERE outcome = 'f' AND from_position <= :since AND until_position IS NULL{chosen}"
    for host_id, rule_id in history.rows(statement, since=since):
        yield host_id, rule_id, 1, 1
    for (host_id, rule_id), change in history.changes(since).items():
        if change.before and change.now:
            yield host_id, rule_id, int(change.before == "f"), int(change.now == "f")


def _direction(before: int, now: int) -> dict[str, Any]:
    least = max(1.0, before * SHARE)
    word = "improving" if before - now >= least else "degrading" if now - before >= least else "stable"
    return {"then": before, "now": now, "trend": word}
