# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run changed: drift since the run before, and the failures of each safeguard over the last runs. The run's `history.json`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import known
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.drift_kinds import ASKED_ANEW, KINDS, kind
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.known import Known, Scope
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.moved import Moved, Numbers, nowhere
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import NAMES
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.past import Past
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

SCHEMA = "hipaa.cis/run_history/1"
FILE = "history.json"
# In the document; the table (`drift.csv`) has all of them.
MAX_ROWS = 1_000
FIRST_SEEN = "first_seen"
Document = dict[str, Any]


def since_last(
    document: Mapping[str, Any], past: Past, also: Callable[[Mapping[str, str]], None], numbers: Numbers = nowhere
) -> Document:
    """Return what a run changed.

    ``document``: what it found (`outcomes`); ``also`` is given each row of its drift, all of them; ``numbers``: those that rules have in
    a version of a benchmark (`Catalog.numbers_of`).
    """
    rules, askers, moved = document["rules"], _Askers(), Moved(numbers)
    counts: Counter[str] = Counter()
    kept: dict[str, list[Mapping[str, str]]] = {name: [] for name in (*KINDS, FIRST_SEEN)}
    now: dict[str, Known] = {}
    for name, scope, letters in sorted(known.hosts_of(document)):
        before = past.known.get(name)
        now[name] = known.after(before, scope, letters)
        if before and past.points:
            moved.add(before.scope, scope)
        for row in _rows(name, before, now[name], rules, askers) if past.points else ():
            counts[row["kind"]] += 1
            if len(kept[row["kind"]]) < MAX_ROWS:
                kept[row["kind"]].append(row)
            also(row)
    last = past.points[-1] if past.points else None
    return {
        "schema": SCHEMA,
        "run_id": document["run_id"],
        "since_run": last.run_id if last else "",
        "since": last.finished_at if last else "",
        "told_by": past.source if last else "",
        "note": past.note,
        "counts": {name: counts[name] for name in (*KINDS, FIRST_SEEN)},
        "moved": moved.rows(),
        "drift": kept,
        **_trend(document, past, known.failures({**past.known, **now}.values())),
    }


def _rows(
    host: str, before: Known | None, now: Known, rules: Mapping[str, Any], askers: _Askers
) -> Iterator[dict[str, str]]:
    if before is None:
        yield {"kind": FIRST_SEEN, "host": host, "rule": "", "title": "", "severity": "", "before": "", "now": ""}
        return
    for rule, *letters in known.changed(before, now):
        word = kind(*letters)
        if word in ASKED_ANEW and askers.differ(rule, before.scope, now.scope):
            word = ASKED_ANEW[word]
        if word:
            told = rules.get(rule, {"title": "", "severity": ""})
            yield {
                "kind": word, "host": host, "rule": rule, "title": told["title"], "severity": told["severity"],
                "before": NAMES.get(letters[0], ""), "now": NAMES.get(letters[1], ""),
            }  # fmt: skip


class _Askers:
    """Which benchmark asks for a rule. Hosts share their scopes, so each is looked through once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Scope, dict[str, str]]] = {}

    def differ(self, rule: str, before: Scope, now: Scope) -> bool:
        """Return whether another benchmark, or another version of it, asks for a rule than before."""
        by = [self._of(scope).get(rule, "") for scope in (before, now)]
        return all(by) and by[0] != by[1]

    def _of(self, scope: Scope) -> dict[str, str]:
        if id(scope) not in self._known:
            self._known[id(scope)] = (scope, dict(scope.rules))
        return self._known[id(scope)][1]


def _trend(document: Mapping[str, Any], past: Past, now: Counter[str]) -> Document:
    """Return the points, the oldest first, and of each safeguard the failures at each; nothing where there is one only."""
    if not past.points:
        return {"points": [], "safeguards": {}}
    cites = {**past.cites, **{name: rule["cites"] for name, rule in document["rules"].items()}}
    audited = sum(host[1] == "audited" for host in document["hosts"])
    points = [*((point.run_id, point.finished_at, point.audited, point.failures) for point in past.points)]
    points.append((document["run_id"], document["finished_at"], audited, now))
    sums = [_by_cite(failures, cites) for _run, _moment, _hosts, failures in points]
    return {
        "points": [
            {"run_id": run, "finished_at": moment, "audited": hosts, "failures": failures.total()}
            for run, moment, hosts, failures in points
        ],
        "safeguards": {
            cite: [one[cite] for one in sums] for cite in sorted({cite for one in cites.values() for cite in one})
        },
    }


def _by_cite(failures: Mapping[str, int], cites: Mapping[str, Any]) -> Counter[str]:
    found: Counter[str] = Counter()
    for rule, number in failures.items():
        for cite in cites.get(rule, ()):
            found[cite] += number
    return found


def without_records(run_id: str, note: str) -> Document:
    """Return the document of a run of which no history can be told, with the reason."""
    return since_last({"run_id": run_id, "rules": {}, "scopes": [], "hosts": []}, Past(note=note), lambda _row: None)


def read(store: RunStore) -> Document | None:
    """Return what was written of a run; None where there is nothing of ours."""
    try:
        document: Document = json.loads((store.folder / FILE).read_bytes())
        return document if document["schema"] == SCHEMA and document["run_id"] == store.run_id else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
