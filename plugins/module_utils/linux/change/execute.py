# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the planned steps real: journal, do, check; what fails is taken back at once and said."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any, Callable, Collection, Dict, List, Optional, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import (
    account_steps,
    files,
    package_steps,
    places,
    trees,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangedMeanwhile, ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.places import Place
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.second_look import Looker
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import (
    FILE,
    KERNEL,
    REFRESH,
    Step,
    enumerated,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import findmnt

NEW_FILE_MODE = 0o644
# Told which entry of the journal a call of the package manager is and what it changed; says why it was taken back, or nothing.
Surprise = Callable[[int, Step, Collection[str]], str]
# Called before every act on the host with what is about to be done; tests stop the process here.
Watcher = Callable[[str], None]


class JournalFailure(ChangeError):
    """The journal can't be written, so nothing more may be changed."""


@dataclass
class Result:
    """What became of the steps. ``failed``: change id -> reason; ``done``: the steps that were made.

    ``stale``: the changes of which a step was not made, for somebody changed its file since it was planned; ``made``: the
    steps behind ``done``. ``half``: whether something failed that may have done a part of its work.
    """

    failed: Dict[str, str] = field(default_factory=dict)
    done: List[Dict[str, Any]] = field(default_factory=list)
    half: bool = False
    stale: Dict[str, str] = field(default_factory=dict)
    made: List[Step] = field(default_factory=list)

    def add(self, later: Result) -> None:
        """Add what became of the steps that were planned anew."""
        self.failed.update(later.failed)
        self.done += later.done
        self.made += later.made
        self.half = self.half or later.half
        self.stale = later.stale

    @property
    def changed(self) -> bool:
        """Whether the host may not be what it was."""
        return self.half or any(not step.get("upkeep") for step in self.done)


class Executor:
    """Makes steps on the host below ``host.root`` with ``runner``."""

    def __init__(
        self,
        host: Host,
        runner: Runner,
        journal: Journal,
        watcher: Watcher = lambda _what: None,
        surprise: Surprise = lambda _number, _step, _paths: "",
    ) -> None:
        self._host = host
        self._runner = runner
        self._journal = journal
        self._watcher = watcher
        self._surprise = surprise
        # The copy of the account files before the first command that changed them.
        self._accounts = ""
        # Whether a command was run that may have changed something and is not done.
        self._half = False

    def execute(self, steps: Sequence[Step]) -> Result:
        """Make all steps. A step that fails fails its changes, and what is left of them is not made; the others go on.

        One whose file is not what it was planned from is not made, and is to be planned anew. Raises `JournalFailure`.
        """
        result = Result()
        touched: Set[str] = set()
        reasons: Dict[str, List[str]] = {}
        for step in steps:
            if step.type == REFRESH and not touched.intersection(step.changes):
                continue
            out = {*result.failed, *result.stale}
            if step.type != REFRESH and step.changes and out.issuperset(step.changes) and not step.alone:
                continue
            try:
                reason = self._guarded(step)
            except ChangedMeanwhile as problem:
                result.stale.update((change, str(problem)) for change in step.changes)
                continue
            if reason:
                for change in step.changes:
                    reasons.setdefault(change, []).append(reason)
                    result.failed[change] = enumerated(reasons[change])
            else:
                touched.update(step.changes)
                result.done.append(step.as_dict())
                result.made.append(step)
        result.half = self._half
        # What failed in another part is not planned anew.
        result.stale = {change: why for change, why in result.stale.items() if change not in result.failed}
        return result

    def _guarded(self, step: Step) -> str:
        try:
            return self._make(step)
        except (JournalFailure, ChangedMeanwhile):
            raise
        except ChangeError as problem:
            return str(problem)
        except OSError as problem:
            return files.explain(step.path or step.label, problem)

    def _make(self, step: Step) -> str:
        """Make one step; return why it failed, or nothing."""
        if step.type == FILE:
            return self._make_file(step)
        if step.type == KERNEL:
            return self._make_kernel(step)
        return self._make_account_command(step) if step.records else self._make_command(step)

    def _begin(self, step: Step, before: State, after: State, tree: str = "") -> int:
        self._watcher("journal: " + step.label)
        try:
            return self._journal.begin(step.as_dict(), before, after, tree)
        except OSError as problem:
            raise JournalFailure(
                "the journal cannot be written, so nothing more was changed: "
                + files.explain(self._journal.path, problem)
            ) from None

    def _finish(self, number: int, status: str, **details: Any) -> None:
        self._watcher("finish")
        try:
            self._journal.finish(number, status, **details)
        except OSError as problem:
            raise JournalFailure(
                "the journal cannot be written; what was changed last can be rolled back all the same: "
                + files.explain(self._journal.path, problem)
            ) from None

    def _save_unsynced(self, content: bytes) -> str:
        return self._save(content, sync=False)

    def _save(self, content: bytes, sync: bool = True) -> str:
        try:
            return self._journal.save(content, sync)
        except OSError as problem:
            raise JournalFailure(
                "the journal cannot be written, so nothing more was changed: "
                + files.explain(self._journal.folder, problem)
            ) from None

    def _make_file(self, step: Step) -> str:
        with places.held(self._host.path(step.path, follow=False)) as place:
            return self._make_held(step, place)

    def _make_held(self, step: Step, place: Place) -> str:
        # What a file holds is only kept where it is changed: a log goes on growing, and a rollback leaves that alone.
        contents = step.content is not None or step.remove
        before = place.state(self._save, contents)
        fresh = _is_fresh(step, place, before)
        if not fresh and before["kind"] not in ("file", "directory", "absent"):
            raise ChangedMeanwhile(step.path)
        content, after = self._wanted(step, before)
        if files.same(before, after):
            return ""
        if not fresh:
            raise ChangedMeanwhile(step.path)
        number = self._begin(step, before, after)
        try:
            problem = self._change_file(step, place, content, before, after)
        except ChangedMeanwhile as changed:
            self._finish(number, "failed", reason=str(changed))
            raise
        except OSError as error:
            problem = files.explain(step.path, error)
        finally:
            place.remove_temporary(self._journal.run_id)
        try:
            now = place.state(contents=contents)
        except ChangedMeanwhile:  # by somebody else, behind our change
            now = {"kind": "other"}
        # What failed and could not be taken back either is left to the rollback.
        status = "failed" if problem and files.same(now, before) else "done"
        # A change of the mode changes an access control list too, so it is noted as it came out.
        details: Dict[str, Any] = {"reason": problem}
        if not problem and "xattrs" in now and now["xattrs"] != after.get("xattrs"):
            details["after"] = {**after, "xattrs": now["xattrs"]}
        self._finish(number, status, **details)
        return problem

    def _change_file(self, step: Step, place: Place, content: Optional[bytes], before: State, after: State) -> str:
        """Bring the planned state about; return why it failed. Raises `ChangedMeanwhile` where nothing was changed."""
        if content is None:
            self._watcher("attributes: " + step.label)
            place.bring_about(after, None, self._journal.run_id, before)
        else:
            self._watcher("temporary: " + step.label)
            place.write_temporary(self._journal.run_id, content, after)
            temporary = files.temporary_name(place.path, self._journal.run_id)
            problem = self._run_checks(step.validate, temporary) or self._compare(step, temporary)
            if problem:
                return problem
            self._watcher("replace: " + step.label)
            place.last_look(before)
            place.put_in_place(self._journal.run_id)
        problem = self._run_checks(step.check, place.path)
        return problem and self._take_back(place, problem, before, after)

    def _take_back(self, place: Place, problem: str, before: State, after: State) -> str:
        """Take a file back that its check refused; return the reason, and what somebody made of it meanwhile."""
        content = self._journal.load(before["sha256"]) if files.has_content(before) else None
        now = place.state(contents=files.has_content(after))
        try:
            if not files.same({**now, "xattrs": None}, {**after, "xattrs": None}):
                raise ChangedMeanwhile(place.path)
            place.bring_about(before, content, self._journal.run_id, now)
        except ChangedMeanwhile as changed:
            return "%s; %s" % (problem, changed)
        return problem

    @staticmethod
    def _wanted(step: Step, before: State) -> Any:
        """Return (content to write or None, state that the step brings about)."""
        if step.remove:
            return None, dict(files.ABSENT)
        if before["kind"] == "link":
            raise ChangeError("%s is a symbolic link, so something else manages it; it was left alone" % step.path)
        owned = {
            "mode": before.get("mode", 0o755 if step.directory else NEW_FILE_MODE) if step.mode is None else step.mode,
            "uid": before.get("uid", 0) if step.uid is None else step.uid,
            "gid": before.get("gid", 0) if step.gid is None else step.gid,
            "xattrs": _with_lists(step, before.get("xattrs", {})),
        }
        if step.directory or before["kind"] == "directory":
            return None, {"kind": "directory", **owned}
        if step.content is None:
            if before["kind"] != "file":
                raise ChangeError("%s is no regular file any more; it was left alone" % step.path)
            return None, {**before, **owned}
        return step.content, {"kind": "file", "sha256": hashlib.sha256(step.content).hexdigest(), **owned}

    def _run_checks(self, checks: Sequence[Sequence[str]], path: str) -> str:
        for check in checks:
            argv = [part.replace("{file}", path) for part in check]
            result = self._runner(argv, 60.0)
            if result.missing:
                return "%s is not installed, so the new file could not be checked; nothing was changed" % argv[0]
            if result.problem or result.exit_code:
                return "the check `%s` refused it, so it was taken back: %s" % (" ".join(check), said(result))
        return ""

    def _compare(self, step: Step, path: str) -> str:
        """Return what the command complains of in the new file that it did not in the old one."""
        if not step.compare:
            return ""
        result = self._runner([part.replace("{file}", path) for part in step.compare], 60.0)
        new = [result.problem] if result.problem else findmnt.errors(result, path)
        added = [line for line in new if line not in step.known]
        if not added:
            return ""
        return "the check `%s` refused it, so nothing was changed: %s" % (
            " ".join(step.compare),
            "; ".join(added)[:300],
        )

    def _make_kernel(self, step: Step) -> str:
        path = self._host.path(step.path)
        with open(path, "rb") as stream:
            before = stream.read(4096).decode("utf-8", "backslashreplace")
        wanted = (step.content or b"").decode()
        number = self._begin(step, {"kind": "kernel", "value": before}, {"kind": "kernel", "value": wanted})
        self._watcher("kernel: " + step.label)
        problem = ""
        try:
            write_kernel(path, wanted)
        except OSError as error:
            problem = "%s: %s" % (step.path, os.strerror(error.errno or 0))
        self._finish(number, "failed" if problem else "done", reason=problem)
        return problem

    def _make_command(self, step: Step) -> str:
        before: State = {"kind": "command"}
        argv = list(step.argv)
        if step.packages:
            before = package_steps.before(self._host, self._runner, step, self._journal)
            argv = package_steps.command(step, before, self._journal)
        tree = trees.take(self._host.root, step.watch, self._save_unsynced) if step.watch else {}
        if step.watch:
            self._journal.settle()
        digest = self._save(json.dumps(tree).encode()) if step.watch else ""
        number = self._begin(step, before, {"kind": "command"}, digest)
        self._watcher("command: " + step.label)
        half, self._half = self._half, not step.upkeep
        result = self._runner(argv, step.timeout)
        self._watcher("look: " + step.label)
        looker = Looker(self._host, self._runner, self._journal)
        effects, details, after = looker.look(step.as_dict(), before, tree, self._save)
        good = not result.problem and not result.exit_code
        problem = "" if good else "`%s` failed: %s" % (step.command_line(), said(result))
        if step.packages or step.upkeep:
            problem = package_steps.advised(problem, result.stdout + result.stderr)
        # A failed command may have done half of its work, which then stays in the journal to be taken back.
        partly = good or bool(effects) or bool(after and after["acts"])
        idle = result.missing or step.upkeep or (step.packages and not partly)
        self._half = half or not (good or idle)
        more = {} if after is None else {"after": after}
        self._finish(number, "done" if partly else "failed", effects=effects, details=details, reason=problem, **more)
        seen = {*effects, *details.get("others", {})}
        surprise = self._surprise(number, step, seen) if step.packages else ""
        self._half = self._half or bool(surprise)
        return surprise or problem

    def _make_account_command(self, step: Step) -> str:
        before, then = account_steps.before(self._host, step), account_steps.Look(self._host)
        if not self._accounts:
            self._accounts = self._keep_account_files()
        number = self._begin(step, before, {"kind": "command"}, self._accounts)
        self._watcher("command: " + step.label)
        half, self._half = self._half, True
        result = self._runner(list(step.argv), step.timeout)
        now = account_steps.Look(self._host)
        good = not result.problem and not result.exit_code
        problem = "" if good else "`%s` failed: %s" % (step.command_line(), said(result))
        self._half = half or not (good or result.missing)
        status = "done" if good or now.is_other(then) else "failed"
        self._finish(number, status, effects=now.effects(then), reason=problem)
        return problem

    def _keep_account_files(self) -> str:
        """Keep the account files as they are; return the digest of what says so."""
        base = trees.take(self._host.root, account_steps.WATCHED, self._save_unsynced)
        large = [path for path, state in base.items() if "large" in state]
        if large:
            raise ChangeError("%s is larger than %d bytes and is not changed" % (large[0], files.MAX_BYTES))
        self._journal.settle()
        return self._save(json.dumps(base).encode())


def _with_lists(step: Step, xattrs: Dict[str, str]) -> Dict[str, str]:
    """Return the attributes that a file has behind a step."""
    changed = {name: new for name, (_old, new) in step.lists.items()}
    return {name: value for name, value in {**xattrs, **changed}.items() if value is not None}


def _is_fresh(step: Step, place: Place, before: State) -> bool:
    """Return whether a file is what the step was planned from."""
    if step.seen is None:
        return True
    now = files.seen(place.looked)
    if files.has_content(before):
        now["sha256"] = before["sha256"]
    xattrs = before.get("xattrs", {})
    return files.unchanged(step.seen, now) and all(xattrs.get(name) == old for name, (old, _new) in step.lists.items())


def said(result: CommandResult) -> str:
    """Return the most telling line of what a command printed."""
    if result.problem:
        return result.problem
    lines = [line.strip(BLANKS) for line in split_lines(result.stderr or result.stdout) if line.strip(BLANKS)]
    telling = [line for line in lines if line.startswith(("E:", "error", "Error", "sudo:", "/"))] or lines[-1:]
    return (telling[0] if telling else "exit code %d" % result.exit_code)[:300]


def write_kernel(path: str, text: str) -> None:
    """Write a running kernel parameter. Raises `OSError` where the kernel refuses."""
    handle = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(handle, text.rstrip("\n").encode() + b"\n")
    finally:
        os.close(handle)
