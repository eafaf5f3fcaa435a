# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `package`: the version of an installed package, from the database of dpkg or of rpm."""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence, Tuple

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
# A file NAME.list, or NAME:ARCHITECTURE.list, for each package of which the database knows anything.
LISTS = "/var/lib/dpkg/info"
LOST = "lost"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return the version as text, or absent. A half-installed package is an error: what of it is there is not known."""
    found_states, source = states(host)

    def one(address: Address) -> Observation:
        name = required(address, "name")
        found = found_states.get(name)
        if found is None:
            return absent(source)
        return value(whole(name, found), source)

    return read_each(addresses, one)


def whole(name: str, found: str) -> str:
    """Return the version of a package that is present. Raises `ReadError` where it can't be told what of it is there."""
    if found == "!" + LOST:
        raise ReadError(
            "%s has a list of the files of %s, and dpkg's status does not name it; bring /var/lib/dpkg/status back "
            "(/var/backups has older ones), or install it again" % (LISTS, name)
        )
    if found.startswith("!"):
        raise ReadError("the package %s is in the state %s; mend it with dpkg --configure -a" % (name, found[1:]))
    return found


def states(host: Host) -> Tuple[Dict[str, str], str]:
    """Return name -> version of what is present, or ``!state`` where that can't be told; and where it was seen.

    dpkg may be installed beside rpm and keep nothing, and the other way round: the one that has packages counts.
    """
    try:
        result = _states(host.run(QUERY).stdout, _listed(host))
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


def _listed(host: Host) -> List[str]:
    """Return the packages of which dpkg keeps the files. What was written when the power failed may be gone from the status alone."""
    try:
        names = host.list_directory(LISTS)
    except NotFound:
        return []
    return [name[: -len(".list")].partition(":")[0] for name in names if name.endswith(".list")]


def _states(output: str, listed: Iterable[str]) -> Dict[str, str]:
    result: Dict[str, str] = {}
    known = set()
    for line in split_lines(output):
        name, _tab, rest = line.partition("\t")
        known.add(name)
        state, _tab, version = rest.partition("\t")
        if state in PRESENT:
            result[name] = version
        elif state not in GONE:
            # Of a package for several architectures one may be whole.
            result.setdefault(name, "!" + state)
    if known:
        result.update((name, "!" + LOST) for name in listed if name not in known)
    return result
