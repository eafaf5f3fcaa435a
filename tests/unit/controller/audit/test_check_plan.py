"""What is checked before a run is what the plan of a host would say, and no more of it is made than that takes."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

CATALOG = load_catalog()
MISTAKES: dict[str, tuple[Selection, dict[str, object]]] = {
    "benchmark": (Selection(benchmarks=("debian_99",)), {}),
    "system-beside-auto": (Selection(benchmarks=("auto", "debian_12")), {}),
    "rule": (Selection(include={"rules": ["no_such_rule"]}), {}),
    "parameter": (Selection(), {"no_such_parameter": 1}),
    "type": (Selection(), {"ssh_login_grace_time": "soon"}),
    "nothing-over": (Selection(include={"rules": ["mount_tmp"]}, exclude={"rules": ["mount_tmp"]}), {}),
}


def said(make, *arguments):
    with pytest.raises(HipaaCisError) as mistake:
        make(*arguments)
    return str(mistake.value)


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_told_as_by_the_plan(name):
    selection, values = MISTAKES[name]

    told = said(plan.check_plan, CATALOG, selection, values)

    assert told == said(plan.make_plan, CATALOG, selection, values, {})


@pytest.mark.parametrize("benchmarks", [(), ("debian_12",), ("rhel_9@2.0.0",), ("auto", "supplement_linux")])
def test_what_is_right_passes_and_no_rule_is_got_ready(monkeypatch, benchmarks):
    selection = Selection(benchmarks=benchmarks, level=2)
    assert plan.make_plan(CATALOG, selection, {}, {})
    monkeypatch.setattr(plan, "_Rules", None)

    plan.check_plan(CATALOG, selection, {})
