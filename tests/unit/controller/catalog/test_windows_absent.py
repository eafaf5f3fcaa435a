"""On a Windows host of which no value is configured only those rules pass whose policy is delivered so, and nothing errs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from tests.unit.controller.catalog.windows_hosts import PLAN, PLANS, USER, answered, facts_of

OF_REGISTRY = {"registry", "user_registry", "domain_role"}
# A rule that comes here passes on every host that nobody has looked after: its comment in the catalog says why that is right.
PASS = set((Path(__file__).parent / "windows_passes_without_a_value.txt").read_text(encoding="ascii").split())


def judged(plan):
    facts = facts_of(plan)
    judge = Judge(PLAN.platform, answered(facts), {"windows": facts})
    for planned in plan.rules:
        if {leaf["kind"] for leaf in leaves(planned.settings)} <= OF_REGISTRY:
            yield planned.rule.id, judge.judge(planned)


@pytest.mark.parametrize("name", PLANS)
def test_nothing_errs_and_nothing_else_passes(name):
    findings = dict(judged(PLANS[name]))

    assert len(findings) > 250
    assert {rule: one.reason for rule, one in findings.items() if one.outcome == "error"} == {}
    assert {rule for rule, one in findings.items() if one.outcome == "pass"} <= PASS


def test_each_that_may_pass_does_so_somewhere():
    passing = {rule for plan in PLANS.values() for rule, one in judged(plan) if one.outcome == "pass"}

    assert passing == PASS


@pytest.mark.parametrize("name", PLANS)
def test_what_nobody_is_logged_on_for_is_no_pass(name):
    plan = PLANS[name]
    facts = facts_of(plan)
    seen = {
        key: {"state": "unseen", "reason": "nobody"} if one is USER else one for key, one in answered(facts).items()
    }
    judge = Judge(PLAN.platform, seen, {"windows": facts})
    of_users = [
        planned for planned in plan.rules if any(leaf["kind"] == "user_registry" for leaf in leaves(planned.settings))
    ]

    assert len(of_users) >= 10
    assert {judge.judge(planned).outcome for planned in of_users} == {"not_applicable"}
