# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``registry_acl`` and ``file_acl``: who may write a key, a folder or a file, or give himself the right to.

A list of ``{writers, at, count}``, one for each set of writers, the rarer ones first. ``writers``: English names where an account has
one everywhere, else SIDs; those that the setting names in ``besides`` and ``others`` are left out, and places that nobody else may write
with them. ``at``: the first places, ``itself`` being the one that the setting names.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import access, sddl, well_known_sids
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl_trustees import RELATIVE
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sids import name_of

MOST_SHOWN = 10
ITSELF = "itself"


def registry_acl(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return who may write a key, with ``each`` also the keys directly below it."""
    return _writers(access.REGISTRY_KEY, address["key"], address, seen)


def file_acl(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return who may write a file or a folder, with ``each`` also what lies directly in it."""
    return _writers(access.FILE, address["path"], address, seen)


def service_sid(name: str) -> str:
    """Return the SID of a service by its name (MS-DTYP 2.4.2.4, NT SERVICE: SHA-1 of the name in capitals)."""
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "S-1-5-80-" + "-".join(str(number) for number in struct.unpack("<5I", digest))


def _writers(kind: access.ObjectType, thing: str, address: Address, seen: Observation) -> Observation:
    if seen["state"] == "absent":
        return absent(seen)
    unread = part(seen, "unread")
    if unread:
        first = f"{thing}\\{unread[0]['at']}".rstrip("\\")
        more = f", nor that of {len(unread) - 1} others" if len(unread) > 1 else ""
        raise HipaaCisError(f"The list of who may write {first} cannot be read{more}: {unread[0]['reason']}")
    descriptors = part(seen, "descriptors")
    if not descriptors:
        raise HipaaCisError(f"The host told of nobody who may write {thing}, and of nobody who may not.")
    services = _services(descriptors)
    trusted = {*address.get("besides", ()), *address.get("others", ())}
    places: dict[tuple[str, ...], list[str]] = {}
    for one in descriptors:
        where = f"{thing}\\{one['at'][0]}".rstrip("\\")
        may = access.who_may(sddl.parse(one["sddl"], where), kind, "write", where)
        writers = {_called(grant.sid, services) for grant in may} - trusted
        if writers:
            places.setdefault(tuple(sorted(writers)), []).extend(name or ITSELF for name in one["at"])
    return value([_shown(writers, at) for writers, at in sorted(places.items(), key=_rarest)], seen)


def _rarest(group: tuple[tuple[str, ...], list[str]]) -> tuple[int, tuple[str, ...]]:
    return len(group[1]), group[0]


def _shown(writers: tuple[str, ...], at: list[str]) -> dict[str, Any]:
    return {"writers": list(writers), "at": sorted(at, key=str.lower)[:MOST_SHOWN], "count": len(at)}


def _services(descriptors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of services by their SIDs: of keys that are those of services, and harmless for others."""
    names = {name.split("\\")[0] for one in descriptors for name in one["at"] if name}
    return {service_sid(name): f"NT Service\\{name}" for name in names}


def _called(sid: str, services: Mapping[str, str]) -> str:
    if sid in RELATIVE:
        # Windows writes these letters for accounts of the host or of its own domain alone.
        return well_known_sids.RELATIVE.get(RELATIVE[sid][1], sid)
    name = name_of(sid)
    if name and sid.startswith("S-1-5-21-"):
        return f"{name} ({sid})"
    return name or services.get(sid, sid)
