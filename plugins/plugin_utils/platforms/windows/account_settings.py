# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``account``: accounts of the machine and who is in its Administrators, by SIDs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import sids
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    part,
    value,
)

ADMINISTRATOR, GUEST = 500, 501
NO_ACCOUNTS = "a domain controller has no accounts of its own; those of the domain are looked at in the directory"
_PARTS = ("disabled", "locked", "password_required", "password_expires")


def account(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return what a ``query`` is about.

    ``builtin``: ``{administrator, guest}``, each ``{name, enabled}``. ``emergency``: for each of ``names`` ``{name, why}``, why it is not as it
    is meant. ``undeclared``: who is in the Administrators, or the
    ``group`` of another SID, and in none of ``names`` and ``more``. ``no_password``: enabled accounts that need none.
    """
    return value(_QUERIES[address["query"]](address, seen), seen)


def _builtin(_address: Address, seen: Observation) -> Any:
    by_number = {number: user for user in _users(seen) if (number := _number(user["sid"])) in (ADMINISTRATOR, GUEST)}
    return {
        called: {"name": by_number[number]["name"], "enabled": not by_number[number]["disabled"]}
        for called, number in (("administrator", ADMINISTRATOR), ("guest", GUEST))
        if number in by_number
    }


def _emergency(address: Address, seen: Observation) -> Any:
    users = {user["sid"]: user for user in _users(seen)}
    administrators = {member["sid"] for member in members(part(seen, "administrators"), "the Administrators")}
    found = []
    for name in address.get("names", ()):
        user = users.get(_sid_of(name, seen) or "")
        found.append({"name": name, "why": _why(user, address.get("enabled", True), administrators)})
    return found


def _why(user: Mapping[str, Any] | None, enabled: bool, administrators: set[str]) -> str:
    if user is None:
        return "no such account of this machine"
    if enabled and user["disabled"]:
        return "disabled"
    if not enabled and not user["disabled"]:
        return "enabled"
    if enabled and user["locked"]:
        return "locked"
    if not user["password_required"]:
        return "needs no password"
    return "" if user["sid"] in administrators else "not in the Administrators"


def _undeclared(address: Address, seen: Observation) -> Any:
    declared = {_sid_of(name, seen) for name in (*address.get("names", ()), *address.get("more", ()))}
    group = address.get("group")
    present = members(
        part(seen, "group" if group else "administrators"), f"the group {group}" if group else "the Administrators"
    )
    return sorted(_called(member) for member in present if member["sid"] not in declared)


def _no_password(_address: Address, seen: Observation) -> Any:
    return sorted(user["name"] for user in _users(seen) if not user["disabled"] and not user["password_required"])


_QUERIES = {
    "builtin": _builtin,
    "emergency": _emergency,
    "undeclared": _undeclared,
    "no_password": _no_password,
}


def members(told: Any, what: str) -> list[Mapping[str, Any]]:
    """Return ``{sid, class, path}`` of each member of a group. Raises `HipaaCisError` where the host could not tell them."""
    if not isinstance(told, Mapping) or "members" not in told:
        reason = told.get("error") if isinstance(told, Mapping) else None
        raise HipaaCisError(f"who is in {what} cannot be told: {str(reason or 'the host does not say')[:300]}")
    return [
        {"sid": sids.canonical(str(one["sid"])), "class": str(one["class"]), "path": str(one["path"])}
        for one in told["members"]
    ]


def _users(seen: Observation) -> list[Mapping[str, Any]]:
    """Return the accounts of the machine. Raises `HipaaCisError` on a domain controller, and where they are not whole."""
    if part(seen, "controller"):
        raise HipaaCisError(NO_ACCOUNTS)
    users = part(seen, "users")
    for user in users:
        unknown = [name for name in _PARTS if not isinstance(user[name], bool)]
        if unknown:
            raise HipaaCisError(
                f"the host does not tell of the account {str(user['name'])[:80]} whether it is {unknown[0]}"
            )
    found: list[Mapping[str, Any]] = [{**user, "sid": sids.canonical(str(user["sid"]))} for user in users]
    # Nobody can delete it, so a list without it is a part of one.
    if not any(_number(user["sid"]) == ADMINISTRATOR for user in found):
        raise HipaaCisError("the host names no built-in Administrator, so the list of its accounts is not whole")
    return found


def _sid_of(name: str, seen: Observation) -> str | None:
    r"""Return the SID of an account that the site names; None where it is none here.

    Whole SIDs, numbers of the machine or domain (`machine-500`, `domain-512`), `DOMAIN\name`, and names without one, which are the machine's own.
    """
    if sids.SID.fullmatch(name):
        return sids.canonical(name)
    if sids.ACCOUNT.fullmatch(name) and name.split("-", maxsplit=1)[0] in sids.BASES:
        return _by_number(name, seen)
    if "\\" in name:
        found = part(seen, "named").get(name)
        return sids.canonical(found) if found else None
    if part(seen, "controller"):
        return None
    same = [user["sid"] for user in _users(seen) if lowered(user["name"]) == lowered(name)]
    return same[0] if same else None


def _by_number(name: str, seen: Observation) -> str | None:
    whose = name.split("-", maxsplit=1)[0]
    if whose == "machine" and part(seen, "controller"):
        return None
    if whose == "domain" and part(seen, "joined") is False:
        return None
    bases: dict[str, str | None] = {"domain": part(seen, "domain"), "forest": None}
    if whose == "machine":
        bases["machine"] = _machine(_users(seen))
    (found,) = sids.expected((name,), bases)
    return found


def _machine(users: Iterable[Mapping[str, Any]]) -> str | None:
    for user in users:
        own = sids.account_of(user["sid"])
        if own and own[1] == ADMINISTRATOR:
            return own[0]
    return None


def _number(sid: str) -> int | None:
    own = sids.account_of(sid)
    return own[1] if own else None


def _called(member: Mapping[str, Any]) -> str:
    r"""Return who a member is: `DOMAIN\name (SID)`."""
    name = member["path"].removeprefix("WinNT://").replace("/", "\\")
    return member["sid"] if not name or name == member["sid"] else f"{name[:100]} ({member['sid']})"
