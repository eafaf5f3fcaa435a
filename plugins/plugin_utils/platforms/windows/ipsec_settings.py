# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``ipsec``: the connection security rules of Windows Firewall that are active, with the algorithms that they offer.

Rules and sets lie in two stores, that of all policies together and the machine's own. How they are merged is [MS-FASP] 3.1.3 (and 2.2.38 for
`AllowLocalIPsecPolicyMerge`): the rules of both count, unless a policy leaves out local ones in each of a rule's profiles, and of the set for
all rules that of policies goes before the local one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import connection_rules, crypto_sets, kept
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.connection_rules import ConnectionRule
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)

_POLICY, _LOCAL = "policy", "local"
_STORES = (_POLICY, _LOCAL)
_MOST = 1000
_EXEMPT = "do_not_secure"


def ipsec(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{rules, exchange, default}``; absent where no rule is active.

    ``rules``: ``{name, store, action, encrypts, packets}`` of each, ``packets`` with ``{protocol, encryption, integrity, forward_secrecy}`` of each
    suite. ``exchange``: ``{encryption, integrity, key_exchange}`` of each suite by which any rule may exchange keys. ``default``: the suites of both
    that hold for rules without a set of their own.
    """
    stores = {name: _mapping(part(seen, name), name) for name in _STORES}
    rules = [
        (store, rule)
        for store in _STORES
        for rule in _rules(stores[store], "connection", connection_rules.CONNECTION)
        if rule.active
    ]
    merge = part(seen, "merge")
    left_out = _left_out(merge) if any(store == _LOCAL for store, _rule in rules) else frozenset()
    # A rule counts where any of its profiles takes it.
    counted = [one for one in rules if one[0] == _POLICY or not set(one[1].profiles) <= left_out]
    if not counted:
        return absent(seen)
    return value(_document(stores, counted), seen)


def _document(stores: Mapping[str, Mapping[str, Any]], rules: list[tuple[str, ConnectionRule]]) -> dict[str, Any]:
    sets = {phase: _Sets(phase, stores) for phase in crypto_sets.PRIMARY}
    negotiate = any(rule.action != _EXEMPT for _store, rule in rules)
    return {
        "rules": [_told(store, rule, sets["packets"]) for store, rule in rules],
        "exchange": _exchange(stores, sets["exchange"]) if negotiate else [],
        "default": {phase: sets[phase].primary() for phase in sets} if negotiate else {},
    }


def _told(store: str, rule: ConnectionRule, sets: _Sets) -> dict[str, Any]:
    packets = [] if rule.action == _EXEMPT else sets.named(rule)
    return {
        "name": rule.name,
        "store": store,
        "action": rule.action,
        # Without any cipher among its suites a rule is meant to tell who speaks, not to hide what is said.
        "encrypts": any(suite["encryption"] != crypto_sets.NONE for suite in packets),
        "packets": packets,
    }


def _exchange(stores: Mapping[str, Mapping[str, Any]], sets: _Sets) -> crypto_sets.Suites:
    """Return what keys may be exchanged by: the set for all rules, and those of active main mode rules, whichever addresses they are for."""
    found = sets.primary()
    for store in _STORES:
        for rule in _rules(stores[store], "main_mode", connection_rules.MAIN_MODE):
            if rule.active:
                found += [suite for suite in sets.named(rule) if suite not in found]
    return found


class _Sets:
    """The sets of one phase in both stores. A set is read where a rule names it: one that nobody uses spoils nothing."""

    def __init__(self, phase: str, stores: Mapping[str, Mapping[str, Any]]) -> None:
        self._phase = phase
        self._primary = crypto_sets.PRIMARY[phase]
        self._given = {name: _mapping(store.get(phase), phase) for name, store in stores.items()}

    def named(self, rule: ConnectionRule) -> crypto_sets.Suites:
        """Return the suites of the set that a rule names. Where both stores have it, which one counts nobody says, so that each does."""
        identity = rule.crypto.lower()
        if not identity:
            raise HipaaCisError(f"the rule {rule.name} names no set of algorithms")
        if identity == self._primary:
            return self.primary()
        found = [suite for store in _STORES for suite in self._suites(store, identity)]
        if not found:
            raise HipaaCisError(f"the set of algorithms {rule.crypto[:60]} of the rule {rule.name} is not there")
        return found

    def primary(self) -> crypto_sets.Suites:
        """Return the suites of the set for all rules: of policies, else the machine's own, else those that Windows brings."""
        for store in _STORES:
            # A policy cannot keep it by its own id ([MS-GPFAS] 2.2.5): a value of that name says by which.
            renamed = kept.value(self._given[store].get("renamed"), f"{self._primary} of {self._phase}", "REG_SZ")
            identity = renamed.lower() if isinstance(renamed, str) else self._primary
            found = self._suites(store, identity)
            if renamed is not None and not found:
                raise HipaaCisError(
                    f"the set of algorithms {identity[:60]}, which is to hold for all rules, is not there"
                )
            if found:
                return found
        return crypto_sets.built_in(self._phase)

    def _suites(self, store: str, identity: str) -> crypto_sets.Suites:
        return [
            suite
            for given in _list(self._given[store], "sets")
            if str(_mapping(given, "set").get("id")).lower() == identity
            for suite in crypto_sets.read(self._phase, given)
        ]


def _rules(store: Mapping[str, Any], which: str, known: frozenset[str]) -> Iterator[ConnectionRule]:
    for given in _list(store, which):
        identity = _mapping(given, "rule").get("id")
        text = kept.value(given.get("value"), f"{str(identity)[:100]} of {which} rules", "REG_SZ")
        if not isinstance(identity, str) or not isinstance(text, str):
            raise HipaaCisError(f"the host's answer has a {which} rule without a name or text")
        yield connection_rules.read(identity, text, known)


def _left_out(given: Any) -> frozenset[str]:
    """Return the profiles in which a policy leaves out the machine's own rules; without a value they count ([MS-FASP], note <13>)."""
    merge = _mapping(given, "merge")
    found = set()
    for profile in connection_rules.PROFILES:
        allowed = kept.number(merge, profile.lower())
        if allowed not in (None, 0, 1):
            raise HipaaCisError(f"AllowLocalIPsecPolicyMerge is {allowed}, which no Windows knows")
        if allowed == 0:
            found.add(profile)
    return frozenset(found)


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    found = given.get(name)
    if not isinstance(found, list) or len(found) > _MOST:
        raise HipaaCisError(f"the host's answer has no list of '{name}', or more than {_MOST} of them")
    return found


def _mapping(given: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise HipaaCisError(f"the host's answer has no mapping for '{what}'")
    return given
