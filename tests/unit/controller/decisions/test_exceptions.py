"""A site's exceptions as they are given: what is refused, and when they end."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Recommendation
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import exceptions, site
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import Context
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.scope import Host
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import decided

ROOT = Path(__file__).resolve().parents[4]
KNOWN = load_catalog()
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=timezone.utc)
GIVEN = {
    "rule": "crontab_permissions",
    "reason": "The vendor's updater reads it.",
    "approved_by": "J. Doe, security officer",
    "expires": "2027-03-01",
}
PLANS = make_plan(KNOWN, Selection(("debian_12",), level=2), {}, {})
PLANNED = {planned.rule.id: planned for plan in PLANS[0].benchmarks for planned in plan.rules}


def load(*items, now=NOW, **context):
    """As a remediation takes a list of a variable."""
    asked = Context(KNOWN, now, **context)
    checked = site.read_lists({"exceptions": items}, asked)
    site.refuse_faults([checked])
    return site.of_host([checked], Host("ward-7"), asked).decisions


def given(**changes):
    return {key: value for key, value in {**GIVEN, **changes}.items() if value is not None}


def exception_of(rule, *items, now=NOW):
    return load(*items, now=now).exception_of(PLANNED[rule])


def test_none_is_none():
    assert load() == exceptions.Decisions()


def test_exception_says_until_when_by_whom_and_why():
    found = exception_of("crontab_permissions", GIVEN)

    assert found.said == "excepted until 2027-03-01 by J. Doe, security officer: The vendor's updater reads it."
    assert exception_of("cron_hourly_permissions", GIVEN) is None


def test_exception_stands_beside_what_does_not_pass_and_changes_no_outcome():
    def finding(outcome, rule="crontab_permissions"):
        return {"rule": rule, "benchmark": "debian_12", "outcome": outcome}

    findings = [finding("fail"), finding("error"), finding("pass"), finding("fail", "ssh_banner")]
    load(GIVEN).mark(findings)

    assert [one["outcome"] for one in findings] == ["fail", "error", "pass", "fail"]
    assert [one.get("exception", {}).get("state") for one in findings] == ["in_force", "in_force", None, None]


def test_recommendation_stands_for_its_rules():
    recommendation = PLANNED["crontab_permissions"].recommendations[0]
    found = exception_of("crontab_permissions", given(rule=None, benchmark="debian_12", recommendation=recommendation))

    assert found.rules == ("crontab_permissions",)
    assert found.as_dict()["recommendation"] == recommendation
    elsewhere = dataclasses.replace(PLANNED["crontab_permissions"], benchmark="other")
    assert not found.covers(elsewhere)


MOVED = dataclasses.replace(
    KNOWN.benchmarks["debian_12"],
    version="9.0.0",
    recommendations=(
        Recommendation("1.1.1.1", {"server": 1}, ("crontab_permissions",)),
        Recommendation("9.9", {"server": 1}, ("kernel_module_cramfs",)),
        Recommendation("1.1.1.2", {"server": 1}, ("kernel_module_freevxfs",)),
    ),
    others=KNOWN.benchmarks["debian_12"].versions,
)
LATER = dataclasses.replace(KNOWN, benchmarks={"debian_12": MOVED})
OLD = "debian_12@1.1.0"


def by_number(benchmark, recommendation, known=LATER):
    item = given(rule=None, benchmark=benchmark, recommendation=recommendation)
    return list(exceptions.faults(item, Context(known, NOW))), item


def test_number_that_means_something_else_in_another_version_needs_the_version():
    ((key, said),) = by_number("debian_12", "1.1.1.1")[0]

    assert key == "benchmark"
    assert "debian_12@9.0.0: crontab_permissions" in said
    assert f"{OLD}: kernel_module_cramfs" in said
    assert f"as benchmark: {OLD}" in said
    assert by_number("debian_12", "1.1.1.2")[0] == []


def test_exception_by_number_holds_on_for_its_rules_when_a_host_moves_to_the_next_version():
    faults, item = by_number(OLD, "1.1.1.1")
    (found,) = exceptions.made(item, Context(LATER, NOW))

    assert faults == []
    assert found.is_of("kernel_module_cramfs", "debian_12@9.0.0")
    assert not found.is_of("crontab_permissions", "debian_12@9.0.0")
    finding = {
        "rule": "kernel_module_cramfs",
        "benchmark": "debian_12@9.0.0",
        "recommendations": ["9.9"],
        "outcome": "fail",
    }
    other = {**finding, "rule": "crontab_permissions", "recommendations": ["1.1.1.1"]}
    assert "exception" in decided.marked(finding, [found.as_dict()])
    assert "exception" not in decided.marked(other, [found.as_dict()])


def test_version_or_number_that_there_is_not_is_named_with_those_that_there_are():
    assert by_number("debian_12@3.0.0", "1.1.1.1")[0][0][0] == "benchmark"
    ((key, said),) = by_number(OLD, "9.9")[0]
    assert (key, "unknown recommendation '9.9'" in said) == ("recommendation", True)


def test_all_that_was_given_is_kept():
    full = given(timezone="Europe/Berlin", compensating=["The folder  is watched\nby AIDE."])

    assert exception_of("crontab_permissions", full).as_dict() == {
        **full,
        "compensating": ["The folder is watched by AIDE."],
        "state": "in_force",
    }


def test_date_that_yaml_made_of_it_is_taken():
    assert exception_of("crontab_permissions", given(expires=date(2027, 3, 1))) == exception_of(
        "crontab_permissions", GIVEN
    )


@pytest.mark.parametrize(
    ("zone", "last_moment"),
    [
        (None, "2027-03-01T23:59:59"),
        ("UTC", "2027-03-01T23:59:59"),
        ("Pacific/Kiritimati", "2027-03-01T09:59:59"),  # 14 hours ahead
        ("Europe/Berlin", "2027-03-01T22:59:59"),
        ("America/Los_Angeles", "2027-03-02T07:59:59"),
    ],
)
def test_it_holds_to_the_end_of_its_day_where_it_was_decided(zone, last_moment):
    moment = datetime.fromisoformat(last_moment).replace(tzinfo=timezone.utc)
    later = moment + timedelta(seconds=1)

    assert not exception_of("crontab_permissions", given(timezone=zone), now=moment).expired
    assert exception_of("crontab_permissions", given(timezone=zone), now=later).expired


def test_it_ends_at_the_first_of_two_midnights():
    """In Havana the clock went from 01:00 back to 00:00 on 2026-11-01."""
    cuban = given(timezone="America/Havana", expires="2026-10-31")
    first = datetime(2026, 11, 1, 4, 0, tzinfo=timezone.utc)

    assert not exception_of("crontab_permissions", cuban, now=first - timedelta(seconds=1)).expired
    assert exception_of("crontab_permissions", cuban, now=first).expired


def test_expired_one_says_when_and_what_to_do():
    said = exception_of("crontab_permissions", given(expires="2026-11-23")).said

    assert "expired on 2026-11-23 (UTC)" in said
    assert "Renew it in hipaa_cis_exceptions, or remove it" in said


def test_of_several_the_one_that_holds_longest_speaks():
    recommendation = PLANNED["crontab_permissions"].recommendations[0]
    by_number = given(rule=None, benchmark="debian_12", recommendation=recommendation, expires="2027-05-01")
    over = given(rule="crontab_permissions", expires="2026-11-01")

    assert exception_of("crontab_permissions", by_number, over).expires == date(2027, 5, 1)
    assert exception_of("crontab_permissions", GIVEN, by_number).expires == date(2027, 5, 1)


def test_it_holds_a_year_at_most():
    assert load(given(expires="2027-11-25"))
    with pytest.raises(HipaaCisError, match="2027-11-26 is 367 days ahead; an exception holds at most 366"):
        load(given(expires="2027-11-26"))


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (given(reson="x"), r"exception 1 \(rule crontab_permissions\): unknown key 'reson'. Did you mean reason"),
        (given(reason=None), r"exception 1 \(rule crontab_permissions\): 'reason' is a required property"),
        (given(approved_by=None), "'approved_by' is a required property"),
        (given(expires=None), "'expires' is a required property"),
        (given(reason=" "), "reason: .*Why the site leaves it as it is"),
        (given(approved_by=7), "approved_by: 7 is not of type 'string'.*name and role"),
        (given(expires="next year"), "expires: 'next year' does not match .*such as 2027-03-01"),
        (given(expires="2027-02-30"), "2027-02-30 is no date"),
        (given(expires=datetime(2027, 3, 1, 12, tzinfo=timezone.utc)), "expires: '2027-03-01T12.* does not match"),
        (given(expires=20270301), "expires: 20270301 is not of type 'string'"),
        (given(timezone="Berlin"), "timezone: .*'Berlin' is not a time zone by its IANA name"),
        (given(timezone="localtime"), "timezone: .*is not a time zone by its IANA name"),
        (given(timezone="right/UTC"), "timezone: .*is not a time zone by its IANA name"),
        (given(timezone="Factory"), "timezone: .*is not a time zone by its IANA name"),
        (given(timezone="../etc/passwd"), "is not a time zone"),
        (given(compensating="AIDE"), "compensating: 'AIDE' is not of type 'array'.*A list"),
        (given(compensating=[""]), "compensating"),
        (given(rule="crontab_permision"), "unknown rule 'crontab_permision'. Did you mean crontab_permissions"),
        (given(rule=None), "it fits none or more than one of the allowed forms.*needs rule, or benchmark and"),
        (given(benchmark="debian_12", recommendation="1.1"), "it fits none or more than one"),
        (given(benchmark="debian_12"), "'recommendation' is a dependency of 'benchmark'"),
        (given(rule=None, recommendation="1.1.1.1"), "'benchmark' is a dependency of 'recommendation'"),
        (given(rule=None, benchmark="debian_12", recommendation=5.1), "5.1 is not of type 'string'.*in quotes"),
        (given(rule=None, benchmark="debian_12", recommendation="99.9"), "unknown recommendation '99.9'"),
        (given(rule=None, benchmark="debian_21", recommendation="5.1"), "unknown benchmark 'debian_21'"),
        ("crontab_permissions", "exception 1: 'crontab_permissions' is not of type 'object'"),
        (None, "exception 1: None is not of type 'object'"),
    ],
)
def test_what_could_be_misunderstood_is_refused_with_place_and_remedy(item, said):
    with pytest.raises(HipaaCisError, match=said) as raised:
        load(item)

    assert str(raised.value).startswith("hipaa_cis_exceptions cannot be used, so nothing was begun:")
    assert len(str(raised.value).splitlines()) == 2 or "benchmark" in str(raised.value)


@pytest.mark.parametrize("item", ["[{'rule': 'a'}]", {"rule": "a"}, 7, ""])
def test_what_is_no_list_is_refused(item):
    with pytest.raises(HipaaCisError, match=r"has to be a list of exceptions.*dates in it in quotes"):
        site.read_lists({"exceptions": item}, Context(KNOWN, NOW))


def test_the_same_twice_is_refused():
    with pytest.raises(HipaaCisError, match=r"exception 3 \(rule crontab_permissions\): it stands twice, exception 1"):
        load(GIVEN, given(rule="cron_d_permissions"), given(expires="2027-04-01"))


def test_every_fault_is_named_at_once():
    with pytest.raises(HipaaCisError) as raised:
        load(given(rule="a"), given(rule="b"), given(timezone="c"))

    assert len(str(raised.value).splitlines()) == 4


FACTORS = dict.fromkeys(("size_and_complexity", "infrastructure", "cost", "risk"), "One ward with four rooms.")
RECORD = {"not_reasonable_because": FACTORS, "alternative": "The room is locked and a nurse is in it."}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (given(rule=None, safeguard="164.312(b)"), ""),
        (given(rule=None, safeguard="164.312(a)(2)(iii)", addressable=RECORD), ""),
        (given(rule=None, rules=["crontab_permissions", "cron_d_permissions"]), ""),
        (
            given(rule=None, safeguard="164.312(a)(2)(iii)"),
            r"needs the record of 45 CFR 164.306\(d\)\(3\).*four factors",
        ),
        (given(rule=None, safeguard="164.312(z)"), r"unknown safeguard '164.312\(z\)'"),
        (given(safeguard="164.312(b)"), "it fits none or more than one of the allowed forms"),
        (
            given(addressable={**RECORD, "no_alternative_because": "None."}),
            "addressable: it fits none or more than one",
        ),
        (given(addressable={"alternative": "A lock."}), "'not_reasonable_because' is a required property"),
        (given(addressable={**RECORD, "not_reasonable_because": {"cost": "x"}}), "not_reasonable_because: 'size_and"),
        (given(kind="lazy"), "kind: 'lazy' is not one of"),
        (given(risk={"likelihood": "low"}), "risk: 'impact' is a required property"),
        (given(approved_on="2026-13-01"), "approved_on: 2026-13-01 is no date"),
        (given(approved_on="2027-04-01"), r"expires: 2027-03-01 is before approved_on \(2027-04-01\)"),
        (given(hosts=["a:!b"]), "hosts: 'a:!b' joins several patterns; make each an item"),
        (given(hosts=["~["]), r"hosts: '~\[' is no regular expression"),
        (given(hosts=["!"]), "hosts: '!' names nothing"),
        (given(hosts="ward-7"), "hosts: 'ward-7' is not of type 'array'"),
    ],
)
def test_what_an_exception_may_say(item, said):
    if not said:
        assert load(item)
        return
    with pytest.raises(HipaaCisError, match=said):
        load(item)


def test_second_person_is_asked_for_where_the_site_demands_it():
    two = given(proposed_by="A. Roe, ward manager")
    assert load(two, second_person=True)
    for item, said in (
        (GIVEN, "it is not said who proposed it"),
        (given(proposed_by="j. doe,  Security officer"), "also"),
    ):
        with pytest.raises(HipaaCisError, match=said):
            load(item, second_person=True)


def test_one_that_begins_later_leaves_its_rule_alone_and_does_not_hold_yet():
    found = exception_of("crontab_permissions", given(approved_on="2026-12-01"))

    assert found.state == "not_yet_valid"
    assert found.said.startswith("excepted from 2026-12-01 on by J. Doe")
    begins = datetime(2026, 12, 1, tzinfo=timezone.utc)
    assert exception_of("crontab_permissions", given(approved_on="2026-12-01"), now=begins).state == "in_force"


def test_one_on_a_safeguard_touches_no_rule():
    assert not load(given(rule=None, safeguard="164.312(b)")).excepted


def test_two_about_the_same_are_named():
    recommendation = PLANNED["crontab_permissions"].recommendations[0]
    by_number = given(rule=None, benchmark="debian_12", recommendation=recommendation)
    ((first, second),) = load(GIVEN, by_number, given(rule="cron_d_permissions")).overlaps()

    assert (first.subject.rule, second.subject.recommendation) == ("crontab_permissions", recommendation)


def test_example_of_the_runbook_is_accepted():
    text = (ROOT / "docs" / "remediation.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"    cat > exceptions.yml <<'END'\n(.*?)    END\n", text, re.DOTALL)
    (item,) = yaml.safe_load(textwrap.dedent(example))["hipaa_cis_exceptions"]

    assert exception_of("crontab_permissions", item).expires == date(2027, 3, 1)
