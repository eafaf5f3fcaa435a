# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registry.pol: the registry values that a group policy delivers (MS-GPREG 2.2.1), as it lies on a host or in a domain's SYSVOL.

A header, then instructions of the form ``[key;value;type;size;data]`` in UTF-16LE, the numbers binary. What ntuser.pol keeps of all
policies that were applied has the same form.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.registry_value import (
    RegistryValue,
    from_bytes,
)

HEADER = b"PReg\x01\0\0\0"
MAX_FILE = 4_194_304
# Bytes of a key's path or a value's name, its end included: a name has at most 16,383 characters.
MAX_NAME = 32_768
SET, SET_IF_ABSENT, DELETE, DELETE_ALL, DELETE_KEYS, CREATE_KEY, NOTHING = (
    "set",
    "set_if_absent",
    "delete",
    "delete_all",
    "delete_keys",
    "create_key",
    "nothing",
)
NOT_CONFIGURED = "not_configured"
# What a value's name says when it begins so, in any case of letters. The last two change no value.
DIRECTIVES = {
    "**del.": DELETE,
    "**deletevalues": DELETE,
    "**delvals": DELETE_ALL,
    "**deletekeys": DELETE_KEYS,
    "**soft.": SET_IF_ABSENT,
    "**securekey": NOTHING,
    "**comment:": NOTHING,
}


@dataclass(frozen=True)
class Instruction:
    """What is to be done in one key. ``names``: of values, or of keys with `DELETE_KEYS`; none where a whole key is meant."""

    action: str
    key: str
    names: tuple[str, ...] = ()
    type: int = 0
    data: bytes = b""


@dataclass(frozen=True)
class Delivered:
    """What a policy does with one value: `SET`, `SET_IF_ABSENT` (both with the value), `DELETE` or `NOT_CONFIGURED`."""

    state: str
    value: RegistryValue | None = None


def parse(raw: bytes, where: str) -> tuple[Instruction, ...]:
    """Read a file. ``where`` names it in errors. Raises `HipaaCisError` for one that is damaged, with the byte: Windows applies such a file in part."""
    if len(raw) > MAX_FILE:
        raise HipaaCisError(
            f"The policy file {where} cannot be read: it has {len(raw)} bytes, more than the {MAX_FILE} that are looked at."
        )
    try:
        if not raw.startswith(HEADER):
            raise HipaaCisError("it does not begin as a policy file of version 1 does")
        found = []
        position = len(HEADER)
        while position < len(raw):
            instruction, position = _instruction(raw, position)
            found.append(instruction)
    except HipaaCisError as problem:
        raise HipaaCisError(
            f"The policy file {where} cannot be read: {problem}. Save the policy again, or restore the file."
        ) from None
    return tuple(found)


def delivered(instructions: Iterable[Instruction], key: str, name: str, where: str) -> Delivered:
    """Return what a file does with one value in the end; instructions are carried out in their order. Raises `HipaaCisError`."""
    key, name = key.lower(), name.lower()
    outcome = Delivered(NOT_CONFIGURED)
    for one in instructions:
        if one.action == DELETE_KEYS:
            _not_below(one, key, where)
        if one.key.lower() != key:
            continue
        named = name in (given.lower() for given in one.names)
        if one.action == DELETE_ALL or (one.action == DELETE and named):
            outcome = Delivered(DELETE)
        elif one.action == SET and named:
            outcome = Delivered(SET, from_bytes(one.type, one.data, f"{one.key}\\{name} in {where}"))
        elif one.action == SET_IF_ABSENT and named and outcome.state != SET:
            # After a deletion it is absent for sure, and set.
            state = SET if outcome.state == DELETE else SET_IF_ABSENT
            outcome = Delivered(state, from_bytes(one.type, one.data, f"{one.key}\\{name} in {where}"))
    return outcome


def _not_below(one: Instruction, key: str, where: str) -> None:
    """Raise `HipaaCisError` where a key that is deleted may be the one in question: whether the list is of full paths is written nowhere."""
    for listed in one.names:
        for gone in (listed.lower(), f"{one.key}\\{listed}".lower()):
            if key == gone or key.startswith(gone + "\\"):
                raise HipaaCisError(
                    f"What the policy file {where} does with {key} cannot be told: it deletes the key {listed}. Take that out of the policy."
                )


def _instruction(raw: bytes, position: int) -> tuple[Instruction, int]:
    start = position
    try:
        key, position = _name(raw, _expect(raw, position, "["))
        name, position = _name(raw, _expect(raw, position, ";"))
        kind, position = _number(raw, _expect(raw, position, ";"))
        size, position = _number(raw, _expect(raw, position, ";"))
        position = _expect(raw, position, ";")
        data = raw[position : position + size]
        if len(data) != size:
            raise HipaaCisError(f"{size} bytes of data are said to follow, and {len(data)} do")
        position = _expect(raw, position + size, "]")
        return _meant(key, name, kind, data), position
    except HipaaCisError as problem:
        raise HipaaCisError(f"the instruction at byte {start} is damaged ({problem})") from None


def _expect(raw: bytes, position: int, sign: str) -> int:
    if raw[position : position + 2] != sign.encode("utf-16-le"):
        raise HipaaCisError(f"no '{sign}' at byte {position}")
    return position + 2


def _number(raw: bytes, position: int) -> tuple[int, int]:
    if len(raw) < position + 4:
        raise HipaaCisError(f"no number at byte {position}")
    return struct.unpack_from("<I", raw, position)[0], position + 4


def _name(raw: bytes, position: int) -> tuple[str, int]:
    end = raw.find(b"\0\0", position, position + MAX_NAME)
    while end >= 0 and (end - position) % 2:
        # The high half of one letter and the low half of the next.
        end = raw.find(b"\0\0", end + 1, position + MAX_NAME)
    if end < 0:
        raise HipaaCisError(f"no end of the name at byte {position}")
    return _decoded(raw[position:end]), end + 2


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-16-le")
    except UnicodeDecodeError:
        raise HipaaCisError("a name is no text of UTF-16") from None


def _meant(key: str, name: str, kind: int, data: bytes) -> Instruction:
    if not key:
        raise HipaaCisError("it names no key")
    if not name.startswith("**"):
        # Without a value only the key is made; the value without a name has a type, or data.
        return Instruction(SET, key, (name,), kind, data) if name or kind or data else Instruction(CREATE_KEY, key)
    lower = name.lower()
    found = next((prefix for prefix in DIRECTIVES if lower.startswith(prefix)), None)
    if found is None:
        raise HipaaCisError(f"'{name[:60]}' is no instruction that is known")
    action = DIRECTIVES[found]
    if found in ("**del.", "**soft."):
        return Instruction(action, key, (name[len(found) :],), kind, data)
    if found in ("**deletevalues", "**deletekeys"):
        listed = _decoded(data).split("\0")[0].split(";")
        return Instruction(action, key, tuple(item.strip() for item in listed if item.strip()))
    return Instruction(action, key)
