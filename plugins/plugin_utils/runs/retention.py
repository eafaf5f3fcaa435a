# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs may be taken away: 45 CFR 164.316(b)(2)(i), six years from creation or from when last in effect, whichever is later.

A run is in effect for a host until a later one audits it that leaves out none of the rules that it looked at; and for a decision or a
merge that names the run, as long as runs are made with that decision.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, outcomes
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import LATEST


@dataclass
class Run:
    """A run that has a link and is there. ``files``: digests by path; ``hosts``: of each that was audited the rules."""

    run_id: str
    folder: Path
    created: datetime
    files: dict[str, str]
    hosts: dict[str, frozenset[str]] = field(default_factory=dict)
    # Hosts of which no rule was left out.
    whole: set[str] = field(default_factory=set)
    # The last moment at which it was in effect, as far as known; and why it still is.
    until: datetime | None = None
    still: str = ""


def runs_of(base: Path) -> list[Run]:
    """Return the runs of a chain that are there, in their order, with what they are in effect for. Raises `HipaaCisError`."""
    links: dict[str, list[chain.Place]] = {}
    for place in chain.places(base):
        links.setdefault(place.run_id, []).append(place)
    found = [run for run_id, places in links.items() if (run := _run(base, run_id, places))]
    _supersede(found)
    _latest(base, found)
    return found


def name_deciding(found: Sequence[Run], candidates: Sequence[Run], now_decided: str) -> None:
    """Say of runs that decisions name how long they are in effect. ``now_decided``: the text of what a site decides now."""
    for run in found:
        text = "\n".join(_named_in(run))
        for other in candidates:
            if other is not run and other.run_id in text:
                other.until = max(other.until or other.created, run.created)
    for other in candidates:
        if other.run_id in now_decided:
            other.still = "a decision that stands now names it"


def years_after(moment: datetime, years: int) -> datetime:
    """Return the same day so many years later; the first of March for a leap day that is not there."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)


def _run(base: Path, run_id: str, places: Sequence[chain.Place]) -> Run | None:
    files = chain.listed_files(places, run_id)
    if not files:
        return None
    sealed = [link["sealed_at"] for _digest, link in map(chain.read, places) if "pruned" not in link]
    run = Run(run_id, base / run_id, max(_moment(run_id, one) for one in sealed), files)
    if outcomes.FILE in files:
        _add_hosts(run)
    return run


def _add_hosts(run: Run) -> None:
    path = run.folder / outcomes.FILE
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        scopes = [(frozenset(rule for rule, _benchmark in one["rules"]), not one["left"]) for one in document["scopes"]]
        for host, status, at, scope, _letters in document["hosts"]:
            run.created = max(run.created, _moment(run.run_id, at))
            if status == "audited" and scope is not None:
                run.hosts[host] = scopes[scope][0]
                if scopes[scope][1]:
                    run.whole.add(host)
            else:
                run.hosts.setdefault(host, frozenset())
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        # What nobody can read may be in effect for anything.
        run.still = (
            f"{path} cannot be used, so that nobody knows what it is in effect for; hipaa.cis.verify_runs tells more"
        )


def _supersede(found: Sequence[Run]) -> None:
    """Say of each run until when it was the newest for a host, or that it is."""
    later: dict[str, list[Run]] = {}
    for run in reversed(found):
        for host, rules in run.hosts.items():
            after = next(
                (one for one in reversed(later.get(host, ())) if host in one.whole or rules <= one.hosts[host]), None
            )
            if after is None:
                run.still = run.still or f"it is the newest of {host}"
            else:
                run.until = max(run.until or run.created, after.created)
        for host, rules in run.hosts.items():
            if rules:
                later.setdefault(host, []).append(run)


def _latest(base: Path, found: Sequence[Run]) -> None:
    try:
        name = os.readlink(base / LATEST)
    except OSError:
        return
    for run in found:
        if run.run_id == name:
            run.still = run.still or f"the link {LATEST} leads to it"


def _named_in(run: Run) -> Iterator[str]:
    """Yield the texts of a run that may name others: what was decided, and of what it was merged."""
    try:
        for path in sorted((run.folder / "site").glob("*.json")):
            yield path.read_text(encoding="utf-8")
        if (run.folder / "summary.json").exists() and outcomes.FILE not in run.files:
            yield (run.folder / "summary.json").read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise HipaaCisError(f"What the run {run.run_id} stands on cannot be read: {problem}.") from None


def _moment(run_id: str, text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        raise HipaaCisError(
            f"The run {run_id} has a time that is none: {str(text)[:40]!r}. hipaa.cis.verify_runs tells more."
        ) from None
