# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `package`: the version of an installed package, from the database of dpkg or of rpm."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dpkg import GONE, PRESENT

QUERY = ("dpkg-query", "--show", "--showformat", "${Package}\\t${db:Status-Status}\\t${Version}\\n")
SOURCE = "command: dpkg-query"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return the version as text, or absent. A half-installed package is an error: what of it is there is not known."""
    found_states, source = states(host)

    def one(address: Address) -> Observation:
        name = required(address, "name")
        found = found_states.get(name)
        if found is None:
            return absent(source)
        if found.startswith("!"):
            raise ReadError("the package %s is in the state %s; mend it with dpkg --configure -a" % (name, found[1:]))
        return value(found, source)

    return read_each(addresses, one)


def states(host: Host) -> Tuple[Dict[str, str], str]:
    """Return name -> version of what is present, or ``!state`` where that can't be told; and where it was seen.

    dpkg may be installed beside rpm and keep nothing, and the other way round: the one that has packages counts.
    """
    try:
        result = _states(host.run(QUERY).stdout)
    except NotFound:
        result = {}
        problem = "this host has neither dpkg nor a database of rpm; its packages cannot be read"
    else:
        problem = "dpkg-query names no package at all; its database cannot be trusted"
    if result:
        return result, SOURCE
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import rpm

    if not rpm.has_database(host):
        raise ReadError(problem)
    return rpm.versions(host), rpm.SOURCE


def _states(output: str) -> Dict[str, str]:
    result: Dict[str, str] = {}
    for line in split_lines(output):
        name, _tab, rest = line.partition("\t")
        state, _tab, version = rest.partition("\t")
        if state in PRESENT:
            result[name] = version
        elif state not in GONE:
            # Of a package for several architectures one may be whole.
            result.setdefault(name, "!" + state)
    return result
