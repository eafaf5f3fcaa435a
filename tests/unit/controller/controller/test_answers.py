"""What a host answers is looked at before it is used: nothing of it can break the controller or pass for what it is not."""

from __future__ import annotations

import copy
import itertools
import json
from contextlib import suppress
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import benchmark_id
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import answers, shapes
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.module_failure import explain
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.shapes import Unusable
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.remedies import NoRemedy, Remedies
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.rollback_record import make_rollback, said, steps
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.text import diff
from tests.unit.controller.catalog.catalogs import SECOND_PLATFORM

DIGEST = "0" * 64
DEEP: list[object] = []
for _level in range(10_000):
    DEEP = [DEEP]
HOSTILE = [
    None, True, -1, 1e300, float("nan"), float("inf"), 2**70, "", "9" * 5000, "²", "\ud800", "x" * 600_000, [], {}, [None], [[1]],
    {"a": None}, {"state": "value", "value": None}, {1: 2}, DEEP, object(), b"bytes", "benchmark\nsecond",
]  # fmt: skip
REQUEST = {
    "benchmarks": {"one": {"detect": {"ID": "x"}, "settings": ["0"]}, "two": {"detect": {"ID": "y"}, "settings": []}},
    "settings": {"0": ["kind", {}]},
}
GOOD: dict[str, Any] = {
    "benchmarks": ["one"],
    "facts": {"os_release": {"ID": "x"}, "privileged": True},
    "observations": {"0": {"state": "value", "value": {"a": [1, "b", None]}, "source": "/etc/x:1", "default": True}},
    "stats": {"seconds": 0.5},
}
MANY = {str(number): number for number in range(1000)}


def places(document, at=()):
    """Yield the path of every node of a document."""
    yield at
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from places(value, (*at, key))


def replaced(document, at, value):
    if not at:
        return value
    made = copy.deepcopy(document)
    node = made
    for key in at[:-1]:
        node = node[key]
    node[at[-1]] = value
    return made


def test_what_a_sound_host_says_is_taken_as_it_is():
    assert answers.observed({**GOOD, "changed": False, "invocation": {}}, REQUEST) == GOOD


def test_what_nobody_asked_for_goes_no_further():
    more = {"ansible_facts": {"hipaa_cis_run_dir": "/x"}, "add_host": {"host_name": "other"}, "_ansible_no_log": True}
    seen = {**GOOD["observations"], "other": GOOD["observations"]["0"]}

    assert answers.observed({**GOOD, **more, "observations": seen}, REQUEST) == GOOD
    assert answers.rolled_back({"run_id": "r", "changed": True, **more}) == {"run_id": "r", "changed": True}
    assert answers.ran({"rc": 0, **more}) == {"rc": 0}
    applied = answers.applied({"changed": False, "changes": {"other": {"state": "done"}}, **more}, {"mode": "apply"})
    assert applied == {"changed": False, "changes": {}}


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ({"benchmarks": ["one", "one"]}, "names one twice"),
        ({"benchmarks": ["three"]}, "was not asked for"),
        ({"benchmarks": "one"}, "benchmarks is no list"),
        ({"facts": DEEP}, "nested deeper than 16"),
        ({"facts": {"a": "x" * 70_000}}, "larger than 64 KiB"),
        ({"facts": []}, "facts is no object"),
        ({"facts": {"os_release": ["Debian"]}}, "os_release is no object"),
        ({"stats": {"seconds": float("nan")}}, "number that cannot be used"),
        ({"stats": MANY}, "more than 100 names"),
        ({"observations": None}, "observations is no object"),
    ],
)
def test_answer_that_cannot_be_used_says_where(spoilt, why):
    with pytest.raises(Unusable, match=why):
        answers.observed({**GOOD, **spoilt}, REQUEST)


def test_benchmark_that_was_named_cannot_be_left_out():
    named = {**REQUEST, "benchmarks": {"one": {"detect": None}, "two": {"detect": None}}}
    with pytest.raises(Unusable, match="leaves out two"):
        answers.observed(GOOD, named)


@pytest.mark.parametrize("value", [DEEP, float("nan"), "x" * 600_000, 2**70, object(), {1: 2}])
def test_one_value_that_cannot_be_used_is_the_error_of_its_setting(value):
    seen = answers.observed(replaced(GOOD, ("observations", "0", "value"), value), REQUEST)

    assert seen["observations"]["0"]["state"] == "error"
    assert seen["observations"]["0"]["reason"].startswith("what the host answered cannot be used: ")


def test_values_of_all_settings_together_have_a_bound(monkeypatch):
    monkeypatch.setattr(answers, "MAX_OBSERVATIONS", 1000)
    many = {**REQUEST, "settings": {str(number): ["k", {}] for number in range(10)}}
    value = {"state": "value", "value": "x" * 300}

    seen = answers.observed({**GOOD, "observations": {str(number): value for number in range(10)}}, many)

    assert [one["state"] for one in seen["observations"].values()] == ["value"] * 3 + ["error"] * 7


def test_no_value_of_any_setting_breaks_judge_or_remedies():
    known = load_catalog([])
    (plan,) = make_plan(known, Selection(benchmarks=("debian_12",), level=2), {}, {})
    forms = (lambda v: v, lambda v: [v], lambda v: {"a": v}, lambda v: [{"path": v, "mode": v, "name": v}])
    values = [form(hostile) for hostile in HOSTILE for form in forms]
    for turn in range(4):
        dealt = itertools.cycle(values[turn * 23 :] + values[: turn * 23])
        seen = {
            str(number): {"state": "value", "value": next(dealt), "default": True}
            for number in range(len(plan.request["settings"]))
        }
        answer = answers.observed({"benchmarks": ["debian_12"], "observations": seen}, plan.request)
        record = empty_record("h", "r", "2026-01-01T00:00:00Z", "", Selection())
        fill_record(record, known, [(plan, answer)])
        validator("host_record").validate(json.loads(json.dumps(record, allow_nan=False)))
        remedies = Remedies(plan.platform, Judge(plan.platform, answer["observations"]))
        for planned in plan.benchmarks[0].rules:
            with suppress(NoRemedy):
                remedies.add(planned)
                remedies.write_out(planned)


@pytest.mark.parametrize(("excluded", "outcome"), [((), "pass"), (("/srv/a", "/srv/b"), "manual")])
def test_scan_that_leaves_folders_out_passes_nothing(excluded, outcome):
    known = load_catalog([])
    wanted = Selection(
        benchmarks=("debian_12",), level=2, include={"rules": ["files_have_owners", "world_writable_secured"]}
    )
    (plan,) = make_plan(known, wanted, {}, {"scan_exclude": list(excluded)})
    nothing = {"state": "value", "value": {"count": 0, "paths": [], "truncated": False}}
    seen = {"benchmarks": ["debian_12"], "observations": dict.fromkeys(plan.request["settings"], nothing)}
    record = empty_record("h", "r", "2026-01-01T00:00:00Z", "", wanted)

    fill_record(record, known, [(plan, seen)])

    assert {finding["outcome"] for finding in record["findings"]} == {outcome}
    assert record["counts"][outcome] == len(record["findings"]) == 2
    assert all(
        "hipaa_cis_scan_exclude leaves out /srv/a, /srv/b" in one["reason"] for one in record["findings"] if excluded
    )


APPLY = {
    "mode": "apply", "changes": {"c": ["k", {}, 1]}, "observe": REQUEST,
}  # fmt: skip
APPLIED: dict[str, Any] = {
    "changed": True,
    "changes": {"c": {"state": "done", "reason": "r", "class": "login", "pending_reboot": True}},
    "steps": [{"type": "file", "label": "l", "changes": ["c"], "argv": ["a"], "diff": {"before": "a", "after": "b"}}],
    "parts": [{"type": "file", "what": "w", "changes": ["c"], "from": ["a"], "to": ["b"], "read": "", "gives": DIGEST}],
    "notes": ["n"],
    "pending_reboot": ["p"],
    "journal": "/var/lib/hipaa-cis/r",
    "commit": {"state": "confirmed", "report": {"problems": ["p"]}},
    "observed": GOOD,
}
ROLLED_BACK: dict[str, Any] = {
    "run_id": "r",
    "changed": True,
    "undone": ["u"],
    "conflicts": [],
    "details": [
        {
            "label": "l", "type": "command", "rules": ["r"], "state": "undone", "command": "apt", "more": 3, "accounts": ["a"],
            "paths": [{"path": "/x", "from": "a", "to": "b", "content": True, "diff": {"lines": "x"}}],
        },
        {"label": "l", "type": "file", "rules": [], "state": "failed", "reason": "r", "path": "/x", "from": "a", "to": "b"},
    ],
}  # fmt: skip


def test_what_a_sound_host_says_of_changes_is_taken_as_it_is():
    assert answers.applied(APPLIED, APPLY) == APPLIED
    assert answers.rolled_back(ROLLED_BACK) == ROLLED_BACK


@pytest.mark.parametrize("mode", ["plan", "apply", "confirm", "status"])
def test_answer_without_what_its_mode_needs_is_none(mode):
    with pytest.raises(Unusable, match="the answer has no "):
        answers.applied({}, {**APPLY, "mode": mode})


def test_no_value_anywhere_in_an_answer_breaks_what_is_made_of_it():
    taken = 0
    for hostile in HOSTILE:
        for document, shape in ((APPLIED, lambda one: answers.applied(one, APPLY)), (ROLLED_BACK, answers.rolled_back)):
            for at in places(document):
                try:
                    answer = shape(replaced(document, at, hostile))
                except Unusable:
                    continue
                taken += 1
                json.dumps(answer, allow_nan=False)
                diff(answer.get("steps", []))
                rollback = make_rollback(answer, ("t", "t"), False, False)
                json.dumps([rollback, said(rollback), diff(steps(answer.get("details", ())))])
    assert taken > 100


def test_platform_that_gives_no_answer_leaves_the_findings_of_others():
    known = load_catalog([str(SECOND_PLATFORM)])
    plans = {plan.platform.id: plan for plan in make_plan(known, Selection(benchmarks=("debian_12", "pump")), {}, {})}
    seen = {key: {"state": "absent"} for key in plans["infusion_pump"].request["settings"]}
    record = empty_record("h", "r", "2026-01-01T00:00:00Z", "", Selection())

    answered = [(plans["infusion_pump"], {"benchmarks": ["pump"], "observations": seen})]
    fill_record(record, known, answered, failed=[(plans["linux"], HipaaCisError("no Python"))])

    validator("host_record").validate(record)
    by_benchmark = {
        name: {f["outcome"] for f in record["findings"] if benchmark_id(f["benchmark"]) == name}
        for name in ("debian_12", "pump")
    }
    assert by_benchmark["debian_12"] == {"error"}
    assert "error" not in by_benchmark["pump"]
    assert record["warnings"] == ["The platform linux was not looked at: no Python"]
    assert {one["reason"] for one in record["findings"] if one["outcome"] == "error"} == set(record["warnings"])


def test_what_steers_a_terminal_is_spelled_out_wherever_it_stands():
    step = {"type": "file", "label": "\x1b[2J", "changes": [], "diff": {"lines": "+\x1b[31m\n"}}
    answer = answers.applied({"changed": True, "changes": {}, "steps": [step]}, {"mode": "plan", "changes": {}})

    assert "\x1b" not in json.dumps(answer, ensure_ascii=False)
    assert answer["steps"][0]["diff"]["lines"] == "+[U+001B][31m\n"
    assert "[U+001B]c" in explain({"failed": True, "msg": "\x1bc all is well"})
    assert shapes.document(100)(["\x07"], "here") == ["[U+0007]"]


@pytest.mark.parametrize("asked", ["x" * 5000, "group = 'a\u200bb'"])
def test_change_is_known_again_in_its_steps_however_it_is_called(asked):
    step = {"type": "file", "label": "/etc/x", "changes": [asked, "never asked for"]}
    answer = answers.applied(
        {"changed": True, "changes": {asked: {"state": "done"}}, "steps": [step]},
        {"mode": "apply", "changes": {asked: []}},
    )

    assert list(answer["changes"]) == [asked]
    assert answer["steps"][0]["changes"] == [asked]
