# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/login.defs and /etc/default/useradd as the shadow utilities read them (login.defs(5), useradd(8))."""

from __future__ import annotations

import re
from typing import Dict, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    SPACES_AND_TABS,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

PATH = "/etc/login.defs"
_INACTIVE = re.compile(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z")


def settings_of(host: Host) -> Dict[str, Tuple[str, int]]:
    """Return name -> (value, line). A file that is missing sets nothing."""
    try:
        text = host.read_text(PATH)
    except NotFound:
        return {}
    result: Dict[str, Tuple[str, int]] = {}
    for number, raw in enumerate(split_lines(text), 1):
        # Only spaces and tabs part name and value, while other blanks go at the end.
        line = raw.rstrip(BLANKS).lstrip(SPACES_AND_TABS)
        # Only a whole line is a comment: the utilities take '#' behind a value as part of it.
        if not line or line.startswith("#"):
            continue
        name, *rest = words_of(line, 1, SPACES_AND_TABS)
        result[name] = (rest[0].lstrip(' "\t').partition('"')[0].strip(BLANKS) if rest else "", number)
    return result


def useradd_default(host: Host, path: str, name: str) -> Optional[Tuple[str, str]]:
    """Return what useradd takes from its file of defaults, and its place.

    It is no shell: a line begins with name and sign, and all behind that is the value. A number of days that useradd
    does not understand counts as -1, whatever stood before.
    """
    found: Optional[Tuple[str, str]] = None
    try:
        text = host.read_text(path)
    except NotFound:
        return None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(name + "="):
            seen = line[len(name) + 1 :]
            found = (_days(seen) if name == "INACTIVE" else seen, "%s:%d" % (path, number))
    return found


def _days(text: str) -> str:
    said = _INACTIVE.match(text)
    if said is None:
        return "-1"
    sign, digits = said.groups()
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits.startswith("0") else 10
    return str(max(-1, int(digits[:40], base) * (-1 if sign == "-" else 1)))
