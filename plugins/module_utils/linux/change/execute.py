# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the planned steps real: journal, do, check; what fails is taken back at once and said."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import (
    account_files,
    account_steps,
    files,
    package_steps,
    trees,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import FILE, KERNEL, REFRESH, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import findmnt

NEW_FILE_MODE = 0o644
# Called before every act on the host with what is about to be done; tests stop the process here.
Watcher = Callable[[str], None]


class JournalFailure(ChangeError):
    """The journal can't be written, so nothing more may be changed."""


@dataclass
class Result:
    """What became of the steps. ``failed``: change id -> reason; ``done``: the steps that were made.

    ``half``: whether something failed that may have done a part of its work.
    """

    failed: Dict[str, str] = field(default_factory=dict)
    done: List[Dict[str, Any]] = field(default_factory=list)
    half: bool = False

    @property
    def changed(self) -> bool:
        """Whether the host may not be what it was."""
        return self.half or any(not step.get("upkeep") for step in self.done)


class Executor:
    """Makes steps on the host below ``host.root`` with ``runner``."""

    def __init__(self, host: Host, runner: Runner, journal: Journal, watcher: Watcher = lambda _what: None) -> None:
        self._host = host
        self._runner = runner
        self._journal = journal
        self._watcher = watcher
        # The copy of the account files before the first command that changed them.
        self._accounts = ""
        # Whether a command was run that may have changed something and is not done.
        self._half = False

    def execute(self, steps: Sequence[Step]) -> Result:
        """Make all steps. A step that fails fails its changes, and what is left of them is not made; the others go on.

        Raises `JournalFailure`.
        """
        result = Result()
        touched: Set[str] = set()
        for step in steps:
            if step.type == REFRESH and not touched.intersection(step.changes):
                continue
            if step.type != REFRESH and step.changes and all(change in result.failed for change in step.changes):
                continue
            reason = self._guarded(step)
            if reason:
                for change in step.changes:
                    result.failed.setdefault(change, reason)
            else:
                touched.update(step.changes)
                result.done.append(step.as_dict())
        result.half = self._half
        return result

    def _guarded(self, step: Step) -> str:
        try:
            return self._make(step)
        except JournalFailure:
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
        path = self._host.path(step.path, follow=False)
        # What a file holds is only kept where it is changed: a log goes on growing, and a rollback leaves that alone.
        contents = step.content is not None or step.remove
        before = files.state(path, self._save, contents)
        content, after = self._wanted(step, before)
        if files.same(before, after):
            return ""
        number = self._begin(step, before, after)
        temporary = files.temporary_name(path, self._journal.run_id)
        try:
            if content is not None:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                self._watcher("temporary: " + step.label)
                files.write_temporary(temporary, content, after)
                problem = self._run_checks(step.validate, temporary) or self._compare(step, temporary)
                if problem:
                    self._finish(number, "failed", reason=problem)
                    return problem
                self._watcher("replace: " + step.label)
                files.put_in_place(temporary, path)
            else:
                self._watcher("attributes: " + step.label)
                files.bring_about(path, after, None, self._journal.run_id)
            problem = self._run_checks(step.check, path)
            if problem:
                self._take_back(path, before)
        except OSError as error:
            problem = files.explain(step.path, error)
        finally:
            files.remove_quietly(temporary)
        now = files.state(path, contents=contents)
        # What failed and could not be taken back either is left to the rollback.
        status = "failed" if problem and files.same(now, before) else "done"
        # A change of the mode changes an access control list too, so it is noted as it came out.
        details: Dict[str, Any] = {"reason": problem}
        if not problem and now.get("xattrs") != after.get("xattrs"):
            details["after"] = {**after, "xattrs": now["xattrs"]}
        self._finish(number, status, **details)
        return problem

    def _take_back(self, path: str, before: State) -> None:
        content = self._journal.load(before["sha256"]) if files.has_content(before) else None
        files.bring_about(path, before, content, self._journal.run_id)

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
            "xattrs": before.get("xattrs", {}),
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
        if step.packages:
            before = package_steps.before(self._runner, step, self._journal)
        tree = trees.take(self._host.root, step.watch, self._save_unsynced) if step.watch else {}
        if step.watch:
            self._journal.settle()
        digest = self._save(json.dumps(tree).encode()) if step.watch else ""
        number = self._begin(step, before, {"kind": "command"}, digest)
        self._watcher("command: " + step.label)
        half, self._half = self._half, not step.upkeep
        result = self._runner(list(step.argv), step.timeout)
        effects = {}
        if step.watch:
            later = trees.take(self._host.root, step.watch)
            effects = {
                path: {"before": tree.get(path, files.ABSENT), "after": later.get(path, files.ABSENT)}
                for path in trees.difference(tree, later)
            }
            self._keep_accounts(effects)
        good = not result.problem and not result.exit_code
        problem = "" if good else "`%s` failed: %s" % (step.command_line(), said(result))
        if step.packages or step.upkeep:
            problem = package_steps.advised(problem, result.stdout + result.stderr)
        # A failed command may have done half of its work, which then stays in the journal to be taken back.
        partly = good or bool(effects) or (step.packages and package_steps.changed(self._runner, before))
        idle = result.missing or step.upkeep or (step.packages and not partly)
        self._half = half or not (good or idle)
        self._finish(number, "done" if partly else "failed", effects=effects, reason=problem)
        return problem

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

    def _keep_accounts(self, effects: Dict[str, Dict[str, State]]) -> None:
        """Keep what a command made of account files of which it is not known what it was to make, as with packages."""
        for path in account_files.DATABASE:
            if path in effects and effects[path]["after"]["kind"] == "file":
                effects[path]["after"] = files.state(self._host.path(path, follow=False), self._save)


def said(result: CommandResult) -> str:
    """Return the most telling line of what a command printed."""
    if result.problem:
        return result.problem
    lines = [line.strip() for line in (result.stderr or result.stdout).splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("E:", "error", "Error", "sudo:", "/"))] or lines[-1:]
    return (telling[0] if telling else "exit code %d" % result.exit_code)[:300]


def write_kernel(path: str, text: str) -> None:
    """Write a running kernel parameter. Raises `OSError` where the kernel refuses."""
    handle = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(handle, text.rstrip("\n").encode() + b"\n")
    finally:
        os.close(handle)
