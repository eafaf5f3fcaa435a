# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slices of a run: several processes, each with a part of one inventory, one run id, and a run directory of its own.

``<base>/_slices/<run id>/<part>/<run id>/`` is the run directory of a slice, so it has a chain of its own, and no other run beside it. Its
``slice.json`` (the head) says which part it is, and by what it was audited: slices that differ in that are not of one run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import write_private
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RUN_ID, RunStore
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

SCHEMA = "hipaa.cis/slice/1"
FILE = "slice.json"
# No run id begins with an underscore.
FOLDER = "_slices"
AUTO = "auto"
# What the variables of a site's parameters take in it is far less.
MAX_BYTES = 4 * 1024 * 1024
_NUMBERED = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")
_BY_JOB = re.compile(r"auto(?:/([0-9]{1,6}))?")
_JOB = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_KEYS = {
    "run_id": str, "number": int, "count": int, "job": str, "collection_version": str, "catalog_digest": str,
    "asked": dict, "inventory": dict,
}  # fmt: skip
Head = Mapping[str, Any]


@dataclass(frozen=True)
class Slice:
    """One of ``count`` slices (0: nobody said how many): by its number from 1 on, or, where that is 0, by its job."""

    number: int
    count: int
    job: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.number}/{self.count}" if self.number else f"of job {self.job}"

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return f"{self.number}-of-{self.count}" if self.number else f"job-{self.job}"


def parse(given: str, job: str = "") -> Slice:
    """Return the slice that ``hipaa_cis_slice`` names. ``job``: the id of AWX's job, if it is one. Raises `HipaaCisError`."""
    text = given.strip()
    numbered, by_job = _NUMBERED.fullmatch(text), _BY_JOB.fullmatch(text)
    if numbered and 1 <= int(numbered[1]) <= int(numbered[2]):
        return Slice(int(numbered[1]), int(numbered[2]))
    if by_job and by_job[1] != "0" * len(by_job[1] or ""):
        if not _JOB.fullmatch(job):
            raise HipaaCisError(
                f"hipaa_cis_slice is '{text}', which takes the slice's name from the id of its job (awx_job_id), and this is no job of AWX. "
                "Give the number of the slice and how many there are: 2/5."
            )
        return Slice(0, int(by_job[1] or 0), job)
    raise HipaaCisError(
        f"hipaa_cis_slice is '{spelled_out(text)[:60]}', and has to be the number of the slice, from 1 on, and how many there are: 2/5. In a sliced "
        "job of AWX, whose jobs do not know their number, it is auto, or auto/5."
    )


def of_folder(name: str) -> Slice | None:
    """Return the slice whose folder has a name; None where it is that of no slice."""
    numbered, by_job = _NUMBERED.fullmatch(name.replace("-of-", "/")), name.removeprefix("job-")
    if numbered:
        return Slice(int(numbered[1]), int(numbered[2]))
    return Slice(0, 0, by_job) if by_job != name and _JOB.fullmatch(by_job) else None


def base_of(base: Path, run_id: str, part: Slice) -> Path:
    """Return the run base of a slice."""
    return base / FOLDER / run_id / part.folder


def is_slice(store: RunStore) -> bool:
    """Return whether a run directory holds a slice only."""
    return (store.folder / FILE).exists()


def part_of(store: RunStore) -> str:
    """Return the name, for files, of the slice that a run directory holds; empty where it holds a whole run. Raises `HipaaCisError`."""
    return slice_of(read(store.folder)).folder if is_slice(store) else ""


def digest_of(hosts: Iterable[str]) -> dict[str, Any]:
    """Return how many hosts there are, and a digest of their names."""
    names = sorted(set(hosts))
    text = "\n".join(names)
    return {"hosts": len(names), "digest": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()}


def head(part: Slice, run_id: str, audited_by: Mapping[str, Any], inventory: Iterable[str]) -> dict[str, Any]:
    """Return the head of a slice. ``audited_by``: its ``collection_version``, ``catalog_digest`` and ``asked``."""
    numbers = {"number": part.number, "count": part.count, "job": part.job}
    return {"schema": SCHEMA, "run_id": run_id, **numbers, **audited_by, "inventory": digest_of(inventory)}


def slice_of(told: Head) -> Slice:
    """Return the slice that a head is of."""
    return Slice(told["number"], told["count"], told["job"])


def note(store: RunStore, text: str) -> None:
    """Write a slice's head. Raises `HipaaCisError` where the slice stands there already and is of another audit."""
    path = store.folder / FILE
    if path.exists():
        if path.read_text(encoding="utf-8") == text:
            return
        for problem in differences(read(store.folder), json.loads(text)):
            raise HipaaCisError(
                f"{store.folder} has this slice already, and {problem}. Give the run another hipaa_cis_run_id."
            )
    try:
        write_private(path, text)
    except OSError as problem:
        raise HipaaCisError(f"{path} cannot be written: {problem.strerror or problem}.") from None


def as_file(told: Head) -> str:
    """Return the text of a head's file."""
    return as_text(dict(told))


def read(folder: Path) -> dict[str, Any]:
    """Return the head of a slice. Raises `HipaaCisError` where it is none, or of no slice that there can be."""
    path = folder / FILE
    try:
        with path.open("rb") as stream:
            told = json.loads(stream.read(MAX_BYTES))
        whole = told["schema"] == SCHEMA and all(_is_a(told[key], kind) for key, kind in _KEYS.items())
        whole = whole and bool(RUN_ID.fullmatch(told["run_id"])) and _is_formed(told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise HipaaCisError(f"{path} is no head of a slice in version 1; was it changed or written by a newer version?")
    return dict(told)


def _is_a(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _is_formed(told: Head) -> bool:
    of_inventory = told["inventory"]
    numbered = 1 <= told["number"] <= told["count"] and not told["job"]
    by_job = told["number"] == 0 <= told["count"] and bool(_JOB.fullmatch(told["job"]))
    return (numbered or by_job) and _is_a(of_inventory["hosts"], int) and isinstance(of_inventory["digest"], str)


def differences(first: Head, other: Head) -> Iterator[str]:
    """Yield in what two slices are not of one audit, from the other's side, the weightiest first."""
    if first["run_id"] != other["run_id"]:
        yield f"it is of the run {other['run_id']}, not of {first['run_id']}"
    if bool(first["number"]) != bool(other["number"]):
        yield "of the two one has a number and the other has not"
    if first["count"] != other["count"]:
        yield f"it is one of {other['count'] or 'nobody said how many'}, not of {first['count'] or 'nobody said how many'}"
    if first["catalog_digest"] != other["catalog_digest"]:
        versions = f"{other['catalog_digest'][:12]} of version {other['collection_version']}"
        yield f"it was judged by another catalog ({spelled_out(versions)}, not {spelled_out(first['catalog_digest'][:12])})"
    elif first["collection_version"] != other["collection_version"]:
        yield f"it was audited by version {spelled_out(other['collection_version'])}, not {spelled_out(first['collection_version'])}"
    for name in sorted({*first["asked"], *other["asked"]}):
        mine, its = first["asked"].get(name), other["asked"].get(name)
        if mine != its:
            yield f"it was asked for another selection ({spelled_out(name)}: {_shown(its)}, not {_shown(mine)})"


def _shown(value: Any) -> str:
    return "nothing" if value is None else spelled_out(json.dumps(value, default=str))[:100]
