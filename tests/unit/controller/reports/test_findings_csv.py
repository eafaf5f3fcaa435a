"""findings.csv: one row per finding, nothing left out, nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import (
    COLUMNS,
    MAX_CELL,
    FindingsTable,
    cell,
)
from tests.builders import SAMPLES, make_finding, make_record, make_run
from tests.hostile import hostile_run

FORMULA_SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


def written(records, summary=None):
    stream = io.StringIO(newline="")
    table = FindingsTable(stream)
    for record in records:
        table.add(record)
    if summary:
        table.finish(summary)
    return stream.getvalue()


def rows(records, summary=None):
    return list(csv.DictReader(io.StringIO(written(records, summary), newline=""), strict=True))


def test_every_finding_and_everything_not_judged_has_a_row():
    run = make_run(hosts=4)
    found = rows(run.records, run.summary)

    assert tuple(found[0]) == COLUMNS
    totals = run.summary["totals"]
    counts = {outcome: sum(row["outcome"] == outcome for row in found) for outcome in totals["findings"]}
    assert counts == totals["findings"]
    assert {row["host"] for row in found if row["outcome"] == "not_audited"} == {
        row["host"] for row in run.summary["hosts"] if row["status"] != "audited"
    }
    assert sum(row["outcome"] == "not_yet_automated" for row in found) == 3 * totals["audited"]


def test_row_of_a_failure():
    sample = SAMPLES[0]
    row = rows([make_record("db1", [make_finding(sample, "fail")], not_yet_automated=[])])[0]

    assert row["run_id"]
    assert row["host"] == "db1"
    assert row["recommendations"] == "5.1.20"
    assert row["cites"] == "164.312(a)(2)(i) 164.312(d)"
    assert (row["outcome"], row["expected"], row["observed"]) == ("fail", "equals no", "yes")
    assert row["fix"] == sample.fix


def test_reasons_of_checks_stand_in_for_a_missing_one():
    checks = [
        {"setting": "a", "outcome": "error", "reason": "no such command"},
        {"setting": "b", "outcome": "pass", "observed": "1"},
    ]
    row = rows([make_record("db1", [make_finding(SAMPLES[0], "error", reason="", checks=checks)])])[0]

    assert row["reason"] == "no such command"
    assert row["setting"] == "(1) a | (2) b"
    assert row["observed"] == "(2) 1"


def test_host_without_a_record_is_not_lost():
    run = make_run(hosts=1)
    missing = [row for row in rows(run.records, run.summary) if row["host"].startswith("lab-old")]

    assert [(row["outcome"], row["run_id"]) for row in missing] == [("not_audited", run.summary["run_id"])]
    assert missing[0]["reason"].startswith("missing: ")


@pytest.mark.parametrize("before", ["", " ", "\t", "\u00a0 "])
@pytest.mark.parametrize("sign", "".join(FORMULA_SIGNS.split()))
def test_formulas_become_text(sign, before):
    assert cell(before + sign + "cmd|' /C calc'!A0")[0] == "'"


@pytest.mark.parametrize("sign", "\t\r\n")
def test_blanks_that_start_a_cell_are_no_way_in(sign):
    assert cell(sign + "=1+1")[0] == "'"


@pytest.mark.parametrize("text", ["0644", "a=b", "no", "", "164.312(b)"])
def test_plain_text_stays(text):
    assert cell(text) == text


def test_hostile_values_stay_in_their_cells():
    run = hostile_run()
    found = rows(run.records, run.summary)

    assert len(found) == written(run.records, run.summary).count("\r\n") - 1
    assert "\n" not in written(run.records, run.summary).replace("\r\n", "")
    for row in found:
        assert None not in row
        for value in row.values():
            assert not value.lstrip().startswith(tuple(FORMULA_SIGNS))
            assert len(value) < MAX_CELL + 100
            assert value.replace(" ", "").isprintable()


def test_hosts_that_share_a_finding_have_their_own_rows():
    finding = make_finding(SAMPLES[0], "fail")
    other = {**finding, "checks": []}

    found = rows([make_record(host, [finding, other], not_yet_automated=[]) for host in ("one", "two, three")])

    assert [row["host"] for row in found] == ["one", "one", "two, three", "two, three"]
    assert [bool(row["observed"]) for row in found] == [True, False] * 2
