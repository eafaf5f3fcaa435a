# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``time_source`` and ``winrm``: what is in force of several values, the policy's before the program's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import kept, service_settings
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    part,
    value,
)

# Microsoft's page on the tools and settings of the time service, Type.
TYPES = {"nosync": "nothing", "ntp": "peers", "nt5ds": "domain", "allsync": "domain_and_peers"}
# Win32_ComputerSystem.DomainRole: members, other controllers, and the one that gives its domain the time (PDC emulator).
MEMBERS, MAIN_CONTROLLER = ("1", "3", "4"), "5"
ITSELF = re.compile(r"localhost|127\..*|::1|\.local")
# What WinRM does without a value (Microsoft's page on its installation and configuration, default settings).
WINRM_DEFAULTS = {
    "service_basic": False,
    "service_unencrypted": False,
    "client_basic": True,
    "client_unencrypted": False,
}
_LISTENER = re.compile(r"(.{1,80})\+(https?)", re.IGNORECASE)
_POLICY_PORT = 5985


def time_source(facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{source, type, by, peers, client, service}``.

    ``source``: `domain` or `peers`; `domain_or_itself` on the controller that gives its domain the time, which follows a domain above or its
    own clock alone; `none`. ``by``: `policy` or `own`. ``service``: running, by_trigger (a stand-alone host's, which Windows starts and
    ends), stopped or disabled, or not_installed.
    """
    policy, own = part(seen, "policy"), part(seen, "own")
    kind, by = _first(policy["Type"], own["Type"], "Type")
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        raise HipaaCisError(f"From where the time comes is not known: W32Time's Type is '{str(kind)[:40]}'.")
    named, _by = _first(policy["NtpServer"], own["NtpServer"], "NtpServer")
    peers = [peer for peer in (one.split(",")[0] for one in str(named or "").split()) if peer]
    client, _by = _first(part(seen, "client_policy"), part(seen, "client"), "Enabled", "REG_DWORD")
    role = str(facts.get("domain_role", ""))
    found: dict[str, Any] = {"source": _source(TYPES[kind.lower()], peers, role) if client == 1 else "none"}
    found.update(type=kind, by=by, peers=peers[:20], client="on" if client == 1 else "off")
    found["service"] = _service(seen, role)
    return value(found, seen)


def winrm(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{service_basic, service_unencrypted, client_basic, client_unencrypted, by, listeners, http_listener, service}``.

    The first four are `on` or `off`, as in force, and ``by`` has for each `policy`, `own` or `default`. ``listeners``: ``{transport,
    address, port, certificate, by}`` of those that are switched on; an https one without a certificate of its own takes one that fits the name.
    """
    policy, own = part(seen, "policy"), part(seen, "own")
    found: dict[str, Any] = {}
    decided: dict[str, str] = {}
    for side in ("service", "client"):
        for name, of_policy, of_own in (
            ("basic", "AllowBasic", "auth_basic"),
            ("unencrypted", "AllowUnencryptedTraffic", "allow_unencrypted"),
        ):
            field = f"{side}_{name}"
            given, by = _first(policy[side][of_policy], own[side][of_own], of_own, "REG_DWORD")
            decided[field] = "default" if given is None else by
            found[field] = "on" if (WINRM_DEFAULTS[field] if given is None else given != 0) else "off"
    found["by"] = decided
    found["listeners"] = _listeners(seen, policy["service"]["AllowAutoConfig"])
    found["http_listener"] = "yes" if any(one["transport"] == "http" for one in found["listeners"]) else "no"
    found["service"] = _service(seen, "")
    return value(found, seen)


def _listeners(seen: Observation, by_policy: Any) -> list[dict[str, Any]]:
    found = []
    for one in part(seen, "listeners"):
        named = _LISTENER.fullmatch(str(one["name"]))
        if not named:
            raise HipaaCisError(f"WinRM has a listener of an unknown kind, '{str(one['name'])[:80]}'.")
        values = one["values"]
        # A listener without the value is switched on.
        if kept.value(values["enabled"], "enabled", "REG_DWORD") == 0:
            continue
        thumbprint = kept.value(values["certThumbprint"], "certThumbprint", "REG_SZ")
        shown = {
            "transport": named[2].lower(),
            "address": named[1],
            "port": kept.value(values["Port"], "Port", "REG_DWORD"),
        }
        found.append({**shown, "certificate": "yes" if thumbprint else "no", "by": "own"})
    if kept.value(by_policy, "AllowAutoConfig", "REG_DWORD") == 1:
        of_policy = {"transport": "http", "address": "*", "port": _POLICY_PORT, "certificate": "no", "by": "policy"}
        found.append(of_policy)
    return found


def _source(kind: str, peers: list[str], role: str) -> str:
    if kind in ("domain", "domain_and_peers") and role in MEMBERS:
        return "domain"
    if kind in ("peers", "domain_and_peers") and any(not ITSELF.fullmatch(peer.lower()) for peer in peers):
        return "peers"
    if kind in ("domain", "domain_and_peers") and role == MAIN_CONTROLLER:
        return "domain_or_itself"
    return "none"


def _service(seen: Observation, role: str) -> str:
    answered = part(seen, "service")
    if answered is None:
        return "not_installed"
    known = service_settings.service({}, {}, {"state": "value", "value": answered})["value"]
    if "disabled" in (known["start"], known["start_now"]):
        return "disabled"
    if known.get("status") in ("running", "starting"):
        return "running"
    return "by_trigger" if role in ("0", "2") and known["trigger_started"] else "stopped"


def _first(policy: Any, own: Any, name: str, kind: str = "REG_SZ") -> tuple[Any, str]:
    """Return the policy's value, else the program's own, else None, and whose it is."""
    given = kept.value(policy, name, kind)
    return (given, "policy") if given is not None else (kept.value(own, name, kind), "own")
