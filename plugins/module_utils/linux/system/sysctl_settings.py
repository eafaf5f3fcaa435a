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

import re
from typing import Iterable, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError, UsageError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.boot_sysctl import of_every_start
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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import is_masked

# /lib last: on hosts where it is a link to /usr/lib, its files are hidden by themselves.
DIRECTORIES = ("/etc/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


CREDENTIAL = "sysctl.extra"
# The first that has it counts: what the machine was started with, then the stores (systemd.exec(5)); /run/credstore does not last.
CREDENTIALS = ("/run/credentials/@system", "/etc/credstore", "/usr/local/lib/credstore", "/usr/lib/credstore")
UNIT = "systemd-sysctl.service"
UNIT_FILES = tuple("%s/systemd/system/%s" % (folder, UNIT) for folder in ("/etc", "/usr/lib", "/lib"))


class BootSettings:
    """What is set at the next boot: the kernel's command line, then the snippets, systemd-sysctl's credential, then ufw's file."""

    def __init__(self, host: Host) -> None:
        self._snippets = _snippets_table(host)
        self._tables = [_filled(of_every_start(host)), self._snippets]
        ufw_file = sysctl_file_at_boot(host)
        if ufw_file is not None:
            self._tables.append(_table(host, [ufw_file]))

    def winner(self, key: str) -> Optional[Assignment]:
        """Return the assignment that stays in effect for a key with slashes, or None."""
        found = [table.winner(key) for table in self._tables]
        return next((assignment for assignment in reversed(found) if assignment), None)

    def stated(self, key: str) -> bool:
        """Return whether the snippets alone say what stays in effect."""
        own, winner = self._snippets.winner(key), self.winner(key)
        return own is not None and winner is not None and own.text == winner.text

    def named(self, start: str, end: str) -> List[str]:
        """Return the interfaces, and patterns of such, between ``start`` and ``end`` of keys that are set."""
        keys = [key for table in self._tables for key in table.names()]
        middle = [key[len(start) : -len(end)] for key in keys if key.startswith(start) and key.endswith(end)]
        return [name for name in middle if name and "/" not in name]

    def sources(self, key: str) -> List[Assignment]:
        """Return every assignment that names the key or a pattern of it, in the order of reading."""
        return [assignment for table in self._tables for assignment in table.sources(key)]


def running_value(host: Host, name: str) -> Optional[str]:
    """Return the running value with single blanks between its fields, None where there is no such key."""
    path = "/proc/sys/" + checked_key(name)
    try:
        return " ".join(words_of(host.read_text(path)))[:MAX_VALUE]
    except NotFound:
        if not host.exists("/proc/sys/kernel"):
            raise ReadError("/proc/sys is not there; running kernel parameters cannot be read") from None
        return None


def configured_value(boot: BootSettings, name: str) -> Optional[str]:
    """Return the value that the next boot sets, None where no file does."""
    winner = boot.winner(checked_key(name))
    return None if winner is None else winner.text


def checked_key(name: str) -> str:
    """Return the path below /proc/sys. A key must not lead out of it."""
    key = normal_key(name)
    if any(part in ("", ".", "..") for part in key.split("/")) or any(sign in key for sign in PATTERN_SIGNS):
        raise UsageError("%r is not the name of one kernel parameter" % name)
    return key


def _snippets_table(host: Host) -> Table:
    return _table(host, [*snippets(host, DIRECTORIES), *_credentials(host)])


def _credentials(host: Host) -> List[str]:
    """Return the credential that systemd-sysctl applies behind all snippets and names nowhere, as a list of its one file.

    Raises `ReadError` for one that is encrypted, or given to the unit in another way.
    """
    if is_masked(host, UNIT):
        raise ReadError("%s is masked, so no file of sysctl.d is applied at boot; unmask it" % UNIT)
    unit = next((path for path in UNIT_FILES if host.exists(path)), "")
    if unit and not re.search(r"^(?:Load|Import)Credential(?:Encrypted)?=sysctl\.", host.read_text(unit), re.MULTILINE):
        return []  # before systemd 252
    for path in host.glob("/etc/systemd/system/systemd-sysctl.service.d/*.conf"):
        if "Credential" in host.read_text(path):
            raise ReadError(
                "%s gives systemd-sysctl a credential; take it out, and write a file below /etc/sysctl.d" % path
            )
    for folder in CREDENTIALS:
        if host.exists("%s.encrypted/%s" % (folder, CREDENTIAL)):
            raise ReadError(
                "%s.encrypted/%s sets kernel parameters behind all files and is encrypted; see it with systemd-creds decrypt, "
                "and move what it sets to /etc/sysctl.d" % (folder, CREDENTIAL)
            )
    return [path for path in ("%s/%s" % (folder, CREDENTIAL) for folder in CREDENTIALS) if host.exists(path)][:1]


def _table(host: Host, files: Sequence[str]) -> Table:
    return _filled(assignment for path in files for assignment in parse(path, snippet_text(host, path)))


def _filled(assignments: Iterable[Assignment]) -> Table:
    table = Table()
    for assignment in assignments:
        table.add(assignment)
    return table
