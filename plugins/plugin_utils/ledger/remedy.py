# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long failures last: time to remediate against the deadlines, what is overdue, and what comes back after it was fixed."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History, Pair, date

# Times that a failure has to come back by itself to be called flapping; after a fix of ours once is enough.
RETURNS = 2


def time_to_remediate(history: History, start: float, deadlines: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Return of each severity how many failures ended since a time, after how many days (median), and how many in time.

    A failure that comes back begins anew. One that is asked no more, or cannot be judged any more, did not end.
    """
    statement = (
        "SELECT a.rule_id, a.from_position, a.until_position FROM hipaa_cis_episodes a JOIN hipaa_cis_episodes b "
        "ON b.host_id = a.host_id AND b.rule_id = a.rule_id AND b.from_position = a.until_position "
        "WHERE a.outcome = 'f' AND a.until_position >= :least AND b.outcome IN ('p', 'n'){chosen}"
    )
    days: dict[str, list[float]] = {}
    for rule_id, begin, end in history.rows(statement, prefix="a.", least=history.at(start - 1) + 1):
        lasted = max(0, history.time(end) - history.time(begin)) / DAY
        days.setdefault(history.rules[rule_id].severity, []).append(lasted)
    return {
        severity: _lasted(days[severity], deadlines.get(severity))
        for severity in reversed(SEVERITIES)
        if severity in days
    }


def _lasted(days: list[float], deadline: float | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "remediated": len(days),
        "median_days": round(statistics.median(days), 1),
        "most_days": round(max(days), 1),
    }
    if deadline is not None:
        told.update(deadline_days=deadline, in_time=sum(one <= deadline for one in days))
    return told


def overdue(history: History, now: float, deadlines: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the failures that last longer than the deadline of their severity, those longest overdue first."""
    statement = "SELECT host_id, rule_id, from_position FROM hipaa_cis_episodes WHERE outcome = 'f' AND until_position IS NULL{chosen}"
    found: list[dict[str, Any]] = []
    for host_id, rule_id, begin in history.rows(statement):
        rule = history.rules[rule_id]
        since = history.time(begin)
        if rule.severity in deadlines and since + deadlines[rule.severity] * DAY < now:
            due = since + deadlines[rule.severity] * DAY
            found.append(
                {
                    "host": history.hosts[host_id],
                    "rule": rule.name,
                    "title": rule.title,
                    "severity": rule.severity,
                    "failing_since": date(since),
                    "since_run": history.runs[begin].run_id,
                    "due": date(due),
                    "days_overdue": int((now - due) // DAY),
                }
            )
    found.sort(key=lambda row: (-row["days_overdue"], row["host"], row["rule"]))
    return found


def flapping(history: History, start: float) -> list[dict[str, Any]]:
    """Return what failed again after it passed, since a time: after a fix of ours once, else `RETURNS` times."""
    statement = (
        "SELECT c.host_id, c.rule_id, b.from_position AS passed, c.from_position AS failed FROM hipaa_cis_episodes c JOIN hipaa_cis_episodes b "
        "ON b.host_id = c.host_id AND b.rule_id = c.rule_id AND b.until_position = c.from_position "
        "WHERE c.outcome = 'f' AND b.outcome = 'p' AND c.from_position >= :least AND EXISTS (SELECT 1 FROM hipaa_cis_episodes d "
        "WHERE d.host_id = c.host_id AND d.rule_id = c.rule_id AND d.until_position = b.from_position AND d.outcome = 'f'){chosen} "
        "ORDER BY c.from_position"
    )
    fixed = {
        (row.host_id, row.rule_id, row.position)
        for row in history.rows("SELECT host_id, rule_id, position FROM hipaa_cis_fixes WHERE 1 = 1{chosen}")
    }
    returns: dict[Pair, list[tuple[int, int]]] = {}
    for host_id, rule_id, passed, failed in history.rows(statement, prefix="c.", least=history.at(start - 1) + 1):
        returns.setdefault((host_id, rule_id), []).append((passed, failed))
    found: list[dict[str, Any]] = []
    for (host_id, rule_id), times in returns.items():
        ours = [passed for passed, _failed in times if (host_id, rule_id, passed) in fixed]
        if ours or len(times) >= RETURNS:
            found.append(
                {
                    "host": history.hosts[host_id],
                    "rule": history.rules[rule_id].name,
                    "times": len(times),
                    "fixed_by_run": history.runs[ours[-1]].run_id if ours else "",
                    "failing_again_in_run": history.runs[times[-1][1]].run_id,
                }
            )
    return sorted(found, key=lambda row: (-row["times"], row["host"], row["rule"]))
