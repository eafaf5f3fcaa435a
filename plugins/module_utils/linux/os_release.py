# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says that it is: os-release(5), read as the manual page says, and what speaks against it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Dict, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

# The first that is there counts. It is a link to the other one as delivered, so where the two differ somebody has made one of his own.
PLACES = ("/etc/os-release", "/usr/lib/os-release")
NAMES = ("ID", "VERSION_ID")
# ID -> the file beside it in which the same package says the release, and how; one that is not finished has no number there.
WITNESSES = {
    "debian": ("/etc/debian_version", r"([0-9]+)"),
    "ubuntu": ("/etc/lsb-release", r"(?s:.*^|)DISTRIB_RELEASE=\"?([0-9]+)"),
    **dict.fromkeys(
        ("rhel", "rocky", "almalinux", "ol", "centos"), ("/etc/redhat-release", r"[^\n]* release ([0-9]+)")
    ),
}


def read_release(host: Host) -> Tuple[Dict[str, str], str]:
    """Return key -> value, and the file; nothing and "" where there is none.

    Raises `ReadError` where it cannot be read, and where another file of the host says that it is something else.
    """
    found = [(_parsed(text), path) for text, path in ((_text(host, path), path) for path in PLACES) if text is not None]
    if not found:
        return {}, ""
    release, path = found[0]
    for other, place in found[1:]:
        if any(release.get(name) != other.get(name) for name in NAMES):
            raise _contradiction(release, path, _told(other), place)
    witness, pattern = WITNESSES.get(release.get("ID", ""), ("", ""))
    says = re.match(pattern, _text(host, witness) or "", re.MULTILINE | re.ASCII) if witness else None
    version = release.get("VERSION_ID", "")
    if says and version and says.group(1) != version.partition(".")[0]:
        raise _contradiction(release, path, "release " + says.group(1), witness)
    return release, path


def _text(host: Host, path: str) -> Optional[str]:
    try:
        return host.read_text(path)
    except NotFound:
        return None


def _parsed(text: str) -> Dict[str, str]:
    release: Dict[str, str] = {}
    for line in split_lines(text):
        name, sign, value = line.strip(BLANKS).partition("=")
        if sign and not name.startswith("#"):
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            release[name] = re.sub(r"\\([\\$\"'`])", r"\1", value[1:-1] if quoted else value)
    return release


def _told(release: Dict[str, str]) -> str:
    return " ".join(release.get(name, "")[:50] for name in NAMES).strip(BLANKS) or "nothing"


def _contradiction(release: Dict[str, str], path: str, other: str, place: str) -> ReadError:
    return ReadError(
        "%s says %s and %s %s, so which system this is is not known; bring back the one that somebody has changed"
        % (path, _told(release), place, other)
    )
