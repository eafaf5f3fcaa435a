# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `accounts`: facts of the accounts of all sources on this host, most of them lists of the names that stand out."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.bounded_list import BoundedList
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import home_directories, root_environment
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import (
    EMPTY,
    Password,
    login_shells,
    settings_number,
    shells,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import (
    all_groups,
    all_passwords,
    all_users,
    places,
)

MAX_NAMES = 200
# Accounts of the system that are known to have an odd shell or group for a reason.
SPECIAL = frozenset({"root", "halt", "sync", "shutdown", "nfsnobody"})
OF_HOMES = ("home", "dot")
REMEDY = "audit these where they are kept, or document an exception"
GROUP_ZERO = frozenset({"sync", "shutdown", "halt", "operator"})


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return a list of names per fact; documents where docs/kinds.md says so."""

    def one(address: Address) -> Observation:
        fact = required(address, "fact")
        if fact not in FACTS:
            raise UsageError("unknown fact %r; known: %s" % (fact, ", ".join(sorted(FACTS))))
        if fact.startswith(OF_HOMES):
            return _of_homes(host, fact)
        return value(_bounded(FACTS[fact](host)), _source(host, fact))

    return read_each(addresses, one)


def _source(host: Host, fact: str) -> str:
    """Return what a fact was read from, with the other sources of accounts that have a part in it."""
    source = SOURCES.get(fact, "/etc/passwd, /etc/group")
    of = {"/etc/passwd, /etc/group": ("passwd", "group"), "/etc/shadow": ("shadow",)}.get(source, ())
    return ", ".join(dict.fromkeys([source, *(place for database in of for place in places(host, database))]))


def _of_homes(host: Host, fact: str) -> Observation:
    """Return a fact about homes. Raises `ReadError` where it lists nothing and a home was not looked at."""
    found = _bounded(FACTS[fact](host))
    missed = home_directories.left_out(host)
    if missed and not found:
        raise ReadError("nothing was found, but without %s; %s" % (missed, REMEDY))
    source = SOURCES[fact] + ("; without " + missed if missed else "")
    return value(found, source + (home_directories.not_walked(host) if fact.startswith("dot") else ""))


def _bounded(seen: Any) -> Any:
    """Return a list of names cut to what one observation holds.

    What is cut off is counted in a document at the end, so that nothing takes it for a name, and
    neither an empty list nor a list of given names equals the rest. Documents (days, algorithms) are never
    cut, for an expectation may be about each of them: too many of them are an error.
    """
    if isinstance(seen, list) and seen and isinstance(seen[0], str):
        names = BoundedList(MAX_NAMES)
        for name in seen:
            names.add(name)
        seen = names
    if not isinstance(seen, BoundedList):
        return seen
    rest = seen.count - len(seen.items)
    return [*seen.items, {"not_shown": rest}] if rest else seen.items


def _twice(items: Iterable[Any]) -> List[str]:
    return [str(item) for item, times in Counter(items).items() if times > 1]


def _with_password(host: Host) -> List[Password]:
    return [entry for entry in all_passwords(host) if entry.algorithm]


def _days(name: str) -> Callable[[Host], List[Dict[str, Any]]]:
    """Return a reader of one day count of every account that has a password."""

    def documents(host: Host) -> List[Dict[str, Any]]:
        return [{"name": entry.name, "days": getattr(entry, name)} for entry in _with_password(host)]

    return documents


def _system_accounts_with_shell(host: Host) -> List[str]:
    least = settings_number(host, "UID_MIN", 1000)
    valid = login_shells(host)
    return [
        user.name
        for user in all_users(host)
        # An empty shell is /bin/sh (passwd(5)).
        if (user.uid < least or user.uid == 65534) and user.name not in SPECIAL and (user.shell or "/bin/sh") in valid
    ]


def _unlocked_without_shell(host: Host) -> List[str]:
    valid = login_shells(host)
    # One line of a name that stands twice is enough to let somebody in.
    open_names = {entry.name for entry in all_passwords(host) if not entry.locked}
    known = {entry.name for entry in all_passwords(host)}
    without = [user for user in all_users(host) if user.name != "root" and (user.shell or "/bin/sh") not in valid]
    return [user.name for user in without if not user.shadowed or user.name in open_names or user.name not in known]


def _empty_password(host: Host) -> List[str]:
    names = [entry.name for entry in all_passwords(host) if entry.empty]
    return names + [user.name for user in all_users(host) if user.password == EMPTY]


def _shadow_members(host: Host) -> List[str]:
    shadow = [group for group in all_groups(host) if group.name == "shadow"]
    members = [member for group in shadow for member in group.members]
    numbers = {group.gid for group in shadow}
    return members + [user.name for user in all_users(host) if user.gid in numbers]


def _root_password(host: Host) -> Dict[str, bool]:
    entries = [entry for entry in all_passwords(host) if entry.name == "root"]
    return {
        "empty": "root" in _empty_password(host),
        # What is there is a hash, or a mark that no password matches.
        "usable_or_locked": bool(entries) and not any(entry.empty for entry in entries),
    }


def _changed_in_future(host: Host) -> List[str]:
    today = int(time.time() // 86400)
    return [entry.name for entry in _with_password(host) if entry.changed is not None and entry.changed > today]


def _missing_group(host: Host) -> List[str]:
    known = {group.gid for group in all_groups(host)}
    return [user.name for user in all_users(host) if user.gid not in known]


def _hidden(fact: str) -> Callable[[Host], BoundedList]:
    return lambda host: home_directories.hidden_files(host)[fact]


def _nologin_in_shells(host: Host) -> List[str]:
    try:
        return [shell for shell in shells(host) if shell.endswith("/nologin")]
    except NotFound:
        return []


FACTS: Dict[str, Callable[[Host], Any]] = {
    **{fact: _hidden(fact) for fact in home_directories.FACTS},
    "duplicate_gids": lambda host: _twice(group.gid for group in all_groups(host)),
    "duplicate_group_names": lambda host: _twice(group.name for group in all_groups(host)),
    "duplicate_uids": lambda host: _twice(user.uid for user in all_users(host)),
    "duplicate_user_names": lambda host: _twice(user.name for user in all_users(host)),
    "empty_password": _empty_password,
    "groups_gid_zero": lambda host: [group.name for group in all_groups(host) if group.gid == 0],
    "home_missing": home_directories.missing,
    "home_not_owned": home_directories.not_owned,
    "home_too_open": home_directories.too_open,
    "missing_group": _missing_group,
    "nologin_in_shells": _nologin_in_shells,
    "password_algorithms": lambda host: [
        {"name": one.name, "algorithm": one.algorithm} for one in _with_password(host)
    ],
    "password_change_in_future": _changed_in_future,
    "password_inactive": _days("inactive"),
    "password_maximum_age": _days("maximum"),
    "password_minimum_age": _days("minimum"),
    "password_warning": _days("warning"),
    "primary_gid_zero": lambda host: [
        one.name for one in all_users(host) if one.gid == 0 and one.name not in GROUP_ZERO
    ],
    "root_password": _root_password,
    "root_path_problems": root_environment.path_problems,
    "root_umask": root_environment.umasks,
    "shadow_group_members": _shadow_members,
    "system_accounts_with_shell": _system_accounts_with_shell,
    "uid_zero": lambda host: [user.name for user in all_users(host) if user.uid == 0],
    "unlocked_without_shell": _unlocked_without_shell,
    "unshadowed": lambda host: [user.name for user in all_users(host) if not user.shadowed],
}
SOURCES = {
    **dict.fromkeys([name for name in FACTS if "password" in name], "/etc/shadow"),
    **dict.fromkeys([name for name in FACTS if name.startswith(OF_HOMES)], "home directories of accounts"),
    **dict.fromkeys(["root_path_problems", "root_umask"], "start-up files of root's shell"),
    "nologin_in_shells": "/etc/shells",
}
