# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer an apply request: plan the changes of the wanted settings, show them or make them.

Request (JSON): ``{version, mode, run_id, group, changes: {id: [kind, address, wanted, closes?]}, rules: {id: [rule]}, options}``;
``mode`` is ``plan`` (nothing is changed), ``apply``, ``confirm``, ``status`` (of what is to be confirmed) or ``release``. ``closes``:
the ways in that the rule means to close (`guards/ways.KINDS`). ``rules`` says for which rules a change is made, so that the journal
knows. The answer says for each change what became of it, with ``class`` where it was refused for being of another class of
disruption than its rule says. ``approved`` (change id -> what -> digests, see `change.approval`) may be given: then nothing else
is planned or made, and of that only what still looks as it did when it was approved. With ``observe`` (a request of `observe`) the
module says in ``observed`` how the host stands after what it changed or confirmed.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Callable, Collection, Dict, List, Mapping, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import (
    apply_request,
    confirm,
    decision,
    difference,
    files,
    journal_life,
    lock,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.approval import NOT_IN_PLAN, Approval, Part
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import (
    Executor,
    JournalFailure,
    Result,
    Watcher,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import APPLYING, fetched
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.second_look import take_all
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.simulations import Simulations
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import (
    CONNECTION,
    GROUPS,
    CannotFix,
    Step,
    enumerated,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import (
    arrivals,
    closing,
    directory,
    hosts_behind,
    lookahead,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.ways import KINDS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import COMMAND_TIMEOUT, Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.later import Later
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError

if TYPE_CHECKING:  # Ansible sends what is imported anywhere in a file, here too.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import (  # noqa: F401
        accounts,
        aide,
        apparmor,
        audit_rule,
        authselect,
        bootloader,
        chrony,
        cron_access,
        crypto_policy,
        dconf,
        file,
        file_lines,
        filesystem_scan,
        kernel_module,
        login_defs,
        mounts,
        package,
        pam,
        rsyslog,
        selinux,
        shell_variable,
        sshd_option,
        su_access,
        sudo,
        sysctl,
        text_setting,
        umask,
        units,
    )

CONFIRM_TIMEOUT = 120.0
# How often what another program changed between plan and change is planned anew.
PLANNED_ANEW = 2

Writer = Callable[[ChangePlan, Address, Any], None]

WRITERS: Dict[str, Writer] = {
    "accounts": Later("writers.accounts", "write"),
    "aide": Later("writers.aide", "write"),
    "apparmor": Later("writers.apparmor", "write"),
    "audit_rule": Later("writers.audit_rule", "write"),
    "authselect": Later("writers.authselect", "write"),
    "bootloader": Later("writers.bootloader", "write"),
    "chrony": Later("writers.chrony", "write"),
    "cron_access": Later("writers.cron_access", "write"),
    "crypto_policy": Later("writers.crypto_policy", "write"),
    "dconf": Later("writers.dconf", "write"),
    "file": Later("writers.file", "write"),
    "file_lines": Later("writers.file_lines", "write"),
    "filesystem_scan": Later("writers.filesystem_scan", "write"),
    "kernel_module": Later("writers.kernel_module", "write"),
    "login_defs": Later("writers.login_defs", "write"),
    "mount_option": Later("writers.mounts", "write"),
    "package": Later("writers.package", "write"),
    "pam": Later("writers.pam", "write"),
    "rsyslog": Later("writers.rsyslog", "write"),
    "selinux": Later("writers.selinux", "write"),
    "service": Later("writers.units", "write_service"),
    "shell_variable": Later("writers.shell_variable", "write"),
    "socket": Later("writers.units", "write_socket"),
    "sshd_option": Later("writers.sshd_option", "write"),
    "su_access": Later("writers.su_access", "write"),
    "sudo": Later("writers.sudo", "write"),
    "sysctl": Later("writers.sysctl", "write"),
    "text_setting": Later("writers.text_setting", "write"),
    "timer": Later("writers.units", "write_timer"),
    "umask": Later("writers.umask", "write"),
}


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
        self._runner = Simulations(runner, root)
        self._watcher = watcher
        self._host = self._fresh_host()
        self._journal = Journal(root, request["run_id"])
        self._states: Dict[str, Dict[str, Any]] = {}
        self._parts: List[Part] = []
        self._surprising: Set[str] = set()
        self._spared: Mapping[str, Mapping[str, str]] = {}
        self._token = str(self._options.get("token", ""))
        self._timeout = float(self._options.get("confirm_timeout", CONFIRM_TIMEOUT))

    def answer(self) -> Dict[str, Any]:
        """Return ``{changed, changes: {id: {state, reason}}, steps, warnings, pending_reboot, ...}``."""
        mode = self._request["mode"]
        if mode in decision.MODES:
            return decision.answer(self._request, self._root, self._runner)
        self._host.need_root("A setting can only be changed by root; what it was")
        plan = self._plan(self._request["changes"], mode == "plan")
        steps = plan.steps()
        result: Dict[str, Any] = {
            "changed": bool(steps),
            "changes": self._states,
            "notes": plan.warnings,
            "pending_reboot": plan.pending_reboot,
            "steps": self._shown(steps),
        }
        if mode == "plan":
            result["parts"] = self._parts
        if mode == "apply" and steps:
            with lock.at_work(self._root):
                result["changed"], result["steps"] = self._apply(plan)
            result["journal"] = self._journal.folder
        return result

    def _fresh_host(self) -> PlannedHost:
        timeout = float(self._options.get("command_timeout", COMMAND_TIMEOUT))
        options = {**self._options, APPLYING: self._request["mode"] == "apply"}
        return PlannedHost(self._root, runner=self._runner, command_timeout=timeout, options=options)

    def _shown(self, steps: List[Step]) -> List[Dict[str, Any]]:
        return [{**step.as_dict(), "diff": difference.shown(self._host, step)} for step in steps]

    def _plan(self, changes: Collection[str], look: bool) -> ChangePlan:
        """Plan these of the request's changes, and of them only what is approved.

        ``look``: also at what packages bring, for which they are fetched.
        """
        approved = self._request.get("approved")
        unknown = {} if approved is None else {one: NOT_IN_PLAN for one in changes if one not in approved}
        asked = {change: self._request["changes"][change] for change in changes if change not in unknown}
        escalated = directory.refusals(self._host, asked, self._options)
        refused = {
            **unknown,
            **lookahead.refusals(self._host, asked, self._options),
            **hosts_behind.refusals(self._host, asked, self._options),
            **escalated,
        }
        rest = {change: what for change, what in asked.items() if change not in refused}
        closed, self._spared = closing.refusals(self._host, rest, self._options)
        refused.update(closed)
        plan = self._plan_all(changes, refused)
        classes = dict.fromkeys(escalated, directory.LOGIN)
        if look:
            plan = self._plan_arrivals(plan, changes, refused, classes)
        if approved is not None or self._request["mode"] == "plan":
            plan = self._approve(plan, changes, refused)
        for change, kind in classes.items():
            self._states[change]["class"] = kind
        rules = self._request.get("rules", {})
        for step in plan.steps():
            step.rules = sorted({rule for change in step.changes for rule in rules.get(change, ())})
        return plan

    def _plan_arrivals(
        self, plan: ChangePlan, changes: Collection[str], refused: Dict[str, str], classes: Dict[str, str]
    ) -> ChangePlan:
        """Plan without the packages that are of another class, or of the group that is confirmed, by what they bring."""
        keep = fetched(self._journal) if self._request["mode"] == "apply" else ""
        found = arrivals.refusals(self._runner, plan.steps(), self._options, self._request["group"], keep)
        if not found:
            return plan
        refused.update((change, reason) for change, (_kind, reason) in found.items())
        classes.update((change, kind) for change, (kind, _reason) in found.items())
        return self._plan_all(changes, refused)

    def _approve(self, plan: ChangePlan, changes: Collection[str], refused: Dict[str, str]) -> ChangePlan:
        """Note the parts of a plan for a person to approve; where some are approved, plan without what is none of them."""
        approved = self._request.get("approved")
        approval = Approval(PlannedHost(self._root, runner=self._runner), self._runner, self._journal)
        self._parts = approval.parts(plan.steps())
        while approved is not None:
            wrong = approval.differing(self._parts, approved)
            if not wrong:
                break
            refused.update(wrong)
            plan = self._plan_all(changes, refused)
            self._parts = approval.parts(plan.steps())
        return plan

    def _plan_all(self, changes: Collection[str], refused: Mapping[str, str]) -> ChangePlan:
        """Plan these changes anew, but those that are refused already, with the reason."""
        self._host.replace_plan({})
        for change in changes:
            self._states.pop(change, None)
        plan = ChangePlan(self._host)
        plan.group = self._request["group"]
        plan.spared = self._spared
        for change in changes:
            self._plan_one(plan, change, refused.get(change, ""))
        # What one writer refused may be possible by what another has planned since: a folder that is closed by then.
        for change, state in list(self._states.items()):
            refused_or_left = state["state"] == "refused" or "left" in state
            if refused_or_left and change in changes and change not in refused:
                self._plan_one(plan, change)
        return plan

    def _plan_one(self, plan: ChangePlan, change: str, reason: str = "") -> None:
        """Let a writer plan a change, unless there is a reason against it; note what came of it."""
        plan.change = change
        plan.left.pop(change, None)
        before = plan.mark()
        planned = self._states.get(change, {}).get("state") == "planned"
        reason = reason or self._ask(plan, *self._request["changes"][change][:3])
        # Asked again, a writer sees what is planned already, so what it then refuses is what is left.
        left = [reason] if reason and planned else plan.left.get(change, [])
        nothing = plan.mark() == before and not planned
        if (reason and not planned) or (left and nothing):
            self._states[change] = {"state": "refused", "reason": reason or enumerated(left)}
            return
        self._states[change] = {"state": "nothing" if nothing else "planned"}
        if left:
            self._states[change]["left"] = enumerated(left)
        if change in plan.pending:
            self._states[change]["pending_reboot"] = True

    @staticmethod
    def _ask(plan: ChangePlan, kind: str, address: Address, wanted: Any) -> str:
        writer = WRITERS.get(kind)
        if writer is None:
            return "settings of the kind %s cannot be changed automatically" % kind
        try:
            plan.attempt(lambda: writer(plan, address, wanted))
        except (CannotFix, ReadError, ChangeError) as problem:
            return str(problem)
        except Exception as problem:  # a writer's crash may spoil its own change, never the run
            return "the writer of %s failed: %s: %s" % (kind, type(problem).__name__, problem)
        return ""

    def _apply(self, plan: ChangePlan) -> Tuple[bool, List[Dict[str, Any]]]:
        """Make a plan's steps; return whether the host may not be what it was, and the steps that were made."""
        self._begin(plan.steps())
        host = PlannedHost(self._root, runner=self._runner)
        executor = Executor(host, self._runner, self._journal, self._watch, self._take_back_surprise)
        try:
            result, shown = self._execute(executor, plan)
            shutil.rmtree(fetched(self._journal), ignore_errors=True)
            journal_life.prune(self._journal)
        except JournalFailure as problem:
            for state in self._states.values():
                if state["state"] == "planned":
                    state.update(state="failed", reason=str(problem))
            return True, []
        for change, state in self._states.items():
            if change in result.failed:
                state.update(state="failed", reason=result.failed[change])
                if change in self._surprising:
                    state["class"] = directory.LOGIN
            elif state["state"] == "planned":
                state["state"] = "done"
        if self._request["group"] == CONNECTION and not result.changed:
            confirm.disarm(self._journal, self._runner, self._root)
        elif self._request["group"] == CONNECTION:
            confirm.extend(self._journal, self._timeout, self._root)
        return result.changed, shown

    def _execute(self, executor: Executor, plan: ChangePlan) -> Tuple[Result, List[Dict[str, Any]]]:
        """Make a plan's steps. Of what somebody changed since it was planned, the changes are planned anew, a few times."""
        result, shown = Result(), []
        current = plan
        for left in range(PLANNED_ANEW, -1, -1):
            steps, waiting = _in_turn(current.steps(), left == PLANNED_ANEW)
            differences = self._shown(steps)
            result.add(executor.execute(steps))
            result.stale.update((change, why) for change, why in waiting.items() if change not in result.failed)
            shown += [one for step, one in zip(steps, differences) if any(step is made for made in result.made)]
            if not result.stale or not left:
                break
            current = self._plan_anew(plan, result)
        result.failed.update(result.stale)
        return result, shown

    def _take_back_surprise(self, number: int, step: Step, paths: Collection[str]) -> str:
        """Take a call of the package manager back that changed who gets in, where nobody confirms it; return why."""
        changed = sorted(path for path in paths if arrivals.SURPRISES.match(path))
        if not changed or self._request["group"] == CONNECTION:
            return ""
        report = Rollback(Host(self._root), self._runner, self._journal, lambda entry: entry.number == number).run()
        self._surprising.update(step.changes)
        left = report.conflicts + report.problems
        return "it changed %s, which decides who gets in, and was not to be seen in the packages; %s" % (
            ", ".join(changed[:5]),
            "taking it back failed: " + "; ".join(left[:5]) if left else "it was taken back",
        )

    def _plan_anew(self, plan: ChangePlan, result: Result) -> ChangePlan:
        """Plan the stale changes of a result on the host as it is by now; ``plan`` gets what is to be said of it."""
        self._host = self._fresh_host()
        later = self._plan(result.stale, True)
        begun = {change for step in result.made for change in step.changes}
        for change in result.stale:
            state = self._states[change]
            if state["state"] == "nothing" and change in begun:
                state["state"] = "planned"
        plan.warnings += [text for text in later.warnings if text not in plan.warnings]
        plan.pending_reboot += [text for text in later.pending_reboot if text not in plan.pending_reboot]
        return later

    def _begin(self, steps: List[Step]) -> None:
        """Take the host for this run, make its journal, and arm it. Raises `ChangeError`; then nothing was changed."""
        try:
            # What others do from now on is no work of a run that was cut off; also where that run still has the host.
            take_all(Host(self._root), self._runner)
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


def _in_turn(steps: List[Step], first: bool) -> Tuple[List[Step], Dict[str, str]]:
    """Return the steps to be made now, and change -> reason of what is planned anew behind them.

    What is to be installed can be looked at once the lists of packages are fetched, which is done once.
    """
    if not first:
        return [step for step in steps if not step.upkeep], {}
    lists = {change for step in steps if step.upkeep for change in step.changes}
    reason = "the lists of packages were fetched, and what they have was not planned"
    now = [step for step in steps if step.upkeep or not step.changes or not lists.issuperset(step.changes)]
    return now, dict.fromkeys(lists, reason)


def parse(text: str) -> Dict[str, Any]:
    """Return a checked request. Raises `RequestError`."""
    return checked(apply_request.parse(text))


def checked(request: Dict[str, Any]) -> Dict[str, Any]:
    """Return a request whose changes can be asked for. Raises `RequestError`."""
    if request["mode"] in ("plan", "apply"):
        if request.get("group") not in GROUPS:
            raise RequestError("the group has to be one of %s" % ", ".join(GROUPS))
        for name, change in request.get("changes", {}).items():
            if not isinstance(change, list) or len(change) not in (3, 4) or not isinstance(change[1], dict):
                raise RequestError(
                    "change %r has to be a list of kind, address, wanted value and ways it closes" % name
                )
            closes = change[3] if len(change) == 4 else []
            if not isinstance(closes, list) or not all(isinstance(way, str) and way in KINDS for way in closes):
                raise RequestError("change %r closes %r; known are the ways %s" % (name, closes, ", ".join(KINDS)))
        if not isinstance(request.get("approved", {}), dict):
            raise RequestError("what is approved has to be an object")
    return request
