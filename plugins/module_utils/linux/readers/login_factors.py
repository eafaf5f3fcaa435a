# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `login_factors`: the ways in on which a person proves who they are by less than two factors, or by SSH without a key."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterator, List, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    ERROR,
    VALUE,
    Address,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sshd_option
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import sshd_ways
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_factors import (
    AUTH,
    DEVICE,
    KEY,
    PASSWORD,
    demanded,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import PROGRAMS, SERVICES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import has_service

SOURCE = "/etc/pam.d, command: sshd -T"
SSHD = "sshd"
# Who is there is in already.
WITHIN = frozenset(("su", "su-l", "sudo", "sudo-i", "polkit-1", "doas", SSHD))
# Beside those of passwords; a finger is one factor.
MORE_SERVICES = ("gdm-fingerprint",)
KEYTAB = "/etc/krb5.keytab"
TICKET = "Kerberos ticket"
Factors = FrozenSet[str]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `[{way, for, why}]`: for `one_factor` all ways in, for `ssh_without_key` those of sshd that need no key.

    `modules` names the modules of PAM that ask for something held, `programs` accounts of no person, whose own Match blocks of sshd
    are passed over; `for`: the conditions of Match blocks.
    """

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query == "ssh_without_key":
            found = [
                way
                for way in _by_ssh(host, frozenset())
                if not {sshd_ways.PUBLIC_KEY, sshd_ways.GSSAPI}.intersection(way[0])
            ]
            return value([_shown(SSHD, way, "no key is asked for") for way in _once(found)], SOURCE)
        if query != "one_factor":
            raise UsageError("unknown query %r; known: one_factor, ssh_without_key" % query)
        modules, programs = _names(address, "modules"), _names(address, "programs")
        return value([*_services(host, modules), *_ssh(host, modules, programs)], SOURCE)

    return read_each(addresses, one)


def _names(address: Address, key: str) -> FrozenSet[str]:
    names = address.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError("the key %r of the address has to be a list of names" % key)
    return frozenset(names)


def _services(host: Host, modules: FrozenSet[str]) -> Iterator[Dict[str, Any]]:
    for service in (*SERVICES[AUTH], *MORE_SERVICES):
        there = has_service(host, service) or (
            service in PROGRAMS and host.exists(PROGRAMS[service]) and has_service(host, "other")
        )
        if there and service not in WITHIN:
            factors = demanded(host, service, modules)
            if len(factors) < 2:
                yield {"way": service, "for": "", "why": _why(factors)}


Way = Tuple[Tuple[str, ...], str, sshd_ways.Settings]


def _by_ssh(host: Host, left_out: FrozenSet[str]) -> Iterator[Way]:
    """Yield (methods, conditions, options) of each list by which sshd lets in. Raises `ReadError`."""
    seen = sshd_option.read(host, [{"name": name} for name in sshd_ways.OPTIONS])
    for one in seen:
        if one.state == ERROR:
            raise ReadError(one.reason)
    general = {
        name: str(one.value["effective"])
        for name, one in zip(sshd_ways.OPTIONS, seen)
        if one.state == VALUE and one.value["effective"] is not None
    }
    keytab = host.exists(KEYTAB)
    for match, options in sshd_ways.settings(host, {**sshd_ways.DEFAULTS, **general}, left_out) if general else ():
        for methods in sshd_ways.lists(options):
            # Without a key of its own the host can check no ticket, as Red Hat's sshd is set up before it joins a realm.
            if keytab or sshd_ways.GSSAPI not in methods:
                yield methods, match, options


def _ssh(host: Host, modules: FrozenSet[str], programs: FrozenSet[str]) -> Iterator[Dict[str, Any]]:
    found = list(_by_ssh(host, programs))
    asked = [demanded(host, service, modules) for service in sshd_option.pam_services(host)] if found else []
    by_pam: Factors = frozenset.intersection(*asked) if asked else frozenset()
    short = [(way, _factors(way, by_pam)) for way in found]
    shown: Set[Tuple[str, ...]] = set()
    for way, factors in short:
        if len(factors) < 2 and way[0] not in shown:
            shown.add(way[0])
            yield _shown(SSHD, way, _why(factors))


def _once(ways: Sequence[Way]) -> List[Way]:
    """Return the first of those with the same methods, which has the fewest conditions."""
    found: Dict[Tuple[str, ...], Way] = {}
    for way in ways:
        found.setdefault(way[0], way)
    return list(found.values())


def _factors(way: Way, by_pam: Factors) -> Factors:
    methods, _match, options = way
    found: Set[str] = set()
    if sshd_ways.PUBLIC_KEY in methods:
        found.update((KEY, PASSWORD) if sshd_ways.keys_are_verified(options) else (KEY,))
    if sshd_ways.GSSAPI in methods:
        found.add(TICKET)
    if sshd_ways.INTERACTIVE in methods or sshd_ways.BY_PASSWORD in methods:
        found.update(by_pam if options.get("usepam") == "yes" else (PASSWORD,))
    return frozenset(found)


def _shown(service: str, way: Way, why: str) -> Dict[str, Any]:
    return {"way": "%s: %s" % (service, printable(",".join(way[0]))), "for": printable(way[1])[:200], "why": why}


def _why(factors: Factors) -> str:
    if not factors:
        return "no factor is surely demanded"
    only = next(iter(factors))
    return {PASSWORD: "a password alone", DEVICE: "a device or code alone", KEY: "a key alone"}.get(
        only, only + " alone"
    )
