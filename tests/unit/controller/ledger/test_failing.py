"""What the ledger knew before a run: since when something fails, what ended, and what regressed with the run."""

from __future__ import annotations

import csv

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import at_end, failing
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import write_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.failing import NONE, Ended
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.past_runs import RULES, day, finished, record

SSH, AUDIT, IDLE, _AIDE = RULES


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """The address of a ledger: None is the file in the run base."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql")


def three(base):
    finished(base, "one", 1, {"web": "fpf", "db": "f"})
    finished(base, "two", 5, {"web": "ffp", "db": "f"}, fixed={"web": [IDLE]})
    finished(base, "three", 9, {"web": "fpf", "db": "p"})


def since(known):
    return {
        (rule, host): known.failing_since(rule, host)
        for rule in (SSH, AUDIT, IDLE)
        for host in ("web", "db", "new")
        if known.failing_since(rule, host) != NONE
    }


def test_failures_before_a_run_that_is_still_to_come(tmp_path, url):
    three(tmp_path)
    known = failing.read(tmp_path, url, ["four"])

    assert known.known
    assert since(known) == {(SSH, "web"): 1, (IDLE, "web"): 3}
    assert known.runs == {1: ("one", day(1)), 2: ("two", day(5)), 3: ("three", day(9))}
    assert sorted(known.endings()) == [
        Ended(AUDIT, "web", 2, 3, False), Ended(IDLE, "web", 1, 2, True), Ended(SSH, "db", 1, 3, False),
    ]  # fmt: skip


def test_failure_that_could_not_be_judged_for_a_while_is_first_seen_before_that(tmp_path, url):
    for number, letters in enumerate(("p", "f", "e", "f", "e", "e")):
        finished(tmp_path, f"run-{number}", number, {"web": letters})

    assert since(failing.read(tmp_path, url, ["to come"])) == {(SSH, "web"): 2}
    assert since(failing.read(tmp_path, url, ["run-4"])) == {(SSH, "web"): 2}
    assert since(failing.read(tmp_path, url, ["run-3"])) == {(SSH, "web"): 2}
    assert since(failing.read(tmp_path, url, ["run-1"])) == {}


def test_of_a_run_that_is_entered_what_came_before_it_is_told(tmp_path):
    three(tmp_path)
    known = failing.read(tmp_path, None, ["two"])

    assert since(known) == {(SSH, "web"): 1, (IDLE, "web"): 1, (SSH, "db"): 1}
    assert list(known.endings()) == []


def test_ledger_without_an_earlier_run_or_that_cannot_be_used_knows_nothing_and_says_why(tmp_path):
    assert "no run before this one" in failing.read(tmp_path, None, ["one"]).says
    finished(tmp_path, "one", 1, {"web": "f"})
    first = failing.read(tmp_path, None, ["one"])
    assert (first.known, "no run before this one" in first.says) == (False, True)

    broken = failing.read(tmp_path, "postgresql://cis:secret@127.0.0.1:1/none", ["one"])
    assert not broken.known
    assert "could not be read, so first seen is of this run alone" in broken.says
    assert "secret" not in broken.says


def test_what_began_to_fail_with_a_run_regressed(tmp_path, url):
    three(tmp_path)

    assert failing.regressed(tmp_path, url, ["three"]) == ("two", {"web": {IDLE}})
    assert failing.regressed(tmp_path, url, ["two"]) == ("one", {"web": {AUDIT}})
    # As one: the second run and the third, after the first.
    assert failing.regressed(tmp_path, url, ["three", "two"]) == ("one", {"web": {AUDIT, IDLE}})


def test_what_was_not_known_or_an_error_before_is_no_regression(tmp_path):
    finished(tmp_path, "one", 1, {"web": "ep.n"})
    finished(tmp_path, "two", 2, {"web": "fpff", "db": "ff"})

    assert failing.regressed(tmp_path, None, ["two"]) == ("one", {"web": {RULES[3]}})


def test_ledger_with_runs_of_other_hosts_only_cannot_tell_what_regressed(tmp_path, url):
    finished(tmp_path, "one", 1, {"web": "p"})
    finished(tmp_path, "lost", 2, {"db": ""})
    finished(tmp_path, "two", 3, {"db": "f"})

    with pytest.raises(HipaaCisError, match="has no audit before this run of any host that it audited"):
        failing.regressed(tmp_path, url, ["two"])
    # Where nothing was audited now, that is what the gate says already.
    assert failing.regressed(tmp_path, url, ["lost"]) == ("one", {})


def test_failure_that_ended_since_another_version_asks_is_no_ending(tmp_path):
    finished(tmp_path, "run-1", 1, {"web": "ff"})
    finished(tmp_path, "run-2", 2, {"web": "pf"}, version="2.0.0")
    finished(tmp_path, "run-3", 3, {"web": "pp"}, version="2.0.0")
    last = finished(tmp_path, "run-4", 4, {"web": "pp"}, version="2.0.0")

    assert [one.rule for one in failing.read(tmp_path, None, [last.run_id]).endings()] == [RULES[1]]


def test_newer_version_of_a_benchmark_is_no_regression(tmp_path):
    finished(tmp_path, "one", 1, {"web": "pp"})
    finished(tmp_path, "two", 2, {"web": "fp"}, version="2.0.0")

    assert failing.regressed(tmp_path, None, ["two"]) == ("one", {})


@pytest.mark.parametrize(
    ("asked", "said"), [("one", "has no run before this one"), ("other", "does not have the run other")]
)
def test_ledger_that_cannot_tell_what_regressed_says_so(tmp_path, asked, said):
    finished(tmp_path, "one", 1, {"web": "p"})

    with pytest.raises(HipaaCisError, match=said):
        failing.regressed(tmp_path, None, [asked])


def decided(base, run_id, when, decisions):
    store = RunStore.create(str(base), run_id)
    store.write_record({**record("web", "f", day(when)), "decisions": decisions})
    return store


def reports(store, known):
    write_reports(load_catalog(), [store], store, failing=known)
    tables = {}
    for name in ("findings", "overdue", "risk_register"):
        with (store.folder / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
            tables[name] = list(csv.DictReader(stream))
    return tables


def test_reports_say_since_when_until_when_and_who(tmp_path):
    finished(tmp_path, "one", 1, {"web": "f"})
    exception = {
        "rule": SSH, "reason": "=r", "approved_by": "CISO", "expires": "2026-01-03", "timezone": "UTC", "state": "expired", "ticket": "SEC-7",
    }  # fmt: skip
    store = decided(tmp_path, "two", 20, {"deadlines": {"high": 7}, "system": {"name": "PACS", "owner": "=K. Lee"}})
    _file, _digest, one = next(store.records())
    one["findings"][0]["exception"] = exception
    store.write_record(one)
    assert at_end.is_asked([store], None)

    tables = reports(store, at_end.failing([store], store, None))

    assert [tables["findings"][0][key] for key in ("first_seen", "due")] == [day(1), "2026-01-09"]
    row = tables["overdue"][0]
    assert (row["host"], row["due"], row["days_overdue"], row["owner"], row["ticket"]) == (
        "web",
        "2026-01-09",
        "12",
        "'=K. Lee",
        "SEC-7",
    )
    entry = tables["risk_register"][0]
    assert (entry["treatment"], entry["first_seen"], entry["due"], entry["overdue"]) == (
        "open",
        day(1),
        "2026-01-09",
        "1",
    )
    page = (store.folder / "report.html").read_text()
    assert "164.308(a)(1)(ii)(A)" in page
    assert "2 January 2026, 00:00:00 UTC; due 2026-01-09" in page
    # Entered by now, it says the same.
    before = {path.name: path.read_bytes() for path in store.folder.iterdir() if path.is_file()}
    reports(store, at_end.failing([store], store, None))
    assert {name: (store.folder / name).read_bytes() for name in before} == before


def test_small_run_without_deadlines_does_not_ask_the_ledger(tmp_path):
    store = decided(tmp_path, "one", 1, {})
    assert not at_end.is_asked([store], None)
    assert at_end.is_asked([store], "sqlite:///x")
