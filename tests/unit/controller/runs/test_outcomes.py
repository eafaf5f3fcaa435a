"""What a run found in short: a letter a rule and host, the lists of rules shared."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import Outcomes, fixed_rules
from tests.past_runs import day, record

SUMMARY = {"run_id": "r", "started_at": "", "finished_at": "", "collection_version": "", "catalog_digests": []}


def short(*records):
    seen = Outcomes()
    for one in records:
        seen.add(one)
    return seen.as_dict(SUMMARY, {})


def test_hosts_that_were_asked_the_same_share_their_rules():
    document = short(
        record("a", "pf", day(1)), record("b", "fp", day(1)), record("c", "fpp", day(1)), record("d", "", day(1))
    )

    assert [host[:2] + host[3:] for host in document["hosts"]] == [
        ["a", "audited", 0, "pf"],
        ["b", "audited", 0, "fp"],
        ["c", "audited", 1, "fpp"],
        ["d", "unreachable", None, ""],
    ]
    assert document["scopes"][0] == {
        "rules": [["ssh_root", "debian_12 1.1.0"], ["audit_on", "debian_12 1.1.0"]],
        "left": [],
    }


def test_of_a_rule_that_two_benchmarks_ask_for_the_worst_counts():
    one = record("a", "pf", day(1))
    one["findings"].append({**one["findings"][0], "benchmark": "own", "outcome": "fail"})
    one["findings"].append({**one["findings"][1], "benchmark": "own", "outcome": "pass"})

    document = short(one)

    assert document["hosts"][0][4] == "ff"
    assert document["scopes"][0]["rules"] == [["ssh_root", "own"], ["audit_on", "debian_12 1.1.0"]]


def test_rules_that_were_left_out_are_told_from_those_that_are_gone():
    assert short(record("a", "p", day(1), left=["audit_on"]))["scopes"][0]["left"] == ["audit_on"]


def test_only_what_was_really_fixed_is_fixed():
    results = [{"rule": "a", "result": "fixed"}, {"rule": "b", "result": "would_fix"}]
    records = [
        ("x", {"host": "web", "check_mode": False, "results": results}),
        ("y", {"host": "db", "check_mode": True, "results": results}),
    ]

    assert fixed_rules(records) == {"web": ["a"]}
