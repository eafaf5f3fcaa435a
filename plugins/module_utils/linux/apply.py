# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer an apply request: plan the changes of the wanted settings, show them or make them.

Request (JSON): ``{version, mode, run_id, group, changes: {id: [kind, address, wanted]}, options}``; ``mode`` is
``plan`` (nothing is changed), ``apply``, ``confirm``, ``status`` (of what is to be confirmed) or ``release``. The answer says
for each change what became of it.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Mapping, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import (
    confirm,
    difference,
    files,
    journal_life,
    lock,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import Executor, JournalFailure, Watcher
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CONNECTION, GROUPS, CannotFix, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import lookahead
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import COMMAND_TIMEOUT, Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import (
    accounts,
    apparmor,
    audit_rule,
    bootloader,
    cron_access,
    dconf,
    file,
    file_lines,
    filesystem_scan,
    kernel_module,
    login_defs,
    mounts,
    package,
    shell_variable,
    sshd_option,
    su_access,
    sudo,
    sysctl,
    text_setting,
    units,
)

REQUEST_VERSION = 1
MODES = ("plan", "apply", "confirm", "status", "release")
CONFIRM_TIMEOUT = 120.0

Writer = Callable[[ChangePlan, Address, Any], None]

WRITERS: Dict[str, Writer] = {
    "accounts": accounts.write,
    "apparmor": apparmor.write,
    "audit_rule": audit_rule.write,
    "bootloader": bootloader.write,
    "cron_access": cron_access.write,
    "dconf": dconf.write,
    "file": file.write,
    "file_lines": file_lines.write,
    "filesystem_scan": filesystem_scan.write,
    "kernel_module": kernel_module.write,
    "login_defs": login_defs.write,
    "mount_option": mounts.write,
    "package": package.write,
    "service": units.write_service,
    "socket": units.write_socket,
    "shell_variable": shell_variable.write,
    "sshd_option": sshd_option.write,
    "su_access": su_access.write,
    "sudo": sudo.write,
    "sysctl": sysctl.write,
    "text_setting": text_setting.write,
    "timer": units.write_timer,
}


class RequestError(ValueError):
    """The request itself can't be answered; nothing was changed."""


class Apply:
    """One apply request on the host below ``root``, with commands run by ``runner``."""

    def __init__(
        self,
        request: Mapping[str, Any],
        root: str = "/",
        runner: Runner = run_command,
        watcher: Watcher = lambda _what: None,
    ) -> None:
        self._request = request
        self._options: Mapping[str, Any] = request.get("options", {})
        self._root = root
        self._runner = runner
        self._watcher = watcher
        timeout = float(self._options.get("command_timeout", COMMAND_TIMEOUT))
        self._host = PlannedHost(root, runner=runner, command_timeout=timeout, options=self._options)
        self._journal = Journal(root, request["run_id"])
        self._states: Dict[str, Dict[str, Any]] = {}
        self._token = str(self._options.get("token", ""))
        self._timeout = float(self._options.get("confirm_timeout", CONFIRM_TIMEOUT))

    def answer(self) -> Dict[str, Any]:
        """Return ``{changed, changes: {id: {state, reason}}, steps, warnings, pending_reboot, ...}``."""
        mode = self._request["mode"]
        if mode == "release":
            lock.release(self._root, self._journal.run_id, self._token)
            return {"changed": False}
        if mode in ("status", "confirm"):
            return self._decide(mode)
        self._host.need_root("A setting can only be changed by root; what it was")
        plan = self._plan()
        steps = plan.steps()
        result: Dict[str, Any] = {
            "changed": bool(steps),
            "changes": self._states,
            "notes": plan.warnings,
            "pending_reboot": plan.pending_reboot,
            "steps": [{**step.as_dict(), "diff": difference.shown(self._host, step)} for step in steps],
        }
        if mode == "apply" and steps:
            with lock.at_work(self._root):
                result["changed"], done = self._apply(steps)
            result["steps"] = [shown for step, shown in zip(steps, result["steps"]) if step.label in done]
            result["journal"] = self._journal.folder
        return result

    def _decide(self, mode: str) -> Dict[str, Any]:
        """Confirm, where that is asked, and say how it stands; go on with an undoing that is dead."""
        try:
            confirmed = mode == "confirm" and confirm.disarm(self._journal, self._runner, self._root)
            if not confirmed:
                confirm.take_over(self._journal, Host(self._root), self._runner)
            return {"changed": False, "confirmed": confirmed, "commit": confirm.status(self._journal)}
        except OSError as problem:
            raise ChangeError(files.explain(self._journal.folder, problem)) from None

    def _plan(self) -> ChangePlan:
        plan = ChangePlan(self._host)
        plan.group = self._request["group"]
        refused = lookahead.refusals(self._host, self._request["changes"], self._options)
        for change in self._request["changes"]:
            self._plan_one(plan, change, refused.get(change, ""))
        # What one writer refused may be possible by what another has planned since: a folder that is closed by then.
        for change, state in list(self._states.items()):
            if state["state"] == "refused" and change not in refused:
                self._plan_one(plan, change)
        return plan

    def _plan_one(self, plan: ChangePlan, change: str, reason: str = "") -> None:
        """Let a writer plan a change, unless there is a reason against it; note what came of it."""
        plan.change = change
        before = plan.mark()
        reason = reason or self._ask(plan, *self._request["changes"][change])
        if reason:
            self._states[change] = {"state": "refused", "reason": reason}
            return
        self._states[change] = {"state": "nothing" if plan.mark() == before else "planned"}
        if change in plan.pending:
            self._states[change]["pending_reboot"] = True

    @staticmethod
    def _ask(plan: ChangePlan, kind: str, address: Address, wanted: Any) -> str:
        if kind not in WRITERS:
            return "settings of the kind %s cannot be changed automatically" % kind
        try:
            plan.attempt(lambda: WRITERS[kind](plan, address, wanted))
        except (CannotFix, ReadError, ChangeError) as problem:
            return str(problem)
        except Exception as problem:  # a writer's crash may spoil its own change, never the run
            return "the writer of %s failed: %s: %s" % (kind, type(problem).__name__, problem)
        return ""

    def _apply(self, steps: List[Step]) -> Tuple[bool, Set[str]]:
        """Make the steps; return whether the host may not be what it was, and the labels of what was done."""
        self._begin(steps)
        executor = Executor(PlannedHost(self._root, runner=self._runner), self._runner, self._journal, self._watch)
        try:
            result = executor.execute(steps)
            journal_life.prune(self._journal)
        except JournalFailure as problem:
            for state in self._states.values():
                if state["state"] == "planned":
                    state.update(state="failed", reason=str(problem))
            return True, set()
        for change, state in self._states.items():
            if change in result.failed:
                state.update(state="failed", reason=result.failed[change])
            elif state["state"] == "planned":
                state["state"] = "done"
        if self._request["group"] == CONNECTION and not result.changed:
            confirm.disarm(self._journal, self._runner, self._root)
        elif self._request["group"] == CONNECTION:
            confirm.extend(self._journal, self._timeout, self._root)
        return result.changed, {step["label"] for step in result.done}

    def _begin(self, steps: List[Step]) -> None:
        """Take the host for this run, make its journal, and arm it. Raises `ChangeError`; then nothing was changed."""
        try:
            lock.take(self._root, self._journal.run_id, self._token)
            journal_life.remove_old(self._root, self._journal.run_id)
            self._journal.create()
            if self._request["group"] == CONNECTION:
                more = sum(files.size(self._host.path(step.path)) for step in steps if step.path)
                confirm.arm(self._journal, self._timeout, self._runner, self._root, more)
        except OSError as problem:
            raise ChangeError(
                "nothing more was changed, for the journal cannot be written: "
                + files.explain(self._journal.folder, problem)
            ) from None

    def _watch(self, what: str) -> None:
        self._watcher(what)
        # Only before something new is begun: what has begun goes on to a state that the journal knows.
        if self._request["group"] == CONNECTION and what.startswith("journal: "):
            confirm.refuse_late(self._journal)
            confirm.extend(self._journal, self._timeout, self._root)


def parse(text: str) -> Dict[str, Any]:
    """Return a checked request. Raises `RequestError`."""
    try:
        request = json.loads(text)
    except ValueError as problem:
        raise RequestError("the request is not JSON: %s" % problem) from None
    if not isinstance(request, dict) or request.get("version") != REQUEST_VERSION:
        raise RequestError("the request has to be an object with version %d" % REQUEST_VERSION)
    if request.get("mode") not in MODES:
        raise RequestError("the mode has to be one of %s" % ", ".join(MODES))
    if request["mode"] in ("plan", "apply"):
        if request.get("group") not in GROUPS:
            raise RequestError("the group has to be one of %s" % ", ".join(GROUPS))
        for name, change in request.get("changes", {}).items():
            if not isinstance(change, list) or len(change) != 3 or not isinstance(change[1], dict):
                raise RequestError("change %r has to be a list of kind, address and wanted value" % name)
    return request
