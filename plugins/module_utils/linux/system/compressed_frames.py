# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where what zstd or lz4 has packed ends, by its heads alone (RFC 8878; lz4's "Frame Format" and, of its legacy form, the kernel's unlz4)."""

from __future__ import annotations

from typing import Protocol

ZSTD, LZ4, LZ4_LEGACY = b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"
# A block of the legacy form holds 8 MiB at most.
_LEGACY_MOST = (8 << 20) + (8 << 20) // 255 + 16


class Stream(Protocol):
    """Bytes in their order."""

    def peek(self, count: int) -> bytes:
        """Return the next bytes, fewer at the end."""

    def take(self, count: int) -> bytes:
        """Return so many bytes. Raises `EOFError`."""

    def skip(self, count: int) -> None:
        """Pass over so many bytes. Raises `EOFError`."""


def skip(stream: Stream) -> None:
    """Pass over one frame. Raises `EOFError` where it ends in the middle, `ValueError` where it is none."""
    magic = stream.take(4)
    {ZSTD: _zstd, LZ4: _lz4, LZ4_LEGACY: _lz4_legacy}[magic](stream)


def _zstd(stream: Stream) -> None:
    flags = stream.take(1)[0]
    alone = flags >> 5 & 1
    size = (alone, 2, 4, 8)[flags >> 6]
    stream.skip((1 - alone) + (0, 1, 2, 4)[flags & 3] + size)
    last = 0
    while not last:
        head = int.from_bytes(stream.take(3), "little")
        last, kind = head & 1, head >> 1 & 3
        if kind == 3:
            raise ValueError("it holds a block of zstd that is none")
        # One byte stands for all of a run.
        stream.skip(1 if kind == 1 else head >> 3)
    stream.skip(4 if flags & 4 else 0)


def _lz4(stream: Stream) -> None:
    flags = stream.take(2)[0]
    stream.skip((8 if flags & 8 else 0) + (4 if flags & 1 else 0) + 1)
    while True:
        size = int.from_bytes(stream.take(4), "little") & 0x7FFFFFFF
        if not size:
            break
        stream.skip(size + (4 if flags & 16 else 0))
    stream.skip(4 if flags & 4 else 0)


def _lz4_legacy(stream: Stream) -> None:
    """It ends with the file, or where no block follows."""
    while True:
        head = stream.peek(4)
        size = int.from_bytes(head, "little")
        if len(head) < 4 or not 0 < size <= _LEGACY_MOST:
            return
        stream.take(4)
        stream.skip(size)
