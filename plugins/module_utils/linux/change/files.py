# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as they are changed: their state, an atomic write, an exact restore.

A state is a JSON document: ``{kind: absent}``, ``{kind: file, sha256, mode, uid, gid, xattrs, mtime_ns}``,
``{kind: link, target}``, ``{kind: directory, mode, uid, gid, xattrs}`` or ``{kind: other}``. Of a file whose content is
not changed, such as a log that goes on growing, ``sha256`` and ``mtime_ns`` are left out: its content is not compared.
Access control lists are extended attributes, so they are kept with the others.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
from typing import Any, Callable, Dict, Optional

State = Dict[str, Any]
ABSENT: State = {"kind": "absent"}
MAX_BYTES = 16 * 1024 * 1024
# Of a file's state these say whether somebody changed it; its time of change does not.
COMPARED = ("kind", "sha256", "target", "mode", "uid", "gid", "xattrs")
_UNKEPT = (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EACCES)


class ChangeError(Exception):
    """A change could not be made. The text says why and what to do."""


def state(path: str, save: Optional[Callable[[bytes], str]] = None, contents: bool = True) -> State:
    """Return the state of a real path, links not followed. ``save`` keeps a file's content and returns its digest.

    ``contents`` false: that of a file is not looked at, whatever its size.
    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return dict(ABSENT)
    if stat.S_ISLNK(status.st_mode):
        return {"kind": "link", "target": os.readlink(path), "uid": status.st_uid, "gid": status.st_gid}
    owned = {"mode": stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid, "xattrs": _xattrs(path)}
    if stat.S_ISDIR(status.st_mode):
        return {"kind": "directory", **owned}
    if not stat.S_ISREG(status.st_mode):
        return {"kind": "other"}
    if not contents:
        return {"kind": "file", **owned}
    if status.st_size > MAX_BYTES:
        raise ChangeError("%s is larger than %d bytes and is not changed" % (path, MAX_BYTES))
    with open(path, "rb") as stream:
        text = stream.read(MAX_BYTES + 1)
    digest = save(text) if save else hashlib.sha256(text).hexdigest()
    return {"kind": "file", "sha256": digest, "mtime_ns": status.st_mtime_ns, **owned}


def same(one: State, other: State) -> bool:
    """Return whether two states are equal in all that somebody could have changed."""
    content_known = "sha256" in one and "sha256" in other
    return all(one.get(key) == other.get(key) for key in COMPARED if key != "sha256" or content_known)


def has_content(wanted: State) -> bool:
    """Return whether a state says what a file holds."""
    return "sha256" in wanted


def _xattrs(path: str) -> Dict[str, str]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
        return {
            name: base64.b64encode(os.getxattr(path, name, follow_symlinks=False)).decode() for name in sorted(names)
        }
    except OSError as problem:
        if problem.errno in _UNKEPT:
            return {}
        raise


def _set_xattrs(path: str, wanted: Dict[str, str]) -> None:
    for name in set(_xattrs(path)) - set(wanted):
        os.removexattr(path, name)
    for name, value in wanted.items():
        os.setxattr(path, name, base64.b64decode(value))


def temporary_name(path: str, token: str) -> str:
    """Return where a file is written before it takes its place. A program that reads ``*.conf`` does not see it."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".%s.%s.hipaa-cis" % (name[:150], token))


def write_temporary(temporary: str, content: bytes, wanted: State) -> None:
    """Write and sync a file with mode, owner and attributes; remove what was written where that fails."""
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            _apply_attributes(temporary, wanted)
            os.fsync(stream.fileno())
    except BaseException:
        remove_quietly(temporary)
        raise


def _apply_attributes(path: str, wanted: State) -> None:
    os.chown(path, wanted["uid"], wanted["gid"], follow_symlinks=False)
    os.chmod(path, wanted["mode"])
    _set_xattrs(path, wanted.get("xattrs", {}))
    # An access control list changes the mode's group bits, so the mode is set again.
    os.chmod(path, wanted["mode"])


def put_in_place(temporary: str, path: str) -> None:
    """Move a finished file to its place and sync the folder; afterwards there is the old or the new file, never half."""
    os.replace(temporary, path)
    sync_folder(os.path.dirname(path))


def sync_folder(folder: str) -> None:
    """Make the names in a folder last through a power failure."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_quietly(path: str) -> None:
    """Remove a file that may be gone already."""
    try:
        os.unlink(path)
    except OSError:
        pass


def bring_about(path: str, wanted: State, content: Optional[bytes], token: str) -> None:
    """Make a real path be in a state. ``content`` is that of a file. Raises `OSError` and `ChangeError`."""
    now = state(path, contents=wanted["kind"] != "file" or has_content(wanted))
    if same(now, wanted):
        return
    if wanted["kind"] == "absent":
        _remove(path, now)
    elif wanted["kind"] == "directory":
        if now["kind"] != "directory":
            os.makedirs(path, 0o700)
        _apply_attributes(path, wanted)
    elif wanted["kind"] == "link":
        temporary = temporary_name(path, token)
        remove_quietly(temporary)
        os.symlink(wanted["target"], temporary)
        os.chown(temporary, wanted.get("uid", 0), wanted.get("gid", 0), follow_symlinks=False)
        put_in_place(temporary, path)
    elif wanted["kind"] == "file":
        _bring_file(path, now, wanted, content, token)
    else:
        raise ChangeError("%s is no regular file, folder or link and is not changed" % path)


def _bring_file(path: str, now: State, wanted: State, content: Optional[bytes], token: str) -> None:
    if now["kind"] == "file" and now.get("sha256") == wanted.get("sha256"):
        _apply_attributes(path, wanted)
    elif content is None:
        raise ChangeError("the content that %s had is not known" % path)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = temporary_name(path, token)
        write_temporary(temporary, content, wanted)
        put_in_place(temporary, path)
    if "mtime_ns" in wanted:
        os.utime(path, ns=(wanted["mtime_ns"], wanted["mtime_ns"]), follow_symlinks=False)


def _remove(path: str, now: State) -> None:
    if now["kind"] == "directory":
        os.rmdir(path)
    else:
        os.unlink(path)
    sync_folder(os.path.dirname(path))


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
