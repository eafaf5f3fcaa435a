# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt-get would do, asked once as long as nothing changes that it goes by: a simulation takes it a second.

Backend: dpkg and apt.
"""

from __future__ import annotations

import os
from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Runner

# What apt-get goes by: the state of packages, the architectures, which packages were brought along, its lists, sources and configuration.
_FILES = ("/var/lib/dpkg/status", "/var/lib/dpkg/arch", "/var/lib/apt/extended_states", "/etc/apt/apt.conf",
          "/etc/apt/preferences", "/etc/apt/sources.list")  # fmt: skip
_FOLDERS = ("/var/lib/dpkg/updates", "/var/lib/apt/lists", "/etc/apt/apt.conf.d", "/etc/apt/preferences.d",
            "/etc/apt/sources.list.d")  # fmt: skip
# Nothing in them is a list.
_NO_LISTS = frozenset({"lock", "partial", "auxfiles"})
_RECOMMENDED = "--no-install-recommends"

Key = Tuple[str, bool, FrozenSet[str]]
Stamp = List[Tuple[str, int, int, int, int]]


class Simulations:
    """Runs commands as ``runner`` does; what is simulated again is answered from the first time, where nothing changed."""

    def __init__(self, runner: Runner, root: str = "/") -> None:
        self._runner = runner
        self._root = root
        self._known: Dict[Key, Tuple[Stamp, CommandResult]] = {}

    def __call__(self, argv: Sequence[str], timeout: float) -> CommandResult:
        """Run ``argv``, or return what the same simulation gave."""
        key = _key(argv)
        if key is None:
            return self._runner(argv, timeout)
        before = self._stamp()
        if key in self._known and self._known[key][0] == before:
            return self._known[key][1]
        result = self._runner(argv, timeout)
        # A failure may pass, and what changed meanwhile may be in it or not.
        if not result.problem and result.exit_code == 0 and self._stamp() == before:
            self._known[key] = (before, result)
        return result

    def _stamp(self) -> Stamp:
        paths = [self._below(path) for path in _FILES]
        for folder in map(self._below, _FOLDERS):
            try:
                paths += [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name not in _NO_LISTS]
            except OSError:
                continue
        return [one for one in map(_state, paths) if one]

    def _below(self, path: str) -> str:
        return os.path.join(self._root, path.lstrip("/"))


def _state(path: str) -> Optional[Tuple[str, int, int, int, int]]:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return path, seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns


def _key(argv: Sequence[str]) -> Optional[Key]:
    """Return what a call simulates: (verb, without what is recommended, names); None where it is none or has more to it."""
    words = list(argv)
    if "--simulate" not in words or "apt-get" not in words:
        return None
    rest = words[words.index("--simulate") + 1 :]
    names = [word for word in rest[1:] if word != _RECOMMENDED]
    if not rest or rest[0] not in ("install", "remove") or any(name.startswith(("-", "/", ".")) for name in names):
        return None
    return rest[0], _RECOMMENDED in rest, frozenset(names)
