# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All answers of the ledger to one question, as one document."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import drift, practice, remedy
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History, date
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.terms import Terms

SCHEMA = "hipaa.cis/history/1"
YEAR = 365


def answer(history: History, terms: Terms, cites: Collection[str]) -> dict[str, Any]:
    """Return what the ledger knows of what was asked. ``cites``: the safeguards whose record is told."""
    since = history.before_last() if terms.since is None else history.at(terms.since - 1, terms.now)
    then = history.at(terms.now - terms.trend_days * DAY, terms.now) or min(history.runs)
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
        "time_to_remediate": remedy.time_to_remediate(history, year, terms),
        "deadlines": dict(terms.deadlines),
        "deadlines_of_hosts": any(one.deadlines for one in terms.of_hosts.values()),
        "overdue": remedy.overdue(history, terms),
        "audit_interval": terms.audit_interval,
        "audit_intervals_of_systems": dict(
            sorted((one.system, one.audit_interval) for one in terms.of_hosts.values() if one.audit_interval)
        ),
        "records": practice.records(history, terms, cites),
    }


def _run(history: History, position: int) -> dict[str, Any]:
    run = history.runs[position]
    return {"run_id": run.run_id, "finished": date(run.finished_at)}
