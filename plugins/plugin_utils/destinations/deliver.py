# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a finished run to all places that the site names, each by itself: one that fails keeps no other from having it.

What was delivered where is noted beside the runs, in ``_delivered/<run id>.json``: by that a run that went on since is told from another run
under the same id, and a report that is made twice sends nothing twice.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import sleep
from types import ModuleType
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive, https, ledger, path, s3, syslog
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.parcel import Failed, Parcel
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder, write_private
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, check_run_id

FOLDER = "_delivered"
SCHEMA = "hipaa.cis/delivered/1"
TYPES: Mapping[str, ModuleType] = {"path": path, "ledger": ledger, "s3": s3, "https": https, "syslog": syslog}
# Those that give back what was sent to them; a ledger gives the slices of a run.
FETCHED = ("path", "s3", "ledger")
# Seconds before another attempt; twice as long before each further one.
PAUSE, LONGEST_PAUSE = 1.0, 30.0
Json = dict[str, Any]


class Delivery(NamedTuple):
    """How it went with one destination. ``place``: where the run is now; ``problem``: why it is not; one of them is empty.

    ``taken``: whether the place holds another run under this one's id.
    """

    shown: str
    place: str
    problem: str
    taken: bool = False


def check(given: Any) -> list[Json]:
    """Return the entries of ``hipaa_cis_destinations``, each such that it can be tried. Raises `HipaaCisError`."""
    entries = parse(given)
    for entry in entries:
        TYPES[entry["type"]].check(entry)
    return entries


def deliver(entries: list[Json], store: RunStore, summary: Mapping[str, Any], part: str = "") -> list[Delivery]:
    """Send a finished run to each of the entries and return how that went, in their order.

    ``entries``: as `parse` gives them; ``summary``: of the run; ``part``: which slice of a run of several this is. Raises `HipaaCisError`
    where the run itself can't be read.
    """
    if part:
        check_run_id(part)
    name = store.run_id + (archive.PART + part if part else "")
    try:
        files = archive.digests(store.folder)
    except OSError as problem:
        raise HipaaCisError(f"The run {store.folder} cannot be read: {problem.strerror or problem}.") from None
    digest = archive.content_digest(files)
    kept = store.folder.parent / FOLDER / f"{store.run_id}.json"
    notes = _notes(kept)
    done = []
    for entry in entries:
        noted = notes.setdefault(entry["shown"], {})
        parcel = Parcel(store.folder, name, files, digest, summary, str(noted.get("digest", "")), noted)
        delivery = _sent(entry, parcel)
        if delivery.place:
            noted.update(digest=digest, place=delivery.place)
            _note(kept, notes)
        done.append(delivery)
    return done


def fetch_runs(entry: Json, run_id: str, into: Path) -> list[Path]:
    """Return the folders of a run, or of all parts of it, from a destination of one of the types `FETCHED`, as `parse` gives it.

    ``into``: a private folder, where what is packed is unpacked. Raises `HipaaCisError`.
    """
    check_run_id(run_id)
    if entry["type"] not in FETCHED:
        raise HipaaCisError(f"{entry['shown']}: runs can be fetched from the types {', '.join(FETCHED)} only.")
    make_private_folder(into)
    try:
        found: list[Path] = TYPES[entry["type"]].fetch(entry, run_id, into)
    except OSError as problem:
        raise HipaaCisError(
            f"{entry['shown']}: the run {run_id} cannot be fetched: {problem.strerror or problem}."
        ) from None
    if not found:
        raise HipaaCisError(f"{entry['shown']} has no run {run_id}. Was it delivered there, under this prefix or path?")
    return found


def _sent(entry: Json, parcel: Parcel) -> Delivery:
    """Try as often as an entry says, each time for as long as it says."""
    pause, problem = PAUSE, Failed("nothing was tried")
    for attempt in range(entry["retries"] + 1):
        if attempt:
            sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        try:
            return Delivery(entry["shown"], _in_time(lambda: _once(entry, parcel), entry["timeout"]), "")
        except Failed as failed:
            problem = failed
        if not problem.again:
            break
    return Delivery(entry["shown"], "", f"{entry['shown']}: {str(problem).rstrip('.')}.", problem.taken)


def _once(entry: Json, parcel: Parcel) -> str:
    """Send once. Raises `Failed`, whatever happens."""
    try:
        place: str = TYPES[entry["type"]].send(entry, parcel)
    except OSError as problem:
        raise Failed(f"the run cannot be packed: {problem.strerror or problem}") from None
    except HipaaCisError as problem:
        raise Failed(str(problem)) from None
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as problem:
        # What an answer can do to a library: boto3 follows one that sends it to itself until the stack is full.
        raise Failed(
            f"the answer cannot be understood ({type(problem).__name__}). Does a proxy on the way answer itself?"
        ) from None
    return place


def _in_time(send: Callable[[], str], seconds: float) -> str:
    """Return what ``send`` returns, where that takes no longer. Raises `Failed`.

    A share that hangs, or a server that takes a byte a minute, is left to itself: its thread ends with this process.
    """
    result: list[str] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            result.append(send())
        except BaseException as problem:  # it is raised below, in the thread that waits
            problems.append(problem)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if problems:
        raise problems[0]
    if not result:
        raise Failed(f"it was given up after {seconds:g} seconds (timeout)")
    return result[0]


def _notes(kept: Path) -> dict[str, Json]:
    """Return what was noted of a run's deliveries, by destination. A note that cannot be read says nothing."""
    try:
        content = json.loads(kept.read_bytes())
        places: dict[str, Json] = content["destinations"]
        return places if content["schema"] == SCHEMA and all(isinstance(one, dict) for one in places.values()) else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _note(kept: Path, notes: Mapping[str, Json]) -> None:
    """Keep the note. Raises `HipaaCisError`."""
    try:
        make_private_folder(kept.parent)
        write_private(kept, as_text({"schema": SCHEMA, "destinations": notes}))
    except OSError as problem:
        raise HipaaCisError(
            f"What was delivered cannot be noted in {kept}: {problem.strerror or problem}. The next report would send it again."
        ) from None
