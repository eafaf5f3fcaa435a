"""Reports are written once for the same records, and again once anything of them is another."""

from __future__ import annotations

import csv
import errno
import json
import os
from datetime import datetime, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import (
    ALWAYS,
    are_written,
    register_of,
    write_reports,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import since_last
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import summarise
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.merge import Merging
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import RUN_ID, SAMPLES, make_finding, make_record
from tests.records import text_of, write_as
from tests.unit.controller.runs.test_decided import BASE


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


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "No record is lost. Make space, then run hipaa.cis.report"), (errno.EIO, "cannot be written to")],
    ids=["full", "broken"],
)
def test_reports_that_cannot_be_written_say_why_and_only_a_full_disk_is_told_to_be_freed(
    store, monkeypatch, number, said
):
    def broken(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(RunStore, "write", broken)
    with pytest.raises(HipaaCisError) as problem:
        write_reports(load_catalog(), [store], store)
    assert said in str(problem.value)
    assert os.strerror(number) in str(problem.value)
    assert ("Make space" in str(problem.value)) == (number == errno.ENOSPC)


def test_record_that_says_something_else_makes_them_anew(store):
    store.write_record(make_record("ward", [make_finding(SAMPLES[0], "fail")]))
    assert not written(store)


def test_host_that_was_lost_since_makes_them_anew(store):
    store.expect_hosts(["ward", "clinic"])
    assert not written(store)


@pytest.mark.parametrize("name", ["summary.json", *ALWAYS])
def test_report_that_is_missing_is_made_anew(store, name):
    (store.folder / name).unlink()
    assert not written(store)


def test_exceptions_of_rules_alone_have_their_table_too(store):
    told = {**BASE, "rule": SAMPLES[0].rule, "id": "EX-1"}
    store.write_record(make_record("ward", [make_finding(SAMPLES[0], "fail", exception=told)]))
    write_reports(load_catalog(), [store], store)

    assert "exception,EX-1,rule" in (store.folder / "decisions.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"groups": [5]}, "groups"),
        ({"decisions": {"notices": [{"kind": "bogus", "text": "x"}]}}, "notices"),
        ({"decisions": {"attestations": [{"safeguard": "164.312(d)", "state": "in_force"}]}}, "attestations"),
    ],
)
def test_record_that_was_changed_is_named_wherever_it_does_harm(store, changes, where):
    store.write_record({**make_record("ward", [make_finding(SAMPLES[0], "fail")]), **changes})

    with pytest.raises(HipaaCisError, match=rf"ward\.json\.gz is no host record of version 1: \$\.[\w.]*{where}"):
        write_reports(load_catalog(), [store], store)


@pytest.mark.parametrize(
    "decisions",
    [{"deadlines": {SAMPLES[0].severity: 1e300}}, {"system": {"name": "s", "data_classes": 5, "ephi": []}}],
)
def test_record_whose_harm_no_schema_knows_is_one_message(store, decisions):
    store.write_record({**make_record("ward", [make_finding(SAMPLES[0], "fail")]), "decisions": decisions})

    with pytest.raises(HipaaCisError, match=r"cannot be made .*Was a record changed\? Audit again"):
        write_reports(load_catalog(), [store], store)


def test_register_is_read_from_its_file_and_shown_on_the_console(store):
    store.write_record(make_record("ward", [make_finding(SAMPLES[0], "fail")]))
    written = write_reports(load_catalog(), [store], store)

    assert register_of(store) == written.register
    lines = "\n".join(Console().lines(written.summary, "", None, register_of(store)))
    assert "Risk register, highest open risks" in lines
    assert "1 open, 0 unclear, 0 accepted, 0 transferred, 0 remediated" in " ".join(lines.split())
    assert f"{SAMPLES[0].title[:60]}" in lines
    (store.folder / "risk_register.json").write_text("[]")
    assert register_of(store) is None


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
    path = store.folder / "hosts" / "ward.json.gz"
    record = json.loads(text_of(path))
    change(record)
    write_as(path, record)

    with pytest.raises(HipaaCisError, match=rf"hosts/ward\.json\.gz is no host record of version 1: .*{said}"):
        write_reports(load_catalog(), [store], store)

    assert {path.name: path.read_bytes() for path in store.folder.iterdir() if path.is_file()} == before


def rewritten(base, run_id, *findings, when="2026-11-04T06:15:00Z"):
    made = RunStore.create(str(base), run_id)
    made.write_record(make_record("ward", list(findings), run_id=run_id, audited_at=when))
    write_reports(load_catalog(), [made], made)
    return made


def told_of(store):
    told = since_last.read(store)
    assert told is not None
    return told


@pytest.mark.usefixtures("store")
def test_what_changed_since_the_last_run_is_in_everything_that_is_written(tmp_path):
    titled = make_finding(SAMPLES[0], "fail", title="=cmd|' /C calc'!A0")
    second = rewritten(tmp_path, "second", titled, make_finding(SAMPLES[1], "pass"))
    told = told_of(second)
    table = list(csv.DictReader((second.folder / "drift.csv").open(encoding="utf-8", newline="")))
    console = Console().lines(summarise(load_catalog(), [second]), str(second.folder), told)

    assert told["since_run"] == RUN_ID
    assert [(row["kind"], row["host"], row["rule"], row["before"], row["now"]) for row in table] == [
        ("regressed", "ward", SAMPLES[0].rule, "pass", "fail")
    ]
    assert table[0]["title"].startswith("'=cmd")
    assert told["counts"]["regressed"] == 1
    assert "Regressed: passed before, fail now (1)" in console
    assert all(len(line) <= 80 for line in console if not line.startswith("Report:"))
    assert "Regressed: passed before, fail now" in (second.folder / "report.html").read_text(encoding="utf-8")


def test_runs_that_were_merged_tell_no_drift_and_say_so(store, tmp_path):
    second = rewritten(tmp_path, "second", make_finding(SAMPLES[0], "fail"))
    merged = RunStore.create(str(tmp_path), "merged")
    write_reports(load_catalog(), [store, second], merged, Merging(datetime(2026, 11, 5, tzinfo=timezone.utc)))

    assert "Several runs were merged here" in told_of(merged)["note"]
    assert "Several runs were merged here" in (merged.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": "hipaa.cis/run_history/2"}', "[" * 3000])
def test_history_that_is_none_of_ours_is_not_shown(store, content):
    (store.folder / "history.json").write_text(content)
    assert since_last.read(store) is None
