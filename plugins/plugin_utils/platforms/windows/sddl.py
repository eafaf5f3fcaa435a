# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security descriptors as text (SDDL, MS-DTYP 2.5.1): owner, group, who is granted and refused what, and what is audited."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl_trustees import (
    NOT_KNOWN,
    Authorities,
    trustee,
)

# An access control list has at most 65,535 bytes, which no longer a text can stand for.
MAX_TEXT = 400_000
# Types of entries that a list of who may what can hold, and those of what is audited.
GRANTS, CONDITIONAL_GRANTS = ("A", "OA"), ("XA", "ZA")
DENIALS, CONDITIONAL_DENIALS = ("D", "OD"), ("XD",)
TYPES = {
    "D": frozenset((*GRANTS, *CONDITIONAL_GRANTS, *DENIALS, *CONDITIONAL_DENIALS)),
    "S": frozenset(("AU", "AL", "OU", "OL", "XU", "ML", "RA", "SP", "TL", "FL")),
}
OF_OBJECTS = frozenset(("OA", "OD", "OU", "OL", "ZA"))
WITH_MORE = frozenset(("XA", "XD", "XU", "ZA", "RA", "FL"))
ACE_FLAGS = frozenset(("CI", "OI", "NP", "IO", "ID", "SA", "FA", "CR", "TP"))
# The same letters mean the same bits on every kind of object, whatever the bits mean there.
RIGHTS = {
    "CC": 0x1,
    "DC": 0x2,
    "LC": 0x4,
    "SW": 0x8,
    "RP": 0x10,
    "WP": 0x20,
    "DT": 0x40,
    "LO": 0x80,
    "CR": 0x100,
    "SD": 0x10000,
    "RC": 0x20000,
    "WD": 0x40000,
    "WO": 0x80000,
    "GA": 0x10000000,
    "GX": 0x20000000,
    "GW": 0x40000000,
    "GR": 0x80000000,
    "FA": 0x1F01FF,
    "FR": 0x120089,
    "FW": 0x120116,
    "FX": 0x1200A0,
    "KA": 0xF003F,
    "KR": 0x20019,
    "KW": 0x20006,
    "KX": 0x20019,
}
LABEL_RIGHTS = {"NW": 0x1, "NR": 0x2, "NX": 0x4}

_PART = re.compile(r"([OGDS]):")
# A SID's numbers are decimal here, so that the D of "D:" is never taken for a digit.
_TRUSTEE = re.compile(r"[Ss]-1-(?:0[xX][0-9A-Fa-f]{1,12}|[0-9]{1,15})(?:-[0-9]{1,10}){1,15}|[A-Z]{2}")
_ACL_FLAG = re.compile(r"P|AR|AI|(?i:NO_ACCESS_CONTROL)")
_ACE = re.compile(r"\(([^;()]*);([^;()]*);([^;()]*);([^;()]*);([^;()]*);([^;()]*)([;)])")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NUMBER = re.compile(r"0[xX][0-9A-Fa-f]{1,16}|[0-9]{1,20}")


@dataclass(frozen=True)
class Ace:
    """One entry. ``more``: its condition or attribute as it is written; nothing here works out whether that is met."""

    type: str
    flags: frozenset[str]
    mask: int
    trustee: str
    object_type: str = ""
    inherited_object_type: str = ""
    more: str = ""


@dataclass(frozen=True)
class Acl:
    """A list of entries in their order. ``null``: there is no list at all, which grants everything to everybody; an empty one grants nothing."""

    flags: frozenset[str]
    aces: tuple[Ace, ...]
    null: bool = False


@dataclass(frozen=True)
class SecurityDescriptor:
    """Each part is None where the text has none: it was not read, or is not there. That is neither a null list nor an empty one."""

    owner: str | None = None
    group: str | None = None
    dacl: Acl | None = None
    sacl: Acl | None = None


def parse(text: str, where: str, authorities: Authorities = NOT_KNOWN) -> SecurityDescriptor:
    """Read a security descriptor. ``where`` names the object in errors. Raises `HipaaCisError`: what is not understood is never left out."""
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise HipaaCisError(
            f"The permissions of {where} cannot be read: their text has {len(text)} characters, more than a list can hold."
        )
    try:
        return _parts(text, authorities)
    except HipaaCisError as problem:
        raise HipaaCisError(f"The permissions of {where} cannot be read: {problem}.") from None


def _parts(text: str, authorities: Authorities) -> SecurityDescriptor:
    sids: dict[str, str] = {}
    acls: dict[str, Acl] = {}
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if not part or part[1] in sids or part[1] in acls:
            raise _unexpected(text, position, "one of O:, G:, D: and S:, each once")
        if part[1] in TYPES:
            acls[part[1]], position = _acl(text, part.end(), part[1], authorities)
        else:
            named = _TRUSTEE.match(text, part.end())
            if not named:
                raise _unexpected(text, part.end(), "a SID")
            sids[part[1]], position = trustee(named[0], authorities), named.end()
    if not sids and not acls:
        raise HipaaCisError("the text is empty")
    return SecurityDescriptor(sids.get("O"), sids.get("G"), acls.get("D"), acls.get("S"))


def _acl(text: str, position: int, part: str, authorities: Authorities) -> tuple[Acl, int]:
    flags: set[str] = set()
    while flag := _ACL_FLAG.match(text, position):
        flags.add(flag[0].upper())
        position = flag.end()
    null = "NO_ACCESS_CONTROL" in flags
    aces: list[Ace] = []
    while text.startswith("(", position):
        ace, position = _ace(text, position, part, authorities)
        aces.append(ace)
    if null and aces:
        raise HipaaCisError("NO_ACCESS_CONTROL says that there is no list, and entries follow")
    return Acl(frozenset(flags - {"NO_ACCESS_CONTROL"}), tuple(aces), null), position


def _ace(text: str, position: int, part: str, authorities: Authorities) -> tuple[Ace, int]:
    fields = _ACE.match(text, position)
    if not fields:
        raise _unexpected(text, position, "an entry of six fields")
    kind, flags, rights, object_type, inherited, who, last = fields.groups()
    if kind not in TYPES[part]:
        raise HipaaCisError(f"an entry of type '{kind[:20]}' does not belong in the part {part}:")
    more, end = ("", fields.end()) if last == ")" else _more(text, fields.end())
    if (last == ";") != (kind in WITH_MORE):
        raise HipaaCisError(f"an entry of type {kind} has {'a seventh field' if last == ';' else 'no seventh field'}")
    for guid in (object_type, inherited):
        if guid and (kind not in OF_OBJECTS or not _GUID.fullmatch(guid)):
            raise HipaaCisError(f"'{guid[:80]}' is no GUID that an entry of type {kind} can have")
    given = frozenset(flags[at : at + 2] for at in range(0, len(flags), 2))
    if given - ACE_FLAGS:
        raise HipaaCisError(f"'{flags[:40]}' are no flags of an entry")
    mask = _mask(rights, {**RIGHTS, **LABEL_RIGHTS} if kind == "ML" else RIGHTS)
    return Ace(kind, given, mask, trustee(who, authorities), object_type.lower(), inherited.lower(), more), end


def _more(text: str, position: int) -> tuple[str, int]:
    """Return a condition or an attribute, and where the entry behind it ends: at the bracket that closes it, outside of quotes."""
    depth, quoted = 1, False
    for at in range(position, len(text)):
        letter = text[at]
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
            if not depth:
                return text[position:at], at + 1
    raise HipaaCisError("an entry is not closed")


def _mask(text: str, codes: dict[str, int]) -> int:
    """Return the bits of a number (hexadecimal, octal with a leading 0, or decimal) or of letters in pairs. Raises `HipaaCisError`."""
    if _NUMBER.fullmatch(text):
        octal = text[0] == "0" and text[1:2] not in ("x", "X")
        if octal and not set(text) <= set("01234567"):
            raise HipaaCisError(f"'{text}' are no rights")
        number = int(text, 8) if octal else int(text, 0)
        if number >= 1 << 32:
            raise HipaaCisError(f"'{text}' are no rights: a mask has 32 bits")
        return number
    mask = 0
    for at in range(0, len(text), 2):
        code = text[at : at + 2]
        if code not in codes:
            raise HipaaCisError(f"'{code}' in '{text[:60]}' is no right")
        mask |= codes[code]
    return mask


def _unexpected(text: str, position: int, wanted: str) -> HipaaCisError:
    return HipaaCisError(f"at character {position + 1}, '{text[position : position + 30]}' is not {wanted}")
