# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a run back: its journal, backwards, and nothing that somebody changed since."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import (
    files,
    journal_life,
    large_files,
    lock,
    package_steps,
    reserve,
    trees,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_batch import AccountBatch, View, batches
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import is_accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_undo import AccountUndo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import Watcher, said, write_kernel
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import (
    DamagedJournal,
    Entry,
    Journal,
    last_run,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import (
    COMMAND,
    CONNECTION,
    FILE,
    KERNEL,
    REFRESH,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

UNDONE = ("undone", "failed")


def unconfirmed(entry: Entry) -> bool:
    """Return whether a change is there that may have cut the controller off and was not confirmed since."""
    return entry.status not in UNDONE and entry.step["group"] == CONNECTION and not entry.confirmed


@dataclass
class Report:
    """What a rollback did or would do. ``conflicts``: what somebody changed since; ``problems``: what went wrong.

    ``undone``: what was not as before the run. ``changed``: whether anything of the host was, or would be, touched.
    """

    changed: bool = False
    undone: List[str] = field(default_factory=list)
    conflicts: List[str] = field(default_factory=list)
    problems: List[str] = field(default_factory=list)
    kept: List[str] = field(default_factory=list)


class Rollback:
    """The rollback of one journal on the host below ``host.root``.

    ``unconfirmed``: only what may have cut the controller off and was not confirmed since.
    """

    def __init__(self, host: Host, runner: Runner, journal: Journal, unconfirmed: bool = False, force: bool = False,
                 watcher: Watcher = lambda _what: None) -> None:  # fmt: skip
        self._host = host
        self._runner = runner
        self._journal = journal
        self._unconfirmed = unconfirmed
        self._force = force
        self._watcher = watcher
        self._accounts = AccountUndo(host, journal)
        self._records = AccountBatch(host, journal)

    def run(self, dry: bool = False) -> Report:
        """Roll back. With conflicts and without force, or when ``dry``, nothing is changed.

        Raises `ChangeError` (`DamagedJournal`) where the journal can't be relied on.
        """
        entries = [entry for entry in self._journal.entries(skip_damage=self._force) if self._wanted(entry)]
        report = Report()
        report.conflicts = self._conflicts(entries)
        if dry or (report.conflicts and not self._force):
            report.undone = [entry.step["label"] for entry in reversed(entries) if self._differs(entry)]
            report.changed = dry and bool(report.undone)
            return report
        reserve.free(self._journal, self._host.root)
        # What is run at the very end, each once; only then is noted what it belongs to.
        refreshes: Dict[Tuple[str, ...], List[Entry]] = {}
        for batch in batches(reversed(entries)):
            entry = batch[0]
            if is_accounts(entry):
                self._undo_accounts(batch, report)
                continue
            refresh = entry.step["type"] == REFRESH
            last = [entry.step["argv"]] if refresh else entry.step.get("after_undo", ())
            if refresh or self._undo(entry, report):
                for argv in last:
                    refreshes.setdefault(tuple(argv), []).append(entry)
                if not last:
                    self._note(report, entry)
        self._refresh(refreshes, report)
        journal_life.prune(self._journal)
        return report

    def _refresh(self, refreshes: Dict[Tuple[str, ...], List[Entry]], report: Report) -> None:
        waiting = {entry.number: entry for concerned in refreshes.values() for entry in concerned}
        for argv, concerned in reversed(list(refreshes.items())):
            if not self._run(list(argv), report):
                for entry in concerned:
                    waiting.pop(entry.number, None)
        for entry in waiting.values():
            self._note(report, entry)

    def _undo_accounts(self, batch: List[Entry], report: Report) -> None:
        for entry in batch:
            self._watcher("undo: " + entry.step["label"])
        try:
            done = self._records.undo(batch)
        except ChangeError as problem:
            report.problems.append(str(problem))
        except OSError as problem:
            report.problems.append(files.explain("the files of accounts", problem))
        else:
            report.undone += done.labels
            report.kept += done.kept
            report.changed = report.changed or done.changed
            self._note(report, *batch)

    def _note(self, report: Report, *entries: Entry) -> None:
        """Note that changes are taken back; without space for that the others are taken back all the same."""
        try:
            self._journal.finish_all([entry.number for entry in entries], "undone")
        except OSError as problem:
            text = (
                "what was taken back could not be noted in the journal, so roll this run back once more when it can be: %s"
                % files.explain(self._journal.path, problem)
            )
            report.problems += [text] if text not in report.problems else []

    def _wanted(self, entry: Entry) -> bool:
        return unconfirmed(entry) if self._unconfirmed else entry.status not in UNDONE

    def _undo(self, entry: Entry, report: Report) -> bool:
        """Take one change back; return whether that is done."""
        self._watcher("undo: " + entry.step["label"])
        problems = len(report.problems)
        differs = self._differs(entry)
        report.changed = report.changed or differs
        try:
            if entry.step["type"] == COMMAND:
                self._undo_command(entry, report)
            elif entry.step["type"] == KERNEL:
                self._undo_kernel(entry)
            else:
                self._restore(entry.step["path"], entry.before, entry.after, report)
        except DamagedJournal as problem:
            report.problems.append("%s: %s" % (entry.step["label"], problem))
        except ChangeError as problem:
            report.problems.append(str(problem))
        except OSError as problem:
            report.problems.append(files.explain(entry.step.get("path", entry.step["label"]), problem))
        if len(report.problems) != problems:
            return False
        if differs:
            report.undone.append(entry.step["label"])
        return True

    def _differs(self, entry: Entry) -> bool:
        """Return whether something of a change is there to be taken back; also where that can't be told."""
        if entry.step["type"] == REFRESH:
            return False
        try:
            if entry.step["type"] == KERNEL:
                return _read_kernel(self._host.path(entry.step["path"])).split() != entry.before["value"].split()
            if is_accounts(entry):
                return self._records.differs(entry)
            if entry.step["type"] == COMMAND:
                return self._command_differs(entry)
            real = self._host.path(entry.step["path"], follow=False)
            return not files.same(large_files.state(real), entry.before)
        except (ChangeError, OSError, ReadError):
            return True

    def _command_differs(self, entry: Entry) -> bool:
        if entry.step.get("packages") and package_steps.changed(self._runner, entry.before):
            return True
        # What it did beside files can't be seen, so what takes that back counts as a change.
        if entry.step["undo"] or self._accounts.differs(entry):
            return True
        return any(
            not files.same(large_files.state(self._host.path(path, follow=False)), before)
            for path, (before, _after) in self._effects(entry)
        )

    def _restore(self, path: str, before: State, after: Optional[State], report: Report) -> None:
        real = self._host.path(path, follow=False)
        files.remove_quietly(files.temporary_name(real, self._journal.run_id))
        contents = before["kind"] != "file" or files.has_content(before)
        now = large_files.state(real) if contents else files.state(real, contents=False)
        # A log that was rotated away needs no permissions.
        if files.same(now, before) or (not contents and now["kind"] == "absent"):
            return
        if contents and after is not None and not files.same(now, after):
            self._keep_theirs(real, path, now, report)
        if "large" in before:
            lost = large_files.cannot_come_back(path, before, now)
            if lost:
                raise ChangeError(lost)
            before = large_files.without_content(before)
        content = self._journal.load(before["sha256"]) if files.has_content(before) else None
        reserve.bring_about(real, before, content, self._journal.run_id)

    def _keep_theirs(self, real: str, path: str, now: State, report: Report) -> None:
        """Keep what somebody made of a file since beside it."""
        if now["kind"] != "file":
            return
        if large_files.is_large(real):
            raise ChangeError("%s is too large to be kept beside; move it away, then run this again" % path)
        beside = "%s.since-%s" % (path, self._journal.run_id)
        with open(real, "rb") as stream:
            content = stream.read(files.MAX_BYTES)
        files.write_temporary(self._host.path(beside, follow=False), content, now)
        report.kept.append(beside)

    def _undo_kernel(self, entry: Entry) -> None:
        write_kernel(self._host.path(entry.step["path"]), entry.before["value"])

    def _undo_command(self, entry: Entry, report: Report) -> None:
        if entry.step.get("packages"):
            report.problems += package_steps.undo(self._runner, entry)
        # Before the rest, for the lock that this takes may be a file that the command made.
        report.kept += self._accounts.undo(entry)
        for path, (before, after) in self._effects(entry):
            self._restore(path, before, after, report)
        for argv in entry.step["undo"]:
            self._run(argv, report)

    def _effects(self, entry: Entry) -> Iterator[Tuple[str, Tuple[State, Optional[State]]]]:
        """Yield (path, (state before, state after)) of what a command changed, in an order in which it can be undone.

        What was removed is brought back from the outside in, then what was added is removed from the inside out.
        The account files are left out: of them only what the command did is taken back.
        """
        changed: Dict[str, Tuple[State, Optional[State]]] = {}
        if entry.effects is not None and not entry.step.get("packages"):
            for path, effect in entry.effects.items():
                changed[path] = (effect["before"], effect["after"])
        elif entry.tree:
            before = json.loads(self._journal.load(entry.tree).decode())
            now = trees.take(self._host.root, entry.step["watch"])
            changed = {path: (before.get(path, files.ABSENT), None) for path in trees.difference(before, now)}
            if entry.effects is not None:  # packages put back files of their own; only what the step had changed counts
                changed = {path: states for path, states in changed.items() if path in entry.effects}
        for path in self._accounts.paths(entry):
            changed.pop(path, None)
        for path in sorted(path for path in changed if changed[path][0]["kind"] != "absent"):
            yield path, changed[path]
        for path in sorted((path for path in changed if changed[path][0]["kind"] == "absent"), reverse=True):
            yield path, changed[path]

    def _run(self, argv: List[str], report: Report) -> bool:
        self._watcher("run: " + " ".join(argv))
        result = self._runner(argv, 120.0)
        good = not result.problem and not result.exit_code
        if not good:
            report.problems.append("`%s` failed: %s" % (" ".join(argv), said(result)))
        return good

    def _conflicts(self, entries: List[Entry]) -> List[str]:
        """Return what is neither as the run left it nor as it was before, steps chained backwards."""
        found: List[str] = []
        shown: Dict[str, State] = {}
        view: View = {}
        for entry in reversed(entries):
            if entry.step["type"] == FILE:
                self._chain(entry.step["path"], entry.before, entry.after, shown, found)
            elif entry.step["type"] == KERNEL:
                now = _read_kernel(self._host.path(entry.step["path"]))
                if now.split() not in (entry.before["value"].split(), entry.after["value"].split()):
                    found.append("%s is %s now, the run had set %s" % (entry.step["path"], now, entry.after["value"]))
            elif entry.step["type"] == COMMAND:
                accounts = self._accounts.paths(entry)
                found += [text for text in self._account_conflicts(entry, view) if text not in found]
                shown.update(self._accounts.attributes_before(entry, shown))
                for path, effect in (entry.effects or {}).items():
                    if path not in accounts:
                        self._chain(path, effect["before"], effect["after"], shown, found)
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


def _read_kernel(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            return stream.read(4096).decode("utf-8", "backslashreplace").strip()
    except OSError:
        return "unreadable"


def roll_back(run_id: Optional[str], force: bool, dry: bool) -> Tuple[str, Report]:
    """Roll a run back on this very host, the last one where none is named; return its id and the report.

    Raises `ChangeError` where there is no such run, another run is at work, or we are not root.
    """
    host = Host("/")
    if not host.privileged:
        raise ChangeError("a rollback has to be run as root; use become")
    journal = Journal("/", run_id or last_run("/"))
    if not journal.exists():
        raise ChangeError(
            "there is no journal of the run %s on this host; /var/lib/hipaa-cis holds those there are" % journal.run_id
        )
    if dry:
        return journal.run_id, Rollback(host, run_command, journal, force=force).run(dry=True)
    # Who names the run knows that it is dead, or wants it ended: it can go on no more.
    token = os.urandom(8).hex()
    lock.take("/", journal.run_id, token, over=run_id is not None)
    try:
        with lock.at_work("/"):
            return journal.run_id, Rollback(host, run_command, journal, force=force).run()
    except OSError as problem:
        raise ChangeError(files.explain(journal.path, problem)) from None
    finally:
        lock.release("/", journal.run_id, token)
