# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that hold keys: who gets at them by their modes, owners and the folders above. What they hold is not looked at."""

from __future__ import annotations

import stat
from typing import Any, Dict, Iterable, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import lists_of, mode_of

MAX_KEYS = 1000


def documents(host: Host, paths: Iterable[str]) -> List[Dict[str, Any]]:
    """Return ``{path, mode, owner, group}`` of each file that is there, sorted; the mode is what of it the folders above leave.

    ``pki --gen > key`` leaves 0644 in a folder of 0700, which opens it to nobody. Raises `ReadError`.
    """
    found = []
    for path in sorted(set(paths)):
        try:
            # No program goes into folders among its keys.
            if not stat.S_ISDIR(host.stat(path).st_mode):
                found.append(_document(host, path))
        except NotFound:
            continue
    if len(found) > MAX_KEYS:
        raise ReadError("there are more than %d files of keys; move old ones away" % MAX_KEYS)
    return found


def _document(host: Host, path: str) -> Dict[str, Any]:
    status = host.stat(path)
    mode = mode_of(status, lists_of(host, path, status))
    folder = host.place(path)[0].rpartition("/")[0]
    while folder:
        above = host.stat(folder)
        lets = mode_of(above, lists_of(host, folder, above))
        mode &= ~(0 if lets & 0o001 else 0o007) & ~(0 if lets & 0o011 else 0o070)
        folder = folder.rpartition("/")[0]
    return {
        "path": printable(path),
        "mode": "%04o" % mode,
        "owner": host.user_name(status.st_uid),
        "group": host.group_name(status.st_gid),
    }
