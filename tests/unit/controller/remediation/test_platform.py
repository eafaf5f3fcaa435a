"""The remediation loop against a host that is played: what is changed, in which order, and what is said of each rule."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.approval import together
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import (
    BenchmarkPlan,
    PlannedRule,
    PlatformPlan,
    setting_key,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Kind, Platform, Rule, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoAnswer
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import confirmation, platform
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.limits import Limits
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.plan_part import approved_by, planned_changes
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.platform import (
    NOT_BY_US,
    PlatformRemediation,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.record import make_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.target import NotBegun, Unreachable
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.text import diff, headline, progress

PLATFORM = Platform(
    "p",
    "observe",
    "apply",
    True,
    {
        "plain": Kind("plain {name}", {"name": {"type": "string"}}, write="plain"),
        "door": Kind("door {name}", {"name": {"type": "string"}}, write="connection"),
        "fixed": Kind("fixed {name}", {"name": {"type": "string"}}),
        "both": Kind(
            "both {name}", {"name": {"type": "string"}}, ("now", "later"), write="plain", at_boot={"now": "later"}
        ),
        "effect": Kind("effect {name}", {"name": {"type": "string"}}, effect=True),
        "paths": Kind(
            "files {glob}", {}, write="plain", elements="path", fields_written={"mode": "mode", "uid": "owner"}
        ),
    },
)


def leaf(name, wanted=1, kind="plain", **keys):
    return {"kind": kind, "address": {"name": name}, "expect": {"equals": wanted}, **keys}


def rule(name, *settings, disrupts="none", manual="", closes=()):
    made = Rule(
        name, "t", "w", "do it by hand", "high", disrupts, "p", "topic", settings=settings, manual=manual, closes=closes
    )
    return PlannedRule(made, "b", ("1.1",), settings, made.fix, {})


class PlayedHost:
    """A host whose settings are a mapping; ``refuse`` and ``fail``: name -> reason; ``lost``: it is cut off by a door."""

    def __init__(self, values, **behaviour):
        self.values = dict(values)
        self.behaviour = behaviour
        self.requests = []
        self.armed = {}
        self.asked = 0

    def observe(self, plan):
        keys = plan.request["settings"]
        return {
            "benchmarks": ["b"],
            "observations": {
                key: {
                    "state": "value",
                    "value": self.values[next(iter(json.loads(key.split(" ", 1)[1]).values()))],
                    "source": "s",
                }
                for key in keys
            },
        }

    def apply(self, _plan, request):
        self.requests.append(request)
        if request["mode"] == "confirm":
            return self._confirm()
        if request["mode"] == "release":
            return {"changed": False}
        states: dict[str, dict[str, Any]] = {}
        steps = []
        before = dict(self.values)
        for change, (_kind, address, wanted, *_closes) in request["changes"].items():
            name = next(iter(address.values()))
            refused = self._not_made(name, request["options"])
            if refused:
                states[change] = refused
                continue
            states[change] = {"state": "done" if request["mode"] == "apply" else "planned"}
            if name in self.behaviour.get("leave", {}):
                states[change]["left"] = self.behaviour["leave"][name]
            if name in self.behaviour.get("pending", ()):
                states[change]["pending_reboot"] = True
            steps.append({"type": "file", "label": name, "group": request["group"], "changes": [change]})
            if request["mode"] == "apply" and name not in self.behaviour.get("deaf", ()):
                self.values[name] = wanted
                self.values.update(self.behaviour.get("brings", {}).pop(name, {}))
        if request["group"] == "connection":
            self.armed = before
        answer = {"changed": bool(steps), "changes": states, "steps": steps, "notes": [], "pending_reboot": []}
        return {**answer, "journal": "/j"} if steps and request["mode"] == "apply" else answer

    def _not_made(self, name, options):
        if name in self.behaviour.get("directory", ()) and not options["as_login"]:
            return {"state": "refused", "reason": "of the class login here", "class": "login"}
        if name in self.behaviour.get("brings_access", ()) and self.requests[-1]["group"] != "connection":
            return {"state": "refused", "reason": "has to be confirmed", "class": "armed"}
        for key, state in (("refuse", "refused"), ("fail", "failed")):
            if name in self.behaviour.get(key, {}):
                return {"state": state, "reason": self.behaviour[key][name]}
        return None

    def _confirm(self):
        self.asked += 1
        if self.behaviour.get("lost") == "for good":
            raise Unreachable("no route to host")
        if self.behaviour.get("lost"):
            if self.asked < 3:
                raise Unreachable("no route to host")
            self.values = self.armed
            return {"changed": False, "confirmed": False, "commit": {"state": "reverted", "report": {"problems": []}}}
        return {"changed": False, "confirmed": True, "commit": {"state": "confirmed", "report": {}}}

    def reconnect(self):
        self.requests.append({"mode": "reconnect"})

    @property
    def modes(self):
        return [(request["mode"], request.get("group", "")) for request in self.requests]


def remediate(rules, host, disruption=("none",), check=False, beside=(), **allowed):
    benchmark = Benchmark("b", "t", "1", "p", {}, {}, ())
    settings = [item for planned in (*rules, *beside) for item in leaves(planned.settings)]
    request = {"settings": {setting_key(item): [item["kind"], item["address"]] for item in settings}}
    plan = PlatformPlan(PLATFORM, (BenchmarkPlan(benchmark, tuple(rules), (), {}, tuple(beside)),), request)
    limits = Limits("run", frozenset(disruption), 0.2, check, **allowed)
    done = PlatformRemediation(plan, host, limits)
    done.run()
    record = make_record("h", limits, ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"), [done])
    validator("remediation_record").validate(record)
    return record, {item["rule"]: (item["result"], item.get("reason", "")) for item in record["results"]}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(confirmation, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(confirmation, "HEALING_SECONDS", 0.2)


def test_what_is_right_is_left_alone_and_what_is_wrong_is_fixed():
    host = PlayedHost({"a": 1, "b": 0})
    record, results = remediate([rule("right", leaf("a")), rule("wrong", leaf("b"))], host)

    assert results == {"right": ("already_right", ""), "wrong": ("fixed", "")}
    assert record["changed"]
    assert headline(record) == "1 already right, 1 fixed."
    assert [list(request["changes"]) for request in host.requests if request.get("changes")] == [
        ['plain {"name": "b"} = 1']
    ]


def test_second_run_changes_nothing():
    host = PlayedHost({"a": 0})
    remediate([rule("r", leaf("a"))], host)
    host.requests.clear()
    record, results = remediate([rule("r", leaf("a"))], host)

    assert host.requests == []
    assert not record["changed"]
    assert results["r"][0] == "already_right"


def test_check_mode_plans_once_and_changes_nothing():
    host = PlayedHost({"a": 0, "d": 0})
    record, results = remediate([rule("r", leaf("a")), rule("s", leaf("d", kind="door"))], host, check=True)

    assert results == {"r": ("would_fix", ""), "s": ("would_fix", "")}
    assert host.modes == [("plan", "plain"), ("plan", "connection")]
    assert host.values == {"a": 0, "d": 0}
    assert not record["changed"]


def test_disruption_that_is_not_allowed_is_skipped_with_the_reason():
    host = PlayedHost({"a": 0})
    _record, results = remediate([rule("r", leaf("a"), disrupts="service_restart")], host, ["service_reload"])

    assert results["r"][0] == "skipped"
    assert "service_restart" in results["r"][1]
    assert "do it by hand" in results["r"][1]
    assert host.values == {"a": 0}


def test_switch_is_named_only_where_it_helps():
    rules = [
        rule("no-writer", leaf("f", kind="fixed"), disrupts="login"),
        rule("no-value", {**leaf("a"), "expect": {"at_least": 1}}, disrupts="network"),
        rule("helps", leaf("b"), disrupts="login"),
    ]
    _record, results = remediate(rules, PlayedHost({"a": 0, "b": 0, "f": 0}), ["service_reload"])

    named = {name for name, (_result, reason) in results.items() if "hipaa_cis_allow_disruption" in reason}
    assert named == {"helps"}
    assert results["no-value"][1].startswith("there is no automatic fix: no value is safe")


def test_an_effect_is_looked_at_again_once_its_cause_is_changed():
    causes = rule("r", leaf("a"), leaf("e", kind="effect"))

    host = PlayedHost({"a": 0, "e": 0}, brings={"a": {"e": 1}})
    assert remediate([causes], host)[1] == {"r": ("fixed", "")}
    assert [list(request["changes"]) for request in host.requests if request.get("changes")] == [
        ['plain {"name": "a"} = 1']
    ]
    _record, results = remediate([causes], PlayedHost({"a": 0, "e": 0}))
    assert results["r"][0] != "fixed", "the cause was changed, and the effect did not come"
    _record, results = remediate([causes], PlayedHost({"a": 1, "e": 0}))
    assert results["r"][0] == "skipped"
    assert "cannot be changed automatically" in results["r"][1]


def test_an_effect_that_fails_alone_is_no_way_of_two():
    either = rule("r", {"any_of": [{"all_of": [leaf("e", kind="effect")]}, {"all_of": [leaf("a")]}]})

    assert remediate([either], PlayedHost({"a": 0, "e": 0}))[1]["r"][0] == "fixed"


@pytest.mark.parametrize("check", [False, True])
def test_platform_that_nothing_changes_says_so_once_and_is_not_asked_to(check, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PLATFORM", replace(PLATFORM, apply=""))
    host = PlayedHost({"a": 0, "b": 0})
    record, results = remediate([rule("r", leaf("a")), rule("s", leaf("b"))], host, check=check)

    assert {result for result, _reason in results.values()} == {"skipped"}
    assert "do it by hand" in results["r"][1]
    assert record["warnings"] == [
        "The platform p is audited alone: nothing is changed there, and what fails is left to a person."
    ]
    assert host.requests == []


def test_what_has_no_fix_is_skipped_with_what_a_person_has_to_do():
    host = PlayedHost({"a": 0, "f": 0, "m": 0})
    rules = [
        rule("no-writer", leaf("f", kind="fixed")),
        rule("no-value", {**leaf("a"), "expect": {"at_least": 1}}),
        rule("a-person", leaf("m"), manual="Look at it."),
    ]
    _record, results = remediate(rules, host)

    assert {name: result for name, (result, _reason) in results.items()} == dict.fromkeys(results, "skipped")
    assert "cannot be changed automatically" in results["no-writer"][1]
    assert "no value is safe" in results["no-value"][1]
    assert results["a-person"][1] == "Look at it."
    assert host.requests == []


def test_what_the_host_says_waits_for_the_next_boot_is_said():
    host = PlayedHost({"a": 0}, deaf=["a"], pending=["a"])
    _record, results = remediate([rule("r", leaf("a"))], host)

    assert results["r"] == ("still_failing", "the change is made and takes effect at the next boot")


@pytest.mark.parametrize(("later", "result"), [(1, "pending"), (0, "still_failing")])
def test_what_is_made_and_in_force_from_the_next_boot_on_is_fixed_and_pending(later, result):
    """By the second look, whatever the host says: what is so now stands beside it."""
    host = PlayedHost({"a": {"now": 0, "later": later}}, deaf=["a"])
    record, results = remediate([rule("r", leaf("a", kind="both"))], host)

    assert results["r"][0] == result
    assert ("fixed, pending: the change is made" in results["r"][1]) is (result == "pending")
    assert f"both a is now: 0, later: {later}, expected: 1" in results["r"][1]
    assert record["counts"][result] == 1


def test_refused_change_is_asked_again_only_where_the_host_is_not_the_same_any_more():
    host = PlayedHost({"a": 0}, refuse={"a": "a link"})
    remediate([rule("r", leaf("a"))], host)
    assert host.modes.count(("apply", "plain")) == 1

    host = PlayedHost({"a": 0, "b": 0}, refuse={"a": "a link"})
    remediate([rule("r", leaf("a")), rule("s", leaf("b"))], host)
    assert [len(request["changes"]) for request in host.requests if request["mode"] == "apply"] == [2, 1]


@pytest.mark.parametrize("check", [False, True])
def test_what_the_host_makes_a_matter_of_login_is_made_only_where_that_is_allowed(check):
    host = PlayedHost({"a": 0, "b": 0}, directory=["a"])
    _record, results = remediate([rule("pam", leaf("a")), rule("other", leaf("b"))], host, check=check)

    assert results["pam"] == ("skipped", "of the class login here. do it by hand")
    assert results["other"][0] == ("would_fix" if check else "fixed")

    host = PlayedHost({"a": 0, "b": 0}, directory=["a"])
    _record, results = remediate([rule("pam", leaf("a")), rule("other", leaf("b"))], host, ("login",), check=check)

    assert {result for result, _reason in results.values()} == {"would_fix" if check else "fixed"}
    assert [list(one["changes"]) for one in host.requests if one.get("group") == "connection" and one["changes"]] == [
        ['plain {"name": "a"} = 1']
    ]
    assert (("confirm", "connection") in host.modes) != check


@pytest.mark.parametrize("check", [False, True])
def test_what_the_host_wants_to_be_confirmed_is_made_so_whatever_the_class(check):
    host = PlayedHost({"a": 0, "b": 0}, brings_access=["a"])
    _record, results = remediate([rule("package", leaf("a")), rule("other", leaf("b"))], host, check=check)

    assert {result for result, _reason in results.values()} == {"would_fix" if check else "fixed"}
    assert [list(one["changes"]) for one in host.requests if one.get("group") == "connection" and one["changes"]] == [
        ['plain {"name": "a"} = 1']
    ]
    assert (("confirm", "connection") in host.modes) != check


def test_rule_that_closes_a_way_says_so_to_the_host_and_is_confirmed():
    host = PlayedHost({"a": 0})
    rules = [
        rule("one", leaf("a"), closes=("su",)),
        rule("two", leaf("a"), closes=("su", "root_ssh")),
        rule("three", leaf("a")),
    ]
    remediate(rules, host)

    (request,) = [one for one in host.requests if one.get("mode") == "apply"]
    assert request["group"] == "connection"
    assert list(request["changes"].values()) == [["plain", {"name": "a"}, 1, ["su", "root_ssh"]]]


def test_refused_failed_and_deaf_are_told_apart():
    host = PlayedHost({"a": 0, "b": 0, "c": 0}, refuse={"a": "a link"}, fail={"b": "the disk is full"}, deaf=["c"])
    _record, results = remediate([rule("a", leaf("a")), rule("b", leaf("b")), rule("c", leaf("c"))], host)

    assert results["a"] == ("skipped", "a link. do it by hand")
    assert results["b"] == ("still_failing", "the disk is full")
    assert results["c"][0] == "still_failing"
    assert "the second look still finds: plain c is 0" in results["c"][1]


def test_what_a_change_brings_is_set_right_in_the_next_pass():
    """A package that is installed brings a default of its own."""
    host = PlayedHost({"package": 0, "its-default": 1}, brings={"package": {"its-default": 0}})
    _record, results = remediate([rule("p", leaf("package")), rule("d", leaf("its-default"))], host)

    assert results == {"p": ("fixed", ""), "d": ("already_right", "")}
    assert host.values == {"package": 1, "its-default": 1}


def test_what_was_refused_is_asked_for_again_once_others_are_made(monkeypatch):
    refused = {"a": "its folder is open"}
    host = PlayedHost({"a": 0, "folder": 0}, refuse=refused)
    apply = host.apply

    def closing(plan, request):
        answer = apply(plan, request)
        if host.values["folder"]:
            refused.clear()
        return answer

    monkeypatch.setattr(host, "apply", closing)
    _record, results = remediate([rule("a", leaf("a")), rule("f", leaf("folder"))], host)

    assert results == {"a": ("fixed", ""), "f": ("fixed", "")}


def test_doors_come_last_and_are_confirmed_over_a_new_connection():
    host = PlayedHost({"d": 0, "a": 0})
    _record, results = remediate([rule("d", leaf("d", kind="door")), rule("a", leaf("a"))], host)

    assert results == {"d": ("fixed", ""), "a": ("fixed", "")}
    assert host.modes == [
        ("apply", "plain"), ("apply", "connection"), ("reconnect", ""), ("confirm", "connection"), ("release", "plain"),
    ]  # fmt: skip


@pytest.mark.parametrize("disrupts", ["login", "network", "sessions"])
def test_rule_that_may_cut_off_is_a_door_whatever_its_kind(disrupts):
    host = PlayedHost({"a": 0})
    remediate([rule("r", leaf("a"), disrupts=disrupts)], host, [disrupts])

    assert ("apply", "connection") in host.modes


def test_host_that_undid_it_is_reported_with_the_rules():
    host = PlayedHost({"d": 0, "a": 0}, lost="for a while")
    record, results = remediate([rule("d", leaf("d", kind="door")), rule("a", leaf("a"))], host)

    assert results["d"][0] == "reverted"
    assert results["a"] == ("fixed", "")
    assert record["reverted"]
    assert "undid them by itself: d" in headline(record)


def test_host_that_stays_away_breaks_the_run_off_and_what_was_done_before_is_recorded():
    host = PlayedHost({"d": 0, "a": 0}, lost="for good")
    record, results = remediate([rule("d", leaf("d", kind="door")), rule("a", leaf("a"))], host)

    assert "docs/remediation.md" in record["broke_off"]
    assert record["changed"]
    assert "hipaa_cis_run_id=run" in headline(record)
    assert results["a"] == ("fixed", "")


def broken(group, problem, state="reverted"):
    """A host that gives no answer to the apply of a group; ``state``: of what is to be confirmed."""

    class Broken(PlayedHost):
        def apply(self, plan, request):
            if request["mode"] == "status":
                self.requests.append(request)
                self.values.update(dict.fromkeys(["d"], 0))
                return {"changed": False, "commit": {"state": state, "report": {}}}
            concerned = request["mode"] == "apply" and request["group"] == group
            if concerned and not isinstance(problem, (NoAnswer, Unreachable)):
                raise problem  # said by the module itself: nothing was done
            answer = super().apply(plan, request)
            if concerned:
                raise problem
            return answer

    return Broken({"a": 0, "d": 0})


BOTH = [rule("a", leaf("a")), rule("d", leaf("d", kind="door"))]


class Telling(PlayedHost):
    """A host that looks where it is asked to, and counts how often it is called for that alone."""

    def __init__(self, *given, **behaviour):
        super().__init__(*given, **behaviour)
        self.looks = 0

    def observe(self, plan):
        self.looks += 1
        return super().observe(plan)

    def apply(self, plan, request):
        answer = super().apply(plan, request)
        decided = answer.get("confirmed") if request["mode"] == "confirm" else answer["changed"]
        if "observe" in request and decided:
            assert request["observe"] == plan.request
            answer["observed"] = super().observe(plan)
        return answer


def test_host_that_says_how_it_stands_afterwards_is_not_called_for_it_again():
    host = Telling({"a": 0, "d": 0})
    _record, results = remediate(BOTH, host)

    assert results == {"a": ("fixed", ""), "d": ("fixed", "")}
    assert host.looks == 1


def test_host_is_looked_at_again_after_it_undid_what_was_not_confirmed():
    host = Telling({"a": 0, "d": 0}, lost=True)
    _record, results = remediate(BOTH, host)

    assert results["a"] == ("fixed", "")
    assert results["d"] == ("reverted", platform.CUT_OFF)
    assert host.looks == 2


def test_nothing_is_looked_at_before_it_is_confirmed():
    host = Telling({"d": 0})
    remediate([rule("d", leaf("d", kind="door"))], host)

    assert [request["mode"] for request in host.requests if "observe" in request] == ["confirm"]


@pytest.mark.parametrize("problem", [Unreachable("reset by peer"), NoAnswer("killed")])
def test_group_whose_answer_was_lost_is_undone_by_the_host_and_said(problem):
    host = broken("connection", problem)
    record, results = remediate(BOTH, host)

    assert results["a"] == ("fixed", "")
    assert results["d"] == ("reverted", platform.BROKEN)
    assert record["reverted"]
    assert ("confirm", "connection") not in host.modes, "what nobody knows must not be confirmed"


def test_group_that_was_not_begun_breaks_the_run_off():
    record, results = remediate(BOTH, broken("connection", Unreachable("reset by peer"), state="none"))

    assert record["broke_off"] == "reset by peer"
    assert not record["reverted"]
    assert results["a"] == ("fixed", "")


def test_module_that_was_killed_breaks_the_run_off_with_how_things_stand():
    host = broken("plain", NoAnswer("killed"))
    record, results = remediate(BOTH, host)

    assert record["broke_off"] == "killed"
    assert record["changed"], "it is not known how far it got"
    assert results["a"] == ("fixed", ""), "the second look says so"
    assert results["d"][0] == "skipped"
    assert host.modes[-1] == ("release", "plain")


def test_refusal_of_the_whole_request_is_no_change():
    record, results = remediate(BOTH, broken("plain", HipaaCisError("another run is at work")))

    assert record["broke_off"] == "another run is at work"
    assert not record["changed"]
    assert "takes it back" not in headline(record)
    assert results["a"] == ("skipped", "the run broke off before this was changed")


def test_what_the_run_that_holds_the_host_has_put_right_is_not_told_as_ones_own(monkeypatch):
    """A second run looks, is refused, and looks again: meanwhile the first one has changed the host."""
    host = PlayedHost({"a": 0, "d": 0})

    def refused(_plan, _request):
        host.values.update(a=1, d=1)
        raise HipaaCisError("another run is at work")

    monkeypatch.setattr(host, "apply", refused)
    record, results = remediate(BOTH, host)

    assert (record["changed"], record["counts"]["fixed"], record["steps"]) == (False, 0, [])
    assert results["a"] == ("already_right", NOT_BY_US)
    assert "rollback" not in headline(record)
    assert "fixed" not in headline(record)


def other_system(host, named=True):
    """The host says that it is a Debian 13; the benchmark is made for 12."""
    plain = host.observe

    def observe(plan):
        object.__setattr__(plan.benchmarks[0], "named", named)
        object.__setattr__(plan.benchmarks[0].benchmark, "detect", {"VERSION_ID": ("12",)})
        return {**plain(plan), "facts": {"os_release": {"VERSION_ID": "13", "PRETTY_NAME": "Debian 13"}}}

    host.observe = observe
    return host


@pytest.mark.parametrize("check", [False, True])
def test_benchmark_named_for_another_system_is_refused_before_anything_is_begun(check):
    host = other_system(PlayedHost({"a": 0, "d": 0}))

    with pytest.raises(
        HipaaCisError, match=r"Debian 13; b@1 was named for it, and what it sets may break .*hipaa_cis_force_benchmark"
    ):
        remediate(BOTH, host, check=check)
    assert host.requests == []


def test_benchmark_named_for_a_host_that_does_not_say_what_it_is_is_refused_too():
    host = other_system(PlayedHost({"a": 0, "d": 0}))
    named = host.observe
    host.observe = lambda plan: {**named(plan), "facts": {"os_release": {}, "os_release_unknown": "two files disagree"}}

    with pytest.raises(
        HipaaCisError, match=r"\(two files disagree\); b@1 was named for it, .*hipaa_cis_force_benchmark"
    ):
        remediate(BOTH, host)
    assert host.requests == []


def test_benchmark_named_for_another_system_is_used_with_a_warning_where_that_is_forced():
    record, results = remediate(BOTH, other_system(PlayedHost({"a": 0, "d": 0})), force_benchmark=True)

    assert results["a"][0] == "fixed"
    assert record["warnings"] == ["The host says it is Debian 13; b@1 was named for it and may change it wrongly."]


def test_benchmark_that_was_detected_is_no_other_systems():
    _record, results = remediate(BOTH, other_system(PlayedHost({"a": 0, "d": 0}), named=False))

    assert results["a"][0] == "fixed"


def test_first_alternative_that_can_be_brought_about_is_taken():
    either = {"any_of": [leaf("f", kind="fixed"), {"all_of": [leaf("a"), leaf("b")]}, leaf("c")]}
    host = PlayedHost({"f": 0, "a": 0, "b": 1, "c": 0})
    _record, results = remediate([rule("r", either)], host)

    assert results["r"][0] == "fixed"
    assert host.values == {"f": 0, "a": 1, "b": 1, "c": 0}


def test_alternative_that_the_host_refuses_gives_way_to_the_next():
    """A package that another needs stays; its service is stopped."""
    either = {"any_of": [leaf("package"), leaf("service")]}
    host = PlayedHost({"package": 0, "service": 0}, refuse={"package": "another needs it"})
    _record, results = remediate([rule("r", either)], host)

    assert results["r"] == ("fixed", "")
    assert host.values == {"package": 0, "service": 1}


def test_reason_of_the_first_refusal_is_told_where_no_alternative_is_left():
    either = {"any_of": [leaf("package"), leaf("service")]}
    host = PlayedHost({"package": 0, "service": 0}, refuse={"package": "another needs it", "service": "no such unit"})
    _record, results = remediate([rule("r", either)], host)

    assert results["r"][0] == "skipped"
    assert results["r"][1].startswith("another needs it")


def test_alternatives_none_of_which_applies_keep_nothing_from_being_fixed():
    elsewhere = [{"setting": leaf("other"), "otherwise": "the other program is not here"}]
    either = {"any_of": [leaf("b", applies_if=elsewhere), leaf("c", applies_if=elsewhere)]}
    host = PlayedHost({"a": 0, "b": 0, "c": 0, "other": 0})
    # The second rule asks for what the alternatives hang on.
    _record, results = remediate([rule("r", leaf("a"), either), rule("o", leaf("other", 0))], host)

    assert results["r"] == ("fixed", "")
    assert host.values == {"a": 1, "b": 0, "c": 0, "other": 0}


def test_set_and_fields_say_what_is_written():
    chosen = {**leaf("a"), "expect": {"at_least": 5}, "set": 7}
    host = PlayedHost({"a": 0, "b": {"x": 0, "y": 1}})
    fields = {**leaf("b"), "expect": {"fields": {"x": {"equals": 1}, "y": {"equals": 1}}}}
    _record, results = remediate([rule("r", chosen), rule("s", fields)], host)

    assert host.values == {"a": 7, "b": {"x": 1, "y": 1}}
    assert results == {"r": ("fixed", ""), "s": ("fixed", "")}


def test_files_of_a_pattern_are_changed_one_by_one_and_only_in_what_is_wrong():
    documents = [
        {"path": "/a", "type": "file", "mode": "0666", "uid": 0},
        {"path": "/b", "type": "file", "mode": "0600", "uid": 7},
        {"path": "/c", "type": "file", "mode": "0600", "uid": 0},
        {"path": "/d", "type": "link", "mode": "0777", "uid": 9},
    ]
    setting = {
        "kind": "paths",
        "address": {"glob": "/*"},
        "select": "[?type=='file']",
        "expect": {"each": {"fields": {"mode": {"mode_at_most": "0640"}, "uid": {"equals": 0}}}},
        "set": {"mode": "0640", "owner": "root"},
    }
    host = PlayedHost({"/*": documents}, fail={})
    remediate([rule("r", setting)], host, check=True)

    assert [change[1:] for change in host.requests[0]["changes"].values()] == [
        [{"path": "/a"}, {"mode": "0640"}],
        [{"path": "/b"}, {"owner": "root"}],
    ]


class ByDefault(PlayedHost):
    """A host on which what has no value is absent."""

    def observe(self, plan):
        seen = super().observe(plan)
        for key, observation in seen["observations"].items():
            if observation["value"] is None:
                seen["observations"][key] = {"state": "absent", "source": "s"}
        return seen


DEFAULT = {"expect": {"any_of": [{"absent": True}, {"equals": 1}]}, "write_out": 1}


def test_default_is_written_out_and_the_rule_was_right_all_along():
    host = ByDefault({"a": None})
    record, results = remediate([rule("r", leaf("a", **DEFAULT))], host)

    assert results == {
        "r": ("already_right", "it held already; that is written where people and other scanners look for it")
    }
    assert host.values == {"a": 1}
    assert record["changed"]
    assert record["results"][0]["changes"] == ["a"]


@pytest.mark.parametrize("check", [False, True])
def test_default_of_a_rule_that_fails_is_written_out_with_what_is_fixed(check):
    host = ByDefault({"a": None, "b": 0})
    record, results = remediate([rule("r", leaf("a", **DEFAULT), leaf("b"))], host, check=check)

    assert results["r"][0] == ("would_fix" if check else "fixed")
    assert sorted(record["results"][0]["changes"]) == ["a", "b"]
    assert host.modes.count(("plan" if check else "apply", "plain")) == 1


def test_default_would_be_written_out_in_check_mode():
    host = ByDefault({"a": None})
    record, results = remediate([rule("r", leaf("a", **DEFAULT))], host, check=True)

    assert results["r"][0] == "already_right"
    assert "would be written" in results["r"][1]
    assert host.values == {"a": None}
    assert not record["changed"]


def test_nothing_is_written_out_where_the_site_does_not_want_it():
    host = ByDefault({"a": None})
    record, results = remediate([rule("r", leaf("a", **DEFAULT))], host, write_out=False)

    assert results == {"r": ("already_right", "")}
    assert not record["changed"]
    assert host.modes == []


def test_nothing_is_written_out_that_disrupts_more_than_is_allowed():
    host = ByDefault({"a": None})
    _record, results = remediate([rule("r", leaf("a", **DEFAULT), disrupts="login")], host)

    assert results == {"r": ("already_right", "")}
    assert host.modes == []


def test_default_that_the_host_refuses_to_write_out_is_right_all_the_same():
    host = ByDefault({"a": None}, refuse={"a": "another tool owns the file"})
    record, results = remediate([rule("r", leaf("a", **DEFAULT))], host)

    assert results == {"r": ("already_right", "")}
    assert not record["changed"]


def test_one_that_cannot_be_changed_is_named_and_the_others_are_changed():
    host = PlayedHost({"a": 0, "b": 0}, refuse={"b": "b is a link"})
    _record, results = remediate([rule("r", leaf("a"), leaf("b"))], host)

    assert results["r"] == ("still_failing", "the rest was changed, and this was left: b is a link")
    assert host.values == {"a": 1, "b": 0}

    host = PlayedHost({"a": 0, "b": 0}, refuse={"b": "b is a link"})
    _record, results = remediate([rule("r", leaf("a"), leaf("b"))], host, check=True)
    assert results["r"] == ("would_fix", "a part of it would be left: b is a link")


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (False, ("still_failing", "the rest was changed, and this was left: x of a is a link")),
        (True, ("would_fix", "a part of it would be left: x of a is a link")),
    ],
)
def test_part_of_a_change_that_was_left_is_named(check, expected):
    host = PlayedHost({"a": 0}, leave={"a": "x of a is a link"}, deaf=["a"])
    _record, results = remediate([rule("r", leaf("a"))], host, check=check)

    assert results["r"] == expected


def test_what_is_refused_after_a_part_of_it_was_made_was_left(monkeypatch):
    host = PlayedHost({"a": 0}, deaf=["a"])
    apply = host.apply

    def once(plan, request):
        answer = apply(plan, request)
        if request["mode"] == "apply":
            host.behaviour["refuse"] = {"a": "its owner stays"}
        return answer

    monkeypatch.setattr(host, "apply", once)
    _record, results = remediate([rule("r", leaf("a"))], host)

    assert results["r"] == ("still_failing", "the rest was changed, and this was left: its owner stays")


def test_window_that_closes_before_the_first_change_leaves_the_host_as_it_is(monkeypatch):
    def closed(*_request):
        raise NotBegun("the window is closed")

    host = PlayedHost({"a": 0, "b": 1})
    monkeypatch.setattr(host, "apply", closed)
    record, results = remediate([rule("r", leaf("a")), rule("s", leaf("b"))], host)

    assert record["not_begun"] == "the window is closed"
    assert headline(record) == "Not begun: the window is closed"
    assert results == {"r": ("skipped", "not begun: the window is closed"), "s": ("already_right", "")}
    assert not record["changed"]
    assert "broke_off" not in record


APPROVED = 'plain {"name": "a"} = 1'


def test_change_that_the_approved_plan_does_not_have_is_not_even_asked_for():
    host = PlayedHost({"a": 0, "b": 0})
    plan = {"p": {APPROVED: {"a": ["1", "2", "3"]}}}
    record, results = remediate([rule("r", leaf("a")), rule("s", leaf("b"))], host, approved=plan, plan_digest="0" * 64)

    assert results["r"][0] == "fixed"
    assert results["s"] == (
        "skipped",
        "not in the approved plan; the run in check mode that made the plan says why, and whom a change would shut out",
    )
    assert host.values == {"a": 1, "b": 0}
    assert record["plan_digest"] == "0" * 64
    asked = [request["approved"] for request in host.requests if request.get("changes")]
    assert asked == [{APPROVED: {"a": ["1", "2", "3"]}}]


def test_plan_that_has_nothing_for_the_platform_changes_nothing():
    host = PlayedHost({"a": 0})
    _record, results = remediate([rule("r", leaf("a"))], host, approved={}, plan_digest="0" * 64)

    assert results["r"][0] == "skipped"
    assert host.requests == []


def test_other_way_that_is_approved_is_taken():
    host = PlayedHost({"a": 0, "b": 0})
    either = {"any_of": [leaf("b"), leaf("a")]}
    _record, results = remediate([rule("r", either)], host, approved={"p": {APPROVED: {}}}, plan_digest="0" * 64)

    assert results["r"][0] == "fixed"
    assert host.values == {"a": 1, "b": 0}


def test_plan_of_a_host_names_rules_class_and_parts_of_each_change():
    host = PlayedHost({"a": 0, "d": 0})
    rules = [rule("r", leaf("a")), rule("s", leaf("a"), disrupts="sessions"), rule("d", leaf("d", kind="door"))]
    benchmark = Benchmark("b", "t", "1", "p", {}, {}, ())
    settings = [item for planned in rules for item in leaves(planned.settings)]
    request = {"settings": {setting_key(item): [item["kind"], item["address"]] for item in settings}}
    plan = PlatformPlan(PLATFORM, (BenchmarkPlan(benchmark, tuple(rules), (), {}),), request)
    done = PlatformRemediation(plan, host, Limits("run", frozenset({"none", "sessions"}), 0.2, check=True))
    done.run()
    part = {"what": "/x", "type": "file", "from": [], "to": [], "read": "1", "gives": "2", "changes": [APPROVED]}
    done.parts = [part]
    door, shared = planned_changes([done])

    assert (door["rules"], door["disrupts"], door["group"], door["steps"]) == (["d"], "none", "connection", [])
    assert (shared["rules"], shared["disrupts"]) == (["r", "s"], "sessions")
    [step] = shared["steps"]
    assert (step["path"], step["read"], step["gives"]) == ("/x", "1", "2")
    assert approved_by({"changes": [door, shared]}, "p")[APPROVED] == {"/x": ["1", "2", together([APPROVED])]}


def test_difference_says_which_rules_a_change_serves():
    steps: list[dict[str, Any]] = [
        {"type": "file", "label": "/etc/x", "changes": ["one", "two"], "diff": {"lines": "+a\n"}},
        {"type": "refresh", "label": "reload", "changes": []},
    ]
    shown = [one["prepared"] for one in diff(steps, rules={"one": ["b", "a"], "two": ["b"]})]

    assert shown == ["/etc/x  [a, b]\n+a\n", "reload\nrun: reload\n"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"mode": "plan", "group": "plain", "changes": {"a": ["file", {}, 1]}}, "web: planning 1 change (file 1)"),
        (
            {
                "mode": "apply",
                "group": "plain",
                "changes": {"a": ["sysctl", {}, 1], "b": ["file", {}, 1], "c": ["file", {}, 2]},
            },
            "web: making 3 changes (file 2, sysctl 1)",
        ),
        (
            {"mode": "apply", "group": "connection", "changes": {"a": ["sudo", {}, 1]}},
            "web: making 1 change (sudo 1), then coming back over a new connection",
        ),
        ({"mode": "confirm", "group": "connection", "changes": {}}, ""),
    ],
)
def test_what_may_take_long_is_told_before_it_is_begun(request_, told):
    assert progress("web", request_) == told
