# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `selinux`: its mode now and at boot, booleans, permissive domains, and services that nothing confines."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, split_lines, words_of
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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.bootloader import BootLoader
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import selinux_mode
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import split_line

BOOLEANS = ("semanage", "boolean", "--list", "--noheading")
PERMISSIVE = ("semanage", "permissive", "--list")
UNCONFINED = "unconfined_service_t"
RELABEL = "/.autorelabel"
MAX_ITEMS = 200
_BOOLEAN = re.compile(r"(\w+)\s+\((on|off)\s*,\s*(on|off)\)", re.ASCII)
_DOMAIN = re.compile(r"\w+\Z", re.ASCII)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer a query; absent where SELinux is neither set up nor at work.

    ``mode``: `{now, at_boot, policy, relabel}`; ``boolean`` (with ``name``): `{now, at_boot}`; ``permissive``: names of domains;
    ``unconfined``: names of programs.
    """
    host.need_root("The state of SELinux")
    stated = selinux_mode.configured(host)
    if stated is None and not host.exists(selinux_mode.FILES + "/enforce"):
        return [absent(selinux_mode.CONFIGURATION)] * len(addresses)

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query == "mode":
            return _mode(host, stated)
        if query == "boolean":
            return _boolean(host, required(address, "name"))
        if query == "permissive":
            return value(_permissive(host), "command: " + " ".join(PERMISSIVE))
        if query == "unconfined":
            return value(_unconfined(host), "/proc")
        raise UsageError("unknown query %r; known: boolean, mode, permissive, unconfined" % query)

    return read_each(addresses, one)


def _mode(host: Host, stated: Any) -> Observation:
    loader = BootLoader(host)
    # Without a boot loader whoever starts the host gives the same arguments again.
    entries = loader.entries() if loader.files() else []
    seen: Dict[str, Any] = {
        "now": selinux_mode.running(host),
        "at_boot": selinux_mode.at_boot(host, entries or [split_line(host.read_text("/proc/cmdline"))], stated),
        "policy": printable(stated.policy) if stated else None,
        "relabel": host.exists(RELABEL),
    }
    return value(seen, ", ".join([selinux_mode.FILES, selinux_mode.CONFIGURATION, *loader.files()]))


def _boolean(host: Host, name: str) -> Observation:
    try:
        rows = split_lines(host.run(BOOLEANS).stdout)
    except NotFound:
        raise ReadError(
            "semanage is not installed, which tells booleans; install policycoreutils-python-utils"
        ) from None
    found = next((row for row in (_BOOLEAN.match(line) for line in rows) if row and row.group(1) == name), None)
    source = "command: " + " ".join(BOOLEANS)
    if found is None:
        return absent(source)
    return value({"now": _now(host, name), "at_boot": found.group(3) == "on"}, source)


def _now(host: Host, name: str) -> Any:
    """Return whether a boolean is on in the kernel, None where SELinux is off."""
    if not re.match(r"\w+\Z", name, re.ASCII):
        raise UsageError("%r is no name of a boolean" % name)
    try:
        words = words_of(host.read_text("%s/booleans/%s" % (selinux_mode.FILES, name)))
    except NotFound:
        return None
    return words[:1] == ["1"]


def _permissive(host: Host) -> List[str]:
    try:
        rows = [line.strip(BLANKS) for line in split_lines(host.run(PERMISSIVE).stdout)]
    except NotFound:
        raise ReadError(
            "semanage is not installed, which tells permissive domains; install policycoreutils-python-utils"
        ) from None
    return sorted({row for row in rows if _DOMAIN.match(row)})


def _unconfined(host: Host) -> List[Any]:
    """Return the names of the programs that run as a service which no policy confines."""
    found = set()
    for number in (name for name in host.list_directory("/proc") if is_number(name)):
        try:
            label = host.read_text("/proc/%s/attr/current" % number).strip(BLANKS + "\0").split(":")
            if len(label) > 2 and label[2] == UNCONFINED:
                found.add(printable(host.read_text("/proc/%s/comm" % number).strip(BLANKS)))
        except NotFound:
            continue
    names: List[Any] = sorted(found)
    return names if len(names) <= MAX_ITEMS else [*names[:MAX_ITEMS], {"not_shown": len(names) - MAX_ITEMS}]
