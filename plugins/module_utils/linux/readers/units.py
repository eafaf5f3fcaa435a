# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds `service`, `socket` and `timer`: units as systemd sees them."""

from __future__ import annotations

import json
from typing import Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple

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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import boot_target
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.bus_services import started_by_calls
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import (
    assignments,
    fragments,
    read_at_boot,
)

# What pulls a unit in, and how links and lines in the unit file of the one that pulls say it (systemd.unit(5)).
PULLS = ("WantedBy", "RequiredBy", "BoundBy", "UpheldBy")
LINKS = ("wants", "requires", "upholds")
LINES = ("Wants", "Requires", "BindsTo", "Upholds")
PROPERTIES = (
    "Id,Names,LoadState,ActiveState,UnitFileState,%s,TriggeredBy,ConditionResult,ConditionTimestamp,AssertResult,AssertTimestamp"
    % ",".join([*PULLS, *LINES])
)
# By these the boot comes to nearly all units; so they are asked for at once.
USUAL = ("graphical.target", "multi-user.target", "basic.target", "timers.target", "sockets.target", "paths.target")
# Each unit with DefaultDependencies= has this, so that every boot comes to it but one to emergency.target.
ALWAYS = "sysinit.target"
# What systemctl(1) lists for is-enabled, by whether the next boot starts the unit on its own account. A link to the unit file
# alone starts nothing; links in /run are gone by then, and so is a mask there.
STARTED = frozenset({"enabled", "alias", "generated"})
NOT_STARTED = frozenset({"disabled", "masked", "static", "indirect", "linked", "transient", "bad", ""})
UNTIL_BOOT = frozenset({"enabled-runtime", "linked-runtime", "masked-runtime"})
ACTIVE = frozenset({"active", "reloading", "refreshing", "maintenance", "deactivating"})
# On its way, perhaps for the tenth time after as many failures: neither running nor stopped.
STARTING = frozenset({"activating"})
INACTIVE = frozenset({"inactive", "failed"})
# org.freedesktop.systemd1(5): one call that loads each unit as `systemctl show` has it loaded, and says little of it.
LIST_UNITS = (
    *("busctl", "--no-pager", "--timeout=5", "--json=short", "call", "org.freedesktop.systemd1"),
    *("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "ListUnitsByNames", "as"),
)
# From so many on that call is quicker than to have all that systemd could say of units that are not there.
MANY = 8
Unit = Dict[str, str]


def read_services(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{enabled, active, masked, state, load, why?}` per service, or absent where there is no such unit."""
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
    missing = _missing(host, names)
    units = {**missing, **_shown(host, [name for name in names if name not in missing])}
    boot = _Boot(host, units)

    def one(address: Address) -> Observation:
        name = full_name(required(address, "name"), suffix)
        return _observation(boot, name, units[name])

    return read_each(addresses, one)


def _missing(host: Host, names: Iterable[str]) -> Dict[str, Unit]:
    """Return those of many units that are not there. None where systemd cannot be asked so: before version 240, and without a bus."""
    unique = list(dict.fromkeys(names))
    if len(unique) < MANY:
        return {}
    try:
        told = json.loads(host.run([*LIST_UNITS, str(len(unique)), *unique]).stdout)
        states = {str(name): (load, active) for name, _description, load, active, *_others in told["data"][0]}
    except (ReadError, ValueError, TypeError, LookupError):
        return {}
    gone = [
        name for name in unique if name in states and states[name][0] == "not-found" and states[name][1] in INACTIVE
    ]
    return {
        name: {"Id": name, "Names": name, "LoadState": "not-found", "ActiveState": states[name][1]} for name in gone
    }


def _shown(host: Host, names: Iterable[str]) -> Dict[str, Unit]:
    unique = list(dict.fromkeys(names))
    if not unique:
        return {}
    command = ["systemctl", "show", "--no-pager", "--property=" + PROPERTIES, "--", *unique]
    blocks = [_fields(block) for block in host.run(command).stdout.strip(BLANKS).split("\n\n")]
    if len(blocks) != len(unique):
        raise ReadError("systemctl show answered for %d of %d units" % (len(blocks), len(unique)))
    return dict(zip(unique, blocks))


class _Boot:
    """Which units the next boot comes to: what systemd has loaded says who pulls whom in, the disk whether that is still so."""

    def __init__(self, host: Host, units: Dict[str, Unit]) -> None:
        self.host = host
        # What pulls services in pulls timers and sockets in, too: shown for one kind, it is there for the others.
        self._units: Dict[str, Unit] = host.shared("units", dict)
        self._units.update(units)
        self._targets: List[str] = []
        self._pulled: Dict[str, FrozenSet[str]] = {}
        self._pulling: Dict[str, List[str]] = {}

    def targets(self) -> List[str]:
        """Return where the next boot goes to, and have the usual units shown."""
        if not self._targets:
            self._targets = boot_target.of(self.host)
            self._show([*self._targets, *USUAL])
        for target in self._targets:
            load = self._units[target].get("LoadState")
            # systemd 252 fails to load what default.target was made a link to behind its back.
            if load != "loaded":
                raise ReadError(
                    "the next boot goes to %s, which systemd has not loaded (LoadState %s); run systemctl daemon-reload, or mend it"
                    % (target, load)
                )
        return self._targets

    def missed(self, name: str) -> str:
        """Return the target from which the boot does not come to a unit, nothing where it comes there from each."""
        return next((target for target in self.targets() if not self._reaches(target, name)), "")

    def pulled_in(self, name: str) -> bool:
        """Return whether the boot comes to a unit that is not enabled itself."""
        unit = self._units[name]
        pulled = any(unit.get(how) for how in PULLS) or bool(self.linked([name]))
        return (pulled or any(map(self._is_new, self.targets()))) and not self.missed(name)

    def linked(self, names: Sequence[str]) -> List[str]:
        """Return the units whose folders have a link to one of these names that is there at the next boot."""
        links = self.host.shared("links of units", lambda: _links(self.host))
        return [end for name in names for end in links.get(name, ())]

    def _show(self, names: Iterable[str]) -> None:
        unknown = [name for name in names if name not in self._units]
        if unknown:
            self._units.update(_shown(self.host, unknown))

    def _reaches(self, target: str, name: str) -> bool:
        ends = {target, *words_of(self._units[target].get("Names", ""))}
        if self._is_new(target):
            return not self._pulled_from(target).isdisjoint([name, *words_of(self._units[name].get("Names", ""))])
        if "emergency.target" not in ends:
            ends.add(ALWAYS)
        seen, wave = {name}, [name]
        while wave:
            self._show(wave)
            if any(ends.intersection([one, *words_of(self._units[one].get("Names", ""))]) for one in wave):
                return True
            pulling = [parent for one in wave for parent in self._pulled_by(one)]
            wave = [parent for parent in dict.fromkeys(pulling) if parent not in seen]
            seen.update(wave)
        return False

    def _is_new(self, target: str) -> bool:
        """Return whether this start went elsewhere: what such a target pulls in is not loaded for long, and is seen from it alone."""
        return self._units[target].get("ActiveState") in INACTIVE

    def _pulled_from(self, target: str) -> FrozenSet[str]:
        """Return all units that a target pulls in, by what systemd loads for this question."""
        if target not in self._pulled:
            seen, wave = {target}, [target]
            while wave:
                self._show(wave)
                starting = [self._units[one] for one in wave if self._starts(one)]
                found = [one for unit in starting for how in LINES for one in words_of(unit.get(how, ""))]
                wave = [one for one in dict.fromkeys(found) if one not in seen]
                seen.update(wave)
            self._pulled[target] = frozenset(seen)
        return self._pulled[target]

    def _pulled_by(self, name: str) -> List[str]:
        """Return what pulls a unit in at the next boot: what systemd has loaded, less the links that are gone, and those that it has not read yet."""
        if name not in self._pulling:
            unit = self._units[name]
            names = list(dict.fromkeys([name, *words_of(unit.get("Names", ""))]))
            parents = [parent for how in PULLS for parent in words_of(unit.get(how, ""))]
            links = self.linked(names)
            self._show([*parents, *links])
            found = [parent for parent in parents if self._still(parent, names, links)] or links
            self._pulling[name] = [one for one in dict.fromkeys(found) if self._starts(one)]
        return self._pulling[name]

    def _starts(self, parent: str) -> bool:
        unit = self._units[parent]
        return unit.get("LoadState") == "loaded" and not kept_from_starting(unit)

    def _still(self, parent: str, names: Sequence[str], links: Sequence[str]) -> bool:
        """Return whether a link or a line of a unit file says that this unit pulls one of these names in."""
        if not names[0].endswith((".service", ".target", ".timer", ".path")) or parent == ALWAYS:
            return True  # systemd pulls in mounts, sockets and slices of itself, too
        unit = self._units[parent]
        if not set(links).isdisjoint([parent, *words_of(unit.get("Names", ""))]):
            return True
        said = (
            text
            for place in fragments(self.host, unit.get("Id", parent), read_at_boot(self.host))
            for key, text in assignments(snippet_text(self.host, place), "Unit")
            if key in LINES
        )
        return any("%" in word or word in names for text in said for word in words_of(text))


def _links(host: Host) -> Dict[str, List[str]]:
    """Return unit -> those whose folders have the boot start it. A link to /dev/null hides one of the same name in a later folder."""
    found: Dict[str, List[str]] = {}
    seen = set()
    for path in (
        path for folder in read_at_boot(host) for how in LINKS for path in host.glob("%s/*.%s/*" % (folder, how))
    ):
        place, _slash, name = path.rpartition("/")
        folder = place.rpartition("/")[2]
        if (folder, name) in seen:
            continue
        seen.add((folder, name))
        try:
            if host.read_link(path) != "/dev/null":
                found.setdefault(name, []).append(folder.rpartition(".")[0])
        except ReadError:
            continue  # a file of its own, which systemd passes over
    return found


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


def _enabled(boot: _Boot, name: str, unit: Unit) -> Tuple[Optional[bool], str]:
    """Return whether the next boot starts a unit, None where that is not what is so now or only something else starts it; and why."""
    state = unit["UnitFileState"]
    if state in UNTIL_BOOT:
        return False if state == "masked-runtime" and not boot.linked([name]) else None, ""
    if "masked" in (state, unit["LoadState"]) or unit["LoadState"] == "not-found":
        return False, ""
    if state in STARTED and (state != "generated" or _starts_by_script(boot.host, name)):
        missed = boot.missed(name)
        if missed:
            return None, "it is enabled, and the next boot goes to %s, which does not start it" % missed
        kept = kept_from_starting(unit)
        return (None, "it is enabled, and a %s of its unit file kept it from starting" % kept) if kept else (True, "")
    if boot.pulled_in(name):
        return True, "another unit has it started"
    triggers = [one for one in words_of(unit.get("TriggeredBy", "")) if not boot.missed(one)]
    triggers = triggers or ["a call to %s on D-Bus" % one for one in _calls(boot.host, unit)]
    return (None, "%s has it started" % triggers[0]) if triggers else (False, "")


def _calls(host: Host, unit: Unit) -> List[str]:
    """Return the names on D-Bus of which a call has a unit started; those of an alias count while its link is there."""
    started = host.shared("units by D-Bus", lambda: started_by_calls(host))
    return [call for name in words_of(unit.get("Names", "")) for call in started.get(name, ())]


def kept_from_starting(unit: Unit) -> str:
    """Return what of its unit file kept a unit from starting when it was last to be started."""
    if unit.get("ActiveState") not in INACTIVE:
        return ""
    # Of one that nobody has wanted to start yet the result is `no`, without a time.
    what = (one for one in ("Condition", "Assert") if unit.get(one + "Result") == "no" and unit.get(one + "Timestamp"))
    return next(what, "")


def _observation(boot: _Boot, name: str, unit: Unit) -> Observation:
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
    enabled, why = _enabled(boot, name, unit)
    return value(
        {
            "enabled": enabled,
            "active": None if active in STARTING else active in ACTIVE,
            "masked": None if state == "masked-runtime" else "masked" in (load, state),
            "state": state,
            "load": load,
            **({"why": why} if why else {}),
        },
        source,
    )
