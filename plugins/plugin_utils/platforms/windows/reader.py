# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a Windows host, from the raw material that it sends: one function for each kind of `catalog/platforms/windows.yml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import (
    account_settings,
    acl_settings,
    antivirus_settings,
    audit_settings,
    bitlocker_settings,
    file_audit_settings,
    file_settings,
    ipsec_settings,
    laps_settings,
    log_settings,
    network_settings,
    password_settings,
    policy_settings,
    powershell_settings,
    program_settings,
    registry_settings,
    release,
    security_settings,
    service_account_settings,
    service_settings,
    session_settings,
    tls_settings,
    update_settings,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    error,
    value,
)


# Each makes of a host's facts (`windows`), the address of a setting, and what was answered, an observation. Raises `HipaaCisError`.
def _domain_role(facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return what the host is to a domain: ``domain_controller``, ``member`` or ``stand_alone``, by its facts; not by what was answered."""
    role = release.role(facts)
    if role == release.UNKNOWN_ROLE:
        raise HipaaCisError("the host does not say whether it is a member of a domain")
    return value(role, {**seen, "source": "Win32_ComputerSystem"})


_Read = Callable[[Mapping[str, Any], Address, Observation], Observation]
READERS: Mapping[str, _Read] = {
    "account": account_settings.account,
    "audit_policy": audit_settings.audit_policy,
    "bitlocker": bitlocker_settings.bitlocker,
    "credential_guard": session_settings.credential_guard,
    "defender": antivirus_settings.defender,
    "domain_role": _domain_role,
    "efs": file_settings.efs,
    "event_log": log_settings.event_log,
    "file_acl": acl_settings.file_acl,
    "file_audit": file_audit_settings.file_audit,
    "firewall_profile": network_settings.firewall_profile,
    "installed_update": update_settings.installed_update,
    "ipsec": ipsec_settings.ipsec,
    "laps": laps_settings.laps,
    "ldap_server": network_settings.ldap_server,
    "log_forwarding": log_settings.log_forwarding,
    "password_settings": password_settings.password_settings,
    "policy_source": policy_settings.policy_source,
    "powershell_logging": powershell_settings.powershell_logging,
    "rdp_session": session_settings.rdp_session,
    "registry": registry_settings.registry,
    "registry_acl": acl_settings.registry_acl,
    "schannel": tls_settings.schannel,
    "screen_lock": session_settings.screen_lock,
    "security_policy": security_settings.security_policy,
    "service": service_settings.service,
    "service_account": service_account_settings.service_account,
    "shadow_copy": file_settings.shadow_copy,
    "smart_card": session_settings.smart_card,
    "smb": network_settings.smb,
    "time_source": program_settings.time_source,
    "tls_cipher_suites": tls_settings.tls_cipher_suites,
    "user_registry": registry_settings.user_registry,
    "user_right": security_settings.user_right,
    "vpn": network_settings.vpn,
    "windows_feature": update_settings.windows_feature,
    "windows_support": update_settings.windows_support,
    "winrm": program_settings.winrm,
}


class Reader:
    """Reads what one host answered. ``facts``: what it says of itself."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts: Mapping[str, Any] = facts.get("windows", {})

    def read(self, kind: str, address: Address, seen: Observation) -> Observation:
        """Return the observation of a setting; what is wrong with it is an error of its own."""
        if seen.get("state") not in ("value", "absent"):
            return seen
        try:
            return READERS[kind](self._facts, address, seen)
        except HipaaCisError as problem:
            return error(problem, seen)


def why_unsupported(facts: Mapping[str, Any]) -> str:
    """Return why a host's Windows is not audited here, or cannot be told; empty where it is one that is."""
    try:
        release.windows(facts.get("windows"))
    except HipaaCisError as problem:
        return str(problem).rstrip(".")
    return ""


def why_no_role(facts: Mapping[str, Any]) -> str:
    """Return why a host does not say in which role it is; empty where it does."""
    return str(facts.get("domain_role_unknown", ""))
