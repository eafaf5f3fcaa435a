# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses files besides their owner: what runs on the host has them open, stands in a folder or belongs to their group."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_groups, all_users

# systemd gives these numbers to services with DynamicUser=, only while they run (systemd.exec(5)).
DYNAMIC_USERS = range(61184, 65520)
# What a process keeps without opening it: the folder that it stands in, its root, its program.
HELD = ("cwd", "root", "exe")


@dataclass(frozen=True)
class Process:
    """What runs: its number, its name, as whom, in which groups, and which paths it has open or stands in."""

    number: int
    name: str
    uid: int
    gids: FrozenSet[int]
    paths: FrozenSet[str]


def processes(host: Host) -> List[Process]:
    """Return all processes that are not root's; those that end meanwhile are left out."""
    found: List[Process] = host.shared("processes of others", lambda: _processes(host))
    return found


def _processes(host: Host) -> List[Process]:
    seen = (_process(host, path) for path in host.glob("/proc/[0-9]*"))
    return [one for one in seen if one is not None and one.uid]


def _process(host: Host, folder: str) -> Optional[Process]:
    try:
        text = host.read_text(folder + "/status")
    except (NotFound, ReadError):
        return None
    fields = {name: words_of(rest) for name, _colon, rest in (line.partition(":") for line in text.split("\n"))}
    try:
        # Effective numbers decide on access; those of the file system are the same but for a few old servers.
        uid, gids = int(fields["Uid"][1]), {int(fields["Gid"][1]), *map(int, fields.get("Groups", []))}
        name = " ".join(fields["Name"])
    except (KeyError, IndexError, ValueError):
        return None
    paths = _paths(host, folder) if uid else frozenset()
    return Process(int(folder.rsplit("/", 1)[1]), printable(name), uid, frozenset(gids), paths)


def _paths(host: Host, folder: str) -> FrozenSet[str]:
    links = [folder + "/" + name for name in HELD]
    try:
        links += [folder + "/fd/" + name for name in host.list_directory(folder + "/fd")]
    except (NotFound, ReadError):
        pass
    found = set()
    for link in links:
        try:
            found.add(os.readlink(host.path(link, follow=False)))
        except OSError:
            continue
    return frozenset(path for path in found if path.startswith("/"))


def of_owner(host: Host, uid: int) -> str:
    """Return who may use files as this user number (not root's), for a sentence; nothing where nobody does."""
    for user in all_users(host):
        if user.uid == uid:
            return "the account %s" % user.name
    running = [one for one in processes(host) if one.uid == uid]
    if running:
        return "the user number %d, as which %s runs" % (uid, running[0].name)
    name = host.user_name(uid)
    if name is not None:
        return "the account %s" % printable(name)
    return "the user number %d of a service with DynamicUser=" % uid if uid in DYNAMIC_USERS else ""


def of_group(host: Host, gid: int, uid: int) -> str:
    """Return who besides the owner (``uid``) and root uses files by this group, for a sentence; nothing where nobody does."""
    names: Dict[str, None] = {}
    known = {user.name: user.uid for user in all_users(host)}
    for group in all_groups(host):
        if group.gid == gid:
            names.update({name: None for name in group.members if known.get(name) not in (0, uid)})
    names.update({user.name: None for user in all_users(host) if user.gid == gid and user.uid not in (0, uid)})
    if names:
        return ", ".join(list(names)[:8])
    running = [one for one in processes(host) if gid in one.gids and one.uid != uid]
    return running[0].name if running else ""


def by_others(host: Host, path: str, uid: int, gid: int) -> str:
    """Return what runs as somebody else and not in the group, and has a file open; nothing where nothing does."""
    found = [one for one in processes(host) if path in one.paths and one.uid != uid and gid not in one.gids]
    return _named(host, found)


def below(host: Host, folder: str, uid: int) -> str:
    """Return what runs as somebody else than ``uid`` and uses something at or below a folder; nothing where nothing does."""
    top = host.place(folder)[0]
    inside = top.rstrip("/") + "/"
    found = [
        one
        for one in processes(host)
        if one.uid != uid and any(path == top or path.startswith(inside) for path in one.paths)
    ]
    return _named(host, found)


def _named(host: Host, found: Sequence[Process]) -> str:
    if not found:
        return ""
    first = found[0]
    return "%s (process %d of %s)" % (first.name, first.number, host.user_name(first.uid) or first.uid)
