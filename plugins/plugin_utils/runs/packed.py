# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the large files of a run are kept: JSON in gzip, as ``zcat`` reads it. What is plain, as earlier versions wrote it, is read too."""

from __future__ import annotations

import zlib
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import write_private_bytes

PLAIN, PACKED = ".json", ".json.gz"
# As `gzip` writes by default; more takes twice the time for a hundredth of the bytes.
_LEVEL = 6
_GZIP = 31
_MAGIC = b"\x1f\x8b"


class TooLarge(ValueError):
    """A file that holds more than it may."""


def pack(text: str) -> bytes:
    """Return a text in gzip. The same text gives the same bytes: no time and no name is in them."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(text.encode()) + packer.flush()


def unpack(content: bytes, most: int) -> bytes:
    """Return what a file's content holds, plain or in gzip: at most so many bytes, and no more are ever made of it.

    Raises `TooLarge`, and `ValueError` where it is cut off or damaged.
    """
    if not content.startswith(_MAGIC):
        return content
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(content, most + 1)
    except zlib.error:
        raise ValueError("it is damaged") from None
    if len(plain) > most:
        raise TooLarge(f"it holds more than the {most:,} bytes that are read")
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("it is cut off, or something stands behind it")
    return plain


def write_packed(path: Path, text: str) -> bytes:
    """Write a text in gzip, whole or not at all, and return the bytes of the file. Raises `OSError`."""
    content = pack(text)
    write_private_bytes(path, content)
    return content


def read_packed(path: Path, most: int) -> tuple[bytes, bytes]:
    """Return the bytes of a file, and what they hold. Raises `OSError`, and `ValueError` as `unpack` does."""
    size = path.stat().st_size
    if size > most:
        raise TooLarge(f"it has {size:,} bytes")
    content = path.read_bytes()
    return content, unpack(content, most)


def stem(path: Path) -> str:
    """Return a file's name without what says that it is JSON, packed or not."""
    return path.name.removesuffix(".gz").removesuffix(PLAIN)


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder in the order of their names, of one that stands there in both ways the packed one."""
    found = {stem(path): path for ending in (PLAIN, PACKED) for path in folder.glob("*" + ending)}
    return [found[name] for name in sorted(found)]


def file_in(folder: Path, name: str) -> Path:
    """Return the path of what is called ``name`` in a folder: where it stands, else where it would be written."""
    packed, plain = folder / (name + PACKED), folder / (name + PLAIN)
    return plain if plain.exists() and not packed.exists() else packed
