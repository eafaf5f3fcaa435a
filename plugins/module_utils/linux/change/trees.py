# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command changed: the state of watched folders before it and after it."""

from __future__ import annotations

import os
from typing import Callable, Dict, Iterable, Iterator, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import large_files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State, same, state

MAX_PATHS = 50000
# Made anew by every installation of a library: an old one would hide what came since, so it is never put back.
CACHES = frozenset({"/etc/ld.so.cache", "/etc/ld.so.cache~"})
Tree = Dict[str, State]


def take(root: str, folders: Iterable[str], save: Optional[Callable[[bytes], str]] = None) -> Tree:
    """Return path -> state of everything in the folders (or of single files) on the host below ``root``.

    Other file systems are not entered. Raises `ChangeError` where there is more than can be kept.
    """
    found: Tree = {}
    for folder in folders:
        real = _below(root, folder)
        found[folder] = _state(real, save)
        if found[folder]["kind"] == "directory":
            for path in _walk(real):
                name = folder + path[len(real) :]
                if name in CACHES:
                    continue
                found[name] = _state(path, save)
                if len(found) > MAX_PATHS:
                    raise ChangeError("%s holds more than %d files; it cannot be kept" % (folder, MAX_PATHS))
    return found


def _state(path: str, save: Optional[Callable[[bytes], str]]) -> State:
    # What is only watched may be of any size.
    return large_files.state(path) if large_files.is_large(path) else state(path, save)


def _below(root: str, path: str) -> str:
    return path if root == "/" else root + path


def _walk(folder: str) -> Iterator[str]:
    device = os.lstat(folder).st_dev
    pending: List[str] = [folder]
    while pending:
        with os.scandir(pending.pop()) as listing:
            for item in listing:
                yield item.path
                if item.is_dir(follow_symlinks=False) and item.stat(follow_symlinks=False).st_dev == device:
                    pending.append(item.path)


def difference(before: Tree, after: Tree) -> List[str]:
    """Return the paths that differ, folders before what is in them."""
    missing: State = {"kind": "absent"}
    return [
        path
        for path in sorted(set(before) | set(after))
        if not same(before.get(path, missing), after.get(path, missing))
    ]
