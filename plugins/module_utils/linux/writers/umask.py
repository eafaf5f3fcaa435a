# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `umask`: pam_umask gives it to every session, on Debian's way (pam-auth-update)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import umask as reader
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_umask import MODULE
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import pam

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

SESSIONS = "/etc/pam.d/common-session*"
PROFILE = "hipaa-cis-umask"


def write(plan: ChangePlan, _address: Address, wanted: Any) -> None:
    """Have pam_umask give ``wanted`` (octal text) to all sessions; what something behind it decides is left to a person."""
    text = str(wanted)
    if not re.match(r"[0-7]{3,4}\Z", text):
        raise CannotFix("%r is no umask" % text[:60])
    behind = [row for row in _laxer(plan.host, text) if not row["from"].startswith(reader.PAM)]
    if behind:
        raise CannotFix("%s; change it there by hand so that it is %s" % (_said(behind), text))
    plain = {"pam": MODULE, "profile": PROFILE, "remove": ["usergroups"], "add": ["umask=" + text, "nousergroups"]}
    edited = any(MODULE in plan.host.read_text(path) for path in plan.host.glob(SESSIONS))
    pam.write(plan, {"glob": SESSIONS}, plain)
    left = _laxer(plan.host, text) if edited else []
    if left:
        raise CannotFix(
            "%s; bring `session optional %s umask=%s` into that stack by hand, behind what else sets it"
            % (_said(left), MODULE, text)
        )


def _laxer(host: Host, text: str) -> List[reader.Row]:
    """Return the ways that leave something open which ``text`` closes. Raises `CannotFix`."""
    seen = reader.read(host, [{}])[0]
    return [row for row in seen.value if int(row["umask"], 8) & int(text, 8) != int(text, 8)]


def _said(rows: List[reader.Row]) -> str:
    return ", ".join("%s: %s by %s" % (row["way"], row["umask"], row["from"]) for row in rows[:5])
