"""Several tasks of a run on one host leave one record with all that they found and did."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.joined_records import restarted, taken_back
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import RUN_ID, SAMPLES, make_finding, make_record, make_unaudited
from tests.records import text_of

RESULTS = (
    "already_right", "fixed",
    "pending", "would_fix", "still_failing", "skipped", "reverted", "not_applicable", "error",
)  # fmt: skip


@pytest.fixture
def joined(tmp_path):
    """A function that writes host records one after the other and gives what stands in the run."""

    def write(*records):
        store = RunStore.create(str(tmp_path), RUN_ID)
        for record in records:
            path, _digest = store.write_record(record)
        found = json.loads(text_of(path))
        validator("host_record").validate(found)
        return found

    return write


@pytest.fixture
def joined_remediation(tmp_path):
    """The same for remediation records."""

    def write(*records):
        store = RunStore.create(str(tmp_path), RUN_ID)
        for record in records:
            path = store.write_remediation(record)
        found = json.loads(path.read_text())
        validator("remediation_record").validate(found)
        return found

    return write


def selection(*cites):
    return {"level": 1, "profile": "server", "include": {"safeguards": list(cites)}, "exclude": {}}


def audited(sample, outcome, *cites, **changes):
    return make_record("ward", [make_finding(sample, outcome)], selection=selection(*cites), **changes)


def outcomes(record):
    return {finding["rule"]: finding["outcome"] for finding in record["findings"]}


def test_record_covers_the_rules_of_both_selections(joined):
    first, second = SAMPLES[:2]
    record = joined(
        audited(first, "pass", "a", warnings=["one", "both"], audited_at="2026-11-03T06:00:00Z"),
        audited(second, "fail", "b", warnings=["both", "two"], audited_at="2026-11-03T06:01:00Z"),
    )

    assert outcomes(record) == {first.rule: "pass", second.rule: "fail"}
    assert (record["counts"]["pass"], record["counts"]["fail"]) == (1, 1)
    assert record["warnings"] == ["one", "both", "two"]
    assert record["selection"] == selection("b")
    assert record["earlier_selections"] == [selection("a")]
    assert record["audited_at"] == "2026-11-03T06:01:00Z"


def test_later_look_at_the_same_rule_counts(joined):
    record = joined(audited(SAMPLES[0], "fail", "a"), audited(SAMPLES[0], "pass", "b"))

    assert outcomes(record) == {SAMPLES[0].rule: "pass"}
    assert record["counts"]["fail"] == 0


def test_what_an_earlier_task_looked_at_is_no_longer_missing_and_the_rest_is(joined):
    def missing(*samples):
        one = {"benchmark": "debian_12", "recommendations": ["1"], "title": "t", "cites": [], "reason": "left out"}
        return [{**one, "rule": sample.rule} for sample in samples]

    first, second, third = SAMPLES[:3]
    record = joined(
        audited(first, "pass", "a", not_looked_at=missing(second, third)),
        audited(second, "fail", "b", not_looked_at=missing(first, third)),
    )

    assert [item["rule"] for item in record["not_looked_at"]] == [third.rule]


def test_second_look_at_the_same_selection_stands_alone(joined):
    record = joined(audited(SAMPLES[0], "fail", "a"), audited(SAMPLES[1], "pass", "a"))

    assert outcomes(record) == {SAMPLES[1].rule: "pass"}
    assert "earlier_selections" not in record


def test_three_tasks_name_each_selection_once(joined):
    record = joined(*[audited(SAMPLES[0], "pass", cite) for cite in ("a", "b", "a")])

    assert record["selection"] == selection("a")
    assert record["earlier_selections"] == [selection("b")]


def test_host_that_is_lost_now_is_lost(joined):
    record = joined(audited(SAMPLES[0], "pass", "a"), make_unaudited("ward"))

    assert record["status"] == "unreachable"
    assert record["findings"] == []


def test_other_catalog_is_said_and_not_mixed_in(joined):
    record = joined(audited(SAMPLES[0], "pass", "a"), audited(SAMPLES[1], "pass", "b", catalog_digest="0" * 64))

    assert outcomes(record) == {SAMPLES[1].rule: "pass"}
    assert "another catalog" in record["warnings"][-1]


def remediation(results, **changes):
    return {
        "schema": "hipaa.cis/remediation_record/1",
        "run_id": RUN_ID,
        "host": "ward",
        "check_mode": False,
        "started_at": "2026-11-03T06:00:00Z",
        "finished_at": "2026-11-03T06:01:00Z",
        "collection_version": "0.1.0",
        "allowed_disruption": ["service_reload"],
        "changed": False,
        "reverted": False,
        "pending_reboot": [],
        "warnings": [],
        "steps": [],
        "counts": {name: sum(one["result"] == name for one in results) for name in RESULTS},
        "results": results,
        **changes,
    }


def result(rule, word, before, after, **more):
    return {
        "rule": rule,
        "title": rule,
        "benchmark": "debian_12",
        "recommendations": ["1.1"],
        "severity": "low",
        "disrupts": "none",
        "result": word,
        "before": {"outcome": before, "observed": ["first"]},
        "after": {"outcome": after, "observed": ["last"]},
        "changes": [],
        **more,
    }


def test_remediations_are_joined_in_their_order(joined_remediation):
    steps = [{"type": "file", "label": label, "group": "plain"} for label in ("one", "two")]
    times = {"started_at": "2026-11-03T06:02:00Z", "finished_at": "2026-11-03T06:03:00Z"}
    record = joined_remediation(
        remediation([result("x", "fixed", "fail", "pass")], changed=True, steps=steps[:1], pending_reboot=["r"]),
        remediation(
            [result("y", "still_failing", "fail", "fail", reason="why")],
            allowed_disruption=["login"],
            reverted=True,
            steps=steps[1:],
            pending_reboot=["r"],
            warnings=["w"],
            **times,
        ),
    )

    assert [(one["rule"], one["result"]) for one in record["results"]] == [("x", "fixed"), ("y", "still_failing")]
    assert (record["counts"]["fixed"], record["counts"]["still_failing"]) == (1, 1)
    assert record["steps"] == steps
    assert (record["changed"], record["reverted"]) == (True, True)
    assert (record["pending_reboot"], record["warnings"]) == (["r"], ["w"])
    assert record["allowed_disruption"] == ["login", "service_reload"]
    assert (record["started_at"], record["finished_at"]) == ("2026-11-03T06:00:00Z", "2026-11-03T06:03:00Z")


def rule_after(joined_remediation, earlier, later, changed=True):
    return joined_remediation(remediation([earlier], changed=changed), remediation([later]))["results"][0]


def test_rule_of_both_is_told_from_before_the_run_to_its_end(joined_remediation):
    one = rule_after(
        joined_remediation,
        result("x", "fixed", "fail", "pass", changes=["step"]),
        result("x", "already_right", "pass", "pass"),
    )

    assert (one["result"], one["before"]["outcome"], one["after"]["outcome"]) == ("fixed", "fail", "pass")
    assert one["changes"] == ["step"]
    assert "reason" not in one


def test_rule_that_a_later_task_put_right_is_fixed(joined_remediation):
    skipped = result("x", "skipped", "fail", "fail", reason="disrupts: login")

    one = rule_after(joined_remediation, skipped, result("x", "already_right", "pass", "pass"))

    assert (one["result"], one["reason"]) == ("fixed", "a later task of the run put it right")


def test_rule_that_something_else_put_right_is_not_fixed_by_a_run_that_changed_nothing(joined_remediation):
    skipped = result("x", "skipped", "fail", "fail", reason="disrupts: login")

    one = rule_after(joined_remediation, skipped, result("x", "already_right", "pass", "pass"), changed=False)

    assert one["result"] == "already_right"


def test_rule_that_a_later_task_broke_is_not_called_fixed(joined_remediation):
    broken = result("x", "still_failing", "fail", "fail", reason="changed, but the second look still finds: y")

    one = rule_after(joined_remediation, result("x", "fixed", "fail", "pass"), broken)

    assert (one["result"], one["before"]["outcome"], one["after"]["outcome"]) == ("still_failing", "fail", "fail")


def test_plan_is_not_joined_with_what_was_done(joined_remediation):
    plan = remediation([result("x", "would_fix", "fail", "fail")], check_mode=True)

    record = joined_remediation(plan, remediation([result("y", "fixed", "fail", "pass")]))

    assert [one["rule"] for one in record["results"]] == ["y"]


def test_what_was_taken_back_with_its_batch_is_not_called_fixed(tmp_path):
    store = RunStore.create(str(tmp_path), RUN_ID)
    path = store.write_remediation(
        remediation([result("x", "fixed", "fail", "pass"), result("y", "already_right", "pass", "pass")])
    )

    store.note_rollback("ward", "2026-11-03T06:05:00Z")

    record = json.loads(path.read_text())
    validator("remediation_record").validate(record)
    assert [(one["rule"], one["result"]) for one in record["results"]] == [("x", "reverted"), ("y", "already_right")]
    assert record["counts"] == {**dict.fromkeys(RESULTS, 0), "reverted": 1, "already_right": 1}
    assert record["rolled_back_at"] == "2026-11-03T06:05:00Z"
    assert path.stat().st_mode & 0o777 == 0o600


def test_rollback_of_a_host_without_a_record_leaves_none(tmp_path):
    store = RunStore.create(str(tmp_path), RUN_ID)

    store.note_rollback("ward", "2026-11-03T06:05:00Z")

    assert not (store.folder / "remediation").exists()


def test_task_that_was_not_begun_keeps_what_an_earlier_one_saw(joined):
    seen = audited(SAMPLES[0], "pass", "one")
    assert joined(seen, make_unaudited("ward", status="not_begun"))["status"] == "audited"
    assert joined(make_unaudited("ward", status="not_begun"), seen)["status"] == "audited"


def restarted_result(result, before, seen):
    """Return a rule's result, before the restart and by a look since."""
    record = {
        "results": [{"benchmark": "b", "rule": "r", "result": result, "before": {"outcome": before}, "after": {}}],
        "counts": dict.fromkeys(RESULTS, 0),
        "pending_reboot": ["it"],
    }
    finding = {"benchmark": "b", "rule": "r", "outcome": seen, "checks": [{"setting": "s", "observed": "o"}, {}]}
    return restarted(record, {"status": "audited", "findings": [finding]}, "now", {"done": True})


@pytest.mark.parametrize(
    ("result", "seen", "since"),
    [
        ("still_failing", "pass", "fixed"),
        ("pending", "pass", "fixed"),
        ("pending", "fail", "still_failing"),
        ("still_failing", "fail", "still_failing"),
        ("fixed", "fail", "still_failing"),
        ("fixed", "error", "error"),
        ("pending", "manual", "skipped"),
        ("pending", "not_applicable", "not_applicable"),
        ("fixed", "pass", "fixed"),
        ("already_right", "pass", "already_right"),
        ("skipped", "fail", "skipped"),
    ],
)
def test_what_was_pending_is_fixed_or_still_failing_by_the_look_after_the_restart(result, seen, since):
    record = restarted_result(result, "fail", seen)
    assert record["results"][0]["result"] == since
    assert record["counts"][since] == 1
    assert record["pending_reboot"] == []
    assert record["reboot"] == {"at": "now", "done": True}


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("still_failing", "it still fails after the host was restarted"),
        ("pending", "it still fails after the host was restarted"),
        ("fixed", "it fails since the host was restarted"),
    ],
)
def test_what_fails_after_the_restart_says_whether_it_did_before(before, reason):
    assert restarted_result(before, "fail", "fail")["results"][0]["reason"] == reason


def test_why_a_change_was_not_made_is_still_said_after_the_restart():
    result = {
        "benchmark": "b",
        "rule": "r",
        "result": "still_failing",
        "reason": "no network",
        "before": {"outcome": "fail"},
        "after": {},
    }
    record = {"results": [result], "counts": dict.fromkeys(RESULTS, 0), "pending_reboot": []}
    finding = {"benchmark": "b", "rule": "r", "outcome": "fail", "checks": []}

    seen = restarted(record, {"status": "audited", "findings": [finding]}, "now", {"done": True})

    assert seen["results"][0]["reason"] == "no network; it still fails after the host was restarted"


@pytest.mark.parametrize(("check", "since"), [("pass", "fixed"), ("manual", "skipped")])
def test_what_a_directory_governs_besides_is_fixed_after_the_restart_where_the_hosts_own_accounts_are_right(
    check, since
):
    result = {"benchmark": "b", "rule": "r", "result": "pending", "before": {"outcome": "fail"}, "after": {}}
    record = {"results": [result], "counts": dict.fromkeys(RESULTS, 0), "pending_reboot": ["it"]}
    checks = [{"setting": "s", "observed": "o", "outcome": check}]
    finding = {"benchmark": "b", "rule": "r", "outcome": "manual", "governed_by": [{"by": "sssd"}], "checks": checks}

    seen = restarted(record, {"status": "audited", "findings": [finding]}, "now", {"done": True})

    assert seen["results"][0]["result"] == since


def test_record_of_what_was_taken_back_says_what_needs_another_restart():
    record = restarted_result("still_failing", "fail", "pass")
    assert taken_back(record, "later")["pending_reboot"] == []

    back = taken_back(record, "later", ["it"])
    assert back["pending_reboot"] == ["it"]
    assert back["results"][0]["result"] == "reverted"
    assert back["reboot"]["done"]


def test_host_that_was_not_restarted_or_not_seen_again_keeps_what_is_pending():
    record = {"results": [], "counts": {}, "pending_reboot": ["it"]}
    kept = restarted(record, {"status": "audited", "findings": []}, "now", {"done": False, "problem": "busy"})
    lost = restarted(record, {"status": "unreachable", "reason": "no route"}, "now", {"done": True, "problem": ""})

    assert kept["reboot"] == {"at": "now", "done": False, "problem": "busy"}
    assert lost["reboot"]["problem"] == "it could not be looked at again: no route"
    assert kept["pending_reboot"] == lost["pending_reboot"] == ["it"]
