# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done where another tool owns what is to be changed: it is refused, or made and told."""

from __future__ import annotations

from typing import Callable, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.file_owners import (
    DIRECTORY,
    FILE,
    owner_of,
    unreadable,
)

# The option, and its value that makes a change which is else refused.
OWNED_FILES, TELL = "owned_files", "tell"


class OtherOwners:
    """Asks for the owners on one host. Who owns a file is told by its head on the disk, not by what is planned."""

    def __init__(self, host: PlannedHost) -> None:
        self._host = host
        self._disk: Optional[Host] = None

    def is_owned(self, path: str) -> bool:
        """Return whether anybody is known to own a file."""
        return owner_of(self._as_it_is(), FILE, path) is not None

    def respected(self, kind: str, name: str, warn: Callable[[str], None]) -> str:
        """Return who owns what is to be changed all the same, empty where nobody is known. Raises `CannotFix`.

        What a directory's own tools write is never changed by us.
        """
        if kind == FILE and DIRECTORY.match(name):
            raise CannotFix(
                "%s belongs to the directory's own tools (realm, sssd, Samba), which may break or undo what is written past "
                "them; change it by them" % printable(name)
            )
        for why in self._unreadable():
            warn("what another tool owns is not known to the full: %s" % why)
        owner = owner_of(self._as_it_is(), kind, name)
        if owner is None:
            return ""
        said = printable("%s is owned by %s" % (name if kind == FILE else "the %s %s" % (kind, name), owner))
        if owner.undoes and self._host.options.get(OWNED_FILES) != TELL:
            raise CannotFix(
                "%s, which would undo the change; change it there, or set hipaa_cis_owned_files: tell" % said
            )
        warn("%s, which %s" % (said, "may undo the change" if owner.undoes else "wrote it when the host was made"))
        return str(owner)

    def _as_it_is(self) -> Host:
        if self._disk is None:
            self._disk = self._host.shared("the host as it is", lambda: Host(self._host.root))
        return self._disk

    def _unreadable(self) -> List[str]:
        found: List[str] = self._host.shared("notes that cannot be read", lambda: unreadable(self._as_it_is()))
        return found
