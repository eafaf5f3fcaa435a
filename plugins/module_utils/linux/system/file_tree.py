# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of paths that may end in ``/**``: every file below, at any depth, hidden ones too; in ``/**/``: every folder."""

from __future__ import annotations

import stat
from typing import List, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

BELOW = "/**"
FOLDERS = BELOW + "/"
MAX_ENTRIES = 20000


def matching(host: Host, pattern: str) -> List[str]:
    """Return the paths that match, sorted; with ``/**`` at the end, all that are no directories below the rest.

    With ``/**/``, all directories at and below the rest, each once.

    The shell's ``*`` leaves out hidden names and stays on one level, so a file could hide from it.
    Links are followed, as ``find -L`` does. Raises `ReadError` where a directory can't be listed.
    """
    if not pattern.endswith((BELOW, FOLDERS)):
        return host.glob(pattern)
    wants_folders = pattern.endswith(FOLDERS)
    found: List[str] = []
    seen: Set[Tuple[int, int]] = set()
    folders = host.glob(pattern.rstrip("/")[: -len(BELOW)])
    entries = 0
    while folders:
        folder = folders.pop()
        if not _is_new_folder(host, folder, seen):
            continue
        if wants_folders:
            found.append(folder)
        for name in _names(host, folder):
            entries += 1
            if entries > MAX_ENTRIES:
                raise ReadError("%s holds more than %d entries" % (printable(pattern), MAX_ENTRIES))
            path = folder + "/" + name
            try:
                is_folder = stat.S_ISDIR(host.stat(path).st_mode)
            except NotFound:
                continue  # rotated away meanwhile, or a link that leads to no file
            if is_folder:
                folders.append(path)
            elif not wants_folders:
                found.append(path)
    return sorted(found)


def _is_new_folder(host: Host, path: str, seen: Set[Tuple[int, int]]) -> bool:
    """Note a directory and say whether it is one not walked before: links can lead round in circles."""
    try:
        status = host.stat(path)
    except NotFound:
        return False
    key = (status.st_dev, status.st_ino)
    if not stat.S_ISDIR(status.st_mode) or key in seen:
        return False
    seen.add(key)
    return True


def _names(host: Host, folder: str) -> List[str]:
    try:
        return host.list_directory(folder)
    except NotFound:
        return []  # removed since it was seen
