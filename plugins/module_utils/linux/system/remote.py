# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a path leads, told without touching what lies on others' servers, in programs of users or behind automounts."""

from __future__ import annotations

import os
from typing import Dict, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import MAX_LINKS, Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.mountinfo import Mount, MountTable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.scan_places import is_remote


def mounts(host: Host) -> List[Mount]:
    """Return the mounts that can be seen; none on a bare tree. Raises `ReadError` where a host does not tell them."""
    try:
        table: MountTable = host.shared("mounts", lambda: MountTable(host))
    except NotFound:
        if host.root == "/":
            raise ReadError("/proc shows no mounts, so what may never answer cannot be told") from None
        return []
    return table.shown()


class Remote:
    """Resolves paths of a host up to the first mount that may not answer."""

    def __init__(self, host: Host) -> None:
        self._prefix = host.root.rstrip("/")
        # A host whose root is on a server is as good as that server.
        self._mounts: Dict[str, Mount] = {one.path: one for one in mounts(host) if one.path != "/" and is_remote(one)}

    def place(self, path: str) -> Tuple[str, Optional[Mount]]:
        """Return where a path really is, and the mount that may not answer on the way there, if there is one."""
        parts = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        here, links = "", 0
        while parts:
            part = parts.pop()
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            below = here + "/" + part
            if below in self._mounts:
                return "/".join([below, *reversed(parts)]), self._mounts[below]
            target = self._target(below)
            if target is None:
                here = below
                continue
            links += 1
            if links > MAX_LINKS:
                raise ReadError("%s: too many levels of symbolic links" % printable(path))
            here = "" if target.startswith("/") else here
            parts.extend(piece for piece in reversed(target.split("/")) if piece not in ("", "."))
        return here or "/", None

    def _target(self, path: str) -> Optional[str]:
        """Return where a link leads, or None for what is none or not there."""
        try:
            return os.readlink(self._prefix + path)
        except OSError:
            return None
