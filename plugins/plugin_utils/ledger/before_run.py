# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger knew of the hosts of a run before it: their last outcomes, and the failures after each of the last runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timezone
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import History
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import tables
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.write import clean
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.known import UNKNOWN, Known, Scope, failures
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.past import MAX_POINTS, NO_RUN, Past, Point

SOURCE = "the ledger"


def before_run(connection: Any, run_id: str, hosts: Collection[str]) -> Past:
    """Return what was known before a run, which may stand in the ledger already, and later ones too."""
    if not connection.execute(library("sqlalchemy").select(tables().runs.c.position).limit(1)).all():
        return Past(note=NO_RUN)
    history = History(connection)
    wanted = {clean(name): name for name in hosts}
    chosen = {number for number, name in history.hosts.items() if name in wanted}
    history.chosen_hosts = None if len(chosen) == len(history.hosts) else chosen
    first = min((one.position for one in history.runs.values() if one.run_id == run_id), default=max(history.runs) + 1)
    since = max((position for position in history.runs if position < first), default=0)
    known = {wanted[name]: one for name, one in _known(history, since)} if since else {}
    if not known:
        return Past(source=SOURCE, note=NO_RUN)
    cites = {rule.name: rule.cites for rule in history.rules.values()}
    return Past(known, tuple(_points(history, since, failures(known.values()))), cites, SOURCE)


def _known(history: History, since: int) -> Iterator[tuple[str, Known]]:
    """Yield what was known of hosts after a run: what is known now, without what changed since."""
    undone: dict[int, dict[int, str]] = {}
    for (host_id, rule_id), change in history.changes(since).items():
        undone.setdefault(host_id, {})[rule_id] = change.before or UNKNOWN
    asked = _asked(history, since)
    scopes, ids = _scopes(history)
    for row in history.plain("SELECT host_id, scope_id, letters FROM hipaa_cis_states WHERE 1 = 1{chosen}"):
        then = row.scope_id if asked is None else asked.get(row.host_id)
        if then is None:
            continue
        letters = row.letters
        if then != row.scope_id or row.host_id in undone:
            known = {**dict(zip(ids[row.scope_id], letters, strict=True)), **undone.get(row.host_id, {})}
            letters = "".join(known.get(rule, UNKNOWN) for rule in ids[then])
        yield history.hosts[row.host_id], Known(scopes[then], letters)


def _asked(history: History, since: int) -> dict[int, int] | None:
    """Return what hosts were asked last (a scope) by a run or one before it; None where that is what they are known by now."""
    if since == max(history.runs):
        return None
    statement = (
        "SELECT l.host_id, l.scope_id FROM hipaa_cis_looks l JOIN (SELECT host_id, max(position) AS last FROM hipaa_cis_looks "
        "WHERE scope_id IS NOT NULL AND position <= :since{chosen} GROUP BY host_id) AS m ON l.host_id = m.host_id AND l.position = m.last"
    )
    return {row.host_id: row.scope_id for row in history.plain(statement, since=since)}


def _scopes(history: History) -> tuple[dict[int, Scope], dict[int, list[int]]]:
    """Return scopes with the names of their rules, and the ids of the same rules in the same order."""
    scopes, ids = {}, {}
    for row in history.everything("SELECT id, asked FROM hipaa_cis_scopes"):
        asked = json.loads(row.asked)
        rules = tuple((history.rules[rule].name, by) for rule, by in asked["rules"])
        scopes[row.id] = Scope(rules, tuple(history.rules[rule].name for rule in asked["left"]))
        ids[row.id] = [rule for rule, _by in asked["rules"]] + asked["left"]
    return scopes, ids


def _points(history: History, since: int, failing: Counter[str]) -> list[Point]:
    """Return the last runs up to one, the oldest first. ``failing``: after that one; before it, what began with it did not, and what ended did."""
    last_parts = {run.run_id: run.position for run in history.runs.values() if run.position <= since}
    positions = sorted(last_parts.values())[-(MAX_POINTS - 1) :]
    began = _by_run(history, "from_position", positions[0])
    ended = _by_run(history, "until_position", positions[0])
    audited = {
        row.position: row.audited
        for row in history.everything(
            "SELECT position, audited FROM hipaa_cis_runs WHERE position >= :first", first=positions[0]
        )
    }
    points = []
    for position in range(since, positions[0] - 1, -1):
        if position in positions:
            run = history.runs[position]
            moment = datetime.fromtimestamp(run.finished_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            points.append(Point(run.run_id, moment, audited[position], +failing))
        failing.subtract(began.get(position, {}))
        failing.update(ended.get(position, {}))
    return points[::-1]


def _by_run(history: History, column: str, first: int) -> dict[int, dict[str, int]]:
    """Return of each run after one how many failures of each rule began (or ended) with it."""
    statement = (
        f"SELECT {column}, rule_id, count(*) FROM hipaa_cis_episodes WHERE outcome = 'f' AND {column} > :first{{chosen}} "  # noqa: S608 - a name of ours
        f"GROUP BY {column}, rule_id"
    )
    found: dict[int, dict[str, int]] = {}
    for position, rule, number in history.rows(statement, first=first):
        found.setdefault(position, {})[history.rules[rule].name] = number
    return found
