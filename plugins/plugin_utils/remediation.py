# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check-then-fix: observe, judge, plan, apply, observe, judge; then what may cut the controller off, with a way back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.judge import Finding, Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.plan import BenchmarkPlan, PlannedRule, PlatformPlan
from ansible_collections.hipaa.cis.plugins.plugin_utils.remedies import CONNECTION, PLAIN, Change, NoRemedy, Remedies

REQUEST_VERSION = 1
# A package that was installed brings settings of its own, which the next pass sets right.
MAX_PASSES = 4
# A change that another one undid (forwarding resets other parameters of the kernel) is made once more; one that was
# refused may be safe once others are made.
MAX_TRIES = 2
RETRY_SECONDS = 2.0
# How long after the timeout a host that heals itself may take to be reachable again.
HEALING_SECONDS = 60.0

RESULTS = ("already_right", "fixed", "would_fix", "still_failing", "skipped", "reverted", "not_applicable", "error")
Answer = Mapping[str, Any]


class Unreachable(Exception):
    """The host does not answer, or not as root. The text says how."""


class Target(Protocol):
    """How a remediation talks to one host."""

    def observe(self, plan: PlatformPlan) -> Answer:
        """Return the observe module's answer."""

    def apply(self, plan: PlatformPlan, request: Mapping[str, Any]) -> Answer:
        """Return the apply module's answer. Raises `HipaaCisError` or `Unreachable`."""

    def reconnect(self) -> None:
        """Drop the connection, so that the next call opens a new one."""


@dataclass(frozen=True)
class Limits:
    """What a site allows. ``disruption``: classes; ``confirm_timeout``: seconds; ``options`` go to the modules."""

    run_id: str
    disruption: Collection[str]
    confirm_timeout: float
    check: bool
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class RuleResult:
    """What became of one rule on the host."""

    planned: PlannedRule
    before: Finding
    after: Finding
    result: str
    reason: str = ""
    changes: list[str] = field(default_factory=list)


class PlatformRemediation:
    """Remediates one platform's settings of one host."""

    def __init__(self, plan: PlatformPlan, target: Target, limits: Limits) -> None:
        self._plan = plan
        self._target = target
        self._limits = limits
        self._tried: dict[str, Change] = {}
        self._tries: Counter[str] = Counter()
        # How often the host was changed, and how often it had been when a change was tried last.
        self._times_changed = 0
        self._tried_after: dict[str, int] = {}
        self._states: dict[str, dict[str, Any]] = {}
        self._reverted: set[str] = set()
        self.steps: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.pending_reboot: list[str] = []
        self.changed = False
        self._locked = False
        self.reverted = False
        self.before: Answer = {}
        self.after: Answer = {}

    def run(self) -> None:
        """Do all of it; `results` says what became of each rule."""
        self.before = self.after = self._target.observe(self._plan)
        try:
            for group in (PLAIN, CONNECTION, PLAIN):
                if not self.reverted:
                    self._group(group)
        finally:
            if self._locked:
                self._release()

    def _release(self) -> None:
        try:
            self._apply("release", PLAIN, {})
        except (HipaaCisError, Unreachable) as problem:
            self.warnings.append(f"The lock of this run could not be given back; it ends by itself: {problem}")

    def _group(self, group: str) -> None:
        for _pass in range(MAX_PASSES):
            changes = self._new_changes(group)
            if not changes:
                return
            self._tried.update(changes)
            self._tries.update(changes.keys())
            self._tried_after.update(dict.fromkeys(changes, self._times_changed))
            mode = "plan" if self._limits.check else "apply"
            before, self._locked = self._locked, not self._limits.check
            answer = self._apply(mode, group, {name: change.as_request() for name, change in changes.items()})
            # The host took its lock where it had something to do.
            self._locked = before or "journal" in answer
            self._note(answer)
            if self._limits.check:
                continue
            if answer.get("changed"):
                self._times_changed += 1
                self.changed = self.changed or bool(answer.get("steps"))
                if group == CONNECTION:
                    self._confirm(changes)
                self.after = self._target.observe(self._plan)
            if self.reverted:
                return
            if not answer.get("changed") and not any(state["state"] == "refused" for state in self._states.values()):
                return

    def _note(self, answer: Answer) -> None:
        self._states.update({name: dict(state) for name, state in answer.get("changes", {}).items()})
        self.steps.extend(answer.get("steps", []))
        for kept, said in ((self.warnings, "notes"), (self.pending_reboot, "pending_reboot")):
            kept.extend(text for text in answer.get(said, []) if text not in kept)

    def _new_changes(self, group: str) -> dict[str, Change]:
        remedies = self._remedies()
        for finding in self._findings(self.after).values():
            if finding.outcome == "fail" and not self._why_not(finding.planned):
                try:
                    remedies.add(finding.planned)
                except NoRemedy:
                    continue
        return {
            name: change for name, change in remedies.changes.items() if change.group == group and self._may_try(name)
        }

    def _remedies(self) -> Remedies:
        refused = {name for name, state in self._states.items() if state["state"] in ("refused", "failed")}
        return Remedies(self._plan.platform, Judge(self._plan.platform, self.after["observations"]), refused)

    def _may_try(self, name: str) -> bool:
        if not self._tries[name]:
            return True
        state = self._states.get(name, {}).get("state")
        # The host that refused it is asked again only where it is not the same any more.
        asked = state == "done" or (state == "refused" and self._times_changed > self._tried_after[name])
        return asked and self._tries[name] < MAX_TRIES

    def _why_not(self, planned: PlannedRule) -> str:
        if not self._plan.platform.apply:
            return f"settings of the platform {self._plan.platform.id} cannot be changed automatically"
        disrupts = planned.rule.disrupts
        if disrupts != "none" and disrupts not in self._limits.disruption:
            return f"applying it disrupts: {disrupts}; allow that with hipaa_cis_allow_disruption"
        return ""

    def _apply(self, mode: str, group: str, changes: Mapping[str, Any]) -> Answer:
        request = {
            "version": REQUEST_VERSION,
            "mode": mode,
            "run_id": self._limits.run_id,
            "group": group,
            "changes": dict(changes),
            "options": {**self._limits.options, "confirm_timeout": self._limits.confirm_timeout},
        }
        return self._target.apply(self._plan, request)

    def _confirm(self, changes: Mapping[str, Change]) -> None:
        """Come back over a new connection, as root, and say that the changes may stay; else the host undoes them."""
        started = time.monotonic()
        reason = ""
        while time.monotonic() - started < self._limits.confirm_timeout + HEALING_SECONDS:
            try:
                self._target.reconnect()
                answer = self._apply("confirm", CONNECTION, {})
            except (Unreachable, HipaaCisError) as problem:
                reason = str(problem)
                time.sleep(RETRY_SECONDS)
                continue
            state = answer.get("commit", {}).get("state")
            if answer.get("confirmed"):
                return
            if state in ("reverted", "none"):
                self.reverted = True
                self._reverted = {name for name in changes if self._states.get(name, {}).get("state") == "done"}
                problems = answer.get("commit", {}).get("report", {}).get("problems", [])
                self.warnings.extend(f"While the host undid the changes: {problem}" for problem in problems)
                return
            time.sleep(RETRY_SECONDS)
        raise Unreachable(
            "After changes that may cut the connection off the host could not be reached again, and it did not come back "
            f"by undoing them within {self._limits.confirm_timeout:g} + {HEALING_SECONDS:g} seconds: {reason}. "
            "See docs/remediation.md on what to do when a host is lost."
        )

    def _findings(self, answer: Answer) -> dict[tuple[str, str], Finding]:
        judge = Judge(self._plan.platform, answer["observations"])
        return {
            (plan.benchmark.id, planned.rule.id): judge.judge(planned)
            for plan in self.chosen(answer)
            for planned in plan.rules
        }

    def chosen(self, answer: Answer) -> Sequence[BenchmarkPlan]:
        """Return the benchmarks that the host carries."""
        return [plan for plan in self._plan.benchmarks if plan.benchmark.id in answer["benchmarks"]]

    def results(self) -> list[RuleResult]:
        """Return what became of each rule, in the order of the benchmarks."""
        before, after = self._findings(self.before), self._findings(self.after)
        return [self._result(before[key], finding) for key, finding in after.items() if key in before]

    def _result(self, before: Finding, after: Finding) -> RuleResult:
        planned = after.planned
        tried = [name for name, change in self._tried.items() if planned.rule.id in change.rules]
        result = RuleResult(planned, before, after, "", changes=self._labels(tried))
        if self._reverted.intersection(tried) and after.outcome != "pass":
            result.result = "reverted"
            result.reason = "the host could not be reached after the change, so it undid it by itself"
        elif after.outcome == "pass":
            result.result = "already_right" if before.outcome == "pass" else "fixed"
        elif after.outcome == "not_applicable":
            result.result, result.reason = "not_applicable", after.reason
        elif after.outcome == "manual":
            result.result, result.reason = "skipped", after.reason
        elif after.outcome == "error":
            result.result, result.reason = "error", after.reason
        else:
            self._explain_failing(result, tried)
        return result

    def _labels(self, tried: Sequence[str]) -> list[str]:
        return [step["label"] for step in self.steps if set(step["changes"]).intersection(tried)]

    def _explain_failing(self, result: RuleResult, tried: Sequence[str]) -> None:
        states = [self._states[name] for name in tried if name in self._states]
        bad = [state for state in states if state["state"] in ("refused", "failed")]
        fix = result.after.as_dict()["fix"]
        if not tried:
            reason = self._why_not(result.planned) or self._no_remedy(result.planned)
            result.result, result.reason = "skipped", f"{reason}. {fix}"
        elif self._limits.check and (not bad or any(state["state"] == "planned" for state in states)):
            # A refusal beside a planned change is that of another way which is not taken.
            result.result = "would_fix"
        elif bad and all(state["state"] == "refused" for state in bad):
            result.result, result.reason = "skipped", f"{bad[0]['reason']}. {fix}"
        elif bad:
            result.result, result.reason = "still_failing", bad[0]["reason"]
        elif result.planned.rule.disrupts == "reboot" or any(state.get("pending_reboot") for state in states):
            result.result = "still_failing"
            result.reason = "the change is made and takes effect at the next boot"
        else:
            wrong = [check for check in result.after.checks if check.outcome == "fail"]
            seen = "; ".join(f"{check.setting} is {check.observed}, expected: {check.expected}" for check in wrong[:3])
            result.result, result.reason = "still_failing", f"changed, but the second look still finds: {seen}"

    def _no_remedy(self, planned: PlannedRule) -> str:
        try:
            self._remedies().add(planned)
        except NoRemedy as problem:
            return f"there is no automatic fix: {problem}"
        return "its change was not made"
