# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take back changes of account records, all that stand together in a journal by one writing of each file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Dict, Iterable, Iterator, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import account_steps, files, places, reserve
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import (
    COPIES,
    DATABASE,
    Merged,
    Texts,
    expected,
    merge,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import Lines, is_accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_undo import attributes, locked
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

View = Dict[str, Lines]


@dataclass
class Undone:
    """What was taken back: the changes that were there, what stays since somebody uses it, whether files changed."""

    entries: List[Entry] = field(default_factory=list)
    kept: List[str] = field(default_factory=list)
    changed: bool = False


def batches(entries: Iterable[Entry]) -> Iterator[List[Entry]]:
    """Yield changes in their order; those of account records that follow each other, of one apply, together."""
    batch: List[Entry] = []
    for entry in entries:
        if batch and not (is_accounts(entry) and is_accounts(batch[-1]) and entry.tree == batch[-1].tree):
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch


class AccountBatch:
    """The account records on the host below ``host.root``, for the rollback of one journal."""

    def __init__(self, host: Host, journal: Journal) -> None:
        self._host = host
        self._journal = journal
        self._seen: View = {}
        self._looked: object = None

    def conflicts(self, entry: Entry, view: View) -> List[str]:
        """Return what somebody changed of it since. ``view``: the files as later steps would leave them; updated."""
        self._fill(view)
        merged = Merged({})
        account_steps.take_back(entry, view, merged)
        self._unmake(entry, view, merged)
        return merged.conflicts

    def differs(self, entry: Entry) -> bool:
        """Return whether something of what the command did is there."""
        view = self._view_now()
        if account_steps.take_back(entry, view, Merged({}), apply=False):
            return True
        return any(view[str(record[0])].fields(str(record[1])) for record in account_steps.made(entry))

    def undo(self, batch: Sequence[Entry]) -> Undone:
        """Take changes back, the last one first in ``batch``. Raises `ChangeError`, `OSError`."""
        base: Dict[str, State] = json.loads(self._journal.load(batch[0].tree).decode())
        done = Undone()
        with locked(self._host):
            view: View = {}
            self._fill(view)
            before = {path: lines.text() for path, lines in view.items()}
            merged = Merged({})
            for entry in batch:
                there = account_steps.take_back(entry, view, merged)
                if self._unmake(entry, view, merged) or there:
                    done.entries.append(entry)
            for path, lines in view.items():
                known = Lines(self._load(base[path])) if base[path]["kind"] == "file" else Lines("")
                self._write(path, before[path], lines.written_as(known), base[path], batch, done)
            self._copies_back(batch, base, done)
        done.kept = merged.kept
        return done

    def _unmake(self, entry: Entry, view: View, merged: Merged) -> bool:
        """Remove the records that a command made, unless somebody uses them; return whether there were any to remove."""
        records = account_steps.made(entry)
        if not records:
            return False
        now: Texts = {path: lines.text() for path, lines in view.items()}
        nothing = dict.fromkeys(now, "")
        without = merge(nothing, expected(nothing, records), now)
        merged.conflicts += without.conflicts
        merged.kept += without.kept
        view.update({path: Lines(text) for path, text in without.texts.items() if text != now[path]})
        return without.texts != now

    def _real(self, path: str) -> str:
        return self._host.path(path, follow=False)

    def _fill(self, view: View) -> None:
        for path in DATABASE:
            if path not in view:
                kind = files.state(self._real(path), contents=False)["kind"]
                if kind not in ("file", "absent"):
                    raise ChangeError("%s is no regular file any more; it was left alone" % path)
                if kind == "file":
                    view[path] = Lines(account_steps.read(self._real(path)))

    def _view_now(self) -> View:
        """Return the files as they are, read anew only where they were written since."""
        looked = [account_steps.signature(self._real(path)) for path in DATABASE]
        if looked != self._looked:
            self._seen = {}
            self._fill(self._seen)
            self._looked = looked
        return self._seen

    def _load(self, state: State) -> str:
        return self._journal.load(state["sha256"]).decode("latin-1")

    def _write(self, path: str, now: str, text: str, base: State, batch: Sequence[Entry], done: Undone) -> None:
        """Write a file, with the mode and owner that it had before the batch where the batch had changed them."""
        content = text.encode("latin-1")
        with places.held(self._real(path)) as place:
            place.remove_temporary(self._journal.run_id)
            state = place.state()
            # Not all that write these files take the lock.
            if state.get("sha256") != hashlib.sha256(now.encode("latin-1")).hexdigest():
                raise files.ChangedMeanwhile(path)
            wanted: State = {**state, "sha256": hashlib.sha256(content).hexdigest()}
            alone = wanted["sha256"] == base.get("sha256")
            wanted.update(_attributes_before(path, state, batch))
            if alone and any(entry.effects is None for entry in batch):
                wanted.update(attributes(base) or {})
            if text == now and files.same(state, wanted):
                return
            wanted.pop("mtime_ns")
            if alone:
                wanted["mtime_ns"] = base["mtime_ns"]
            done.changed = True
            reserve.restore(place, wanted, content, self._journal.run_id, state)

    def _copies_back(self, batch: Sequence[Entry], base: Dict[str, State], done: Undone) -> None:
        """Bring back the tools' own copies, where nothing but the run came to the file itself."""
        touched = {str(record[0]) for entry in batch for record in entry.step["records"]}
        for path in COPIES:
            if path[:-1] not in touched:
                continue
            if files.state(self._real(path[:-1])).get("sha256") != base[path[:-1]].get("sha256"):
                continue
            if not files.same(files.state(self._real(path)), base[path]):
                content = self._journal.load(base[path]["sha256"]) if files.has_content(base[path]) else None
                done.changed = True
                reserve.bring_about(self._real(path), base[path], content, self._journal.run_id)


def _attributes_before(path: str, now: State, batch: Sequence[Entry]) -> State:
    current = attributes(now)
    for entry in batch:
        effect = (entry.effects or {}).get(path)
        if effect is not None and attributes(effect["after"]) == current:
            current = attributes(effect["before"])
    return current or {}
