# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of the last twelve months, a safeguard at a time, as Public Law 116-321 asks for recognized security practices.

Interrupted by a time in which a rule of the safeguard failed or could not be judged, and by a host that was not audited for longer than the
site allows. Each interruption is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import accumulate
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History, date
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.terms import Terms

MONTHS_12 = 365
MAX_NAMES = 5


class Time(NamedTuple):
    """A time of an interruption, from and to, with the hosts and rules it is about."""

    begin: int
    end: int
    hosts: frozenset[int]
    rules: frozenset[int]


def records(history: History, terms: Terms, cites: Collection[str]) -> list[dict[str, Any]]:
    """Return the record of each safeguard."""
    now = terms.now
    start = now - MONTHS_12 * DAY
    failures = _failures(history, start, int(now))
    pauses: dict[frozenset[int], tuple[list[Time], int]] = {}
    found = []
    for cite in cites:
        rules = {number for number, rule in history.rules.items() if cite in rule.cites}
        if history.chosen_rules is not None:
            rules &= history.chosen_rules
        scopes = frozenset(number for number, asked in history.scopes.items() if rules & asked.keys())
        if not scopes:
            continue
        if scopes not in pauses:
            pauses[scopes] = _pauses(history, scopes, start, terms)
        unaudited, first = pauses[scopes]
        gaps = _joined(time for rule in rules for time in failures.get(rule, ()))
        found.append(_record(history, cite, gaps, unaudited, (first, start, now)))
    return found


def _record(
    history: History, cite: str, gaps: list[Time], pauses: list[Time], times: tuple[int, float, float]
) -> dict[str, Any]:
    first, start, now = times
    told = [_told(history, "gap", time) for time in gaps] + [_told(history, "not audited", time) for time in pauses]
    since = max([max(first, int(start)), *(time.end for time in (*gaps, *pauses))])
    return {
        "cite": cite,
        "unbroken": not told and first <= start,
        "unbroken_since": date(since) if since < now else "",
        "days": max(0, int((now - since) // DAY)),
        "first_audit": date(first),
        "interruptions": sorted(told, key=lambda one: (one["from"], one["to"], one["kind"])),
    }


def _told(history: History, kind: str, time: Time) -> dict[str, Any]:
    told = {
        "kind": kind,
        "from": date(time.begin),
        "to": date(time.end),
        "hosts": len(time.hosts),
        "host_names": sorted(history.hosts[host] for host in time.hosts)[:MAX_NAMES],
    }
    if time.rules:
        told["rules"] = sorted(history.rules[rule].name for rule in time.rules)[:MAX_NAMES]
    return told


def _failures(history: History, start: float, now: int) -> dict[int, list[tuple[int, int, int, int]]]:
    """Return of each rule the times in which it failed, or could not be judged: from, to, host, rule."""
    statement = (
        "SELECT host_id, rule_id, from_position, until_position FROM hipaa_cis_episodes "
        "WHERE outcome IN ('f', 'e') AND (until_position IS NULL OR until_position >= :least){chosen}"
    )
    # Nothing lasts beyond now, nor ends before it was seen last: a clock that went back hides no failure.
    times = {position: min(max(run.finished_at, int(start)), now) for position, run in history.runs.items()}
    seen = _seen_last(history)
    found: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for host_id, rule_id, begin, end in history.rows(statement, least=history.at(start) + 1):
        until = times[end] if end else now
        if seen is not None and end:
            until = max(times[begin], until, min(seen.get((host_id, rule_id, end), 0), now))
        if until > start:
            found[rule_id].append((times[begin], until, host_id, rule_id))
    return found


def _seen_last(history: History) -> dict[tuple[int, int, int], int] | None:
    """Return of failures (host, rule and the run that ended them) when they were seen last, where that run is dated before another one before it.

    None where all runs came in the order of their dates.
    """
    newest = accumulate((run.finished_at for run in history.runs.values()), max)
    late = [
        position
        for (position, run), before in zip(history.runs.items(), newest, strict=True)
        if run.finished_at < before
    ]
    if not late:
        return None
    statement = (
        "SELECT e.host_id, e.rule_id, e.until_position, max(l.audited_at) FROM hipaa_cis_episodes e JOIN hipaa_cis_looks l "  # noqa: S608 - numbers of ours
        "ON l.host_id = e.host_id AND l.position >= e.from_position AND l.position < e.until_position "
        f"WHERE e.outcome IN ('f', 'e') AND l.scope_id IS NOT NULL AND e.until_position IN ({', '.join(map(str, late))}){{chosen}} "
        "GROUP BY e.host_id, e.rule_id, e.until_position"
    )
    return {(host, rule, end): last for host, rule, end, last in history.rows(statement, prefix="e.")}


def _joined(times: Iterable[tuple[int, int, int, int]]) -> list[Time]:
    """Return times that overlap or touch as one."""
    # What began with the same run, first: there are far fewer runs than failures.
    begun: dict[int, tuple[list[int], set[int], set[int]]] = {}
    for begin, end, host, rule in times:
        ends, hosts, rules = begun.setdefault(begin, ([end], set(), set()))
        ends[0] = max(ends[0], end)
        hosts.add(host)
        rules.add(rule)
    joined: list[Time] = []
    for begin in sorted(begun):
        ends, hosts, rules = begun[begin]
        if joined and begin <= joined[-1].end:
            last = joined.pop()
            joined.append(Time(last.begin, max(last.end, ends[0]), last.hosts | hosts, last.rules | rules))
        else:
            joined.append(Time(begin, ends[0], frozenset(hosts), frozenset(rules)))
    return joined


def _pauses(history: History, scopes: frozenset[int], start: float, terms: Terms) -> tuple[list[Time], int]:
    """Return where hosts were not audited for too long, those of the same days together, and when the first audit was."""
    now = terms.now
    most = {number: terms.interval_of(name) * DAY for number, name in history.hosts.items()}
    least = min(most.values(), default=0)
    within = ", ".join(map(str, sorted(scopes)))
    # By their dates and not in the order in which they came: an audit that came late is one of its day, and one dated after today of none yet.
    looks = (
        f"SELECT host_id, audited_at FROM hipaa_cis_looks WHERE scope_id IN ({within}) AND audited_at <= :now{{chosen}}"  # noqa: S608 - numbers of ours
    )
    statement = (
        "SELECT host_id, before, audited_at FROM (SELECT host_id, audited_at, "  # noqa: S608 - the same
        f"lag(audited_at) OVER (PARTITION BY host_id ORDER BY audited_at) AS before FROM ({looks}) AS looks) AS pairs "
        "WHERE audited_at - before > :most AND audited_at > :start"
    )
    pairs = [
        (row.before, row.audited_at, row.host_id) for row in history.plain(statement, most=least, start=start, now=now)
    ]
    found = [pair for pair in pairs if pair[1] - pair[0] > most[pair[2]]]
    ends = f"SELECT host_id, min(audited_at) AS first, max(audited_at) AS last FROM ({looks}) AS looks GROUP BY host_id"  # noqa: S608
    rows = list(history.plain(ends, now=now))
    found += [(row.last, int(now), row.host_id) for row in rows if now - row.last > most[row.host_id]]
    days: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for one in found:
        days[date(one[0]), date(one[1])].append(one)
    times = [
        Time(min(one[0] for one in same), max(one[1] for one in same), frozenset(one[2] for one in same), frozenset())
        for same in days.values()
    ]
    return times, min((row.first for row in rows), default=int(now))
