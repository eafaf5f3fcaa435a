"""What a remediation leaves as it is because a site documented an exception, and what it says of it."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.exceptions import (
    Decisions,
    ExceptionDecision,
    Subject,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.text import diff, headline
from tests.unit.controller.remediation.test_platform import PlayedHost, leaf, remediate, rule

SAID = "excepted until 2027-03-01 by J. Doe: the updater needs it"


def excepted(*rules, expired=False):
    return Decisions(
        tuple(
            ExceptionDecision(
                Subject(rule=name),
                (name,),
                "the updater needs it",
                "J. Doe",
                date(2027, 3, 1),
                "UTC",
                (),
                "expired" if expired else "in_force",
            )
            for name in rules
        )
    )


@pytest.mark.parametrize("check", [True, False])
def test_excepted_rule_is_left_and_others_are_fixed(check):
    host = PlayedHost({"a": 0, "b": 0})
    rules = [rule("excepted", leaf("a")), rule("other", leaf("b"))]
    record, results = remediate(rules, host, check=check, decisions=excepted("excepted"))

    assert results == {"excepted": ("skipped", SAID), "other": ("would_fix" if check else "fixed", "")}
    assert host.values["a"] == 0
    assert headline(record) == f"1 {'would be fixed' if check else 'fixed'}, 1 skipped."
    (result,) = [item for item in record["results"] if "exception" in item]
    assert result["exception"]["state"] == "in_force"
    assert result["after"]["outcome"] == "fail"
    assert {"prepared": f"skipped: rule excepted: {SAID}\n"} in diff([], record["results"])


def test_excepted_rule_that_passes_is_already_right():
    record, results = remediate([rule("r", leaf("a"))], PlayedHost({"a": 1}), decisions=excepted("r"))

    assert results == {"r": ("already_right", "")}
    assert record["results"][0]["exception"]["rule"] == "r"


def test_expired_exception_leaves_the_rule_and_warns():
    host = PlayedHost({"a": 0})
    record, results = remediate([rule("r", leaf("a"))], host, decisions=excepted("r", expired=True))

    assert results["r"][0] == "skipped"
    assert "expired on 2027-03-01" in results["r"][1]
    assert host.requests == []
    assert record["results"][0]["exception"]["state"] == "expired"
    assert record["warnings"] == [f"The rule r was skipped, for it is {results['r'][1]}."]


def test_rule_that_shares_the_setting_is_skipped_and_names_the_exception():
    host = PlayedHost({"a": 0, "b": 0, "c": 0})
    rules = [rule("excepted", leaf("a")), rule("sharing", leaf("a"), leaf("b")), rule("other", leaf("c"))]
    record, results = remediate(rules, host, decisions=excepted("excepted"))

    assert results["sharing"] == ("skipped", f"plain a stays as it is, for the rule excepted is {SAID}")
    assert results["other"][0] == "fixed"
    assert host.values == {"a": 0, "b": 0, "c": 1}
    assert record["results"][1]["exception"]["rule"] == "excepted"


def test_another_value_for_the_shared_setting_is_not_written_either():
    host = PlayedHost({"a": 0})
    _record, results = remediate(
        [rule("excepted", leaf("a", 1)), rule("looser", leaf("a", 2))], host, decisions=excepted("excepted")
    )

    assert results["looser"][0] == "skipped"
    assert host.values == {"a": 0}


def test_expired_exception_holds_shared_settings_too_and_warns_once():
    host = PlayedHost({"a": 0})
    rules = [rule("excepted", leaf("a")), rule("sharing", leaf("a"))]
    record, results = remediate(rules, host, decisions=excepted("excepted", expired=True))

    assert "the rule excepted is no longer excepted" in results["sharing"][1]
    assert len(record["warnings"]) == 1
    assert host.values == {"a": 0}


def test_setting_of_an_excepted_rule_that_passes_may_be_changed():
    either = {"any_of": [leaf("a"), leaf("b")]}
    host = PlayedHost({"a": 0, "b": 1})
    _record, results = remediate([rule("excepted", either), rule("r", leaf("a"))], host, decisions=excepted("excepted"))

    assert results == {"excepted": ("already_right", ""), "r": ("fixed", "")}


def test_every_alternative_of_an_excepted_rule_is_left():
    either = {"any_of": [leaf("a"), {"all_of": [leaf("b"), leaf("c")]}]}
    host = PlayedHost({"a": 0, "b": 1, "c": 0})
    rules = [rule("excepted", either), rule("ra", leaf("a")), rule("rc", leaf("c")), rule("rb", leaf("b", 2))]
    _record, results = remediate(rules, host, decisions=excepted("excepted"))

    assert {name: result for name, (result, _why) in results.items()} == {
        "excepted": "skipped",
        "ra": "skipped",
        "rc": "skipped",
        "rb": "fixed",
    }


def test_rule_with_another_way_takes_that():
    host = PlayedHost({"package": 0, "service": 0})
    either = {"any_of": [leaf("package"), leaf("service")]}
    rules = [rule("excepted", leaf("package")), rule("r", either)]
    _record, results = remediate(rules, host, decisions=excepted("excepted"))

    assert results["r"] == ("fixed", "")
    assert host.values == {"package": 0, "service": 1}


def test_excepted_rule_that_was_not_selected_holds_its_settings():
    host = PlayedHost({"a": 0})
    _record, results = remediate(
        [rule("r", leaf("a"))], host, decisions=excepted("excepted"), beside=[rule("excepted", leaf("a"))]
    )

    assert list(results) == ["r"]
    assert results["r"][0] == "skipped"
    assert host.values == {"a": 0}


def test_excepted_door_is_not_opened():
    host = PlayedHost({"d": 0})
    _record, results = remediate([rule("d", leaf("d", kind="door"))], host, decisions=excepted("d"))

    assert results["d"] == ("skipped", SAID)
    assert host.requests == []


def test_what_another_change_brings_about_is_told():
    host = PlayedHost({"package": 0, "a": 0}, brings={"package": {"a": 1}})
    rules = [rule("excepted", leaf("a")), rule("p", leaf("package"))]
    _record, results = remediate(rules, host, decisions=excepted("excepted"))

    assert results["excepted"] == ("fixed", f"the change of another rule put it right, though it is {SAID}")


FILES = {
    "kind": "paths",
    "address": {"glob": "/*"},
    "expect": {"each": {"fields": {"mode": {"mode_at_most": "0640"}}}},
    "set": {"mode": "0640"},
}


def owners(address):
    fields = {"fields": {"uid": {"equals": 0}}}
    return {
        **FILES,
        "address": address,
        "expect": {"each": fields} if "glob" in address else fields,
        "set": {"owner": "root"},
    }


def modes(address):
    return {
        **FILES,
        "address": address,
        "expect": {"fields": {"mode": {"mode_at_most": "0600"}}},
        "set": {"mode": "0600"},
    }


DOCUMENTS = [{"path": "/a", "mode": "0666", "uid": 7}, {"path": "/b", "mode": "0640", "uid": 0}]


def test_owner_of_a_file_is_put_right_where_its_mode_is_excepted():
    host = PlayedHost({"/*": DOCUMENTS})
    rules = [rule("excepted", FILES), rule("owners", owners({"glob": "/*"}))]
    _record, results = remediate(rules, host, check=True, decisions=excepted("excepted"))

    assert results["owners"] == ("would_fix", "")
    assert [change[1:] for change in host.requests[0]["changes"].values()] == [[{"path": "/a"}, {"owner": "root"}]]


def test_file_below_an_excepted_pattern_keeps_its_mode():
    host = PlayedHost({"/*": DOCUMENTS, "/a": DOCUMENTS[0], "/b": DOCUMENTS[1]})
    rules = [rule("excepted", FILES), rule("a", modes({"path": "/a"})), rule("b", modes({"path": "/b"}))]
    _record, results = remediate(rules, host, check=True, decisions=excepted("excepted"))

    assert results["a"][0] == "skipped"
    assert results["b"][0] == "would_fix"


def test_settings_of_excepted_rules_are_observed_where_they_may_be_shared():
    known = load_catalog()
    selection = Selection(("debian_12",), include={"rules": ["issue_notice"]})
    (plan,) = make_plan(known, selection, {}, {}, {"ssh_banner", "crontab_permissions"})
    (benchmark,) = plan.benchmarks

    assert [planned.rule.id for planned in benchmark.rules] == ["issue_notice"]
    assert [planned.rule.id for planned in benchmark.beside] == ["ssh_banner"]
    kinds = {kind for kind, _address in plan.request["settings"].values()}
    assert "sshd_option" in kinds
    assert "file" not in kinds
