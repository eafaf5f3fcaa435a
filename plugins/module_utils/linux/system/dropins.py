# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories of `.conf` snippets where a file hides the files of the same name in later directories.

This is how systemd (sysctl.d(5), systemd.unit(5)) and kmod (modprobe.d(5)) read theirs.
"""

from __future__ import annotations

import os
import stat
from typing import Dict, List, Sequence, Tuple, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

NULL_DEVICE = os.makedev(1, 3)


def snippets(host: Host, directories: Sequence[str], suffix: Union[str, Tuple[str, ...]] = ".conf") -> List[str]:
    """Return the paths that count, sorted by file name over all directories.

    ``directories``: the one that hides the others first. Hidden files are left out, as both
    programs do. Raises `ReadError` where a directory can't be listed.
    """
    chosen: Dict[str, str] = {}
    for directory in directories:
        try:
            names = host.list_directory(directory)
        except NotFound:
            continue
        for name in names:
            if name.endswith(suffix) and not name.startswith("."):
                chosen.setdefault(name, directory + "/" + name)
    return [chosen[name] for name in sorted(chosen, key=os.fsencode)]


def is_null(host: Host, path: str) -> bool:
    """Return whether ``path`` leads to /dev/null, the customary way to switch a file off."""
    try:
        status = host.stat(path)
    except NotFound:
        return False
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == NULL_DEVICE


def snippet_text(host: Host, path: str) -> str:
    """Return a snippet's text; empty for a link to /dev/null or to nothing (both still hide others)."""
    try:
        return "" if is_null(host, path) else host.read_text(path)
    except NotFound:
        return ""


def need_newlines(path: str, text: str) -> None:
    """Raise `ReadError` where systemd sees more lines than a newline ends: a lone CR and a NUL end one for it too."""
    if "\0" in text or "\r" in text.replace("\r\n", "\n"):
        raise ReadError(
            "%s holds a carriage return or a NUL within a line, which ends the line for systemd; take it out"
            % printable(path)
        )
