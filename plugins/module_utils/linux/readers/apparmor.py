# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AppArmor: whether the kernel uses it, the modes of the loaded profiles, processes that escaped theirs.

As aa-status(8) counts: a process is unconfined where its program has a loaded profile and the
process runs without it (it was started before the profile was loaded). Profiles that were made to
confine nothing are named beside those that do not do what they were made for.
"""

from __future__ import annotations

from typing import Dict, List, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    read_each,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.apparmor_profiles import by_design

ENABLED = "/sys/module/apparmor/parameters/enabled"
PROFILES = "/sys/kernel/security/apparmor/profiles"
POLICY = "/sys/kernel/security/apparmor/policy/profiles"
# Mode -> the list of the observation. `kill` enforces and ends the offender as well.
LISTS = {"enforce": "enforce", "kill": "enforce", "complain": "complain", "unconfined": "unconfined"}
CURRENT = ("/proc/%s/attr/apparmor/current", "/proc/%s/attr/current")
MAX_NAMES = 200
MAX_NAME = 200


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{enabled, profiles, enforce, complain, unconfined, unconfined_by_design, unconfined_processes}``."""
    return read_each(addresses, lambda _address: _observe(host))


def _observe(host: Host) -> Observation:
    if not _enabled(host):
        return value(_document({}, 0, enabled=False), ENABLED)
    host.need_root("AppArmor's list of profiles")
    profiles = _profiles(host)
    lists: Dict[str, List[str]] = {}
    for name, mode in profiles:
        lists.setdefault(LISTS[mode], []).append(name)
    named_only = by_design(host) if "unconfined" in lists else set()
    lists["unconfined_by_design"] = [name for name in lists.get("unconfined", []) if name in named_only]
    lists["unconfined"] = [name for name in lists.get("unconfined", []) if name not in named_only]
    lists["unconfined_processes"] = _escaped(host, {name for name, _mode in profiles} | _attachments(host))
    return value(_document(lists, len(profiles), enabled=True), PROFILES)


def _document(lists: Dict[str, List[str]], count: int, *, enabled: bool) -> Dict[str, object]:
    names = ("enforce", "complain", "unconfined", "unconfined_by_design", "unconfined_processes")
    bounded = {key: [name[:MAX_NAME] for name in sorted(lists.get(key, []))[:MAX_NAMES]] for key in names}
    return dict(bounded, enabled=enabled, profiles=count)


def _enabled(host: Host) -> bool:
    try:
        text = host.read_text(ENABLED).strip(BLANKS)
    except NotFound:
        if not host.exists("/sys/kernel"):
            raise ReadError("/sys is not there; the state of AppArmor cannot be read") from None
        return False  # a kernel without AppArmor
    if text not in ("Y", "N"):
        raise ReadError("%s holds %r, neither Y nor N" % (ENABLED, text[:20]))
    return text == "Y"


def _profiles(host: Host) -> List[Tuple[str, str]]:
    """Return (name, mode) of every loaded profile."""
    try:
        lines = host.read_text(PROFILES).split("\n")
    except NotFound:
        raise ReadError("%s is not there although AppArmor is on; is securityfs mounted?" % PROFILES) from None
    profiles = []
    for line in lines:
        if not line:
            continue
        name, blank, mode = line.rpartition(" (")
        mode = mode[:-1] if mode.endswith(")") else ""
        if not blank or mode not in LISTS:
            raise ReadError("%s: %r is not understood" % (PROFILES, line[:MAX_NAME]))
        profiles.append((name, mode))
    return profiles


def _attachments(host: Host) -> Set[str]:
    """Return the programs to which profiles attach that are not named after them; patterns are left out."""
    try:
        names = host.list_directory(POLICY)
    except NotFound:
        return set()
    found = set()
    for name in names:
        try:
            found.add(host.read_text("%s/%s/attach" % (POLICY, name)).strip(BLANKS))
        except NotFound:
            continue
    return {path for path in found if path.startswith("/") and not any(sign in path for sign in "*?[{")}


def _escaped(host: Host, programs: Set[str]) -> List[str]:
    """Return the programs of unconfined processes, once each, among ``programs``."""
    found = set()
    for process in host.list_directory("/proc"):
        if not is_number(process):
            continue
        program = _program(host, process)
        if program in programs and _is_unconfined(host, process):
            found.add(printable(program))
    return sorted(found)


def _program(host: Host, process: str) -> str:
    """Return the path of a process's program, empty for a kernel thread and for a process that has ended."""
    try:
        path = host.read_link("/proc/%s/exe" % process)
    except NotFound:
        return ""
    # An upgrade replaced the file of a running program.
    return path[: -len(" (deleted)")] if path.endswith(" (deleted)") else path


def _is_unconfined(host: Host, process: str) -> bool:
    for place in CURRENT:
        try:
            return host.read_text(place % process).rstrip("\0\n") == "unconfined"
        except NotFound:
            continue
        except ReadError:
            if not host.exists("/proc/" + process):
                return False
            raise
    if host.exists("/proc/" + process):
        raise ReadError("/proc/%s/attr/current is not there" % process)
    return False
