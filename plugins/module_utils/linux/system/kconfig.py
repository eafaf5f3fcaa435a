# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file of KDE below /etc/xdg, as KConfig reads it before each user's own: what of it users cannot change (``[$i]``)."""

from __future__ import annotations

import re
from typing import List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

_IMMUTABLE = "$i"
# Of the key what stands before the first bracket, a blank before it included: "Timeout [$i]" is another key than "Timeout".
_KEY = re.compile(r"([^\[]+)((?:\[[^\]]*\][^\[]*)*)\Z")
_OPTION = re.compile(r"\[([^\]]*)\]")


def setting(host: Host, file: str, group: str, name: str) -> Optional[Tuple[str, str]]:
    """Return (value, place), or None where the file says nothing of the key.

    What users may change, and what holds in one language only, is shown with that, so that it equals nothing. Case counts
    everywhere. Raises `ReadError` where a name is written with a backslash.
    """
    try:
        lines = split_lines(host.read_text(file))
    except NotFound:
        return None
    here: List[str] = []
    whole_file = whole_group = fixed = False
    found: Optional[Tuple[str, str]] = None
    for number, line in enumerate((one.strip(BLANKS) for one in lines), 1):
        place = "%s:%d" % (file, number)
        if "\\" in line.partition("=")[0] and not line.startswith("#"):
            raise ReadError("%s: a name with a backslash is not followed; write the letter itself" % place)
        if line.startswith("["):
            parts = _group(line)
            if parts is None:
                continue
            here = parts[:-1] if parts[-1] == _IMMUTABLE else parts
            whole_file = whole_file or parts == [_IMMUTABLE]
            whole_group = whole_group or (here == [group] and parts[-1] == _IMMUTABLE)
            continue
        key, sign, seen = line.partition("=")
        named = _KEY.match(key.strip(BLANKS))
        if here != [group] or line.startswith("#") or named is None or named.group(1) != name:
            continue
        options = _OPTION.findall(named.group(2))
        language = next((one for one in options if not one.startswith("$")), None)
        if language is not None:
            return "%s (in the language %s)" % (seen.strip(BLANKS), language), place
        flags = "".join(one[1:] for one in options)
        if not fixed and ("d" in flags or sign):
            found = None if "d" in flags else (seen.strip(BLANKS), place)
            fixed = "i" in flags
    if found is None or fixed or whole_file or whole_group:
        return found
    return found[0] + " (users may change it)", found[1]


def _group(line: str) -> Optional[List[str]]:
    """Return the parts of ``[Containments][1][$i]``; None of a head without end, which changes nothing. What is behind the last bracket does not count."""
    parts: List[str] = []
    while line.startswith("["):
        name, end, line = line[1:].partition("]")
        if not end:
            return None
        parts.append(name)
    # With something behind it, [$i] is the name of a group.
    return [*parts, ""] if line and parts[-1] == _IMMUTABLE else parts
