# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``security_policy`` and ``user_right``: from the export of the security policy, and of a domain from the domain itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import (
    domain_policy,
    release,
    security_export,
    user_rights,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import (
    security_policy as policy_keys,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    file_bytes,
    part,
    value,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sids import name_of

SECTION = "System Access"
# A group without members (win32, "Well-known SIDs"), to which guides give the rights that nobody shall hold.
NOBODY = "S-1-0-0"
# A host's export is asked for dozens of settings, one after the other.
_export = lru_cache(maxsize=1)(security_export.whole)


def security_policy(facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return a setting of the account policy. The domain's own settings hold on its controllers, and are read of the domain object."""
    section, name = address.get("section", SECTION), address["name"]
    if facts.get("product_type") == release.OF_CONTROLLERS and section == SECTION and name in domain_policy.SETTINGS:
        return value(domain_policy.setting(part(seen, "domain"), name), {**seen, "source": "the domain object"})
    found = policy_keys.setting(_parsed(seen), section, name)
    if found is None:
        return absent(seen, "this host has no such setting")
    return value(found, seen)


def user_right(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return who holds a right, as a list of English names where an account has one everywhere, else of SIDs; empty where nobody does."""
    holders = user_rights.holders(_parsed(seen), address["right"], part(seen, "accounts"))
    return value(sorted(called(sid) for sid in holders - {NOBODY}), seen)


def called(sid: str) -> str:
    """Return the name of a group or account that Windows itself has; of those of a machine or domain the SID stands beside it."""
    name = name_of(sid)
    return f"{name} ({sid})" if name and sid.startswith("S-1-5-21-") else name or sid


def _parsed(seen: Observation) -> Any:
    code_page = part(seen, "code_page")
    return _export(file_bytes(seen, "inf"), code_page if isinstance(code_page, int) else None)
