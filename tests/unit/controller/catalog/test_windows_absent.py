"""On a Windows host of which no value is configured only those rules pass whose policy is delivered so, and nothing errs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.lifecycle import RELEASES, SERVER

KNOWN = load_catalog()
(PLAN,) = make_plan(
    KNOWN, Selection(platforms=("windows",), level=2, profiles=("next_generation", "bitlocker")), {}, {}
)
OF_REGISTRY = {"registry", "user_registry", "domain_role"}
# A rule that comes here passes on every host that nobody has looked after: its comment in the catalog says why that is right.
PASS = set((Path(__file__).parent / "windows_passes_without_a_value.txt").read_text(encoding="ascii").split())
ROLES = {
    "domain_controller": {"product_type": "LanmanNT", "domain_role": "5"},
    "member_server": {"product_type": "ServerNT", "domain_role": "3"},
    "stand_alone_server": {"product_type": "ServerNT", "domain_role": "2"},
    "workstation": {"product_type": "WinNT", "domain_role": "1"},
}
BUILDS = {release.product: str(release.build) for release in RELEASES}
USER = {"state": "value", "value": {"users": [{"sid": "S-1-5-21-1-2-3-1001", "value": {"view": 64, "absent": "key"}}]}}
PLANS = {f"{one.benchmark.id}/{one.role}": one for one in PLAN.benchmarks}


def facts_of(plan):
    server = plan.benchmark.id != "windows_11"
    kind = "Server" if server else "Client"
    assert server == any(SERVER in one.ends for one in RELEASES if one.product == plan.benchmark.id)
    return {
        "build": BUILDS[plan.benchmark.id],
        "ubr": "1",
        "edition": "ServerStandard" if server else "Enterprise",
        "installation_type": kind,
        **ROLES[plan.role],
    }


def answered(facts):
    """Return what a host answers that has no value but those by which it says what it is."""
    own = {"ProductType": facts["product_type"], "CurrentBuild": facts["build"], "CurrentBuildNumber": facts["build"]}
    told = {}
    for key, (kind, address) in PLAN.request["settings"].items():
        text = own.get(address.get("name"))
        if kind == "registry" and text:
            told[key] = {"state": "value", "value": {"view": 64, "type": 1, "data": text}}
        elif kind == "user_registry":
            told[key] = USER
        else:
            told[key] = {"state": "absent"}
    return told


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
