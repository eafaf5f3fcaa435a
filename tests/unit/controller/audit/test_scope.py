"""What a run leaves out of level and profile that a host is meant for."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

KNOWN = load_catalog()
DEBIAN = KNOWN.benchmarks["debian_12"]
SSH = {"tags": ["ssh"]}


def plan_of(**selection):
    (platform,) = make_plan(KNOWN, Selection(("debian_12",), **selection), {}, {})
    (plan,) = platform.benchmarks
    return plan


def keys(plan):
    """What is looked at, open or left out: rules, and recommendations without any."""
    looked = {planned.rule.id for planned in plan.rules} | {item.id for item in plan.unjudged}
    return looked, {item.get("rule") or item["recommendations"][0] for item in plan.left_out}


def all_of(level, profile="server"):
    items = [item for item in DEBIAN.recommendations if item.level.get(profile, 9) <= level]
    return {name for item in items for name in item.rules or (item.id,)}


@pytest.mark.parametrize("selection", [{}, {"level": 2}, {"level": 2, "meant_level": 1}, {"profile": "workstation"}])
def test_nothing_is_left_out_of_a_whole_run(selection):
    assert plan_of(**selection).left_out == ()


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        ({"include": SSH}, (1, "server")),
        ({"exclude": SSH}, (1, "server")),
        ({"level": 2, "exclude": {"severity": ["high"]}}, (2, "server")),
        ({"meant_level": 2}, (2, "server")),
        ({"meant_profile": "workstation"}, (1, "workstation")),
        ({"include": SSH, "meant_level": 2}, (2, "server")),
    ],
)
def test_all_that_is_meant_is_either_looked_at_or_named(selection, meant):
    looked, left = keys(plan_of(**selection))

    assert left
    assert not looked & left
    assert looked | left >= all_of(*meant)
    assert left <= all_of(*meant)


def test_reason_says_what_left_it_out():
    reasons = {item["reason"] for item in plan_of(include=SSH, meant_level=2).left_out}

    assert reasons == {
        "the run's selection leaves it out",
        "the run was of level 1, profile server; the host is meant for level 2, profile server",
    }


@pytest.mark.parametrize("wrong", [{"meant_level": 3}, {"meant_profile": "srever"}])
def test_host_is_meant_for_what_there_is(wrong):
    with pytest.raises(HipaaCisError, match=r"unknown (level|profile)"):
        plan_of(**wrong)
