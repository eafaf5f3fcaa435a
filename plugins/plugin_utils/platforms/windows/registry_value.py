# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the registry: the shape in which a host sends them, and the one in which they are judged.

A host sends a mapping with ``view`` (64 or 32) and one of

- ``absent``: ``key`` or ``value``, which of the two is not there,
- ``error``: why it could not be read,
- ``type`` (a number, or a name as REG_DWORD) and ``data``: a number for REG_DWORD and REG_QWORD, text for REG_SZ, REG_EXPAND_SZ (as it
  is written, with its %NAMES%) and REG_LINK, a list of texts for REG_MULTI_SZ, base64 for every other type,
- ``type`` and ``size`` in bytes, where the data are more than is sent.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

TYPES = (
    "REG_NONE",
    "REG_SZ",
    "REG_EXPAND_SZ",
    "REG_BINARY",
    "REG_DWORD",
    "REG_DWORD_BIG_ENDIAN",
    "REG_LINK",
    "REG_MULTI_SZ",
    "REG_RESOURCE_LIST",
    "REG_FULL_RESOURCE_DESCRIPTOR",
    "REG_RESOURCE_REQUIREMENTS_LIST",
    "REG_QWORD",
)
BITS = {"REG_DWORD": 32, "REG_QWORD": 64}
TEXTS = frozenset(("REG_SZ", "REG_EXPAND_SZ", "REG_LINK"))
# Settings are short; the longest lists that policies deliver have some thousand characters.
MAX_DATA = 65_536
VIEWS = (64, 32)
SHAPES = (frozenset(("absent",)), frozenset(("error",)), frozenset(("type", "data")), frozenset(("type", "size")))

Judged = int | str | tuple[str, ...] | bytes


@dataclass(frozen=True)
class Absent:
    """Nothing is there. ``what``: key or value. An empty text or list is not absent."""

    what: str


@dataclass(frozen=True)
class RegistryValue:
    """A value that is there: its type's name (REG_0x... for one without), and the data as they are judged."""

    type: str
    data: Judged


def read(answer: Any, view: int, where: str, blanks: bool = False) -> RegistryValue | Absent:
    """Return what a host has sent for one value. ``where`` names it in errors; ``blanks``: empty texts of a list are left out. Raises `HipaaCisError`."""
    try:
        return _read(answer, view, blanks)
    except HipaaCisError as problem:
        raise HipaaCisError(f"The registry value {where} cannot be judged: {problem}.") from None


def judged(value: RegistryValue, allowed: frozenset[str] | tuple[str, ...], where: str) -> Judged:
    """Return a value's data if its type is an allowed one. Raises `HipaaCisError`: who reads another type gets nothing, or something else."""
    if value.type not in allowed:
        wanted = " or ".join(sorted(allowed))
        raise HipaaCisError(
            f"The registry value {where} cannot be judged: it is {value.type}, and Windows reads {wanted} there. "
            "Delete it and write it with the right type."
        )
    return value.data


def from_bytes(number: int, data: bytes, where: str) -> RegistryValue:
    """Return a value from the bytes in which a registry or a policy file keeps it. Raises `HipaaCisError`."""
    name = _type_name(number)
    try:
        if len(data) > MAX_DATA:
            raise HipaaCisError(f"it has {len(data)} bytes, more than the {MAX_DATA} that are looked at")
        if name in BITS:
            if len(data) * 8 != BITS[name]:
                raise HipaaCisError(f"it is {name} with {len(data)} bytes")
            return RegistryValue(name, int.from_bytes(data, "little"))
        if name in TEXTS:
            return RegistryValue(name, _text(data.decode("utf-16-le")))
        if name == "REG_MULTI_SZ":
            return RegistryValue(name, _items(data.decode("utf-16-le").split("\0")))
    except (UnicodeDecodeError, HipaaCisError) as problem:
        fault = problem if isinstance(problem, HipaaCisError) else f"it is {name} and no text of UTF-16"
        raise HipaaCisError(f"The registry value {where} cannot be judged: {fault}.") from None
    return RegistryValue(name, data)


def is_whole(given: Any) -> TypeGuard[int]:
    """Return whether a value is a whole number; true and false are none."""
    return isinstance(given, int) and not isinstance(given, bool)


def _read(answer: Any, view: int, blanks: bool) -> RegistryValue | Absent:
    if not isinstance(answer, Mapping):
        raise HipaaCisError("the host sent no mapping for it")
    if not is_whole(answer.get("view")) or answer["view"] != view or view not in VIEWS:
        raise HipaaCisError(f"it was to be read in the {view}-bit view, and was not")
    given = frozenset(answer) - {"view"}
    if given not in SHAPES:
        raise HipaaCisError("the host sent neither an absence, an error, nor a type with data")
    if "error" in given:
        raise HipaaCisError(f"the host could not read it ({str(answer['error'])[:300]})")
    if "absent" in given:
        if answer["absent"] not in ("key", "value"):
            raise HipaaCisError("neither its key nor the value is said to be absent")
        return Absent(answer["absent"])
    name = _type_name(answer["type"])
    if "size" in given:
        raise HipaaCisError(f"it is {name} with {str(answer['size'])[:20]} bytes, more than a host sends")
    return RegistryValue(name, _data(name, answer["data"], blanks))


def _type_name(given: Any) -> str:
    if is_whole(given) and 0 <= given < 1 << 32:
        return TYPES[given] if given < len(TYPES) else f"REG_0x{given:X}"
    if isinstance(given, str) and given in TYPES:
        return given
    raise HipaaCisError(f"'{str(given)[:40]}' is no type of the registry")


def _data(name: str, data: Any, blanks: bool) -> Judged:
    if name in BITS:
        return _number(name, data)
    if name == "REG_MULTI_SZ":
        # A list of one that has become its text on the way is not mended: it may have lost more.
        if not isinstance(data, list) or not all(isinstance(item, str) for item in data):
            raise HipaaCisError("it is REG_MULTI_SZ and was not sent as a list of texts")
        if sum(map(len, data)) > MAX_DATA or len(data) > MAX_DATA:
            raise HipaaCisError(f"it has more than the {MAX_DATA} characters that are looked at")
        if any("\0" in item for item in data):
            raise HipaaCisError("one of its texts has a NUL in it")
        return _items([item for item in data if item] if blanks else data)
    if not isinstance(data, str):
        raise HipaaCisError(f"it is {name} and was not sent as text")
    if len(data) > MAX_DATA:
        raise HipaaCisError(f"it has {len(data)} characters, more than the {MAX_DATA} that are looked at")
    if name in TEXTS:
        return _text(data)
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise HipaaCisError(f"it is {name} and was not sent as base64") from None


def _number(name: str, data: Any) -> int:
    """Return a number without sign: .NET reads both types as signed ones."""
    size = 1 << BITS[name]
    if not is_whole(data) or not -(size >> 1) <= data < size:
        raise HipaaCisError(f"it is {name} and was not sent as a number of {BITS[name]} bits")
    return data % size


def _text(text: str) -> str:
    """Return a text without the NULs at its end; within it one program stops there and another reads on."""
    text = text.rstrip("\0")
    if "\0" in text:
        raise HipaaCisError("it has a NUL in it, where some programs stop reading and others do not")
    return text


def _items(items: list[str]) -> tuple[str, ...]:
    """Return the texts of a list without empty ones at its end; before the end an empty one ends the list for some programs."""
    while items and not items[-1]:
        items = items[:-1]
    if "" in items:
        raise HipaaCisError(
            "it has an empty text before its last one, where some programs stop reading and others do not"
        )
    return tuple(items)
