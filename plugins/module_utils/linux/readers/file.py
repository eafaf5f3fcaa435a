# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `file`: existence, type, mode and owners of one path or of all that match a pattern."""

from __future__ import annotations

import re
import stat
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import ACCESS_LIST, DEFAULT_LIST, Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import (
    AccessList,
    lists_of,
    mode_of,
    shown,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import owner_kind
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.file_tree import matching

MAX_FILES = 10000
TYPES = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISLNK, "link"),
    (stat.S_ISCHR, "character_device"),
    (stat.S_ISBLK, "block_device"),
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISSOCK, "socket"),
)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return a document for ``path``, a list of documents for ``glob``; see docs/kinds.md."""

    def one(address: Address) -> Observation:
        if "glob" in address:
            return _many(host, required(address, "glob"), str(address.get("pattern", "")))
        if "included_by" in address:
            return _included(host, required(address, "included_by"), bool(address.get("folders")))
        path = required(address, "path")
        try:
            seen = document(host, path)
        except NotFound:
            return absent(path)
        let_in = [*seen["acl"], *seen["default_acl"]]
        return value(seen, path + ("; its access control list lets in %s" % ", ".join(let_in) if let_in else ""))

    return read_each(addresses, one)


def _many(host: Host, pattern: str, content: str) -> Observation:
    paths = matching(host, pattern)
    if len(paths) > MAX_FILES:
        raise ReadError("%s matches %d files, more than %d" % (pattern, len(paths), MAX_FILES))
    if content:
        paths = [path for path in paths if _has_line(host, path, content)]
    return value([document(host, path) for path in paths], pattern)


def _included(host: Host, main: str, folders: bool) -> Observation:
    """Return the files that a configuration of sshd includes from anywhere, or the folders in which they lie."""
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import sshd_config

    try:
        files = [path for path in sshd_config.files(host, main) if path != main]
    except NotFound:
        return absent(main)
    paths = [path.rpartition("/")[0] or "/" for path in files] if folders else files
    return value([document(host, path) for path in dict.fromkeys(paths)], main)


def _has_line(host: Host, path: str, content: str) -> bool:
    """Return whether a regular file has a line that matches; nothing of its text goes any further."""
    if not stat.S_ISREG(host.stat(path).st_mode):
        return False
    return re.search(content, host.read_text(path), re.MULTILINE | re.ASCII) is not None


def document(host: Host, path: str) -> Dict[str, Any]:
    """Return a file's document, links followed. Raises `NotFound` or `ReadError`; a dangling link is an error."""
    entry = host.stat(path, follow=False)
    link = stat.S_ISLNK(entry.st_mode)
    target = printable(host.read_link(path)) if link else None
    if link:
        try:
            entry = host.stat(path)
        except NotFound:
            raise ReadError("%s is a link to %s, which does not exist" % (printable(path), target)) from None
    lists = lists_of(host, path, entry)
    return {
        "path": printable(path),
        "type": next((name for test, name in TYPES if test(entry.st_mode)), "unknown"),
        "mode": "%04o" % mode_of(entry, lists),
        "owner": host.user_name(entry.st_uid),
        "owner_kind": owner_kind(host, entry.st_uid),
        "group": host.group_name(entry.st_gid),
        "uid": entry.st_uid,
        "gid": entry.st_gid,
        "size": entry.st_size,
        "link_target": target,
        "acl": _guests(host, lists, ACCESS_LIST),
        "default_acl": _guests(host, lists, DEFAULT_LIST),
    }


def _guests(host: Host, lists: Mapping[str, AccessList], name: str) -> List[str]:
    return [shown(host, entry) for entry in lists[name].guests()] if name in lists else []
