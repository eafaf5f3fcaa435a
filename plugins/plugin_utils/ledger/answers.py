# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All answers of the ledger to one question, as one document."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import drift, practice, remedy
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History, date

SCHEMA = "hipaa.cis/history/1"
YEAR = 365


@dataclass(frozen=True)
class Terms:
    """By what the answers go.

    The time of the question, since when drift is told (None: the last run), days of the trend, days that each severity may last,
    days between two audits, and the hosts of groups.
    """

    now: float
    since: float | None = None
    trend_days: float = 90
    deadlines: Mapping[str, float] = field(default_factory=dict)
    audit_interval: float = 31
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)


def answer(history: History, terms: Terms, cites: Collection[str]) -> dict[str, Any]:
    """Return what the ledger knows of what was asked. ``cites``: the safeguards whose record is told."""
    since = history.before_last() if terms.since is None else history.at(terms.since - 1)
    then = history.at(terms.now - terms.trend_days * DAY) or min(history.runs)
    year = terms.now - YEAR * DAY
    return {
        "schema": SCHEMA,
        "asked_on": date(terms.now),
        "runs": len({run.run_id for run in history.runs.values()}),
        "first_run": _run(history, min(history.runs)),
        "last_run": _run(history, max(history.runs)),
        "drift": drift.drift(history, since),
        "trend": {"since": _run(history, then), **drift.trend(history, then, terms.groups)},
        "flapping": remedy.flapping(history, year),
        "time_to_remediate": remedy.time_to_remediate(history, year, terms.deadlines),
        "deadlines": dict(terms.deadlines),
        "overdue": remedy.overdue(history, terms.now, terms.deadlines),
        "audit_interval": terms.audit_interval,
        "records": practice.records(history, terms.now, terms.audit_interval, cites),
    }


def _run(history: History, position: int) -> dict[str, Any]:
    run = history.runs[position]
    return {"run_id": run.run_id, "finished": date(run.finished_at)}
