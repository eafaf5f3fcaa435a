# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of systemd's programs (journald.conf and its like), read as systemd.syntax(7) and the programs themselves do.

Seen on systemd 252 and 257: a value that a key does not take, mostly an empty one too, is ignored, and one before it stays in force.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SYSTEMD_BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import (
    need_newlines,
    snippet_text,
    snippets,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import last_value, split_line

ROOTS = ("/etc/", "/run/", "/usr/local/lib/", "/usr/lib/")
# Before, the main file is only looked for in /etc.
MAIN_ANYWHERE = 253
_SWITCH = "(?i:1|yes|y|true|t|on|0|no|n|false|f|off)"
_SIZE = r"(?:[ \t]*\d+(?:\.\d*)?[ \t]*[EPTGMKB]?)+"
# What a key takes; the words of enumerations only in small letters.
_TAKEN = {
    name: re.compile(r"(?:%s)\Z" % text, re.ASCII)
    for names, text in (
        (("Storage",), "auto|volatile|persistent|none|external|journal"),
        (("ForwardToSyslog", "ForwardToKMsg", "ForwardToConsole", "ForwardToWall", "Seal", "ReadKMsg"), _SWITCH),
        # Empty is the default: it compresses.
        (("Compress",), "|%s|%s" % (_SWITCH, _SIZE)),
        (("SystemMaxUse", "SystemKeepFree", "RuntimeMaxUse", "RuntimeKeepFree", "ProcessSizeMax"), _SIZE),
    )
    for name in names
}
_JOURNALD_ARGUMENTS = {
    "ForwardToSyslog": "systemd.journald.forward_to_syslog",
    "ForwardToKMsg": "systemd.journald.forward_to_kmsg",
    "ForwardToConsole": "systemd.journald.forward_to_console",
    "ForwardToWall": "systemd.journald.forward_to_wall",
}
Found = Optional[Tuple[str, str]]


def in_force(host: Host, file: str, section: str, name: str) -> Found:
    """Return (value, place) of a setting now; what the next boot changes, for /run does not last, is a part of the text."""
    base = file.rsplit("/etc/", 1)[-1]
    paths = _paths(host, base, ROOTS)
    said = _on_command_line(host, base, name)
    if said is not None:
        return said
    now = _last(host, paths, section, name)
    if not any(path.startswith("/run/") for path in paths):
        return now
    later = _last(host, _paths(host, base, [root for root in ROOTS if root != "/run/"]), section, name)
    if (now and now[0]) == (later and later[0]):
        return later
    text = "%s (until the next boot, then %s)" % (now[0] if now else "not set", later[0] if later else "not set")
    return text, (now or later or ("", file))[1]


def _on_command_line(host: Host, base: str, name: str) -> Found:
    """Return what the command line gives journald, behind all its files: the kernel's, in a container that of init."""
    argument = _JOURNALD_ARGUMENTS.get(name, "") if base == "systemd/journald.conf" else ""
    if not argument:
        return None
    place = "/proc/cmdline"
    if host.exists("/run/systemd/container"):
        place = "/proc/1/cmdline"
    text = host.read_text(place).replace("\0", " ") if host.exists(place) else ""
    if argument not in text.replace("-", "_"):
        return None
    found = last_value(split_line(text), argument)
    # Bare, it switches on.
    plain = found or "yes"
    return (plain, place + ":1") if found is not None and _TAKEN[name].match(plain) else None


def _paths(host: Host, base: str, roots: Sequence[str]) -> List[str]:
    mains = [root + base for root in roots if host.exists(root + base)][:1]
    if mains and not mains[0].startswith("/etc/") and version(host) < MAIN_ANYWHERE:
        mains = []
    return mains + snippets(host, [root + base + ".d" for root in roots])


def version(host: Host) -> int:
    found = re.match(r"systemd (\d+)", host.run(("systemctl", "--version")).stdout, re.ASCII)
    if found is None:
        raise ReadError("systemctl --version does not say which systemd this is")
    return int(found.group(1))


def _last(host: Host, paths: List[str], section: str, name: str) -> Found:
    found: Found = None
    for path in paths:
        text = snippet_text(host, path)
        need_newlines(path, text)
        for number, _last_number, line, group in ini_lines(text):
            if line.startswith("["):
                raise ReadError(
                    "%s:%d is no header of a section to systemd, which stops reading there; mend it"
                    % (printable(path), number)
                )
            key, sign, seen = line.partition("=")
            if sign and group == section and key.strip(SYSTEMD_BLANKS) == name:
                plain = seen.strip(SYSTEMD_BLANKS)
                if name not in _TAKEN or _TAKEN[name].match(plain):
                    found = (plain, "%s:%d" % (path, number)) if plain else None
    return found


def ini_lines(text: str) -> Iterator[Tuple[int, int, str, str]]:
    """Yield (first line number, last, line, section), comments gone and lines that end in a backslash joined."""
    section, pending, start = "", "", 0
    for number, raw in enumerate(split_lines(text[1:] if text.startswith("\ufeff") else text), 1):
        line = raw.strip(SYSTEMD_BLANKS)
        if line.startswith(("#", ";")):
            continue
        start = start or number
        # Two of them are one that is meant.
        if (len(line) - len(line.rstrip("\\"))) % 2:
            pending += line[:-1] + " "
            continue
        line, pending = pending + line, ""
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif line:
            yield start, number, line, section
        start = 0
