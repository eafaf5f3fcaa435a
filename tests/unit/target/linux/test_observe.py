"""Every scenario's reader gives the observation that the scenario states, on a directory tree."""

from __future__ import annotations

import importlib

import pytest

from tests.scenarios.linux import all_scenarios, host_for, plant

CASES = all_scenarios()


@pytest.mark.parametrize(("kind", "scenario"), CASES, ids=["%s-%s" % (kind, case.id) for kind, case in CASES])
def test_reader_observes_what_was_planted(kind, scenario, tmp_path):
    plant(str(tmp_path), scenario)
    observe = importlib.import_module("ansible_collections.hipaa.cis.plugins.module_utils.linux.observe")

    seen = observe.read_kind(host_for(str(tmp_path), scenario), kind, [scenario.address])[0].as_dict()

    assert {key: seen.get(key) for key in scenario.observed} == scenario.observed
