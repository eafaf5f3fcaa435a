# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: what was before each change, written and synced on the target before the change is made.

``/var/lib/hipaa-cis/<run id>/journal`` holds one line an event, each with its own digest; ``blobs/`` the contents of
files by their SHA-256. Only root can enter. It may hold what the changed files hold, so nothing of it leaves the host.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import (
    ChangeError,
    State,
    remove_quietly,
    sync_folder,
)

# Of a change with this status nothing is there any more.
ENDED = ("undone", "failed")
BASE = "/var/lib/hipaa-cis"
VERSION = 1
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
# Below this much free space a journal is not begun: a full disk in the middle helps nobody.
MIN_FREE_BYTES = 8 * 1024 * 1024
_PIECE_BYTES = 65536


class DamagedJournal(ChangeError):
    """The journal does not say reliably what was before."""


@dataclass
class Entry:
    """One change: its step, the state before it, the state it was to bring, what it is known to have done.

    ``effects``: path -> {before, after} of what a command changed in the folders it watched; None when it was cut off
    and nobody has looked since. ``details``: ``others``, effects of which it is not known whose they are; ``cut``.
    ``status``: ``begun`` (cut off), ``done``, ``failed`` (taken back at once) or ``undone``. ``confirmed``: the
    controller came back after it.
    """

    number: int
    step: Dict[str, Any]
    before: State
    after: State
    tree: str = ""
    effects: Optional[Dict[str, Dict[str, State]]] = None
    status: str = "begun"
    confirmed: bool = False
    details: Dict[str, Any] = field(default_factory=dict)


class Journal:
    """One run's journal on one host. ``root`` is the directory that stands for ``/``."""

    def __init__(self, root: str, run_id: str) -> None:
        if not RUN_ID.match(run_id) or run_id in (".", ".."):
            raise ChangeError("the run id %r may only hold letters, digits, '.', '_' and '-'" % run_id)
        self.run_id = run_id
        self.root = root
        self._base = os.path.join(root, BASE.lstrip("/"))
        self.folder = os.path.join(self._base, run_id)
        self.path = os.path.join(self.folder, "journal")
        self._next = 1
        self._names_to_sync = True

    def exists(self) -> bool:
        """Return whether there is such a journal."""
        return os.path.exists(self.path)

    def create(self) -> None:
        """Make the journal, or go on with the one that is there. Raises `OSError`, `ChangeError`."""
        for folder in (os.path.dirname(self.folder), self.folder, os.path.join(self.folder, "blobs")):
            if not os.path.isdir(folder):
                os.makedirs(folder, 0o700)
            os.chmod(folder, 0o700)
        room = os.statvfs(self.folder)
        if room.f_bavail * room.f_frsize < MIN_FREE_BYTES:
            raise ChangeError(
                "%s has less than %d MiB free; nothing was changed. Free some space, then run this again"
                % (self.folder, MIN_FREE_BYTES // 1024 // 1024)
            )
        entries = self.entries() if self.exists() else []
        self._next = 1 + max([entry.number for entry in entries], default=0)
        if not _sequence(self._base, self.run_id):
            # The runs of a host are told apart by number, for a clock may jump.
            self._append({"version": VERSION, "run": self.run_id, "sequence": _last_sequence(self.root) + 1})
            sync_folder(self.folder)
            sync_folder(os.path.dirname(self.folder))

    def save(self, content: bytes, sync: bool = True) -> str:
        """Keep a content and return its digest. Without ``sync`` it is only safe after `settle`."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._blob(digest)
        if not os.path.exists(path):
            temporary = path + ".new"
            try:
                handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    if sync:
                        os.fsync(stream.fileno())
                self._names_to_sync = True
                os.replace(temporary, path)
            except BaseException:
                remove_quietly(temporary)
                raise
        return digest

    @staticmethod
    def settle() -> None:
        """Bring many contents to the disk at once, which is far quicker than one by one."""
        os.sync()

    def load(self, digest: str) -> bytes:
        """Return a kept content. Raises `DamagedJournal` where it is missing or not what it was."""
        try:
            with open(self._blob(digest), "rb") as stream:
                content = stream.read()
        except OSError:
            raise DamagedJournal("%s is missing" % self._blob(digest)) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise DamagedJournal("%s was changed since it was written" % self._blob(digest))
        return content

    def _blob(self, digest: str) -> str:
        return os.path.join(self.folder, "blobs", digest)

    def begin(self, step: Dict[str, Any], before: State, after: State, tree: str = "") -> int:
        """Write what is about to be changed; only when this returned may the change be made."""
        number = self._next
        self._next += 1
        # The folder too, for the contents kept above are of no use without their names.
        if self._names_to_sync:
            sync_folder(os.path.join(self.folder, "blobs"))
            self._names_to_sync = False
        self._append({"begin": number, "step": step, "before": before, "after": after, "tree": tree})
        return number

    def finish(self, number: int, status: str, **details: Any) -> None:
        """Note that a change is ``done``, ``failed`` (and was taken back) or ``undone``."""
        self._append({"finish": number, "status": status, **details})

    def finish_all(self, numbers: Iterable[int], status: str) -> None:
        """Note the same of many changes at once."""
        self._append(*({"finish": number, "status": status} for number in numbers))

    def confirm(self) -> None:
        """Note that the controller came back after all that was begun so far."""
        self._append({"confirm": True})

    def _append(self, *events: Dict[str, Any]) -> None:
        data = b"".join(_line(event) for event in events)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            # An undoing that insists may write beside the apply that it did not wait for.
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = _mend_torn_end(handle)
            try:
                if os.write(handle, data) != len(data):
                    raise OSError(28, os.strerror(28))
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, size)
                raise
        finally:
            os.close(handle)

    def entries(self, skip_damage: bool = False) -> List[Entry]:
        """Return all changes in the order in which they were begun.

        A torn last line is no damage: its change can't have been made yet. Raises `DamagedJournal`
        on any other line that is not what was written; ``skip_damage`` leaves such lines out.
        """
        with open(self.path, "rb") as stream:
            lines = stream.read().split(b"\n")
        found: Dict[int, Entry] = {}
        for number, line in enumerate(lines[:-1], 1):
            event = _event(line)
            if event is None and not skip_damage:
                raise DamagedJournal(
                    "line %d of %s is damaged; nothing was rolled back. With force, what is legible is rolled back"
                    % (number, self.path)
                )
            if event is not None:
                self._take(event, found)
        return [found[number] for number in sorted(found)]

    @staticmethod
    def _take(event: Dict[str, Any], found: Dict[int, Entry]) -> None:
        if "begin" in event:
            number = event["begin"]
            found[number] = Entry(number, event["step"], event["before"], event["after"], event["tree"])
        elif "confirm" in event:
            for entry in found.values():
                entry.confirmed = True
        elif event.get("finish") in found:
            entry = found[event["finish"]]
            entry.status = event["status"]
            if "effects" in event:
                entry.effects = event["effects"]
            entry.after = event.get("after", entry.after)
            entry.details.update(event.get("details", {}))


def _mend_torn_end(handle: int) -> int:
    """Cut off a last line that a power failure tore, which would spoil the next one; return the size that is left."""
    size = os.fstat(handle).st_size
    if not size or os.pread(handle, 1, size - 1) == b"\n":
        return size
    whole, pieces = 0, range(0, size, _PIECE_BYTES)
    for start in reversed(pieces):
        found = os.pread(handle, min(_PIECE_BYTES, size - start), start).rfind(b"\n")
        if found >= 0:
            whole = start + found + 1
            break
    os.ftruncate(handle, whole)
    return whole


def _line(event: Dict[str, Any]) -> bytes:
    text = json.dumps(event, sort_keys=True).encode()
    return b"%s %s\n" % (hashlib.sha256(text).hexdigest()[:16].encode(), text)


def _event(line: bytes) -> Optional[Dict[str, Any]]:
    digest, _blank, text = line.partition(b" ")
    if hashlib.sha256(text).hexdigest()[:16].encode() != digest:
        return None
    event: Dict[str, Any] = json.loads(text)
    return event


def last_run(root: str) -> str:
    """Return the id of the run that last changed this host; of the last one at all where every change was taken back.

    Raises `ChangeError` where there is none.
    """
    base = os.path.join(root, BASE.lstrip("/"))
    numbers = {run: _sequence(base, run) for run in runs(root)}
    if not numbers:
        raise ChangeError("%s holds no journal: nothing on this host was changed by a remediation" % BASE)
    newest_first = sorted(numbers, key=lambda run: (numbers[run], run), reverse=True)
    return next((run for run in newest_first if _changed(Journal(root, run))), newest_first[0])


def _changed(journal: Journal) -> bool:
    """Return whether a run may have left anything changed; a damaged journal may have."""
    try:
        return any(entry.status not in ENDED for entry in journal.entries())
    except DamagedJournal:
        return True


def runs(root: str) -> List[str]:
    """Return the runs that have a journal on the host below ``root``."""
    base = os.path.join(root, BASE.lstrip("/"))
    try:
        return [name for name in os.listdir(base) if os.path.exists(os.path.join(base, name, "journal"))]
    except OSError:
        return []


def _last_sequence(root: str) -> int:
    base = os.path.join(root, BASE.lstrip("/"))
    return max([_sequence(base, run) for run in runs(root)], default=0)


def _sequence(base: str, run: str) -> int:
    """Return the number in a journal's first line; 0 where it has none that can be read."""
    try:
        with open(os.path.join(base, run, "journal"), "rb") as stream:
            event = _event(stream.readline(4096).rstrip(b"\n"))
    except OSError:
        return 0
    number = (event or {}).get("sequence", 0)
    return number if isinstance(number, int) else 0
