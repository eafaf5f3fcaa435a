# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders below one, each opened from the one above it, with closed places that are not touched at all."""

from __future__ import annotations

import errno
import os
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.bounded_list import BoundedList
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Gone, or replaced by a file or a link, since it was listed.
VANISHED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
MAX_SHOWN = 200
# So many levels stay open; below them only the deepest does, and the way back is by "..".
OPEN_LEVELS = 64
NOWHERE: FrozenSet[str] = frozenset()
# Name -> what is closed below it; the empty name marks a place that is closed itself.
Tree = Dict[str, Any]


def closed_tree(paths: Iterable[str]) -> Tree:
    """Return the places that no walk may touch, as a tree of names."""
    tree: Tree = {}
    for path in paths:
        here = tree
        for part in path.split("/"):
            here = here.setdefault(part, {}) if part else here
        here[""] = True
    return tree


def branch(tree: Tree, path: str) -> Tree:
    """Return what is closed below a path."""
    for part in path.split("/"):
        tree = tree.get(part, {}) if part else tree
    return tree


class _Level:
    """A folder on the way down: its name, its handle, the names of the folders in it that are still to be walked."""

    __slots__ = ("below", "closed", "handle", "key", "name")

    def __init__(self, name: str, handle: int, closed: Tree) -> None:
        self.name = name
        self.handle = handle
        self.closed = closed
        # Not a list: of the 60,000 folders that one may hold each would take a hundred bytes.
        self.below = bytearray()
        self.key: Tuple[int, int] = (0, 0)

    def next_name(self) -> str:
        at = self.below.rfind(b"/", 0, len(self.below) - 1) + 1
        name = os.fsdecode(bytes(self.below[at:-1]))
        del self.below[at:]
        return name

    def shut(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)
        self.handle = -1


class Walk:
    """The folders at and below ``top``, a real path.

    The kernel resolves one name per folder and not the whole path: no path is too long, none is kept for each folder,
    and nobody can swap a link in on the way. What cannot be entered or looked at is added to ``missed``, with the reason.
    """

    def __init__(self, top: str, closed: Tree, missed: BoundedList, prefix: str = "") -> None:
        self._top = top.rstrip("/")
        self._closed = closed
        self._missed = missed
        self._prefix = len(prefix)
        self._levels: List[_Level] = []

    def path(self, name: str = "") -> str:
        """Return the path of the folder being looked at, or of ``name`` in it."""
        names = [level.name for level in self._levels[1:]]
        return "/".join([self._top, *names, name] if name else [self._top, *names])

    def place(self, name: str) -> str:
        """Return a short path of ``name`` in the folder being looked at, for calls that take no open folder."""
        return "/proc/self/fd/%d/%s" % (self._levels[-1].handle, name)

    def device(self) -> int:
        """Return the number of the file system of the folder being looked at."""
        return os.fstat(self._levels[-1].handle).st_dev

    def enter(self, name: str) -> None:
        """Have a folder in the one being looked at walked too, later."""
        self._levels[-1].below += os.fsencode(name) + b"/"

    def miss(self, name: str, problem: OSError) -> None:
        """Note what could not be looked at; what has vanished was never there."""
        if problem.errno not in VANISHED:
            reason = os.strerror(problem.errno or 0)
            self._missed.add("%s (%s)" % (_shortened(self.path(name)[self._prefix :] or "/"), reason))

    def folders(self, must: bool = True) -> Iterator[Tuple[Iterator[os.DirEntry[str]], FrozenSet[str]]]:
        """Yield the entries of each folder, and the names of those that must not be touched.

        Where the top itself cannot be walked nothing was looked at: raises `ReadError`, or notes it if not ``must``.
        """
        try:
            handle = os.open(self._top or "/", FLAGS)
        except OSError as problem:
            if must and problem.errno not in VANISHED:
                raise cannot_walk((self._top or "/")[self._prefix :] or "/", problem) from None
            self.miss("", problem)
            return
        self._levels.append(_Level("", handle, self._closed))
        try:
            yield from self._entries()
            while self._levels:
                if not self._levels[-1].below:
                    self._leave()
                elif self._go_down(self._levels[-1].next_name()):
                    yield from self._entries()
        finally:
            for level in self._levels:
                level.shut()

    def _entries(self) -> Iterator[Tuple[Iterator[os.DirEntry[str]], FrozenSet[str]]]:
        level = self._levels[-1]
        try:
            found = os.scandir(level.handle)
        except OSError as problem:
            self.miss("", problem)
            return
        with found:
            yield found, frozenset(name for name, one in level.closed.items() if name and "" in one) or NOWHERE

    def _go_down(self, name: str) -> bool:
        above = self._levels[-1]
        try:
            handle = os.open(name, FLAGS, dir_fd=above.handle)
        except OSError as problem:
            self.miss(name, problem)
            return False
        if len(self._levels) > OPEN_LEVELS:
            status = os.fstat(above.handle)
            above.key = (status.st_dev, status.st_ino)
            above.shut()
        self._levels.append(_Level(name, handle, above.closed.get(name, {}) if above.closed else above.closed))
        return True

    def _leave(self) -> None:
        """Go back to the folder above; where it was moved meanwhile, to the last one that is open."""
        level = self._levels.pop()
        if self._levels and self._levels[-1].handle < 0:
            handle = _same_folder_above(level.handle, self._levels[-1].key)
            if handle is None:
                self._missed.add("%s (moved meanwhile)" % _shortened(self.path()[self._prefix :]))
                del self._levels[OPEN_LEVELS:]
            else:
                self._levels[-1].handle = handle
        level.shut()


def _same_folder_above(handle: int, key: Tuple[int, int]) -> Optional[int]:
    try:
        above = os.open("..", FLAGS, dir_fd=handle)
    except OSError:
        return None
    status = os.fstat(above)
    if (status.st_dev, status.st_ino) == key:
        return above
    os.close(above)
    return None


def _shortened(path: str) -> str:
    return path if len(path) <= MAX_SHOWN else path[: MAX_SHOWN // 2] + "..." + path[-MAX_SHOWN // 2 :]


def told(missed: BoundedList) -> str:
    """Return what a source says of what could not be looked at; nothing where that is nothing."""
    if not missed.count:
        return ""
    return "; %d could not be looked at: %s" % (missed.count, ", ".join(missed.items))


def cannot_walk(folder: str, problem: OSError) -> ReadError:
    """Return the error that says which folder stopped a walk."""
    remedy = "; run the audit with become" if problem.errno == errno.EACCES else ""
    reason = os.strerror(problem.errno or 0)
    return ReadError("%s cannot be walked: %s%s" % (printable(folder)[:MAX_SHOWN], reason, remedy))
