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
DEBIAN, UBUNTU, RED_HAT = "/etc/debian_version", "/etc/lsb-release", "/etc/redhat-release"
# ID -> what its /etc/redhat-release says besides Red Hat: sites write that into those of rebuilds, for installers that take nothing else.
REBUILDS = {"rhel": "Red Hat", "ol": "Red Hat", "rocky": "Rocky", "almalinux": "AlmaLinux", "centos": "CentOS"}
# ID -> the file beside it in which the same package says the release, and how; one that is not finished has no number there.
WITNESSES = {
    "debian": (DEBIAN, r"([0-9]+)"),
    "ubuntu": (UBUNTU, r"(?s:.*^|)DISTRIB_RELEASE=\"?([0-9]+)"),
    **{name: (RED_HAT, r"(?:Red Hat|%s)[^\n]* release ([0-9]+)" % said) for name, said in REBUILDS.items()},
}
# ID -> (file of another system, what stands there). Ubuntu's DEBIAN has the name of the release that it is made of, and no number.
STRANGERS: Dict[str, Tuple[Tuple[str, str], ...]] = {
    "debian": ((UBUNTU, r"(?s:.*^|)DISTRIB_ID=\"?(Ubuntu)"),),
    "ubuntu": ((DEBIAN, r"([0-9]+\S*)"),),
    **{name: ((RED_HAT, r"(?!Red Hat|%s)([^\n]* release [0-9]+)" % said),) for name, said in REBUILDS.items()},
}
# And where the witness is not there, of what other systems always have.
INSTEAD = {"debian": RED_HAT, "ubuntu": RED_HAT, **dict.fromkeys(REBUILDS, DEBIAN)}


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
    _hear_witnesses(host, release, path)
    return release, path


def _hear_witnesses(host: Host, release: Dict[str, str], path: str) -> None:
    """Raise `ReadError` where what stands beside os-release names another release or another system."""
    name, version = release.get("ID", ""), release.get("VERSION_ID", "")
    if name not in WITNESSES:
        return
    witness, pattern = WITNESSES[name]
    own = _text(host, witness)
    says = _matched(pattern, own)
    if says and version and says != version.partition(".")[0]:
        raise _contradiction(release, path, "release " + says, witness)
    strangers = STRANGERS[name] + (((INSTEAD[name], r"([^\n]+)"),) if own is None else ())
    for stranger, told in strangers:
        says = _matched(told, _text(host, stranger))
        if says:
            raise _contradiction(release, path, says[:50], stranger)


def _matched(pattern: str, text: Optional[str]) -> str:
    found = re.match(pattern, text or "", re.MULTILINE | re.ASCII)
    return found.group(1) if found else ""


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
