# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are not changed for the names they have: links, and names that somebody else may have given them."""

from __future__ import annotations

import os
import stat

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.folders import others_may_change
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound


def refuse_link(host: PlannedHost, path: str) -> None:
    """Raise `CannotFix` for a symbolic link."""
    try:
        if stat.S_ISLNK(host.stat(path, follow=False).st_mode):
            raise CannotFix(
                "%s is a symbolic link, so something else manages it; change the file it points to by hand"
                % printable(path)
            )
    except NotFound:
        pass


def refuse_hard_link(host: PlannedHost, path: str) -> None:
    """Raise `CannotFix` for a file with other names: a file is replaced as a whole, which would leave those behind."""
    try:
        status = host.stat(path, follow=False)
    except NotFound:
        return
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        raise CannotFix(
            "%s has %d names (hard links), and the others would keep the old content; find them with "
            "`find / -xdev -samefile %s`, and change it by hand or make it a file of its own"
            % (printable(path), status.st_nlink, printable(path))
        )


def refuse_planted_name(host: PlannedHost, path: str, status: os.stat_result) -> None:
    """Raise `CannotFix` where somebody else than root may have given a file this name, which has others."""
    if not stat.S_ISREG(status.st_mode) or status.st_nlink < 2:
        return
    if others_may_change(host.path(path, follow=False), host.root):
        raise CannotFix(
            "%s has %d names (hard links), of which this one may have been made by somebody else than root to have the "
            "permissions of another file changed; find them with `find / -xdev -samefile %s`, and change it by hand"
            % (printable(path), status.st_nlink, printable(path))
        )
