# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/fstab as systemd's generator reads it (fstab(5), systemd-fstab-generator(8))."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import normal_path
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.octal import unescape

FSTAB = "/etc/fstab"
MIN_FIELDS = 2
SWAP = "swap"
PULLED_BY = ("x-systemd.wanted-by=", "x-systemd.required-by=")


@dataclass(frozen=True)
class Entry:
    """One line: ``options`` in order, ``line`` its number."""

    device: str
    path: str
    fstype: str
    options: Tuple[str, ...]
    line: int

    @property
    def at_boot(self) -> bool:
        """Whether the boot mounts it, or sets up an automount for it."""
        if any(option.startswith(PULLED_BY) for option in self.options):
            # Then only the units that are named there pull it in, which the boot may never start.
            return False
        return "noauto" not in self.options or "x-systemd.automount" in self.options

    @property
    def source(self) -> str:
        return "%s:%d" % (FSTAB, self.line)


def read_fstab(host: Host) -> List[Entry]:
    """Return the entries that mount something, in order; none where there is no file."""
    return [
        replace(entry, path=normal_path(entry.path))
        for entry in _entries(host)
        if entry.path.startswith("/") and entry.fstype != SWAP
    ]


def read_swaps(host: Host) -> List[Entry]:
    """Return the entries that name a place to swap to, in order."""
    return [entry for entry in _entries(host) if entry.fstype == SWAP]


def _entries(host: Host) -> List[Entry]:
    try:
        lines = host.read_text(FSTAB).split("\n")
    except NotFound:
        return []
    entries = [_parse(line, number) for number, line in enumerate(lines, 1)]
    return [entry for entry in entries if entry is not None]


def first_for(entries: List[Entry], path: str) -> Optional[Entry]:
    """Return the entry for a path. Of several the first one counts: the generator refuses to write a unit twice."""
    return next((entry for entry in entries if entry.path == path), None)


def _parse(line: str, number: int) -> Optional[Entry]:
    # Only blanks and tabs part the fields: a stray carriage return spoils the last one.
    fields = [field for field in line.replace("\t", " ").split(" ") if field]
    if len(fields) < MIN_FIELDS or fields[0].startswith("#"):
        return None
    device, path = unescape(fields[0]), unescape(fields[1])
    fstype, options = [*fields[2:4], "", ""][:2]
    words = tuple(word for word in unescape(options).split(",") if word)
    return Entry(device, path, fstype, words, number)
