# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of a directory (sssd, winbind, LDAP, NIS) can't be listed: who would be shut out is not known then.

So changes of PAM, of access by SSH and of su are of the class `login` there, whatever their rule says. ``options``:
``allowed_disruption`` (classes that the site allows).
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.closing import SSHD_OPTIONS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import account_sources
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.name_services import PATH, elsewhere

LOGIN = "login"
PAM_FILES = ("/etc/pam.d/", "/etc/pam.conf", "/etc/security/")
# Who is let in from a directory is decided by these too.
MORE_SSHD_OPTIONS = frozenset({"authorizedkeyscommand", "authorizedkeysfile", "disableforwarding"})


def _beside_files(host: Host) -> List[str]:
    """Return the sources on this host, other than the files, that give it accounts or cannot be read."""
    try:
        return account_sources.places(host, "passwd")
    except ReadError as problem:
        return [str(problem)]


def refusals(host: Host, changes: Mapping[str, Sequence[Any]], options: Mapping[str, Any]) -> Dict[str, str]:
    """Return change -> why it needs the class `login` here, where that is not allowed or not what it was sent as."""
    concerned = [name for name, (kind, address, *_more) in changes.items() if _concerns_logins(kind, address)]
    from_elsewhere = (elsewhere(host) or _beside_files(host)) if concerned else []
    if not from_elsewhere or options.get("as_login"):
        return {}
    reason = (
        "accounts of this host come from elsewhere than /etc/passwd as well (%s in %s), and they are not looked at before a "
        "change, so it is not known whom this would shut out; here it is of the class login, which hipaa_cis_allow_disruption does not hold"
        % (printable(", ".join(from_elsewhere))[:100], PATH)
    )
    return dict.fromkeys(concerned, reason)


def _concerns_logins(kind: str, address: Address) -> bool:
    if kind == "sshd_option":
        return lowered(str(address.get("name", ""))) in SSHD_OPTIONS | MORE_SSHD_OPTIONS
    place = str(address.get("path") or address.get("glob") or address.get("file") or "")
    return kind in ("pam", "su_access") or (kind in ("file_lines", "text_setting") and place.startswith(PAM_FILES))
