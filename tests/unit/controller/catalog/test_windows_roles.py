"""A rule of a Windows benchmark applies to hosts that the benchmark is for: one that never does is the rule of another recommendation."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import detection
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.lifecycle import RELEASES
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.reader import why_unsupported
from tests.unit.controller.catalog.windows_hosts import PLAN, PLANS, answered, facts_of

# A workstation is judged in a domain and alone, and each benchmark on all builds that it is for.
ALONE = {"WinNT": ("0", "1")}
BENCHMARKS = {name.split("/")[0] for name in PLANS}
BUILDS = {one: [str(known.build) for known in RELEASES if known.product == one] for one in BENCHMARKS}


def never_applying(plan):
    """Return the rules of a plan that are not applicable on any of its hosts."""
    facts = facts_of(plan)
    hosts = [
        {**facts, "build": build, "domain_role": role}
        for build in BUILDS[plan.benchmark.id] or [facts["build"]]
        for role in ALONE.get(facts["product_type"], (facts["domain_role"],))
    ]
    judges = [Judge(PLAN.platform, answered(host), {"windows": host}) for host in hosts]
    return {
        planned.rule.id
        for planned in plan.rules
        if all(judge.judge(planned).outcome == "not_applicable" for judge in judges)
    }


@pytest.mark.parametrize("benchmark", sorted(BENCHMARKS))
def test_each_rule_applies_to_a_role_of_its_benchmark(benchmark):
    plans = [plan for name, plan in PLANS.items() if name.split("/")[0] == benchmark]
    asked = {planned.rule.id for plan in plans for planned in plan.rules}
    applying = set().union(*({planned.rule.id for planned in plan.rules} - never_applying(plan) for plan in plans))

    assert asked - applying == set()


@pytest.mark.parametrize("name", [name for name in PLANS if "server" in name])
@pytest.mark.parametrize("installed", ["Server", "Server Core", "Client"])
def test_a_server_is_taken_for_what_the_table_of_releases_takes_it_for(name, installed):
    """A Windows 11 for several sessions says that it is a server of the same build, and is none that is audited."""
    facts = {**facts_of(PLANS[name]), "installation_type": installed}

    assert detection.fits(PLANS[name].benchmark, facts) is (why_unsupported({"windows": facts}) == "")
