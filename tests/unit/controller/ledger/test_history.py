"""What the ledger answers: drift, trend, flapping, times to remediate, the record of twelve months."""

from __future__ import annotations

import csv
import io
import re

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import answers, catch_up
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History, Question
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.terms import OfHost, Terms
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.history_text import lines, write_overdue
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.drift_kinds import KINDS
from tests.builders import ROOT
from tests.past_runs import CITES, RULES, START, finished


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """The address of a ledger: None is the file in the run base."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgresql")


def at(day):
    return START.timestamp() + day * DAY


def ask(base, now, url=None, question=None, cites=CITES, **terms):
    """Ask the ledger on a day."""
    with catch_up.current(base, url) as ledger:
        assert ledger.warnings == ()
        return answers.answer(History(ledger.connection, question), Terms(at(now), **terms), cites)


def runs(base, *rows, **more):
    """Finish a run a row: the day, and letters of the host ``web`` or of several hosts."""
    for number, (day, hosts) in enumerate(rows, start=1):
        finished(base, f"run-{number}", day, {"web": hosts} if isinstance(hosts, str) else hosts, **more)


def named(rows):
    return [(row["host"], row["rule"]) for row in rows]


def test_drift_is_told_by_kind(tmp_path, url):
    runs(
        tmp_path,
        (1, {"web": "pff.", "db": "p"}),
        (2, {"web": "fpef", "db": "p", "new": "f"}),
        (3, {"web": "fpe", "db": "p", "new": "f"}),
    )

    told = ask(tmp_path, 4, url, since=at(1.5))["drift"]

    assert told["since_run"] == "run-1"
    assert named(told["regressed"]) == [("web", "ssh_root")]
    assert told["regressed"][0] | {"before": "pass", "now": "fail", "run": "run-2"} == told["regressed"][0]
    assert named(told["resolved"]) == [("web", "audit_on")]
    assert named(told["unclear"]) == [("web", "idle_timeout")]
    assert (told["new"], told["gone"], told["first_seen"]) == ([], [], ["new"])


def test_drift_since_the_last_run_is_the_default(tmp_path):
    runs(tmp_path, (1, "ppp"), (2, "fpp"), (3, "fpf"), (4, "fp"))

    told = ask(tmp_path, 5)["drift"]

    assert (named(told["regressed"]), named(told["gone"])) == ([], [("web", "idle_timeout")])


def test_failure_of_a_rule_that_was_not_asked_before_is_new(tmp_path):
    runs(tmp_path, (1, "p"), (2, "pf"))

    assert named(ask(tmp_path, 3)["drift"]["new"]) == [("web", "audit_on")]


def test_another_version_of_the_benchmark_is_no_regression(tmp_path):
    finished(tmp_path, "run-1", 1, {"web": "pp"})
    finished(tmp_path, "run-2", 2, {"web": "fp"}, version="2.0.0")
    told = ask(tmp_path, 2)["drift"]
    finished(tmp_path, "run-3", 3, {"web": "ff"}, version="2.0.0")
    later = ask(tmp_path, 3)["drift"]

    assert (named(told["regressed"]), named(told["demanded"])) == ([], [("web", "ssh_root")])
    assert (named(later["regressed"]), named(later["demanded"])) == ([("web", "audit_on")], [])


def test_what_passes_by_another_version_is_no_fix(tmp_path):
    finished(tmp_path, "run-1", 1, {"web": "ff"})
    finished(tmp_path, "run-2", 2, {"web": "pf"}, version="2.0.0")
    told = ask(tmp_path, 2)["drift"]
    finished(tmp_path, "run-3", 3, {"web": "pp"}, version="2.0.0")
    later = ask(tmp_path, 3)["drift"]

    assert (named(told["resolved"]), named(told["relaxed"])) == ([], [("web", "ssh_root")])
    assert (named(later["resolved"]), named(later["relaxed"])) == ([("web", "audit_on")], [])


def test_renamed_benchmark_and_renumbered_item_change_nothing(tmp_path):
    from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
    from tests.past_runs import day, end, record

    finished(tmp_path, "run-1", 1, {"web": "pf"})
    one = record("web", "pf", day(2))
    for finding in one["findings"]:
        finding.update(benchmark="debian_12_server", recommendations=["9.9.9"])
    one["benchmarks"][0]["id"] = "debian_12_server"
    store = RunStore.create(str(tmp_path), "run-2")
    store.write_record(one)
    end(store, 2)

    told = ask(tmp_path, 3)["drift"]

    assert not any(told[kind] for kind in told if kind != "since_run")


def test_run_that_left_rules_out_is_no_drift(tmp_path):
    finished(tmp_path, "run-1", 1, {"web": "pff"})
    finished(tmp_path, "run-2", 2, {"web": "p"}, left=RULES[1:3])

    told = ask(tmp_path, 3)["drift"]

    assert not any(told[kind] for kind in told if kind != "since_run")


def test_trend_is_of_what_was_known_at_both_times(tmp_path, url):
    first = {f"a{number}": "ffff" for number in range(5)} | {"b": "pppp"}
    last = {f"a{number}": "ffpf" for number in range(5)} | {"b": "ppfp", "c": "ffff"}
    runs(tmp_path, (1, first), (100, last))

    told = ask(tmp_path, 101, url, groups={"all_a": [f"a{number}" for number in range(5)], "only_c": ["c"]})["trend"]

    assert told["all"]["all"] == {"then": 20, "now": 16, "trend": "improving"}
    assert told["safeguards"]["164.312(a)(2)(iii)"] == {"then": 5, "now": 1, "trend": "improving"}
    assert told["safeguards"]["164.312(b)"] == {"then": 5, "now": 5, "trend": "stable"}
    assert told["hosts"]["b"] == {"then": 0, "now": 1, "trend": "degrading"}
    assert told["groups"] == {"all_a": {"then": 20, "now": 15, "trend": "improving"}}
    assert "c" not in told["hosts"]


def test_fix_that_comes_back_is_flapping_at_once_and_other_changes_the_second_time(tmp_path, url):
    finished(tmp_path, "run-1", 1, {"web": "ff", "db": "ff"})
    finished(tmp_path, "run-2", 2, {"web": "pf", "db": "pp"}, {"web": ["ssh_root"]})
    finished(tmp_path, "run-3", 3, {"web": "fp", "db": "pf"})
    once = ask(tmp_path, 4, url)["flapping"]
    finished(tmp_path, "run-4", 4, {"web": "ff", "db": "pp"})
    finished(tmp_path, "run-5", 5, {"web": "ff", "db": "pf"})
    twice = ask(tmp_path, 6, url)["flapping"]

    fixed = {"host": "web", "rule": "ssh_root", "times": 1, "fixed_by_run": "run-2", "failing_again_in_run": "run-3"}
    assert once == [fixed]
    assert twice == [
        {"host": "db", "rule": "audit_on", "times": 2, "fixed_by_run": "", "failing_again_in_run": "run-5"},
        fixed,
    ]


def test_first_failure_of_what_passed_is_no_flapping(tmp_path):
    runs(tmp_path, (1, "p"), (2, "f"), (3, "p"))

    assert ask(tmp_path, 4)["flapping"] == []


def test_what_ended_since_another_version_asks_was_not_mended_and_what_a_run_fixed_was(tmp_path, url):
    """The low one ends with the move, the high and the critical one end later by themselves, the medium one is fixed with the move."""
    finished(tmp_path, "run-1", 1, {"web": "ffff", "db": "ffff"})
    finished(tmp_path, "run-2", 3, {"web": "ffpp", "db": "fffp"}, fixed={"web": ["idle_timeout"]}, version="2.0.0")
    finished(tmp_path, "run-3", 11, {"web": "pfpp", "db": "pfff"}, version="2.0.0")

    told = ask(tmp_path, 20, url, deadlines={"high": 15})["time_to_remediate"]

    assert {severity: one["remediated"] for severity, one in told.items()} == {"high": 2, "medium": 1}
    assert told["high"]["in_time"] == 2


def test_time_to_remediate_and_what_is_overdue(tmp_path, url):
    runs(
        tmp_path,
        (1, {"web": "ffff", "db": "ffff"}),
        (3, {"web": "pfff", "db": "ffff"}),
        (11, {"web": "pfef", "db": "pfff"}),
    )

    told = ask(tmp_path, 20, url, deadlines={"high": 5, "critical": 15, "medium": 19})

    assert told["time_to_remediate"] == {
        "high": {"remediated": 2, "median_days": 6.0, "most_days": 10.0, "deadline_days": 5, "in_time": 1}
    }
    assert [
        (row["host"], row["rule"], row["failing_since"], row["due"], row["days_overdue"]) for row in told["overdue"]
    ] == [
        ("db", "audit_on", "2026-01-02", "2026-01-17", 4),
        ("web", "audit_on", "2026-01-02", "2026-01-17", 4),
    ]


def test_failure_that_could_not_be_judged_for_a_while_began_before_that(tmp_path, url):
    runs(tmp_path, (0, "fe"), (1, "pf"), (2, "ff"), (20, "ee"), (21, "fe"), (29, "ef"), (30, "ff"))

    told = ask(tmp_path, 36, url, deadlines={"high": 30, "critical": 30})["overdue"]

    assert [(row["rule"], row["failing_since"], row["due"]) for row in told] == [
        ("audit_on", "2026-01-02", "2026-02-01"),
        ("ssh_root", "2026-01-03", "2026-02-02"),
    ]


def test_list_of_what_is_overdue_is_safe_in_a_spreadsheet(tmp_path):
    runs(tmp_path, (1, {"=cmd|' /C calc'!A0": "f", "病房\u202e": "f"}))
    stream = io.StringIO()

    write_overdue(stream, ask(tmp_path, 40, deadlines={"high": 5})["overdue"])

    rows = list(csv.reader(io.StringIO(stream.getvalue())))
    assert rows[0][:2] == ["host", "rule"]
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]
    assert "\u202e" not in stream.getvalue()


def test_record_of_twelve_months_names_each_interruption(tmp_path, url):
    days = list(range(0, 400, 30))
    hosts = {day: {"web": "pp", "db": "pp"} for day in days}
    hosts[120] = {"web": "pf", "db": "pp"}
    del hosts[240]["db"]
    runs(tmp_path, *hosts.items())

    first, second = ask(tmp_path, 399, url, cites=("164.312(d)", "164.312(b)"))["records"]

    pause = {"kind": "not audited", "from": "2026-07-30", "to": "2026-09-28", "hosts": 1, "host_names": ["db"]}
    gap = {
        "kind": "gap",
        "from": "2026-05-01",
        "to": "2026-05-31",
        "hosts": 1,
        "host_names": ["web"],
        "rules": ["audit_on"],
    }
    assert first == {
        "cite": "164.312(d)", "unbroken": False, "unbroken_since": "2026-09-28", "days": 129, "first_audit": "2026-01-01",
        "interruptions": [pause],
    }  # fmt: skip
    assert second["interruptions"] == [gap, pause]
    assert ask(tmp_path, 399, url, cites=("164.312(d)",), audit_interval=60)["records"][0]["unbroken"]


def test_record_is_not_unbroken_before_twelve_months_have_passed_or_where_audits_stopped(tmp_path):
    runs(tmp_path, (0, "pp"), (30, "pp"))

    young = ask(tmp_path, 40)["records"][0]
    stopped = ask(tmp_path, 90)["records"][0]

    assert (young["unbroken"], young["days"], young["interruptions"]) == (False, 40, [])
    assert (stopped["unbroken_since"], stopped["interruptions"][0]["from"]) == ("", "2026-01-31")


def test_runs_that_come_late_are_of_their_days_in_the_record(tmp_path, url):
    begun_late = [(day, "p") for day in (*range(300, 400, 30), *range(0, 100, 30))]
    runs(tmp_path / "begun", *begun_late)
    runs(tmp_path / "filled", *((day, "p") for day in (*range(0, 400, 50), *range(25, 400, 50))))

    told = []
    for folder in ("begun", "filled"):
        with catch_up.current(tmp_path / folder, url if folder == "begun" else None) as ledger:
            told.append(answers.answer(History(ledger.connection), Terms(at(399)), CITES[:1])["records"][0])

    (pause,) = told[0]["interruptions"]
    assert (pause["kind"], pause["from"], pause["to"]) == ("not audited", "2026-04-01", "2026-10-28")
    assert told[1]["unbroken"]


def test_clock_that_was_wrong_hides_no_interruption(tmp_path, url):
    # The third fix is dated before all, and the last run after today.
    rows = [(day, "p") for day in range(0, 360, 30)]
    rows[3] = (rows[3][0], "f")
    rows.insert(4, (-9000, "p"))
    runs(tmp_path, *rows, (800, "p"))

    with catch_up.current(tmp_path, url) as ledger:
        told = answers.answer(History(ledger.connection), Terms(at(399)), CITES[:1])

    gap, pause = told["records"][0]["interruptions"]
    assert (gap["kind"], gap["from"]) == ("gap", "2026-04-01")
    assert (pause["kind"], pause["from"], pause["to"]) == ("not audited", "2026-11-27", "2027-02-04")
    assert told["time_to_remediate"] == {}


def test_clock_that_went_back_hides_nothing_from_drift_and_trend(tmp_path, url):
    runs(tmp_path, (0, "pp"), (50, "fp"), (60, "fp"), (-9000, "fp"), (70, "fp"), (9000, "fp"))

    with catch_up.current(tmp_path, url) as ledger:
        told = answers.answer(History(ledger.connection), Terms(at(71), since=at(40), trend_days=30), CITES)

    assert named(told["drift"]["regressed"]) == [("web", "ssh_root")]
    assert told["trend"]["all"]["all"] == {"then": 0, "now": 1, "trend": "degrading"}


def test_what_could_not_be_judged_interrupts_the_record(tmp_path):
    runs(tmp_path, (0, "p"), (10, "e"), (20, "p"))

    assert ask(tmp_path, 30)["records"][0]["interruptions"][0]["kind"] == "gap"


def test_audit_of_other_rules_is_no_audit_of_a_safeguard(tmp_path):
    finished(tmp_path, "run-1", 0, {"web": "pp"})
    finished(tmp_path, "run-2", 30, {"web": ".p"}, left=["ssh_root"])
    finished(tmp_path, "run-3", 60, {"web": "pp"})

    first, second = ask(tmp_path, 61, cites=("164.312(d)", "164.312(b)"))["records"]

    assert [one["kind"] for one in first["interruptions"]] == ["not audited"]
    assert second["interruptions"] == []


def test_question_about_a_host_a_rule_or_a_safeguard(tmp_path, url):
    runs(tmp_path, (1, {"web": "pp", "db": "pp"}), (2, {"web": "ff", "db": "ff"}))

    for question, expected in [
        (Question(hosts=("db",)), [("db", "audit_on"), ("db", "ssh_root")]),
        (Question(rules=("ssh_root",)), [("db", "ssh_root"), ("web", "ssh_root")]),
        (Question(safeguards=("164.312(b)",)), [("db", "audit_on"), ("web", "audit_on")]),
        (Question(("db",), ("ssh_root",), ("164.312(b)",)), []),
    ]:
        assert named(ask(tmp_path, 3, url, question)["drift"]["regressed"]) == expected


@pytest.mark.parametrize("question", [Question(hosts=("wob",)), Question(rules=("ssh_rot",))])
def test_name_that_the_ledger_does_not_know_is_said_with_the_nearest(tmp_path, question):
    runs(tmp_path, (1, "p"))

    with pytest.raises(HipaaCisError, match=r"Did you mean (web|ssh_root)"):
        ask(tmp_path, 2, question=question)


def test_empty_ledger_is_no_answer(tmp_path):
    with pytest.raises(HipaaCisError, match="The ledger is empty"):
        ask(tmp_path, 1)


def test_answers_are_printed_without_what_steers_a_terminal(tmp_path):
    runs(tmp_path, (1, {"web\x1b[31m": "pf", "\u202edb": "pp"}), (2, {"web\x1b[31m": "fp", "\u202edb": "fp"}))

    text = "\n".join(lines(ask(tmp_path, 40, deadlines={"high": 5})))

    assert "Regressed: passed before, fail now (2)" in text
    assert "gap 2026-01-03 to 2026-02-10 on 2 host(s)" in text
    assert not [sign for sign in text if sign in "\x1b\u202e"]


@pytest.mark.parametrize(
    ("check", "value", "said"),
    [
        (options.deadlines, {"hihg": 3}, "Did you mean high"), (options.deadlines, {"high": "soon"}, "has to be a number of days"),
        (options.deadlines, {"high": -1}, "number of days above 0"), (options.since, "yesterday", "a day such as 2026-03-01"),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_read_are_said(check, value, said):
    with pytest.raises(HipaaCisError, match=said):
        check(value)


PACS = OfHost("PACS", "K. Lee", {"high": 2}, 7, {"ssh_root": "=SEC-7"})


def test_what_the_site_says_of_a_host_counts_before_what_holds_for_all(tmp_path):
    runs(tmp_path, (1, {"web": "f", "pacs": "f"}), (11, {"web": "f", "pacs": "p"}), (12, {"web": "f", "pacs": "f"}))

    told = ask(tmp_path, 16, deadlines={"high": 11}, of_hosts={"pacs": PACS})

    assert [(row["host"], row["due"], row["owner"], row["ticket"]) for row in told["overdue"]] == [
        ("web", "2026-01-13", "", ""), ("pacs", "2026-01-15", "K. Lee", "=SEC-7"),
    ]  # fmt: skip
    assert told["time_to_remediate"]["high"] | {"remediated": 1, "in_time": 0} == told["time_to_remediate"]["high"]
    stream = io.StringIO()
    write_overdue(stream, told["overdue"])
    assert (
        next(row for row in csv.DictReader(io.StringIO(stream.getvalue())) if row["host"] == "pacs")["ticket"]
        == "'=SEC-7"
    )
    assert any("owner: K. Lee" in line for line in lines(told))


def test_interval_of_a_system_counts_before_that_of_all(tmp_path):
    runs(tmp_path, (1, {"web": "p", "pacs": "p"}), (11, {"web": "p", "pacs": "p"}))

    def pauses(**terms):
        record = ask(tmp_path, 12, cites=CITES[:1], **terms)["records"][0]
        return [(one["host_names"], one["from"], one["to"]) for one in record["interruptions"]]

    assert pauses(of_hosts={"pacs": PACS}) == [(["pacs"], "2026-01-02", "2026-01-12")]
    assert pauses(of_hosts={"pacs": OfHost(audit_interval=60)}, audit_interval=7) == [
        (["web"], "2026-01-02", "2026-01-12")
    ]
    assert pauses(of_hosts={"pacs": OfHost("PACS")}) == []


def test_page_names_every_option_with_its_default():
    page = (ROOT / "docs" / "history.md").read_text(encoding="utf-8")
    rows = {
        name: line
        for line in page.split("\n")
        for name in re.findall(r"`hipaa_cis_(\w+)`", line)
        if line.startswith("| ")
    }

    asked = set(options.HISTORY_SPEC) - {"run_dir", "catalog_paths"}
    assert set(rows) == asked
    for name in ("trend_days", "audit_interval"):
        assert f"| {options.HISTORY_SPEC[name]['default']:g} |" in rows[name]


def test_page_names_every_kind_of_drift():
    page = (ROOT / "docs" / "history.md").read_text(encoding="utf-8")

    assert [kind for kind in KINDS if f"| {kind} |" not in page] == []
