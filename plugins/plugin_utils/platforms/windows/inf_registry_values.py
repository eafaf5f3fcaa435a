# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""[Registry Values] of `secedit`'s export: the security options that are kept in the registry, each with its type (MS-GPSB 2.2.5)."""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.inf import Inf, fields

SECTION = "Registry Values"
TYPES = {"1": "REG_SZ", "2": "REG_EXPAND_SZ", "3": "REG_BINARY", "4": "REG_DWORD", "7": "REG_MULTI_SZ"}
NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10}")
MOST_DWORD = 0xFFFFFFFF
# With it the categories of [Event Audit] are not applied, and the subcategories of the audit policy hold (MS-GPAC 5.1).
NO_LEGACY_AUDIT = r"MACHINE\System\CurrentControlSet\Control\Lsa\SCENoApplyLegacyAuditPolicy"


class RegistryValue(NamedTuple):
    """A value with the name of its type: a number (REG_DWORD), a text, or a list of texts (REG_MULTI_SZ, REG_BINARY as it is written)."""

    type: str
    data: int | str | tuple[str, ...]


def registry_value(export: Inf, path: str) -> RegistryValue | None:
    r"""Return the value of a path as `secedit` writes it (`MACHINE\System\...\Name`, in any case); None where the export has none.

    It lists only what the registry holds, of the options that it knows: of another path it says nothing. Raises `HipaaCisError` where
    the section is missing, or the value is not of its type.
    """
    section = export.section(SECTION)
    if section is None:
        raise HipaaCisError(
            f"secedit's export has no section [{SECTION}]. Connect as an administrator, and export the area SECURITYPOLICY too."
        )
    found = section.one(path)
    if found is None:
        return None
    kind, *data = fields(found.value) or [""]
    try:
        return RegistryValue(TYPES[kind], _data(kind, data))
    except (KeyError, ValueError):
        raise HipaaCisError(
            f"secedit's export: line {found.line} of [{SECTION}] has a value that is not of a type that Windows writes there."
        ) from None


def _data(kind: str, data: list[str]) -> int | str | tuple[str, ...]:
    """Return the data of a type. Raises `ValueError` where they are not of it."""
    if TYPES[kind] in ("REG_MULTI_SZ", "REG_BINARY"):
        # A text that came by an import ends in a NUL, and an empty list is written as an empty text.
        texts = tuple(text.rstrip("\0") for text in data)
        return () if texts == ("",) else texts
    (text,) = data
    if TYPES[kind] != "REG_DWORD":
        return text.rstrip("\0")
    number = int(text, 0 if text[1:2] in ("x", "X") else 10) if NUMBER.fullmatch(text) else MOST_DWORD + 1
    if number > MOST_DWORD:
        raise ValueError(text)
    return number
