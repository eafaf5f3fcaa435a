# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``schannel`` and ``tls_cipher_suites``: which protocols Windows' own TLS speaks, and with which suites, in order.

Microsoft's page on TLS registry settings: Enabled 0 is off whatever a program asks for. With another number DisabledByDefault 0 is on,
and any other leaves the protocol to programs that ask for it. Without both Windows' default holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import kept, release
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)

ON, OFF, BY_REQUEST, NOT_THERE = "on", "off", "by_request", "not_there"
# "Protocols in TLS/SSL (Schannel SSP)", 2025-03-20, both sides alike: by the builds that its tables name. What a newer Windows does is not known.
_OLDER = (17763,)
_ALL = (17763, 20348, 22000, 22621, 22631, 26100)
_DEFAULTS: Mapping[str, Mapping[int, str]] = {
    "SSL 2.0": dict.fromkeys(_ALL, NOT_THERE),
    "SSL 3.0": dict.fromkeys(_ALL, BY_REQUEST),
    "TLS 1.0": dict.fromkeys(_ALL, ON),
    "TLS 1.1": dict.fromkeys(_ALL, ON),
    "TLS 1.2": dict.fromkeys(_ALL, ON),
    "TLS 1.3": {**dict.fromkeys(_ALL, ON), **dict.fromkeys(_OLDER, NOT_THERE)},
    "DTLS 1.0": dict.fromkeys(_ALL, ON),
    "DTLS 1.2": dict.fromkeys(_ALL, ON),
}
# SSL 2.0 was taken out of Windows 10 1607 and all that came after it.
_GONE = "SSL 2.0"


def schannel(facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return ``{in_force, configured}`` of a protocol as ``client`` or ``server``: on, off, by_request or not_there, each missing where nobody knows."""
    protocol = address["protocol"]
    known = part(seen, "protocols")
    given = known.get(f"{protocol} {address['side']}") if isinstance(known, Mapping) else None
    if not isinstance(given, Mapping):
        raise HipaaCisError(f"the host's answer has no protocol {protocol}")
    configured = _configured(kept.number(given, "enabled"), kept.number(given, "disabled_by_default"))
    default = NOT_THERE if protocol == _GONE else _DEFAULTS[protocol].get(release.windows(facts).build)
    if configured is None:
        # What this Windows cannot speak nobody has to switch off.
        found = {"in_force": default, "configured": default if default == NOT_THERE else None}
        note = "there is no value, so Windows goes by its own default"
    else:
        found, note = {"in_force": default if default == NOT_THERE else configured, "configured": configured}, ""
    found = {name: word for name, word in found.items() if word is not None}
    return value(found, seen, note) if found else absent(seen)


def tls_cipher_suites(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return the suites in order: those of the policy, and without one those of the machine's own list."""
    suites = part(seen, "suites")
    if not isinstance(suites, Mapping):
        raise HipaaCisError("the host's answer has no suites")
    policy = kept.value(suites.get("policy"), "Functions of the policy", "REG_SZ", "REG_EXPAND_SZ")
    if policy is not None:
        names = [name.strip() for name in str(policy).split(",")]
        if not all(names):
            raise HipaaCisError(
                "The policy's list of cipher suites is empty or has empty names, and what Windows does then is not known."
            )
        return value(names, seen, "the list of the policy")
    local = kept.value(suites.get("local"), "Functions of the machine's own list", "REG_MULTI_SZ")
    if not isinstance(local, tuple) or not local:
        raise HipaaCisError("Neither a policy nor the machine itself has a list of cipher suites.")
    return value([*local], seen, "the machine's own list, for no policy has one")


def _configured(enabled: int | None, disabled_by_default: int | None) -> str | None:
    """Return what both values say; None where they leave it to Windows."""
    if enabled == 0:
        return OFF
    if disabled_by_default is None:
        # The page says nothing of Enabled alone; what somebody has switched on is taken for on.
        return None if enabled is None else ON
    if disabled_by_default == 0:
        return ON
    return BY_REQUEST
