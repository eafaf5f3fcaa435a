# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``policy_source``: whose a registry value is: of a policy of the domain, of the local one, of a management of devices, or of nobody.

``{by, action, policy}``. ``by``: `domain`, `local`, `mdm`, `domain_or_local` (both have it, and Windows keeps no record of which counted) or
`nobody`: what is there then was written otherwise. ``action``: `set` or `delete`. Security options are delivered by templates, not by
Registry.pol, and only the record of applied policies (RSoP) tells of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import registry_pol
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    file_bytes,
    part,
    value,
)

# RSOP_GPO, id of the policy of the host itself.
LOCAL = "localgpo"
# Only what lies below is delivered by Registry.pol alone (or by hand).
POLICIES = "software\\policies\\"


def policy_source(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return who delivers a value of the machine's, or with ``hive: user`` what the local policy says for all users."""
    key, name = address["key"], address["name"]
    if address.get("hive") == "user":
        action = _in_file(seen, "user", key, name)
        return value({"by": "local", "action": action} if action else {"by": "nobody"}, seen)
    found = _of_record(seen, key, name)
    if found is None and part(seen, "rsop") is None:
        found = _of_files(seen, key, name)
    if found is None and address.get("mdm"):
        area, _slash, setting = str(address["mdm"]).partition("/")
        names = next((names for one, names in part(seen, "mdm").items() if one.lower() == area.lower()), ())
        if setting.lower() in (str(one).lower() for one in names):
            found = {"by": "mdm", "action": "set", "policy": address["mdm"]}
    if found is None and part(seen, "rsop_security") is None and not f"{key}\\".lower().startswith(POLICIES):
        raise _untold(seen, key, name)
    return value(found or {"by": "nobody"}, seen)


def _of_record(seen: Observation, key: str, name: str) -> dict[str, str] | None:
    """Return what the record of applied policies (RSoP) says; precedence 1 is the one that counted."""
    for one in part(seen, "rsop") or ():
        if one["key"].lower() == key.lower() and one["name"].lower() == name.lower() and one["precedence"] == 1:
            return {**_whose(one), "action": "delete" if one["deleted"] else "set"}
    for one in part(seen, "rsop_security") or ():
        if one["path"].lower() == f"machine\\{key}\\{name}".lower() and one["precedence"] == 1:
            return {**_whose(one), "action": "set"}
    return None


def _whose(one: Mapping[str, Any]) -> dict[str, str]:
    return {"by": "local" if one["policy"].lower() == LOCAL else "domain", "policy": one["policy"]}


def _of_files(seen: Observation, key: str, name: str) -> dict[str, str] | None:
    """Return what follows from the local policy and from what all policies together delivered."""
    local, applied = _in_file(seen, "machine", key, name), _in_file(seen, "applied", key, name)
    if part(seen, "files")["applied"] is None and not local:
        raise _untold(seen, key, name)
    if applied:
        return {"by": "domain_or_local" if local else "domain", "action": applied}
    return {"by": "local", "action": local} if local else None


def _untold(seen: Observation, key: str, name: str) -> HipaaCisError:
    reason = part(seen, "rsop_error") or "Windows keeps no record of applied policies"
    return HipaaCisError(f"Whose the value {key}|{name} is cannot be told: {reason}.")


def _in_file(seen: Observation, which: str, key: str, name: str) -> str:
    """Return what a file of a policy does with a value: set, delete, or nothing."""
    files = part(seen, "files")
    if files[which] is None:
        return ""
    raw = file_bytes({"value": files}, which)
    state = registry_pol.delivered(registry_pol.parse(raw, which), key, name, which).state
    if state == registry_pol.NOT_CONFIGURED:
        return ""
    return "delete" if state == registry_pol.DELETE else "set"
