# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `su_access`: who may use su(1), by pam_wheel(8) in the stacks of PAM that su and `su -` run."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    absent,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import Group
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_groups, all_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import run
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import Module, has_service, stack

PATH = "/etc/pam.d/su"
SERVICES = ("su", "su-l")
# Of these, each turns the group's right into something else, or asks the wrong account (pam_wheel(8)).
SPOILING = frozenset({"deny", "trust", "root_only"})


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{group, exists, members, bypasses}`; absent where there is no su in PAM.

    `group`: the one su is limited to, "" where it is not, in one of the two stacks. `members`: its users, also by
    primary group. `bypasses`: the places before it that may let in without it, or its own where its refusal does not
    count; only root's own passage (pam_rootok) is meant to.
    """
    if not has_service(host, "su"):
        return [absent(PATH)] * len(addresses)
    found = [_seen(host, service) for service in SERVICES if has_service(host, service)]
    lacking = next((seen for seen in found if not seen[0]["group"]), None)
    if lacking is not None:
        return [value(*lacking)] * len(addresses)
    (first, place), others = found[0], [seen for seen, _place in found[1:]]
    seen = {
        "group": first["group"],
        "exists": all(one["exists"] for one in (first, *others)),
        "members": sorted({*first["members"], *(name for one in others for name in one["members"])})[:200],
        "bypasses": sorted({*first["bypasses"], *(name for one in others for name in one["bypasses"])})[:20],
    }
    return [value(seen, place)] * len(addresses)


def limiting_group(module: Module) -> str:
    """Return the group to whose members a line of pam_wheel limits su, or nothing."""
    words = module.arguments
    if module.name != "pam_wheel.so" or "use_uid" not in words or SPOILING.intersection(words):
        return ""
    return ([word[6:] for word in words if word.startswith("group=")] or [""])[-1]


def _seen(host: Host, service: str) -> Tuple[Dict[str, Any], str]:
    modules = stack(host, service, "auth")
    at = next((number for number, module in enumerate(modules) if limiting_group(module)), None)
    # One whose refusal changes nothing limits nobody.
    if at is None or modules[at].action("perm_denied") not in ("bad", "die"):
        return {"group": "", "exists": False, "members": [], "bypasses": []}, PATH[:-2] + service
    name = limiting_group(modules[at])
    found = group_of(host, name)
    bypasses = []
    if any(good for good, _called in run(host, service, "auth", modules, {"pam_wheel.so": ("perm_denied",)}, ())):
        bypasses = [module.place for module in modules[:at] if module.name != "pam_rootok.so" and _ends(module)]
        bypasses = bypasses or [modules[at].place]
    seen = {"group": name, "exists": found is not None, "members": members_of(host, found), "bypasses": bypasses[:20]}
    return seen, modules[at].place


def _ends(module: Module) -> bool:
    """Return whether its success may end the stack or jump over modules."""
    action = module.action("success") if module.actions else "ignore"
    return action == "done" or isinstance(action, int)


def group_of(host: Host, name: str) -> Optional[Group]:
    """Return a group, of the first source on this host that has it."""
    return next((group for group in all_groups(host) if group.name == name), None)


def members_of(host: Host, group: Optional[Group]) -> List[str]:
    """Return the members of a group in every source, also by primary group; the first 200."""
    if group is None:
        return []
    # pam_wheel asks for all groups of the user and compares numbers, so a second entry adds its own members.
    listed = [name for one in all_groups(host) if one.gid == group.gid for name in one.members]
    first = [user.name for user in all_users(host) if user.gid == group.gid]
    return sorted({*listed, *first})[:200]
