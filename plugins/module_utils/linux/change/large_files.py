# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are too large to be copied: they stop no step that only may touch them, and what became of them is seen.

Their state has ``large``, the size in bytes, and says of the content its digest, or above `MOST_DIGESTED` what changes
whenever a file is written. No copy is kept, so a change of the content is named as what cannot be taken back.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangedMeanwhile, ChangeError, State

MOST_DIGESTED = 256 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024


def state(path: str) -> State:
    """Return the state of a real path, whatever its size, with nothing kept of it. Raises `OSError`, `ChangedMeanwhile`."""
    try:
        return files.state(path)
    except ChangedMeanwhile:
        raise
    except ChangeError:
        return state_of(path, None, path, os.lstat(path))


def is_large(path: str) -> bool:
    """Return whether a real path is a file of which no copy is kept."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return is_of(status)


def is_of(status: os.stat_result) -> bool:
    """Return whether a status is one of a file of which no copy is kept."""
    return stat.S_ISREG(status.st_mode) and status.st_size > files.MAX_BYTES


def state_of(name: str, folder: Optional[int], path: str, status: os.stat_result) -> State:
    """Return the state of a large file, as `files.state_of`. Raises `ChangedMeanwhile`, `OSError`."""
    found = files.state_of(name, folder, path, status, None, False)
    with files.opened(name, folder, path, status) as handle, os.fdopen(os.dup(handle), "rb") as stream:
        status = os.fstat(handle)
        if status.st_size > MOST_DIGESTED:
            content = "written:%d:%d:%d:%d" % (status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)
        else:
            digest = hashlib.sha256()
            for piece in iter(lambda: stream.read(_PIECE_BYTES), b""):
                digest.update(piece)
            content = digest.hexdigest()
    return {**found, "sha256": content, "mtime_ns": status.st_mtime_ns, "large": status.st_size}


def cannot_come_back(path: str, before: State, there: State) -> str:
    """Return why the content of before is lost; empty where it is there, or was kept."""
    if "large" not in before or before["sha256"] == there.get("sha256"):
        return ""
    return "%s was changed, and the run could not keep what it was: it had %d bytes, and no more than %d are kept" % (
        path, before["large"], files.MAX_BYTES)  # fmt: skip


def without_content(before: State) -> State:
    """Return what of the state of a large file can be brought back: mode, owner and attributes."""
    return {name: value for name, value in before.items() if name not in ("sha256", "mtime_ns", "large")}
