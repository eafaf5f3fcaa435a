"""What each benchmark comes to is as its file in tests/golden/ says, so that a change shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.tools import golden

WANTED = golden.wanted()


def test_there_is_a_file_for_each_version_level_and_profile_and_no_other():
    assert sorted(golden.present()) == sorted(WANTED), "run make golden"
    assert {"debian_12_1.1.0_server_level_1.txt", "debian_12_2.0.0_workstation_level_2.txt"} <= set(WANTED)


@pytest.mark.parametrize("name", sorted(WANTED))
def test_benchmark_comes_to_what_its_file_says(name):
    assert golden.present()[name].splitlines() == WANTED[name].splitlines(), (
        "run make golden, and look at the difference"
    )


def test_changed_value_level_and_rule_show():
    known = load_catalog()
    benchmark = known.benchmarks["debian_12"]
    selection = Selection((benchmark.name,), 1, "server")
    before = golden.resolved(known, selection)
    first, second, *others = benchmark.recommendations
    changed = [replace(first, level={"server": 2}), replace(second, rules=("kernel_module_hfs",)), *others]
    parameters = {"ssh_client_alive_interval": {"default": 17}}
    other = replace(benchmark, recommendations=tuple(changed), parameters=parameters)
    after = golden.resolved(replace(known, benchmarks={"debian_12": other}), selection)

    gone, new = (set(one.splitlines()) - set(two.splitlines()) for one, two in ((before, after), (after, before)))
    assert {"1.1.1.1  kernel_module_cramfs", "1.1.1.2  kernel_module_freevxfs"} < gone
    assert "1.1.1.2  kernel_module_hfs" in new
    assert any("ssh_client_alive_interval = 17" in line for line in new)
    assert len(gone) == 3
