"""Raw answers: small beside the record, kept once where nothing changed, and enough to judge again."""

from __future__ import annotations

import errno
import json
import random
from functools import cache

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.replay import judge_again, raw_task
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import packed, raw_answers
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

WHOLE = Selection(benchmarks=("debian_12",), level=2)
# A value within the bound, one that is looser and that nobody decided, and one that is decided.
VALUES = {"password_min_length": 20, "ssh_max_auth_tries": 6, "ssh_login_grace_time": 90}
DECIDED = {"ssh_login_grace_time": {"id": "t1", "value": 90, "reason": "slow tokens"}}
VARIED = [
    0,
    1,
    4,
    90,
    "no",
    "yes",
    "",
    [],
    ["a"],
    {"count": 0, "paths": [], "truncated": False},
    {"mode": "0600"},
    True,
    None,
]


@cache
def known():
    return load_catalog([])


def observations(plan, seed):
    """An answer with values of many forms, some absent and some errors."""
    dice = random.Random(seed)
    states = [{"state": "absent"}, {"state": "error", "reason": "no such command"}]
    return {
        key: dice.choice([*states, {"state": "value", "value": dice.choice(VARIED), "source": f"/etc/{key[:30]}:7"}])
        for key in plan.request["settings"]
    }


def audited(store, selection=WHOLE, seed=1, change=(), excluded=("/srv/a",)):
    """Record and keep one task on a host, and return its record."""
    catalog = known()
    values = {name: value for name, value in VALUES.items() if name in catalog.parameters}
    (plan,) = make_plan(catalog, selection, values, {"scan_exclude": list(excluded)}, decided=DECIDED)
    seen = observations(plan, seed)
    seen.update({key: {"state": "value", "value": "changed"} for key in list(seen)[: len(change)]})
    record = empty_record("ward", store.run_id, "2026-01-01T00:00:00Z", catalog.digest, selection)
    answers = [(plan, {"benchmarks": ["debian_12"], "observations": seen})]
    fill_record(record, catalog, answers)
    assert raw_answers.keep(store, "ward", raw_task(record, answers)) == ""
    store.write_record(record)
    return record


def read(store):
    _file, _digest, record = next(store.records())
    return record, raw_answers.tasks_of(store, "ward")


def bytes_below(folder):
    return sum(path.stat().st_size for path in folder.rglob("*.json.gz"))


def sets(tmp_path):
    return sorted((tmp_path / "_raw").rglob("*.json.gz"))


def test_raw_answer_and_record_are_enough_to_judge_again(tmp_path):
    store = RunStore.create(str(tmp_path), "run-1")
    audited(store)
    record, tasks = read(store)

    assert {one["outcome"] for one in record["findings"]} >= {"pass", "fail", "error", "manual", "not_applicable"}
    assert any("looser_than_bound" in value and "decision" not in value for value in record["parameters"].values())
    assert any("decision" in value for value in record["parameters"].values())
    assert list(judge_again(known(), record, tasks)) == record["findings"]


def test_answers_to_a_version_are_judged_again_by_that_version(tmp_path):
    store = RunStore.create(str(tmp_path), "run-1")
    audited(store, Selection(("debian_12@2.0.0",), 2))
    record, tasks = read(store)

    assert {one["benchmark"] for one in record["findings"]} == {"debian_12@2.0.0"}
    assert list(judge_again(known(), record, tasks)) == record["findings"]


def test_run_that_asked_by_two_versions_has_the_findings_of_the_later_one(tmp_path):
    store = RunStore.create(str(tmp_path), "run-1")
    audited(store)
    audited(store, Selection(("debian_12@2.0.0",), 2), seed=2)
    record, tasks = read(store)

    assert [(one["id"], one["version"]) for one in record["benchmarks"]] == [("debian_12", "2.0.0")]
    assert {one["benchmark"] for one in record["findings"]} == {"debian_12@2.0.0"}
    assert list(judge_again(known(), record, tasks)) == record["findings"]


def test_other_answer_would_give_other_findings(tmp_path):
    store = RunStore.create(str(tmp_path), "run-1")
    audited(store)
    record, tasks = read(store)
    for task in tasks:
        task["platforms"]["linux"] = {key: {"state": "absent"} for key in task["platforms"]["linux"]}

    assert list(judge_again(known(), record, tasks)) != record["findings"]


def test_tasks_of_a_run_that_were_joined_are_judged_each_by_its_own_answer(tmp_path):
    store = RunStore.create(str(tmp_path), "run-1")
    audited(store, excluded=())
    rules = [one["rule"] for one in read(store)[0]["findings"]][40:60]
    audited(store, Selection(("debian_12",), 2, include={"rules": rules}), seed=2)
    record, tasks = read(store)

    assert len(tasks) == 2
    assert len(record["findings"]) > 200
    assert list(judge_again(known(), record, tasks)) == record["findings"]


def test_what_the_host_answered_before_is_kept_once(tmp_path):
    sizes = []
    for number in range(4):
        store = RunStore.create(str(tmp_path), f"run-{number}")
        audited(store, change=range(number))
        sizes.append(bytes_below(store.folder / "raw"))

    assert len(sets(tmp_path)) == 1
    assert bytes_below(tmp_path / "run-0") + bytes_below(tmp_path / "_raw") < 32_000
    assert max(sizes) < 5_000
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.json.gz")} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "_raw").rglob("*") if path.is_dir()} == {0o700}
    for number in range(4):
        record, tasks = read(RunStore.open(str(tmp_path / f"run-{number}")))
        assert list(judge_again(known(), record, tasks)) == record["findings"]


def test_host_that_answers_otherwise_gets_a_set_of_its_own(tmp_path):
    for number in range(2):
        audited(RunStore.create(str(tmp_path), f"run-{number}"), seed=number)

    assert len(sets(tmp_path)) == 2


def test_set_that_was_changed_is_named_and_stood_on_no_more(tmp_path):
    store = RunStore.create(str(tmp_path), "run-1")
    audited(store)
    sets(tmp_path)[0].write_bytes(b"{}")

    with pytest.raises(HipaaCisError, match="is not what it was when it was written"):
        raw_answers.tasks_of(store, "ward")
    later = RunStore.create(str(tmp_path), "run-2")
    audited(later)
    assert len(list(judge_again(known(), *read(later)))) > 200


def test_answer_of_a_hostile_size_is_not_kept_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_answers, "MAX_BYTES", 1000)
    said = raw_answers.keep(
        RunStore.create(str(tmp_path), "run-1"), "ward", {"platforms": {"linux": {"k": {"value": "x" * 2000}}}}
    )

    assert "is not kept to be judged again: it has 2,0" in said
    assert not sets(tmp_path)


def test_answer_for_which_there_is_no_space_says_what_to_do(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packed, "write_packed", full)
    with pytest.raises(HipaaCisError, match="Make space, then go on with the run: -e hipaa_cis_run_id=run-1"):
        raw_answers.keep(RunStore.create(str(tmp_path), "run-1"), "ward", {"platforms": {}})


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"schema": "hipaa.cis/raw_answers/2", "tasks": []})])
def test_file_that_holds_no_answers_is_named(tmp_path, text):
    store = RunStore.create(str(tmp_path), "run-1")
    (store.folder / "raw").mkdir()
    (store.folder / "raw" / "ward.json.gz").write_text(text)

    with pytest.raises(HipaaCisError, match=r"raw/ward\.json\.gz holds no answers of version 1"):
        raw_answers.tasks_of(store, "ward")
