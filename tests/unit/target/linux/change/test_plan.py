"""A change is planned whole or not at all, and what is left of a failed one is not made."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import apply
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host


def _refuses(plan, _address, _wanted):
    plan.write("/etc/half", "x\n")
    plan.warn("half")
    raise CannotFix("something else would win")


def _two_files(plan, address, _wanted):
    plan.write("/etc/first", address["name"] + "\n", validate=[["validator", "{file}"]])
    plan.write("/etc/second", "y\n")


def _needs_first(plan, _address, _wanted):
    if not plan.host.exists("/etc/first"):
        raise CannotFix("there is no /etc/first")
    plan.write("/etc/third", "z\n")


def _each(plan, address, _wanted):
    """Writes the files named; refuses those that begin with "no"; a check fails those that begin with "bad"."""

    def one(name):
        if name.startswith("no"):
            raise CannotFix("%s is a link" % name)
        plan.write("/etc/" + name, "x\n", validate=[["validator", name]] if name.startswith("bad") else ())

    plan.each([name for name in address["names"].split() if not plan.host.exists("/etc/" + name)], one)


@pytest.fixture
def answer(tmp_path, monkeypatch):
    (tmp_path / "etc").mkdir()
    monkeypatch.setitem(apply.WRITERS, "refuses", _refuses)
    monkeypatch.setitem(apply.WRITERS, "two_files", _two_files)
    monkeypatch.setitem(apply.WRITERS, "needs_first", _needs_first)
    monkeypatch.setitem(apply.WRITERS, "each", _each)

    def call(changes, exit_code=0):
        request = {"version": 1, "mode": "apply", "run_id": "r", "group": "plain", "options": {}, "changes": changes}

        def runner(_argv, _timeout):
            return CommandResult(exit_code, "", "no")

        return apply.Apply(apply.parse(json.dumps(request)), str(tmp_path), runner).answer()

    return call


def test_refused_change_leaves_no_step(answer, tmp_path):
    seen = answer({"a": ["refuses", {}, True]})

    assert seen["changes"]["a"] == {"state": "refused", "reason": "something else would win"}
    assert (seen["changed"], seen["steps"], seen["notes"]) == (False, [], [])
    assert not (tmp_path / "etc/half").exists()


def test_what_another_change_makes_possible_is_done_in_the_same_apply(answer, tmp_path):
    seen = answer({"a": ["needs_first", {}, True], "b": ["two_files", {"name": "one"}, True]})

    assert {change: state["state"] for change, state in seen["changes"].items()} == {"a": "done", "b": "done"}
    assert (tmp_path / "etc/third").read_text() == "z\n"


def test_rest_of_a_failed_change_is_not_made(answer, tmp_path):
    seen = answer({"a": ["two_files", {"name": "one"}, True]}, exit_code=1)

    assert seen["changes"]["a"]["state"] == "failed"
    assert not (tmp_path / "etc/first").exists()
    assert not (tmp_path / "etc/second").exists()


def test_change_that_shares_a_file_with_a_refused_one_is_made(answer, tmp_path):
    seen = answer({"a": ["two_files", {"name": "one"}, True], "b": ["refuses", {}, True]})

    assert [seen["changes"][name]["state"] for name in "ab"] == ["done", "refused"]
    assert (tmp_path / "etc/first").read_text() == "one\n"


def test_item_that_is_refused_is_named_and_the_others_are_made(answer, tmp_path):
    seen = answer({"a": ["each", {"names": "one no-1 two no-2"}, True]})

    assert seen["changes"]["a"] == {"state": "done", "left": "no-1 is a link; no-2 is a link"}
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == ["one", "two"]


def test_item_that_fails_is_named_and_the_others_are_made(answer, tmp_path):
    seen = answer({"a": ["each", {"names": "bad-1 one bad-2 two"}, True]}, exit_code=1)

    assert seen["changes"]["a"]["state"] == "failed"
    assert seen["changes"]["a"]["reason"].count("the check `validator bad-") == 2
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == ["one", "two"]


def test_change_is_refused_where_every_item_is(answer):
    seen = answer({"a": ["each", {"names": "no-1 no-2"}, True]})

    assert seen["changes"]["a"] == {"state": "refused", "reason": "no-1 is a link; no-2 is a link"}


def _at_next_boot(plan, _address, _wanted):
    plan.write("/etc/booted", "x\n")
    plan.needs_reboot("the argument x")


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize(
    "boots", [("1", "2"), ("1", "1"), ("", "")], ids=["started since", "not started since", "unknown"]
)
def test_rollback_says_what_a_start_of_the_host_has_taken_up(answer, tmp_path, monkeypatch, dry, boots):
    boot = tmp_path / "proc/sys/kernel/random/boot_id"
    if boots[0]:
        boot.parent.mkdir(parents=True)
        boot.write_text(boots[0] + "\n")
    monkeypatch.setitem(apply.WRITERS, "at_next_boot", _at_next_boot)
    monkeypatch.setitem(apply.WRITERS, "plain", lambda plan, _address, _wanted: plan.write("/etc/plain", "x\n"))
    answer({"a": ["at_next_boot", {}, True], "b": ["plain", {}, True]})
    if boots[1]:
        boot.write_text(boots[1] + "\n")

    report = Rollback(Host(str(tmp_path)), lambda *_all: CommandResult(0, "", ""), Journal(str(tmp_path), "r")).run(dry)

    assert report.pending_reboot == ([] if boots == ("1", "1") else ["the argument x"])
    assert len(report.undone) == 2


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/odd").write_bytes(b"caf\xe9\n")
    (tmp_path / "etc/plain").write_bytes(b"a \\x41\n")
    return ChangePlan(PlannedHost(str(tmp_path)))


def test_bytes_that_are_no_text_are_not_written_back(plan):
    with pytest.raises(CannotFix, match="/etc/odd holds bytes that are not UTF-8"):
        plan.write("/etc/odd", plan.host.read_text("/etc/odd") + "more\n")

    plan.write("/etc/plain", plan.host.read_text("/etc/plain") + "more\n")
    plan.write("/etc/new", "a \\x41\n")
    assert [step.content for step in plan.steps()] == [b"a \\x41\nmore\n", b"a \\x41\n"]


def test_mode_of_a_file_is_set_where_one_is_given(plan):
    plan.write("/etc/new", "x\n", mode=0o600)
    plan.write("/etc/plain", "x\n")

    assert [step.mode for step in plan.steps()] == [0o600, None]
    assert plan.host.stat("/etc/new").st_mode & 0o7777 == 0o600
