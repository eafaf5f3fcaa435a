"""Reports are written once for the same records, and again once anything of them is another."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import are_written, write_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import summarise
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import RUN_ID, SAMPLES, make_finding, make_record


@pytest.fixture
def store(tmp_path):
    made = RunStore.create(str(tmp_path), RUN_ID)
    made.expect_hosts(["ward"])
    made.begin("ward")
    made.write_record(make_record("ward", [make_finding(SAMPLES[0], "pass")]))
    write_reports(load_catalog(), [made], made)
    return made


def written(store):
    return are_written(summarise(load_catalog(), [store]), store)


def test_reports_that_are_there_are_those_of_the_records(store):
    assert written(store)


def test_record_that_says_something_else_makes_them_anew(store):
    store.write_record(make_record("ward", [make_finding(SAMPLES[0], "fail")]))
    assert not written(store)


def test_host_that_was_lost_since_makes_them_anew(store):
    store.expect_hosts(["ward", "clinic"])
    assert not written(store)


@pytest.mark.parametrize("name", ["summary.json", "findings.csv", "report.html"])
def test_report_that_is_missing_is_made_anew(store, name):
    (store.folder / name).unlink()
    assert not written(store)


def test_summary_that_was_changed_by_hand_is_made_anew(store):
    (store.folder / "summary.json").write_bytes(b"\xff")
    assert not written(store)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record.update(findings=[7]), r"\$\.findings\[0\]"),
        (lambda record: record.update(findings=None), r"\$\.findings"),
        (lambda record: record.pop("counts"), "'counts' is a required property"),
        (lambda record: record["findings"][0].update(outcome="passed"), r"\$\.findings\[0\]\.outcome"),
        (lambda record: record["findings"][0].update(severity="none"), r"\$\.findings\[0\]\.severity"),
        (lambda record: record["findings"][0].pop("rule"), "'rule' is a required property"),
    ],
)
def test_record_that_is_not_as_its_schema_says_is_named_with_the_place_and_the_old_reports_stay(store, change, said):
    before = {path.name: path.read_bytes() for path in store.folder.iterdir() if path.is_file()}
    path = store.folder / "hosts" / "ward.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))

    with pytest.raises(HipaaCisError, match=rf"hosts/ward\.json is no host record of version 1: .*{said}"):
        write_reports(load_catalog(), [store], store)

    assert {path.name: path.read_bytes() for path in store.folder.iterdir() if path.is_file()} == before
