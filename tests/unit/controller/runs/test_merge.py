"""Several runs as one: rule by rule the newest, each record named, and nothing that is too old."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import write_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import summarise
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.merge import Merging
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import SAMPLES, make_finding, make_record, make_unaudited

KNOWN = load_catalog()
MONDAY, TUESDAY, FRIDAY = "2026-11-02T06:00:00Z", "2026-11-03T06:00:00Z", "2026-11-06T06:00:00Z"
SATURDAY = datetime(2026, 11, 7, 6, 0, tzinfo=timezone.utc)
A, B, C = (sample.rule for sample in SAMPLES[:3])
NARROW = {"level": 1, "profile": "server", "include": {"rules": [A]}, "exclude": {}}


@pytest.fixture
def runs(tmp_path):
    """A function that makes a run of each list of records and gives their stores."""

    def make(*lists):
        stores = []
        for number, records in enumerate(lists):
            store = RunStore.create(str(tmp_path), f"run-{number}")
            for record in records:
                store.write_record({**record, "run_id": store.run_id})
                store.expect_hosts([record["host"]])
            stores.append(store)
        return stores

    return make


def seen(at, host="ward", benchmark="debian_12", **outcomes):
    findings = [
        make_finding(sample, outcomes[sample.rule], benchmark=benchmark)
        for sample in SAMPLES
        if sample.rule in outcomes
    ]
    return make_record(host, findings, audited_at=at, not_yet_automated=[])


def merged(stores, days=7.0):
    merging = Merging(SATURDAY, days)
    records: list[dict] = []
    summary = summarise(KNOWN, stores, merging, records.append)
    validator("summary").validate(summary)
    (record,) = records
    return summary, record


def outcomes(record):
    return {finding["rule"]: finding["outcome"] for finding in record["findings"]}


@pytest.mark.parametrize("turned", [False, True])
def test_rule_by_rule_the_newest_counts_and_each_record_is_named(runs, turned):
    narrow = {**seen(TUESDAY, **{A: "fail"}), "selection": NARROW}
    stores = runs([seen(MONDAY, **{A: "pass", B: "fail", C: "pass"})], [narrow])
    summary, record = merged(stores[::-1] if turned else stores)
    (host,) = summary["hosts"]

    assert outcomes(record) == {A: "fail", B: "fail", C: "pass"}
    assert record["counts"]["fail"] == host["counts"]["fail"] == 2
    assert [(one["run_id"], one["audited_at"], one["rules"]) for one in host["records"]] == [
        ("run-1", TUESDAY, 1),
        ("run-0", MONDAY, 2),
    ]
    assert [one["digest"] for one in host["records"]] == [
        store.record("hosts/ward.json.gz")[0] for store in stores[::-1]
    ]
    assert "include rules" in host["selection"]


def test_record_of_which_nothing_is_left_is_not_named(runs):
    summary, _record = merged(runs([seen(MONDAY, **{A: "fail"})], [seen(TUESDAY, **{A: "pass", B: "pass"})]))

    assert [one["run_id"] for one in summary["hosts"][0]["records"]] == ["run-1"]
    assert summary["rules"][A]["counts"]["fail"] == 0


@pytest.mark.parametrize(("days", "left"), [(5.0, {A, B}), (4.9, {A}), (5.1, {A, B}), (0.5, set())])
def test_what_is_too_old_is_not_assessed(runs, days, left):
    stores = runs([seen(MONDAY, **{B: "pass"})], [seen(FRIDAY, **{A: "pass"})])
    summary, record = merged(stores, days)

    assert set(outcomes(record)) == left
    assert {item["rule"] for item in record["not_looked_at"]} == {A, B} - left
    for item in summary["not_looked_at"]:
        assert "hipaa_cis_merge_max_age" in item["reason"]
        rows = {row["cite"]: row["state"] for row in summary["safeguards"]}
        assert {rows[cite] for cite in item["cites"] if cite in rows} <= {"not_assessed"}


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-07T06:59:00Z", set()),
        ("2027-11-07T06:00:00Z", {"it was looked at 2027-11-07T06:00:00Z, which is later than now"}),
        ("soon", {"it was last looked at soon, and 7 days"}),
    ],
)
def test_record_of_a_clock_that_was_ahead_is_not_the_newest_for_ever(runs, at, said):
    _summary, record = merged(runs([seen(at, **{A: "pass"})]))

    assert set(outcomes(record)) == (set() if said else {A})
    assert {item["reason"][: len(start)] for item in record["not_looked_at"] for start in said} == said


def test_one_run_has_no_age(runs):
    stores = runs([seen("2020-01-01T00:00:00Z", **{A: "pass"})])

    assert summarise(KNOWN, stores)["rules"][A]["counts"]["pass"] == 1


def test_what_one_run_left_out_and_another_looked_at_is_not_missing(runs):
    missing = {"benchmark": "debian_12", "recommendations": ["1"], "title": "t", "cites": [], "reason": "left out"}
    narrow = {**seen(TUESDAY, **{A: "pass"}), "not_looked_at": [{**missing, "rule": B}, {**missing, "rule": C}]}
    _summary, record = merged(runs([seen(MONDAY, **{B: "pass"})], [narrow]))

    assert [item["rule"] for item in record["not_looked_at"]] == [C]


def test_host_that_the_newest_run_lost_is_lost(runs):
    stores = runs([seen(MONDAY, **{A: "pass"})], [{**make_unaudited("ward"), "audited_at": TUESDAY}])
    summary, record = merged(stores)

    assert summary["hosts"][0]["status"] == record["status"] == "unreachable"
    assert not record["findings"]


def test_host_that_nobody_looked_at_since_is_as_it_was(runs):
    stores = runs([seen(MONDAY, **{A: "pass"})], [{**make_unaudited("ward", "not_begun"), "audited_at": TUESDAY}])
    _summary, record = merged(stores)

    assert outcomes(record) == {A: "pass"}


@pytest.mark.parametrize(("chosen", "kept"), [("detected", {A}), ("named", {A, B})])
def test_benchmark_that_the_host_no_longer_carries_is_dropped_only_where_it_was_detected(
    runs, monkeypatch, chosen, kept
):
    monkeypatch.setitem(KNOWN.benchmarks, "debian_11", KNOWN.benchmarks["debian_12"])
    old = seen(MONDAY, benchmark="debian_11", **{B: "fail"})
    new = seen(TUESDAY, **{A: "pass"})
    new["benchmarks"] = [{**new["benchmarks"][0], "chosen": chosen}]
    _summary, record = merged(runs([old], [new]))

    assert set(outcomes(record)) == kept


def test_supplement_of_a_run_of_its_own_stays_beside_what_a_later_run_detects(runs):
    """Nobody looks for it on a host, so that a run without it says nothing of it."""
    old = seen(MONDAY, benchmark="supplement_linux", **{B: "fail"})
    new = seen(TUESDAY, **{A: "pass"})
    new["benchmarks"] = [{**new["benchmarks"][0], "chosen": "detected"}]
    _summary, record = merged(runs([old], [new]))

    assert set(outcomes(record)) == {A, B}


def test_benchmark_of_the_system_before_is_dropped_where_a_supplement_was_named_beside_what_was_detected(
    runs, monkeypatch
):
    monkeypatch.setitem(KNOWN.benchmarks, "debian_11", KNOWN.benchmarks["debian_12"])
    old = seen(MONDAY, benchmark="debian_11", **{B: "fail"})
    new = seen(TUESDAY, **{A: "pass"})
    (own,) = new["benchmarks"]
    new["benchmarks"] = [{**own, "chosen": "detected"}, {**own, "id": "supplement_linux", "chosen": "named"}]
    _summary, record = merged(runs([old], [new]))

    assert set(outcomes(record)) == {A}


def test_named_benchmark_of_another_platform_stays_where_that_of_the_system_was_detected(runs, monkeypatch):
    """Nobody looked which one the other platform carries, so that none was found in its place."""
    monkeypatch.setitem(KNOWN.benchmarks, "pump", replace(KNOWN.benchmarks["debian_12"], platform="infusion_pump"))
    old = seen(MONDAY, benchmark="pump", **{B: "fail"})
    new = seen(TUESDAY, **{A: "pass"})
    (own,) = new["benchmarks"]
    new["benchmarks"] = [{**own, "chosen": "detected"}, {**own, "id": "pump_2", "chosen": "named"}]
    new["platforms"] = {**new["platforms"], "infusion_pump": {"facts": {}, "stats": {}}}
    _summary, record = merged(runs([old], [new]))

    assert set(outcomes(record)) == {A, B}


def test_record_that_has_no_version_in_its_findings_is_of_the_same_benchmark(runs):
    """As those have that were written before versions had names."""
    old = seen(MONDAY, **{A: "pass", B: "pass"})
    new = {**seen(TUESDAY, benchmark="debian_12@1.1.0", **{A: "fail"}), "selection": NARROW}
    new["not_looked_at"] = [
        {"benchmark": "debian_12@1.1.0", "rule": B, "recommendations": ["2"], "title": "t", "cites": [], "reason": "r"}
    ]
    _summary, record = merged(runs([old], [new]))

    assert [(one["rule"], one["outcome"]) for one in record["findings"]] == [(A, "fail"), (B, "pass")]
    assert record["not_looked_at"] == []


@pytest.mark.parametrize("chosen", ["detected", "named"])
def test_what_was_found_under_an_older_version_is_not_mixed_with_the_newer(runs, chosen):
    """A narrow run under the new version leaves the rest unseen; what the old one saw there is no answer to the new question."""
    old = seen(MONDAY, **{A: "pass", B: "pass", C: "fail"})
    new = {**seen(TUESDAY, benchmark="debian_12@2.0.0", **{A: "fail"}), "selection": NARROW}
    new["benchmarks"] = [{**new["benchmarks"][0], "version": "2.0.0", "chosen": chosen}]
    new["not_looked_at"] = [
        {"benchmark": "debian_12@2.0.0", "rule": B, "recommendations": ["2"], "title": "t", "cites": [], "reason": "r"}
    ]
    summary, record = merged(runs([old], [new]))

    assert outcomes(record) == {A: "fail"}
    assert [one["rule"] for one in record["not_looked_at"]] == [B]
    assert [(one["id"], one["version"]) for one in summary["benchmarks"]] == [("debian_12", "2.0.0")]


def test_each_rule_shows_the_parameters_of_its_own_record(runs):
    def with_value(at, rule, value):
        record = seen(at, **{rule: "pass"})
        record["findings"][0]["parameters"] = {"minutes": {"value": value, "origin": "site", "unit": "minutes"}}
        record["parameters"] = record["findings"][0]["parameters"]
        return record

    stores = runs([with_value(MONDAY, B, 5)], [with_value(TUESDAY, A, 15)])
    merging = Merging(SATURDAY)
    target = RunStore.create(str(stores[0].folder.parent), "both")
    write_reports(KNOWN, stores, target, merging)
    rows = {row["rule"]: row for row in csv.DictReader(io.StringIO((target.folder / "findings.csv").read_text()))}
    page = (target.folder / "report.html").read_text()

    assert (rows[A]["parameters"], rows[B]["parameters"]) == (
        "minutes = 15 minutes (site)",
        "minutes = 5 minutes (site)",
    )
    assert (rows[A]["run_id"], rows[B]["audited_at"]) == ("run-1", MONDAY)
    assert "minutes = 5 minutes (site)" in page
    assert json.loads((target.folder / "summary.json").read_text())["hosts"][0]["records"][1]["digest"] in page


def site_of(*unmatched):
    notices = [{"kind": "matches_no_host", "text": text} for text in unmatched]
    return {
        "schema": "hipaa.cis/site/1",
        "files": {},
        "notices": [*notices, {"kind": "invalid", "text": "wrong"}],
        "systems": [],
    }


def test_entry_of_another_slice_is_no_stray_one(runs):
    stores = runs(
        [seen(MONDAY, "a", **{A: "pass"})], [seen(MONDAY, "b", **{A: "pass"})], [seen(MONDAY, "c", **{A: "pass"})]
    )
    for store, unmatched in zip(stores, (("of b", "of nobody"), ("of a", "of nobody")), strict=False):
        store.note_site("site", json.dumps(site_of(*unmatched)))
    summary = summarise(KNOWN, stores, Merging(SATURDAY))
    validator("summary").validate(summary)

    assert [one["text"] for one in summary["decisions"]["notices"]] == ["wrong", "of nobody"]


def test_decisions_of_the_newest_record_hold_for_what_was_seen_before(runs):
    told = {
        "rule": A,
        "reason": "r",
        "approved_by": "J. Doe",
        "expires": "2026-12-01",
        "timezone": "UTC",
        "state": "in_force",
    }
    old = seen(MONDAY, **{A: "fail", B: "fail"})
    old["findings"] = [{**one, "exception": {**told, "rule": one["rule"]}} for one in old["findings"]]
    new = {**seen(TUESDAY, **{C: "pass"}), "decisions": {"exceptions": [told]}}
    summary, record = merged(runs([old], [new]))

    assert {one["rule"]: "exception" in one for one in record["findings"]} == {A: True, B: False, C: False}
    assert [one["rule"] for one in summary["exceptions"]] == [A]


@pytest.mark.parametrize(
    ("site", "decisions"),
    [
        ({"schema": "hipaa.cis/site/1"}, {}),
        ({**site_of(), "systems": [7]}, {}),
        (site_of(), {"system": {"name": "s", "level": "high"}}),
        (site_of(), {"exceptions": [{"safeguard": "164.312(b)"}]}),
        (site_of(), {"exceptions": 7}),
    ],
)
@pytest.mark.parametrize("merging", [None, Merging(SATURDAY)])
def test_decisions_that_were_changed_since_are_one_message(runs, site, decisions, merging):
    (store,) = runs([{**seen(MONDAY, **{A: "fail"}), "decisions": decisions}])
    store.note_site("site", json.dumps(site))

    with pytest.raises(HipaaCisError, match=r"was it changed|is no host record of version 1"):
        summarise(KNOWN, [store], merging)
