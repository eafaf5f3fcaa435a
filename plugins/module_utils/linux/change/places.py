# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places of files: a name in a folder that is held open, in which all changes are made after a last look.

What somebody puts in the place of a file or of a folder above it meanwhile is neither followed nor written over.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Callable, Iterator, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files, folders, large_files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangedMeanwhile, ChangeError, State


class Place:
    """A name in a folder that is held open (``folder`` None: there is no such folder).

    What is done here is done to that folder and to the file that was looked at last (`state`), wherever its path leads by now.
    """

    def __init__(self, path: str, folder: Optional[int]) -> None:
        self.path = path
        self.folder = folder
        self.looked: Optional[os.stat_result] = None
        self._name = os.path.basename(path) or "."

    def beside(self, name: str) -> Place:
        """Return the place of another name in the same folder, which is held as long as this one."""
        return Place(os.path.join(os.path.dirname(self.path), name), self.folder)

    def make_folder(self) -> None:
        """Make the folder where it is missing."""
        if self.folder is None:
            self.folder = folders.open_folder(os.path.dirname(self.path), make=True)

    def state(
        self, save: Optional[Callable[[bytes], str]] = None, contents: bool = True, any_size: bool = False
    ) -> State:
        """Return the state as `files.state` does, and remember which file it is. ``any_size``: of a large file too."""
        self.looked = self._status()
        if self.looked is None:
            return dict(files.ABSENT)
        if any_size and contents and large_files.is_of(self.looked):
            return large_files.state_of(self._name, self.folder, self.path, self.looked)
        return files.state_of(self._name, self.folder, self.path, self.looked, save, contents)

    def _status(self) -> Optional[os.stat_result]:
        if self.folder is None:
            return None
        try:
            return os.stat(self._name, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def content(self) -> bytes:
        """Return what the file that was looked at holds. Raises `ChangedMeanwhile`."""
        if self.looked is None:
            raise ChangedMeanwhile(self.path)
        with files.opened(self._name, self.folder, self.path, self.looked) as handle:
            return files.content_of(handle, self.path)

    def last_look(self, before: State) -> None:
        """Raise `ChangedMeanwhile` where it is another file, holds other things or lies elsewhere than when looked at."""
        then = self.looked
        now = self.state(contents=files.has_content(before), any_size=True)
        if not files.same(now, before) or not self._is_there():
            raise ChangedMeanwhile(self.path)
        if then is not None and (self.looked is None or not files.is_same_file(then, self.looked)):
            raise ChangedMeanwhile(self.path)

    def _is_there(self) -> bool:
        """Return whether the path still leads to the folder that is held."""
        if self.folder is None:
            return True
        try:
            now = folders.open_folder(os.path.dirname(self.path))
        except OSError:
            return False
        try:
            return os.path.samestat(os.fstat(now), os.fstat(self.folder))
        finally:
            os.close(now)

    def write_temporary(self, token: str, content: bytes, wanted: State) -> None:
        """Write and sync a file beside it with mode, owner and attributes; remove what was written where that fails."""
        self.make_folder()
        self.remove_temporary(token)
        name = files.temporary_name(self._name, token)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(name, flags, 0o600, dir_fd=self.folder)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                files.apply_attributes(handle, wanted)
                if "mtime_ns" in wanted:
                    os.utime(handle, ns=(wanted["mtime_ns"], wanted["mtime_ns"]))
                os.fsync(handle)
        except BaseException:
            self.remove_temporary(token)
            raise

    def remove_temporary(self, token: str) -> None:
        """Remove what a cut off write left beside it."""
        if self.folder is not None:
            files.remove_quietly(files.temporary_name(self._name, token), self.folder)

    def put_in_place(self, token: str) -> None:
        """Move a finished file to its place and sync the folder; afterwards there is the old or the new file, never half."""
        os.replace(files.temporary_name(self._name, token), self._name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        self._sync()

    def bring_about(self, wanted: State, content: Optional[bytes], token: str, before: State) -> None:
        """Make it be in a state. ``content`` is that of a file; ``before``: the state that was looked at.

        Raises `OSError` and `ChangeError`.
        """
        if files.same(before, wanted):
            return
        if wanted["kind"] == "absent":
            self._remove(before)
        elif wanted["kind"] == "directory":
            self._bring_directory(wanted, before)
        elif wanted["kind"] == "link":
            self._bring_link(wanted, token, before)
        elif wanted["kind"] == "file":
            self._bring_file(wanted, content, token, before)
        else:
            raise ChangeError("%s is no regular file, folder or link and is not changed" % self.path)

    def _bring_directory(self, wanted: State, before: State) -> None:
        self.last_look(before)
        if before["kind"] not in ("directory", "absent"):
            raise ChangeError(
                "%s is no folder any more and was left alone; move away what is there, then run this again" % self.path
            )
        if before["kind"] == "absent":
            self.make_folder()
            try:
                os.mkdir(self._name, 0o700, dir_fd=self.folder)
            except FileExistsError:
                raise ChangedMeanwhile(self.path) from None
            self.looked = self._status()
            # Whoever may write to the folder above may have put another one in the place of ours.
            if self.looked is None or self.looked.st_uid != os.geteuid():
                raise ChangedMeanwhile(self.path)
        self.set_attributes(wanted)

    def _bring_link(self, wanted: State, token: str, before: State) -> None:
        self.make_folder()
        self.remove_temporary(token)
        name = files.temporary_name(self._name, token)
        os.symlink(wanted["target"], name, dir_fd=self.folder)
        os.chown(name, wanted.get("uid", 0), wanted.get("gid", 0), dir_fd=self.folder, follow_symlinks=False)
        self.last_look(before)
        self.put_in_place(token)

    def _bring_file(self, wanted: State, content: Optional[bytes], token: str, before: State) -> None:
        if before["kind"] == "file" and before.get("sha256") == wanted.get("sha256"):
            self.last_look(before)
            self.set_attributes(wanted)
        elif content is None:
            raise ChangeError("the content that %s had is not known" % self.path)
        else:
            try:
                self.write_temporary(token, content, wanted)
                self.last_look(before)
                self.put_in_place(token)
            except BaseException:
                self.remove_temporary(token)
                raise

    def replace_with(self, wanted: State, content: bytes, token: str) -> None:
        """Put a new file here, whatever is here now."""
        self.write_temporary(token, content, wanted)
        self.put_in_place(token)

    @contextmanager
    def opened_to_write(self) -> Iterator[int]:
        """Open the very file that was looked at. Raises `ChangedMeanwhile`, `OSError`."""
        if self.looked is None:
            raise ChangedMeanwhile(self.path)
        with files.opened(self._name, self.folder, self.path, self.looked, os.O_RDWR) as handle:
            yield handle

    def set_attributes(self, wanted: State) -> None:
        """Give the very file or folder that was looked at mode, owner, attributes and time. Raises `ChangedMeanwhile`."""
        if self.looked is None:
            raise ChangedMeanwhile(self.path)
        with files.opened(self._name, self.folder, self.path, self.looked) as handle:
            files.apply_attributes(handle, wanted)
            if "mtime_ns" in wanted:
                os.utime(handle, ns=(wanted["mtime_ns"], wanted["mtime_ns"]))

    def _remove(self, before: State) -> None:
        self.last_look(before)
        if before["kind"] == "directory":
            os.rmdir(self._name, dir_fd=self.folder)
        else:
            os.unlink(self._name, dir_fd=self.folder)
        self._sync()

    def _sync(self) -> None:
        if self.folder is not None:
            folders.sync(self.folder)


@contextmanager
def held(path: str) -> Iterator[Place]:
    """Hold the folder of a real path open. Raises `OSError` as `folders.open_folder` does."""
    try:
        folder: Optional[int] = folders.open_folder(os.path.dirname(path))
    except (FileNotFoundError, NotADirectoryError):
        folder = None
    place = Place(path, folder)
    try:
        yield place
    finally:
        if place.folder is not None:
            os.close(place.folder)
