# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long failures last: time to remediate against the deadlines, what is overdue, and what comes back after it was fixed."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.drift import ended_by_asking
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History, date
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.terms import OfHost, Terms

# Times that a failure has to come back by itself to be called flapping; after a fix of ours once is enough.
RETURNS = 2


def time_to_remediate(history: History, start: float, terms: Terms) -> dict[str, dict[str, Any]]:
    """Return of each severity how many failures ended since a time, after how many days (median), and how many in time.

    A failure that comes back begins anew. One that is asked no more, or cannot be judged any more, did not end; one that ended since
    another benchmark or version asks was not mended.
    """
    # Only what the site says of single hosts needs a row each.
    host = "host_id" if terms.of_hosts else "0"
    statement = (
        f"SELECT {host}, rule_id, from_position, until_position, count(*) FROM hipaa_cis_episodes "  # noqa: S608 - a name of ours
        "WHERE outcome = 'f' AND until_position >= :least AND after IN ('p', 'n'){chosen} "
        f"GROUP BY {'host_id, ' if terms.of_hosts else ''}rule_id, from_position, until_position"
    )
    days: dict[str, list[float]] = {}
    in_time: dict[str, list[bool]] = {}
    least = history.at(start - 1) + 1
    otherwise = _begins(history, ended_by_asking(history, least))
    for host_id, rule_id, begin, end, number in history.rows(statement, least=least):
        times = number - otherwise[host_id if terms.of_hosts else 0, rule_id, begin, end]
        if history.time(end) < start or not times:
            continue
        lasted = max(0, history.time(end) - history.time(begin)) / DAY
        severity = history.rules[rule_id].severity
        days.setdefault(severity, []).extend([lasted] * times)
        deadline = terms.deadlines_of(history.hosts.get(host_id, "")).get(severity)
        if deadline is not None:
            in_time.setdefault(severity, []).extend([lasted <= deadline] * times)
    return {
        severity: _lasted(days[severity], in_time.get(severity), terms.deadlines.get(severity))
        for severity in reversed(SEVERITIES)
        if severity in days
    }


def _begins(history: History, ended: Collection[tuple[int, int, int]]) -> Counter[tuple[int, int, int, int]]:
    """Return how many failures of those that ended began when: (host, rule, begin, end) of each, and of all hosts as host 0."""
    found: Counter[tuple[int, int, int, int]] = Counter()
    statement = "SELECT from_position FROM hipaa_cis_episodes WHERE host_id = :host AND rule_id = :rule AND until_position = :end AND outcome = 'f'"
    for host_id, rule_id, end in ended:
        for (begin,) in history.rows(statement, host=host_id, rule=rule_id, end=end):
            found[host_id, rule_id, begin, end] += 1
            found[0, rule_id, begin, end] += 1
    return found


def _lasted(days: list[float], in_time: list[bool] | None, deadline: float | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "remediated": len(days),
        "median_days": round(statistics.median(days), 1),
        "most_days": round(max(days), 1),
    }
    if deadline is not None:
        told["deadline_days"] = deadline
    if in_time is not None:
        told["in_time"] = sum(in_time)
    return told


def overdue(history: History, terms: Terms) -> list[dict[str, Any]]:
    """Return the failures that last longer than the deadline of their severity, those longest overdue first."""
    nothing = OfHost()
    now = terms.now
    statement = "SELECT host_id, rule_id, from_position FROM hipaa_cis_episodes WHERE outcome = 'f' AND until_position IS NULL{chosen}"
    found: list[dict[str, Any]] = []
    days = {position: date(run.finished_at) for position, run in history.runs.items()}
    dues: dict[float, str] = {}
    earlier = history.began()
    for host_id, rule_id, last_begin in history.rows(statement):
        begin = earlier.get((host_id, rule_id), last_begin)
        rule = history.rules[rule_id]
        since = history.time(begin)
        host = history.hosts[host_id]
        allowed = terms.deadlines_of(host).get(rule.severity)
        if allowed is not None and since + allowed * DAY < now:
            due = since + allowed * DAY
            if due not in dues:
                dues[due] = date(due)
            own = terms.of_hosts.get(host, nothing)
            found.append(
                {
                    "host": host,
                    "rule": rule.name,
                    "title": rule.title,
                    "severity": rule.severity,
                    "failing_since": days[begin],
                    "since_run": history.runs[begin].run_id,
                    "due": dues[due],
                    "days_overdue": int((now - due) // DAY),
                    "system": own.system,
                    "owner": own.owner,
                    "ticket": own.tickets.get(rule.name, ""),
                }
            )
    found.sort(key=lambda row: (-row["days_overdue"], row["host"], row["rule"]))
    return found


def flapping(history: History, start: float) -> list[dict[str, Any]]:
    """Return what failed again after it passed, since a time: after a fix of ours once, else `RETURNS` times."""
    again = (
        "outcome = 'p' AND before = 'f' AND after = 'f' AND until_position >= :least "
        "AND until_position IN (SELECT position FROM hipaa_cis_runs WHERE finished_at >= :start){chosen}"
    )
    least = history.at(start - 1) + 1
    ours = {
        (host_id, rule_id): passed
        for host_id, rule_id, passed in history.rows(
            "SELECT host_id, rule_id, max(from_position) AS passed FROM hipaa_cis_episodes e "  # noqa: S608 - no text of others
            f"WHERE {again} AND EXISTS (SELECT 1 FROM hipaa_cis_fixes f WHERE f.host_id = e.host_id AND f.rule_id = e.rule_id "
            "AND f.position = e.from_position) GROUP BY host_id, rule_id",
            least=least,
            start=start,
        )
    }
    statement = (
        "SELECT host_id, rule_id, count(*) AS times, max(until_position) AS failed FROM hipaa_cis_episodes "  # noqa: S608 - the same
        f"WHERE {again} GROUP BY host_id, rule_id"
    )
    found: list[dict[str, Any]] = []
    for host_id, rule_id, times, failed in history.rows(statement, least=least, start=start):
        passed = ours.get((host_id, rule_id))
        if passed or times >= RETURNS:
            found.append(
                {
                    "host": history.hosts[host_id],
                    "rule": history.rules[rule_id].name,
                    "times": times,
                    "fixed_by_run": history.runs[passed].run_id if passed else "",
                    "failing_again_in_run": history.runs[failed].run_id,
                }
            )
    return sorted(found, key=lambda row: (-row["times"], row["host"], row["rule"]))
