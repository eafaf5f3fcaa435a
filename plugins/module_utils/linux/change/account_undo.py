# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take back what a command did to the account files, and leave alone what became of them since."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from contextlib import contextmanager
from typing import Dict, Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import account_files, files, places, reserve
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import Merged, Texts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import Lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

PATHS = frozenset((*account_files.DATABASE, *account_files.COPIES))
# The lock of lckpwdf(3), which all tools that write these files take, and how long they wait for it.
LOCK = "/etc/.pwd.lock"
LOCK_SECONDS = 15.0
_ATTRIBUTES = ("mode", "uid", "gid", "xattrs")


class AccountUndo:
    """The account files on the host below ``host.root``, for the rollback of one journal."""

    def __init__(self, host: Host, journal: Journal) -> None:
        self._host = host
        self._journal = journal

    def paths(self, entry: Entry) -> List[str]:
        """Return the account files of a command that are taken back by their records."""
        if entry.before["kind"] == "accounts":
            return [path for path in sorted(PATHS) if path in (entry.effects or {})]
        if not entry.tree or (entry.effects is not None and not PATHS.intersection(entry.effects)):
            return []
        tree = self._tree(entry)
        databases = [path for path in account_files.DATABASE if tree.get(path, {}).get("kind") == "file"]
        return databases + [path + "-" for path in databases if path + "-" in PATHS.intersection(self._seen(entry))]

    def differs(self, entry: Entry) -> bool:
        """Return whether something of what the command did is there."""
        now = self._texts(entry)
        merged = self.merged(entry, now)
        return merged.texts != now or any(True for _copy in self._copies(entry, merged))

    def merged(self, entry: Entry, now: Texts) -> Merged:
        """Return what the account files hold without what the command did."""
        tree = self._tree(entry)
        before = {path: self._journal.load(tree[path]["sha256"]).decode("latin-1") for path in now}
        return account_files.merge(before, self._after(entry, before, now), now)

    def conflicts(self, entry: Entry, view: Dict[str, Lines]) -> List[str]:
        """Return what of it somebody changed since. ``view``: the files as later steps would leave them; updated."""
        now = {path: view[path].text() if path in view else text for path, text in self._texts(entry).items()}
        merged = self.merged(entry, now)
        view.update({path: Lines(text) for path, text in merged.texts.items() if path not in view or text != now[path]})
        return merged.conflicts

    def undo(self, entry: Entry) -> List[str]:
        """Take it back; return what the command made and what stays, for somebody uses it. Raises `ChangeError`."""
        if not self.differs(entry):
            return self.merged(entry, self._texts(entry)).kept
        with locked(self._host):
            texts = self._texts(entry)
            merged = self.merged(entry, texts)
            copies = list(self._copies(entry, merged))
            for path, text in merged.texts.items():
                self._write(entry, path, texts[path].encode("latin-1"), text.encode("latin-1"))
            for path, before in copies:
                content = self._journal.load(before["sha256"]) if files.has_content(before) else None
                reserve.bring_about(self._real(path), before, content, self._journal.run_id)
        return merged.kept

    def attributes_before(self, entry: Entry, shown: Dict[str, State]) -> Dict[str, State]:
        """Return path -> the state that steps before this one left, as far as mode and owner go."""
        found: Dict[str, State] = {}
        for path in self.paths(entry):
            effect = (entry.effects or {}).get(path)
            if effect is None:
                continue
            now = shown.get(path) or files.state(self._real(path), contents=False)
            if path in account_files.COPIES or attributes(now) == attributes(effect["after"]):
                before = effect["before"]
                found[path] = {"kind": before["kind"], **(attributes(before) or {})}
        return found

    def _tree(self, entry: Entry) -> Dict[str, State]:
        if not entry.tree:
            return {}
        tree: Dict[str, State] = json.loads(self._journal.load(entry.tree).decode())
        return {path: state for path, state in tree.items() if path in PATHS}

    def _seen(self, entry: Entry) -> List[str]:
        """Return the paths that the command changed, or may have changed where it was cut off."""
        if entry.effects is not None:
            return list(entry.effects)
        return sorted(PATHS) if entry.step.get("packages") else list(entry.step["watch"])

    def _real(self, path: str) -> str:
        return self._host.path(path, follow=False)

    def _texts(self, entry: Entry) -> Texts:
        texts: Texts = {}
        for path in self.paths(entry):
            if path in account_files.DATABASE:
                if files.state(self._real(path), contents=False)["kind"] != "file":
                    raise ChangeError("%s is no regular file any more; it was left alone" % path)
                with open(self._real(path), "rb") as stream:
                    texts[path] = stream.read(files.MAX_BYTES).decode("latin-1")
        return texts

    def _after(self, entry: Entry, before: Texts, now: Texts) -> Texts:
        after = dict(before)
        for path in now:
            state = (entry.effects or {}).get(path, {}).get("after", {})
            if files.has_content(state):
                # A look that left no trace was taken just now.
                seen = entry.details.get("kept", True)
                after[path] = self._journal.load(state["sha256"]).decode("latin-1") if seen else now[path]
        if not entry.step.get("packages"):
            return after
        return account_files.of_packages(before, after, entry.details["accounts"] if entry.details.get("cut") else None)

    def _copies(self, entry: Entry, merged: Merged) -> Iterator[Tuple[str, State]]:
        """Yield (path, state before) of the tools' own copies, where nothing but the command came to the file itself."""
        tree = self._tree(entry)
        for path in self.paths(entry):
            text = merged.texts.get(path[:-1])
            if text is None or hashlib.sha256(text.encode("latin-1")).hexdigest() != tree[path[:-1]]["sha256"]:
                continue
            before = tree.get(path, files.ABSENT)
            if not files.same(files.state(self._real(path)), before):
                yield path, before

    def _write(self, entry: Entry, path: str, read: bytes, content: bytes) -> None:
        """Give an account file a content that was made of what was ``read``. Raises `ChangedMeanwhile`."""
        with places.held(self._real(path)) as place:
            place.remove_temporary(self._journal.run_id)
            now = place.state()
            # Not all that write these files take the lock.
            if now.get("sha256") != hashlib.sha256(read).hexdigest():
                raise files.ChangedMeanwhile(path)
            reserve.restore(place, self._wanted(entry, path, now, content), content, self._journal.run_id, now)

    def _wanted(self, entry: Entry, path: str, now: State, content: bytes) -> State:
        before = self._tree(entry)[path]
        wanted: State = {**now, "sha256": hashlib.sha256(content).hexdigest()}
        alone = wanted["sha256"] == before["sha256"]
        effect = (entry.effects or {}).get(path)
        if alone if effect is None else attributes(effect["after"]) == attributes(now):
            wanted.update(attributes(before) or {})
        wanted.pop("mtime_ns")
        if alone:
            wanted["mtime_ns"] = before["mtime_ns"]
        return wanted


def attributes(state: State) -> Optional[State]:
    """Return mode, owner and access control list of a file's state."""
    return {name: state[name] for name in _ATTRIBUTES} if state["kind"] == "file" else None


@contextmanager
def locked(host: Host) -> Iterator[None]:
    """Keep passwd(1) and all others that write these files away for the moment of a change."""
    handle = os.open(host.path(LOCK), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > end:
                    raise ChangeError(
                        "another program has locked the account files (%s); wait for it, then run this again" % LOCK
                    ) from None
                time.sleep(0.1)
        yield
    finally:
        os.close(handle)
