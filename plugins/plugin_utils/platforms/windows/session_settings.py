# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``screen_lock``, ``smart_card``, ``rdp_session`` and ``credential_guard``: what guards the sessions of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import kept, service_settings
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)

ACTIVE, SECURE, SECONDS, SAVER = "ScreenSaveActive", "ScreenSaverIsSecure", "ScreenSaveTimeOut", "SCRNSAVE.EXE"
# What cards are for, by the site's word; none is said where it is empty.
USES = ("", "removal", "logon")
# Seconds between the screen saver and the password where nothing else is said.
OWN_GRACE = 5
# Policy "Interactive logon: Smart card removal behavior"; without a value nothing happens.
REMOVALS = {"0": "nothing", "1": "lock", "2": "log_off", "3": "disconnect"}
# Win32_TSGeneralSetting: SecurityLayer, MinEncryptionLevel.
LAYERS = {0: "rdp", 1: "negotiate", 2: "tls"}
LEVELS = {1: "low", 2: "client_compatible", 3: "high", 4: "fips"}
# Win32_DeviceGuard: SecurityServices* has 1 for Credential Guard; VirtualizationBasedSecurityStatus.
CREDENTIAL_GUARD = 1
VBS = {0: "off", 1: "enabled", 2: "running"}


def screen_lock(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return ``[{sid, in_force, configured}]`` in seconds, of each user who is logged on; a part is missing where nothing locks.

    ``in_force``: the machine's limit or the screen saver, whichever comes first, with the time that it asks for no password yet.
    ``configured``: without what is the user's own choice.
    """
    if address.get("shared_limit") == 0:
        return {
            "state": "unseen",
            "reason": "the site has not said in windows_shared_lock_seconds that several people share this host",
        }
    machine = kept.number({"InactivityTimeoutSecs": part(seen, "machine")}, "InactivityTimeoutSecs") or 0
    grace = _grace(part(seen, "grace"))
    users = part(seen, "users")
    if not users and machine:
        return value([{"sid": "whoever logs on", "in_force": machine + grace, "configured": machine + grace}], seen)
    if not users:
        return {
            "state": "unseen",
            "reason": "nobody but the account of this audit is logged on, and the machine has no limit of its own",
        }
    return value([_user(machine, grace, user) for user in users], seen)


def _grace(answered: Any) -> int:
    """Return for how many seconds the screen saver asks for no password yet, beyond Windows' own five."""
    given = kept.value(answered, "ScreenSaverGracePeriod", "REG_SZ", "REG_DWORD")
    if isinstance(given, str):
        # Who reads no number there goes by his own.
        given = int(given) if given.isascii() and given.isdigit() and len(given) < 11 else None
    return max(given - OWN_GRACE, 0) if isinstance(given, int) else 0


def _user(machine: int, grace: int, user: Mapping[str, Any]) -> dict[str, Any]:
    policy = {name: kept.text(user["policy"], name) for name in (ACTIVE, SECURE, SECONDS, SAVER)}
    own = {name: kept.text(user["own"], name) for name in policy}
    both = {name: own[name] if policy[name] is None else policy[name] for name in policy}
    found = user["saver_found"]
    # Microsoft: the machine's limit locks by way of the screen saver, which must not be switched off for it.
    limit = 0 if both[ACTIVE] == "0" else machine
    in_force = [limit, _saver(both, found["own" if policy[SAVER] is None else "policy"], limit)]
    configured = [limit, _saver(policy, found["policy"], limit)]
    told = {"in_force": in_force, "configured": configured}
    return {
        "sid": user["sid"],
        **{name: min(filter(None, given)) + grace for name, given in told.items() if any(given)},
    }


def _saver(values: Mapping[str, str | None], found: Any, limit: int) -> int:
    """Return after how many seconds a screen saver locks; 0 where it does not."""
    seconds = values[SECONDS] or ""
    # Microsoft: where the machine has a limit each screen saver locks, also one that was told not to.
    secure = values[SECURE] == "1" or limit > 0
    locks = values[ACTIVE] == "1" and secure and values[SAVER] and found is True
    return int(seconds) if locks and seconds.isascii() and seconds.isdigit() and len(seconds) < 10 else 0


def smart_card(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return ``{use, removal, demanded, start, status}``: what the site says, what a removal does, whether each logon needs a card, the service."""
    values = {"ScRemoveOption": part(seen, "removal"), "ScForceOption": part(seen, "demanded")}
    if address.get("use", "") not in USES:
        raise HipaaCisError(unknown("use of cards in windows_smart_cards:", address["use"], filter(None, USES)))
    removal = kept.text(values, "ScRemoveOption")
    removal = "0" if removal is None else removal
    if removal not in REMOVALS:
        raise HipaaCisError(f"ScRemoveOption is '{removal[:40]}', which Windows does not know")
    document = {
        "use": address.get("use", ""),
        "removal": REMOVALS[removal],
        "demanded": kept.number(values, "ScForceOption") == 1,
    }
    service = part(seen, "service")
    if service is not None:
        told = service_settings.service({}, {}, {"state": "value", "value": service})["value"]
        document.update({name: told[name] for name in ("start", "status") if name in told})
    return value(document, seen)


def rdp_session(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{accepts, idle_seconds, disconnected_seconds, nla, security_layer, encryption, by}``; a time is missing where it has no end.

    The machine's policy comes first, then for times a user's own policy, then the listeners, of which the weakest counts; what they leave to
    accounts has no end here.
    """
    policy, server = part(seen, "policy"), part(seen, "server")
    listeners = _listeners(part(seen, "listeners"))
    users = [user["values"] for user in part(seen, "users")]
    by: dict[str, str] = {}
    denied = _first(by, "accepts", "fDenyTSConnections", policy, server)
    # Who says nothing is taken to accept: nobody has then shown that it is off.
    document: dict[str, Any] = {"accepts": denied in (None, 0)}
    for name, key in (("idle", "MaxIdleTime"), ("disconnected", "MaxDisconnectionTime")):
        seconds = _seconds(by, name, key, policy, listeners, users)
        if seconds:
            document[f"{name}_seconds"] = seconds
    nla = _weakest(by, "nla", "UserAuthentication", policy, listeners)
    document["nla"] = nla is not None and nla != 0
    for name, key, names in (("security_layer", "SecurityLayer", LAYERS), ("encryption", "MinEncryptionLevel", LEVELS)):
        number = _weakest(by, name, key, policy, listeners)
        if number is not None:
            document[name] = _named(names, number, key)
    return value({**document, "by": by}, seen)


def _listeners(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the listeners that are not switched off, by name."""
    return {name: values for name, values in sorted(given.items()) if kept.number(values, "fEnableWinStation") != 0}


def _weakest(
    by: dict[str, str], name: str, key: str, policy: Mapping[str, Any], listeners: Mapping[str, Mapping[str, Any]]
) -> int | None:
    """Return what the policy says, else the smallest number of a listener's; None where one of them says nothing."""
    found = kept.number(policy, key)
    if found is not None:
        by[name] = "policy"
        return found
    numbers = {one: kept.number(values, key) for one, values in listeners.items()}
    if not numbers or None in numbers.values():
        return None
    by[name], least = min(
        ((one, number) for one, number in numbers.items() if number is not None), key=lambda one: one[1]
    )
    return least


def _first(by: dict[str, str], name: str, key: str, policy: Mapping[str, Any], other: Mapping[str, Any]) -> int | None:
    for place, values in (("policy", policy), ("machine", other)):
        found = kept.number(values, key)
        if found is not None:
            by[name] = place
            return found
    return None


def _seconds(
    by: dict[str, str],
    name: str,
    key: str,
    policy: Mapping[str, Any],
    listeners: Mapping[str, Mapping[str, Any]],
    users: list[Any],
) -> int:
    """Return a time in begun seconds; 0 where it has no end, be it for one user."""
    of_machine = kept.number(policy, key)
    if of_machine is not None:
        by[name] = "policy"
        return -(-of_machine // 1000)
    # Without the value a listener leaves it to the accounts (fInherit), as 1 does.
    of_listeners = {
        one: 0 if kept.number(values, f"fInherit{key}") != 0 else kept.number(values, key) or 0
        for one, values in listeners.items()
    }
    times = [*of_listeners.values()] or [0]
    # The weakest is named: one without an end, else the one with the longest time.
    by[name] = max(of_listeners, key=lambda one: (not of_listeners[one], of_listeners[one]), default="")
    for user in users:
        of_user = kept.number(user, key)
        if of_user is not None:
            by[name] += ", user policy" if "user" not in by[name] else ""
            times.append(of_user)
    return -(-max(times) // 1000) if all(times) else 0


def credential_guard(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{configured, running, vbs: off|enabled|running}``; absent where this Windows has no class that tells it."""
    if seen["state"] == "absent":
        return absent(seen)
    document = {name: CREDENTIAL_GUARD in part(seen, name) for name in ("configured", "running")}
    return value({**document, "vbs": _named(VBS, part(seen, "vbs"), "VirtualizationBasedSecurityStatus")}, seen)


def _named(names: Mapping[int, str], number: Any, what: str) -> str:
    if isinstance(number, bool) or number not in names:
        raise HipaaCisError(f"{what} is {str(number)[:40]}, which Windows does not have")
    return names[number]
