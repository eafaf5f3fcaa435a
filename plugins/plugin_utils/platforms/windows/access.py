# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do something with an object, by its security descriptor, as Windows' access check would decide (MS-DTYP 2.5.3.2).

The answer names every SID that may; rather one too many than one too few. Not counted are privileges (an administrator may take
ownership, a backup operator restore) and the parent (who may delete there, may delete here).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl import (
    CONDITIONAL_GRANTS,
    GRANTS,
    Ace,
    SecurityDescriptor,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl_trustees import (
    ANONYMOUS,
    EVERYONE,
    OWNER_RIGHTS,
)

DELETE, READ_CONTROL, WRITE_DAC, WRITE_OWNER = 0x10000, 0x20000, 0x40000, 0x80000
GENERIC_ALL, GENERIC_EXECUTE, GENERIC_WRITE, GENERIC_READ = 0x10000000, 0x20000000, 0x40000000, 0x80000000
GENERIC = GENERIC_ALL | GENERIC_EXECUTE | GENERIC_WRITE | GENERIC_READ
# With any of these one gives oneself the rest, or does away with the object.
CONTROL = DELETE | WRITE_DAC | WRITE_OWNER


@dataclass(frozen=True)
class ObjectType:
    """What the bits of a mask mean on one kind of object: ``generic`` right to bits, and what may be asked, by name to bits."""

    name: str
    generic: Mapping[int, int]
    rights: Mapping[str, int]


def _generic(read: int, write: int, execute: int, everything: int) -> dict[int, int]:
    return {GENERIC_READ: read, GENERIC_WRITE: write, GENERIC_EXECUTE: execute, GENERIC_ALL: everything}


# Winnt.h, Winsvc.h and Winevt.h. To write: set a value, make a key or a link; write or append data, attributes, delete what is below;
# change what a service runs.
REGISTRY_KEY = ObjectType(
    "registry key", _generic(0x20019, 0x20006, 0x20019, 0xF003F), {"read": 0x9, "write": 0x26 | CONTROL}
)
FILE = ObjectType("file", _generic(0x120089, 0x120116, 0x1200A0, 0x1F01FF), {"read": 0x1, "write": 0x156 | CONTROL})
SERVICE = ObjectType(
    "service",
    _generic(0x2008D, 0x20002, 0x20170, 0xF01FF),
    {"write": 0x2 | CONTROL, "start": 0x10, "stop": 0x20},
)
# A channel's owner and standard rights decide nothing: its descriptor is a value in the registry, with the permissions of its key.
# No document says what generic writing means there; clearing is counted.
EVENT_LOG = ObjectType(
    "event log", _generic(0x20001, 0x20006, 0x20000, 0xF0007), {"read": 0x1, "write": 0x2, "clear": 0x4}
)


@dataclass(frozen=True)
class Grant:
    """Rights of one SID, and why: ``by`` is entry, inherited, conditional, owner or null_dacl."""

    sid: str
    rights: int
    by: str


def who_may(descriptor: SecurityDescriptor, kind: ObjectType, right: str, where: str) -> tuple[Grant, ...]:
    """Return who has any bit of a named right on the object itself, in the list's order. Raises `HipaaCisError` where that cannot be told."""
    asked = kind.rights[right]
    return tuple(grant for grant in _grants(descriptor, kind, where) if grant.rights & asked)


def _grants(descriptor: SecurityDescriptor, kind: ObjectType, where: str) -> Iterator[Grant]:
    dacl, owner = descriptor.dacl, descriptor.owner
    if dacl is None:
        raise HipaaCisError(
            f"Who may use the {kind.name} {where} cannot be told: its permissions came without the part D:. "
            "Read them with an account that may see them."
        )
    if dacl.null:
        everything = kind.generic[GENERIC_ALL]
        yield from (Grant(sid, everything, "null_dacl") for sid in (EVERYONE, ANONYMOUS))
        return
    # An entry that is only inherited by what is below says nothing about the object itself.
    here = [ace for ace in dacl.aces if "IO" not in ace.flags]
    if not any(ace.trustee == OWNER_RIGHTS and ace.type in ("A", "D") for ace in here):
        if owner is None and kind is not EVENT_LOG:
            raise HipaaCisError(
                f"Who may use the {kind.name} {where} cannot be told: its owner was not collected, and an owner may always change permissions."
            )
        if owner is not None:
            # Before any entry is looked at: an owner who is refused everything still may change the permissions.
            yield Grant(owner, READ_CONTROL | WRITE_DAC, "owner")
    yield from _of_entries(here, kind, owner)


def _of_entries(aces: list[Ace], kind: ObjectType, owner: str | None) -> Iterator[Grant]:
    """Yield what each entry really grants: the first entry that speaks of a right decides, in whatever order they stand."""
    denied: dict[str, int] = {}
    for ace in aces:
        sid = owner if owner and ace.trustee == OWNER_RIGHTS else ace.trustee
        if ace.type == "D":
            # Stored entries hold no generic rights any more; the check would not translate them, so such a denial counts for nothing.
            denied[sid] = denied.get(sid, 0) | ace.mask
        elif ace.type in GRANTS or ace.type in CONDITIONAL_GRANTS:
            # Denied for sure is what is denied to the same SID, or to everybody, of whom an anonymous caller is none.
            refused = denied.get(sid, 0) | (denied.get(EVERYONE, 0) if sid != ANONYMOUS else 0)
            rights = _specific(ace.mask, kind) & ~refused
            if rights:
                yield Grant(sid, rights, _why(ace))
        # A denial under a condition, or of one type of object, may not hold: it takes nothing away.


def _specific(mask: int, kind: ObjectType) -> int:
    for generic, bits in kind.generic.items():
        if mask & generic:
            mask |= bits
    return mask & ~GENERIC


def _why(ace: Ace) -> str:
    if ace.type in CONDITIONAL_GRANTS:
        return "conditional"
    return "inherited" if "ID" in ace.flags else "entry"
