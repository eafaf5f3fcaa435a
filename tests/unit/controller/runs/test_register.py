"""The risk register: entries by rule and group of systems, how each is treated, since when, and until when it may last."""

from __future__ import annotations

from array import array

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import register as registers
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.failing import NONE, Ended, Failing
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import Earlier, judge_gate
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.register import Register
from tests.past_runs import day, record
from tests.unit.controller.runs.test_decided import BASE

KNOWN = load_catalog()
RULE = "ssh_root"
PACS = {"name": "PACS", "role": "keeps images", "owner": "K. Lee", "ephi": ["stores"]}
BACKUP = {"name": "Second PACS", "role": "keeps  images", "owner": "M. Sato", "ephi": ["transmits"]}
ACCEPTED = {**BASE, "rule": RULE}


def host(name, letters="f", when=10, exception=None, groups=(), **decisions):
    one = record(name, letters, day(when))
    if exception:
        one["findings"][0]["exception"] = exception
    return {**one, **({"decisions": decisions} if decisions else {}), **({"groups": list(groups)} if groups else {})}


def made(*records, past=None, fixed=None, at=10):
    register = Register(KNOWN, "now", past)
    for one in records:
        list(register.add(one))
    register.fix(fixed or {})
    told = register.as_dict(day(at))
    validator("risk_register").validate(told)
    return told


def only(told):
    (entry,) = told["entries"]
    return entry


def past(since=None, ended=(), hosts=("a", "b")):
    places = {name: number for number, name in enumerate(hosts)}
    rows = {RULE: array("i", [(since or {}).get(name, NONE) for name in hosts])}
    return Failing(True, "by the ledger", places, {1: ("first", day(1)), 2: ("second", day(5))}, rows, lambda: ended)


def test_systems_of_one_role_are_one_entry_with_the_highest_impact_and_all_owners():
    entry = only(made(host("a", system=BACKUP), host("b", system=PACS), host("c", "p", system=PACS)))

    assert (entry["group_by"], entry["group"], entry["systems"]) == ("role", "keeps images", ["Second PACS", "PACS"])
    assert (entry["hosts_failing"], entry["hosts_in_group"]) == (2, 3)
    assert (entry["likelihood"], entry["impact"], entry["score"], entry["risk"]) == ("high", "high", 9, "very high")
    assert entry["owners"] == ["M. Sato", "K. Lee"]
    assert entry["threat"]["threat"]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (host("a", groups=["icu", "wards"], system={"name": "Ward"}), ("system", "Ward")),
        (host("a", groups=["icu", "wards"]), ("inventory group", "icu")),
        (host("a"), ("none", "hosts of no system and no group")),
    ],
)
def test_group_of_a_host(one, expected):
    entry = only(made(one))
    assert (entry["group_by"], entry["group"]) == expected


def test_groups_are_bounded_and_hosts_counted(monkeypatch):
    monkeypatch.setattr(registers, "MAX_GROUPS", 2)
    monkeypatch.setattr(registers, "MAX_HOSTS", 3)

    told = made(*(host(f"h{number}", groups=[f"g{number}"]) for number in range(7)))

    assert [(one["group"], one["hosts_failing"], len(one["hosts"])) for one in told["entries"]] == [
        ("g0", 1, 1), ("g1", 1, 1), ("all other groups", 5, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "treatment"),
    [
        (None, None, "open"),
        (ACCEPTED, None, "open"),
        (ACCEPTED, {**ACCEPTED, "state": "expired"}, "open"),
        (ACCEPTED, ACCEPTED, "accepted"),
        (ACCEPTED, {**ACCEPTED, "transferred_to": "Example Insurance"}, "accepted"),
        ({**ACCEPTED, "transferred_to": "Example Insurance"},) * 2 + ("transferred",),
    ],
)
def test_treatment_is_open_where_any_host_is(first, second, treatment):
    assert only(made(host("a", exception=first), host("b", exception=second)))["treatment"] == treatment


def test_people_who_accept_a_risk_assess_it():
    stated = {**ACCEPTED, "risk": {"likelihood": "low", "impact": "medium"}}

    accepted = only(made(host("a", exception=stated)))
    assert (accepted["assessed_by"], accepted["score"]) == ("exceptions", 2)
    # What is open on another host is not what they accepted.
    assert only(made(host("a", exception=stated), host("b")))["assessed_by"] == "matrix"


def test_without_a_ledger_all_is_first_seen_now_and_the_register_says_so():
    told = made(host("a", deadlines={"high": 3}))

    assert told["history_from"]["ledger"] is False
    assert "of this run alone" in told["history_from"]["says"]
    assert "164.308(a)(1)(ii)(A)" in told["says"]
    assert (only(told)["first_seen"], only(told)["due"], only(told)["overdue"]) == (day(10), "2026-01-14", 0)


def test_deadline_goes_by_when_the_ledger_saw_it_first():
    told = made(host("a", deadlines={"high": 3}), host("b", deadlines={"high": 30}), past=past({"a": 2, "b": 1}))
    entry = only(told)

    assert (entry["first_seen"], entry["due"]) == (day(1), "2026-01-09")
    assert (entry["overdue"], entry["overdue_hosts"]) == (1, ["a"])
    assert {one["host"]: one.get("due") for one in entry["hosts"]} == {"a": "2026-01-09", "b": "2026-02-01"}
    assert [(one["run_id"], one["opened"]) for one in entry["history"]] == [("first", 1), ("second", 1)]


def test_deadline_of_no_days_is_over_as_soon_as_it_fails_again():
    told = made(host("a", deadlines={"high": 0}), past=past({"a": 1}))

    assert (only(told)["due"], only(told)["overdue"]) == ("2026-01-02", 1)
    assert overdue(told).not_compliant


def test_accepted_finding_is_never_overdue():
    told = made(host("a", exception=ACCEPTED, deadlines={"high": 3}), past=past({"a": 1}))
    assert only(told)["overdue"] == 0


@pytest.mark.parametrize(
    ("letters", "since", "ended", "fixed", "expected"),
    [
        ("p", {"a": 1}, (), {}, ("remediated", day(10), "now", "others")),
        ("p", {"a": 1}, (), {"a": [RULE]}, ("remediated", day(10), "now", "remediation")),
        ("p", {}, (), {"a": [RULE]}, ("remediated", day(10), "now", "remediation")),
        ("p", {}, [Ended(RULE, "a", 1, 2, True)], {}, ("remediated", day(5), "second", "remediation")),
        ("n", {}, [Ended(RULE, "a", 1, 2, False)], {}, ("remediated", day(5), "second", "others")),
        ("e", {}, [Ended(RULE, "a", 1, 2, True)], {}, ("unclear", None, None, None)),
        ("f", {}, [Ended(RULE, "a", 1, 2, True)], {}, ("open", None, None, None)),
    ],
)
def test_what_failed_before_says_since_when_it_passes_and_by_which_run(letters, since, ended, fixed, expected):
    entry = only(made(host("a", letters), past=past(since, ended), fixed=fixed))
    assert (entry["treatment"], entry.get("passing_since"), entry.get("by_run"), entry.get("by")) == expected


UNREACHED = {"status": "unreachable", "findings": []}
LEFT = {"findings": [], "not_looked_at": [{"benchmark": "debian_12", "rule": RULE, "cites": [], "recommendations": []}]}


@pytest.mark.parametrize(
    "now",
    [
        UNREACHED,
        LEFT,
        {"findings": host("b", "e")["findings"]},
        {"findings": host("b", "m")["findings"]},
        {"findings": [{**host("b", "n")["findings"][0], "checks": [{"setting": "x", "outcome": "not_applicable"}]}]},
    ],
    ids=["unreachable", "left out", "error", "manual", "a tree that does not show it"],
)
@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (host("a", "p", system=PACS), "unclear"),
        (host("a", exception=ACCEPTED, system=PACS), "unclear"),
        (host("a", system=PACS), "open"),
    ],
)
def test_what_failed_before_on_a_host_that_nobody_judged_now_is_not_put_right(now, other, expected):
    entry = only(made(other, {**host("b", "p", system=PACS), **now}, past=past({"a": 1, "b": 2})))

    assert (entry["treatment"], "by_run" in entry, entry["hosts_in_group"]) == (expected, False, 2)
    assert [one["first_seen"] for one in entry["hosts"] if (one["host"], one["treatment"]) == ("b", "unclear")] == [
        day(5)
    ]
    assert entry["first_seen"] == day(1)


def test_lost_host_keeps_its_entry_and_the_impact_of_its_group():
    entry = only(made(host("a", "p", system=BACKUP), {**host("b", "", system=PACS)}, past=past({"b": 1})))
    assert (entry["treatment"], entry["impact"], entry["hosts_failing"]) == ("unclear", "high", 0)


def test_rule_that_one_benchmark_could_judge_and_another_not_counts_as_it_was_judged():
    one = host("a", "e")
    one["findings"].append({**host("a")["findings"][0], "benchmark": "supplement"})
    entry = only(made(one, past=past({"a": 1})))
    assert (entry["treatment"], entry["hosts_failing"], len(entry["hosts"])) == ("open", 1, 1)


def test_group_whose_other_systems_are_not_in_the_run_is_not_called_remediated():
    register = Register(KNOWN, "now", past({"b": 1}, [Ended(RULE, "a", 1, 2, False)]))
    list(register.add(host("a", "p", system=BACKUP)))
    register.elsewhere([{**BACKUP, "hosts": ["a"]}, {**PACS, "hosts": ["b"]}, {"name": "Wards", "hosts": ["c"]}])
    assert only(register.as_dict(day(10)))["treatment"] == "unclear"


def test_what_never_failed_or_is_of_a_host_outside_of_the_run_has_no_entry():
    assert made(host("a", "p"), past=past({"b": 1}, [Ended(RULE, "b", 1, 2, False)]))["entries"] == []


def test_rule_that_two_benchmarks_ask_for_counts_once():
    one = host("a")
    one["findings"].append({**one["findings"][0], "benchmark": "supplement"})
    assert only(made(one))["hosts_failing"] == 1


def overdue(register):
    return judge_gate({"safeguards": [], "rules": {}, "hosts": []}, ["overdue"], earlier=Earlier(register=register))


def test_gate_trips_on_what_is_overdue_with_rule_host_and_owner():
    told = made(host("a", deadlines={"high": 3}, system=PACS), past=past({"a": 1}))

    assert overdue(told).not_compliant == (
        "overdue: ssh_root (high) was due 2026-01-05 on 1 host(s): a; owner: K. Lee",
    )
    assert not overdue(told).not_done
    assert not overdue(made(host("a", deadlines={"high": 30}), past=past({"a": 1})))


@pytest.mark.parametrize(
    ("register", "said"),
    [
        (
            made(host("a", deadlines={"high": 3})),
            "since when findings are open is not known. First seen is of this run alone",
        ),
        (made(host("a"), past=past({"a": 1})), "1 host(s) have no deadlines"),
        (None, "since when findings are open is not known"),
    ],
)
def test_gate_trips_where_nobody_can_tell_what_is_overdue(register, said):
    (line,) = overdue(register).not_done
    assert said in line
