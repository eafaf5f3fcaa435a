# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slices of runs, packed, that wait in the ledger's database for their merge: an archive in pieces, known by the digest of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from time import time
from typing import Any, BinaryIO, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.connection import writing
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import tables
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

# Bytes of a piece: what of an archive is in memory at a time, here and in the server.
PIECE = 1 << 20


class Kept(NamedTuple):
    """A slice that waits: its run, its name for files, and when it was stored, in seconds since 1970."""

    run_id: str
    name: str
    stored_at: int


def digest_of(connection: Any, run_id: str, name: str) -> str:
    """Return the digest of the content that is kept as a slice of a run; empty where there is none."""
    kept = tables().slices.c
    return str(_one(connection, kept.digest, run_id, name) or "")


def keep(connection: Any, kept: Kept, digest: str, before: str, archive: BinaryIO) -> bool:
    """Keep the archive of a slice, in a transaction of its own. Return False where another content stands there, which stays.

    ``digest``: of its content; ``before``: of the content that may be replaced, for it is the same slice before it went on.
    """
    known = tables()
    # Slices are large: those of one run come at the same time, and do not wait for each other.
    with writing(connection, _lock(kept)):
        there = digest_of(connection, kept.run_id, kept.name)
        if there == digest:
            return True
        if there and there != before:
            return False
        if there:
            _take_away(connection, kept)
        names = {"run_id": kept.run_id, "name": kept.name}
        size = 0
        for number, piece in enumerate(iter(lambda: archive.read(PIECE), b"")):
            connection.execute(known.slice_pieces.insert(), {**names, "number": number, "content": piece})
            size += len(piece)
        row = {**names, "digest": digest, "size": size, "stored_at": kept.stored_at or int(time())}
        connection.execute(known.slices.insert(), row)
    return True


def names_of(connection: Any, run_id: str) -> list[str]:
    """Return the names of the slices of a run that are kept, in their order."""
    kept = tables().slices.c
    chosen = library("sqlalchemy").select(kept.name).where(kept.run_id == run_id)
    return sorted(map(str, connection.execute(chosen).scalars()))


def copy(connection: Any, run_id: str, name: str, out: BinaryIO) -> str:
    """Write the archive of a slice into a file and return the digest that its content has to have. Raises `HipaaCisError` where it is not whole.

    What is there is taken for one moment's, and nobody waits longer than that for this one.
    """
    sa, kept, pieces = library("sqlalchemy"), tables().slices.c, tables().slice_pieces.c
    # Anybody who may write there can have put anything there: nothing is read before its length is known.
    lengths = sa.select(pieces.number, sa.func.length(pieces.content)).where(
        pieces.run_id == run_id, pieces.name == name
    )
    connection.rollback()
    try:
        size, digest = _one(connection, kept.size, run_id, name), digest_of(connection, run_id, name)
        there = sorted(map(tuple, connection.execute(lengths)))
        whole = [number for number, _length in there] == list(range(len(there)))
        if (
            not whole
            or size != sum(length for _number, length in there)
            or any(length > PIECE for _number, length in there)
        ):
            raise HipaaCisError("its pieces are not those that were stored")
        for number, _length in there:
            one = sa.select(pieces.content).where(pieces.run_id == run_id, pieces.name == name, pieces.number == number)
            out.write(connection.execute(one).scalar_one())
    except TypeError:
        # SQLite keeps a text where bytes are meant.
        raise HipaaCisError("its pieces are not those that were stored") from None
    finally:
        connection.rollback()
    return digest


def old(connection: Any, until: datetime, is_merged: Callable[[str, str, int], bool]) -> list[Kept]:
    """Return the slices that were stored up to a moment and are not needed any more, in order. ``is_merged``: says so of one."""
    kept = tables().slices.c
    chosen = library("sqlalchemy").select(kept.run_id, kept.name, kept.stored_at)
    rows = [Kept(*row) for row in connection.execute(chosen.where(kept.stored_at <= int(until.timestamp())))]
    return sorted(one for one in rows if is_merged(*one))


def forget(connection: Any, gone: Iterable[Kept]) -> None:
    """Take slices away, all or none."""
    with writing(connection):
        for kept in gone:
            _take_away(connection, kept)


def _take_away(connection: Any, kept: Kept) -> None:
    for table in (tables().slice_pieces, tables().slices):
        connection.execute(table.delete().where(table.c.run_id == kept.run_id, table.c.name == kept.name))


def _one(connection: Any, column: Any, run_id: str, name: str) -> Any:
    kept = tables().slices.c
    chosen = library("sqlalchemy").select(column).where(kept.run_id == run_id, kept.name == name)
    return connection.execute(chosen).scalar()


def _lock(kept: Kept) -> int:
    digest = hashlib.sha256(f"hipaa.cis {kept.run_id}@{kept.name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
