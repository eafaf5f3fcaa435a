"""Judge and plan: outcomes, their precedence, and what must never pass."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, make_plan, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Kind, Platform, Rule
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from tests.unit.controller.catalog.catalogs import SECOND_PLATFORM

PLATFORM = Platform(
    "p",
    "p_observe",
    "p_apply",
    True,
    {
        "k": Kind("k {name}", {"name": {"type": "string"}}),
        "d": Kind("d {name}", {}, ("run", "all[].v")),
        "l": Kind("l {name}", {}, ("[].v",), elements="of"),
    },
)


def leaf(name, kind="k", **keys):
    return {"kind": kind, "address": {"name": name}, "expect": {"equals": 1}, **keys}


def finding(settings, seen, applies_if=(), manual="", loose=None):
    rule = Rule(
        "r",
        "t",
        "w",
        "f",
        "high",
        "none",
        "p",
        "topic",
        settings=tuple(settings),
        applies_if=tuple(applies_if),
        manual=manual,
    )
    planned = PlannedRule(rule, "b", ("1.1",), tuple(settings), "do it", loose or {})
    observations = {setting_key({"kind": kind, "address": {"name": name}}): one for (kind, name), one in seen.items()}
    return Judge(PLATFORM, observations).judge(planned)


GOOD = {"state": "value", "value": 1, "source": "/etc/x:1"}
BAD = {"state": "value", "value": 2}
GONE = {"state": "absent"}
BROKEN = {"state": "error", "reason": "only root can read it"}


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (GOOD, GOOD, "pass", "pass"),
        (GOOD, BAD, "fail", "pass"),
        (BAD, BAD, "fail", "fail"),
        (GOOD, GONE, "fail", "pass"),
        (BROKEN, GOOD, "error", "pass"),
        (BROKEN, BAD, "error", "error"),
        ({"state": "surprise"}, GOOD, "error", "pass"),
    ],
)
def test_outcome_of_groups(a, b, both, either):
    seen = {("k", "a"): a, ("k", "b"): b}

    assert finding([leaf("a"), leaf("b")], seen).outcome == both
    assert finding([{"any_of": [leaf("a"), leaf("b")]}], seen).outcome == either


def test_check_that_stands_in_several_alternatives_is_told_once():
    seen = {("k", "a"): BAD, ("k", "b"): BAD}

    checks = finding([{"any_of": [{"all_of": [leaf("a"), leaf("b")]}, leaf("a")]}], seen).checks

    assert [check.setting for check in checks] == ["k a", "k b"]


def test_setting_without_an_answer_is_an_error():
    assert finding([leaf("a")], {}).outcome == "error"


def test_condition_that_does_not_hold_gives_not_applicable_with_its_reason():
    condition = {"setting": leaf("c"), "otherwise": "no such thing here"}

    judged = finding([leaf("a")], {("k", "a"): BAD, ("k", "c"): BAD}, applies_if=[condition])

    assert (judged.outcome, judged.reason) == ("not_applicable", "no such thing here")


def test_condition_that_cannot_be_read_is_an_error():
    condition = {"setting": leaf("c"), "otherwise": "no such thing here"}

    assert finding([leaf("a")], {("k", "a"): GOOD, ("k", "c"): BROKEN}, applies_if=[condition]).outcome == "error"


def test_group_whose_settings_are_all_dropped_does_not_pass():
    dropped = leaf("b", applies_if=[{"setting": leaf("c"), "otherwise": "not here"}])
    seen = {("k", "a"): BAD, ("k", "b"): GOOD, ("k", "c"): BAD}

    assert finding([{"any_of": [leaf("a"), {"all_of": [dropped]}]}], seen).outcome == "fail"
    assert finding([dropped], seen).outcome == "not_applicable"


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ({"run": 1, "all": []}, "pass"),
        ({"run": 1, "all": [{"v": 1}]}, "pass"),
        ({"run": 1, "all": [{"v": 1}, {"v": 2}]}, "fail"),
        ({"run": None, "all": []}, "fail"),
        ("not a document", "fail"),
    ],
)
def test_expectation_holds_on_every_part(value, outcome):
    assert finding([leaf("a", kind="d")], {("d", "a"): {"state": "value", "value": value}}).outcome == outcome


def test_manual_rule_never_passes():
    evidence = {"kind": "k", "address": {"name": "a"}}

    assert finding([evidence], {("k", "a"): GOOD}, manual="look at it").outcome == "manual"
    assert finding([], {}, manual="look at it").outcome == "manual"
    assert finding([evidence], {("k", "a"): BROKEN}, manual="look at it").outcome == "error"


def pump(site_values, **selection):
    known = load_catalog([str(SECOND_PLATFORM)])
    (plan,) = make_plan(known, Selection(benchmarks=("pump",), **selection), site_values, {})
    return plan


def judged_lock(site_values, minutes):
    plan = pump(site_values)
    key = next(key for key in plan.request["settings"] if "screen_lock" in key)
    planned = next(rule for rule in plan.benchmarks[0].rules if rule.rule.id == "pump_screen_lock")
    return Judge(plan.platform, {key: {"state": "value", "value": minutes}}).judge(planned).as_dict()


@pytest.mark.parametrize(
    ("site_values", "minutes", "outcome"),
    [
        ({}, 5, "pass"),
        ({"pump_screen_lock_minutes": 3}, 3, "pass"),
        ({"pump_screen_lock_minutes": "3"}, 4, "fail"),
        ({"pump_screen_lock_minutes": 15}, 15, "fail"),
        ({"pump_screen_lock_minutes": 15}, 4, "fail"),
    ],
)
def test_value_looser_than_the_bound_fails(site_values, minutes, outcome):
    assert judged_lock(site_values, minutes)["outcome"] == outcome


def test_loose_value_is_said():
    result = judged_lock({"pump_screen_lock_minutes": 15}, 15)

    assert any("looser than the benchmark's bound" in check.get("reason", "") for check in result["checks"])
    assert "between 1 and 5" in result["fix"]


def test_what_to_do_never_names_the_value_that_is_too_loose():
    known = load_catalog([])
    loose = {"faillock_deny": 99}
    (plan,) = make_plan(known, Selection(benchmarks=("debian_12",)), loose, {})
    wrong = [planned for planned in plan.benchmarks[0].rules if planned.loose]

    assert wrong
    for planned in wrong:
        fix = Judge(plan.platform, {}).judge(planned).planned.fix
        assert "99" not in fix
        assert str(planned.loose["faillock_deny"].default) in fix


@pytest.mark.parametrize(
    ("selection", "site_values", "message"),
    [
        ({"benchmarks": ("debian_21",)}, {}, "unknown benchmark 'debian_21'"),
        ({"level": 3}, {}, "unknown level '3'"),
        ({"profile": "laptop"}, {}, "unknown profile 'laptop'"),
        ({"include": {"rules": ["pump_telnet_of"]}}, {}, "Did you mean pump_telnet_off"),
        ({"include": {"rule": ["x"]}}, {}, "unknown key of include 'rule'"),
        ({"exclude": {"severity": ["dire"]}}, {}, "unknown name in exclude.severity: 'dire'"),
        ({}, {"pump_lock": 3}, "unknown parameter 'pump_lock'"),
        ({}, {"pump_screen_lock_minutes": "soon"}, "has to be of type integer"),
        (
            {"benchmarks": ("pump",), "exclude": {"severity": ["high", "critical"]}, "level": 1},
            {},
            "leaves no recommendation over",
        ),
    ],
)
def test_wrong_request_is_one_clear_message(selection, site_values, message):
    known = load_catalog([str(SECOND_PLATFORM)])

    with pytest.raises(HipaaCisError, match=message.replace("(", r"\(")):
        make_plan(known, Selection(**{"benchmarks": ("pump",), **selection}), site_values, {})


def test_filters_and_levels():
    def chosen(**selection):
        return [planned.rule.id for planned in pump({}, **selection).benchmarks[0].rules]

    assert chosen() == ["pump_screen_lock", "pump_telnet_off"]
    assert chosen(include={"safeguards": ["164.312(e)(1)"]}) == ["pump_telnet_off"]
    assert chosen(exclude={"recommendations": ["1.2"]}) == ["pump_screen_lock"]
    assert chosen(include={"severity": ["critical"], "rules": ["pump_telnet_off"]}) == ["pump_telnet_off"]
    assert not pump({}).benchmarks[0].unjudged
    assert [item.id for item in pump({}, level=2).benchmarks[0].unjudged] == ["1.3"]


EACH = {"kind": "k", "address": {"name": "a"}, "expect": {"each": {"fields": {"mode": {"equals": 1}}}}}


@pytest.mark.parametrize(
    ("seen", "expect", "failing"),
    [
        ({"state": "value", "value": [{"mode": 1}, {"mode": 2}]}, EACH["expect"], [{"mode": 2}]),
        ({"state": "value", "value": [{"mode": 1}]}, EACH["expect"], []),
        ({"state": "value", "value": {"mode": 1}}, EACH["expect"], [{"mode": 1}]),
        ({"state": "value", "value": [{"mode": 2}, "odd"]}, EACH["expect"], None),
        ({"state": "value", "value": [{"mode": 2}]}, {"equals": []}, None),
        ({"state": "value", "value": "text"}, EACH["expect"], None),
        ({"state": "absent"}, EACH["expect"], None),
        (None, EACH["expect"], None),
    ],
)
def test_documents_that_fail_are_named_where_they_can_be_told(seen, expect, failing):
    setting = {**EACH, "expect": expect}
    judge = Judge(PLATFORM, {setting_key(setting): seen} if seen else {})

    assert judge.failing_documents(setting) == failing


@pytest.mark.parametrize(
    ("kind", "value", "outcome"),
    [
        ("d", {"run": 1, "all": [{"v": 1}, {"v": 1}]}, "pass"),
        ("d", {"run": 1, "all": []}, "pass"),
        ("d", {"run": 1, "all": [{"v": 1}, {"v": None}]}, "pass"),
        # A projection of JMESPath leaves out who lacks it.
        ("d", {"run": 1, "all": [{"v": 1}, {"w": 1}]}, "fail"),
        ("d", {"run": 1, "all": ["odd"]}, "error"),
        ("l", [{"of": "a", "v": 1}], "pass"),
        ("l", [{"of": "a", "v": 1}, {"of": "b"}], "fail"),
        ("l", [{"v": 1}], "error"),
        # Nothing was looked at.
        ("l", [], "fail"),
        ("l", {}, "fail"),
    ],
)
def test_an_expectation_holds_on_each_element_and_not_on_none_at_all(kind, value, outcome):
    seen = {(kind, "a"): {"state": "value", "value": value}}

    assert finding([leaf("a", kind)], seen).outcome == outcome


def test_of_many_those_that_fail_are_told_first():
    users = [{"of": f"user {number}", "v": 1} for number in range(300)]
    users[250] = {"of": "user 250"}

    told = finding([leaf("a", "l")], {("l", "a"): {"state": "value", "value": users}}).checks[0].observed

    assert told.startswith("user 250 v: absent, user 0 v: 1, ")


def test_reason_of_a_finding_is_that_of_its_first_error():
    other = {"state": "error", "reason": "another"}

    found = finding([leaf("a"), leaf("b"), leaf("c")], {("k", "a"): GOOD, ("k", "b"): BROKEN, ("k", "c"): other})
    assert (found.outcome, found.reason) == ("error", "only root can read it")
    # The error of one alternative is no reason of a rule that fails by another.
    found = finding([leaf("a"), leaf("b")], {("k", "a"): BAD, ("k", "b"): GOOD})
    assert (found.outcome, found.reason) == ("fail", "")


@pytest.mark.parametrize(
    ("value", "expect", "text"),
    [
        ({"mode": 1, "uid": 0, "more": 2}, {"fields": {"mode": {"equals": 1}, "uid": {"equals": 0}}}, "mode 1, uid 0"),
        ({"mode": 1}, {"equals": 1}, '{"mode": 1}'),
        ("", {"equals": 1}, "empty"),
        (True, {"equals": 1}, "true"),
        (False, {"equals": 1}, "false"),
        ([], {"equals": 1}, "none"),
        (["a", 2], {"equals": 1}, "a, 2"),
        ("x" * 400, {"equals": 1}, "x" * 400),
        ("x" * 401, {"equals": 1}, "x" * 396 + " ..."),
    ],
)
def test_what_was_seen_is_told_briefly(value, expect, text):
    found = finding([{**leaf("a"), "expect": expect}], {("k", "a"): {"state": "value", "value": value}})

    assert found.checks[0].observed == text


def test_document_is_told_in_a_fixed_order():
    found = finding([leaf("a")], {("k", "a"): {"state": "value", "value": {"b": 1, "a": {"d": 1, "c": 2}}}})

    assert found.checks[0].observed == '{"a": {"c": 2, "d": 1}, "b": 1}'


UNSEEN = {"state": "unseen", "reason": "the state of a unit"}


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (UNSEEN, GOOD, "not_applicable", "pass"),
        (UNSEEN, UNSEEN, "not_applicable", "not_applicable"),
        (UNSEEN, BAD, "fail", "not_applicable"),
        (UNSEEN, BROKEN, "error", "error"),
    ],
)
def test_what_a_tree_does_not_show_never_passes_and_hides_no_failure(a, b, both, either):
    for one, other in ((a, b), (b, a)):
        seen = {("k", "a"): one, ("k", "b"): other}
        assert finding([leaf("a"), leaf("b")], seen).outcome == both
        assert finding([{"any_of": [leaf("a"), leaf("b")]}], seen).outcome == either


def test_a_rule_that_a_tree_does_not_show_says_why_and_which_setting():
    seen = finding([leaf("a"), leaf("b")], {("k", "a"): GOOD, ("k", "b"): UNSEEN})
    assert seen.reason == "Only a running host shows it: the state of a unit"
    assert [(check.setting, check.outcome) for check in seen.checks] == [("k a", "pass"), ("k b", "not_applicable")]


@pytest.mark.parametrize(
    ("rest", "outcome"), [(GOOD, "not_applicable"), (BAD, "not_applicable"), (BROKEN, "not_applicable")]
)
def test_where_a_tree_does_not_show_whether_a_rule_applies_it_is_not_judged(rest, outcome):
    condition = {"setting": leaf("c"), "otherwise": "there is none"}
    whole = finding([leaf("a")], {("k", "a"): rest, ("k", "c"): UNSEEN}, applies_if=[condition])
    assert (whole.outcome, whole.reason[:43]) == (outcome, "It is not known whether the rule applies: O")
    part = finding([leaf("a", applies_if=[condition])], {("k", "a"): rest, ("k", "c"): UNSEEN})
    assert part.outcome == outcome


def test_a_condition_that_does_not_hold_goes_before_one_that_is_unseen():
    conditions = [{"setting": leaf(name), "otherwise": f"no {name}"} for name in ("c", "d")]
    seen = finding([leaf("a")], {("k", "a"): GOOD, ("k", "c"): UNSEEN, ("k", "d"): BAD}, applies_if=conditions)
    assert (seen.outcome, seen.reason, seen.checks) == ("not_applicable", "no d", ())


@pytest.mark.parametrize(
    ("label", "address", "told"),
    [
        ("value {key}|{name} {view}", {"key": "A", "name": "x", "view": 32}, "value A|x 32"),
        # What is not given leaves its place, with the blank or comma before it; what the label does not name is not told.
        ("value {key}|{name} {view}", {"key": "A", "name": "x", "default": 0}, "value A|x"),
        ("filter: {query}, {family}", {"query": "rules"}, "filter: rules"),
        # Without anything that it names, all that is given follows.
        ("policy", {"name": "x", "paths": ["/a", "/b"]}, "policy x, /a /b"),
        ("policy {name}", {"of": "x"}, "policy x"),
        ("policy", {}, "policy"),
        # What stands for a path.
        ("file {path}", {"glob": "/etc/*.d"}, "file /etc/*.d"),
        ("file {path}", {"included_by": "/etc/a"}, "file /etc/a"),
        ("file {path}", {"path": "/{a}"}, "file /{a}"),
    ],
)
def test_a_setting_is_told_by_the_label_of_its_kind(label, address, told):
    platform = Platform("p", "p_observe", "p_apply", True, {"k": Kind(label, {})})
    setting = {"kind": "k", "address": address, "expect": {"equals": 1}}

    assert Judge(platform, {setting_key(setting): GOOD}).check(setting).setting == told
