"""``--tags`` and ``--skip-tags`` choose rules: by standard, safeguard, topic, tag and level."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import run_tags
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

KNOWN = load_catalog()
DEBIAN = KNOWN.benchmarks["debian_12"]


def rules(run=("all",), skip=(), own=()):
    chosen, skipped, _strange = run_tags.chosen(KNOWN, {"ansible_run_tags": run, "ansible_skip_tags": skip}, own)
    selection = Selection(("debian_12",), level=2, run_tags=chosen, skip_tags=skipped)
    (platform,) = make_plan(KNOWN, selection, {}, {})
    return {planned.rule.id for plan in platform.benchmarks for planned in plan.rules}


ALL = rules()
ACCESS = {"164.312(a)(1)", "164.312(a)(2)(i)", "164.312(a)(2)(ii)", "164.312(a)(2)(iii)", "164.312(a)(2)(iv)"}


def having(test):
    return {name for name in ALL if test(KNOWN.rules[name])}


@pytest.mark.parametrize(
    ("tag", "test"),
    [
        ("ssh", lambda rule: "ssh" in rule.tags),
        ("sudo", lambda rule: "sudo" in rule.tags or rule.topic == "Sudo"),
        ("audit_rules", lambda rule: rule.topic == "Audit rules"),
        ("access_control", lambda rule: ACCESS & set(rule.cites)),
        ("164.312(a)(2)(iii)", lambda rule: "164.312(a)(2)(iii)" in rule.cites),
    ],
)
def test_tag_chooses_its_rules_and_skipped_leaves_out_the_same(tag, test):
    assert having(test)
    assert rules([tag]) == having(test)
    assert rules(skip=[tag]) == ALL - having(test)


def test_levels_are_tags_and_one_of_several_tags_is_enough():
    first = {name for item in DEBIAN.recommendations if item.level.get("server") == 1 for name in item.rules}

    assert rules(["level_1"]) == first
    assert rules(["level_1", "level_2"]) == ALL
    assert rules(["ssh", "audit_rules"]) == rules(["ssh"]) | rules(["audit_rules"])


@pytest.mark.parametrize("names", [["all"], ["always"], ["tagged"], ["site", "ssh"]])
def test_ansibles_own_names_and_those_of_the_task_choose_all(names):
    assert rules(names, own=["site"]) == ALL


def test_tags_of_nothing_here_are_refused_with_the_nearest_name():
    with pytest.raises(HipaaCisError, match=r"--tags selects nothing: unknown tag .acces_control"):
        rules(["acces_control"])


def test_name_of_nothing_here_beside_one_that_is_known_is_told():
    given = {"ansible_run_tags": ["ssh", "shs"], "ansible_skip_tags": ["sduo"]}

    assert run_tags.chosen(KNOWN, given, ())[2] == ["shs", "sduo"]
