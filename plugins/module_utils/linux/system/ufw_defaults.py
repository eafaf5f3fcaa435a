# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file of kernel parameters ufw applies when it starts at boot (ufw-framework(8))."""

from __future__ import annotations

from typing import Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

# Both are shell files, sourced in this order by ufw's start script.
FILES = ("/etc/default/ufw", "/etc/ufw/ufw.conf")
STARTED_BY = "/etc/systemd/system/*.wants/ufw.service"


def sysctl_file_at_boot(host: Host) -> Optional[str]:
    """Return the path of the file, or None where ufw does not start at boot or has none.

    Raises `ReadError` where the setting is more than a plain text.
    """
    if not any(host.exists(link) for link in host.glob(STARTED_BY)):
        return None
    if variable(host, "ENABLED") not in ("yes", "YES"):
        return None
    path = variable(host, "IPT_SYSCTL")
    return path if path and host.exists(path) else None


def variable(host: Host, name: str) -> str:
    """Return what ufw's files set a variable to, or nothing. Raises `ReadError` where that is more than a plain text."""
    found = ""
    for path in FILES:
        try:
            lines = host.read_text(path).split("\n")
        except NotFound:
            continue
        for line in lines:
            left, equals, right = line.strip(BLANKS).partition("=")
            if equals and left == name:
                found = _plain(path, right)
    return found


def _plain(path: str, text: str) -> str:
    text = text.strip(BLANKS)
    text = (
        text[1:-1]
        if text[:1] in ("'", '"') and text[:1] == text[-1:] and len(text) > 1
        else text.partition(" #")[0].rstrip(BLANKS)
    )
    if any(sign in text for sign in "$`\\\"'; "):
        raise ReadError("%s: %r is not a plain text" % (path, text))
    return text
