"""Summary, gate and table: states, hosts that are missing, and what trips the gate."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import OUTCOMES
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import summary as summaries
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import Earlier, judge_gate
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import Safeguards
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary
from tests.builders import make_remediation
from tests.unit.controller.catalog.catalogs import SECOND_PLATFORM

LOGOFF, TRANSMISSION, EMERGENCY = "164.312(a)(2)(iii)", "164.312(e)(1)", "164.312(a)(2)(ii)"
RULES = {"pump_screen_lock": (LOGOFF, "high"), "pump_telnet_off": (TRANSMISSION, "critical")}


def record(host, status="audited", unjudged=(), **outcomes):
    findings = [
        {
            "rule": rule,
            "title": rule,
            "severity": RULES[rule][1],
            "benchmark": "pump",
            "recommendations": ["1.1"],
            "cites": [RULES[rule][0]],
            "outcome": outcome,
            "checks": [],
        }
        for rule, outcome in outcomes.items()
    ]
    return {
        "host": host,
        "status": status,
        "audited_at": "2026-01-01T00:00:00Z",
        "collection_version": "1",
        "catalog_digest": "d",
        "selection": {"level": 1, "profile": "server"},
        "benchmarks": [{"id": "pump", "title": "Pumps", "version": "1"}],
        "warnings": [],
        "counts": {outcome: list(outcomes.values()).count(outcome) for outcome in OUTCOMES},
        "findings": findings,
        "not_yet_automated": [
            {"benchmark": "pump", "recommendation": "1.3", "title": "t", "reason": "r", "cites": [cite]}
            for cite in unjudged
        ],
    }


def summarise(*records, missing=(), site=None):
    summary = Summary(load_catalog([str(SECOND_PLATFORM)]), "run")
    for one in records:
        summary.add(one, f"hosts/{one['host']}.json", "digest")
    for host in missing:
        summary.miss(host, "no record")
    if site:
        summary.add_site(site)
    return summary.as_dict()


def state(summary, cite):
    return next(row["state"] for row in summary["safeguards"] if row["cite"] == cite)


@pytest.mark.parametrize(
    ("records", "missing", "expected"),
    [
        ([record("a", pump_screen_lock="pass")], [], "supported"),
        ([record("a", pump_screen_lock="pass"), record("b", pump_screen_lock="fail")], [], "gap"),
        ([record("a", pump_screen_lock="pass")], ["b"], "not_assessed"),
        ([record("a", pump_screen_lock="fail")], ["b"], "gap"),
        ([record("a", pump_screen_lock="error")], [], "not_assessed"),
        ([record("a", pump_screen_lock="not_applicable")], [], "not_assessed"),
        ([record("a", pump_screen_lock="manual")], [], "needs_attestation"),
        ([record("a", pump_screen_lock="pass", unjudged=[LOGOFF])], [], "not_assessed"),
        ([record("a", pump_screen_lock="pass"), record("b", status="unreachable")], [], "not_assessed"),
        ([record("a", pump_telnet_off="pass")], [], "not_assessed"),
        ([], ["a"], "not_assessed"),
    ],
)
def test_state_of_a_safeguard(records, missing, expected):
    assert state(summarise(*records, missing=missing), LOGOFF) == expected


def test_what_no_scan_sees_needs_an_attestation():
    assert state(summarise(record("a", pump_screen_lock="pass")), EMERGENCY) == "needs_attestation"


def test_rules_of_what_is_taken_by_name_ask_nothing_of_hosts_that_are_not_held_against_them():
    """What a supplement sees of emergency access, hosts without it go on attesting to."""
    known = load_catalog([str(SECOND_PLATFORM)])
    carriers = [rule.id for rule in known.rules.values() if EMERGENCY in rule.cites]

    assert carriers
    asked = [one for newest in known.benchmarks.values() for one in newest.versions]
    # BitLocker's keys in the directory too: its profile is added by name.
    assert not {rule for one in asked for rule in one.rules_by_itself} & {*carriers}
    assert state(summarise(record("a", pump_screen_lock="pass")), EMERGENCY) == "needs_attestation"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["auto"], "attested"),
        (["auto", "supplement_linux"], "not_assessed"),
        (["supplement_linux@0.1.0"], "not_assessed"),
        (["another@1.0.0"], "attested"),
    ],
)
@pytest.mark.parametrize("status", ["audited", "unreachable"])
def test_what_a_supplement_was_to_look_at_and_did_not_is_not_attested_to(status, named, expected):
    one = record("a", status, **({"pump_screen_lock": "pass"} if status == "audited" else {}))
    one["selection"]["benchmarks"] = named
    one["decisions"] = {"attestations": [{"safeguard": EMERGENCY, "state": "in_force"}]}

    judged = Safeguards(load_catalog([str(SECOND_PLATFORM)]))
    states = judged.of_host(one) if status == "audited" else judged.of_lost(one)

    assert states[EMERGENCY] == expected


@pytest.mark.parametrize(
    ("platforms", "profiles", "expected"),
    [
        # BitLocker's keys in the directory are looked at where its profile was asked for, of no Linux host and of none without it.
        (["windows"], [], "needs_attestation"),
        (["windows"], ["bitlocker"], "not_assessed"),
        (["linux"], [], "needs_attestation"),
        ([], [], "needs_attestation"),
    ],
)
def test_a_profile_that_is_added_by_name_asks_nothing_of_hosts_without_it(platforms, profiles, expected):
    one = {**record("a", pump_screen_lock="pass"), "platforms": {name: {} for name in platforms}}
    one["selection"]["profiles"] = profiles

    assert Safeguards(load_catalog()).of_host(one)[EMERGENCY] == expected


@pytest.mark.parametrize("where", ["selection", "meant"])
def test_a_profile_of_a_sites_own_is_asked_for_where_it_is_the_hosts(where):
    one = {**record("a", pump_screen_lock="pass"), "platforms": {"windows": {}}}
    one[where] = {"level": 1, "profile": "bitlocker"}

    assert Safeguards(load_catalog()).of_host(one)[EMERGENCY] == "not_assessed"


def test_rules_of_another_platform_ask_nothing_of_a_host():
    """What only Linux hosts are looked at for, a Windows host needs an attestation of."""
    judged = Safeguards(load_catalog())
    whole = {rule.platform for rule in load_catalog().rules.values() if "164.312(c)(2)" in rule.cites}
    assert whole == {"linux"}

    of = {name: {**record("a", pump_screen_lock="pass"), "platforms": {name: {}}} for name in ("linux", "windows")}
    assert judged.of_host(of["linux"])["164.312(c)(2)"] == "not_assessed"
    assert judged.of_host(of["windows"])["164.312(c)(2)"] == "needs_attestation"


def left_out(cite, rule="pump_screen_lock", **changes):
    item = {
        "benchmark": "pump",
        "rule": rule,
        "recommendations": ["1.2"],
        "title": "t",
        "cites": [cite],
        "reason": "why",
    }
    return {**item, **changes}


def narrowed(host, *left, **outcomes):
    selection = {"level": 1, "profile": "server", "include": {"tags": ["telnet"]}, "exclude": {}}
    meant = {"level": 2, "profile": "server"}
    return {**record(host, **outcomes), "selection": selection, "meant": meant, "not_looked_at": list(left)}


def test_what_was_not_looked_at_keeps_a_safeguard_from_being_supported_everywhere():
    part = narrowed("a", left_out(LOGOFF, "other_rule"), left_out(LOGOFF, None), pump_screen_lock="pass")
    del part["not_looked_at"][1]["rule"]
    summary = summarise(part, record("b", pump_screen_lock="pass"))
    row = next(row for row in summary["safeguards"] if row["cite"] == LOGOFF)
    validator("summary").validate(summary)

    assert (row["state"], row["reason"]) == ("not_assessed", "1 of 3 looked at")
    assert [host["safeguards"][LOGOFF] for host in summary["hosts"]] == ["not_assessed", "supported"]
    assert "1 of 3 looked at" in judge_gate(summary, ["not_assessed"]).message()
    lines = Console().lines(summary)
    assert f"{LOGOFF} A not assessed (1 of 3 looked at)" in lines
    assert all(len(line) <= 80 for line in lines)
    said = " ".join(lines)
    assert "level 1, profile server; include tags: telnet; meant for level 2, profile server (1 host(s))" in said
    assert "2 rule(s) and recommendation(s) that the hosts are meant for were not looked at" in said


def test_gap_of_a_narrow_run_stays_a_gap_and_says_how_much_was_looked_at():
    summary = summarise(narrowed("a", left_out(LOGOFF, "other_rule"), pump_screen_lock="fail"))
    row = next(row for row in summary["safeguards"] if row["cite"] == LOGOFF)

    assert (row["state"], row["reason"]) == ("gap", "1 of 1 rules fail, on 1 host(s); 1 of 2 looked at")


EXCEPTION = {
    "rule": "pump_screen_lock",
    "reason": "the pump has no screen",
    "approved_by": "J. Doe",
    "expires": "2027-03-01",
    "timezone": "UTC",
    "state": "in_force",
}


def with_finding(one, **changes):
    one["findings"][0].update(changes)
    return one


def test_exceptions_stand_in_the_summary_and_change_no_state():
    excepted = [with_finding(record(host, pump_screen_lock="fail"), exception=EXCEPTION) for host in "ab"]
    over = with_finding(record("c", pump_screen_lock="fail"), exception={**EXCEPTION, "state": "expired"})
    summary = summarise(*excepted, over)
    validator("summary").validate(summary)

    assert state(summary, LOGOFF) == "gap"
    assert [(item["exception"]["state"], item["hosts"]) for item in summary["exceptions"]] == [
        ("expired", ["c"]),
        ("in_force", ["a", "b"]),
    ]
    lines = Console().lines(summary)
    assert "  excepted until 2027-03-01 by J. Doe: the pump has no screen" in lines
    assert "  exception EXPIRED on 2027-03-01 by J. Doe: the pump has no screen" in lines
    assert "exceptions" not in summarise(record("a", pump_screen_lock="fail"))


def test_what_is_to_be_done_is_each_hosts_own_where_it_differs():
    ward, lab, other = (
        with_finding(record(host, pump_screen_lock="fail"), fix=f"set {minutes} minutes")
        for host, minutes in (("ward", 3), ("lab", 15), ("other", 15))
    )
    differing, same = summarise(ward, lab, other), summarise(lab, other)
    validator("summary").validate(differing)

    assert differing["rules"]["pump_screen_lock"]["fixes"] == [
        {"fix": "set 15 minutes", "hosts": ["lab", "other"]},
        {"fix": "set 3 minutes", "hosts": ["ward"]},
    ]
    assert (
        "minutes" not in differing["rules"]["pump_screen_lock"]["fix"]
        or "set 3" not in differing["rules"]["pump_screen_lock"]["fix"]
    )
    assert same["rules"]["pump_screen_lock"]["fix"] == "set 15 minutes"
    assert "fixes" not in same["rules"]["pump_screen_lock"]


def test_numbers_of_recommendations_are_in_their_order_and_what_is_no_number_ends_nothing():
    """A record is a file that anybody may have changed."""
    one = record("a", pump_screen_lock="fail")
    one["findings"][0]["recommendations"] = ["10.1", "9.2", "supplement 1"]

    places = summarise(one)["rules"]["pump_screen_lock"]["recommendations"]

    assert [place["id"] for place in places] == ["supplement 1", "9.2", "10.1"]


def test_whole_run_says_nothing_of_what_was_not_looked_at():
    summary = summarise(record("a", pump_screen_lock="pass", unjudged=[LOGOFF]))

    assert not any("looked at)" in line for line in Console().lines(summary))
    assert all(row["looked_at"] == row["meant"] for row in summary["safeguards"])


def test_summary_is_as_its_schema_says_and_independent_of_order():
    one, other = record("a", pump_screen_lock="fail"), record("b", pump_screen_lock="pass", unjudged=[LOGOFF])
    summary = summarise(one, other, missing=["c"])

    validator("summary").validate(summary)
    assert summary == summarise(other, one, missing=["c"])
    assert len(summary["safeguards"]) == 12
    assert summary["totals"]["not_audited"] == 1


SUMMARY = [
    record("a", pump_screen_lock="fail", pump_telnet_off="error"),
    record("b", status="unreachable"),
    record("c", status="failed"),
]


@pytest.mark.parametrize(
    ("fail_on", "not_compliant", "not_done"),
    [
        ([], 0, 0),
        (["gap_addressable"], 1, 0),
        (["gap_required"], 0, 0),
        (["severity>=high"], 1, 0),
        (["severity >= critical"], 0, 0),
        (["error"], 0, 2),
        (["unreachable"], 0, 2),
        (["gap_addressable", "error", "unreachable"], 1, 4),
    ],
)
def test_gate(fail_on, not_compliant, not_done):
    tripped = judge_gate(summarise(*SUMMARY, missing=["d"]), fail_on)

    assert (len(tripped.not_compliant), len(tripped.not_done)) == (not_compliant, not_done)
    assert ("THE HOSTS DO NOT COMPLY" in tripped.message()) is bool(not_compliant)
    assert ("THE AUDIT COULD NOT BE DONE" in tripped.message()) is bool(not_done)
    assert ("THE HOSTS DO NOT COMPLY" in tripped.headline()) is bool(not_compliant)
    assert "pump" not in tripped.headline()


def test_gate_names_what_it_does_not_know():
    with pytest.raises(HipaaCisError, match="unknown value of hipaa_cis_fail_on: 'gap'"):
        judge_gate(summarise(), ["gap"])


def test_table_names_rule_and_recommendation_of_each_failure():
    summary = summarise(record("a", pump_screen_lock="fail"))
    lines = Console().lines(summary)
    (place,) = summary["rules"]["pump_screen_lock"]["recommendations"]

    assert f"  pump_screen_lock  {place['benchmark']} {place['id']}" in lines


def test_table_fits_80_columns_and_names_what_is_missing():
    hostile = record("evil\033[2J" + "x" * 200, pump_screen_lock="fail")
    lines = Console().lines(summarise(hostile, *SUMMARY, missing=["dark-ward"]), "/runs/1")
    text = "\n".join(lines)

    assert all(len(line) <= 80 for line in lines if not line.startswith("Report:"))
    assert "\033" not in text
    assert "NOT AUDITED dark-ward (missing): no record" in text
    assert text.count("164.312(") == 12
    assert "compliant" not in text.lower()
    assert " met" not in text.lower()


@pytest.mark.parametrize(
    ("reboot", "told", "hint"),
    [
        (None, "  reboot pending: audit=1 on the kernel's command line", True),
        ({"done": True}, "  restarted, then looked at again at then", False),
        ({"done": True, "problem": "rejoin: no"}, "  restarted, then looked at again at then: rejoin: no", False),
        ({"done": False, "problem": "still busy"}, "  NOT RESTARTED: still busy", False),
    ],
)
def test_table_says_what_is_pending_and_what_came_of_a_restart(reboot, told, hint):
    done = make_remediation("web", **({"reboot": {"at": "then", **reboot}} if reboot else {}))
    lines = Console().lines({**summarise(*SUMMARY), "remediation": [done]})

    assert told in lines
    assert ("What is pending takes effect at the next boot (hipaa_cis_reboot: allowed)." in lines) is hint


def test_colours_only_where_asked_for():
    assert "\033[31m" in "\n".join(Console(colour=True).lines(summarise(*SUMMARY)))


def test_host_that_was_not_audited_has_no_safeguards():
    summary = Summary(load_catalog([str(SECOND_PLATFORM)]), "run")
    summary.add(record("seen", pump_screen_lock="pass"), "seen.json", "d1")
    summary.add(record("lost", status="unreachable"), "lost.json", "d2")
    summary.miss("missing", "no record")

    safeguards = {host["host"]: host["safeguards"] for host in summary.as_dict()["hosts"]}

    assert safeguards["seen"][LOGOFF] == "supported"
    assert safeguards["lost"] == safeguards["missing"] == {}


def test_summary_says_by_which_values_and_versions_hosts_were_judged(monkeypatch):
    monkeypatch.setattr(summaries, "MAX_PARAMETER_SETS", 1)
    strict, loose = ({"value": value, "origin": "site", "unit": "minutes"} for value in (3, 15))
    same = {"value": 14, "origin": "default"}
    records = [
        {
            **record(name, pump_screen_lock="pass"),
            "parameters": {"lock": lock, "length": same},
            "ansible_core_version": core,
        }
        for name, lock, core in (("a", strict, "2.16.1"), ("b", loose, "2.19.0"), ("c", loose, "2.19.0"))
    ]

    summary = summarise(*records)

    assert summary["parameters"] == {
        "length": [{**same, "hosts": 3}],
        "lock": [{**loose, "hosts": 2}, {**strict, "hosts": 1}],
    }
    assert (summary["ansible_core_version"], summary["collection_version"]) == ("2.16.1, 2.19.0", "1")
    assert summary["catalog_digests"] == ["d"]
    validator("summary").validate({**summary, "rules": {}})


NOTHING: dict[str, Any] = {"safeguards": [], "rules": {}, "hosts": []}


def test_run_that_was_not_delivered_trips_as_an_audit_that_could_not_be_done():
    told = Earlier(not_delivered=["s3 evidence/: it answers NoSuchBucket."])
    tripped = judge_gate(NOTHING, ["not_delivered"], earlier=told)
    assert (tripped.not_compliant, tripped.not_done) == ((), ("not delivered: s3 evidence/: it answers NoSuchBucket.",))
    assert not judge_gate(NOTHING, ["unreachable"], earlier=told)
