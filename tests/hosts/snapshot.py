"""A fingerprint of a whole tree, to prove that something did not write to it.

What is compared: path, type, mode, owner, group, size, modification time, extended attributes, the number of hard
links of a file, and the SHA-256 of the contents (of the target, for a link). Access times are left out: reading changes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

# Not on the disk of a booted host: another filesystem is mounted over each.
PSEUDO = ("proc", "sys", "run", "dev", "tmp")
# Where a system that runs is written to; the rest belongs to its packages.
VARYING = ("boot", "etc", "home", "opt", "root", "srv", "var")

# What logging in over SSH leaves behind by itself, whatever is then run, and the jobs of the hour that the host runs itself.
LOGIN_TRACES = (
    "/var/log", "/var/log/auth.log", "/var/log/syslog", "/var/log/user.log", "/var/log/cron.log", "/var/log/btmp", "/var/log/wtmp",
    "/var/log/lastlog", "/var/log/journal", "/var/log/journal/*", "/var/lib/wtmpdb", "/var/lib/wtmpdb/*",
    "/var/lib/lastlog", "/var/lib/lastlog/*", "/var/lib/sudo", "/var/lib/sudo/*",
)  # fmt: skip

# A file changed this recently (seconds) may change again within the clock's step, so its digest is not kept.
RECENT = 0.2

_TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}

_Identity = tuple[int, int, int, int, int]
_digests: dict[_Identity, str] = {}


class Entry(NamedTuple):
    """What is known of one path."""

    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    device: int
    attributes: tuple[tuple[str, bytes], ...]
    digest: str
    links: int


@dataclass(frozen=True)
class Change:
    """A path that differs: `added`, `removed`, or the names of the fields that changed."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


@dataclass(frozen=True)
class Snapshot:
    """Every path of a tree, from its root."""

    entries: Mapping[str, Entry]

    def changes(self, later: Snapshot, *, ignore: Iterable[str] = ()) -> list[Change]:
        """What is different in `later`, without the paths that match a pattern of `ignore`."""
        patterns = tuple(ignore)
        found = []
        for path in sorted(self.entries.keys() | later.entries.keys()):
            before, after = self.entries.get(path), later.entries.get(path)
            if before != after and not any(fnmatchcase(path, pattern) for pattern in patterns):
                found.append(Change(path, _difference(before, after)))
        return found


def _difference(before: Entry | None, after: Entry | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return ", ".join(name for name, old, new in zip(Entry._fields, before, after, strict=True) if old != new)


def take(root: str | os.PathLike[str], only: Iterable[str] = ()) -> Snapshot:
    """Fingerprint the tree below `root`; of the topmost directories only some are entered where they are named.

    Digests are kept in this process for files whose inode, size and both times stay the same; the inode's
    change time cannot be set back, so that saves reading without missing a write.
    """
    top = os.fspath(root).rstrip("/")
    wanted = frozenset(only)
    entries: dict[str, Entry] = {}
    pending = [top or "/"]
    while pending:
        directory = pending.pop()
        with os.scandir(directory) as listing:
            for item in listing:
                path = item.path[len(top) :]
                entries[path] = entry = _entry(item.path)
                if entry.kind != "directory":
                    continue
                if path.count("/") > 1 or (item.name not in PSEUDO and (not wanted or item.name in wanted)):
                    pending.append(item.path)
    return Snapshot(entries)


def as_json(taken: Snapshot) -> str:
    """For another process: what a snapshot holds, attributes as hexadecimal digits."""
    found: dict[str, list[Any]] = {path: list(entry) for path, entry in taken.entries.items()}
    for fields in found.values():
        fields[7] = [(name, content.hex()) for name, content in fields[7]]
    return json.dumps(found)


def from_json(text: str) -> Snapshot:
    """The snapshot that `as_json` wrote."""
    entries = {}
    for path, fields in json.loads(text).items():
        fields[7] = tuple((name, bytes.fromhex(content)) for name, content in fields[7])
        entries[path] = Entry(*fields)
    return Snapshot(entries)


def _entry(path: str) -> Entry:
    status = os.lstat(path)
    kind = _TYPES[stat.S_IFMT(status.st_mode)]
    # The size of a directory is the filesystem's affair.
    size = 0 if kind == "directory" else status.st_size
    names = os.listxattr(path, follow_symlinks=False)
    attributes = tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in sorted(names))
    return Entry(
        kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, size, status.st_mtime_ns,
        status.st_rdev, attributes, _digest(path, kind, status),
        # Of a directory it counts what is in it, or nothing, by the filesystem.
        0 if kind == "directory" else status.st_nlink,
    )  # fmt: skip


def _digest(path: str, kind: str, status: os.stat_result) -> str:
    if kind == "link":
        return hashlib.sha256(os.fsencode(os.readlink(path))).hexdigest()
    if kind != "file":
        return ""
    identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    known = _digests.get(identity)
    if known is None:
        known = _read(path)
        if time.time() - status.st_ctime > RECENT:
            _digests[identity] = known
    return known


def _read(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
