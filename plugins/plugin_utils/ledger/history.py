# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger knows, as all questions need it: runs, hosts and rules, and the episodes of those that are asked about."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import tables
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

DAY = 86400
# host and rule, by their ids
Pair = tuple[int, int]


class Run(NamedTuple):
    """A run, or a part of one that grew."""

    position: int
    run_id: str
    finished_at: int


class Rule(NamedTuple):
    """A rule as the newest run that has it tells it."""

    name: str
    title: str
    severity: str
    cites: tuple[str, ...]


class Change(NamedTuple):
    """What a rule's outcome on a host was at some run, and what it is now: a letter, or nothing. ``since``: from which run on."""

    before: str
    now: str
    since: int


@dataclass(frozen=True)
class Question:
    """What is asked about: hosts, rules and safeguards by name; nothing given is everything."""

    hosts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    safeguards: tuple[str, ...] = ()


class History:
    """The ledger, read for one question."""

    def __init__(self, connection: Any, question: Question | None = None) -> None:
        """Raises `HipaaCisError` where nothing is in the ledger, or a host or rule that is asked about is not."""
        self._connection = connection
        sa, known, asked = library("sqlalchemy"), tables(), question or Question()
        runs = sa.select(known.runs.c.position, known.runs.c.run_id, known.runs.c.finished_at).order_by(
            known.runs.c.position
        )
        self.runs = {row.position: Run(*row) for row in connection.execute(runs)}
        if not self.runs:
            raise HipaaCisError(
                "The ledger is empty: no run has ended in this folder yet. Audit first; is hipaa_cis_run_dir (or hipaa_cis_ledger) the one of the audits?"
            )
        self.hosts: dict[int, str] = dict(
            map(tuple, connection.execute(sa.select(known.hosts.c.id, known.hosts.c.name)))
        )
        self.rules = {
            row.id: Rule(row.name, row.title, row.severity, tuple(json.loads(row.cites)))
            for row in connection.execute(sa.select(known.rules))
        }
        # scope -> rule -> the benchmark that asks
        self.scopes: dict[int, dict[int, str]] = {
            row.id: dict(json.loads(row.asked)["rules"]) for row in connection.execute(sa.select(known.scopes))
        }
        self.chosen_hosts = _chosen("host", asked.hosts, {name: number for number, name in self.hosts.items()})
        named = _chosen("rule", asked.rules, {rule.name: number for number, rule in self.rules.items()})
        cited = {number for number, rule in self.rules.items() if set(rule.cites) & set(asked.safeguards)}
        self.chosen_rules = (
            named & cited if named is not None and asked.safeguards else cited if asked.safeguards else named
        )

    @property
    def last(self) -> Run:
        """The newest run."""
        return self.runs[max(self.runs)]

    def before_last(self) -> int:
        """Return the position of the run before the newest; 0 where there is none."""
        return max((run.position for run in self.runs.values() if run.run_id != self.last.run_id), default=0)

    def at(self, moment: float, now: float = math.inf) -> int:
        """Return the position of the last run before all that ended later than a time; 0 where there is none.

        A clock that went back, or runs that came late, hide nothing so. What is dated after ``now`` says nothing of an order.
        """
        later = (run.position for run in self.runs.values() if moment < run.finished_at <= now)
        return min(later, default=max(self.runs) + 1) - 1

    def time(self, position: int) -> int:
        """Return when a run ended."""
        return self.runs[position].finished_at

    def rows(self, statement: str, prefix: str = "", **values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement on episodes, as tuples; ``{chosen}`` in it is what limits them to what is asked about."""
        # Ids are numbers of ours.
        hosts = f" AND {prefix}host_id IN ({_numbers(self.chosen_hosts)})" if self.chosen_hosts is not None else ""
        rules = f" AND {prefix}rule_id IN ({_numbers(self.chosen_rules)})" if self.chosen_rules is not None else ""
        text = library("sqlalchemy").text(statement.replace("{chosen}", hosts + rules))
        # The driver's own tuples: half a million rows are fetched in a third of the time.
        yield from self._connection.execute(text, values).cursor

    def everything(self, statement: str, **values: Any) -> Iterator[Any]:
        """Yield the rows of a statement on what is of no host."""
        yield from self._connection.execute(library("sqlalchemy").text(statement), values)

    def plain(self, statement: str, **values: Any) -> Iterator[Any]:
        """Yield the rows of a statement on what is of hosts only."""
        hosts = f" AND host_id IN ({_numbers(self.chosen_hosts)})" if self.chosen_hosts is not None else ""
        yield from self._connection.execute(library("sqlalchemy").text(statement.replace("{chosen}", hosts)), values)

    def began(self, before: int | None = None) -> dict[Pair, int]:
        """Return, of what fails or cannot be judged now (or after a run), with which run it failed first, where errors came in between.

        What cannot be judged for a while was not mended.
        """
        open_then = (
            "until_position IS NULL"
            if before is None
            else "from_position <= :before AND (until_position IS NULL OR until_position > :before)"
        )
        statement = (
            "SELECT e.host_id, e.rule_id, e.from_position, e.until_position, e.outcome FROM hipaa_cis_episodes e JOIN "  # noqa: S608 - no text of others
            "(SELECT host_id, rule_id, from_position AS last FROM hipaa_cis_episodes "
            f"WHERE outcome IN ('f', 'e') AND 'e' IN (outcome, before) AND {open_then}) AS o "
            "ON e.host_id = o.host_id AND e.rule_id = o.rule_id AND e.from_position <= o.last WHERE e.outcome IN ('f', 'e'){chosen} "
            "ORDER BY e.host_id, e.rule_id, e.from_position"
        )
        found: dict[Pair, int] = {}
        until: dict[Pair, int] = {}
        for host_id, rule_id, begin, end, outcome in self.rows(
            statement, prefix="e.", **({"before": before} if before else {})
        ):
            pair = (host_id, rule_id)
            if until.get(pair) != begin:
                found.pop(pair, None)
            if outcome == "f":
                found.setdefault(pair, begin)
            until[pair] = end
        return found

    def changes(self, since: int) -> dict[Pair, Change]:
        """Return what has another outcome now than it had at a run."""
        before = "max(CASE WHEN from_position <= :since THEN outcome ELSE '' END)"
        now = "max(CASE WHEN until_position IS NULL THEN outcome ELSE '' END)"
        statement = (
            f"SELECT host_id, rule_id, {before}, {now}, max(coalesce(until_position, from_position)) FROM hipaa_cis_episodes "  # noqa: S608 - no text of others
            f"WHERE (from_position > :since OR until_position > :since){{chosen}} GROUP BY host_id, rule_id HAVING {before} <> {now}"
        )
        rows = self.rows(statement, since=since)
        return {(host_id, rule_id): Change(*change) for host_id, rule_id, *change in rows}


def _chosen(what: str, names: Collection[str], ids: dict[str, int]) -> set[int] | None:
    for name in names:
        if name not in ids:
            raise HipaaCisError("The ledger knows no such thing: " + unknown(what, name, ids))
    return {ids[name] for name in names} if names else None


def _numbers(ids: Collection[int]) -> str:
    return ", ".join(map(str, sorted(ids))) or "NULL"


def date(moment: float) -> str:
    """Return the day of a time, in UTC."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d")
