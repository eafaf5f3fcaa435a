# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of EFI (PE/COFF, "Section Table"): where their sections lie."""

from __future__ import annotations

import struct
from typing import List, NamedTuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

_HEAD = 8192
_NO_PROGRAM = "it is no whole program of EFI"


class Section(NamedTuple):
    """``size``: the bytes that are used and kept in the file."""

    name: str
    offset: int
    size: int


def sections(host: Host, path: str) -> List[Section]:
    """Return the sections of a program, in their order. Raises `ReadError`."""
    host.note(path)
    try:
        with open(host.touchable(path), "rb") as file:
            return _table(file.read(_HEAD))
    except (OSError, ValueError, struct.error) as problem:
        why = _NO_PROGRAM if isinstance(problem, struct.error) else problem
        raise ReadError("%s cannot be looked into: %s; make it anew, or remove it" % (printable(path), why)) from None


def _table(head: bytes) -> List[Section]:
    if head[:2] != b"MZ":
        raise ValueError(_NO_PROGRAM)
    (start,) = struct.unpack_from("<I", head, 0x3C)
    signature, number, optional = struct.unpack_from("<4s2xH12xH", head, start)
    if signature != b"PE\0\0":
        raise ValueError(_NO_PROGRAM)
    found = []
    for at in range(number):
        name, used, kept, offset = struct.unpack_from("<8sI4xII", head, start + 24 + optional + 40 * at)
        found.append(Section(name.rstrip(b"\0").decode("latin-1"), offset, min(used, kept)))
    return found


def content(host: Host, path: str, section: Section) -> bytes:
    """Return what a section holds. Raises `ReadError`."""
    try:
        with open(host.touchable(path), "rb") as file:
            file.seek(section.offset)
            return file.read(section.size)
    except OSError as problem:
        raise ReadError("%s cannot be looked into: %s" % (printable(path), problem)) from None
