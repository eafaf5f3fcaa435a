# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``laps``: whether and where LAPS keeps the password of the local administrator, by the policy that wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import kept
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    part,
    value,
)

# "Configure policy settings for Windows LAPS": the roots in this order, and what holds where the one that wins lacks a setting.
ROOTS = ("csp", "policy", "local", "legacy")
BACKUPS = {0: "none", 1: "entra", 2: "ad"}
DEFAULT_DAYS, DEFAULT_LENGTH, DEFAULT_COMPLEXITY = 30, 14, 4
# "LAPS CSP": builds that have Windows LAPS from this revision on; later builds were made with it.
FIRST_REVISIONS = {17763: 4244, 20348: 1663, 22000: 1754, 22621: 1480}
# Win32_ComputerSystem.DomainRole of a member.
MEMBERS = ("1", "3")


def laps(facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{joined, root, backup, days, length, complexity, legacy_client, account}``; ``account`` is missing where it is the built-in one.

    ``backup``: none, entra or ad; none too where the host is not joined to that directory, or lacks what would do it.
    """
    role = facts.get("domain_role")
    if role is None:
        raise HipaaCisError("whether the host is joined to a domain is not known")
    domain, entra = role in MEMBERS, bool(part(seen, "entra_joined"))
    joined = {(False, False): "none", (True, False): "domain", (False, True): "entra", (True, True): "both"}[
        domain, entra
    ]
    client = bool(part(seen, "legacy_client"))
    root, values = _winner(seen)
    backup = _backup(root, values)
    works = _has_windows_laps(facts) or (root == "legacy" and client)
    if not works or (backup == "ad" and not domain) or (backup == "entra" and not entra):
        backup = "none"
    found = {
        "joined": joined,
        "root": root or "none",
        "backup": backup,
        "days": _number(values, "PasswordAgeDays", DEFAULT_DAYS),
        "length": _number(values, "PasswordLength", DEFAULT_LENGTH),
        "complexity": _number(values, "PasswordComplexity", DEFAULT_COMPLEXITY),
        "legacy_client": client,
        "account": _text(values, "AdminAccountName" if root == "legacy" else "AdministratorAccountName"),
    }
    return value({name: one for name, one in found.items() if one is not None}, seen)


def _winner(seen: Observation) -> tuple[str, Mapping[str, Any]]:
    """Return the first root at which anything is set, with its values: it decides alone. Raises `HipaaCisError`."""
    roots = part(seen, "roots")
    if tuple(root["name"] for root in roots) != ROOTS:
        raise HipaaCisError("the host does not tell of all places where a policy of LAPS may be")
    for root in roots:
        if root["set"]:
            return root["name"], root["values"]
    return "", {}


def _backup(root: str, values: Mapping[str, Any]) -> str:
    if root == "legacy":
        return "ad" if _number(values, "AdmPwdEnabled", 0) == 1 else "none"
    return BACKUPS.get(_number(values, "BackupDirectory", 0), "none")


def _has_windows_laps(facts: Mapping[str, Any]) -> bool:
    try:
        build, revision = int(facts["build"]), int(facts["ubr"])
    except (KeyError, ValueError):
        raise HipaaCisError("the build of this Windows is not known, so nobody can say whether it has LAPS") from None
    if build in FIRST_REVISIONS:
        return revision >= FIRST_REVISIONS[build]
    return build > max(FIRST_REVISIONS)


def _number(values: Mapping[str, Any], name: str, default: int) -> int:
    found = kept.number(values, name) if name in values else None
    return default if found is None else found


def _text(values: Mapping[str, Any], name: str) -> str | None:
    return (kept.text(values, name) or None) if name in values else None
