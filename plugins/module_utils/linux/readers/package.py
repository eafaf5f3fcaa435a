# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `package`: the version of an installed package, from the database of dpkg."""

from __future__ import annotations

from typing import Dict, List, Sequence

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
    states = _packages(host)

    def one(address: Address) -> Observation:
        name = required(address, "name")
        found = states.get(name)
        if found is None:
            return absent(SOURCE)
        if found.startswith("!"):
            raise ReadError("the package %s is in the state %s; mend it with dpkg --configure -a" % (name, found[1:]))
        return value(found, SOURCE)

    return read_each(addresses, one)


def _packages(host: Host) -> Dict[str, str]:
    """Return name -> version of what is present, or ``!state`` where that can't be told."""
    try:
        output = host.run(QUERY).stdout
    except NotFound:
        raise ReadError("this host has no dpkg; its packages cannot be read") from None
    result: Dict[str, str] = {}
    for line in split_lines(output):
        name, _tab, rest = line.partition("\t")
        state, _tab, version = rest.partition("\t")
        if state in PRESENT:
            result[name] = version
        elif state not in GONE:
            # Of a package for several architectures one may be whole.
            result.setdefault(name, "!" + state)
    if not result:
        raise ReadError("dpkg-query names no package at all; its database cannot be trusted")
    return result
