# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `su_access`: who may use su(1), by the line of pam_wheel(8) in the PAM configuration of su."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import Group, groups, users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import Module, auth_stack

PATH = "/etc/pam.d/su"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{group, exists, members, bypasses}`; absent where there is no su in PAM.

    `group`: the one su is limited to, "" where it is not. `members`: its users, also by primary group. `bypasses`:
    the places before it that let in without it; only root's own passage (pam_rootok) is meant to.
    """
    try:
        stack = list(auth_stack(host, PATH))
    except NotFound as problem:
        if host.exists(PATH):
            raise ReadError("%s includes a file that is missing: %s" % (PATH, problem)) from None
        return [absent(PATH)] * len(addresses)
    return [value(*_seen(host, stack))] * len(addresses)


def _seen(host: Host, stack: Sequence[Module]) -> Any:
    index = next((number for number, module in enumerate(stack) if module.group()), None)
    if index is None:
        return {"group": "", "exists": False, "members": [], "bypasses": []}, PATH
    name = stack[index].group()
    found = group_of(host, name)
    bypasses = [
        module.place
        for number, module in enumerate(stack[:index])
        if module.name != "pam_rootok.so" and module.passes_over(index - number)
    ]
    seen = {"group": name, "exists": found is not None, "members": members_of(host, found), "bypasses": bypasses[:20]}
    return seen, stack[index].place


def group_of(host: Host, name: str) -> Optional[Group]:
    """Return a local group."""
    return next((group for group in groups(host) if group.name == name), None)


def members_of(host: Host, group: Optional[Group]) -> List[str]:
    """Return the members of a group, also by primary group; the first 200."""
    if group is None:
        return []
    first = [user.name for user in users(host) if user.gid == group.gid]
    return sorted({*group.members, *first})[:200]
