# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``service_account``: whether accounts that run services are administrators, or may log on as people do.

A host does not tell which groups of a domain an account is in. Where that decides, it is not known: no pass, and an error that names the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import security_export, sids, user_rights
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.account_settings import members
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    file_bytes,
    part,
    value,
)

ADMINISTRATORS = "S-1-5-32-544"
YES, NO, UNKNOWN = "yes", "no", "unknown"
# What the service manager calls Windows' own, in each language (win32, "Service user accounts"), and StartName of Win32_Service.
WINDOWS_OWN = {
    "localsystem": "S-1-5-18",
    ".\\localsystem": "S-1-5-18",
    "nt authority\\system": "S-1-5-18",
    "nt authority\\localservice": "S-1-5-19",
    "nt authority\\local service": "S-1-5-19",
    "nt authority\\networkservice": "S-1-5-20",
    "nt authority\\network service": "S-1-5-20",
}
SYSTEM = "S-1-5-18"
# Accounts without a password that anybody could log on with: Windows' own, one of each service, of a pool of IIS, of a virtual machine.
NO_PERSONS = ("S-1-5-18", "S-1-5-19", "S-1-5-20", "S-1-5-80-", "S-1-5-82-", "S-1-5-83-")
# Everyone, Authenticated Users, Service: each account that runs one is in them.
OF_ALL = ("S-1-1-0", "S-1-5-11", "S-1-5-6")
LOCAL, LOCAL_ADMINISTRATOR = "S-1-5-113", "S-1-5-114"
# Right and denial, and the group that whoever logs on so is in.
WAYS = (
    ("SeInteractiveLogonRight", "SeDenyInteractiveLogonRight", "S-1-5-4"),
    ("SeRemoteInteractiveLogonRight", "SeDenyRemoteInteractiveLogonRight", "S-1-5-14"),
)
_export = lru_cache(maxsize=1)(security_export.whole)


@dataclass(frozen=True)
class _Account:
    """Who runs services. ``bound``: he is the machine's own, and in no group of a domain."""

    name: str
    sid: str | None
    local: bool
    services: tuple[str, ...]

    @property
    def bound(self) -> bool:
        return self.local or (self.sid or "").startswith(NO_PERSONS)


def service_account(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return those for whom a ``query`` is so: ``administrators`` less those of ``names``, ``interactive`` all who may log on.

    ``reviewed``: accounts of a domain of which somebody has seen in the directory that no group of theirs makes it so.
    """
    asked = _interactive if address["query"] == "interactive" else _administrator
    excepted = _named(address.get("names", ()), seen) if address["query"] == "administrators" else frozenset()
    reviewed = _named(address.get("reviewed", ()), seen)
    found, unknown = [], []
    for one in _accounts(seen):
        if {lowered(one.name), one.sid} & excepted:
            continue
        answer = asked(one, seen)
        if answer == YES:
            found.append(f"{one.name} ({', '.join(one.services[:3])})")
        elif answer == UNKNOWN and not {lowered(one.name), one.sid} & reviewed:
            unknown.append(one.name)
    if unknown and not found:
        raise HipaaCisError(
            f"groups of a domain decide it for {', '.join(sorted(unknown)[:10])}, and a host does not tell who is in them; "
            "look in the directory, and name those that are in none in windows_service_accounts_reviewed"
        )
    return value(sorted(found), seen, f"not known of {', '.join(sorted(unknown)[:10])}" if unknown else "")


def _accounts(seen: Observation) -> list[_Account]:
    found = []
    for one in part(seen, "accounts"):
        name = str(one["name"])
        sid = WINDOWS_OWN.get(lowered(name)) or (sids.canonical(one["sid"]) if one["sid"] else None)
        local = bool(one["local"]) and not part(seen, "controller")
        found.append(_Account(name, sid, local, tuple(map(str, one["services"]))))
    if not any(one.sid == SYSTEM for one in found):
        raise HipaaCisError("the host names no service of Windows itself, so the list of its services is not whole")
    return found


def _administrator(one: _Account, seen: Observation) -> str:
    """Return whether an account is an administrator. Windows itself is one, and no account that could be less."""
    return NO if one.sid == SYSTEM else _in_group(one, ADMINISTRATORS, seen, OF_ALL)


def _interactive(one: _Account, seen: Observation) -> str:
    if (one.sid or "").startswith(NO_PERSONS):
        return NO
    answers = []
    for right, denial, group in WAYS:
        allowed, denied = _holds(one, right, seen, group), _holds(one, denial, seen, group)
        if allowed == NO or denied == YES:
            answers.append(NO)
        else:
            answers.append(YES if (allowed, denied) == (YES, NO) else UNKNOWN)
    return YES if YES in answers else UNKNOWN if UNKNOWN in answers else NO


def _holds(one: _Account, right: str, seen: Observation, group: str) -> str:
    """Return whether an account holds a right, by itself or by a group."""
    security = part(seen, "security")
    code_page = security.get("code_page")
    export = _export(file_bytes({"value": security}, "inf"), code_page if isinstance(code_page, int) else None)
    # A service is no Service while it logs on at the screen.
    own = {one.sid, *OF_ALL[:2], group}
    if one.local:
        own |= {LOCAL}
        if _administrator(one, seen) == YES:
            own |= {LOCAL_ADMINISTRATOR}
    answers = {NO}
    for holder in user_rights.holders(export, right, security["accounts"]):
        if holder in own:
            return YES
        if holder.startswith("S-1-5-32-"):
            answers.add(_in_group(one, holder, seen, (*OF_ALL[:2], group)))
        elif _may_hold(one, holder):
            answers.add(UNKNOWN)
    return YES if YES in answers else UNKNOWN if UNKNOWN in answers else NO


def _in_group(one: _Account, group: str, seen: Observation, of_all: Iterable[str]) -> str:
    """Return whether an account is in a group of the machine."""
    told = part(seen, "groups")
    if group not in told:
        return UNKNOWN
    own = {one.sid, *of_all, *((LOCAL,) if one.local else ())}
    present = members(told[group], f"the group {group}")
    if any(member["sid"] in own for member in present):
        return YES
    return (
        UNKNOWN
        if any(lowered(member["class"]) != "user" and _may_hold(one, member["sid"]) for member in present)
        else NO
    )


def _may_hold(one: _Account, sid: str) -> bool:
    """Return whether a SID may be a group that an account is in, as far as nobody tells."""
    owner = sids.account_of(sid)
    if one.sid is None:
        return True
    if one.bound:
        own = sids.account_of(one.sid)
        return owner is not None and own is not None and owner[0] == own[0] and sid != one.sid
    return sid != one.sid and (owner is not None or sid.startswith("S-1-12-1-"))


def _named(names: Iterable[str], seen: Observation) -> frozenset[str | None]:
    """Return those that the site names: as the service manager has them, and by their SIDs."""
    resolved = part(seen, "named")
    found: set[str | None] = set()
    for name in names:
        found.add(sids.canonical(name) if sids.SID.fullmatch(name) else lowered(name))
        if resolved.get(name):
            found.add(sids.canonical(resolved[name]))
    return frozenset(found)
