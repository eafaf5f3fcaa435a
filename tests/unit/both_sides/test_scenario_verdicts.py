"""Every scenario's planted state gets the verdict that the scenario states, by reader and judge together."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import mask_all
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Rule
from tests.scenarios.linux import Scenario, all_scenarios, host_for, plant

CASES = all_scenarios()


def verdict(kind: str, scenario: Scenario, root: str) -> str:
    """Return the outcome of the scenario's expectation on the tree below ``root``."""
    return verdict_of(kind, scenario, read_kind(host_for(root, scenario), kind, [scenario.address])[0].as_dict())


def verdict_of(kind: str, scenario: Scenario, seen: dict[str, Any]) -> str:
    """Return the outcome of the scenario's expectation on an observation."""
    leaf: dict[str, Any] = {"kind": kind, "address": scenario.address, "expect": scenario.expect}
    if scenario.select:
        leaf["select"] = scenario.select
    rule = Rule("r", "t", "w", "f", "high", "none", "linux", "topic", settings=(leaf,))
    judge = Judge(load_catalog().platforms["linux"], {setting_key(leaf): seen})
    return judge.judge(PlannedRule(rule, "b", (), (leaf,), "", {})).outcome


@pytest.mark.parametrize(("kind", "scenario"), CASES, ids=[f"{kind}-{case.id}" for kind, case in CASES])
def test_verdict_is_as_planted(kind, scenario, tmp_path):
    plant(str(tmp_path), scenario)

    seen = read_kind(host_for(str(tmp_path), scenario), kind, [scenario.address])[0].as_dict()
    assert verdict_of(kind, scenario, seen) == scenario.verdict
    assert verdict_of(kind, scenario, mask_all(seen)) == scenario.verdict, "masked, as it leaves the host"
