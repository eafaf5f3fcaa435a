"""What a run changed, and the trend: the same from the runs beside it, without a database, and from a ledger."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import at_end
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import drift_table, history_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import visible
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import past
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.drift_kinds import KINDS
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.since_last import since_last, without_records
from tests.builders import make_summary
from tests.past_runs import CITES, RULES, day, finished


@pytest.fixture(params=["beside", "sqlite", "postgresql"])
def told(request, tmp_path):
    """Return what tells of a run what it changed, by each of the ways to know."""
    url = {"beside": lambda: None, "sqlite": lambda: f"sqlite:///{tmp_path}/other/ledger.sqlite"}.get(
        request.param, lambda: request.getfixturevalue("postgresql")
    )()

    def tell(store):
        rows: list[Mapping[str, str]] = []
        document = json.loads((store.folder / "outcomes.json").read_text())
        summary = {"hosts": [{"host": host[0], "status": host[1]} for host in document["hosts"]]}
        return since_last(document, at_end.before(store, summary, url), rows.append), rows

    return tell


def short(rows):
    return [(row["kind"], row["host"], row["rule"]) for row in rows]


def test_each_kind_is_told(tmp_path, told):
    finished(tmp_path, "run-1", 0, {"web": "pfff", "db": "mpnf"})
    found, rows = told(finished(tmp_path, "run-2", 1, {"web": "fpef", "db": "ffpm", "new": "ffff"}))

    assert short(rows) == [
        ("unclear", "db", RULES[3]), ("regressed", "db", RULES[1]), ("new", "db", RULES[0]),
        ("first_seen", "new", ""),
        ("resolved", "web", RULES[1]), ("unclear", "web", RULES[2]), ("regressed", "web", RULES[0]),
    ]  # fmt: skip
    assert found["counts"] == {
        **dict.fromkeys(KINDS, 0),
        "unclear": 2,
        "regressed": 2,
        "new": 1,
        "resolved": 1,
        "first_seen": 1,
    }
    assert (found["since_run"], found["since"]) == ("run-1", day(0))
    assert sum(map(len, found["drift"].values())) == len(rows)


def test_another_version_of_the_benchmark_demands_it_and_what_is_asked_no_more_is_gone(tmp_path, told):
    finished(tmp_path, "run-1", 0, {"web": "ppff"})
    _found, rows = told(finished(tmp_path, "run-2", 1, {"web": "fp.f"}, version="2.0.0"))

    assert short(rows) == [("gone", "web", RULES[2]), ("demanded", "web", RULES[0])]


def test_move_to_another_version_is_told_in_a_line_and_is_neither_regression_nor_fix(tmp_path, told):
    finished(tmp_path, "run-1", 0, {"web": "fmp", "db": "pmp", "lab": "ppp"})
    found, rows = told(finished(tmp_path, "run-2", 1, {"web": "pf.f", "db": "fp.p"}, version="2.0.0"))

    assert found["moved"] == [
        {"from": "debian_12 1.1.0", "to": "debian_12 2.0.0", "hosts": 2, "same": 2, "new": 1, "retired": 1}
    ]
    assert short(rows) == [
        ("gone", "db", RULES[2]), ("demanded", "db", RULES[0]),
        ("new", "web", RULES[3]), ("demanded", "web", RULES[1]), ("gone", "web", RULES[2]), ("relaxed", "web", RULES[0]),
    ]  # fmt: skip
    assert any(
        "2 host(s) moved from debian_12 1.1.0 to debian_12 2.0.0" in line for line in history_text.since_last(found)
    )


@pytest.mark.parametrize(("known", "said"), [
    (("1.1.0", "2.0.0"), "2 rules asked by both (1 of them renumbered), 1 new, 1 retired"),
    (("2.0.0",), "2 rules asked by both, whatever their number, 1 new, 1 retired"),
], ids=["both", "one"])  # fmt: skip
def test_move_says_how_many_rules_are_renumbered_and_its_line_is_not_cut(tmp_path, known, said):
    """Of a version that the catalog does not have nobody knows the numbers."""
    finished(tmp_path, "run-1", 0, {"web": "fmp"})
    store = finished(tmp_path, "run-2", 1, {"web": "pf.f"}, version="2.0.0")
    numbers = {"1.1.0": {RULES[0]: ["1.1"], RULES[1]: ["1.2"]}, "2.0.0": {RULES[0]: ["1.1"], RULES[1]: ["1.3"]}}
    document = json.loads((store.folder / "outcomes.json").read_text())
    found = since_last(
        document,
        past.beside(store, ["web"]),
        lambda _row: None,
        lambda name, version: numbers[version] if (name, version in known) == ("debian_12", True) else {},
    )

    assert said in " ".join(" ".join(Console().lines(make_summary([]), history=found)).split())


def test_narrow_run_by_another_version_retires_nothing(tmp_path, told):
    finished(tmp_path, "run-1", 0, {"web": "pppp"})
    found, _rows = told(finished(tmp_path, "run-2", 1, {"web": "p"}, version="2.0.0", left=RULES[1:3]))

    assert [(one["same"], one["new"], one["retired"]) for one in found["moved"]] == [(1, 0, 1)]


def test_what_a_run_left_out_is_as_it_was_known_before(tmp_path, told):
    finished(tmp_path, "run-1", 0, {"web": "pff", "db": "pff"})
    narrow = finished(tmp_path, "run-2", 1, {"web": "f.f"}, left=[RULES[1]])
    assert short(told(narrow)[1]) == [("regressed", "web", RULES[0])]

    found, rows = told(finished(tmp_path, "run-3", 2, {"web": "fpf", "db": ""}))
    assert short(rows) == [("resolved", "web", RULES[1])]
    # Of the host of this report alone: the other one was not audited.
    assert [point["failures"] for point in found["points"]] == [2, 3, 2]
    assert found["safeguards"][CITES[1]] == [1, 1, 0]


def test_first_run_and_hosts_that_nobody_knows_have_nothing_to_compare_with(tmp_path, told):
    found, rows = told(finished(tmp_path, "run-1", 0, {"web": "pf"}))
    assert (found["note"], found["points"], rows) == (past.NO_RUN, [], [])

    found, rows = told(finished(tmp_path, "run-2", 1, {"db": "pf"}))
    assert (found["note"], found["points"], rows) == (past.NO_RUN, [], [])


def test_report_that_is_made_again_says_what_it_said(tmp_path, told):
    finished(tmp_path, "run-1", 0, {"web": "pfp"})
    second = finished(tmp_path, "run-2", 1, {"web": "fpp"})
    first = told(second)
    finished(tmp_path, "run-3", 2, {"web": "ppf", "db": "ppp"})
    finished(tmp_path, "run-4", 3, {"web": "p.f"})

    assert told(second) == first
    assert len(first[1]) == 2


def test_trend_is_of_the_last_runs_and_no_more(tmp_path, told):
    for number in range(past.MAX_POINTS + 3):
        last = finished(tmp_path, f"run-{number:02}", number, {"web": "fp" if number % 2 else "ff"})
    found, _rows = told(last)

    assert [point["run_id"] for point in found["points"]] == [
        f"run-{number:02}" for number in range(3, past.MAX_POINTS + 3)
    ]
    assert [point["failures"] for point in found["points"]] == [1, 2] * (past.MAX_POINTS // 2)
    assert {point["audited"] for point in found["points"]} == {1}


def test_rows_of_the_document_are_bounded_and_those_of_the_table_are_not(tmp_path, told, monkeypatch):
    monkeypatch.setattr(f"{since_last.__module__}.MAX_ROWS", 2)
    finished(tmp_path, "run-1", 0, {"web": "pppp"})
    found, rows = told(finished(tmp_path, "run-2", 1, {"web": "ffff"}))

    assert (len(found["drift"]["regressed"]), found["counts"]["regressed"], len(rows)) == (2, 4, 4)


@pytest.mark.parametrize("host", ["عيادة-1", "病房一", "a\x1b[2Jb", "=cmd()", "\u202edrow", "lone \udc80", "a\nb"])
def test_names_of_any_script_are_told_and_none_steers_anything(tmp_path, told, host):
    finished(tmp_path, "run-1", 0, {host: "pf"})
    found, rows = told(finished(tmp_path, "run-2", 1, {host: "ff", "+new": "pp"}))
    stream = io.StringIO(newline="")
    write = drift_table.writer(stream)
    for row in rows:
        write(row)
    table = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    console = "\n".join(Console().lines(make_summary([]), "", found)) + "\n"

    assert sorted(row["kind"] for row in table) == ["first_seen", "regressed"]
    assert not [row for row in table if row["host"].startswith(("=", "+"))]
    assert len(stream.getvalue().split("\r\n")) == 4
    assert all(sign.isprintable() for sign in console.replace("\n", ""))
    assert visible(host).replace("\n", " ⏎ ") in console
    assert not {"\x1b", "\u202e", "\udc80"} & set(console + stream.getvalue())


# --- the runs beside it


def beside(store):
    return past.beside(store, ["web"])


def test_run_that_was_changed_since_it_ended_is_not_compared_with(tmp_path):
    finished(tmp_path, "run-1", 0, {"web": "pf"})
    changed = finished(tmp_path, "run-2", 1, {"web": "pf"})
    store = finished(tmp_path, "run-3", 2, {"web": "ff"})
    file = changed.folder / "outcomes.json"
    file.write_text(file.read_text().replace('"pf"', '"ff"'))
    found = beside(store)

    assert [point.run_id for point in found.points] == ["run-1"]
    assert found.known["web"].letters == "pf"
    assert "run-2 cannot be compared with" in found.note


@pytest.mark.parametrize("content", ["", "[]", "{}", "[" * 5000, '{"schema": 1}'])
def test_run_that_is_none_ends_nothing(tmp_path, content):
    spoiled = finished(tmp_path, "run-1", 0, {"web": "pf"})
    (spoiled.folder / "outcomes.json").write_text(content)
    found = beside(finished(tmp_path, "run-2", 1, {"web": "ff"}))

    assert (found.points, found.known) == ((), {})
    assert "run-1" in found.note


def test_runs_that_are_too_large_are_left_to_the_history_and_that_is_said(tmp_path, monkeypatch):
    finished(tmp_path, "run-1", 0, {"web": "pf"})
    store = finished(tmp_path, "run-2", 1, {"web": "ff"})
    monkeypatch.setattr(past, "MAX_BYTES", 100)
    found = beside(store)

    assert found.known == {}
    assert "run-1 and those before it are too large" in found.note


def test_ledger_that_cannot_be_asked_is_said_and_the_runs_are(tmp_path):
    finished(tmp_path, "run-1", 0, {"web": "pf"})
    store = finished(tmp_path, "run-2", 1, {"web": "ff"})
    folder = tmp_path / "folder"
    folder.mkdir()
    found = at_end.before(store, {"hosts": [{"host": "web", "status": "audited"}]}, f"sqlite:///{folder}")

    assert found.note.startswith("The ledger could not be asked.")
    assert found.known["web"].letters == "pf"


def test_a_note_is_told_to_its_end_on_the_console():
    lines = Console().lines(make_summary([]), history=without_records("run-1", past.NO_RUN))

    assert past.NO_RUN in " ".join(lines)
    assert max(map(len, lines)) <= 80
