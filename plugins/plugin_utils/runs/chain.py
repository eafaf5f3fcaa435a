# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of finished runs: ``<base>/_chain/<number>-<run id>.json``, each link with the digest of the one before.

A link lists the files of a run with their digests. What a run gains later (a rollback, another play of the same command)
is another link, which lists only what differs. So nothing of a run is altered, added or taken away without being seen.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder, write_private
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

SCHEMA = "hipaa.cis/link/1"
# No run id begins with an underscore.
FOLDER = "_chain"
_NAME = re.compile(r"([0-9]{8,})-(.+)\.json")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True)
class Place:
    """Where a link is."""

    number: int
    run_id: str
    path: Path


def places(base: Path) -> list[Place]:
    """Return the links of a run base in their order. Raises `HipaaCisError` where the folder can't be read."""
    try:
        names = os.listdir(base / FOLDER)
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise HipaaCisError(f"The chain {base / FOLDER} cannot be read: {problem.strerror or problem}.") from None
    found = [(match, name) for name in names if (match := _NAME.fullmatch(name))]
    return sorted(
        (Place(int(match[1]), match[2], base / FOLDER / name) for match, name in found),
        key=lambda place: (place.number, place.run_id),
    )


def read(place: Place) -> tuple[str, dict[str, Any]]:
    """Return digest and content of a link. Raises `HipaaCisError` where it is none."""
    try:
        content = place.path.read_bytes()
        link: dict[str, Any] = json.loads(content)
        whole = link["schema"] == SCHEMA and (link["number"], link["run_id"]) == (place.number, place.run_id)
        whole = whole and _is_formed(link)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise HipaaCisError(
            f"{place.path} is no link of the chain of runs in version 1; was it changed or written by a newer version?"
        )
    return hashlib.sha256(content).hexdigest(), link


def _is_formed(link: Mapping[str, Any]) -> bool:
    """Return whether a link has all that is read of one. Raises `KeyError`, `TypeError`, `ValueError`, `AttributeError` where it has not."""
    texts = [link["source"], link["sealed_at"], link["previous"], *link["files"].values(), *link["gone"]]
    pruned = link.get("pruned", {})
    names = [*link["files"], *link["gone"], *pruned]
    return (
        all(isinstance(text, str) for text in (*texts, *pruned.values()))
        and isinstance(link["gone"], list)
        and bool(_TIME.fullmatch(link["sealed_at"]))
        and link["source"].isascii()
        # No file has another name.
        and all(b"\0" not in os.fsencode(name) for name in names)
    )


def seal(store: RunStore, known: Mapping[str, str] | None = None, only: Collection[Path] | None = None) -> None:
    """Add a link for a run where what it holds differs from what its links say; else do nothing.

    ``known``: digests of files by path within the run, which are then not read again. ``only``: the files that may
    have changed; where not given, all are looked at. Raises `HipaaCisError`.
    """
    base = store.folder.parent
    try:
        with _alone(base):
            links = places(base)
            listed = listed_files(links, store.run_id)
            there = _digests(store.folder, known or {}, only)
            files = {file: digest for file, digest in there.items() if listed.get(file) != digest}
            gone = sorted(set(listed) - set(there)) if only is None else []
            if files or gone:
                _add(base, links, store.run_id, files, gone)
    except OSError as problem:
        raise HipaaCisError(
            f"The run {store.run_id} cannot be added to the chain {base / FOLDER}: {problem.strerror or problem}."
        ) from None


def note_pruned(base: Path, run_id: str, files: Mapping[str, str]) -> None:
    """Add a link that names what is about to be taken away of a run, with its digests (``pruned``). Raises `HipaaCisError`.

    It comes first, so that what a broken off prune leaves behind is known as such.
    """
    try:
        with _alone(base):
            _add(base, places(base), run_id, {}, sorted(files), {"pruned": dict(files)})
    except OSError as problem:
        raise HipaaCisError(
            f"What is to be pruned cannot be noted in the chain {base / FOLDER}: {problem.strerror or problem}."
        ) from None


def pruned_files(links: Collection[Place], run_id: str) -> dict[str, str]:
    """Return what was taken away of a run, and is not listed again since, with its digests. Raises `HipaaCisError`."""
    pruned: dict[str, str] = {}
    for place in links:
        if place.run_id == run_id:
            _digest, link = read(place)
            pruned.update(link.get("pruned", {}))
            for file in link["files"]:
                pruned.pop(file, None)
    return pruned


def has(store: RunStore) -> bool:
    """Return whether a run has a link. Raises `HipaaCisError`."""
    return any(place.run_id == store.run_id for place in places(store.folder.parent))


def listed_files(links: Collection[Place], run_id: str) -> dict[str, str]:
    """Return the files of a run with their digests, as its links list them. Raises `HipaaCisError`."""
    listed: dict[str, str] = {}
    for place in links:
        if place.run_id == run_id:
            _digest, link = read(place)
            listed.update(link["files"])
            for file in link["gone"]:
                listed.pop(file, None)
    return listed


def files_of(folder: Path) -> Iterator[str]:
    """Yield the files of a run by their paths within it, but for those that are just being written."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = os.path.relpath(where, folder)
        yield from (os.path.normpath(os.path.join(inside, name)) for name in sorted(names) if not name.startswith("."))


def linked_folders(folder: Path) -> Iterator[str]:
    """Yield the links to folders in a run's folder, where none belongs: what is behind them is none of the run's files."""
    for where, folders, _names in os.walk(folder):
        linked = [os.path.join(where, name) for name in sorted(folders) if not name.startswith(".")]
        yield from (os.path.relpath(path, folder) for path in linked if os.path.islink(path))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, read piece by piece. Raises `OSError`."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _digests(folder: Path, known: Mapping[str, str], only: Collection[Path] | None) -> dict[str, str]:
    files = files_of(folder) if only is None else (str(path.relative_to(folder)) for path in only)
    return {file: known.get(file) or digest_of(folder / file) for file in files}


def _add(
    base: Path,
    links: list[Place],
    run_id: str,
    files: dict[str, str],
    gone: list[str],
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    previous, source = "", secrets.token_hex(8)
    if links:
        previous, last = read(links[-1])
        source = last["source"]
    number = links[-1].number + 1 if links else 1
    link = {
        "schema": SCHEMA,
        "number": number,
        "run_id": run_id,
        "source": source,
        "sealed_at": utc_now(),
        "previous": previous,
        "files": files,
        "gone": gone,
        **more,
    }
    write_private(base / FOLDER / f"{number:08}-{run_id}.json", as_text(link))


@contextmanager
def _alone(base: Path) -> Iterator[None]:
    """Let one process at a time add a link to a run base. Raises `OSError`."""
    make_private_folder(base / FOLDER)
    handle = os.open(base / FOLDER / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
