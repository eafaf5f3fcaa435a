# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to a file, gone folder by folder, so that nobody but root can lead it elsewhere.

A path is only a wish: whoever may write to one of its folders can put a link in the place of the next one between two
calls. So each folder is opened in the one before it. A symbolic link counts where only root can have made it.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import List

MAX_LINKS = 40
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
NEW_FOLDER_MODE = 0o755


def is_roots(status: os.stat_result) -> bool:
    """Return whether nobody but root can change the names in a folder."""
    return status.st_uid == 0 and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def open_folder(path: str, make: bool = False) -> int:
    """Return a descriptor (``O_PATH``) of a folder; ``make``: it and those above it are made where they are missing.

    Raises `OSError`: ``ELOOP`` where a link on the way may have been made by somebody else than root.
    """
    here = os.open("/", _FOLDER)
    try:
        safe = is_roots(os.fstat(here))
        parts = _parts(path)
        links = 0
        while parts:
            name = parts.pop(0)
            if _is_link(name, here, make):
                links += 1
                if links > MAX_LINKS or not safe:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                target = os.readlink(name, dir_fd=here)
                parts = _parts(target) + parts
                here = _step(here, "/") if target.startswith("/") else here
                continue
            here = _step(here, name)
            safe = safe and is_roots(os.fstat(here))
    except BaseException:
        os.close(here)
        raise
    return here


def _parts(path: str) -> List[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _step(here: int, name: str) -> int:
    below = os.open(name, _FOLDER, dir_fd=here)
    os.close(here)
    return below


def _is_link(name: str, folder: int, make: bool) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        if not make:
            raise
    os.mkdir(name, NEW_FOLDER_MODE, dir_fd=folder)
    return False


def others_may_change(path: str, root: str) -> bool:
    """Return whether somebody else than root can put another thing in the place of a real path below ``root``."""
    folder = os.path.dirname(path)
    while True:
        if not is_roots(os.stat(folder)):
            return True
        if folder in (root.rstrip("/") or "/", "/"):
            return False
        folder = os.path.dirname(folder)


def sync(folder: int) -> None:
    """Make the names in an open folder last through a power failure."""
    handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
