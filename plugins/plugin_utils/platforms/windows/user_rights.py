# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Who holds a right: [Privilege Rights] of `secedit`'s export (MS-GPSB 2.2.6), as a set of SIDs.

`secedit` writes accounts of the machine by their names, on an English Windows too, and some groups as `domain\name`, all others as
`*S-1-...`, mixed within one line. It leaves out a right that nobody holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, words_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.inf import Inf, Section, fields
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sids import canonical
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

SECTION = "Privilege Rights"
# All that MS-GPSB and the constants of rights and privileges (win32) name; Windows takes them in any case.
RIGHTS = frozenset(
    words_of(
        """
    SeAssignPrimaryTokenPrivilege SeAuditPrivilege SeBackupPrivilege SeBatchLogonRight SeChangeNotifyPrivilege SeCreateGlobalPrivilege
    SeCreatePagefilePrivilege SeCreatePermanentPrivilege SeCreateSymbolicLinkPrivilege SeCreateTokenPrivilege SeDebugPrivilege
    SeDelegateSessionUserImpersonatePrivilege SeDenyBatchLogonRight SeDenyInteractiveLogonRight SeDenyNetworkLogonRight
    SeDenyRemoteInteractiveLogonRight SeDenyServiceLogonRight SeEnableDelegationPrivilege SeImpersonatePrivilege SeIncreaseBasePriorityPrivilege
    SeIncreaseQuotaPrivilege SeIncreaseWorkingSetPrivilege SeInteractiveLogonRight SeLoadDriverPrivilege SeLockMemoryPrivilege
    SeMachineAccountPrivilege SeManageVolumePrivilege SeNetworkLogonRight SeProfileSingleProcessPrivilege SeRelabelPrivilege
    SeRemoteInteractiveLogonRight SeRemoteShutdownPrivilege SeRestorePrivilege SeSecurityPrivilege SeServiceLogonRight SeShutdownPrivilege
    SeSyncAgentPrivilege SeSystemEnvironmentPrivilege SeSystemProfilePrivilege SeSystemtimePrivilege SeTakeOwnershipPrivilege SeTcbPrivilege
    SeTimeZonePrivilege SeTrustedCredManAccessPrivilege SeUndockPrivilege
    """
    )
)


def holders(export: Inf, right: str, accounts: Mapping[str, str]) -> frozenset[str]:
    """Return the SIDs of those who hold a right; nobody where the export leaves it out.

    ``accounts``: SIDs by the names of `names`, as the host itself resolved them. Raises `HipaaCisError` for a right that no Windows has,
    for a name without a SID (of this right alone), and where the export says of no right that anybody holds it: no Windows is so.
    """
    if lowered(right) not in {lowered(known) for known in RIGHTS}:
        raise HipaaCisError(unknown("right", right, RIGHTS))
    found = _section(export).one(right)
    if found is None:
        return frozenset()
    resolved = {lowered(name): sid for name, sid in accounts.items()}
    return frozenset(_holder(right, text, resolved) for text in fields(found.value))


def names(export: Inf) -> frozenset[str]:
    """Return all that stand in place of a SID, for which the host has to be asked."""
    settings = [setting for same in _section(export).settings.values() for setting in same]
    return frozenset(
        text for setting in settings for text in fields(setting.value) if text and not text.startswith("*")
    )


def _section(export: Inf) -> Section:
    found = export.section(SECTION)
    if found is None or not any(fields(setting.value) for same in found.settings.values() for setting in same):
        raise HipaaCisError(
            "secedit's export names no holder of any right. Connect as an administrator, and export the area USER_RIGHTS too."
        )
    return found


def _holder(right: str, text: str, accounts: Mapping[str, str]) -> str:
    by_sid = text.startswith("*")
    try:
        if not by_sid and lowered(text) not in accounts:
            raise HipaaCisError("the host knows no SID of that name. Remove the entry where the account is gone.")
        return canonical(text[1:] if by_sid else accounts[lowered(text)])
    except HipaaCisError as error:
        raise HipaaCisError(f"secedit's export: '{spelled_out(text[:80])}' holds {right}: {error}") from None
