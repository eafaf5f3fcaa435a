"""Decisions over a fleet: states, score, notices and systems of the summary, what the gate makes of them, and merges."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import decisions
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import decided
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import judge_gate
from tests.unit.controller.runs.test_summary import EMERGENCY, LOGOFF, TRANSMISSION, record, state, summarise

FACTORS = dict.fromkeys(("size_and_complexity", "infrastructure", "cost", "risk"), "small")
DOCUMENTED = {"addressable": {"not_reasonable_because": FACTORS, "alternative": "A locked room."}}
BASE = {
    "reason": "The pump has no screen.", "approved_by": "J. Doe", "expires": "2027-03-01", "timezone": "UTC", "state": "in_force",
}  # fmt: skip
ATTESTED = {
    "safeguard": EMERGENCY, "statement": "=practised", "attested_by": "P. Nguyen", "attested_on": "2026-01-01", "valid_until": "2027-01-01",
    "timezone": "UTC", "state": "in_force",
}  # fmt: skip


def excepted(host, rule="pump_screen_lock", outcome="fail", decision=None, **changes):
    """A host with one finding, and an exception in force of its rule."""
    told = {**BASE, "rule": rule, **changes}
    one = record(host, **{rule: outcome})
    one["findings"][0]["exception"] = told
    return {**one, "decisions": {"exceptions": [told], **(decision or {})}}


def of(summary, cite):
    return next(row for row in summary["safeguards"] if row["cite"] == cite)


@pytest.mark.parametrize(
    ("rule", "changes", "cite", "expected"),
    [
        ("pump_screen_lock", {}, LOGOFF, "gap_excepted"),
        ("pump_screen_lock", DOCUMENTED, LOGOFF, "alternative_documented"),
        ("pump_screen_lock", {"state": "expired"}, LOGOFF, "gap"),
        ("pump_screen_lock", {"state": "not_yet_valid", "approved_on": "2027-01-01", **DOCUMENTED}, LOGOFF, "gap"),
        ("pump_telnet_off", DOCUMENTED, TRANSMISSION, "gap_excepted"),
    ],
)
def test_exception_in_force_bears_on_the_state_and_changes_no_outcome(rule, changes, cite, expected):
    summary = summarise(excepted("a", rule, **changes))
    validator("summary").validate(summary)

    assert state(summary, cite) == summary["hosts"][0]["safeguards"][cite] == expected
    assert summary["totals"]["findings"]["fail"] == 1


def test_one_open_host_keeps_the_fleet_at_a_gap_and_says_what_is_excepted():
    summary = summarise(excepted("a", id="EX-1", compensating=["A guard."]), record("b", pump_screen_lock="fail"))

    assert (
        of(summary, LOGOFF)["reason"]
        == "1 of 1 rules fail, on 2 host(s); partly excepted by exception EX-1; instead: A guard."
    )
    assert (summary["rules"]["pump_screen_lock"]["excepted"], summary["rules"]["pump_screen_lock"]["hosts_open"]) == (
        1,
        ["b"],
    )
    assert [one["hosts"] for one in of(summary, LOGOFF)["exceptions"]] == [1]


def test_failure_on_one_host_is_no_less_a_gap_where_another_could_not_be_judged():
    summary = summarise(record("a", pump_screen_lock="fail"), record("b", pump_screen_lock="error"))

    assert (state(summary, LOGOFF), of(summary, LOGOFF)["reason"]) == ("gap", "1 of 1 rules fail, on 1 host(s)")


def test_exception_on_a_safeguard_covers_what_is_open_there_and_no_severity():
    whole = {**BASE, "safeguard": LOGOFF, **DOCUMENTED}
    summary = summarise({**record("a", pump_screen_lock="fail"), "decisions": {"exceptions": [whole]}})
    validator("summary").validate(summary)

    assert state(summary, LOGOFF) == "alternative_documented"
    assert "instead: A locked room." in of(summary, LOGOFF)["reason"]
    assert not judge_gate(summary, ["gap_addressable"])
    assert judge_gate(summary, ["severity>=high"])
    assert summary["decisions"]["safeguard_exceptions"][0]["hosts"] == 1


def test_attestation_stands_where_no_scan_sees():
    attested = {**record("a", pump_screen_lock="pass"), "decisions": {"attestations": [ATTESTED]}}
    lost = {**record("b", status="unreachable"), "decisions": {"attestations": [ATTESTED]}}
    over = {**record("c", pump_screen_lock="pass"), "decisions": {"attestations": [{**ATTESTED, "state": "expired"}]}}

    assert state(summarise(attested, lost), EMERGENCY) == "attested"
    assert state(summarise(attested, over), EMERGENCY) == "needs_attestation"
    assert state(summarise(attested, missing=["d"]), EMERGENCY) == "needs_attestation"
    assert of(summarise(attested, lost), EMERGENCY)["reason"] == "attested to for 2 host(s)"


def test_score_before_and_after_exceptions():
    summary = summarise(
        excepted("a"),
        record("b", pump_screen_lock="pass", pump_telnet_off="error"),
        record("c", pump_telnet_off="manual"),
    )

    assert summary["score"] == {"passing": 1, "of": 3, "excepted": 1}
    assert decisions.score(summary["score"]) == (
        "1 of 3 judged findings pass (33.3 %); 1 of 2 (50.0 %) without the 1 that exceptions cover"
    )
    assert decisions.score({"passing": 1999, "of": 2000, "excepted": 0}).endswith("(99.9 %)")
    assert decisions.score({"passing": 0, "of": 1, "excepted": 1}).endswith(
        "0 of 0 (none left) without the 1 that exceptions cover"
    )


@pytest.mark.parametrize(
    ("fail_on", "allow", "reasons"),
    [
        (["gap_addressable"], [], ["No exception of it has the record of 164.306(d)(3)"]),
        (["gap_required"], [], ["exception on pump_telnet_off by J. Doe", "hipaa_cis_allow: [accepted_required] lets it pass"]),
        (["gap_required"], ["accepted_required"], []),
        (["gap_required:all"], ["accepted_required"], ["pump_telnet_off on b"]),
        (["severity>=low"], [], []),
        (["severity >= high : all"], [], ["pump_telnet_off fails on 1 host(s): b; an exception covers 1 of them"]),
        (["decision_expired", "decision_invalid"], [], []),
    ],
)  # fmt: skip
def test_gate_counts_what_no_decision_covers(fail_on, allow, reasons):
    summary = summarise(excepted("a"), excepted("b", "pump_telnet_off"))
    tripped = judge_gate(summary, fail_on, allow)

    assert bool(tripped) is bool(reasons)
    assert all(reason in tripped.message() for reason in reasons)
    assert not judge_gate(summarise(excepted("a", **DOCUMENTED)), ["gap_addressable"])
    assert judge_gate(summarise(excepted("a", **DOCUMENTED)), ["gap_addressable:all"])


@pytest.mark.parametrize(
    ("state", "said"),
    [("expired", "exception EX-1 expired on 2027-03-01"), ("not_yet_valid", "EX-1 does not hold yet")],
)
def test_gate_names_the_decision_that_no_longer_covers(state, said):
    summary = summarise(excepted("a", id="EX-1", state=state, approved_on="2027-01-01"))
    (reason,) = judge_gate(summary, ["severity>=low"]).not_compliant

    assert reason.startswith("high: pump_screen_lock fails on 1 host(s): a; ")
    assert reason.endswith(said)


def test_gate_names_decisions_that_expired_or_count_for_nothing():
    notices = [{"kind": "expired", "text": "exception EX-1 expired"}, {"kind": "overlaps", "text": "two"}]
    one = {**record("a", pump_screen_lock="pass"), "decisions": {"notices": notices}}
    summary = summarise(one, site={"notices": [{"kind": "invalid", "text": "exceptions.yml:3: wrong"}], "systems": []})

    assert judge_gate(summary, ["decision_expired"]).not_compliant == (
        "decision expired: exception EX-1 expired (on a)",
    )
    assert judge_gate(summary, ["decision_invalid"]).not_done == ("decision invalid: exceptions.yml:3: wrong",)


def test_gate_names_what_may_be_allowed():
    with pytest.raises(HipaaCisError, match="unknown value of hipaa_cis_allow: 'gap_required'"):
        judge_gate(summarise(), [], ["gap_required"])
    with pytest.raises(HipaaCisError, match=r"unknown value of hipaa_cis_fail_on: 'stale>soon'.*stale>31"):
        judge_gate(summarise(), ["stale>soon"])
    with pytest.raises(HipaaCisError, match="unknown value of hipaa_cis_fail_on: 'stale>99999999999'"):
        judge_gate(summarise(), ["stale>99999999999"])


SYSTEM = {"name": "Pumps", "level": 2, "benchmark": "debian_12", "audit_interval": 31}
SITE = {
    "notices": [],
    "systems": [
        {**SYSTEM, "hosts": ["a", "z"]},
        {"name": "Old pumps", "hosts": [], "cannot_be_audited": {"because": "No access.", "said_by": "M. Sato"}},
    ],
}


def with_system():
    one = {**record("a", pump_screen_lock="pass"), "decisions": {"system": SYSTEM}}
    return summarise(one, record("b", pump_screen_lock="pass"), site=SITE)


def test_systems_have_their_rows_those_without_access_too():
    summary = with_system()
    validator("summary").validate(summary)
    old, pumps = summary["decisions"]["systems"]

    assert (pumps["hosts"], pumps["audited"], pumps["not_audited"]) == (["a", "z"], 1, ["z"])
    assert pumps["notes"] == [
        "meant for debian_12, audited by pump@1: 1 host(s)",
        "meant for level 2, audited at level 1: 1 host(s)",
        "not audited in this run: 1 host(s)",
    ]
    assert summary["decisions"]["hosts_without_system"] == ["b"]
    assert summary["hosts"][0]["notes"] == [
        "meant for debian_12, audited by pump@1",
        "meant for level 2, audited at level 1",
    ]
    lines = Console().lines(summary)
    assert "CANNOT BE AUDITED Old pumps: No access. (said by M. Sato)" in lines
    assert all(len(line) <= 80 for line in lines)
    assert old["hosts_in_all"] == 0


def test_gate_names_what_was_not_audited_in_time():
    summary = with_system()

    assert not judge_gate(summary, ["stale>31"], at="2026-01-31T00:00:00Z").not_done[:-1]
    assert judge_gate(summary, ["stale>31"], at="2026-02-02T00:00:00Z").not_done == (
        "stale: a: last audited 2026-01-01T00:00:00Z, longer ago than 31 days, or its clock was wrong",
        "stale: b: last audited 2026-01-01T00:00:00Z, longer ago than 31 days, or its clock was wrong",
        "stale: z (system Pumps): no audit of it in what is reported on",
    )
    # A clock that went back by a little is no reason; one that was far ahead is, and one that nobody can read.
    assert not decided.is_older("2026-01-01T00:30:00Z", "2026-01-01T00:00:00Z", 1)
    assert decided.is_older("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", 1)
    assert decided.is_older("yesterday", "2026-01-01T00:00:00Z", 1)


def test_exception_of_what_its_hosts_are_not_held_against_is_named():
    told = {**BASE, "rule": "ssh_banner"}
    one = {**record("a", pump_screen_lock="pass"), "decisions": {"exceptions": [told]}}
    (notice,) = summarise(one)["decisions"]["notices"]

    assert notice == {
        "kind": "matches_no_rule",
        "text": "exception on ssh_banner by J. Doe is about nothing that its hosts are held against",
        "hosts": ["a"],
    }
    left = {
        "benchmark": "pump",
        "rule": "ssh_banner",
        "recommendations": ["9"],
        "title": "t",
        "cites": [],
        "reason": "r",
    }
    assert "decisions" not in summarise({**one, "not_looked_at": [left]})


def test_table_of_decisions_has_a_row_for_each_and_no_formula():
    one = excepted(
        "a", id="EX-1", ticket="SEC-1", decision={"attestations": [{**ATTESTED, "id": "=1+1"}], "system": SYSTEM}
    )
    stream = io.StringIO(newline="")
    decisions.write_csv(stream, summarise(one, site=SITE))
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))

    assert [row["what"] for row in rows] == ["exception", "attestation", "system", "system"]
    assert (rows[0]["id"], rows[0]["about"], rows[0]["ticket"], rows[0]["until"]) == (
        "EX-1",
        "rule pump_screen_lock",
        "SEC-1",
        "2027-03-01",
    )
    assert rows[1]["id"] == "'=1+1"


def test_merge_tells_what_has_expired_since_the_audits_and_the_gate_trips():
    tailored = {
        "parameter": "screen_idle_seconds",
        "value": 1800,
        "reason": "r",
        "approved_by": "A",
        "timezone": "UTC",
        "state": "in_force",
    }
    decisions = {
        "exceptions": [{**BASE, "rule": "a", "id": "EX-1"}, {**BASE, "rule": "b", "id": "EX-1"}, {**BASE, "rule": "c", "expires": "2027-12-01"}],
        "attestations": [{**ATTESTED, "id": "AT-1"}],
        "tailoring": [{**tailored, "id": "TA-1", "expires": "2027-03-01"}, tailored],
        "notices": [{"kind": "overlaps", "text": "two"}],
    }  # fmt: skip
    held = decided.newest([{"decisions": decisions}], datetime(2027, 4, 1, tzinfo=timezone.utc))

    expired = [one["text"] for one in held["notices"] if one["kind"] == "expired"]
    assert [text.partition(";")[0] for text in expired] == [
        "exception EX-1 expired on 2027-03-01 (UTC)", "attestation AT-1 expired on 2027-01-01 (UTC)", "tailoring TA-1 expired on 2027-03-01 (UTC)",
    ]  # fmt: skip
    assert [one["state"] for one in held["tailoring"]] == ["expired", "in_force"]
    # What was told when the host was audited is not told again.
    assert (
        decided.newest([{"decisions": held}], datetime(2027, 5, 1, tzinfo=timezone.utc))["notices"] == held["notices"]
    )


def test_merge_holds_decisions_as_they_are_now():
    at = datetime(2027, 4, 1, tzinfo=timezone.utc)
    told = {**BASE, "rule": "pump_screen_lock"}
    held = decided.newest([{}, {"decisions": {"exceptions": [told]}}], at)

    assert held["exceptions"][0]["state"] == "expired"
    assert decided.newest([{}], at) == {}
    finding = {
        "rule": "pump_screen_lock",
        "benchmark": "pump",
        "recommendations": ["1.1"],
        "outcome": "fail",
        "exception": {"gone": True},
    }
    assert decided.marked(finding, held["exceptions"])["exception"]["state"] == "expired"
    assert "exception" not in decided.marked(finding, [])
    assert "exception" not in decided.marked({**finding, "outcome": "pass"}, held["exceptions"])
    by_number = {**BASE, "benchmark": "pump", "recommendation": "1.1", "expires": "2028-01-01"}
    assert decided.marked(finding, [told, by_number])["exception"]["recommendation"] == "1.1"
    assert "exception" not in decided.marked({**finding, "benchmark": "other"}, [by_number])
