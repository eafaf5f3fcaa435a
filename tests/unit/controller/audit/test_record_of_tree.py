"""The record of a tree of files: it says that it is one, and what it does not show is clean nowhere."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.joined_records import join_host_records
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import host_safeguards


def recorded(rules, state, facts):
    catalog = load_catalog()
    selection = Selection(benchmarks=("debian_12",), level=2, include={"rules": rules})
    record = empty_record("image", "r", "2026-11-30T00:00:00Z", "", selection)
    (plan,) = make_plan(catalog, selection, {}, {})
    answer = {
        "benchmarks": list(plan.request["benchmarks"]),
        "facts": {"os_release": {"ID": "debian", "VERSION_ID": "12"}, **facts},
        "observations": dict.fromkeys(plan.request["settings"], state),
    }
    fill_record(record, catalog, [(plan, answer)])
    return catalog, record


UNSEEN = {"state": "unseen", "reason": "the values of the running kernel"}
RULES = ["packets_not_forwarded"]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"tree": "/mnt/image", "tree_is": "image"}, "tree of an image, not booted (/mnt/image): "),
        ({"tree": "/", "tree_is": "chroot"}, "chroot, not booted (/): "),
        ({"tree": "/", "tree_is": "container"}, "container without an init, not booted (/): "),
        ({"tree": ["/"], "tree_is": ["x"]}, "tree of files, not booted (['/']): "),
        ({}, "tree of files, not booted (it does not say where): "),
    ],
)
def test_the_record_says_that_it_is_of_a_tree_and_how_much_is_unseen(facts, told):
    _catalog, record = recorded(RULES, UNSEEN, facts)
    (warning,) = [one for one in record["warnings"] if "not booted" in one]
    assert warning.startswith(told)
    assert warning.endswith(" settings can only be seen on a running host.")
    assert not warning.startswith(told + "0 ")


def test_what_a_tree_does_not_show_is_not_applicable_and_not_looked_at():
    catalog, record = recorded(RULES, UNSEEN, {"tree": "/mnt/image", "tree_is": "image"})
    assert {one["outcome"] for one in record["findings"]} == {"not_applicable"}
    assert [one["rule"] for one in record["not_looked_at"] if one.get("rule") in RULES] == RULES
    states = host_safeguards(catalog, record)
    assert {states[cite] for one in record["findings"] for cite in one["cites"] if cite in states} <= {"not_assessed"}


def test_a_second_task_does_not_make_it_looked_at():
    _catalog, record = recorded(RULES, UNSEEN, {"tree": "/mnt/image", "tree_is": "image"})
    later = copy.deepcopy(record)
    later["selection"] = {**record["selection"], "level": 1}
    joined = join_host_records(record, later)
    assert [one["rule"] for one in joined["not_looked_at"] if one.get("rule") in RULES] == RULES


def test_a_host_that_runs_is_called_no_tree():
    _catalog, record = recorded(RULES, {"state": "absent"}, {})
    assert not [one for one in record["warnings"] if "not booted" in one]
