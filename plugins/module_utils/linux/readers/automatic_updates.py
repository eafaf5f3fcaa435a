# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `automatic_updates`: whether unattended-upgrades, or dnf, installs the repairs of the system's publisher by itself, and how often."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Dict, Iterator, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.later import Later
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import apt_config, unattended_upgrades

if TYPE_CHECKING:  # Ansible sends what is imported anywhere in a file, here too.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import dnf_updates  # noqa: F401

# Of systems that have it alone.
BY_DNF = Later("readers.dnf_updates")
FOLDER_OF_DNF = "/etc/dnf"
PROGRAM = "/usr/bin/unattended-upgrade"
SOURCE = "command: apt-config dump, lists of packages"
PERIODIC = "APT::Periodic::"
INTERVALS = ("Update-Package-Lists", "Unattended-Upgrade")
# What narrows what is installed, or when.
NARROWING = ("Package-Blacklist", "Package-Whitelist", "Update-Days")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "": 24 * 3600}
DAY = SECONDS["d"]
# As the shell of apt.systemd.daily counts with it; at 08 and 1w it stops.
_INTERVAL = re.compile(r"(0|[1-9][0-9]{0,8})([smhd]?)\Z", re.ASCII)
_ZERO = re.compile(r"[+-]?0+\Z", re.ASCII)
MAX_NAMED = 20


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{days, security, problems}``: every how many days, from which sources, and what is in the way; absent without the program."""

    def one(address: Address) -> Observation:
        if required(address, "program") == "apt":
            return _by_apt(host)
        observation: Observation = BY_DNF(host) if host.exists(FOLDER_OF_DNF) else absent(FOLDER_OF_DNF)
        return observation

    return read_each(addresses, one)


def _by_apt(host: Host) -> Observation:
    if not host.exists(PROGRAM):
        return absent(PROGRAM)
    known = apt_config.settings(host)
    sources = unattended_upgrades.security(host, known)
    problems = [*_switched_off(known), *_narrowed(host)]
    problems += ["%s is a source of security repairs that is left out" % name for name in sources.left[:MAX_NAMED]]
    if not sources.taken and not sources.left:
        problems.append("apt has fetched lists from no source of security repairs")
    days = max(_seconds(name, known) for name in INTERVALS)
    seen = {"days": -(-days // DAY), "security": sources.taken[:MAX_NAMED], "problems": problems}
    return value(seen, SOURCE)


def _switched_off(known: Dict[str, str]) -> Iterator[str]:
    if _ZERO.match(_said(known, "Enable", "1")):
        yield PERIODIC + "Enable is 0"
    for name in INTERVALS:
        if _said(known, name) == "0":
            yield "%s%s is 0 or not set" % (PERIODIC, name)


def _said(known: Dict[str, str], name: str, default: str = "0") -> str:
    return known.get(lowered(PERIODIC + name), default)


def _narrowed(host: Host) -> Iterator[str]:
    for name in NARROWING:
        if apt_config.members(host, "%s::%s" % (unattended_upgrades.NAME, name)):
            yield "%s::%s keeps some repairs back" % (unattended_upgrades.NAME, name)


def _seconds(name: str, known: Dict[str, str]) -> int:
    said = _said(known, name)
    # With nothing the shell counts as with no time at all.
    if said in ("always", ""):
        return 0
    found = _INTERVAL.match(said)
    if found is None:
        raise ReadError("%s%s is no interval that apt.systemd.daily counts with; set it to 1" % (PERIODIC, name))
    return int(found.group(1)) * SECONDS[found.group(2)]
