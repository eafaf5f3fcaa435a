# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts in the user's cache folder, for what takes its time to be made.

What others could write would be a way to false verdicts, or to code of theirs: folder and file have to belong to us alone,
else they are not used. Failing to write costs time only.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder, write_private

# What was made so long ago is most often of a version that is gone; else it is made again.
KEPT_DAYS = 60
KEPT = (".txt", ".json")


def read(name: str) -> str | None:
    """Return what was kept under a name, or None."""
    path = _file(name)
    try:
        # Looked at once it is open: what the name leads to may be exchanged meanwhile.
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), encoding="utf-8") as kept:
            return kept.read() if _ours(path.parent.lstat()) and _ours(os.fstat(kept.fileno())) else None
    except (OSError, ValueError):
        return None


def write(name: str, text: str) -> None:
    """Keep a text, where that is possible."""
    path = _file(name)
    try:
        make_private_folder(path.parent)
        if _ours(path.parent.lstat()):
            write_private(path, text)
            _forget_old(path.parent)
    except OSError:
        return


def keep_newest(prefix: str, most: int) -> None:
    """Forget all texts whose names begin so but the newest ones."""
    with suppress(OSError):
        found = sorted(_file("").glob(prefix + "*"), key=lambda path: path.lstat().st_mtime)
        for path in found[:-most]:
            path.unlink(missing_ok=True)


def _file(name: str) -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "hipaa-cis" / name


def _ours(status: os.stat_result) -> bool:
    return (
        status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and not stat.S_ISLNK(status.st_mode)
    )


def _forget_old(folder: Path) -> None:
    oldest = time.time() - KEPT_DAYS * 86400
    for path in (path for ending in KEPT for path in folder.glob("*" + ending)):
        with suppress(OSError):
            if path.lstat().st_mtime < oldest:
                path.unlink()
