"""What fails now and was fine in a run before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import summarise
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import Earlier, judge_gate
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.regressions import NothingToCompare, regressed, told
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import SAMPLES, make_finding, make_record, make_unaudited
from tests.unit.controller.runs.test_decided import BASE

KNOWN = load_catalog()
A, B, C = (sample.rule for sample in SAMPLES[:3])


def run(base, name, **hosts):
    store = RunStore.create(str(base), name)
    for host, outcomes in hosts.items():
        findings = []
        for sample in SAMPLES:
            if sample.rule in outcomes:
                outcome, *numbers = outcomes[sample.rule].split()
                changes = {"recommendations": numbers} if numbers else {}
                if outcome == "excepted":
                    outcome, changes = "fail", {"exception": {**BASE, "rule": sample.rule}}
                findings.append(make_finding(sample, outcome, **changes))
        store.write_record({**make_record(host, findings), "run_id": store.run_id})
    return store


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({A: "pass", B: "fail"}, {A: "fail", B: "fail"}, [A]),
        ({A: "not_applicable", B: "manual"}, {A: "fail", B: "fail"}, [A, B]),
        ({A: "pass"}, {A: "pass", B: "fail"}, []),
        ({A: "pass"}, {A: "error"}, []),
        ({A: "error"}, {A: "fail"}, []),
        ({A: "pass"}, {A: "excepted"}, []),
        ({A: "pass 1.1"}, {A: "fail 2.7"}, [A]),
        ({A: "fail 1.1"}, {A: "fail 2.7"}, []),
    ],
)
def test_what_was_fine_and_fails_regressed(tmp_path, before, now, expected):
    old, new = run(tmp_path, "old", ward=before), run(tmp_path, "new", ward=now, lab={C: "fail"})

    assert [rule for rule, _host in regressed(KNOWN, [new], None, old)] == sorted(expected)


def asked(base, name, version, outcome, observed, setting="minutes"):
    store = RunStore.create(str(base), name)
    check = {"setting": setting, "outcome": outcome, "expected": "a few", "observed": observed}
    record = make_record("ward", [make_finding(SAMPLES[0], outcome, checks=[check])])
    record["benchmarks"] = [{**one, "version": version} for one in record["benchmarks"]]
    store.write_record({**record, "run_id": store.run_id})
    return store


@pytest.mark.parametrize(
    ("version", "observed", "setting", "expected"),
    [
        ("1", "4", "minutes", [A]),
        ("2", "4", "minutes", []),
        ("2", "60", "minutes", [A]),
        ("2", "4", "seconds", []),
    ],
)
def test_newer_benchmark_is_no_regression_where_the_host_is_as_it_was(tmp_path, version, observed, setting, expected):
    old, new = asked(tmp_path, "old", "1", "pass", "4"), asked(tmp_path, "new", version, "fail", observed, setting)
    assert [rule for rule, _host in regressed(KNOWN, [new], None, old)] == expected


def test_rule_that_was_called_otherwise_before_is_the_same_one(tmp_path):
    old, new = run(tmp_path, "old", ward={A: "pass"}), run(tmp_path, "new", ward={B: "fail"})
    renamed = replace(KNOWN, rules={B: replace(next(iter(KNOWN.rules.values())), id=B, formerly=(A,))})

    assert regressed(renamed, [new], None, old) == [(B, "ward")]


def test_run_before_that_audited_no_host_of_this_one_can_not_be_compared_with(tmp_path):
    new, other = run(tmp_path, "new", ward={A: "fail"}), run(tmp_path, "other", lab={A: "pass"})
    lost = RunStore.create(str(tmp_path), "lost")
    lost.write_record({**make_unaudited("ward"), "run_id": "lost"})

    for before in (other, lost):
        with pytest.raises(NothingToCompare, match="audited none of the hosts"):
            regressed(KNOWN, [new], None, before)
    # Where nothing was audited now, that is what the gate says already.
    assert regressed(KNOWN, [lost], None, other) == []


def test_gate_names_rule_host_and_run(tmp_path):
    old, new = (run(tmp_path, name, ward={A: outcome}) for name, outcome in (("old", "pass"), ("new", "fail")))
    lines = told(regressed(KNOWN, [new], None, old), old.run_id)
    summary = summarise(KNOWN, [new])

    assert judge_gate(summary, ["regressed"], earlier=Earlier(lines)).not_compliant == (
        f"regressed: {A} fails on 1 host(s), and did not in run old: ward",
    )
    assert not judge_gate(summary, ["error"], earlier=Earlier(lines))


def test_run_is_not_compared_with_itself_or_with_nothing(tmp_path):
    new = run(tmp_path, "new", ward={A: "fail"})

    with pytest.raises(HipaaCisError, match="Name one before it"):
        list(regressed(KNOWN, [new], None, RunStore.open(str(new.folder))))
    with pytest.raises(HipaaCisError, match="hipaa_cis_compare_with is empty"):
        options.check_compared(" ", ["regressed"])
    options.check_compared(None, ["error", "regressed"])
