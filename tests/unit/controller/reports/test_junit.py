"""junit.xml, as junitparser reads it: what a pipeline shows red, what it shows as skipped, and that nothing breaks it."""

from __future__ import annotations

import io
import re

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.junit import MAX_TEXT, JUnit
from tests.builders import SAMPLES, make_finding, make_record, make_summary, make_unaudited
from tests.hostile import hostile_run
from tests.unit.controller.runs.test_decided import BASE

junitparser = pytest.importorskip("junitparser", reason="left out on this machine: missing junitparser")
Error, Failure, Skipped = junitparser.Error, junitparser.Failure, junitparser.Skipped

LEFT = {"benchmark": "debian_12", "rule": "sudo_use_pty", "recommendations": ["5.2.2"], "title": "t", "cites": []}


def written(records, summary=None):
    stream = io.StringIO()
    made = JUnit(stream)
    for record in records:
        made.add(record)
    made.finish(summary or {"hosts": [{"host": one["host"], "status": one["status"]} for one in records]})
    return stream.getvalue()


def read(text):
    return junitparser.JUnitXml.fromstring(text.encode())


def cases(text):
    return {(suite.name, case.name): case for suite in read(text) for case in suite}


def outcome(**changes):
    record = make_record("ward", [make_finding(SAMPLES[0], **changes)], not_yet_automated=[])
    (case,) = cases(written([record])).values()
    return case


def test_suite_is_a_host_and_case_a_rule():
    findings = [make_finding(SAMPLES[0], "pass"), make_finding(SAMPLES[1], "fail")]
    text = written([make_record(host, findings, not_yet_automated=[]) for host in ("clinic", "ward")])

    assert re.search(r"<testsuites\b", text)
    assert list(cases(text)) == [(host, sample.rule) for host in ("clinic", "ward") for sample in SAMPLES[:2]]


def test_pass_has_nothing_more_to_say():
    assert outcome(outcome="pass").result == []


def test_failure_says_what_should_hold_what_was_seen_and_what_to_do():
    (result,) = outcome(outcome="fail").result

    assert isinstance(result, Failure)
    assert result.type == SAMPLES[0].severity
    assert SAMPLES[0].title in result.message
    assert SAMPLES[0].fix in result.message
    assert f"observed: {SAMPLES[0].bad}" in result.text


def test_what_could_not_be_judged_is_an_error():
    (result,) = outcome(outcome="error", reason="sshd -T says nothing").result
    assert isinstance(result, Error)
    assert "sshd -T says nothing" in result.message


@pytest.mark.parametrize(
    ("found", "said"),
    [("not_applicable", "not applicable: no sshd here"), ("manual", "manual: no sshd here")],
)
def test_what_does_not_apply_or_is_for_a_person_is_skipped_and_says_why(found, said):
    (result,) = outcome(outcome=found, reason="no sshd here").result
    assert isinstance(result, Skipped)
    assert result.message == said


def test_exception_in_force_skips_a_failure_and_names_the_decision():
    (result,) = outcome(outcome="fail", exception={**BASE, "id": "EX-7"}).result
    assert isinstance(result, Skipped)
    assert "[EX-7]" in result.message


@pytest.mark.parametrize("state", ["expired", "not_yet_valid"])
def test_exception_that_is_not_in_force_leaves_a_failure_a_failure(state):
    told = {**BASE, "id": "EX-7", "state": state, "approved_on": "2026-01-01"}
    (result,) = outcome(outcome="fail", exception=told).result
    assert isinstance(result, Failure)
    assert "[EX-7]" in result.message


def test_exception_does_not_help_what_could_not_be_judged():
    (result,) = outcome(outcome="error", exception=dict(BASE)).result
    assert isinstance(result, Error)


def test_what_was_not_looked_at_and_what_nothing_judges_yet_are_skipped_and_never_a_pass():
    record = make_record("ward", [], not_looked_at=[{**LEFT, "reason": "the run was narrowed"}])
    found = cases(written([record]))

    assert found["ward", "sudo_use_pty"].result[0].message == "not looked at: the run was narrowed"
    assert len(found) == 1 + len(record["not_yet_automated"])
    assert all(isinstance(case.result[0], Skipped) for case in found.values())


@pytest.mark.parametrize("status", ["unreachable", "failed", "not_begun", "not_assessed"])
def test_host_that_was_not_audited_is_a_suite_with_one_error(status):
    (case,) = cases(written([make_unaudited("down", status, "connection refused")])).values()
    assert isinstance(case.result[0], Error)
    assert "connection refused" in case.result[0].message


def test_host_without_a_record_is_a_suite_with_one_error():
    records = [make_record("ward", [make_finding(SAMPLES[0], "pass")])]
    found = cases(written(records, make_summary(records, missing=["gone"])))
    assert isinstance(found["gone", "audit"].result[0], Error)


def test_system_that_nobody_can_audit_is_skipped_and_says_so():
    system = {
        "name": "infusion pumps",
        "cannot_be_audited": {"because": "the vendor forbids it", "said_by": "ciso"},
    }
    (case,) = cases(written([], {"hosts": [], "decisions": {"systems": [system]}})).values()
    assert isinstance(case.result[0], Skipped)
    assert "the vendor forbids it" in case.result[0].message


def test_rule_of_two_benchmarks_is_two_cases_of_different_names():
    findings = [make_finding(SAMPLES[0], "fail"), make_finding(SAMPLES[0], "pass", benchmark="supplement_linux")]
    found = cases(written([make_record("ward", findings, not_yet_automated=[])]))
    assert list(found) == [("ward", SAMPLES[0].rule), ("ward", f"{SAMPLES[0].rule} (supplement_linux)")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcome": "fail"}, f"Fix: {SAMPLES[0].fix}"),
        ({"outcome": "fail", "exception": {**BASE, "id": "EX-7", "state": "expired"}}, "[EX-7]"),
        ({"outcome": "fail", "exception": {**BASE, "id": "EX-7"}}, "[EX-7]"),
        ({"outcome": "error", "reason": "sshd -T says nothing"}, "sshd -T says nothing"),
        ({"outcome": "not_applicable", "reason": "no sshd here"}, "no sshd here"),
        ({"outcome": "manual", "reason": "ask the ward"}, "ask the ward"),
    ],
    ids=["fix", "expired", "accepted", "error", "not applicable", "manual"],
)
def test_all_that_is_said_stands_in_the_content_too_for_gitlab_reads_no_attribute_of_it(changes, said):
    (result,) = outcome(**changes).result
    assert said in result.message
    assert said in result.text


def test_content_says_of_a_host_that_was_not_audited_why_and_of_what_was_left_out():
    record = make_record("ward", [], not_looked_at=[{**LEFT, "reason": "the run was narrowed"}])
    found = cases(written([record, make_unaudited("down", "unreachable", "connection refused")]))

    assert "connection refused" in found["down", "audit"].result[0].text
    assert "the run was narrowed" in found["ward", "sudo_use_pty"].result[0].text
    assert all(case.result[0].text for case in found.values())


def test_case_is_named_by_its_host_too_as_gitlab_knows_cases_by_class_and_name_alone():
    records = [make_record(host, [make_finding(SAMPLES[0], "fail")], not_yet_automated=[]) for host in ("a", "b")]
    assert {case.classname for case in cases(written(records)).values()} == {"a", "b"}


def test_counts_in_the_heads_are_those_of_the_cases():
    records = [make_record(f"host{number}") for number in range(6)] + [make_unaudited("down")]
    for suite in read(written(records)):
        told = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()
        assert told == (suite.tests, suite.failures, suite.errors, suite.skipped)
        assert suite.tests > 0


def test_hostile_texts_are_seen_and_break_nothing():
    """junitparser itself writes a control character raw, and cannot read it back."""
    run = hostile_run()
    text = written(run.records, run.summary)

    assert not re.search(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    assert "[U+001B]" in text
    assert "[U+0000]" in text
    assert "[U+FFFF]" in text
    suites = list(read(text))
    assert len(suites) == len(run.summary["hosts"])
    assert [suite.name for suite in suites] == [suite.name for suite in read(text)]
    texts = [one.text or "" for suite in suites for case in suite for one in case.result]
    assert max(map(len, texts)) <= MAX_TEXT + 100


def test_suite_says_what_its_host_was_asked():
    (suite,) = read(written([make_record("ward", [], framework="hipaa_2025_proposal")]))
    ((name, value),) = ((one.name, one.value) for one in suite.properties())
    assert name == "selection"
    assert value == "level 1, profile server; framework hipaa_2025_proposal, which is not in force"


def test_time_of_the_audit_is_told_in_the_form_of_the_format():
    (suite,) = read(written([make_record("ward", [])]))
    assert suite.timestamp == "2026-11-03T06:15:42"
