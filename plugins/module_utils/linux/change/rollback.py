# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a run back: its journal, backwards, and nothing that somebody changed since."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import (
    files,
    journal_life,
    large_files,
    lock,
    places,
    reserve,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_batch import AccountBatch, batches
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import is_accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_undo import AccountUndo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.conflicts import Conflicts, read_kernel
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import Watcher, said, write_kernel
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import (
    ENDED,
    DamagedJournal,
    Entry,
    Journal,
    last_run,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_undo import PackageUndo, effects_that_stay
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.places import Place
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.second_look import Looker, take_all, was_cut_off
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import (
    COMMAND,
    CONNECTION,
    KERNEL,
    REFRESH,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.taken_back import Item, TakenBack
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.boot import boot_id

# No state of a path is like this.
UNKNOWN: State = {"kind": "unknown"}


def unconfirmed(entry: Entry) -> bool:
    """Return whether a change is there that may have cut the controller off and was not confirmed since."""
    return entry.status not in ENDED and entry.step["group"] == CONNECTION and not entry.confirmed


@dataclass
class Report:
    """What a rollback did or would do. ``conflicts``: what somebody changed since; ``problems``: what went wrong.

    ``details``: what is taken back, as `TakenBack` tells it, each with its ``state``: ``undone``, ``would_undo`` or ``failed``.
    ``pending_reboot``: what took effect when the host was started since, and stays so until it is started again.
    ``undone``: what was not as before the run. ``changed``: whether anything of the host was, or would be, touched.
    """

    changed: bool = False
    undone: List[str] = field(default_factory=list)
    conflicts: List[str] = field(default_factory=list)
    problems: List[str] = field(default_factory=list)
    kept: List[str] = field(default_factory=list)
    details: List[Item] = field(default_factory=list)
    pending_reboot: List[str] = field(default_factory=list)


class Rollback:
    """The rollback of one journal on the host below ``host.root``.

    ``wanted``: of which entries, such as those that are `unconfirmed`; all of them without it.
    """

    def __init__(self, host: Host, runner: Runner, journal: Journal, wanted: Callable[[Entry], bool] = lambda _entry: True,
                 force: bool = False, watcher: Watcher = lambda _what: None) -> None:  # fmt: skip
        self._host = host
        self._runner = runner
        self._journal = journal
        self._chosen = wanted
        self._force = force
        self._watcher = watcher
        self._accounts = AccountUndo(host, journal)
        self._packages = PackageUndo(host, runner, force)
        self._records = AccountBatch(host, journal)
        self._conflicts = Conflicts(host, journal, self._packages, self._accounts, self._records, force)

    def run(self, dry: bool = False, differences: bool = False) -> Report:
        """Roll back. With conflicts and without force, or when ``dry``, nothing is changed.

        Raises `ChangeError` (`DamagedJournal`) where the journal can't be relied on.
        """
        entries = [entry for entry in self._journal.entries(skip_damage=self._force) if self._wanted(entry)]
        self._look_again(entries, note=not dry)
        report = Report()
        report.conflicts = self._conflicts.found(entries)
        dry = dry or (bool(report.conflicts) and not self._force)
        told = TakenBack(self._host, self._journal, dry, differences)
        if dry:
            differing = [entry for entry in reversed(entries) if self._differs(entry)]
            report.undone = [entry.step["label"] for entry in differing]
            report.details = [{**self._told(told, entry), "state": "would_undo"} for entry in differing]
            for entry in differing:
                self._note_boot(entry, report)
            report.changed = dry and bool(report.undone)
            return report
        reserve.free(self._journal, self._host.root)
        # What is run at the very end, each once; only then is noted what it belongs to.
        refreshes: Dict[Tuple[str, ...], List[Entry]] = {}
        for batch in batches(reversed(entries)):
            entry = batch[0]
            if is_accounts(entry):
                self._undo_accounts(batch, report, told)
                continue
            refresh = entry.step["type"] == REFRESH
            last = [entry.step["argv"]] if refresh else entry.step.get("after_undo", ())
            if refresh or self._undo(entry, report, told):
                for argv in last:
                    refreshes.setdefault(tuple(argv), []).append(entry)
                if not last:
                    self._note(report, entry)
        self._refresh(refreshes, report)
        journal_life.prune(self._journal)
        return report

    def _look_again(self, entries: List[Entry], note: bool) -> None:
        """See what steps did that were cut off. Raises `ChangeError` where that can't be known yet and nothing forces us."""
        for entry in entries:
            if was_cut_off(entry):
                looker = Looker(self._host, self._runner, self._journal)
                try:
                    try:
                        looker.take(entry, note)
                    except OSError:  # no space to note it
                        looker.take(entry, False)
                except ChangeError:
                    if not self._force:
                        raise

    def _refresh(self, refreshes: Dict[Tuple[str, ...], List[Entry]], report: Report) -> None:
        waiting = {entry.number: entry for concerned in refreshes.values() for entry in concerned}
        for argv, concerned in reversed(list(refreshes.items())):
            if not self._run(list(argv), report):
                for entry in concerned:
                    waiting.pop(entry.number, None)
        for entry in waiting.values():
            self._note(report, entry)

    def _undo_accounts(self, batch: List[Entry], report: Report, told: TakenBack) -> None:
        for entry in batch:
            self._watcher("undo: " + entry.step["label"])
        items = {entry.number: self._told(told, entry) for entry in batch}
        try:
            done = self._records.undo(batch)
        except (ChangeError, OSError) as problem:
            why = files.explain("the files of accounts", problem) if isinstance(problem, OSError) else str(problem)
            report.problems.append(why)
            report.details += [{**item, "state": "failed", "reason": why} for item in items.values()]
        else:
            report.undone += [entry.step["label"] for entry in done.entries]
            report.details += [{**items[entry.number], "state": "undone"} for entry in done.entries]
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

    def _note_boot(self, entry: Entry, report: Report) -> None:
        """Note what is in effect since a start of the host. What no start has taken up yet is gone with its files."""
        made_in = entry.step.get("boot")
        if not made_in or made_in != boot_id(self._host):
            report.pending_reboot += [why for why in entry.step.get("at_boot", ()) if why not in report.pending_reboot]

    def _wanted(self, entry: Entry) -> bool:
        return entry.status not in ENDED and self._chosen(entry)

    def _told(self, told: TakenBack, entry: Entry) -> Item:
        step = entry.step
        try:
            running = read_kernel(self._host.path(step["path"])) if step["type"] == KERNEL else ""
            by_files = step["type"] == COMMAND and not is_accounts(entry)
            return told.item(entry, list(self._effects(entry)) if by_files else (), running)
        except (ChangeError, OSError, ReadError):
            return {"label": step["label"], "type": step["type"], "rules": list(step.get("rules", ()))}

    def _undo(self, entry: Entry, report: Report, told: TakenBack) -> bool:
        """Take one change back; return whether that is done."""
        self._watcher("undo: " + entry.step["label"])
        problems = len(report.problems)
        differs = self._differs(entry)
        report.changed = report.changed or differs
        item = self._told(told, entry) if differs else {}
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
            report.details.append({**item, "state": "failed", "reason": "; ".join(report.problems[problems:])})
            return False
        if differs:
            report.undone.append(entry.step["label"])
            report.details.append({**item, "state": "undone"})
            self._note_boot(entry, report)
        return True

    def _differs(self, entry: Entry) -> bool:
        """Return whether something of a change is there to be taken back; also where that can't be told."""
        if entry.step["type"] == REFRESH:
            return False
        try:
            if entry.step["type"] == KERNEL:
                return words_of(read_kernel(self._host.path(entry.step["path"]))) != words_of(entry.before["value"])
            if is_accounts(entry):
                return self._records.differs(entry)
            if entry.step["type"] == COMMAND:
                return self._command_differs(entry)
            real = self._host.path(entry.step["path"], follow=False)
            return not files.same(large_files.state(real), entry.before)
        except (ChangeError, OSError, ReadError):
            return True

    def _command_differs(self, entry: Entry) -> bool:
        if entry.step.get("packages") and self._packages.differs(entry):
            return True
        # What it did beside files can't be seen, so what takes that back counts as a change.
        if entry.step["undo"] or self._accounts.differs(entry):
            return True
        return any(
            not files.same(large_files.state(self._host.path(path, follow=False)), before)
            for path, (before, _after) in self._effects(entry)
        )

    def _restore(self, path: str, before: State, after: Optional[State], report: Report) -> None:
        with places.held(self._host.path(path, follow=False)) as place:
            place.remove_temporary(self._journal.run_id)
            contents = before["kind"] != "file" or files.has_content(before)
            now = place.state(contents=contents, any_size=True)
            # A log that was rotated away needs no permissions.
            if files.same(now, before) or (not contents and now["kind"] == "absent"):
                return
            if now.get("names", 1) > before.get("names", 1):
                raise ChangeError(
                    "%s has got another name (a hard link) since the run and was left alone, for its permissions would "
                    "be changed there too; find it with `find / -xdev -samefile %s` and remove what does not belong "
                    "there, then run this again" % (path, path)
                )
            if contents and after is not None and not files.same(now, after):
                self._keep_theirs(place, path, now, report)
            if "large" in before:
                lost = large_files.cannot_come_back(path, before, now)
                if lost:
                    raise ChangeError(lost)
                before, now = large_files.without_content(before), large_files.without_content(now)
            content = self._journal.load(before["sha256"]) if files.has_content(before) else None
            self._watcher("restore: " + path)
            reserve.restore(place, before, content, self._journal.run_id, now)

    def _keep_theirs(self, place: Place, path: str, now: State, report: Report) -> None:
        """Keep what somebody made of a file since beside it."""
        if now["kind"] != "file":
            return
        if "large" in now:
            raise ChangeError("%s is too large to be kept beside; move it away, then run this again" % path)
        beside = "%s.since-%s" % (path, self._journal.run_id)
        place.beside(os.path.basename(beside)).replace_with(now, place.content(), self._journal.run_id)
        report.kept.append(beside)

    def _undo_kernel(self, entry: Entry) -> None:
        write_kernel(self._host.path(entry.step["path"]), entry.before["value"])

    def _undo_command(self, entry: Entry, report: Report) -> None:
        effects = dict(self._effects(entry))
        stays: Dict[str, bool] = {}
        if entry.step.get("packages"):
            # Before the packages put back files of their own, which is no work of others.
            theirs = {path for path, (before, after) in effects.items() if self._is_theirs(path, before, after, report)}
            problems, kept, stays = self._packages.undo(entry, theirs)
            report.problems += problems
            report.kept += kept
            effects = {path: (before, None) for path, (before, _after) in effects.items()}
        left = effects_that_stay(entry.effects or {}, stays)
        # Before the rest, for the lock that this takes may be a file that the command made.
        if not stays:
            report.kept += self._accounts.undo(entry)
        for path, (before, after) in effects.items():
            if path not in left:
                self._restore(path, before, after, report)
        for argv in entry.step["undo"]:
            self._run(argv, report)

    def _is_theirs(self, path: str, before: State, after: Optional[State], report: Report) -> bool:
        """Return whether somebody changed since what a command had changed; keep their version beside it."""
        if after is None:
            return False
        with places.held(self._host.path(path, follow=False)) as place:
            now = place.state(any_size=True)
            if files.same(now, after) or files.same(now, before):
                return False
            self._keep_theirs(place, path, now, report)
        return True

    def _effects(self, entry: Entry) -> Iterator[Tuple[str, Tuple[State, Optional[State]]]]:
        """Yield (path, (state before, state after)) of what a command changed, in an order in which it can be undone.

        What was removed is brought back from the outside in, then what was added is removed from the inside out.
        The account files are left out: of them only what the command did is taken back. What nobody is known for is
        taken for the work of somebody else, whose version is kept.
        """
        changed: Dict[str, Tuple[State, Optional[State]]] = {}
        for path, effect in (entry.effects or {}).items():
            changed[path] = (effect["before"], effect["after"])
        for path, effect in entry.details.get("others", {}).items():
            changed[path] = (effect["before"], UNKNOWN)
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


def roll_back(run_id: Optional[str], force: bool, dry: bool, differences: bool = False) -> Tuple[str, Report]:
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
        return journal.run_id, Rollback(host, run_command, journal, force=force).run(True, differences)
    # Who names the run knows that it is dead, or wants it ended: it can go on no more.
    token = os.urandom(8).hex()
    lock.take("/", journal.run_id, token, over=run_id is not None)
    try:
        with lock.at_work("/"):
            take_all(host, run_command)
            return journal.run_id, Rollback(host, run_command, journal, force=force).run(differences=differences)
    except OSError as problem:
        raise ChangeError(files.explain(journal.path, problem)) from None
    finally:
        lock.release("/", journal.run_id, token)
