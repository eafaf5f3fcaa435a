# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all processes of one Ansible command share: the run id and the run directories they wrote.

Ansible forks a worker per host and task. All of them inherit the main process's own temporary
folder, which no other command shares and which ends with it; that is where they meet. So a
callback finds the run even where a task's result is hidden by no_log.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from ansible import constants

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.controller_job import job_id

_FOLDER = "hipaa-cis"


def _meeting_place() -> Path:
    folder = Path(constants.DEFAULT_LOCAL_TMP) / _FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def _written_there() -> Iterator[None]:
    """Raise `HipaaCisError` where this command's own folder cannot be written to."""
    try:
        yield
    except OSError as problem:
        raise HipaaCisError(
            f"Ansible's folder for temporary files on the controller, {constants.DEFAULT_LOCAL_TMP}, cannot be used: "
            f"{problem.strerror or problem}. ANSIBLE_LOCAL_TEMP names another."
        ) from None


def utc_now() -> str:
    """Return the time in UTC as ISO 8601, to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def shared_run_id() -> str:
    """Return the id of this command's run, the same in all its processes; where it is a controller's job, it names the job."""
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    job = job_id()
    return shared_text("run_id", lambda: f"{stamp}{f'-job{job}' if job else ''}-{secrets.token_hex(3)}")


def shared_text(name: str, make: Callable[[], str]) -> str:
    """Return what ``make`` gave for a name in the first process of this command that asked for it. Raises `HipaaCisError`."""
    with _written_there():
        place = _meeting_place() / name
        there = place.exists()
    text = "" if there else make()
    with _written_there():
        if not there:
            proposal = place.with_name(f"proposal-{os.getpid()}-{secrets.token_hex(4)}")
            proposal.write_text(text, encoding="utf-8")
            # A hard link appears whole and only once: the first proposal is everybody's.
            with suppress(FileExistsError):
                os.link(proposal, place)
            proposal.unlink()
        return place.read_text(encoding="utf-8")


def is_there(name: str) -> bool:
    """Return whether a process of this command has given a text for a name. Raises `HipaaCisError`."""
    with _written_there():
        return (_meeting_place() / name).exists()


def note_catalogs(folders: Sequence[str]) -> None:
    """Leave word for the callback by which catalogs of the site's own a task judges."""
    text = json.dumps(list(folders))
    shared_text("catalogs-" + _digest(text), lambda: text)


def noted_catalogs() -> list[list[str]]:
    """Return what tasks of this command were given as the site's catalogs."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_meeting_place().glob("catalogs-*"))]


def note_formats(names: Sequence[str]) -> None:
    """Leave word for the callback which formats are asked for: where all hosts are lost, no task is left that writes them."""
    text = json.dumps(sorted(names))
    shared_text("formats-" + _digest(text), lambda: text)


def noted_formats() -> set[str]:
    """Return the formats that were asked for in this command."""
    found = _meeting_place().glob("formats-*")
    return {name for path in found for name in json.loads(path.read_text(encoding="utf-8"))}


def note_plan(asked: str) -> None:
    """Leave word for the callback what many hosts are asked for, as `audit.ready.asked` says it."""
    shared_text("plan-" + _digest(asked), lambda: asked)


def noted_plans() -> list[str]:
    """Return what many hosts of this command are asked for."""
    return [path.read_text(encoding="utf-8") for path in sorted(_meeting_place().glob("plan-*"))]


def note_run_directory(folder: Path, catalogs: Sequence[str] = ()) -> None:
    """Leave word for the callback where this run's records are, and by which catalogs of the site's own they are made."""
    text = json.dumps([str(folder), *catalogs])
    shared_text("directory-" + _digest(text), lambda: text)


def noted_run_directories() -> dict[str, list[str]]:
    """Return the run directories that workers of this command wrote to, each with the site's catalogs."""
    found: dict[str, list[str]] = {}
    for path in sorted(_meeting_place().glob("directory-*")):
        folder, *catalogs = json.loads(path.read_text(encoding="utf-8"))
        known = found.setdefault(folder, [])
        known += [one for one in catalogs if one not in known]
    return {folder: found[folder] for folder in sorted(found)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def note_reports(standing: str, *what: object) -> None:
    """Leave word for the callback that a task has made the reports of a run, as `RunStore.standing` and what else made them say."""
    # For want of it they are made once more, which nobody has to be told.
    with suppress(HipaaCisError):
        shared_text("reports-" + _digest(json.dumps([standing, *what])), lambda: "")


def are_reports_noted(standing: str, *what: object) -> bool:
    """Return whether a task of this command has left this word."""
    return bool(standing) and is_there("reports-" + _digest(json.dumps([standing, *what])))


def note_batch(hosts: Iterable[str]) -> None:
    """Leave word of a batch of a play that has begun: hosts in it that are not lost."""
    text = "\n".join(sorted(hosts))
    shared_text("batch-" + _digest(text), lambda: text)


def begun_hosts() -> set[str]:
    """Return the hosts of all batches that have begun in this command."""
    return {
        name
        for path in _meeting_place().glob("batch-*")
        for name in path.read_text(encoding="utf-8").split("\n")
        if name
    }


def note_gate(what: str) -> None:
    """Leave word that a gate is ``asked`` for by a host that was audited, or that one was ``held``."""
    with _written_there():
        (_meeting_place() / f"gate-{what}").touch()


def is_gate_forgotten() -> bool:
    """Return whether a gate was asked for in this command, and nothing held the run against it."""
    place = _meeting_place()
    return (place / "gate-asked").exists() and not (place / "gate-held").exists()
