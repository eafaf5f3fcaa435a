# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `authselect`: the profile and features in use, and which of its files somebody changed by hand."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.authselect_template import lines_of, plain

FOLDER = "/etc/authselect"
CONFIGURATION = FOLDER + "/authselect.conf"
PROGRAM = "/usr/bin/authselect"
PROFILES = ("/usr/share/authselect/default", "/usr/share/authselect/vendor")
NSSWITCH = "nsswitch.conf"
_PROFILE = re.compile(r"(?:custom/)?\w[\w.-]{0,100}\Z", re.ASCII)
# File of a profile -> the link that leads to what is made of it.
LINKS = {
    **{name: "/etc/pam.d/" + name for name in ("system-auth", "password-auth", "fingerprint-auth", "smartcard-auth", "switchable-auth", "postlogin")},
    NSSWITCH: "/etc/nsswitch.conf",
    "dconf-db": "/etc/dconf/db/distro.d/20-authselect",
    "dconf-locks": "/etc/dconf/db/distro.d/locks/20-authselect",
}  # fmt: skip


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{profile, features, custom, altered, not_linked}`; ``profile`` null where authselect is there and chose nothing.

    Absent where there is no authselect. ``altered``: files that are not what profile and features make; ``not_linked``: those that
    the system does not take from authselect.
    """
    if not host.exists(PROGRAM) and not host.exists(CONFIGURATION):
        return [absent(CONFIGURATION)] * len(addresses)
    seen = _observe(host)
    return [value(seen, CONFIGURATION)] * len(addresses)


def _observe(host: Host) -> Dict[str, Any]:
    try:
        rows = [row for row in split_lines(host.read_text(CONFIGURATION)) if row]
    except NotFound:
        rows = []
    if not rows:
        return {"profile": None, "features": [], "custom": False, "altered": [], "not_linked": []}
    profile, features = rows[0], rows[1:]
    folder = _folder(host, profile)
    names = [name for name in LINKS if _optional(host, "%s/%s" % (folder, name)) is not None]
    return {
        "profile": printable(profile),
        "features": [printable(name) for name in sorted(features)],
        "custom": profile.startswith("custom/"),
        "altered": [name for name in names if not _is_as_made(host, folder, name, features)],
        "not_linked": [LINKS[name] for name in names if not _is_linked(host, name)],
    }


def _folder(host: Host, profile: str) -> str:
    if not _PROFILE.match(profile):
        raise ReadError("%s names a profile that cannot be one; run authselect select" % CONFIGURATION)
    places = [FOLDER + "/" + profile] if profile.startswith("custom/") else [top + "/" + profile for top in PROFILES]
    found = next((place for place in places if host.exists(place)), None)
    if found is None:
        raise ReadError(
            "%s names the profile %s, which is not there; run authselect select" % (CONFIGURATION, printable(profile))
        )
    return found


def _is_as_made(host: Host, folder: str, name: str, features: Sequence[str]) -> bool:
    wanted = lines_of(_optional(host, "%s/%s" % (folder, name)) or "", features)
    text = _optional(host, "%s/%s" % (FOLDER, name))
    if text is None:
        return False
    made = plain(text)
    if name != NSSWITCH:
        return made == wanted
    # Releases before 1.3 add databases of /etc/authselect/user-nsswitch.conf that the profile does not have.
    databases = {line.partition(":")[0].rstrip(" ") for line in wanted}
    return [line for line in made if line.partition(":")[0].rstrip(" ") in databases] == wanted


def _is_linked(host: Host, name: str) -> bool:
    try:
        return host.read_link(LINKS[name]) == "%s/%s" % (FOLDER, name)
    except ReadError:
        return False


def _optional(host: Host, path: str) -> Optional[str]:
    try:
        return host.read_text(path)
    except NotFound:
        return None
