# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger knew of failures before a run, for the reports of it; and what regressed with it, for the gate."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import current
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.drift import asked_anew, asked_by, ended_by_asking
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.failing import NONE, Ended, Failing

YEAR = 365 * DAY
FIRST = "The ledger knows no run before this one, so all is first seen now."
LEDGER = "First seen is by the ledger: since which run a rule fails on a host without a break."


def read(base: Path, given: str | None, run_ids: Collection[str]) -> Failing:
    """Return what the ledger knows before some runs of a run base. It is brought up to date first.

    Where it cannot be used nothing is known, and why is said.
    """
    try:
        with current(base, given) as ledger:
            history = _history(ledger.connection)
            before = _before(history, run_ids) if history else 0
            if history is None or not before:
                return Failing(says=FIRST)
            runs = {
                position: (run.run_id, _iso(run.finished_at))
                for position, run in history.runs.items()
                if position <= before
            }
            hosts = {name: number for number, name in history.hosts.items()}
            endings = partial(_endings, base, given, before, history.at(history.time(before) - YEAR))
            return Failing(
                True, LEDGER, hosts, runs, _since(history, before, max(hosts.values(), default=0) + 1), endings
            )
    except HipaaCisError as problem:
        return Failing(says=f"The ledger could not be read, so first seen is of this run alone: {problem}")


def _history(connection: Any) -> History | None:
    """Return the ledger for all questions; None where it is empty."""
    try:
        return History(connection)
    except HipaaCisError:
        return None


def _before(history: History, run_ids: Collection[str]) -> int:
    """Return the position of the last run before some; of all, where none of these is entered. 0: there is none."""
    own = [position for position, run in history.runs.items() if run.run_id in run_ids]
    return max((position for position in history.runs if not own or position < min(own)), default=0)


def _since(history: History, before: int, size: int) -> dict[str, array[int]]:
    statement = (
        "SELECT host_id, rule_id, from_position FROM hipaa_cis_episodes WHERE outcome = 'f' AND from_position <= :before "
        "AND (until_position IS NULL OR until_position > :before)"
    )
    begins = {(host_id, rule_id): begin for host_id, rule_id, begin in history.rows(statement, before=before)}
    found: dict[int, array[int]] = {}
    # What could not be judged by then, and fails now, failed before that.
    for (host_id, rule_id), begin in {**begins, **history.began(before)}.items():
        if rule_id not in found:
            found[rule_id] = array("i", [NONE]) * size
        found[rule_id][host_id] = begin
    return {history.rules[rule_id].name: places for rule_id, places in found.items()}


def _endings(base: Path, given: str | None, before: int, least: int) -> Iterator[Ended]:
    """Yield failures that ended with a pass, or since the rule does not apply any more."""
    statement = (
        "SELECT e.host_id, e.rule_id, e.from_position, e.until_position, f.position FROM hipaa_cis_episodes e "
        "LEFT JOIN hipaa_cis_fixes f ON f.host_id = e.host_id AND f.rule_id = e.rule_id AND f.position = e.until_position "
        "WHERE e.outcome = 'f' AND e.after IN ('p', 'n') AND e.until_position <= :before AND e.until_position > :least"
    )
    with current(base, given) as ledger:
        history = History(ledger.connection)
        otherwise = ended_by_asking(history, least + 1)
        for host_id, rule_id, begin, end, fixed in history.rows(statement, before=before, least=least):
            if (host_id, rule_id, end) in otherwise:
                continue
            yield Ended(history.rules[rule_id].name, history.hosts[host_id], begin, end, fixed is not None)


def regressed(base: Path, given: str | None, run_ids: Collection[str]) -> tuple[str, dict[str, set[str]]]:
    """Return the last run before some, and of each host the rules that began to fail with them and were fine before.

    Another benchmark, or another version of one, that asks is no regression. Raises `HipaaCisError` where the ledger cannot tell.
    """
    with current(base, given) as ledger:
        history = History(ledger.connection)
        own = sorted(position for position, run in history.runs.items() if run.run_id in run_ids)
        missing = sorted(set(run_ids) - {history.runs[position].run_id for position in own})
        if missing:
            raise HipaaCisError(
                f"{ledger.name} does not have the run {', '.join(missing)}. {' '.join(ledger.warnings)}".strip()
            )
        before = _before(history, run_ids)
        if not before:
            raise HipaaCisError(
                f"{ledger.name} has no run before this one, with which it could be compared. Keep the folder of the runs or name the ledger with "
                "hipaa_cis_ledger, name a run with hipaa_cis_compare_with, or leave regressed out this once."
            )
        if not _knew_any(history, own[0], own[-1]):
            raise HipaaCisError(
                f"{ledger.name} has no audit before this run of any host that it audited, so nothing could be compared. Keep the folder of the runs "
                "or name the ledger with hipaa_cis_ledger, name a run with hipaa_cis_compare_with, or leave regressed out this once."
            )
        statement = (
            "SELECT host_id, rule_id, from_position FROM hipaa_cis_episodes WHERE outcome = 'f' AND before IN ('p', 'n', 'm') "
            "AND from_position >= :first AND from_position <= :last"
        )
        asked, found = asked_by(history), dict[str, set[str]]()
        for host_id, rule_id, begin in list(history.rows(statement, first=own[0], last=own[-1])):
            if len(asked[rule_id]) < 2 or not asked_anew(history, (host_id, rule_id), begin):
                found.setdefault(history.hosts[host_id], set()).add(history.rules[rule_id].name)
        return history.runs[before].run_id, found


def _knew_any(history: History, first: int, last: int) -> bool:
    """Return whether any host that runs audited was audited before them; so it is where they audited none, which others say."""
    audited = "SELECT 1 FROM hipaa_cis_looks AS n WHERE n.position >= :first AND n.position <= :last AND n.scope_id IS NOT NULL"
    before = "SELECT 1 FROM hipaa_cis_looks AS o WHERE o.host_id = n.host_id AND o.position < :first AND o.scope_id IS NOT NULL"
    known = history.rows(f"{audited} AND EXISTS ({before}) LIMIT 1", first=first, last=last)
    return any(known) or not any(history.rows(f"{audited} LIMIT 1", first=first, last=last))


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
