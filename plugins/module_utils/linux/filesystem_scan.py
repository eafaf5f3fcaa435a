# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `filesystem_scan`: one walk over the local file systems that answers all its questions."""

from __future__ import annotations

import os
import stat
import time
from typing import Any, Dict, Iterator, List, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import MountTable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)

QUESTIONS = ("world_writable_files", "world_writable_directories", "unowned", "ungrouped", "suid", "sgid")
# Nothing else is entered: network file systems may hang, pseudo file systems hold no files of their own.
LOCAL_TYPES = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs"}
) | frozenset({"vfat", "exfat", "ntfs", "ntfs3", "iso9660", "udf", "overlay", "tmpfs", "ramfs"})
# The kernel's and the system's own places, whose files come and go with processes.
PSEUDO_PATHS = ("/proc", "/sys", "/dev", "/run")


class Tally:
    """What was found for one question: a count and the first paths."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self.paths: List[str] = []
        self._most = most

    def add(self, path: str) -> None:
        self.count += 1
        if len(self.paths) < self._most:
            self.paths.append(printable(path))

    def as_dict(self) -> Dict[str, Any]:
        return {"count": self.count, "paths": self.paths, "truncated": self.count > len(self.paths)}


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{count, paths, truncated}` per question."""
    host.need_root("The whole file system")
    tallies, places = _walk(host)

    def one(address: Address) -> Observation:
        question = required(address, "find")
        if question not in QUESTIONS:
            raise UsageError("unknown question %r; known: %s" % (question, ", ".join(QUESTIONS)))
        return value(tallies[question].as_dict(), "walk of %s" % ", ".join(places[:10]))

    return read_each(addresses, one)


def _walk(host: Host) -> Tuple[Dict[str, Tally], List[str]]:
    most = int(host.options.get("scan_max_findings", 1000))
    deadline = time.monotonic() + float(host.options.get("scan_max_seconds", 1800))
    excluded = {path.rstrip("/") for path in host.options.get("scan_exclude", ())}
    tallies = {question: Tally(most) for question in QUESTIONS}
    places, closed = _places(host)
    skipped = {host.path(path) for path in excluded | closed}
    seen: Set[int] = set()
    for place in places:
        real = host.path(place)
        if real in skipped:
            continue
        try:
            device = os.lstat(real).st_dev
        except FileNotFoundError:
            continue  # unmounted since the table was read
        if device not in seen:
            seen.add(device)
            _walk_device(host, real, device, skipped, tallies, deadline)
    return tallies, places


def _places(host: Host) -> Tuple[List[str], Set[str]]:
    """Return the mount points to walk, and those never to touch."""
    if host.root != "/":
        return ["/"], set()
    local, closed = [], set(PSEUDO_PATHS)
    for mount in MountTable(host).shown():
        if mount.fstype in LOCAL_TYPES and not mount.path.startswith(tuple(path + "/" for path in PSEUDO_PATHS)):
            local.append(mount.path)
        else:
            closed.add(mount.path)
    return sorted(set(local) - closed), closed


def _walk_device(
    host: Host, top: str, device: int, skipped: Set[str], tallies: Dict[str, Tally], deadline: float
) -> None:
    uids: Dict[int, bool] = {}
    gids: Dict[int, bool] = {}
    cut = 0 if host.root == "/" else len(host.root.rstrip("/"))
    writable_file, writable_folder = tallies["world_writable_files"].add, tallies["world_writable_directories"].add
    unowned, ungrouped = tallies["unowned"].add, tallies["ungrouped"].add
    suid, sgid = tallies["suid"].add, tallies["sgid"].add
    folders = [top]
    while folders:
        if time.monotonic() > deadline:
            raise ReadError(
                "the walk of the file systems was not done in time; raise hipaa_cis_scan_max_seconds or exclude folders"
            )
        for entry in _entries(folders.pop()):
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            mode = status.st_mode
            path = entry.path
            if mode & 0o170000 == 0o040000:
                if path in skipped or status.st_dev != device:
                    continue
                folders.append(path)
                if mode & 0o1002 == 0o002:
                    writable_folder(path[cut:])
            elif mode & 0o6002:
                if mode & 0o002 and stat.S_ISREG(mode):
                    writable_file(path[cut:])
                if mode & 0o4000 and stat.S_ISREG(mode):
                    suid(path[cut:])
                if mode & 0o2000 and stat.S_ISREG(mode):
                    sgid(path[cut:])
            uid, gid = status.st_uid, status.st_gid
            if uid not in uids:
                uids[uid] = host.user_name(uid) is not None
            if gid not in gids:
                gids[gid] = host.group_name(gid) is not None
            if not uids[uid]:
                unowned(path[cut:])
            if not gids[gid]:
                ungrouped(path[cut:])


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as problem:
        raise ReadError("%s cannot be walked: %s" % (printable(folder), os.strerror(problem.errno or 0))) from None
