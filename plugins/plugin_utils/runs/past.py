# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was known before a run, read from the runs beside it: no database is needed, and a few runs are read at most.

So the end of an audit of one host can tell what changed. For a fleet, or where the site names a ledger, that one is asked.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, known, outcomes
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.known import Known
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

# Points of a trend, the run itself among them.
MAX_POINTS = 12
# What is read of earlier runs: some 10 milliseconds.
MAX_BYTES = 1_500_000
NO_RUN = "No earlier run of these hosts is known here, so there is nothing to compare with; a trend needs two runs."


class Point(NamedTuple):
    """An earlier run: when it ended, how many hosts it audited, and of the hosts that are asked about the failures by rule after it."""

    run_id: str
    finished_at: str
    audited: int
    failures: Counter[str]


@dataclass(frozen=True)
class Past:
    """What was known before a run. ``known``: of its hosts; ``points``: the oldest first; ``source``: who says so; ``note``: what is to be said of it."""

    known: Mapping[str, Known] = field(default_factory=dict)
    points: tuple[Point, ...] = ()
    cites: Mapping[str, Collection[str]] = field(default_factory=dict)
    source: str = ""
    note: str = ""


def beside(store: RunStore, hosts: Collection[str]) -> Past:
    """Return what the runs beside a run know of its hosts. Never raises for what they hold: a run that can't be used is named."""
    try:
        read = _Reading(store.folder.parent, _before(store))
    except HipaaCisError as problem:
        return Past(note=str(problem))
    documents = list(read.documents())[::-1]
    wanted, states = set(hosts), dict[str, Known]()
    points, cites = [], dict[str, Collection[str]]()
    for document, looked_at in documents:
        states.update(
            {
                name: known.after(states.get(name), scope, letters)
                for name, scope, letters in looked_at
                if name in wanted
            }
        )
        cites.update({name: rule["cites"] for name, rule in document["rules"].items()})
        audited = sum(host[1] == "audited" for host in document["hosts"])
        points.append(Point(document["run_id"], document["finished_at"], audited, known.failures(states.values())))
    while points and not states:
        points.clear()
    return Past(
        states, tuple(points), cites, "the runs beside it", " ".join([*read.notes, *([] if states else [NO_RUN])])
    )


def _before(store: RunStore) -> list[chain.Place]:
    """Return the newest link of each run that ended before this one did first, the newest first."""
    places = chain.places(store.folder.parent)
    mine = min((place.number for place in places if place.run_id == store.run_id), default=None)
    newest = {place.run_id: place for place in places if mine is None or place.number < mine}
    return sorted(newest.values(), key=lambda place: -place.number)


class _Reading:
    """Reads earlier runs, the newest first, and notes which it could not read."""

    def __init__(self, base: Path, places: list[chain.Place]) -> None:
        self._base, self._places = base, places
        self._left = MAX_BYTES
        self.notes: list[str] = []

    def documents(self) -> Iterator[tuple[dict[str, Any], list[tuple[str, known.Scope, str]]]]:
        """Yield what each run found, with its hosts as `known.hosts_of` gives them."""
        found = 0
        for place in self._places:
            if found == MAX_POINTS - 1:
                self.notes.append(f"Compared with the last {found} runs; hipaa.cis.history knows more.")
                return
            try:
                document = self._document(place)
                hosts = list(known.hosts_of(document)) if document else []
            except (
                HipaaCisError,
                OSError,
                ValueError,
                KeyError,
                TypeError,
                IndexError,
                AttributeError,
                RecursionError,
            ):
                self.notes.append(f"Run {place.run_id} cannot be compared with; hipaa.cis.verify_runs tells why.")
                continue
            if document is None:
                self.notes.append(
                    f"Run {place.run_id} and those before it are too large to read here; hipaa.cis.history tells more."
                )
                return
            if hosts:
                found += 1
                yield document, hosts

    def _document(self, place: chain.Place) -> dict[str, Any] | None:
        """Return what a run found, None where it is too much to read here. Raises `OSError` and `ValueError`."""
        path = self._base / place.run_id / outcomes.FILE
        self._left -= path.stat().st_size + place.path.stat().st_size
        if self._left < 0:
            return None
        content = path.read_bytes()
        _digest, link = chain.read(place)
        if link["files"].get(outcomes.FILE, hashlib.sha256(content).hexdigest()) != hashlib.sha256(content).hexdigest():
            raise ValueError(place.run_id)
        document: dict[str, Any] = json.loads(content)
        if document["schema"] != outcomes.SCHEMA or document["run_id"] != place.run_id:
            raise ValueError(place.run_id)
        return document
