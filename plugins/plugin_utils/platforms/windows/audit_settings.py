# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``audit_policy``: what is audited of a subcategory, from the backup of the audit policy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import audit_backup
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.audit_subcategories import SUBCATEGORIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    file_bytes,
    value,
)

_BY_NAME = {name: guid for guid, (_category, name) in SUBCATEGORIES.items()}
# A host's backup is asked for dozens of subcategories, one after the other.
_backup = lru_cache(maxsize=1)(audit_backup.parsed)


def audit_policy(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return ``{success, failure}``, whether each is audited of everybody, of a subcategory by the English name that it has here."""
    if address["subcategory"] not in _BY_NAME:
        raise HipaaCisError(unknown("subcategory of the audit policy", address["subcategory"], _BY_NAME))
    subcategory, backup = _BY_NAME[address["subcategory"]], _backup(file_bytes(seen, "backup"))
    found = backup.audited(subcategory)
    if found is None:
        return absent(seen, "this Windows has no such subcategory")
    # What a user's own audit policy leaves out is recorded of him by no other (auditpol /set /user /exclude).
    left_out = backup.user_audits(subcategory)
    told = {
        "success": found.success and not any(one.unaudited.success for one in left_out),
        "failure": found.failure and not any(one.unaudited.failure for one in left_out),
    }
    return value(told, seen, f"left out of {', '.join(one.sid for one in left_out[:5])}" if left_out else "")
