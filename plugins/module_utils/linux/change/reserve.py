# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Space on the disk that is set aside while a host is armed, so that undoing needs none that others left free.

There is a reserve on the file system of the journal, and one on that of /etc where that is another one. What still
does not fit is written over the file in place (`restore`), which needs no space where the file is there.
"""

from __future__ import annotations

import errno
import os
from typing import List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files, places
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.places import Place

# Notes, the report, the temporary of one large file and what the commands of an undoing write.
BASE_BYTES = 4 * 1024 * 1024
# Beside no folder that a step watches.
ON_ROOT = "/.hipaa-cis-reserve"
FULL = (errno.ENOSPC, errno.EDQUOT)


def set_aside(journal: Journal, root: str, more: int = 0) -> None:
    """Allocate the reserves; ``more``: bytes that the files to be changed may need. Raises `ChangeError`."""
    for path in _places(journal, root):
        try:
            _allocate(path, BASE_BYTES + more)
        except OSError as problem:
            free(journal, root)
            raise ChangeError(
                "the space to take the changes back could not be set aside, so they were not made: "
                + files.explain(path, problem)
            ) from None


def free(journal: Journal, root: str) -> None:
    """Give the reserves back, to the undoing or because it is not needed any more."""
    for path in (_in_journal(journal), _on_root(root)):
        files.remove_quietly(path)


def _in_journal(journal: Journal) -> str:
    return os.path.join(journal.folder, "reserve")


def _on_root(root: str) -> str:
    return os.path.join(root, ON_ROOT.lstrip("/"))


def _places(journal: Journal, root: str) -> List[str]:
    """Return where reserves are needed: on the file system of the journal, and on that of /etc where it is the root's."""
    journals, roots, etc = (_device(path) for path in (journal.folder, root, os.path.join(root, "etc")))
    return [_in_journal(journal), *([_on_root(root)] if journals != roots == etc else [])]


def _device(path: str) -> Optional[int]:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _allocate(path: str, size: int) -> None:
    files.remove_quietly(path)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            os.posix_fallocate(handle, 0, size)
        except OSError as problem:
            if problem.errno in FULL:
                raise
            # A file system that cannot allocate is written to, in a way that it cannot leave out.
            os.lseek(handle, 0, os.SEEK_SET)
            for _piece in range(0, size, 65536):
                _write_all(handle, os.urandom(65536))
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, data: bytes) -> None:
    while data:
        written = os.write(handle, data)
        data = data[written:]


def bring_about(path: str, wanted: State, content: Optional[bytes], token: str) -> None:
    """Make a real path be in a state as `restore` does. Raises `OSError`, `ChangeError`."""
    with places.held(path) as place:
        restore(
            place, wanted, content, token, place.state(contents=wanted["kind"] != "file" or files.has_content(wanted))
        )


def restore(place: Place, wanted: State, content: Optional[bytes], token: str, before: State) -> None:
    """Make a place be in a state as `Place.bring_about`; on a full disk a file that is there is written in place.

    In place a crash may leave half a file, so it is the very last resort: the journal still has the content, and does
    not say that it is back. Raises `OSError`, `ChangeError`.
    """
    try:
        place.bring_about(wanted, content, token, before)
    except OSError as problem:
        if problem.errno not in FULL or content is None or before["kind"] != "file":
            raise
        place.last_look(before)
        with place.opened_to_write() as handle:
            overwrite(handle, content)
        place.bring_about(wanted, content, token, place.state())


def overwrite(handle: int, content: bytes) -> None:
    """Replace the content of an open file in its own place, which is left as it was where there is no space for more."""
    size = os.fstat(handle).st_size
    if len(content) > size:
        try:
            os.posix_fallocate(handle, size, len(content) - size)
        except OSError as problem:
            os.ftruncate(handle, size)
            if problem.errno in FULL:
                raise
    os.lseek(handle, 0, os.SEEK_SET)
    _write_all(handle, content)
    os.ftruncate(handle, len(content))
    os.fsync(handle)
