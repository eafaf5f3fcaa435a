# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Home directories and hidden files of the accounts that people log in with."""

from __future__ import annotations

import os
import stat
import time
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.bounded_list import BoundedList
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, access_lists
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import shown_mounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import lists_of, mode_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import User, login_shells
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.folder import (
    MAX_SHOWN,
    Walk,
    branch,
    closed_tree,
    told,
)

MAX_PATHS = 200
MAX_LEFT_OUT = 10
HISTORIES = frozenset({".bash_history", ".ash_history", ".zsh_history", ".python_history", ".mysql_history"})
# What is found in homes: fact -> what it lists.
FACTS = (
    "dot_files_not_owned",
    "dot_files_too_open",
    "dot_folders_not_owned",
    "dot_folders_too_open",
    "dot_forward",
    "dot_netrc_too_open",
    "dot_rhosts",
)
FORBIDDEN = {".forward": "dot_forward", ".rhosts": "dot_rhosts"}


def interactive(host: Host) -> List[User]:
    """Return the accounts with a login shell."""
    valid = login_shells(host)
    return [user for user in all_users(host) if (user.shell or "/bin/sh") in valid]


class Home(NamedTuple):
    """``path``: where it really is. ``status``: None where it is not there or was not looked at, for the reason ``why_not``."""

    user: User
    path: str
    status: Optional[os.stat_result]
    why_not: str


def homes(host: Host) -> List[Home]:
    """Return the homes of the accounts with a login shell. None on a server, in a program or behind an automount is touched."""
    found: List[Home] = host.shared("homes", lambda: _homes(host))
    return found


def _homes(host: Host) -> List[Home]:
    shown_mounts(host)  # else nobody knows which homes may not answer
    found = []
    for user in interactive(host):
        # An empty field is the root directory (passwd(5)).
        path, mount = host.place(user.home or "/")
        status, why_not = (None, "on %s, %s" % (mount.path, mount.fstype)) if mount else _looked_at(host, path)
        found.append(Home(user, path, status, why_not))
    return found


def _looked_at(host: Host, path: str) -> Tuple[Optional[os.stat_result], str]:
    try:
        return host.stat(path), ""
    except NotFound:
        return None, ""
    except ReadError as problem:
        # Root can look at every home but one that its owner has just covered; it spoils no other.
        if not host.privileged:
            raise
        return None, str(problem)


def _present(host: Host) -> List[Tuple[Home, os.stat_result]]:
    return [
        (home, home.status) for home in homes(host) if home.status is not None and stat.S_ISDIR(home.status.st_mode)
    ]


def left_out(host: Host) -> str:
    """Return which homes were not looked at, for a sentence; nothing where all were."""
    elsewhere = [home for home in homes(host) if home.why_not]
    if not elsewhere:
        return ""
    shown = BoundedList(MAX_LEFT_OUT)
    for home in elsewhere:
        shown.add("%s (%s, %s)" % (home.user.name, home.path[:MAX_SHOWN], home.why_not[:MAX_SHOWN]))
    return "%d homes that may not answer: %s" % (len(elsewhere), ", ".join(shown.items))


def not_walked(host: Host) -> str:
    """Return what a source says of what the walk of the homes could not look at."""
    return told(_hidden(host)[1])


def missing(host: Host) -> List[str]:
    """Return the accounts whose home does not exist or is no directory."""
    present = {home.user.name for home, _info in _present(host)}
    return [home.user.name for home in homes(host) if not home.why_not and home.user.name not in present]


def not_owned(host: Host) -> List[str]:
    """Return the accounts whose home belongs to someone else."""
    return [home.user.name for home, status in _present(host) if status.st_uid != home.user.uid]


def too_open(host: Host) -> List[str]:
    """Return the accounts whose home allows more than 0750, by its mode or to whom its access control lists name."""
    return [
        home.user.name for home, status in _present(host) if mode_of(status, lists_of(host, home.path, status)) & 0o027
    ]


def hidden_files(host: Host) -> Dict[str, BoundedList]:
    """Return what stands out among the hidden files at any depth of the homes, by fact; found by one walk."""
    return _hidden(host)[0]


def _hidden(host: Host) -> Tuple[Dict[str, BoundedList], BoundedList]:
    found: Tuple[Dict[str, BoundedList], BoundedList] = host.shared("hidden files", lambda: _walk_homes(host))
    return found


def _walk_homes(host: Host) -> Tuple[Dict[str, BoundedList], BoundedList]:
    deadline = time.monotonic() + float(host.options.get("scan_max_seconds", 1800))
    prefix = host.root.rstrip("/")
    owners: Dict[str, List[User]] = {}
    for home, _status in _present(host):
        owners.setdefault(home.path, []).append(home.user)
    found = {fact: BoundedList(MAX_PATHS) for fact in FACTS}
    missed = BoundedList(MAX_LEFT_OUT)
    closed = closed_tree(mount.path for mount in shown_mounts(host))
    for home_path, shared_by in owners.items():
        walk = Walk(prefix + home_path.rstrip("/"), branch(closed, home_path), missed, prefix)
        for name, status in _hidden_below(walk, deadline):
            path = walk.path(name)[len(prefix) :]
            mode = _mode(host, walk.place(name), path, status)
            facts = {fact for user in shared_by for fact in _facts_of(path, status, mode, user)}
            for fact in sorted(facts):
                found[fact].add(path)
    if missed.count and not host.privileged:
        raise ReadError("%s cannot be looked at; run the audit with become" % ", ".join(missed.items))
    return found, missed


def _hidden_below(walk: Walk, deadline: float) -> Iterator[Tuple[str, os.stat_result]]:
    """Yield the names that begin with a dot, on the file system of the home."""
    device = None
    for found, closed in walk.folders(must=False):
        if time.monotonic() > deadline:
            raise ReadError("the walk of the home directories was not done in time; raise hipaa_cis_scan_max_seconds")
        device = walk.device() if device is None else device
        try:
            for entry in found:
                if closed and entry.name in closed:
                    continue
                # Here and not in a function: most entries of a home are plain files, and this runs for each.
                if entry.name[0] != "." and not entry.is_dir(follow_symlinks=False):
                    continue
                status = _status(walk, entry, device)
                if status is None:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    walk.enter(entry.name)
                if entry.name[0] == ".":
                    yield entry.name, status
        except OSError as problem:
            walk.miss("", problem)


def _status(walk: Walk, entry: os.DirEntry[str], device: int) -> Optional[os.stat_result]:
    """Return what an entry is; None for a folder of another file system, and where that cannot be told."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as problem:
        walk.miss(entry.name, problem)
        return None
    return status if status.st_dev == device or not stat.S_ISDIR(status.st_mode) else None


def _facts_of(path: str, status: os.stat_result, mode: int, user: User) -> Sequence[str]:
    """Return the facts that list a hidden file of this user. Limits as in the benchmark: 0644, histories 0600, folders 0750."""
    name = path.rsplit("/", 1)[1]
    foreign = status.st_uid != user.uid or status.st_gid != user.gid
    if stat.S_ISDIR(status.st_mode):
        return ["dot_folders_not_owned"] * foreign + ["dot_folders_too_open"] * bool(mode & 0o027)
    regular = stat.S_ISREG(status.st_mode)
    facts = [FORBIDDEN[name]] if name in FORBIDDEN else []
    if name == ".netrc" and mode & 0o177:
        facts.append("dot_netrc_too_open")
    if regular and mode & ~(0o600 if name in HISTORIES else 0o644):
        facts.append("dot_files_too_open")
    if regular and foreign:
        facts.append("dot_files_not_owned")
    return facts


def _mode(host: Host, place: str, path: str, status: os.stat_result) -> int:
    """Return what a file allows, or what a link leads to; all that a link allows where that can't be told."""
    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
        try:
            return mode_of(status, lists_of(host, path, status, access_lists(place, path, follow=False)))
        except NotFound:
            return stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode) and path.endswith("/.netrc"):
        try:
            target = host.stat(path)
            return mode_of(target, lists_of(host, path, target))
        except ReadError:
            pass
    return stat.S_IMODE(status.st_mode)
