# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a table of cron, and which tables Debian's cron takes: of one with a line that it does not understand it runs nothing.

Seen of cron 3.0pl1-162 and -197 (`crontab -n` says the same of a file), which say so in the log alone. cronie leaves out that line.
"""

from __future__ import annotations

import re
from typing import List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    SPACES_AND_TABS,
    is_number,
    lowered,
    words_of,
)

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMED = ("@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_Bounds = Tuple[int, int, Tuple[str, ...]]
_FIELDS: Tuple[_Bounds, ...] = (
    (0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, MONTHS), (0, 7, WEEKDAYS),
)  # fmt: skip
_LONGEST = 998
_QUOTED = r"""'[^']*'|"[^"]*\""""
# Its value is that of the group.
_VARIABLE = re.compile(
    r"""[ \t]*(?:%s|(?!['"])[^\s=]*)\s*=\s*((?:%s)\s*|(?!['"\s]).+|)\Z""" % (_QUOTED, _QUOTED), re.ASCII
)
_PART = re.compile(r"(?:\*|([A-Za-z0-9]+)(?:-([A-Za-z0-9]*))?)(?:/([A-Za-z0-9]*))?", re.ASCII)
_VERSION = re.compile(r"3\.0pl1-([0-9]+)", re.ASCII)
# Since then it takes a variable with nothing behind its sign (`MAILTO=`).
_TAKES_EMPTY = 187


def lines_run(host: Host, text: str, *, of_system: bool) -> List[str]:
    """Return the lines of a table of which cron runs the jobs; ``of_system``: each names the account."""
    lines = text.split("\n")
    if not host.exists("/usr/sbin/cron"):
        return [line for line in lines if not of_system or _is_user(host, _account(line))]
    return lines if all(_is_known(host, line, of_system) for line in lines) else []


def _account(line: str) -> str:
    """Return the account that a job of the system's tables names; root for what is no job."""
    fields = 1 if line.lstrip(SPACES_AND_TABS).startswith("@") else 5
    words = words_of(line, fields + 1, SPACES_AND_TABS)
    return words[fields] if len(words) > fields else "root"


def _is_user(host: Host, name: str) -> bool:
    if name == "root":
        return True
    # cron asks for a name, where getent takes a number too.
    if is_number(name) or name.startswith("-"):
        return False
    return host.run(["getent", "passwd", name], accept=(0, 2)).exit_code == 0


def _takes_empty(host: Host) -> bool:
    said = host.run(["dpkg-query", "--show", "--showformat", "${Version}", "cron"], accept=(0, 1)).stdout
    found = _VERSION.match(said)
    return bool(found and int(found.group(1)) >= _TAKES_EMPTY)


def _is_known(host: Host, line: str, of_system: bool) -> bool:
    bare = line.lstrip(SPACES_AND_TABS)
    variable = _VARIABLE.match(line)
    if not bare or bare.startswith("#"):
        return True
    if variable:
        return bool(variable.group(1)) or _takes_empty(host)
    named = bare.startswith("@")
    fields = 1 if named else 5
    words = words_of(bare, fields, SPACES_AND_TABS)
    times = words[0] in _NAMED if named else len(words) >= 5 and all(_is_field(*both) for both in zip(words, _FIELDS))
    command = "".join(words[fields:])
    if times and of_system:
        user, blank, command = command.replace("\t", " ").partition(" ")
        times = bool(blank) and _is_user(host, user)
    return times and len(command) <= _LONGEST


def _is_field(field: str, bounds: _Bounds) -> bool:
    for part in field.split(","):
        found = _PART.match(part)
        if not found or (found.group(1) and found.group(3) is not None and found.group(2) is None):
            return False
        for text in found.group(1, 2):
            if text is not None and not _is_number(text, *bounds):
                return False
        step = found.group(3)
        if step is not None and (not is_number(step) or not int(step)):
            return False
        # It passes over what stands behind a number up to the next blank: 5.5 is a 5.
        if found.end() < len(part):
            break
    return True


def _is_number(text: str, low: int, high: int, names: Sequence[str]) -> bool:
    return low <= int(text) <= high if is_number(text) else lowered(text) in names
