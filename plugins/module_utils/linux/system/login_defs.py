# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/etc/login.defs as the shadow utilities read it (login.defs(5))."""

from __future__ import annotations

from typing import Dict, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    SPACES_AND_TABS,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

PATH = "/etc/login.defs"


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
