# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check-then-fix: observe, judge, plan, apply, observe, judge; then what may cut the controller off, with a way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Finding, Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import BenchmarkPlan, PlannedRule, PlatformPlan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import other_system
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoAnswer
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import confirmation
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.held_settings import HeldSettings
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.limits import Limits
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.remedies import (
    CONNECTION,
    PLAIN,
    Change,
    Held,
    NoRemedy,
    Remedies,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.rule_result import (
    NOT_IN_PLAN,
    NOT_MADE,
    RuleResult,
    left_of,
    of_states,
    reasons,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.target import Answer, NotBegun, Target, Unreachable

REQUEST_VERSION = 1
# A package that was installed brings settings of its own, which the next pass sets right.
MAX_PASSES = 4
# A change that another one undid (forwarding resets other parameters of the kernel) is made once more; one that was
# refused may be safe once others are made.
MAX_TRIES = 2
# The class of what decides who gets in.
LOGIN = "login"
CUT_OFF = "the host could not be reached after the change, so it undid it by itself"
NOT_BY_US = "it was put right by something else while this run was there, and not by it"
BROKEN = "the connection broke while the change was made, so the host undid it by itself"


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
        # What the host says is to be confirmed, whatever its rule says, and of which class: `login`, or `armed` for no other.
        self._escalated: dict[str, str] = {}
        self._tried_armed: set[str] = set()
        self._reverted: set[str] = set()
        # Of these changes nobody can say whether they stay, and why.
        self._open: set[str] = set()
        self._why_open = ""
        self._why_reverted = CUT_OFF
        self.steps: list[dict[str, Any]] = []
        # What the changes are made of, with digests for the plan; of check mode only.
        self.parts: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.pending_reboot: list[str] = []
        self.changed = False
        self._locked = False
        self.reverted = False
        self.broke_off: HipaaCisError | Unreachable | None = None
        self.not_begun = ""
        self.looked_again = True
        # How the host stands after what it was asked last, where it said so.
        self._observed: Answer | None = None
        self.before: Answer = {}
        self.after: Answer = {}

    @property
    def plan(self) -> PlatformPlan:
        """What the platform is asked for."""
        return self._plan

    @property
    def platform(self) -> str:
        """The id of the platform."""
        return self._plan.platform.id

    @property
    def tried(self) -> Mapping[str, Change]:
        """The changes that the host was asked for, by id."""
        return self._tried

    def planned(self) -> list[str]:
        """Return the ids of the changes that the host would make."""
        return [name for name in self._tried if self._states.get(name, {}).get("state") == "planned"]

    def disruption_of(self, rule: str) -> str:
        """Return what applying a rule disrupts."""
        rules = (planned.rule for plan in self._plan.benchmarks for planned in plan.rules)
        return next(one.disrupts for one in rules if one.id == rule)

    def run(self) -> None:
        """Do all of it; `results` says what became of each rule, ``broke_off`` why it ended before it was done.

        Raises `HipaaCisError`, `Unreachable` where the host could not even be looked at.
        """
        self.before = self.after = self._target.observe(self._plan)
        self._check_system()
        try:
            for group in (PLAIN, CONNECTION, PLAIN):
                if not self.reverted:
                    self._group(group)
        except NotBegun as problem:
            self.not_begun, self._locked = str(problem), False
        except (HipaaCisError, Unreachable) as problem:
            self.broke_off = problem
            self._look_again()
        finally:
            if self._locked:
                self._release()

    def _check_system(self) -> None:
        """Raise `HipaaCisError` where a benchmark that was named is another system's: its values are made for that."""
        if self.before.get("facts", {}).get("tree"):
            raise HipaaCisError(
                "What this connection leads to is a chroot or a container without an init, not booted, and only an audit looks into one: "
                "change what the image is built of, or boot it and remediate the host."
            )
        named = [one.benchmark for one in self.chosen(self.before) if one.named]
        others = [text for text in (other_system(self._plan.platform, one, self.before) for one in named) if text]
        if others and not self._limits.force_benchmark:
            raise HipaaCisError(
                f"{'. '.join(others)}, and what it sets may break the host, so nothing was begun. Take it from hipaa_cis_benchmark, or set "
                "hipaa_cis_force_benchmark to change the host by it all the same."
            )
        self.warnings.extend(f"{text} and may change it wrongly." for text in others)
        if not self._plan.platform.apply and self.chosen(self.before):
            self.warnings.append(
                f"The platform {self.platform} is audited alone: nothing is changed there, and what fails is left to a person."
            )

    def _look_again(self) -> None:
        """See how things stand after a run that broke off, where the host still answers."""
        try:
            self.after = self._target.observe(self._plan)
        except (HipaaCisError, Unreachable):
            self.looked_again = False

    def _release(self) -> None:
        try:
            self._apply("release", PLAIN, {})
        except (HipaaCisError, Unreachable) as problem:
            self.warnings.append(f"The lock of this run could not be given back; it ends by itself: {problem}")

    def _group(self, group: str) -> None:
        for _pass in range(MAX_PASSES):
            new = self._new_changes(group)
            changes = self._approved_of(new)
            if not new:
                return
            if not changes:
                # A rule may have another way, which is approved.
                continue
            self._tried.update(changes)
            self._tries.update(changes.keys())
            self._tried_after.update(dict.fromkeys(changes, self._times_changed))
            self._tried_armed.update(changes if group == CONNECTION else ())
            mode = "plan" if self._limits.check else "apply"
            before, self._locked = self._locked, not self._limits.check
            try:
                answer = self._apply(mode, group, changes)
            except (NoAnswer, Unreachable) as problem:
                self._lose(problem, group, changes)
                return
            # The host took its lock where it had something to do.
            self._locked = before or "journal" in answer
            self._note(answer)
            if self._limits.check:
                continue
            if answer.get("changed"):
                self.changed = True
                self._times_changed += 1
                if group == CONNECTION:
                    self._confirm(changes)
                self.after = self._observed or self._target.observe(self._plan)
            if self.reverted:
                return
            # Where a change was not made the rule may have another way.
            if not answer.get("changed") and not any(state["state"] in NOT_MADE for state in self._states.values()):
                return

    def _approved_of(self, changes: Mapping[str, Change]) -> dict[str, Change]:
        """Return those that the approved plan has; the others count as refused, and are not asked for again."""
        approved = self._approved()
        if approved is None:
            return dict(changes)
        for name in changes.keys() - approved.keys():
            self._tried[name], self._tries[name] = changes[name], MAX_TRIES
            self._tried_after[name] = self._times_changed
            self._states[name] = {"state": "refused", "reason": NOT_IN_PLAN}
        return {name: change for name, change in changes.items() if name in approved}

    def _approved(self) -> Mapping[str, Mapping[str, Sequence[str]]] | None:
        if self._limits.approved is None:
            return None
        return self._limits.approved.get(self._plan.platform.id, {})

    def _lose(self, problem: NoAnswer | Unreachable, group: str, changes: Mapping[str, Change]) -> None:
        """The answer to an apply did not come: what may have cut the controller off the host undoes, the rest is not known."""
        if self._limits.check:
            raise problem
        begun = {"state": "failed", "reason": f"it is not known how far it got: {problem}"}
        self._states.update({name: dict(begun) for name in changes})
        before, self.changed = self.changed, True
        if group != CONNECTION:
            raise problem
        commit = self._decision("status", changes)
        if commit["state"] != "reverted":
            self.changed = before  # the host was not armed for it, and before that nothing is changed
            raise problem
        self._take_as_reverted(changes, commit, BROKEN)
        self.after = self._target.observe(self._plan)

    def _note(self, answer: Answer) -> None:
        for name, state in answer.get("changes", {}).items():
            # What is refused after a part of it was made is that which was left.
            made = state["state"] == "refused" and self._states.get(name, {}).get("state") == "done"
            self._states[name] = {**self._states[name], "left": state["reason"]} if made else dict(state)
        self._escalated.update({name: state["class"] for name, state in self._states.items() if "class" in state})
        self.steps.extend(answer.get("steps", []))
        self.parts.extend(answer.get("parts", []))
        for kept, said in ((self.warnings, "notes"), (self.pending_reboot, "pending_reboot")):
            kept.extend(text for text in answer.get(said, []) if text not in kept)

    def _new_changes(self, group: str) -> dict[str, Change]:
        remedies = self._remedies()
        for finding in self._findings(self.after).values():
            if self._why_not(finding.planned):
                continue
            if finding.outcome == "fail":
                try:
                    remedies.add(finding.planned)
                except NoRemedy:
                    continue
            # Also of a rule of which another setting fails: else that is written out only once it is fixed.
            if finding.outcome in ("fail", "pass") and self._limits.write_out:
                remedies.write_out(finding.planned)
        for name in self._escalated.keys() & remedies.changes.keys():
            remedies.changes[name].group = CONNECTION
        return {
            name: change for name, change in remedies.changes.items() if change.group == group and self._may_try(name)
        }

    def _remedies(self) -> Remedies:
        refused = {name for name, state in self._states.items() if state["state"] in NOT_MADE}
        judge = Judge(self._plan.platform, self.after["observations"], self.after.get("facts", {}))
        held = HeldSettings(self._plan.platform, judge, self.chosen(self.after), self._limits.decisions)
        return Remedies(self._plan.platform, judge, refused, held)

    def _may_try(self, name: str) -> bool:
        if not self._tries[name]:
            return True
        if name in self._escalated and name not in self._tried_armed:
            return self._escalated[name] != LOGIN or LOGIN in self._limits.disruption
        state = self._states.get(name, {}).get("state")
        # The host that refused it is asked again only where it is not the same any more.
        asked = state == "done" or (state == "refused" and self._times_changed > self._tried_after[name])
        return asked and self._tries[name] < MAX_TRIES

    def _why_not(self, planned: PlannedRule) -> str:
        exception = self._limits.decisions.exception_of(planned)
        if exception:
            return exception.said
        if not self._plan.platform.apply:
            return f"settings of the platform {self._plan.platform.id} cannot be changed automatically"
        disrupts = planned.rule.disrupts
        if disrupts != "none" and disrupts not in self._limits.disruption:
            return f"applying it disrupts: {disrupts}; allow that with hipaa_cis_allow_disruption"
        return ""

    def _apply(self, mode: str, group: str, changes: Mapping[str, Change]) -> Answer:
        request = {
            "version": REQUEST_VERSION,
            "mode": mode,
            "run_id": self._limits.run_id,
            "group": group,
            "changes": {name: change.as_request() for name, change in changes.items()},
            "rules": {name: list(change.rules) for name, change in changes.items()},
            "options": {
                **self._limits.options,
                "confirm_timeout": self._limits.confirm_timeout,
                # A host does not start where its initial file system is broken.
                "may_make_images": "reboot" in self._limits.disruption,
                "as_login": group == CONNECTION and LOGIN in self._limits.disruption,
            },
        }
        approved = self._approved()
        if approved is not None and changes:
            request["approved"] = {name: approved[name] for name in changes}
        if mode == "confirm" or (mode == "apply" and group != CONNECTION):
            # How it stands once it is decided: another call would take longer than the look itself.
            request["observe"] = self._plan.request
        answer = self._target.apply(self._plan, request)
        self._observed = answer.get("observed")
        return answer

    def _confirm(self, changes: Mapping[str, Change]) -> None:
        """Come back over a new connection, as root, and say that the changes may stay; else the host undoes them."""
        made = {name for name in changes if self._states.get(name, {}).get("state") == "done"}
        commit = self._decision("confirm", made)
        if commit["state"] == "reverted":
            self._take_as_reverted(made, commit, CUT_OFF)

    def _decision(self, mode: str, changes: Collection[str]) -> Mapping[str, Any]:
        """Return what became of ``changes`` on the host: ``{state, report}``.

        Raises `HipaaCisError`, `Unreachable` where nobody can say whether they stay.
        """
        try:
            return confirmation.decision(mode, self._ask_anew, self._limits.run_id, self._limits.confirm_timeout)
        except (HipaaCisError, Unreachable) as problem:
            self._open, self._why_open = set(changes), str(problem)
            raise

    def _ask_anew(self, mode: str) -> Answer:
        self._target.reconnect()
        return self._apply(mode, CONNECTION, {})

    def _take_as_reverted(self, changes: Collection[str], commit: Mapping[str, Any], why: str) -> None:
        self.reverted, self._reverted, self._why_reverted = True, set(changes), why
        problems = commit.get("report", {}).get("problems", [])
        self.warnings.extend(f"While the host undid the changes: {problem}" for problem in problems)

    def _findings(self, answer: Answer) -> dict[tuple[str, str], Finding]:
        judge = Judge(self._plan.platform, answer["observations"], answer.get("facts", {}))
        return {
            (planned.benchmark, planned.rule.id): judge.judge(planned)
            for plan in self.chosen(answer)
            for planned in plan.rules
        }

    def chosen(self, answer: Answer) -> Sequence[BenchmarkPlan]:
        """Return the benchmarks that the host carries."""
        return self._plan.carried(answer)

    def results(self) -> list[RuleResult]:
        """Return what became of each rule, in the order of the benchmarks."""
        if not self.before:
            return []
        before, after = self._findings(self.before), self._findings(self.after)
        return [self._result(before[key], finding) for key, finding in after.items() if key in before]

    def _result(self, before: Finding, after: Finding) -> RuleResult:
        planned = after.planned
        tried = [name for name, change in self._tried.items() if planned.rule.id in change.rules]
        result = RuleResult(planned, before, after, "", changes=self._labels(tried))
        result.exception = self._limits.decisions.exception_of(planned)
        if self._open.intersection(tried):
            result.result = "still_failing"
            result.reason = f"it was changed, and it is not known whether that stays: {self._why_open}"
        elif self._reverted.intersection(tried) and after.outcome != "pass":
            result.result = "reverted"
            result.reason = self._why_reverted
        elif after.outcome == "pass":
            result.result = "fixed" if before.outcome != "pass" and self.changed else "already_right"
            if before.outcome != "pass" and not self.changed:
                result.reason = NOT_BY_US
            if result.changes and all(self._tried[name].write_out for name in tried):
                would = "would be" if self._limits.check else "is"
                result.reason = f"it held already; that {would} written where people and other scanners look for it"
        elif after.outcome == "not_applicable":
            result.result, result.reason = "not_applicable", after.reason
        elif after.outcome == "manual":
            result.result, result.reason = "skipped", after.reason
        elif after.outcome == "error":
            result.result, result.reason = "error", after.reason
        else:
            self._explain_failing(result, tried)
        if result.result == "fixed" and result.exception:
            result.reason = f"the change of another rule put it right, though it is {result.exception.said}"
        return result

    def _labels(self, tried: Sequence[str]) -> list[str]:
        return [step["label"] for step in self.steps if set(step["changes"]).intersection(tried)]

    def _explain_failing(self, result: RuleResult, tried: Sequence[str]) -> None:
        states = [self._states[name] for name in tried if name in self._states]
        bad = [state for state in states if state["state"] in NOT_MADE]
        fix = result.after.as_dict()["fix"]
        if result.exception:
            result.result, result.reason = "skipped", result.exception.said
        elif not tried:
            self._explain_untried(result, fix)
        elif self.not_begun:
            result.result, result.reason = "skipped", f"not begun: {self.not_begun}"
        elif self.broke_off and not states:
            result.result, result.reason = "skipped", "the run broke off before this was changed"
        elif self._limits.check and (not bad or any(state["state"] == "planned" for state in states)):
            # A refusal beside a planned change is that of another way which is not taken.
            result.result = "would_fix"
            needed = self._needed(result.planned)
            missing = [self._states[name] for name in tried if name in needed and self._states[name] in bad]
            left = reasons([*missing, *left_of(states)])
            result.reason = f"a part of it would be left: {left}" if left else ""
        else:
            result.result, result.reason = of_states(result.after, states)

    def _needed(self, planned: PlannedRule) -> set[str]:
        """Return the changes that a rule still needs, by the way that is taken now."""
        try:
            return {change.id for change in self._remedies().add(planned)}
        except NoRemedy:
            return set()

    def _explain_untried(self, result: RuleResult, fix: str) -> None:
        reason = self._why_not(result.planned) or "its change was not made"
        try:
            self._remedies().add(result.planned)
        except Held as held:
            # To do by hand what the rule asks for would go against the exception too.
            result.result, result.reason, result.exception = "skipped", str(held), held.exception
            return
        except NoRemedy as problem:
            # What may be disrupted makes no difference then.
            if self._plan.platform.apply:
                reason = f"there is no automatic fix: {problem}"
        result.result, result.reason = "skipped", f"{reason}. {fix}"
