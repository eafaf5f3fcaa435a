# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MessagePack, the form in which Salt keeps its notes (the specification of msgpack.org); without its extensions, which are None."""

from __future__ import annotations

import struct
from typing import Any, Tuple

MAX_DEPTH = 40
# Type -> (bytes of the length, what it is); numbers by their form in struct.
_SIZED = {
    0xC4: (1, "b"), 0xC5: (2, "b"), 0xC6: (4, "b"), 0xC7: (1, "x"), 0xC8: (2, "x"), 0xC9: (4, "x"),
    0xD9: (1, "s"), 0xDA: (2, "s"), 0xDB: (4, "s"), 0xDC: (2, "a"), 0xDD: (4, "a"), 0xDE: (2, "m"), 0xDF: (4, "m"),
}  # fmt: skip
_NUMBERS = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
_FIXED = {0xC0: None, 0xC2: False, 0xC3: True}


def loads(data: bytes) -> Any:
    """Return the first value. Raises `ValueError`."""
    try:
        return _value(data, 0, 0)[0]
    except (IndexError, TypeError, struct.error) as problem:
        raise ValueError("it is no MessagePack: %s" % problem) from None


def _value(data: bytes, at: int, depth: int) -> Tuple[Any, int]:
    if depth > MAX_DEPTH:
        raise ValueError("its values lie too deep")
    kind, at = data[at], at + 1
    if kind in _FIXED:
        return _FIXED[kind], at
    if kind < 0x80 or kind >= 0xE0:
        return kind - (256 if kind >= 0xE0 else 0), at
    if kind in _NUMBERS:
        form = _NUMBERS[kind]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    if 0xD4 <= kind <= 0xD8:
        return None, at + 1 + (1 << kind - 0xD4)
    if kind < 0xC0:
        what = "m" if kind < 0x90 else "a" if kind < 0xA0 else "s"
        return _many(data, at, what, kind & (0x1F if what == "s" else 0x0F), depth)
    width, what = _SIZED.get(kind, (0, ""))
    if not width:
        raise ValueError("it is no MessagePack: a type that is none")
    return _many(data, at + width, what, int.from_bytes(data[at : at + width], "big"), depth)


def _many(data: bytes, at: int, what: str, count: int, depth: int) -> Tuple[Any, int]:
    if what in "bsx":
        end = at + count + (what == "x")
        if end > len(data):
            raise ValueError("it ends in the middle")
        return (None if what == "x" else data[at:end].decode("utf-8", "backslashreplace")), end
    found = []
    for _number in range(count * (2 if what == "m" else 1)):
        one, at = _value(data, at, depth + 1)
        found.append(one)
    return (found if what == "a" else dict(zip(found[::2], found[1::2]))), at
