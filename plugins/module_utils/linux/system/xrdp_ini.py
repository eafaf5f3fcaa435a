# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of xrdp and its sesman (xrdp.ini, sesman.ini), as common/file.c of xrdp reads them."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

# What is behind is not read, of the file and from a longer line on.
MAX_FILE, MAX_LINE = 32 * 1024, 2048
# Anywhere in a line, also in a value.
_SECTION = re.compile(r"\[([^\[\]]*)\]")
_COMMENT = re.compile("[#;]")
_TRIMMED = "".join(map(chr, range(33)))


def setting(host: Host, file: str, section: str, name: str) -> Optional[Tuple[str, str]]:
    """Return (value, place) of the last line of a name in the first section of a name, or None; a line without a sign sets nothing, as ``name=`` does.

    Case does not count, of neither name. ``$NAME`` is a variable of xrdp's own environment and shown as it stands.
    """
    try:
        text = host.read_bytes(file)[:MAX_FILE].decode("latin-1")
    except NotFound:
        return None
    inside, found = False, None
    for number, ended in enumerate(text.split("\n"), 1):
        for whole in ended.split("\r"):
            line = _COMMENT.split(whole, maxsplit=1)[0]
            if len(line) >= MAX_LINE:
                return found
            line = line.partition("\0")[0]
            head = _SECTION.search(line)
            # xrdp adds up where the name begins and where it ends: from the middle of a line of 2 KiB on it sees none.
            if head and sum(head.span(1)) >= MAX_LINE:
                head = None
            if head and inside:
                return found
            if head:
                inside = lowered(head.group(1)) == lowered(section)
            elif inside and line:
                key, _sign, seen = line.partition("=")
                if lowered(key.strip(_TRIMMED)) == lowered(name):
                    shown = seen.strip(_TRIMMED).encode("latin-1").decode("utf-8", "backslashreplace")
                    found = (shown, "%s:%d" % (file, number))
    return found
