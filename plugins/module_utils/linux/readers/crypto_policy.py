# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `crypto_policy`: the system-wide cryptographic policy, what it allows, and who does not take it."""

from __future__ import annotations

from typing import List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import crypto_followers, crypto_policies


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer a query; absent where the host has no such policy.

    ``policy``: `{configured, applied, base, modules, in_force, missing, altered, local, fips}`; ``allows`` with ``name`` and ``scope``: list of names;
    ``not_following``: `[{program, place, why}]`.
    """
    if not host.exists(crypto_policies.CONFIGURATION):
        return [absent(crypto_policies.CONFIGURATION)] * len(addresses)

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query == "policy":
            return _policy(host)
        if query == "allows":
            return _allows(host, address)
        if query == "not_following":
            host.need_root("What programs take of the cryptographic policy")
            return value(list(crypto_followers.not_following(host)), crypto_policies.BACK_ENDS)
        raise UsageError("unknown query %r; known: allows, not_following, policy" % query)

    return read_each(addresses, one)


def _policy(host: Host) -> Observation:
    stated = crypto_policies.policy(host, crypto_policies.CONFIGURATION)
    try:
        applied = crypto_policies.policy(host, crypto_policies.CURRENT)
    except NotFound:
        raise ReadError("%s does not exist; run update-crypto-policies" % crypto_policies.CURRENT) from None
    altered = crypto_policies.altered(host, applied)
    document = {
        "configured": stated.name,
        "applied": applied.name,
        "base": applied.base,
        "modules": applied.modules,
        "in_force": stated == applied and not altered,
        "missing": crypto_policies.missing(host, stated),
        "altered": altered,
        "local": crypto_policies.local(host),
        "fips": crypto_policies.fips(host),
    }
    return value(document, "%s, %s" % (crypto_policies.CONFIGURATION, crypto_policies.CURRENT))


def _allows(host: Host, address: Address) -> Observation:
    scope = address.get("scope")
    try:
        found = crypto_policies.allowed(host, required(address, "name"), str(scope) if scope else None)
    except NotFound:
        raise ReadError("%s does not exist; run update-crypto-policies" % crypto_policies.ALLOWED) from None
    return absent(crypto_policies.ALLOWED) if found is None else value(found, crypto_policies.ALLOWED)
