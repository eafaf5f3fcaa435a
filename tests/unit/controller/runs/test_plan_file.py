"""The approved plan: one file of all hosts, and whatever else it is than what was approved is refused in words."""

from __future__ import annotations

import json
import stat

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.options import check_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import plan_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

DIGEST = "0" * 64


def asked(level=1, catalog=DIGEST, **parameters):
    return plan_file.asked(catalog, {"level": level, "include": {}}, parameters)


def task(name="c", **keys):
    step = {"what": "/etc/x", "type": "file", "path": "/etc/x", "from": ["a"], "to": ["b"],
            "read": DIGEST, "gives": DIGEST, "together": DIGEST}  # fmt: skip
    change = {"id": name, "platform": "linux", "rules": ["r"], "kind": "file", "address": {"path": "/etc/x"},
              "disrupts": "none", "group": "plain", "steps": [step]}  # fmt: skip
    return {"asked": asked(**keys), "changes": [change]}


def joined(store):
    """Join the plan of a run, and return its path."""
    made = store.join_plan()
    assert made is not None
    return made[0]


@pytest.fixture
def store(tmp_path):
    return RunStore.create(str(tmp_path), "run")


@pytest.fixture
def plan(store):
    """The path of a plan, and a function that writes it otherwise, with a digest that fits."""
    store.write_plan("two", task())
    store.write_plan("One", task())
    path = joined(store)

    def edit(**changes):
        document = {**json.loads(path.read_text()), **changes}
        path.write_text(json.dumps({**document, "digest": plan_file.digest_of(document)}))
        return str(path)

    return path, edit


def test_plan_of_all_hosts_is_private_and_sorted_whoever_came_first(tmp_path):
    texts = []
    for run, hosts in (("a", ["two", "One"]), ("b", ["One", "two"])):
        store = RunStore.create(str(tmp_path), run)
        for host in hosts:
            store.write_plan(host, task())
        path = joined(store)
        texts.append(path.read_text())
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE((store.folder / "plan").stat().st_mode) == 0o700
    assert texts[0] == texts[1]
    document = json.loads(texts[0])
    validator("plan").validate(document)
    assert [one["host"] for one in document["hosts"]] == ["One", "two"]
    assert document["digest"] == plan_file.digest_of(document)


def test_batches_one_after_the_other_are_one_plan(store):
    store.write_plan("one", task())
    first = plan_file.load(str(joined(store)))
    store.write_plan("two", task())
    second = plan_file.load(str(joined(store)))
    assert first["digest"] != second["digest"]
    assert [len(plan["hosts"]) for plan in (first, second)] == [1, 2]


def test_two_tasks_of_a_run_stand_side_by_side_and_the_same_one_again_takes_its_place(store):
    for given in (task(), task(level=2), task("other")):
        store.write_plan("one", given)
    plan = plan_file.load(str(joined(store)))
    assert [len(one["tasks"]) for one in plan["hosts"]] == [2]
    assert plan_file.task_of(plan, "one", asked())["changes"][0]["id"] == "other"
    assert plan_file.task_of(plan, "one", asked(level=2))["changes"][0]["id"] == "c"


def test_run_without_a_plan_has_none(store):
    assert store.join_plan() is None


def test_plan_is_the_one_whose_digest_was_approved(plan):
    path, edit = plan
    approved = plan_file.load(str(path))["digest"]
    assert plan_file.load(str(path), approved)["digest"] == approved
    # Whoever may write there can make another plan that is right in itself.
    other = edit(hosts=[])
    assert plan_file.load(other)["hosts"] == []
    with pytest.raises(
        HipaaCisError, match=f"is not the one that was approved: .* hipaa_cis_plan_digest says {approved}"
    ):
        plan_file.load(other, approved)


@pytest.mark.parametrize(("given", "plan", "told"), [
    ("", "plan.json", "has to be the digest"), ("3f9c", "plan.json", "has to be the digest"),
    ("A" * 64, "plan.json", "has to be the digest"), ("a" * 64, None, "is given without hipaa_cis_plan"),
])  # fmt: skip
def test_digest_that_approves_nothing_is_an_error(given, plan, told):
    with pytest.raises(HipaaCisError, match=told):
        check_plan(plan, given)


def test_plan_that_was_edited_is_refused(plan):
    path, _edit = plan
    path.write_text(path.read_text().replace("/etc/x", "/etc/y"))
    with pytest.raises(HipaaCisError, match="was changed since it was made: its digest does not fit"):
        plan_file.load(str(path))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema": "hipaa.cis/plan/2"}, "says 'hipaa.cis/plan/2'; this version of hipaa.cis takes 'hipaa.cis/plan/1' only"),
        ({"schema": None}, "does not say what it is"),
        ({"hosts": [{"host": "one"}]}, "cannot be used: hosts/0: 'tasks' is a required property"),
        ({"hosts": 3}, "cannot be used: hosts"),
        ({"collection_version": "0.0.0"}, "made by hipaa.cis 0.0.0, and this is"),
    ],
)  # fmt: skip
def test_plan_of_another_kind_is_refused(plan, changes, told):
    with pytest.raises(HipaaCisError) as problem:
        plan_file.load(plan[1](**changes))
    assert told in str(problem.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", "[" * 100_000, b"\xff\xfe".decode("latin-1")])
def test_what_is_no_plan_at_all_is_refused(tmp_path, text):
    (tmp_path / "p").write_text(text)
    with pytest.raises(HipaaCisError, match=r"is not JSON|does not say what it is"):
        plan_file.load(str(tmp_path / "p"))


def test_plan_that_is_not_there_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(HipaaCisError, match="cannot be read"):
            plan_file.load(str(path))


def test_plan_for_other_hosts_names_its_own(plan):
    with pytest.raises(HipaaCisError, match="is not for the host three: it is for One, two"):
        plan_file.task_of(plan_file.load(str(plan[0])), "three", asked())


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (asked(level=2), "level was 1 and is 2"),
        (asked(catalog="1" * 64), "the catalog is another one"),
        (asked(minutes=3), "parameter minutes was null and is 3"),
    ],
)
def test_plan_for_something_else_says_what(plan, wanted, told):
    with pytest.raises(HipaaCisError) as problem:
        plan_file.task_of(plan_file.load(str(plan[0])), "two", wanted)
    assert told in str(problem.value)
