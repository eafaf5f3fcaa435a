# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a rollback: what somebody changed since the run, and what is not known to be its work."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files, large_files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_batch import AccountBatch, View
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import is_accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_undo import AccountUndo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import (
    ENDED,
    DamagedJournal,
    Entry,
    Journal,
    runs,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_undo import PackageUndo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, FILE, KERNEL
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, words_of


class Conflicts:
    """Looks at the entries of one journal on the host below ``host.root``. ``force``: a damaged journal is no end."""

    def __init__(
        self,
        host: Host,
        journal: Journal,
        packages: PackageUndo,
        accounts: AccountUndo,
        records: AccountBatch,
        force: bool,
    ) -> None:
        self._host = host
        self._journal = journal
        self._packages = packages
        self._accounts = accounts
        self._records = records
        self._force = force

    def found(self, entries: List[Entry]) -> List[str]:
        """Return what is neither as the run left it nor as it was before, steps chained backwards."""
        found = self._packages.conflicts(entry for entry in reversed(entries) if entry.step.get("packages"))
        shown: Dict[str, State] = {}
        view: View = {}
        for entry in reversed(entries):
            if entry.step["type"] == FILE:
                self._chain(entry.step["path"], entry.before, entry.after, shown, found)
            elif entry.step["type"] == KERNEL:
                self._kernel_conflict(entry, entries, found)
            elif entry.step["type"] == COMMAND:
                accounts = self._accounts.paths(entry)
                found += [text for text in self._account_conflicts(entry, view) if text not in found]
                shown.update(self._accounts.attributes_before(entry, shown))
                for path, effect in (entry.effects or {}).items():
                    if path not in accounts:
                        self._chain(path, effect["before"], effect["after"], shown, found)
                found += self._of_nobody_known(entry, shown)
        later = self._later() if found else {}
        return [text + later.get(text.split(" ")[0], "") for text in found]

    def _later(self) -> Dict[str, str]:
        """Return path -> the hint that a later run of ours has changed it, of what is not taken back."""
        hints: Dict[str, str] = {}
        for run in runs(self._host.root):
            other = Journal(self._host.root, run)
            with suppress(ChangeError, OSError):
                if run == self._journal.run_id or os.stat(other.path).st_mtime < os.stat(self._journal.path).st_mtime:
                    continue
                for entry in other.entries():
                    if entry.status not in ENDED:
                        paths = [entry.step.get("path", ""), *(entry.effects or {})]
                        hints.update(dict.fromkeys(paths, "; by the later run %s: take that back first" % run))
        return hints

    def _kernel_conflict(self, entry: Entry, entries: List[Entry], found: List[str]) -> None:
        """Add a value that the run neither found nor made at any of its steps; of several steps it is said once."""
        path = entry.step["path"]
        steps = [one for one in entries if one.step["type"] == KERNEL and one.step["path"] == path]
        known = [words_of(state["value"]) for one in steps for state in (one.before, one.after)]
        now = read_kernel(self._host.path(path))
        if entry is steps[-1] and words_of(now) not in known:
            found.append("%s is %s now, the run had set %s" % (path, now, entry.after["value"]))

    def _of_nobody_known(self, entry: Entry, shown: Dict[str, State]) -> List[str]:
        """Return what changed while a command ran, is so still, and is not known to be its work."""
        found = []
        for path, effect in entry.details.get("others", {}).items():
            now = shown.get(path) or large_files.state(self._host.path(path, follow=False))
            if not files.same(now, effect["before"]):
                found.append(
                    "%s was changed while the run did `%s`, and is not known to be its work"
                    % (path, entry.step["label"])
                )
            shown[path] = effect["before"]
        return found

    def _account_conflicts(self, entry: Entry, view: View) -> List[str]:
        try:
            return self._records.conflicts(entry, view) if is_accounts(entry) else self._accounts.conflicts(entry, view)
        except ChangeError as problem:
            if isinstance(problem, DamagedJournal) and not self._force:
                raise
            return [str(problem)]

    def _chain(self, path: str, before: State, after: State, shown: Dict[str, State], found: List[str]) -> None:
        now = shown.get(path)
        if now is None:
            now = large_files.state(self._host.path(path, follow=False))
        gone = now["kind"] == "absent" and after["kind"] == "file" and not files.has_content(after)
        if not gone and not files.same(now, after) and not files.same(now, before):
            text = "%s was changed since the run (%s)" % (path, _what_differs(after, now))
            if text not in found:
                found.append(text)
        lost = large_files.cannot_come_back(path, before, now)
        if lost and lost not in found:
            found.append(lost)
        # A step that left the content alone says nothing of it, so what is there now has to fit the steps before it.
        kept = {"sha256": now["sha256"]} if files.has_content(now) and not files.has_content(before) else {}
        shown[path] = now if gone else {**before, **(kept if before["kind"] == "file" else {})}


def _what_differs(after: State, now: State) -> str:
    if now["kind"] != after["kind"]:
        return "it was %s and is %s" % (after["kind"], now["kind"])
    names = {
        "sha256": "content",
        "target": "target of the link",
        "uid": "owner",
        "gid": "group",
        "xattrs": "attributes",
    }
    different = [key for key in files.COMPARED if after.get(key) != now.get(key)]
    return ", ".join(names.get(key, key) for key in different if key != "sha256" or files.has_content(after))


def read_kernel(path: str) -> str:
    """Return a running kernel parameter as it stands there."""
    try:
        with open(path, "rb") as stream:
            return stream.read(4096).decode("utf-8", "backslashreplace").strip(BLANKS)
    except OSError:
        return "unreadable"
