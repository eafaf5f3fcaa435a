# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters: the running value and the one that the next boot sets.

At boot systemd-sysctl applies the snippets (sysctl.d(5)); where ufw starts at boot, it then
applies a file of its own. /run/sysctl.d is left out, for a reboot empties it: what only stands
there would not last. /etc/sysctl.conf itself is read by nobody at boot; Debian 12 links it from
/etc/sysctl.d, Debian 13 no longer has it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import (
    MARK,
    comment_out,
    text_or,
    with_line,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text, snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_file import (
    MAX_VALUE,
    PATTERN_SIGNS,
    Assignment,
    Table,
    normal_key,
    parse,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.ufw_defaults import sysctl_file_at_boot

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# Behind the 99-sysctl.conf of Debian, so that it is read last of the numbered ones.
OWN_FILE = "/etc/sysctl.d/99-zz-hipaa-cis.conf"
# /lib last: on hosts where it is a link to /usr/lib, its files are hidden by themselves.
DIRECTORIES = ("/etc/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
MAX_SOURCES = 20


class BootSettings:
    """What the files set at the next boot: the snippets, then ufw's file."""

    def __init__(self, host: Host) -> None:
        self._tables = [_snippets_table(host)]
        ufw_file = sysctl_file_at_boot(host)
        if ufw_file is not None:
            self._tables.append(_table(host, [ufw_file]))

    def winner(self, key: str) -> Optional[Assignment]:
        """Return the assignment that stays in effect for a key with slashes, or None."""
        found = [table.winner(key) for table in self._tables]
        return next((assignment for assignment in reversed(found) if assignment), None)

    def stated(self, key: str) -> bool:
        """Return whether the snippets alone say what stays in effect."""
        own, winner = self._tables[0].winner(key), self.winner(key)
        return own is not None and winner is not None and own.text == winner.text

    def sources(self, key: str) -> List[Assignment]:
        """Return every assignment that names the key or a pattern of it, in the order of reading."""
        return [assignment for table in self._tables for assignment in table.sources(key)]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{running, configured, sources, stated}`` for each ``name``; ``stated``: whether the snippets say so."""
    boot = Once(lambda: BootSettings(host))
    return read_each(addresses, lambda address: _observe(host, boot(), required(address, "name")))


def running_value(host: Host, name: str) -> Optional[str]:
    """Return the running value with single blanks between its fields, None where there is no such key."""
    path = "/proc/sys/" + _checked_key(name)
    try:
        return " ".join(host.read_text(path).split())[:MAX_VALUE]
    except NotFound:
        if not host.exists("/proc/sys/kernel"):
            raise ReadError("/proc/sys is not there; running kernel parameters cannot be read") from None
        return None


def configured_value(boot: BootSettings, name: str) -> Optional[str]:
    """Return the value that the next boot sets, None where no file does."""
    winner = boot.winner(_checked_key(name))
    return None if winner is None else winner.text


def _observe(host: Host, boot: BootSettings, name: str) -> Observation:
    key = _checked_key(name)
    winner = boot.winner(key)
    seen = {
        "running": running_value(host, name),
        "configured": None if winner is None else winner.text,
        "sources": [_source(assignment) for assignment in boot.sources(key)[-MAX_SOURCES:]],
        "stated": boot.stated(key),
    }
    place = "/proc/sys/" + key
    return value(seen, "%s, %s:%d" % (place, printable(winner.file), winner.line) if winner else place)


def _source(assignment: Assignment) -> Dict[str, Any]:
    return {"file": printable(assignment.file), "line": assignment.line, "value": assignment.text}


def _checked_key(name: str) -> str:
    """Return the path below /proc/sys. A key must not lead out of it."""
    key = normal_key(name)
    if any(part in ("", ".", "..") for part in key.split("/")) or any(sign in key for sign in PATTERN_SIGNS):
        raise UsageError("%r is not the name of one kernel parameter" % name)
    return key


def _snippets_table(host: Host) -> Table:
    return _table(host, snippets(host, DIRECTORIES))


def _table(host: Host, files: Sequence[str]) -> Table:
    table = Table()
    for path in files:
        for assignment in parse(path, snippet_text(host, path)):
            table.add(assignment)
    return table


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Set a value now and for every boot; lines below /etc that say otherwise become comments.

    ``wanted``: the value, or ``{at_least: n}``, of which a greater one that runs or is configured stays.
    """
    name = required(address, "name")
    key, running = _checked_key(name), running_value(plan.host, name)
    if running is None:
        raise CannotFix("this kernel has no parameter %s" % name)
    boot = BootSettings(plan.host)
    text = _text(wanted, [running, configured_value(boot, name)])
    if running != text and not os.access(plan.host.path("/proc/sys/" + key), os.W_OK):
        raise CannotFix(
            "%s is %s and cannot be changed from within a container; set it on the machine that runs it"
            % (name, running)
        )
    other: Dict[str, List[int]] = {}
    for assignment in boot.sources(key):
        if assignment.text != text and not assignment.is_pattern and assignment.file != OWN_FILE:
            other.setdefault(assignment.file, []).append(assignment.line)
    for path, numbers in other.items():
        place = _real_file(plan.host, path)
        if place.startswith("/etc/"):
            plan.write(place, comment_out(plan.host.read_text(place), numbers))
    own = text_or(plan.host, OWN_FILE, MARK)
    plan.write(OWN_FILE, with_line(own, "%s = %s" % (name, text), lambda line: _sets(line, key)))
    left = BootSettings(plan.host).winner(key)
    if left is None or left.text != text:
        place = "%s:%d" % (printable(left.file), left.line) if left else "nothing"
        raise CannotFix("%s would still win at the next boot; change it there by hand" % place)
    plan.kernel("/proc/sys/" + key, text)


def _text(wanted: Any, seen: Sequence[Optional[str]]) -> str:
    if not isinstance(wanted, dict):
        return " ".join(str(wanted).split())
    return str(max([wanted["at_least"], *(int(text) for text in seen if text is not None and text.isdigit())]))


def _sets(line: str, key: str) -> bool:
    return any(assignment.key == key for assignment in parse(OWN_FILE, line))


def _real_file(host: Host, path: str) -> str:
    """Return the file behind Debian's link /etc/sysctl.d/99-sysctl.conf; other links are left to those who made them."""
    try:
        target = host.read_link(path)
    except ReadError:
        return path
    return "/etc/sysctl.conf" if target in ("../sysctl.conf", "/etc/sysctl.conf") else path
