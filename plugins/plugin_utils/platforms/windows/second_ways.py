# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows' own programs print of what the collectors read by other ways: read by positions, digits and GUIDs, never by a word."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, split_lines
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.audit_backup import COLUMNS_OF_GET
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.audit_subcategories import GUID
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.encoded_text import decoded
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.registry_value import (
    Absent,
    Judged,
    RegistryValue,
)

# `net accounts` says when users are logged off, then these, then what the computer is to its domain.
ACCOUNT_LINES = (
    "MinimumPasswordAge",
    "MaximumPasswordAge",
    "MinimumPasswordLength",
    "PasswordHistorySize",
    "LockoutBadCount",
    "LockoutDuration",
    "ResetLockoutCount",
)
# What stands in place of a number where there is none, or no end.
A_WORD = "a word"
NOT_THERE = 1
_RIGHT = re.compile(r"\s*(Se[A-Za-z]+)\s*=(.*)")


def lines_of(said: Any, program: str, ends: tuple[int, ...] = (0,)) -> list[str]:
    """Return the lines that a program printed (``{code, lines}``). Raises `HipaaCisError` where it ended otherwise than it may."""
    if not isinstance(said, Mapping) or not isinstance(said.get("lines"), list) or "code" not in said:
        raise HipaaCisError(f"the host did not say what {program} printed")
    if said["code"] not in ends:
        raise HipaaCisError(f"{program} ended with {str(said['code'])[:12]}")
    return [str(line) for line in said["lines"]]


def reg_query(said: Any, name: str) -> RegistryValue | Absent:
    """Return the one value that `reg query /v` printed: four blanks, its name, four blanks, its type, four blanks, its data.

    Raises `HipaaCisError`. Where there is none the program ends with 1, as it does where it may not look.
    """
    lines = lines_of(said, "reg", (0, NOT_THERE))
    if said["code"] == NOT_THERE:
        return Absent("key or value")
    value = re.compile(rf" {{4}}{re.escape(name)} {{4}}(REG_[A-Z_]+)(?: {{4}}(.*))?", re.IGNORECASE)
    found = [match for match in map(value.fullmatch, lines) if match]
    if len(found) != 1:
        raise HipaaCisError("reg printed no line of this value in its form")
    return RegistryValue(found[0][1], _data(found[0][1], found[0][2] or ""))


def _data(kind: str, text: str) -> Judged:
    try:
        if kind in ("REG_DWORD", "REG_QWORD"):
            return int(text, 16)
        if kind == "REG_BINARY":
            return bytes.fromhex(text)
    except ValueError:
        raise HipaaCisError(f"reg printed {kind} as something else") from None
    return tuple(item for item in text.split("\\0") if item) if kind == "REG_MULTI_SZ" else text


def net_accounts(said: Any) -> dict[str, int | str]:
    """Return the numbers of the account policy by their keys in an export of secedit, `A_WORD` for one that is said by a word."""
    lines = [line.split() for line in lines_of(said, "net") if line.strip()]
    if len(lines) < len(ACCOUNT_LINES) + 2:
        raise HipaaCisError(f"net printed {len(lines)} lines of the account policy, fewer than it has settings")
    last = [line[-1] for line in lines[1 : len(ACCOUNT_LINES) + 1]]
    return {
        key: int(word) if is_number(word) and len(word) < 11 else A_WORD
        for key, word in zip(ACCOUNT_LINES, last, strict=True)
    }


def audit_listing(said: Any) -> list[tuple[str, str]]:
    """Return the GUID and the setting, a text in the host's language, of each row that `auditpol /get /r` printed."""
    rows = [
        row
        for row in csv.reader(line for line in lines_of(said, "auditpol") if line.strip())
        if len(row) >= COLUMNS_OF_GET
    ]
    found = [(row[3].strip().upper(), row[4].strip()) for row in rows if GUID.fullmatch(row[3].strip().upper())]
    if not found:
        raise HipaaCisError("auditpol printed no row with a GUID")
    return found


def counted_rights(data: bytes, code_page: int | None) -> dict[str, int]:
    """Return how many hold each right, by the lines of an export alone."""
    matches = (_RIGHT.fullmatch(line) for line in split_lines(decoded(data, code_page, "secedit's second export")))
    return {match[1]: sum(bool(one.strip()) for one in match[2].split(",")) for match in matches if match}
