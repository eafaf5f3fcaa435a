# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `auditpol /backup` writes: seven columns, a row a setting (MS-GPAC 2.2), read by position, GUID and number.

The words in it (headings, names of subcategories, "Success") are translated, each in its own way, and are never looked at. Group
policy's audit.csv has the same columns, but another meaning: it names only what a policy sets, a backup all that is in force.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.audit_subcategories import (
    GUID,
    NEWER,
    SUBCATEGORIES,
    guid,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.encoded_text import LATIN_1, decoded
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sids import SID, canonical

WHAT = "auditpol's backup"
COLUMNS = 7
# Columns of `auditpol /get /r`, which has texts only.
COLUMNS_OF_GET = 6
SUCCESS, FAILURE = 1, 2
# 4 is "none" too, said on purpose (MS-GPAC 2.2.1.3.1).
SETTINGS = {"0": 0, "1": SUCCESS, "2": FAILURE, "3": SUCCESS | FAILURE, "4": 0}
# Of one user: what is audited, or kept from being audited, beside what holds for all; where both are said, it is audited (2.2.1.3.2).
INCLUDE_SUCCESS, EXCLUDE_SUCCESS, INCLUDE_FAILURE, EXCLUDE_FAILURE, USER_NONE = 1, 2, 4, 8, 16
OPTION = "option:"
GLOBAL_SACL = "globalsacl"
OPTIONS = ("CrashOnAuditFail", "FullPrivilegeAuditing", "AuditBaseObjects", "AuditBaseDirectories")
MOST_OPTION = 2


class Audited(NamedTuple):
    """What is audited of a subcategory."""

    success: bool
    failure: bool


class UserAudit(NamedTuple):
    """A user for whom a subcategory is audited otherwise than for all: what is not audited there though it is for others.

    Windows does not heed it for members of the Administrators.
    """

    sid: str
    guid: str
    unaudited: Audited


class Row(NamedTuple):
    """A row: whom it is for, the name of an option or SACL, the GUID of a subcategory, the value; the number of its line."""

    target: str
    name: str
    guid: str
    value: str
    line: int


@dataclass(frozen=True)
class Backup:
    """The rows of a backup: of the system by GUID, of users, of options and global SACLs by name in small letters."""

    system: dict[str, list[Row]] = field(default_factory=dict)
    users: list[Row] = field(default_factory=list)
    named: dict[str, list[Row]] = field(default_factory=dict)

    def audited(self, subcategory: str) -> Audited | None:
        """Return what is audited of a subcategory, by its GUID; None where this Windows does not know it.

        Raises `HipaaCisError` for a GUID that no Windows has, a value that is none, rows that say different things, and a row that is
        missing though each supported Windows has it: a backup names all subcategories, those that are not audited too.
        """
        wanted = guid(subcategory)
        if wanted not in SUBCATEGORIES:
            raise HipaaCisError(unknown("subcategory of the audit policy", wanted, SUBCATEGORIES))
        row = _one(self.system.get(wanted, []), wanted)
        if row is None and wanted in NEWER:
            return None
        if row is None:
            raise HipaaCisError(
                f"{WHAT} does not name {wanted} ({SUBCATEGORIES[wanted][1]}), which each supported Windows has. Make the backup again."
            )
        if row.value not in SETTINGS:
            raise HipaaCisError(f"{WHAT}: line {row.line} has a setting that is none of 0 to 4.")
        bits = SETTINGS[row.value]
        return Audited(bool(bits & SUCCESS), bool(bits & FAILURE))

    def user_audits(self, subcategory: str = "") -> list[UserAudit]:
        """Return the users for whom something (or a subcategory, by its GUID) is not audited though it may be for others, in their order.

        Raises on a value that is none.
        """
        rows = [row for row in self.users if not subcategory or row.guid == guid(subcategory)]
        return [audit for audit in map(_user_audit, rows) if any(audit.unaudited)]

    def option(self, name: str) -> int | None:
        """Return an option of the audit policy (0 off, 1 on; CrashOnAuditFail 2 after a crash); None where the backup does not name it."""
        known = {lowered(one): one for one in OPTIONS}
        if lowered(name) not in known:
            raise HipaaCisError(unknown("option of the audit policy", name, OPTIONS))
        row = _one(self.named.get(OPTION + lowered(name), []), name)
        if row is None:
            return None
        if not is_number(row.value) or len(row.value) > 1 or int(row.value) > MOST_OPTION:
            raise HipaaCisError(f"{WHAT}: line {row.line} has a value that is none of an option.")
        return int(row.value)

    def global_sacl(self, kind: str) -> str:
        """Return the SDDL of what is audited of all objects of a kind (`File`, `Registry`); empty where that is nothing."""
        row = _one(self.named.get(lowered(kind) + GLOBAL_SACL, []), kind)
        return row.value if row else ""


def parsed(data: bytes) -> Backup:
    """Return a backup by its bytes, in any encoding that Windows writes.

    Raises `HipaaCisError` where it is empty, has not seven columns (`auditpol /get /r` has six), or has a row of which nobody can say
    what it sets.
    """
    backup = Backup()
    system = ""
    for row in _rows(decoded(data, LATIN_1, WHAT)):
        # The system's rows come first, and are said to be so by one word, whatever it is. A user has a SID.
        system = system or ("" if SID.fullmatch(row.target) else row.target)
        if row.guid and row.target == system:
            backup.system.setdefault(row.guid, []).append(row)
        elif row.guid:
            backup.users.append(row)
        else:
            backup.named.setdefault(lowered(row.name), []).append(row)
    if not backup.system:
        raise HipaaCisError(f"{WHAT} has no row of the system's audit policy. Connect as an administrator.")
    return backup


def _rows(text: str) -> Iterator[Row]:
    """Yield the rows below the heading, of which only the number of columns matters."""
    reader = csv.reader(split_lines(text, ends=True), strict=True)
    headed = False
    try:
        for row in reader:
            cells = [cell.strip(BLANKS) for cell in row]
            if not any(cells):
                continue
            if headed:
                yield _row(cells, reader.line_num)
            elif len(cells) != COLUMNS or GUID.fullmatch(cells[3]):
                raise HipaaCisError(
                    f"{WHAT} begins with {len(cells)} columns, and its heading has {COLUMNS}.{_hint(cells)}"
                )
            headed = True
    except csv.Error as error:
        raise HipaaCisError(f"{WHAT}: line {reader.line_num} is not CSV: {error}.") from None


def _hint(cells: list[str]) -> str:
    return (
        " Use `auditpol /backup`: `/get /r` has translated words and no numbers."
        if len(cells) == COLUMNS_OF_GET
        else ""
    )


def _row(cells: list[str], line: int) -> Row:
    """Return a row. Raises `HipaaCisError` where it names no subcategory, no option and no global SACL."""
    named = lowered(cells[2]) if len(cells) >= COLUMNS else ""
    if named.endswith(GLOBAL_SACL) and not cells[1] and not cells[3]:
        # An SDDL with conditions may hold commas.
        return Row("", cells[2], "", ",".join(cells[6:]), line)
    if len(cells) != COLUMNS:
        raise HipaaCisError(f"{WHAT}: line {line} has {len(cells)} columns in place of {COLUMNS}.")
    _machine, target, name, identity, _inclusion, _exclusion, value = cells
    if identity and target:
        return Row(target, name, guid(identity), value, line)
    if identity or target or not named.startswith(OPTION):
        raise HipaaCisError(
            f"{WHAT}: line {line} names no subcategory by GUID for the system or a user, and no option."
        )
    return Row("", name, "", value, line)


def _one(rows: list[Row], what: str) -> Row | None:
    """Return the row of a setting. Raises `HipaaCisError` where two say different things."""
    if len({row.value for row in rows}) > 1:
        lines = ", ".join(str(row.line) for row in rows)
        raise HipaaCisError(f"{WHAT} says different things of {what} in lines {lines}.")
    return rows[0] if rows else None


def _user_audit(row: Row) -> UserAudit:
    """Return what a user's row keeps from being audited."""
    bits = int(row.value) if is_number(row.value) and len(row.value) <= len(str(USER_NONE)) else USER_NONE + 1
    if bits > USER_NONE:
        raise HipaaCisError(f"{WHAT}: line {row.line} has a value that is none of a user's audit policy.")
    unaudited = Audited(
        bits & (INCLUDE_SUCCESS | EXCLUDE_SUCCESS) == EXCLUDE_SUCCESS,
        bits & (INCLUDE_FAILURE | EXCLUDE_FAILURE) == EXCLUDE_FAILURE,
    )
    return UserAudit(canonical(row.target), row.guid, unaudited)
