# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host as readers see it: a root path to read below and a way to run commands.

Real use reads ``/``; tests read a directory tree with recorded command output.
Nothing in here writes. Everything that comes from the host is bounded in size and time, and what lies on a mount
that may never answer is not touched.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import re
import stat
from typing import Any, BinaryIO, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult, run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import Mount, closed_mounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    NotTouched,
    Observation,
    ReadError,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once

MAX_FILE_BYTES = 4 * 1024 * 1024
COMMAND_TIMEOUT = 20.0
MAX_LINKS = 40
READ_BYTES = 65536
# Where the kernel keeps the access control list of a file, and of a folder that which new files in it get (acl(5)).
ACCESS_LIST = "system.posix_acl_access"
DEFAULT_LIST = "system.posix_acl_default"
ACCESS_LISTS = (ACCESS_LIST, DEFAULT_LIST)
# Those of other sorts, by which some file systems decide in place of the mode.
OTHER_LISTS = ("system.nfs4_acl", "system.nfs4acl_xdr", "system.richacl")

Runner = Callable[[Sequence[str], float], CommandResult]


def printable(text: str) -> str:
    """Return a file name as text that is valid UTF-8: odd bytes become ``\\xNN``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _not_noted(_what: str) -> None:
    pass


class Host:
    """Read-only access to one Linux host.

    ``root``: the directory that stands for ``/``. ``runner``: called with argv and a
    timeout in seconds. ``privileged``: whether what only root may read is open to us;
    found out when not given. ``options``: limits and exclusions of the file system scan.
    """

    def __init__(
        self,
        root: str = "/",
        runner: Runner = run_command,
        privileged: Optional[bool] = None,
        command_timeout: float = COMMAND_TIMEOUT,
        max_file_bytes: int = MAX_FILE_BYTES,
        options: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.root = root
        self.options = options or {}
        self.privileged = os.geteuid() == 0 if privileged is None else privileged
        self._runner = runner
        self._command_timeout = command_timeout
        self._max_file_bytes = max_file_bytes
        # Called with what is about to be touched and may never answer; it may raise `ReadError`.
        self.note: Callable[[str], None] = _not_noted
        self._closed_mounts: Optional[Mapping[str, Mount]] = None
        self._texts: Dict[str, str] = {}
        self._results: Dict[Tuple[str, ...], CommandResult] = {}
        self._names: Dict[str, Dict[int, str]] = {}
        self._shared: Dict[str, Once[Any]] = {}

    @property
    def runs(self) -> bool:
        """Whether it is this very host: its kernel, what is mounted on it and its name service can be asked."""
        return self.root == "/"

    @property
    def about(self) -> Dict[str, str]:
        """What it is besides a host; nothing of one that runs."""
        return {}

    def observed(
        self, kind: str, addresses: Sequence[Address], read: Callable[[Host, str, Sequence[Address]], List[Observation]]
    ) -> List[Observation]:
        """Return a kind's observations, as its reader has them."""
        return read(self, kind, addresses)

    def path(self, path: str, follow: bool = True) -> str:
        """Return the real path that stands for ``path`` on the host.

        Below another root, links are resolved here, for an absolute link would leave the tree.
        ``follow`` says whether a link as the last part is followed too.
        """
        return path if self.root == "/" else self._below_root(self.place(path, follow)[0])

    def _below_root(self, place: str) -> str:
        return self.root.rstrip("/") + place.rstrip("/") or "/"

    def place(self, path: str, follow: bool = True) -> Tuple[str, Optional[Mount]]:
        """Return where a path really is, and the mount that may not answer on the way there, if there is one.

        Links are resolved one by one up to that mount, of which nothing is touched. Raises `ReadError`.
        """
        closed = self._closed()
        parts = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        here, links = "", 0
        while parts:
            part = parts.pop()
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            below = here + "/" + part
            if below in closed:
                return "/".join([below, *reversed(parts)]), closed[below]
            target = self._target(below) if follow or parts else None
            if target is None:
                here = below
                continue
            links += 1
            if links > MAX_LINKS:
                raise ReadError("%s: too many levels of symbolic links" % printable(path))
            here = "" if target.startswith("/") else here
            parts.extend(piece for piece in reversed(target.split("/")) if piece not in ("", "."))
        return here or "/", None

    def _target(self, path: str) -> Optional[str]:
        """Return where a link leads, or None for what is none or not there."""
        try:
            return os.readlink(self._below_root(path))
        except OSError:
            return None

    def _closed(self) -> Mapping[str, Mount]:
        """Return the mounts that may never answer, by path; told once."""
        if self._closed_mounts is None:
            # What is read to tell them is not asked about them.
            self._closed_mounts = {}
            self._closed_mounts = closed_mounts(self)
        return self._closed_mounts

    def touchable(self, path: str, follow: bool = True) -> str:
        """Return the real path, as `path` does. Raises `NotTouched` for what lies on a mount that may never answer."""
        if self.root == "/" and not self._closed():
            return path
        place, mount = self.place(path, follow)
        if mount is None:
            return path if self.root == "/" else self._below_root(place)
        raise NotTouched(
            "%s was not looked at: it lies on %s (%s), which may not answer; look at it where it is kept, or document an "
            "exception" % (printable(path), printable(mount.path), printable(mount.fstype))
        )

    def answering(self, paths: Sequence[str]) -> List[str]:
        """Return those of the paths that lie on no mount which may not answer: what starts at boot does not wait for such a mount."""
        return [path for path in paths if self.place(path)[1] is None]

    def stat(self, path: str, follow: bool = True) -> os.stat_result:
        """Return the status of ``path``. Raises `NotFound` or `ReadError`."""
        self.note(path)
        try:
            real = self.touchable(path, follow)
            return os.stat(real) if follow else os.lstat(real)
        except OSError as problem:
            raise _read_error(path, problem) from None

    def access_lists(self, path: str) -> Dict[str, bytes]:
        """Return the access control lists of ``path``, links followed. Raises `NotFound` or `ReadError`."""
        self.note(path)
        return access_lists(self.touchable(path), path)

    def exists(self, path: str) -> bool:
        """Return whether ``path`` is there, links followed. Raises `ReadError` when that can't be known."""
        try:
            self.stat(path)
        except NotFound:
            return False
        return True

    def read_text(self, path: str, max_bytes: Optional[int] = None) -> str:
        """Return a regular file's text, each file read once. ``max_bytes``: another bound than the host's.

        Bytes that are not UTF-8 become ``\\xNN``. Raises `NotFound`, or `ReadError` where
        the file is unreadable, not a regular file or larger than the bound.
        """
        if path not in self._texts:
            self._texts[path] = self._read(path, max_bytes or self._max_file_bytes).decode("utf-8", "backslashreplace")
        return self._texts[path]

    def read_bytes(self, path: str) -> bytes:
        """Return what a regular file holds. Raises as `read_text` does."""
        return self._read(path, self._max_file_bytes)

    def _read(self, path: str, max_bytes: int) -> bytes:
        self.note(path)
        try:
            # Without O_NONBLOCK a FIFO planted in place of a file would hang the audit.
            handle = os.open(self.touchable(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as problem:
            raise _read_error(path, problem) from None
        # Python opens no stream on a directory, so the type is looked at first.
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise ReadError("%s is not a regular file" % printable(path))
        with os.fdopen(handle, "rb", buffering=0) as stream:
            try:
                return self._read_bounded(stream, path, max_bytes)
            except OSError as problem:
                raise _read_error(path, problem) from None

    @staticmethod
    def _read_bounded(stream: BinaryIO, path: str, max_bytes: int) -> bytes:
        pieces: List[bytes] = []
        size = 0
        while True:
            # Small pieces: the kernel allocates what one read of a /proc file asks for, and refuses much.
            piece = stream.read(READ_BYTES)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            size += len(piece)
            if size > max_bytes:
                raise ReadError("%s is larger than %d bytes and was not read" % (printable(path), max_bytes))

    def read_link(self, path: str) -> str:
        """Return where a symbolic link points, unresolved. Raises `NotFound` or `ReadError`."""
        self.note(path)
        try:
            return os.readlink(self.touchable(path, follow=False))
        except OSError as problem:
            raise _read_error(path, problem) from None

    def list_directory(self, path: str) -> List[str]:
        """Return the names in a directory, sorted. Raises `NotFound` or `ReadError`."""
        self.note(path)
        try:
            return sorted(os.listdir(self.touchable(path)))
        except OSError as problem:
            raise _read_error(path, problem) from None

    def glob(self, pattern: str) -> List[str]:
        """Return the paths that match a shell pattern, sorted.

        A missing directory matches nothing; one that can't be listed raises `ReadError`
        (the standard library's glob would hide it, and hidden files would look clean).
        """
        found = [""]
        for part in [piece for piece in pattern.split("/") if piece]:
            found = [path for base in found for path in self._expand(base, part)]
        return sorted(found)

    def _expand(self, base: str, part: str) -> List[str]:
        if not any(sign in part for sign in "*?["):
            candidate = base + "/" + part
            return [candidate] if self._is_there(candidate) else []
        try:
            names = self.list_directory(base or "/")
        except NotFound:
            return []
        hidden = part.startswith(".")
        matches = re.compile(fnmatch.translate(part)).match
        return [base + "/" + name for name in names if matches(name) and (hidden or not name.startswith("."))]

    def _is_there(self, path: str) -> bool:
        try:
            self.stat(path, follow=False)
        except NotFound:
            return False
        return True

    def run(self, argv: Sequence[str], accept: Sequence[int] = (0,)) -> CommandResult:
        """Run a command that only reads, once per argv.

        Raises `NotFound` where the command does not exist, `ReadError` on an exit code
        that is not in ``accept``, on a timeout and on output beyond the bound.
        """
        key = tuple(argv)
        if key not in self._results:
            self._results[key] = self._runner(argv, self._command_timeout)
        result = self._results[key]
        if result.problem:
            kind = NotFound if result.missing else ReadError
            raise kind("command %s: %s" % (" ".join(argv), result.problem))
        if result.exit_code not in accept:
            first = (result.stderr.strip(BLANKS) or result.stdout.strip(BLANKS)).split("\n")[0][:200]
            raise ReadError("command %s ended with %d: %s" % (" ".join(argv), result.exit_code, first))
        return result

    def shared(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what ``make`` gives for ``name``, made once for this host; its `ReadError` is remembered too."""
        return self._shared.setdefault(name, Once(make))()

    def need_root(self, what: str) -> None:
        """Raise `ReadError` where ``what`` can only be read by root and we are not root."""
        if not self.privileged:
            raise ReadError("%s can only be read by root; run the audit with become" % what)

    def user_name(self, uid: int) -> Optional[str]:
        """Return the name of a user id by the host's own name service, or None."""
        return self._name("passwd", uid)

    def group_name(self, gid: int) -> Optional[str]:
        """Return the name of a group id by the host's own name service, or None."""
        return self._name("group", gid)

    def _name(self, table: str, number: int) -> Optional[str]:
        known = self._names.setdefault(table, {})
        if not known:
            try:
                text = self.read_text("/etc/" + table)
            except NotFound:
                # Not an answer about what belongs to somebody: that is there.
                raise ReadError("/etc/%s is not there, and nobody knows who owns what" % table) from None
            for line in split_lines(text):
                fields = line.split(":")
                if len(fields) > 2 and is_number(fields[2]):
                    known.setdefault(int(fields[2]), fields[0])
        if number not in known and self.runs:
            self.note("the name service for %s %d" % (table, number))
            name = _name_service(table, number)
            if name is not None:
                known[number] = name
        return known.get(number)


def access_lists(place: str, path: str, follow: bool = True) -> Dict[str, bytes]:
    """Return name -> content of the access control lists of what is at ``place``; ``path``: what it is called.

    Raises `NotFound`, or `ReadError` also for one of another sort than acl(5) has.
    """
    try:
        names = os.listxattr(place, follow_symlinks=follow)
        found = {name: os.getxattr(place, name, follow_symlinks=follow) for name in names if name in ACCESS_LISTS}
    except OSError as problem:
        # The file system has none, or they were taken away since they were named.
        if problem.errno in (errno.ENOTSUP, errno.ENODATA):
            return {}
        raise _read_error(path, problem) from None
    other = [name for name in names if name in OTHER_LISTS]
    if other:
        raise ReadError(
            "%s has an access control list of another sort (%s), which decides in place of its mode; look at it by hand"
            % (printable(path), other[0])
        )
    return found


def _name_service(table: str, number: int) -> Optional[str]:
    """Ask the name service (LDAP, SSSD) for a name that the local file does not have."""
    import grp
    import pwd

    try:
        return pwd.getpwuid(number).pw_name if table == "passwd" else grp.getgrgid(number).gr_name
    except (KeyError, OverflowError):
        return None


def _read_error(path: str, problem: OSError) -> ReadError:
    if problem.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFound("%s does not exist" % printable(path))
    if problem.errno in (errno.EACCES, errno.EPERM):
        return ReadError("%s: permission denied; run the audit with become" % printable(path))
    return ReadError("%s: %s" % (printable(path), os.strerror(problem.errno or 0)))
