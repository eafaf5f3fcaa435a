# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sshd shows before a login: the files that its option Banner names, wherever they are."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

# sshd sends nothing of a larger file.
MAX_BYTES = 1024 * 1024
# The escapes of agetty(8) that name machine, release, system and version, and the systems themselves.
NAMES = re.compile(
    r"\\[mrsv]|debian|ubuntu|red hat|rhel|centos|fedora|rocky linux|alma ?linux|oracle linux|suse", re.ASCII
)


def notices(host: Host, paths: Sequence[Any]) -> List[Dict[str, Any]]:
    """Return `{path, shown, names_system}` of each value of Banner: whether it shows a text, and the lines that name the system.

    sshd starts silently with a file that is not there. Raises `ReadError` for one that cannot be read.
    """
    return [_notice(host, path) for path in dict.fromkeys(str(path or "none") for path in paths)]


def _notice(host: Host, path: str) -> Dict[str, Any]:
    lines: List[str] = []
    if lowered(path) != "none":
        try:
            lines = split_lines(host.read_text(path, MAX_BYTES))
        except NotFound:
            pass
    shown = any(line.strip(BLANKS) for line in lines)
    return {"path": printable(path), "shown": shown, "names_system": list(_naming(path, lines))[:20]}


def _naming(path: str, lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if NAMES.search(lowered(line)):
            yield "%s:%d" % (printable(path), number)
