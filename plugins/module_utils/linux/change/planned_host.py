# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host as it will be: readers see the files that were planned but not written yet."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Any, Dict, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError


class PlannedFile:
    """A file as it is to be. ``content`` None: as it is on the disk; ``gone``: it is to be removed."""

    def __init__(self) -> None:
        self.content: Optional[bytes] = None
        self.gone = False
        self.directory = False
        self.mode: Optional[int] = None
        self.uid: Optional[int] = None
        self.gid: Optional[int] = None
        self.lists: Dict[str, Optional[bytes]] = {}


class PlannedHost(Host):
    """A `Host` with planned files laid over it; nothing is written."""

    def __init__(self, *arguments: Any, **keys: Any) -> None:
        super().__init__(*arguments, **keys)
        self.planned: Dict[str, PlannedFile] = {}
        # The digests of what was read of files on the disk.
        self._read_of: Dict[str, str] = {}

    def plan(self, path: str) -> PlannedFile:
        """Return the planned state of a path, to be changed by the caller; what was read of it is forgotten."""
        self._texts.clear()
        self._names.clear()
        return self.planned.setdefault(path, PlannedFile())

    def replace_plan(self, planned: Dict[str, PlannedFile]) -> None:
        """Take another set of planned files; what was read is forgotten."""
        self._texts.clear()
        self._names.clear()
        self.planned = planned

    def _read(self, path: str, max_bytes: int) -> bytes:
        planned = self.planned.get(path)
        if planned is not None and planned.gone:
            raise NotFound("%s does not exist" % printable(path))
        if planned is not None and planned.content is not None:
            return planned.content
        return self._read_disk(path, max_bytes)

    def _read_disk(self, path: str, max_bytes: int) -> bytes:
        try:
            content = super()._read(path, max_bytes)
        except NotFound:
            self._note_read(path, "")
            raise
        self._note_read(path, hashlib.sha256(content).hexdigest())
        return content

    def _note_read(self, path: str, digest: str) -> None:
        # Where two readings of one plan differ, what it is made of fits neither, so it fits nothing.
        if self._read_of.setdefault(path, digest) != digest:
            self._read_of[path] = ""

    def seen(self, path: str, contents: bool) -> files.State:
        """Return what was read of a file on the disk, not of the planned one, as `files.seen` has it.

        ``contents``: with the digest of its content. Raises `ReadError`.
        """
        try:
            status: Optional[os.stat_result] = super().stat(path, follow=False)
        except NotFound:
            status = None
        found = files.seen(status)
        if contents and found["kind"] == "file":
            if path not in self._read_of:
                self._read_disk(path, files.MAX_BYTES)
            found["sha256"] = self._read_of[path]
        return found

    def stat(self, path: str, follow: bool = True) -> os.stat_result:
        """Return the status of a path as it will be."""
        planned = self.planned.get(path)
        if planned is None:
            return super().stat(path, follow)
        if planned.gone:
            raise NotFound("%s does not exist" % printable(path))
        try:
            values = list(super().stat(path, follow))
        except NotFound:
            values = [stat.S_IFDIR | 0o755 if planned.directory else stat.S_IFREG | 0o644, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        if planned.mode is not None:
            values[0] = stat.S_IFMT(int(values[0])) | planned.mode
        if planned.uid is not None:
            values[4] = planned.uid
        if planned.gid is not None:
            values[5] = planned.gid
        if planned.content is not None:
            values[6] = len(planned.content)
        return os.stat_result(values)

    def access_lists(self, path: str) -> Dict[str, bytes]:
        """Return the access control lists that a path will have."""
        planned = self.planned.get(path)
        try:
            found: Dict[str, Optional[bytes]] = {**super().access_lists(path)}
        except NotFound:
            if planned is None or planned.gone:
                raise
            found = {}
        found.update(planned.lists if planned else {})
        return {name: content for name, content in found.items() if content is not None}

    def list_directory(self, path: str) -> List[str]:
        """Return the names that will be in a directory."""
        folder = path.rstrip("/") or "/"
        here = {os.path.basename(name): item for name, item in self.planned.items() if os.path.dirname(name) == folder}
        added = {name for name, item in here.items() if not item.gone}
        try:
            names = set(super().list_directory(path))
        except ReadError:
            if not added:
                raise
            names = set()
        return sorted((names - {name for name, item in here.items() if item.gone}) | added)
