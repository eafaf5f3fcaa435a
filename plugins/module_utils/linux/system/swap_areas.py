# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where memory is swapped to: now (proc_swaps(5)), and from the next boot on (fstab(5), systemd.swap(5))."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.octal import unescape
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.at_rest import NULL, Rest, bare, protected, unknown
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.crypttab import volumes
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import is_null, snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.fstab import read_swaps
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.storage import Storage
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import GENERATED, parse, read_at_boot

SWAPS = "/proc/swaps"
MAPPER = "/dev/mapper/"
DELETED = " (deleted)"


class Area(NamedTuple):
    """One place to swap to. ``name``: a device as fstab names them, or a file; ``said_by``: what names it."""

    name: str
    said_by: str


def areas(host: Host) -> List[Area]:
    """Return them all, those of now first."""
    return [*_now(host), *_by_fstab(host), *_by_units(host)]


def rests(host: Host, area: Area, storage: Storage) -> List[Rest]:
    """Return what one of them lies on."""
    if area.name.startswith("/dev/") or "=" in area.name.split("/", 1)[0]:
        place = storage.devices.named(area.name)
        return storage.devices.rests(place) if place else [_opened_at_boot(host, area)]
    if not host.exists(area.name):
        return [
            unknown(
                area.name,
                "%s (%s) is not there: take it out, or connect it and look again"
                % (printable(area.name), area.said_by),
            )
        ]
    return list(storage.of_file(area.name))


def _opened_at_boot(host: Host, area: Area) -> Rest:
    """Tell of a device that is not there yet, which the boot may open by crypttab."""
    name = printable(area.name)
    for volume in volumes(host):
        if MAPPER + volume.name == area.name:
            cipher = volume.option("cipher") or "cryptsetup's own cipher"
            if NULL in cipher:
                return bare(name, "%s is opened with %s (%s), which is none" % (name, cipher, volume.source))
            return protected(name, "%s, by %s" % (printable(cipher), volume.source))
    return unknown(area.name, "%s (%s) is not there: take it out, or connect it and look again" % (name, area.said_by))


def _now(host: Host) -> Iterator[Area]:
    try:
        lines = host.read_text(SWAPS).split("\n")
    except NotFound:
        if host.root == "/":
            raise
        return  # a bare tree swaps to nothing
    for line in lines[1:]:
        if not line:
            continue
        name = unescape(line.replace("\t", " ").split(" ", 1)[0])
        if name.endswith(DELETED):
            raise ReadError("%s: %s is in use and was deleted; switch it off (swapoff)" % (SWAPS, printable(name)))
        yield Area(name, SWAPS)


def _by_fstab(host: Host) -> Iterator[Area]:
    for entry in read_swaps(host):
        if "noauto" not in entry.options:
            yield Area(entry.device, entry.source)


def _by_units(host: Host) -> Iterator[Area]:
    """Yield those of units that a target of the boot pulls in; the generator's own follow from fstab, or are disks in memory."""
    places: Dict[str, str] = {}
    wanted: Set[str] = set()
    for folder in [one for one in read_at_boot(host) if one != GENERATED]:
        for place in host.glob(folder + "/*.swap"):
            places.setdefault(place.rpartition("/")[2], place)
        for how in ("wants", "requires"):
            wanted.update(
                one.rpartition("/")[2] for one in host.glob("%s/*.%s/*.swap" % (folder, how)) if not is_null(host, one)
            )
    for name, place in places.items():
        what = "" if is_null(host, place) else parse(snippet_text(host, place), "Swap").get("What", "")
        if name in wanted and what:
            yield Area(what, place)
