# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds `service`, `socket` and `timer`: units as systemd sees them."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    absent,
    read_each,
    required,
    value,
)

PROPERTIES = "Id,Names,LoadState,ActiveState,UnitFileState"
# What systemctl(1) lists for is-enabled, by whether the next boot starts the unit on its own account. A link to the unit file
# alone starts nothing; links in /run are gone by then, and so is a mask there.
STARTED = frozenset({"enabled", "alias", "generated"})
NOT_STARTED = frozenset({"disabled", "masked", "static", "indirect", "linked", "transient", "bad", ""})
UNTIL_BOOT = frozenset({"enabled-runtime", "linked-runtime", "masked-runtime"})
ACTIVE = frozenset({"active", "reloading", "refreshing", "maintenance", "deactivating"})
# On its way, perhaps for the tenth time after as many failures: neither running nor stopped.
STARTING = frozenset({"activating"})
INACTIVE = frozenset({"inactive", "failed"})
Unit = Dict[str, str]


def read_services(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{enabled, active, masked, state, load}` per service, or absent where there is no such unit."""
    return _read(host, addresses, ".service")


def read_sockets(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """The same for sockets."""
    return _read(host, addresses, ".socket")


def read_timers(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """The same for timers."""
    return _read(host, addresses, ".timer")


def _read(host: Host, addresses: Sequence[Address], suffix: str) -> List[Observation]:
    # sd_booted(3): this folder exists exactly where systemd is the init.
    if not host.exists("/run/systemd/system"):
        raise ReadError("the host was not booted by systemd; the state of its units cannot be read")
    names = [full_name(required(address, "name"), suffix) for address in addresses]
    unique = list(dict.fromkeys(names))
    command = ["systemctl", "show", "--no-pager", "--property=" + PROPERTIES, "--", *unique]
    blocks = [_fields(block) for block in host.run(command).stdout.strip(BLANKS).split("\n\n")]
    if len(blocks) != len(unique):
        raise ReadError("systemctl show answered for %d of %d units" % (len(blocks), len(unique)))
    units = dict(zip(unique, blocks))

    def one(address: Address) -> Observation:
        name = full_name(required(address, "name"), suffix)
        return _observation(host, name, units[name])

    return read_each(addresses, one)


def observe(host: Host, name: str) -> Observation:
    """Return the observation of one unit by its full name, of whatever type."""
    return _read(host, [{"name": name}], "." + name.rpartition(".")[2])[0]


def full_name(name: str, suffix: str) -> str:
    """Return a unit's name with its suffix; a target, which some services consist of, keeps its own."""
    return name if name.endswith((suffix, ".target")) else name + suffix


def _fields(block: str) -> Unit:
    return dict(line.split("=", 1) for line in split_lines(block) if "=" in line)


def _starts_by_script(host: Host, name: str) -> bool:
    """Return False for the unit of an init script that no runlevel starts.

    systemd-sysv-generator(8) makes a unit of every script; whether the boot starts it is said by links alone.
    """
    script = name[: -len(".service")] if name.endswith(".service") else ""
    if not script or not host.exists("/etc/init.d/" + script):
        return True
    return bool(host.glob("/etc/rc[2-5].d/S[0-9][0-9]" + script))


def _lasting(host: Host, name: str) -> bool:
    """Return whether a link that is no part of /run has the boot start a unit."""
    folders = ("/etc/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/")
    return any(host.glob("%s*.%s/%s" % (folder, how, name)) for folder in folders for how in ("wants", "requires"))


def _enabled(host: Host, name: str, state: str) -> Optional[bool]:
    """Return whether the next boot starts a unit, None where that is not what is so now."""
    if state in UNTIL_BOOT:
        return False if state == "masked-runtime" and not _lasting(host, name) else None
    return state in STARTED and (state != "generated" or _starts_by_script(host, name))


def _observation(host: Host, name: str, unit: Unit) -> Observation:
    source = "command: systemctl show " + name
    if name not in words_of(unit.get("Names", "")):
        raise ReadError("systemctl show answered for %s in place of %s" % (unit.get("Id", "nothing"), name))
    load, active, state = unit.get("LoadState", ""), unit.get("ActiveState", ""), unit.get("UnitFileState", "")
    if load == "not-found" and active in INACTIVE:
        return absent(source)
    if load not in ("loaded", "masked", "not-found"):
        raise ReadError("systemd could not load %s (LoadState %s)" % (name, load or "missing"))
    if state not in STARTED | NOT_STARTED | UNTIL_BOOT or active not in ACTIVE | STARTING | INACTIVE:
        raise ReadError("unknown state of %s: UnitFileState %s, ActiveState %s" % (name, state, active))
    return value(
        {
            "enabled": _enabled(host, name, state),
            "active": None if active in STARTING else active in ACTIVE,
            "masked": None if state == "masked-runtime" else "masked" in (load, state),
            "state": state,
            "load": load,
        },
        source,
    )
