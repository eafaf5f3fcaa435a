# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Home directories and hidden files of the accounts that people log in with."""

from __future__ import annotations

import os
import stat
import time
from typing import Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.bounded_list import BoundedList
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import User, login_shells, users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.folder import entries

MAX_PATHS = 200
HISTORIES = frozenset({".bash_history", ".ash_history", ".zsh_history", ".python_history", ".mysql_history"})
# What is found in homes: fact -> what it lists.
FACTS = ("dot_files_not_owned", "dot_files_too_open", "dot_forward", "dot_netrc_too_open", "dot_rhosts")
FORBIDDEN = {".forward": "dot_forward", ".rhosts": "dot_rhosts"}


def interactive(host: Host) -> List[User]:
    """Return the accounts with a login shell."""
    valid = login_shells(host)
    return [user for user in users(host) if (user.shell or "/bin/sh") in valid]


def missing(host: Host) -> List[str]:
    """Return the accounts whose home does not exist or is no directory."""
    return [user.name for user in interactive(host) if not _is_directory(host, user)]


def _is_directory(host: Host, user: User) -> bool:
    try:
        return stat.S_ISDIR(host.stat(_home(user)).st_mode)
    except NotFound:
        return False


def _home(user: User) -> str:
    # An empty field is the root directory (passwd(5)).
    return user.home or "/"


def _real_home(host: Host, user: User) -> str:
    """Return where a home that is a link, or lies below one, really is: walks follow no link."""
    path = host.path(_home(user))
    return os.path.realpath(path) if host.root == "/" else path


def not_owned(host: Host) -> List[str]:
    """Return the accounts whose home belongs to someone else."""
    present = [user for user in interactive(host) if _is_directory(host, user)]
    return [user.name for user in present if host.stat(_home(user)).st_uid != user.uid]


def too_open(host: Host) -> List[str]:
    """Return the accounts whose home allows more than 0750."""
    present = [user for user in interactive(host) if _is_directory(host, user)]
    return [user.name for user in present if stat.S_IMODE(host.stat(_home(user)).st_mode) & 0o027]


def hidden_files(host: Host) -> Dict[str, BoundedList]:
    """Return what stands out among the hidden files at any depth of the homes, by fact; found by one walk."""
    found: Dict[str, BoundedList] = host.shared("hidden files", lambda: _walk_homes(host))
    return found


def _walk_homes(host: Host) -> Dict[str, BoundedList]:
    deadline = time.monotonic() + float(host.options.get("scan_max_seconds", 1800))
    prefix = host.root.rstrip("/")
    owners: Dict[str, List[User]] = {}
    for user in interactive(host):
        if _is_directory(host, user):
            owners.setdefault(_real_home(host, user), []).append(user)
    found = {fact: BoundedList(MAX_PATHS) for fact in FACTS}
    for home, shared_by in owners.items():
        for path, status in _hidden_below(home, deadline):
            facts = {fact for user in shared_by for fact in _facts_of(path, status, user)}
            for fact in sorted(facts):
                found[fact].add(path[len(prefix) :])
    return found


def _hidden_below(home: str, deadline: float) -> Iterator[Tuple[str, os.stat_result]]:
    """Yield what has a name that begins with a dot and is no directory, on the file system of the home."""
    device = os.stat(home).st_dev
    folders = [home.rstrip("/")]
    while folders:
        if time.monotonic() > deadline:
            raise ReadError("the walk of the home directories was not done in time; raise hipaa_cis_scan_max_seconds")
        folder = folders.pop()
        for entry in entries(folder or "/"):
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and entry.name[0] != ".":
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            path = folder + "/" + entry.name
            if not is_folder:
                yield path, status
            elif status.st_dev == device:
                folders.append(path)


def _facts_of(path: str, status: os.stat_result, user: User) -> Sequence[str]:
    """Return the facts that list a hidden file of this user. Limits as in the benchmark: 0644, histories 0600."""
    name = path.rsplit("/", 1)[1]
    regular = stat.S_ISREG(status.st_mode)
    mode = stat.S_IMODE(status.st_mode)
    facts = [FORBIDDEN[name]] if name in FORBIDDEN else []
    if name == ".netrc":
        target = _followed(path, status)
        if stat.S_IMODE(target.st_mode) & 0o177:
            facts.append("dot_netrc_too_open")
    if regular and mode & ~(0o600 if name in HISTORIES else 0o644):
        facts.append("dot_files_too_open")
    if regular and (status.st_uid != user.uid or status.st_gid != user.gid):
        facts.append("dot_files_not_owned")
    return facts


def _followed(path: str, status: os.stat_result) -> os.stat_result:
    """Return the status of what a link leads to; of the link itself, which is open to all, where that can't be told."""
    try:
        return os.stat(path)
    except OSError:
        return status
