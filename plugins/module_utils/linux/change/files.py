# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as they are changed: their state, an atomic write, an exact restore.

A state is a JSON document: ``{kind: absent}``, ``{kind: file, sha256, mode, uid, gid, xattrs, mtime_ns}``,
``{kind: link, target}``, ``{kind: directory, mode, uid, gid, xattrs}`` or ``{kind: other}``. Of a file whose content is
not changed, such as a log that goes on growing, ``sha256`` and ``mtime_ns`` are left out: its content is not compared.
Access control lists are extended attributes, so they are kept with the others. ``names``: of a file that has several.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, Optional

State = Dict[str, Any]
ABSENT: State = {"kind": "absent"}
MAX_BYTES = 16 * 1024 * 1024
# Of a file's state these say whether somebody changed it; its time of change does not.
COMPARED = ("kind", "sha256", "target", "mode", "uid", "gid", "xattrs")
_UNKEPT = (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EACCES)


# Without O_NONBLOCK a FIFO that was put in place of a file would hang us.
_LOOK = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
# How often a file is looked at that is replaced while it is looked at.
_LOOKS = 3
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}


class ChangeError(Exception):
    """A change could not be made. The text says why and what to do."""


class ChangedMeanwhile(ChangeError):
    """Somebody changed a file between our look at it and our change, which was not made."""

    def __init__(self, path: str) -> None:
        super().__init__(
            "%s was changed by another program at this very moment, so it was left as that made it; see which program "
            "that is, then run this again" % path
        )


def state(path: str, save: Optional[Callable[[bytes], str]] = None, contents: bool = True) -> State:
    """Return the state of a real path, links not followed. ``save`` keeps a file's content and returns its digest.

    ``contents`` false: that of a file is not looked at, whatever its size. To change what was looked at, use `places.held`.
    """
    for _again in range(_LOOKS - 1):
        try:
            return _state_now(path, save, contents)
        except ChangedMeanwhile:
            continue
    return _state_now(path, save, contents)


def _state_now(path: str, save: Optional[Callable[[bytes], str]], contents: bool) -> State:
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return dict(ABSENT)
    return state_of(path, None, path, status, save, contents)


def state_of(
    name: str,
    folder: Optional[int],
    path: str,
    status: os.stat_result,
    save: Optional[Callable[[bytes], str]],
    contents: bool,
) -> State:
    """Return the state of ``name`` in an open folder, of which ``status`` is known; ``path``: what it is called.

    Raises `ChangedMeanwhile` where it is another file by now.
    """
    if stat.S_ISLNK(status.st_mode):
        target = os.readlink(name, dir_fd=folder)
        return {"kind": "link", "target": target, "uid": status.st_uid, "gid": status.st_gid}
    if not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
        return {"kind": "other"}
    with opened(name, folder, path, status) as handle:
        owned = {
            "mode": stat.S_IMODE(status.st_mode),
            "uid": status.st_uid,
            "gid": status.st_gid,
            "xattrs": _xattrs(handle),
        }
        if stat.S_ISDIR(status.st_mode):
            return {"kind": "directory", **owned}
        if status.st_nlink > 1:
            owned["names"] = status.st_nlink
        if not contents:
            return {"kind": "file", **owned}
        content = content_of(handle, path)
    digest = save(content) if save else hashlib.sha256(content).hexdigest()
    return {"kind": "file", "sha256": digest, "mtime_ns": status.st_mtime_ns, **owned}


@contextmanager
def opened(
    name: str, folder: Optional[int], path: str, status: os.stat_result, access: int = os.O_RDONLY
) -> Iterator[int]:
    """Open the very file or folder that ``status`` is of. Raises `ChangedMeanwhile` where it is another one."""
    try:
        handle = os.open(name, _LOOK | access, dir_fd=folder)
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENOENT, errno.ENXIO):
            raise ChangedMeanwhile(path) from None
        raise
    try:
        if not is_same_file(os.fstat(handle), status):
            raise ChangedMeanwhile(path)
        yield handle
    finally:
        os.close(handle)


def is_same_file(one: os.stat_result, other: os.stat_result) -> bool:
    """Return whether two looks were at the same file, of the same type."""
    return os.path.samestat(one, other) and stat.S_IFMT(one.st_mode) == stat.S_IFMT(other.st_mode)


def content_of(handle: int, path: str) -> bytes:
    """Return what an open file holds. Raises `ChangeError` where it is too large."""
    if os.fstat(handle).st_size > MAX_BYTES:
        raise ChangeError("%s is larger than %d bytes and is not changed" % (path, MAX_BYTES))
    os.lseek(handle, 0, os.SEEK_SET)
    with os.fdopen(os.dup(handle), "rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ChangeError("%s is larger than %d bytes and is not changed" % (path, MAX_BYTES))
    return content


def seen(status: Optional[os.stat_result]) -> State:
    """Return what a plan remembers of a file that it read, to be held against a later look with `unchanged`."""
    if status is None:
        return dict(ABSENT)
    return {
        "kind": _KINDS.get(stat.S_IFMT(status.st_mode), "other"),
        "mode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "file": [status.st_dev, status.st_ino],
        "names": status.st_nlink if stat.S_ISREG(status.st_mode) else 1,
    }


def unchanged(then: State, now: State) -> bool:
    """Return whether a file is as it was `seen`. One whose content was read may be another file with the same content."""
    keys = ["kind", "mode", "uid", "gid", "names", "sha256" if "sha256" in then else "file"]
    return all(then.get(key) == now.get(key) for key in keys)


def same(one: State, other: State) -> bool:
    """Return whether two states are equal in all that somebody could have changed."""
    content_known = "sha256" in one and "sha256" in other
    return all(one.get(key) == other.get(key) for key in COMPARED if key != "sha256" or content_known)


def has_content(wanted: State) -> bool:
    """Return whether a state says what a file holds."""
    return "sha256" in wanted


def _xattrs(handle: int) -> Dict[str, str]:
    try:
        return {name: base64.b64encode(os.getxattr(handle, name)).decode() for name in sorted(os.listxattr(handle))}
    except OSError as problem:
        if problem.errno in _UNKEPT:
            return {}
        raise


def apply_attributes(handle: int, wanted: State) -> None:
    """Give an open file or folder the mode, owner and extended attributes of a state. Raises `OSError`."""
    os.fchown(handle, wanted["uid"], wanted["gid"])
    os.fchmod(handle, wanted["mode"])
    xattrs = wanted.get("xattrs", {})
    for name in set(_xattrs(handle)) - set(xattrs):
        os.removexattr(handle, name)
    for name, value in xattrs.items():
        os.setxattr(handle, name, base64.b64decode(value))
    # An access control list changes the mode's group bits, so the mode is set again.
    os.fchmod(handle, wanted["mode"])


def temporary_name(path: str, token: str) -> str:
    """Return where a file is written before it takes its place. A program that reads ``*.conf`` does not see it."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".%s.%s.hipaa-cis" % (name[:150], token))


def sync_folder(folder: str) -> None:
    """Make the names in a folder last through a power failure."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_quietly(path: str, folder: Optional[int] = None) -> None:
    """Remove a file that may be gone already."""
    try:
        os.unlink(path, dir_fd=folder)
    except OSError:
        pass


def size(path: str) -> int:
    """Return how many bytes of a real path are kept before it is changed; 0 where that is not known."""
    try:
        return min(os.path.getsize(path), MAX_BYTES)
    except OSError:
        return 0


def explain(path: str, problem: OSError) -> str:
    """Return why a file could not be changed, in words for the operator."""
    reasons = {
        errno.EROFS: "its file system is mounted read-only; remount it read-write, then run this again",
        errno.ENOSPC: "its file system is full; free some space, then run this again",
        errno.EDQUOT: "the quota of its file system is used up; free some space, then run this again",
        errno.EBUSY: "another file system is mounted over it (a bind mount); change it where it comes from",
        errno.EACCES: "permission denied; run with become as root",
        errno.ELOOP: "a symbolic link on the way to it may have been made by somebody else than root, so it was left alone",
    }
    if problem.errno in (errno.EPERM, errno.EACCES) and is_immutable(path):
        return "%s: it is marked immutable; see lsattr, and chattr -i where it may be changed" % path
    return "%s: %s" % (path, reasons.get(problem.errno or 0, os.strerror(problem.errno or 0)))


def is_immutable(path: str) -> bool:
    """Return whether a file, or the folder it is in, has the flag that chattr +i or +a sets (linux/fs.h)."""
    import fcntl
    import struct

    get_flags, immutable, append_only = 0x80086601, 0x10, 0x20
    for place in (path, os.path.dirname(path)):
        try:
            handle = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            flags = struct.unpack("l", fcntl.ioctl(handle, get_flags, b"\0" * struct.calcsize("l")))[0]
        except OSError:
            continue
        finally:
            os.close(handle)
        if flags & (immutable | append_only):
            return True
    return False
