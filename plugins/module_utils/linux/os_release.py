# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says that it is: os-release(5), read as the manual page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Dict, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

PLACES = ("/etc/os-release", "/usr/lib/os-release")


def read_release(host: Host) -> Tuple[Dict[str, str], str]:
    """Return key -> value, and the file; nothing and "" where none can be read."""
    for path in PLACES:
        try:
            text = host.read_text(path)
        except ReadError:
            continue
        release: Dict[str, str] = {}
        for line in split_lines(text):
            name, sign, value = line.strip(BLANKS).partition("=")
            if sign and not name.startswith("#"):
                quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
                release[name] = re.sub(r"\\([\\$\"'`])", r"\1", value[1:-1] if quoted else value)
        return release, path
    return {}, ""
