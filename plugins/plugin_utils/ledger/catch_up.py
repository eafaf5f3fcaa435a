# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the ledger up to date from the chain of a run base: who reads it does so first, and a run's end where that is worth it.

A run is known by its id and the digest of what it found, so it is entered once, whoever comes first, and a second time where
it has grown since. Each is a transaction of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import address
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.connection import opened, writing
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import tables
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.write import Origin, add_run
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, outcomes

# What a run found takes some 4 MB for 10,000 hosts.
MAX_BYTES = 500_000_000


@dataclass(frozen=True)
class Current:
    """A ledger that is up to date: the connection, its name for people, and what could not be entered, and why."""

    connection: Any
    name: str
    warnings: tuple[str, ...]


@contextmanager
def current(base: Path, given: str | None, refused: dict[str, str] | None = None) -> Iterator[Current]:
    """Give the ledger with all finished runs of a run base in it. Raises `HipaaCisError` where it can't be used.

    ``given``: the URL that the site gave, if any; ``refused``: is filled with why runs could not be entered, by their ids.
    """
    url = address.address(given, base)
    with opened(url) as connection:
        yield Current(connection, address.shown(url), tuple(_enter(connection, base, refused)))


def bring_up_to_date(base: Path, given: str | None, refused: dict[str, str] | None = None) -> tuple[str, ...]:
    """Enter what is not there yet, and return warnings; ``refused`` as in `current`. Raises `HipaaCisError` where the ledger can't be used."""
    with current(base, given, refused) as ledger:
        return ledger.warnings


def entered(connection: Any) -> set[str]:
    """Return the ids of the runs that a ledger knows."""
    return set(connection.execute(library("sqlalchemy").select(tables().runs.c.run_id)).scalars())


def _enter(connection: Any, base: Path, refused: dict[str, str] | None = None) -> Iterator[str]:
    places = chain.places(base)
    if not places:
        return
    sa, runs = library("sqlalchemy"), tables().runs
    source = _source(places)
    problems = {} if refused is None else refused
    known = set(connection.execute(sa.select(runs.c.link).where(runs.c.source == source)).scalars())
    for place in places:
        if place.number not in known:
            try:
                yield from _enter_link(connection, base, place, places)
            except HipaaCisError as problem:
                problems[place.run_id] = str(problem)
                yield f"run {place.run_id} is not in the ledger: {problem}"


def _source(places: list[chain.Place]) -> str:
    for place in places:
        try:
            return str(chain.read(place)[1]["source"])
        except (HipaaCisError, KeyError):
            continue
    return ""


def _enter_link(connection: Any, base: Path, place: chain.Place, places: list[chain.Place]) -> list[str]:
    link_digest, link = chain.read(place)
    digest = link["files"].get(outcomes.FILE)
    if digest is None:
        return []
    try:
        size = (base / place.run_id / outcomes.FILE).stat().st_size
        if size > MAX_BYTES:
            raise HipaaCisError(
                f"{base / place.run_id / outcomes.FILE} has {size:,} bytes, more than any run; was it changed?"
            )
        content = (base / place.run_id / outcomes.FILE).read_bytes()
    except OSError as problem:
        if outcomes.FILE not in chain.pruned_files(places, place.run_id):
            raise HipaaCisError(
                f"{base / place.run_id / outcomes.FILE} cannot be read: {problem.strerror or problem}"
            ) from None
        if place.run_id in entered(connection):
            return []
        raise HipaaCisError("it was pruned before this ledger knew it") from None
    if hashlib.sha256(content).hexdigest() != digest:
        if _has_grown(place, places):
            return []  # A later link has what became of it.
        raise HipaaCisError(
            f"{base / place.run_id / outcomes.FILE} is not what it was when the run ended; hipaa.cis.verify_runs tells more"
        )
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise HipaaCisError(f"{base / place.run_id / outcomes.FILE} is no JSON") from None
    with writing(connection):
        return add_run(connection, document, Origin(str(link["source"]), place.number, link_digest, digest))


def _has_grown(place: chain.Place, places: list[chain.Place]) -> bool:
    """Return whether a run found more after a link of it. What it gained besides, or lost, says nothing of that."""
    later = (one for one in places if one.run_id == place.run_id and one.number > place.number)
    return any(outcomes.FILE in chain.read(one)[1]["files"] for one in later)
