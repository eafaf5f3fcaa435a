# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger: the runs of the chain are entered there, beside that of ``hipaa_cis_ledger``; a slice waits there, packed, for its merge."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.parcel import Failed, Parcel, other_content
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import address, kept_slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import bring_up_to_date
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.connection import opened
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out


def check(entry: dict[str, Any]) -> None:
    """Raise `HipaaCisError` where the address is none."""
    try:
        address.address(entry["url"], Path())
    except HipaaCisError as problem:
        # Its words name the option of the ledger itself.
        raise HipaaCisError(str(problem).replace(address.OPTION, f"{entry['shown']}: url")) from None


def send(entry: dict[str, Any], parcel: Parcel) -> str:
    """Enter what the chain has and the ledger lacks, or keep a slice; return how its place is called. Raises `Failed`."""
    try:
        check(entry)
    except HipaaCisError as problem:
        # No later attempt finds another address.
        raise Failed(str(problem).removeprefix(f"{entry['shown']}: ")) from None
    try:
        return _keep(entry, parcel) if parcel.part else _enter(entry, parcel)
    except HipaaCisError as problem:
        raise Failed(_of_url(problem), again=True) from None


def _of_url(problem: HipaaCisError) -> str:
    """Return what is wrong with a ledger that was named by the key of a destination."""
    return str(problem).replace(address.OPTION, "url").rstrip(".")


def _enter(entry: dict[str, Any], parcel: Parcel) -> str:
    refused: dict[str, str] = {}
    parcel.noted["warnings"] = list(bring_up_to_date(parcel.folder.parent, entry["url"], refused))
    if parcel.name in refused:
        raise Failed(f"it does not take the run: {refused[parcel.name]}")
    return address.shown(entry["url"])


def _place(entry: dict[str, Any], run_id: str, part: str) -> str:
    return f"{address.shown(entry['url'])}, slice {part} of the run {run_id}"


def _keep(entry: dict[str, Any], parcel: Parcel) -> str:
    run_id, _at, part = parcel.name.partition(archive.PART)
    place = _place(entry, run_id, part)
    with opened(entry["url"]) as connection:
        there = kept_slices.digest_of(connection, run_id, part)
        if there == parcel.digest:
            return place
        if there and there != parcel.before:
            raise other_content(place)
        # Nobody waits for the packing.
        connection.rollback()
        with parcel.packed() as stream:
            slice_ = kept_slices.Kept(run_id, part, 0)
            if not kept_slices.keep(connection, slice_, parcel.digest, parcel.before, stream):
                raise other_content(place)
    return place


def fetch(entry: dict[str, Any], run_id: str, into: Path) -> list[Path]:
    """Unpack the slices of a run that are kept below ``into`` and return the folders. Raises `HipaaCisError`."""
    check(entry)
    try:
        with opened(entry["url"]) as connection:
            names = kept_slices.names_of(connection, run_id)
            if not names:
                raise HipaaCisError(
                    f"{address.shown(entry['url'])} keeps no slice of the run {run_id}. Give the slices this ledger in hipaa_cis_destinations; "
                    "what hipaa.cis.prune took away there is in the run that was merged"
                )
            return [_fetched(connection, entry, run_id, name, into) for name in names]
    except HipaaCisError as problem:
        raise HipaaCisError(f"{entry['shown']}: {_of_url(problem)}.") from None


def _fetched(connection: Any, entry: dict[str, Any], run_id: str, name: str, into: Path) -> Path:
    place = _place(entry, run_id, spelled_out(name)[:100])
    with tempfile.TemporaryFile() as temporary:
        stream: BinaryIO = cast("BinaryIO", temporary)
        try:
            told = kept_slices.copy(connection, run_id, name, stream)
        except HipaaCisError as problem:
            raise HipaaCisError(f"{place} is not what was delivered: {problem}") from None
        stream.seek(0)
        folder = archive.unpack(stream, into, place)
    if folder.name != run_id + archive.PART + name or archive.content_digest(archive.digests(folder)) != told:
        raise HipaaCisError(f"{place} is not what was delivered: its content is another than its digest says")
    return folder
