# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run as one archive: the same run gives the same bytes, and an archive that came from elsewhere is unpacked with care.

The content of a run is known by one digest: the SHA-256 of what ``sha256sum`` prints of its files in the order of their names. It
depends on no version of a packer, so that two machines agree on it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

ENDING = ".tar.gz"
# Between the id of a run, which has none, and the part of it: one slice of several.
PART = "@"
# Of an archive from elsewhere: files, and bytes that they hold together. 10,000 hosts take a thirtieth of them.
MAX_FILES = 1_000_000
MAX_BYTES = 32 * 1024**3


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a run by its path within it. Raises `OSError`, and `HipaaCisError` on what is no file."""
    found = {}
    for name in sorted(chain.files_of(folder)):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise HipaaCisError(f"{path} is a link or no file. A run holds nothing but files: take it away.")
        found[name] = chain.digest_of(path)
    return found


def content_digest(files: Mapping[str, str]) -> str:
    """Return the one digest of a run's content, from those of its files."""
    digest = hashlib.sha256()
    for name, one in sorted(files.items()):
        digest.update(f"{one}  {name}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


@contextmanager
def packed(folder: Path, names: Mapping[str, str], within: str) -> Iterator[BinaryIO]:
    """Give the archive of a run's files, below the folder ``within`` in it, as an open file that nobody else sees. Raises `OSError`."""
    with tempfile.TemporaryFile() as stream:
        # Neither times nor owners nor a name: only what the run holds.
        with (
            gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=stream, mtime=0) as packer,
            tarfile.open(fileobj=packer, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name in sorted(names):
                with open(folder / name, "rb") as content:
                    member = tarfile.TarInfo(f"{within}/{name}")
                    member.size = os.fstat(content.fileno()).st_size
                    member.mode = 0o600
                    archive.addfile(member, content)
        stream.seek(0)
        yield cast("BinaryIO", stream)


def unpack(stream: BinaryIO, into: Path, shown: str) -> Path:
    """Unpack the archive of one run below ``into`` and return its folder. ``shown``: what the archive is called to people.

    Raises `OSError`, and `HipaaCisError` where it is none, or holds what no run has.
    """
    with tempfile.TemporaryDirectory(dir=into, prefix=".") as scratch:
        try:
            with tarfile.open(fileobj=stream, mode="r|gz") as archive:
                top = _extract(archive, Path(scratch))
        except (
            tarfile.TarError,
            EOFError,
            ValueError,
            gzip.BadGzipFile,
            zlib.error,
            FileExistsError,
            NotADirectoryError,
        ) as problem:
            raise HipaaCisError(
                f"{shown} is no archive of a run: {spelled_out(str(problem))[:200]}. Deliver the run again."
            ) from None
        place = into / top
        if place.exists():
            shutil.rmtree(place)
        os.rename(Path(scratch) / top, place)
    return place


def _extract(archive: tarfile.TarFile, scratch: Path) -> str:
    """Write the files of an archive and return the one folder that all lie in. Raises `ValueError` on what no run has."""
    top, size, number = "", 0, 0
    for member in archive:
        parts = member.name.split("/")
        number, size = number + 1, size + member.size
        if not member.isfile() or len(parts) < 2 or any(part.startswith(".") or not part for part in parts):
            raise ValueError(f"it holds {member.name!r}, which no run has")
        if number > MAX_FILES or size > MAX_BYTES:
            raise ValueError(f"it holds more than {MAX_FILES:,} files or {MAX_BYTES:,} bytes")
        if top not in ("", parts[0]):
            raise ValueError("it holds several runs")
        top = parts[0]
        path = scratch.joinpath(*parts)
        make_private_folder(path.parent)
        content = archive.extractfile(member)
        if content is None:
            raise ValueError(f"it holds {member.name!r} without its content")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            shutil.copyfileobj(content, out)
    if not top:
        raise ValueError("it is empty")
    return top
