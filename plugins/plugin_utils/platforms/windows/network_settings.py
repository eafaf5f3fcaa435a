# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``firewall_profile``, ``smb``, ``ldap_server`` and ``vpn``: what guards the network, by words for Windows' numbers.

Numbers of CIM are those of the classes' own MOF, in which `NotConfigured` is a value of its own and no truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import kept, registry_value, release
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.service_settings import STARTS, STATES

# MSFT_NetFirewallProfile: GpoBoolean, and what is done with traffic that no rule is about.
_SWITCH = {0: "off", 1: "on", 2: "not_configured"}
_ACTIONS = {0: "not_configured", 2: "allow", 4: "block"}
_FIREWALL: Mapping[str, tuple[str, Mapping[int, str]]] = {
    "firewall": ("Enabled", _SWITCH),
    "inbound": ("DefaultInboundAction", _ACTIONS),
    "outbound": ("DefaultOutboundAction", _ACTIONS),
    "inbound_rules": ("AllowInboundRules", _SWITCH),
    "local_rules": ("AllowLocalFirewallRules", _SWITCH),
    "local_ipsec_rules": ("AllowLocalIPsecRules", _SWITCH),
    "unicast_responses": ("AllowUnicastResponseToMulticast", _SWITCH),
    "notifications": ("NotifyOnListen", _SWITCH),
    "log_allowed": ("LogAllowed", _SWITCH),
    "log_blocked": ("LogBlocked", _SWITCH),
}
# What the store says where no interface is left out.
_NO_INTERFACE = "NotConfigured"
_ON = {0: "off", 1: "on"}
_REQUIRED = {0: "not_required", 1: "required"}
# Smb2DialectMin: the dialect's own number (MS-SMB2 2.2.3), 0 for no minimum.
_DIALECTS = {0: "any", 0x0202: "2.0.2", 0x0210: "2.1", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}
_SMB: Mapping[str, Mapping[str, tuple[str, Mapping[int, str]]]] = {
    "server": {
        "smb1": ("EnableSMB1Protocol", _ON),
        "signing": ("RequireSecuritySignature", _REQUIRED),
        "encryption": ("EncryptData", _ON),
        "unencrypted": ("RejectUnencryptedAccess", {0: "allowed", 1: "refused"}),
        "min_dialect": ("Smb2DialectMin", _DIALECTS),
    },
    "client": {
        "signing": ("RequireSecuritySignature", _REQUIRED),
        "encryption": ("RequireEncryption", _REQUIRED),
        "guest_logons": ("EnableInsecureGuestLogons", {0: "refused", 1: "allowed"}),
        "min_dialect": ("Smb2DialectMin", _DIALECTS),
    },
}
# What each Windows tells; of the others some are newer than the oldest that is audited, and are left out where they are not told.
_ALWAYS = frozenset(("Enabled", "DefaultInboundAction", "EnableSMB1Protocol", "RequireSecuritySignature"))
_DISABLED = 4

# LdapEnforceChannelBinding. What holds without a value sources tell in two ways (never, when supported), so that nobody has said it.
_BINDING = {0: "never", 1: "when_supported", 2: "always"}
_ENFORCES = "windows_server_2025"


def firewall_profile(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{service, firewall, inbound, ...}`` of a profile that is in force; with its service stopped nothing is filtered."""
    found: dict[str, Any] = _service(part(seen, "service"))
    given = part(seen, "profile")
    if given is None:
        return value({**found, "firewall": "off"}, seen, "the firewall's service does not run")
    profile = _mapping(given, "profile")
    found.update(_told(profile, _FIREWALL))
    if found["service"] != "running":
        found["firewall"] = "off"
    if profile.get("LogMaxSizeKilobytes") is not None:
        found["log_max_kilobytes"] = _whole(profile, "LogMaxSizeKilobytes")
    found["log_file"] = ", ".join(_texts(profile, "LogFileName"))
    found["interfaces_left_out"] = [one for one in _texts(profile, "DisabledInterfaceAliases") if one != _NO_INTERFACE]
    return value(found, seen)


def smb(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return ``{service, start, smb1, signing, ...}`` of the SMB server or client; without a configuration, which a disabled one needs not tell, less."""
    found: dict[str, Any] = _service(part(seen, "service"))
    given = part(seen, "configuration")
    if given is None:
        if found["start"] != "disabled" or found["service"] != "stopped":
            raise HipaaCisError(f"the host does not tell how its SMB {address['side']} is configured")
    else:
        found.update(_told(_mapping(given, "configuration"), _SMB[address["side"]]))
    if address["side"] == "client":
        found["smb1"] = _smb1_of(part(seen, "driver"))
    return value(found, seen)


def ldap_server(facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return ``{in_force, configured}`` of what a domain controller demands of LDAP: ``signing`` or ``channel_binding``."""
    if seen["state"] == "absent":
        return absent(seen)
    product = release.windows(facts).product
    if address["what"] == "signing":
        found = _signing(product, _number(seen, "integrity"), _number(seen, "enforced"))
    else:
        binding = _number(seen, "channel_binding")
        word = None if binding is None else _word(_BINDING, binding, "LdapEnforceChannelBinding")
        found = {"in_force": word, "configured": word}
    found = {name: word for name, word in found.items() if word is not None}
    return value(found, seen) if found else absent(seen)


def vpn(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return a list of ``{name, tunnel, encryption, authentication, ...}``; absent where Windows has no connection for all users."""
    if seen["state"] == "absent":
        return absent(seen)
    given = part(seen, "connections")
    if not isinstance(given, list):
        raise HipaaCisError("the host's answer has no list of connections")
    return value([_connection(_mapping(one, "connection")) for one in given], seen) if given else absent(seen)


def _told(given: Mapping[str, Any], wanted: Mapping[str, tuple[str, Mapping[int, str]]]) -> dict[str, str]:
    """Return words for properties, without those that are not told, but for what each Windows tells."""
    return {
        name: _named(given, source, names)
        for name, (source, names) in wanted.items()
        if source in _ALWAYS or given.get(source) is not None
    }


def _service(given: Any) -> dict[str, Any]:
    service = _mapping(given, "service")
    if service.get("status") is None or service.get("start") is None:
        raise HipaaCisError(
            "the service manager does not list the service: it is not there, or this account may not ask about it"
        )
    return {"service": _named(service, "status", STATES), "start": _named(service, "start", STARTS)}


def _smb1_of(driver: Any) -> str:
    """Return whether the client speaks version 1: its driver is not there, or disabled and not loaded."""
    if driver is None:
        return "off"
    start, started = _whole(_mapping(driver, "driver"), "start"), driver.get("started")
    _word(STARTS, start, "start")
    if started is None:
        raise HipaaCisError("Windows does not tell whether the driver of SMB 1 is loaded")
    return "on" if _word(_ON, started, "started") == "on" or start != _DISABLED else "off"


def _signing(product: str, integrity: int | None, enforced: int | None) -> dict[str, str | None]:
    """Return what Server 2025's enforcement makes of the older value: it wins where it is on, and without any value it is."""
    if integrity is not None and integrity not in (0, 1, 2):
        raise HipaaCisError(f"LDAPServerIntegrity is {integrity}, which no Windows knows")
    if enforced is not None and enforced not in (0, 1):
        raise HipaaCisError(f"LDAPServerEnforceIntegrity is {enforced}, which no Windows knows")
    older = None if integrity is None else "required" if integrity == 2 else "not_required"
    if product != _ENFORCES:
        return {"in_force": older or "not_required", "configured": older}
    if enforced == 1:
        return {"in_force": "required", "configured": "required"}
    if enforced == 0:
        return {"in_force": older or "not_required", "configured": older or "not_required"}
    # An upgrade keeps what was, and a new domain demands it: an older value that does not, alone tells neither.
    return {"in_force": None if older == "not_required" else "required", "configured": older}


def _connection(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connection by the provider's own words, which no language translates, in small letters."""
    found: dict[str, Any] = {"name": ", ".join(_texts(given, "name"))}
    for name in ("tunnel", "encryption"):
        found[name] = ", ".join(_texts(given, name)).lower()
    found["authentication"] = [one.lower() for one in _texts(given, "authentication")]
    policy = given.get("policy")
    if policy is None:
        return {**found, "algorithms": "default"}
    own = _mapping(policy, "policy")
    return {
        **found,
        "algorithms": "policy",
        **{name: ", ".join(_texts(own, source)).lower() for name, source in _ALGORITHMS.items()},
    }


_ALGORITHMS = {
    "exchange_encryption": "EncryptionMethod",
    "exchange_integrity": "IntegrityCheckMethod",
    "exchange_group": "DHGroup",
    "packet_encryption": "CipherTransformConstants",
    "packet_integrity": "AuthenticationTransformConstants",
    "forward_secrecy": "PfsGroup",
}


def _number(seen: Observation, name: str) -> int | None:
    data = kept.value(part(seen, name), f"{name} of NTDS\\Parameters", "REG_DWORD")
    return data if isinstance(data, int) else None


def _mapping(given: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise HipaaCisError(f"the host's answer has no {what}")
    return given


def _whole(given: Mapping[str, Any], name: str) -> int:
    number = given.get(name)
    if not registry_value.is_whole(number):
        raise HipaaCisError(f"the host's answer has no number {name}")
    return number


def _named(given: Mapping[str, Any], name: str, names: Mapping[int, str]) -> str:
    return _word(names, _whole(given, name), name)


def _word(names: Mapping[int, str], number: Any, name: str) -> str:
    if not registry_value.is_whole(number) or number not in names:
        raise HipaaCisError(f"{name} is {str(number)[:40]}, which no Windows knows")
    return names[number]


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    texts = given.get(name)
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise HipaaCisError(f"the host's answer has no list of texts {name}")
    return texts
