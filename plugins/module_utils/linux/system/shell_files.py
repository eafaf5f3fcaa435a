# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user who starts a shell can see of files: root all, an ordinary user what is open to everybody."""

from __future__ import annotations

import os
import stat
from typing import Callable, Dict, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

FIRST_USER = 1000
# What a new account has in its home. Others may have other files there: those that are missing are not known.
SKELETON = "/etc/skel"
KINDS: Dict[str, Callable[[int], bool]] = {
    "-d": stat.S_ISDIR,
    "-f": stat.S_ISREG,
    "-p": stat.S_ISFIFO,
    "-S": stat.S_ISSOCK,
    "-b": stat.S_ISBLK,
    "-c": stat.S_ISCHR,
}
PERMISSIONS = {"-r": 4, "-w": 2, "-x": 1}


class Files:
    """The files of a host as root, or as an ordinary user in no group but his own, sees them."""

    def __init__(self, host: Host, root: bool) -> None:
        self.host = host
        self.root = root

    def readable(self, path: str) -> Optional[bool]:
        """Return whether the user can read a file; None where that hangs on who he is."""
        return self._allowed(path, 4)

    def _status(self, path: str, follow: bool = True) -> Optional[os.stat_result]:
        try:
            return self.host.stat(path, follow)
        except NotFound:
            return None

    def _allowed(self, path: str, bit: int) -> Optional[bool]:
        status = self._status(path)
        if status is None:
            return self._missing(path)
        if self.root:
            return bit != 1 or stat.S_ISDIR(status.st_mode) or bool(status.st_mode & 0o111)
        results = [self._grants(status, bit)]
        folder = self.host.place(path)[0].rpartition("/")[0]
        while folder:
            above = self._status(folder)
            results.append(None if above is None else self._grants(above, 1))
            folder = folder.rpartition("/")[0]
        return False if False in results else None if None in results else True

    @staticmethod
    def _grants(status: os.stat_result, bit: int) -> Optional[bool]:
        """Return whether everybody is granted something; a user or a group of users may be more than others."""
        if (status.st_uid >= FIRST_USER and status.st_mode & 0o700) or (status.st_gid and status.st_mode & 0o070):
            special = {bool(status.st_mode & bit)}
            if status.st_uid >= FIRST_USER:
                special.add(bool(status.st_mode & bit << 6))
            if status.st_gid:
                special.add(bool(status.st_mode & bit << 3))
            return special.pop() if len(special) == 1 else None
        return bool(status.st_mode & bit)

    def _missing(self, path: str) -> Optional[bool]:
        return None if path.startswith(SKELETON + "/") and not self.root else False

    def test(self, operator: str, path: str) -> Optional[bool]:
        """Return what test(1) says of a path; None where that can't be told."""
        if operator in PERMISSIONS:
            return self._allowed(path, PERMISSIONS[operator])
        if operator not in KINDS and operator not in ("-e", "-a", "-s", "-h", "-L"):
            return None
        status = self._status(path, follow=operator not in ("-h", "-L"))
        if status is None:
            return self._missing(path)
        if operator in ("-h", "-L"):
            return stat.S_ISLNK(status.st_mode)
        if operator == "-s":
            return status.st_size > 0
        return KINDS[operator](status.st_mode) if operator in KINDS else True

    def matching(self, pattern: str) -> Optional[List[str]]:
        """Return the paths that a shell makes of a pattern, itself where it matches none; None where that can't be told."""
        folder = pattern.rpartition("/")[0] or "/"
        if any(sign in folder for sign in "*?[") or self.test("-d", folder) is False:
            found = self.host.glob(pattern)
            return found or [pattern]
        listed = self.readable(folder)
        if listed is None and self._status(folder) is None:
            return [pattern]  # what the user may make of a folder that he was not given is his own
        if listed is None:
            return None
        return (self.host.glob(pattern) if listed else []) or [pattern]
