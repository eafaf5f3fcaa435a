# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder that outlives the job, such as a mounted share: the run's folder is copied there, whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.parcel import Failed, Parcel, other_content
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder


def check(entry: dict[str, Any]) -> None:
    """Raise `HipaaCisError` where nothing could be written there. The folder is never made: a share that is not mounted would be hidden by it."""
    path = entry["path"]
    if not os.path.isdir(path):
        raise HipaaCisError(
            f"{entry['shown']} is no folder. Is it mounted? It is not made, for a share would be mounted over it."
        )
    if not os.access(path, os.W_OK | os.X_OK):
        raise HipaaCisError(f"{entry['shown']} cannot be written by the user of Ansible. Is it mounted read-only?")


def send(entry: dict[str, Any], parcel: Parcel) -> str:
    """Copy the run and return where it is. Raises `Failed`."""
    try:
        check(entry)
    except HipaaCisError as problem:
        raise Failed(str(problem)) from None
    place = Path(entry["path"]) / parcel.name
    try:
        if place.is_dir() and not place.is_symlink():
            there = archive.content_digest(archive.digests(place))
            if there == parcel.digest:
                return str(place)
            if there != parcel.before:
                raise other_content(str(place))
        elif place.is_symlink() or place.exists():
            raise Failed(f"{place} is there, and is no run. Take it away, or name another folder.")
        _copy(parcel, place)
    except OSError as problem:
        raise Failed(f"{place} cannot be written: {problem.strerror or problem}", again=True) from None
    except HipaaCisError as problem:
        raise Failed(str(problem)) from None
    return str(place)


def _copy(parcel: Parcel, place: Path) -> None:
    """Put a copy into its place. Raises `OSError`, `Failed`."""
    with _scratch(place) as scratch:
        for name in parcel.files:
            target = scratch / name
            make_private_folder(target.parent)
            with (
                open(parcel.folder / name, "rb") as content,
                os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
            ):
                shutil.copyfileobj(content, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
        if archive.content_digest(archive.digests(scratch)) != parcel.digest:
            raise Failed("the run was changed while it was copied", again=True)
        if place.exists():
            # The same run, which went on since. A folder cannot take the place of one that is not empty.
            os.rename(place, scratch.with_name(scratch.name + ".old"))
        os.rename(scratch, place)


@contextmanager
def _scratch(place: Path) -> Iterator[Path]:
    """Give a folder beside ``place`` that is gone afterwards, with what it had to make room for, unless it was renamed."""
    scratch = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    scratch.mkdir(mode=0o700)
    old = scratch.with_name(scratch.name + ".old")
    try:
        yield scratch
    finally:
        if old.exists() and not place.exists():
            os.rename(old, place)
        for left in (scratch, old):
            shutil.rmtree(left, ignore_errors=True)


def fetch(entry: dict[str, Any], run_id: str, _into: Path) -> list[Path]:
    """Return the folders of a run, or of its parts, where they are. Raises `HipaaCisError`."""
    check(entry)
    names = sorted(os.listdir(entry["path"]))
    return [Path(entry["path"]) / name for name in names if name == run_id or name.startswith(run_id + archive.PART)]
