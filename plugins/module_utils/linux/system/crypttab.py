# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/crypttab, the encrypted volumes that the boot opens (crypttab(5) of systemd and of Debian), and where their key files go."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.octal import unescape

CRYPTTAB = "/etc/crypttab"
# Where systemd looks where the field of the key says nothing.
KEY_FOLDERS = ("/etc/cryptsetup-keys.d", "/run/cryptsetup-keys.d")
ASKED = ("", "none", "-")
# A key that is new at each boot, which nobody can read later.
RANDOM = ("/dev/urandom", "/dev/random", "/dev/hwrng")
CONF_HOOK = "/etc/cryptsetup-initramfs/conf-hook"
_PATTERN = re.compile(
    r"""[ \t]*(?:export[ \t]+)?KEYFILE_PATTERN=(?:"([^"$`\\]*)"|'([^']*)'|([^\s"'$`\\;&|]*))[ \t]*(?:#.*)?\Z""",
    re.ASCII,
)
FIELDS = 4


@dataclass(frozen=True)
class Volume:
    """One line. ``key``: what its third field says; ``line``: its number."""

    name: str
    device: str
    key: str
    options: Tuple[str, ...]
    line: int

    @property
    def source(self) -> str:
        return "%s:%d" % (CRYPTTAB, self.line)

    def option(self, name: str) -> Optional[str]:
        """Return an option's value, empty for one that has none; None where it is not there. The last counts."""
        found = [one.partition("=")[2] for one in self.options if one.partition("=")[0] == name]
        return found[-1] if found else None


def volumes(host: Host) -> List[Volume]:
    """Return the volumes, in order; none where there is no file. Raises `ReadError` for a line that the two programs read in two ways."""
    try:
        lines = host.read_text(CRYPTTAB).split("\n")
    except NotFound:
        return []
    found: List[Volume] = []
    for number, line in enumerate(lines, 1):
        fields = [field for field in line.replace("\t", " ").split(" ") if field]
        if not fields or fields[0].startswith("#"):
            continue
        if '"' in line or "'" in line:
            raise ReadError("%s:%d: a line with quotes is not followed; write blanks as \\040" % (CRYPTTAB, number))
        name, device, key, options = [unescape(field) for field in [*fields, "", "", ""][:FIELDS]]
        found.append(Volume(name, device, key, tuple(one for one in options.split(",") if one), number))
    return found


def key_file(host: Host, volume: Volume) -> str:
    """Return the file or device that holds a volume's key, empty where the key is typed in, random, or kept by a device of its own."""
    if volume.key not in ASKED:
        return "" if volume.key in RANDOM else volume.key
    for folder in KEY_FOLDERS:
        path = "%s/%s.key" % (folder, volume.name)
        if host.exists(path):
            return path
    return ""


def copied_pattern(host: Host) -> str:
    """Return the pattern of the key files that Debian's initramfs gets, empty where it gets none. Raises `ReadError`."""
    pattern = ""
    try:
        lines = host.read_text(CONF_HOOK).split("\n")
    except NotFound:
        return ""
    for number, line in enumerate(lines, 1):
        if "KEYFILE_PATTERN" not in line.split("#")[0]:
            continue
        found = _PATTERN.match(line)
        if found is None:
            raise ReadError("%s:%d: write KEYFILE_PATTERN= with a plain text" % (CONF_HOOK, number))
        pattern = found.group(1) or found.group(2) or found.group(3) or ""
    return pattern


def is_copied(pattern: str, path: str) -> bool:
    """Return whether a pattern of the shell's `case` takes a key file; a star takes slashes there too."""
    if "[" in pattern:
        raise ReadError(
            "%s: KEYFILE_PATTERN %s is not followed; write it without brackets" % (CONF_HOOK, printable(pattern))
        )
    return fnmatch.fnmatchcase(path, pattern)
