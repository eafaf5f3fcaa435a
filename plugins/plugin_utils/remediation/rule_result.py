# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of one rule, in a word and a reason, by what became of the changes that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Finding
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.exceptions import ExceptionDecision

RESULTS = (
    "already_right",
    "fixed",
    "pending",
    "would_fix",
    "still_failing",
    "skipped",
    "reverted",
    "not_applicable",
    "error",
)
# How many reasons of one rule are told in words.
MAX_REASONS = 20
# What became of a change that was not made.
NOT_MADE = ("refused", "failed")
NOT_IN_PLAN = "not in the approved plan"
WHY_NOT_IN_PLAN = "; the run in check mode that made the plan says why, and whom a change would shut out"


@dataclass
class RuleResult:
    """What became of one rule on the host."""

    planned: PlannedRule
    before: Finding
    after: Finding
    result: str
    reason: str = ""
    changes: list[str] = field(default_factory=list)
    exception: ExceptionDecision | None = None


def left_of(states: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return, in the form of a state, what was left of changes that were made."""
    return [{"reason": state["left"]} for state in states if "left" in state]


def reasons(states: Sequence[Mapping[str, Any]]) -> str:
    """Return why changes were not made, as one text; of very many, how many more there are."""
    told = list(dict.fromkeys(str(state["reason"]) for state in states))
    more = [f"and {len(told) - MAX_REASONS} more"] if len(told) > MAX_REASONS else []
    return "; ".join([*told[:MAX_REASONS], *more])


def of_states(after: Finding, states: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return (result, reason) of a rule that still fails. ``states``: what became of the changes that were tried for it."""
    bad = [state for state in states if state["state"] in NOT_MADE]
    left = reasons([*bad, *left_of(states)])
    some = any(state["state"] == "done" for state in states)
    if bad and not some and all(state["state"] == "refused" for state in bad):
        # Of what the plan leaves out, why it does was said when it was made: it may be dangerous to do that by hand.
        return "skipped", f"{left}{WHY_NOT_IN_PLAN}" if left == NOT_IN_PLAN else f"{left}. {after.as_dict()['fix']}"
    if left:
        return "still_failing", f"the rest was changed, and this was left: {left}" if some else left
    wrong = [check for check in after.checks if check.outcome == "fail" and (check.pending or not after.pending)]
    seen = "; ".join(f"{check.setting} is {check.observed}, expected: {check.expected}" for check in wrong[:3])
    if after.pending:
        return "pending", f"fixed, pending: the change is made and takes effect at the next boot; now {seen}"
    if any(state.get("pending_reboot") for state in states):
        return "still_failing", "the change is made and takes effect at the next boot"
    return "still_failing", f"changed, but the second look still finds: {seen}"
