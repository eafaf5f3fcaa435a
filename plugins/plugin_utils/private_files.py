# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and folders that only their owner may read: 0600 and 0700, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO


def make_private_folder(path: Path) -> None:
    """Make a folder (and those above it) that is missing, with mode 0700. Raises `OSError`."""
    if not path.is_dir():
        if not path.parent.is_dir():
            make_private_folder(path.parent)
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            if not path.is_dir():
                raise


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """Open a text file that takes the place of ``path`` when the block ends well. Raises `OSError`."""
    with _in_place_of(path) as raw, open(raw.fileno(), "w", encoding="utf-8", newline="", closefd=False) as stream:
        yield stream


@contextmanager
def _in_place_of(path: Path) -> Iterator[BinaryIO]:
    # mkstemp makes it 0600 and unpredictable; the rename makes it visible whole.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    placed = False
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        os.replace(name, path)
        placed = True
    finally:
        if not placed:
            os.unlink(name)


def write_private_bytes(path: Path, content: bytes) -> None:
    """Write a whole file. Raises `OSError`."""
    with _in_place_of(path) as stream:
        stream.write(content)


def put_private_bytes(path: Path, content: bytes) -> None:
    """Write a whole file, with the folders above it, unless it holds that already. Raises `OSError`."""
    if not path.exists() or path.read_bytes() != content:
        make_private_folder(path.parent)
        write_private_bytes(path, content)


def write_private(path: Path, text: str) -> None:
    """Write a whole text. Raises `OSError`."""
    with private_file(path) as stream:
        stream.write(text)


def link_atomically(link: Path, target: str) -> None:
    """Make ``link`` a symbolic link to ``target``, taking the place of an older link. Raises `OSError`."""
    for attempt in range(100):
        name = link.with_name(f".{link.name}.{os.getpid()}.{attempt}")
        try:
            os.symlink(target, name)
        except FileExistsError:
            continue
        try:
            os.replace(name, link)
        except OSError:
            os.unlink(name)
            raise
        return
