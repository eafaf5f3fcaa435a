# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``file_audit``: whether access to folders is recorded, by their own lists and by the one for all files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import access, audit_backup, sddl
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    file_bytes,
    part,
    value,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sddl_trustees import EVERYONE

# Winnt.h: FILE_READ_DATA, FILE_WRITE_DATA, FILE_APPEND_DATA, and the standard rights.
WANTED = {
    "read": 0x1,
    "write": 0x2,
    "append": 0x4,
    "delete": access.DELETE,
    "permissions": access.WRITE_DAC,
    "owner": access.WRITE_OWNER,
}
# Who logs on by an account is among the Authenticated Users.
EVERYBODY = (EVERYONE, "S-1-5-11")
_backup = lru_cache(maxsize=1)(audit_backup.parsed)


def file_audit(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{path, missing}`` of each folder: what people may do there with success, themselves or in what lies below, without a record.

    Below a folder that keeps its own list from being inherited nobody looks. Raises `HipaaCisError` where a list cannot be seen.
    """
    folders = part(seen, "folders")
    everywhere = _global(seen) if folders else 0
    found = []
    for one in folders:
        if "error" in one:
            raise HipaaCisError(f"{str(one['path'])[:120]}: {str(one['error'])[:300]}")
        if one.get("absent") is True:
            found.append({"path": one["path"], "missing": ["no such folder"]})
            continue
        recorded = everywhere | _of_folder(str(one["sddl"]), str(one["path"]))
        found.append({"path": one["path"], "missing": [name for name, bit in WANTED.items() if not recorded & bit]})
    return value(found, seen)


def _of_folder(text: str, path: str) -> int:
    """Return the rights of which the use is recorded in a folder and all below it."""
    return _rights(ace for ace in _aces(text, path) if {"OI", "CI"} <= ace.flags and "NP" not in ace.flags)


def _global(seen: Observation) -> int:
    if "backup" not in seen["value"]:
        raise HipaaCisError(
            f"what is audited of all files is not known: {str(seen['value'].get('backup_error'))[:300]}"
        )
    return _rights(_aces(_backup(file_bytes(seen, "backup")).global_sacl("File"), "all files"))


def _aces(text: str, where: str) -> tuple[sddl.Ace, ...]:
    """Return the entries of a list; a folder of which nothing is audited has an empty text."""
    found = sddl.parse(text, where).sacl if text.strip() else None
    return found.aces if found else ()


def _rights(aces: tuple[sddl.Ace, ...] | Iterator[sddl.Ace]) -> int:
    # An entry with a condition may not hold.
    rights = 0
    for ace in aces:
        if ace.type == "AU" and "SA" in ace.flags and ace.trustee in EVERYBODY:
            rights |= ace.mask
            for generic, bits in access.FILE.generic.items():
                if ace.mask & generic:
                    rights |= bits
    return rights
