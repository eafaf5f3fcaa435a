# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of a directory (sssd, winbind, LDAP, NIS) can't be listed: who would be shut out is not known then.

So changes of PAM, of access by SSH and of su are of the class `login` there, whatever their rule says. ``options``:
``allowed_disruption`` (classes that the site allows).
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.closing import SSHD_OPTIONS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, NotFound

NAME_SERVICES = "/etc/nsswitch.conf"
DATABASES = frozenset({"passwd", "group", "shadow", "initgroups"})
# What these give stands in files of this host, or is made up by systemd for its own services.
OF_THIS_HOST = frozenset({"files", "compat", "db", "systemd", "mymachines", "myhostname", "altfiles"})
LOGIN = "login"
PAM_FILES = ("/etc/pam.d/", "/etc/pam.conf", "/etc/security/")
# Who is let in from a directory is decided by these too.
MORE_SSHD_OPTIONS = frozenset({"authorizedkeyscommand", "authorizedkeysfile", "disableforwarding"})


def sources(host: Host) -> List[str]:
    """Return the services other than this host's own files that give it accounts. Raises `ReadError`."""
    try:
        text = host.read_text(NAME_SERVICES)
    except NotFound:
        return []
    found: List[str] = []
    for line in text.split("\n"):
        database, _colon, services = line.split("#", 1)[0].partition(":")
        if lowered(database.strip(BLANKS)) in DATABASES:
            words = words_of(re.sub(r"\[[^]]*\]", " ", services))
            found += [word for word in words if lowered(word) not in OF_THIS_HOST and word not in found]
    return found


def refusals(host: Host, changes: Mapping[str, Sequence[Any]], options: Mapping[str, Any]) -> Dict[str, str]:
    """Return change -> why it needs the class `login` here, where that is not allowed or not what it was sent as."""
    concerned = [name for name, (kind, address, *_more) in changes.items() if _concerns_logins(kind, address)]
    from_elsewhere = sources(host) if concerned else []
    if not from_elsewhere or options.get("as_login"):
        return {}
    reason = (
        "accounts of this host come from a directory as well (%s in %s), which cannot be listed, so it is not known whom this "
        "would shut out; here it is of the class login, which hipaa_cis_allow_disruption does not hold"
        % (printable(", ".join(from_elsewhere))[:100], NAME_SERVICES)
    )
    return dict.fromkeys(concerned, reason)


def _concerns_logins(kind: str, address: Address) -> bool:
    if kind == "sshd_option":
        return lowered(str(address.get("name", ""))) in SSHD_OPTIONS | MORE_SSHD_OPTIONS
    place = str(address.get("path") or address.get("glob") or address.get("file") or "")
    return kind in ("pam", "su_access") or (kind in ("file_lines", "text_setting") and place.startswith(PAM_FILES))
