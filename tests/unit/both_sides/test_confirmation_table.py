"""What the host did with changes that are to be confirmed, times what the controller heard of it: each pair has its row.

The host is the real code on a tree, down to its files; only the wire between the two is played.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import commit_state, confirm
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import (
    BenchmarkPlan,
    PlannedRule,
    PlatformPlan,
    setting_key,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Kind, Platform, Rule
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoAnswer
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import confirmation
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import platform as controller
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.limits import Limits
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.platform import PlatformRemediation
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.record import make_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.target import Unreachable

TARGET = "/etc/target"
SETTING = {"kind": "file", "address": {"path": TARGET}, "expect": {"equals": "0600"}, "set": {"mode": "0600"}}
PLATFORM = Platform("p", "observe", "apply", True, {"file": Kind("file {path}", {"path": {}}, write="connection")})
RULE = Rule("door", "t", "w", "by hand", "high", "none", "p", "topic", settings=(SETTING,))
SECONDS = 3600.0


class Killed(BaseException):
    """Stands for SIGKILL: nothing on the host catches it."""


def good(_argv, _timeout):
    return CommandResult()


class Wire:
    """The host on a tree, and what the controller hears of it.

    ``answers``: mode -> list of what becomes of the calls, in their order: ``heard``, ``lost`` (the host did it, nobody
    heard) or ``away`` (it did not reach the host); the last one goes on. ``meanwhile``: called before a later call.
    """

    def __init__(self, root, answers, meanwhile=lambda: None, watcher=lambda _what: None):
        self.root = root
        self.answers = {mode: list(said) for mode, said in answers.items()}
        self.meanwhile = meanwhile
        self.watcher = watcher
        self.calls = []

    def observe(self, _plan):
        seen = f"{os.stat(self.root + TARGET).st_mode & 0o777:04o}"
        observation = {"state": "value", "value": seen, "source": TARGET}
        return {"benchmarks": ["b"], "observations": {setting_key(SETTING): observation}}

    def reconnect(self):
        pass

    def apply(self, _plan, request):
        mode = request["mode"]
        if mode in ("confirm", "status"):
            self.meanwhile()
        self.calls.append(mode)
        said = self.answers.get(mode, ["heard"])
        becomes = said.pop(0) if len(said) > 1 else said[0]
        if becomes == "away":
            raise Unreachable("no route to host")
        try:
            answer = Apply(parse(json.dumps(request)), self.root, good, self.watcher).answer()
        except ChangeError as problem:
            raise HipaaCisError(str(problem)) from None
        except Killed:
            raise NoAnswer("killed") from None
        if becomes == "lost":
            raise Unreachable("reset by peer")
        return json.loads(json.dumps(answer))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(confirmation, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(confirmation, "HEALING_SECONDS", 30.0)
    monkeypatch.setattr(confirm, "PATIENCE", 0.0)
    monkeypatch.setattr(confirm, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(confirm, "_start_detached", lambda *_arguments: None)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    (tmp_path / TARGET[1:]).write_text("x\n")
    (tmp_path / TARGET[1:]).chmod(0o644)
    return str(tmp_path)


def remediate(wire):
    planned = PlannedRule(RULE, "b", ("1.1",), (SETTING,), RULE.fix, {})
    benchmark = Benchmark("b", "t", "1", "p", {}, {}, ())
    request = {"settings": {setting_key(SETTING): ["file", SETTING["address"]]}}
    plan = PlatformPlan(PLATFORM, (BenchmarkPlan(benchmark, (planned,), (), {}, ()),), request)
    limits = Limits("r", frozenset(["none"]), 0.05, False)
    done = PlatformRemediation(plan, wire, limits)
    done.run()
    record = make_record("h", limits, ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"), [done])
    result = record["results"][0]
    return record, result["result"], result.get("reason", "")


def mode(root):
    return oct(os.stat(root + TARGET).st_mode & 0o777)


def state(root):
    return confirm.status(Journal(root, "r"))["state"]


def fires(root):
    """The timer's time has come."""
    return lambda: confirm.revert(Journal(root, "r"), Host(root), good)


def confirms(root):
    return lambda: confirm.disarm(Journal(root, "r"), good, root)


def killed_while_undoing(root):
    """The timer's process is killed before it took anything back, and nobody starts it again."""

    def act():
        place = root + "/var/lib/hipaa-cis/r/"
        if os.path.exists(place + "armed"):
            found = commit_state.read(place + "armed") or {}
            found.update(until=confirm.lock.uptime() - 1000.0, boot=confirm.lock.boot_id(root), tries=1)
            commit_state.overwrite(place + "armed", commit_state.filled(found))
            os.rename(place + "armed", place + "reverting")

    return act


def dead_timer(root):
    """The timer is gone: somebody stopped it, or its process was killed before its time."""

    def act():
        place = root + "/var/lib/hipaa-cis/r/armed"
        if os.path.exists(place):
            found = {**(commit_state.read(place) or {}), "until": confirm.lock.uptime() - 1000.0}
            commit_state.overwrite(place, commit_state.filled(found))

    return act


def gets_stuck(root):
    """Every try of the host finds what it cannot take back."""

    def act():
        journal = Journal(root, "r")
        for _try in range(confirm.TRIES + 1):
            confirm.revert(journal, Host(root), good, again=True)

    return act


def works_on_it(root):
    """The undoing has begun, and its process is at work."""
    held: list[int] = []

    def act():
        place = root + "/var/lib/hipaa-cis/r/"
        if os.path.exists(place + "armed"):
            os.rename(place + "armed", place + "reverting")
        if not held:
            held.append(os.open(root + "/var/lib/hipaa-cis/at-work", os.O_RDWR))
            confirm.lock._taken(held[0])

    return act


@pytest.fixture
def cannot_undo(monkeypatch):
    def fail(*_arguments, **_keys):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Rollback, "_restore", fail)


HEARD, LOST, AWAY, LATE = ["heard"], ["lost", "heard"], ["away"], ["away", "away", "heard"]
# What the host did meanwhile, how the controller's `confirm` fared: result, part of the reason, changed, reverted, broke
# off, mode of the file in the end, state of the host in the end.
AFTER_APPLY = [
    (None, HEARD, "fixed", "", True, False, False, "0o600", "confirmed"),
    (None, LOST, "fixed", "", True, False, False, "0o600", "confirmed"),
    (None, LATE, "fixed", "", True, False, False, "0o600", "confirmed"),
    # It never reached the host, which is still armed and will undo it.
    (None, AWAY, "still_failing", "not known whether they stay", True, False, True, "0o600", "armed"),
    # It reached the host, and no answer ever came back: everything stays in force.
    (None, ["lost"], "still_failing", "not known whether they stay", True, False, True, "0o600", "confirmed"),
    (None, ["lost", "away"], "still_failing", "not known whether they stay", True, False, True, "0o600", "confirmed"),
    (confirms, HEARD, "fixed", "", True, False, False, "0o600", "confirmed"),
    (confirms, LATE, "fixed", "", True, False, False, "0o600", "confirmed"),
    (dead_timer, HEARD, "fixed", "", True, False, False, "0o600", "confirmed"),
    (fires, HEARD, "reverted", controller.CUT_OFF, True, True, False, "0o644", "reverted"),
    (fires, LOST, "reverted", controller.CUT_OFF, True, True, False, "0o644", "reverted"),
    (fires, LATE, "reverted", controller.CUT_OFF, True, True, False, "0o644", "reverted"),
    (fires, AWAY, "still_failing", "not known whether they stay", True, False, True, "0o644", "reverted"),
    (killed_while_undoing, HEARD, "reverted", controller.CUT_OFF, True, True, False, "0o644", "reverted"),
    (killed_while_undoing, LOST, "reverted", controller.CUT_OFF, True, True, False, "0o644", "reverted"),
    (killed_while_undoing, LATE, "reverted", controller.CUT_OFF, True, True, False, "0o644", "reverted"),
    (killed_while_undoing, AWAY, "still_failing", "not known whether", True, False, True, "0o600", "reverting"),
    (works_on_it, HEARD, "still_failing", "a process is still at it", True, False, True, "0o600", "reverting"),
    (works_on_it, LOST, "still_failing", "a process is still at it", True, False, True, "0o600", "reverting"),
    (works_on_it, LATE, "still_failing", "a process is still at it", True, False, True, "0o600", "reverting"),
    (works_on_it, AWAY, "still_failing", "not known whether", True, False, True, "0o600", "reverting"),
    (gets_stuck, HEARD, "still_failing", "file system is full", True, False, True, "0o600", "stuck"),
    (gets_stuck, LOST, "still_failing", "file system is full", True, False, True, "0o600", "stuck"),
    (gets_stuck, LATE, "still_failing", "file system is full", True, False, True, "0o600", "stuck"),
    (gets_stuck, AWAY, "still_failing", "not known whether", True, False, True, "0o600", "stuck"),
]
EXPECTED = ("result", "reason", "changed", "reverted", "broke_off", "mode", "state")


def name_of(row):
    return f"{getattr(row[0], '__name__', 'nothing')}-{'+'.join(row[1])}"


def never_heard(answers, monkeypatch):
    """Where no answer ever comes the controller does not wait for long."""
    if answers[-1] != "heard":
        monkeypatch.setattr(confirmation, "HEALING_SECONDS", 0.1)


def check(root, row, record, result, reason):
    wanted = dict(zip(EXPECTED, row, strict=True))
    assert wanted["reason"] in reason
    assert {
        "result": result,
        "reason": wanted["reason"],
        "changed": record["changed"],
        "reverted": record["reverted"],
        "broke_off": "broke_off" in record,
        "mode": mode(root),
        "state": state(root),
    } == wanted, (reason, record.get("broke_off"))


@pytest.mark.parametrize("row", AFTER_APPLY, ids=map(name_of, AFTER_APPLY))
def test_confirmation(root, row, request, monkeypatch):
    if row[0] is gets_stuck:
        request.getfixturevalue("cannot_undo")
    if row[0] is works_on_it:
        monkeypatch.setattr(confirmation, "MAX_WAITING_SECONDS", 0.05)
    never_heard(row[1], monkeypatch)
    meanwhile = row[0](root) if row[0] else lambda: None
    wire = Wire(root, {"confirm": row[1]}, meanwhile)

    check(root, row[2:], *remediate(wire))
    assert wire.calls[-1] == "release"


# The answer to the apply itself was lost; what the host did until then or does meanwhile, how `status` fared.
AFTER_NOTHING = [
    (fires, HEARD, "reverted", controller.BROKEN, True, True, False, "0o644", "reverted"),
    (fires, LOST, "reverted", controller.BROKEN, True, True, False, "0o644", "reverted"),
    (fires, LATE, "reverted", controller.BROKEN, True, True, False, "0o644", "reverted"),
    (fires, AWAY, "still_failing", "not known whether", True, False, True, "0o644", "reverted"),
    (dead_timer, HEARD, "reverted", controller.BROKEN, True, True, False, "0o644", "reverted"),
    (dead_timer, LATE, "reverted", controller.BROKEN, True, True, False, "0o644", "reverted"),
    (killed_while_undoing, HEARD, "reverted", controller.BROKEN, True, True, False, "0o644", "reverted"),
    (killed_while_undoing, LOST, "reverted", controller.BROKEN, True, True, False, "0o644", "reverted"),
    (gets_stuck, HEARD, "still_failing", "file system is full", True, False, True, "0o600", "stuck"),
    (gets_stuck, LATE, "still_failing", "file system is full", True, False, True, "0o600", "stuck"),
]


@pytest.mark.parametrize("row", AFTER_NOTHING, ids=map(name_of, AFTER_NOTHING))
def test_apply_whose_answer_was_lost(root, row, request, monkeypatch):
    never_heard(row[1], monkeypatch)
    if row[0] is gets_stuck:
        request.getfixturevalue("cannot_undo")
    wire = Wire(root, {"apply": ["lost"], "status": row[1]}, row[0](root))

    check(root, row[2:], *remediate(wire))
    assert "confirm" not in wire.calls, "what nobody knows must not be confirmed"


@pytest.mark.parametrize("status", [HEARD, LOST, LATE, AWAY], ids="+".join)
def test_apply_that_never_reached_the_host(root, status, monkeypatch):
    never_heard(status, monkeypatch)
    record, result, _reason = remediate(Wire(root, {"apply": ["away"], "status": status}))

    assert (result, "broke_off" in record, record["reverted"]) == ("still_failing", True, False)
    assert record["changed"] is (status == AWAY), "where nobody heard that it is not armed it may be changed"
    assert (mode(root), state(root)) == ("0o644", "none")


def test_journal_that_somebody_removed_is_no_undoing(root):
    """Where the host knows nothing any more what was changed stays, and nobody may say that it was undone."""
    gone = Wire(root, {"confirm": HEARD}, lambda: shutil.rmtree(root + "/var/lib/hipaa-cis/r"))

    check(root, ("still_failing", "in force", True, False, True, "0o600", "none"), *remediate(gone))


class At:
    """Does something at the call with this number to a function, and counts the calls; ``ever``: and at all later ones."""

    def __init__(self, real, number, act, ever):
        self.real, self.number, self.act, self.ever = real, number, act, ever
        self.seen = 0

    def __call__(self, *arguments, **keys):
        self.seen += 1
        if self.seen == self.number or (self.ever and self.seen > self.number):
            self.act()
        return self.real(*arguments, **keys)


def no_space():
    raise OSError(28, os.strerror(28))


def kill():
    raise Killed


# What each durable step of the host goes through, one of them last.
POINTS = ("fsync", "replace", "rename")


def broken_at(monkeypatch, point, number, act, ever):
    at = At(getattr(os, point), number, act, ever)
    monkeypatch.setattr(os, point, at)
    return at


@pytest.mark.parametrize("act", [no_space, kill])
@pytest.mark.parametrize("point", POINTS)
def test_whatever_stops_the_host_in_the_group_the_controller_tells_how_it_stands(
    tmp_path_factory, monkeypatch, point, act
):
    """At every durable step of arming, changing and confirming: what is called fixed stays, what is called reverted is undone."""
    for number in range(1, 40):
        root = _planted(tmp_path_factory)
        with monkeypatch.context() as patched:
            at = broken_at(patched, point, number, act, act is no_space)
            # The timer's time comes once the controller has asked twice, with a disk that has space again.
            asked = itertools.count(1)

            def meanwhile(asked=asked, patched=patched, root=root):
                if next(asked) == 3:
                    patched.undo()
                    quick_again(patched)
                    dead_timer(root)()

            wire = Wire(root, {}, meanwhile)
            quick_again(patched)
            record, result, reason = remediate(wire)
        if at.seen < number:
            assert result == "fixed"
            return
        said = (number, result, reason, record.get("broke_off"))
        if result == "fixed":
            assert (mode(root), state(root)) == ("0o600", "confirmed"), said
        elif record["reverted"]:
            assert (mode(root), state(root)) == ("0o644", "reverted"), said
        else:
            assert result in ("still_failing", "skipped"), said
            assert mode(root) == "0o644" or state(root) in ("armed", "reverting", "stuck"), said
            assert "broke_off" in record or mode(root) == "0o644", said


def quick_again(patched):
    patched.setattr(confirmation, "RETRY_SECONDS", 0.0)
    patched.setattr(confirmation, "HEALING_SECONDS", 0.3)
    patched.setattr(confirm, "PATIENCE", 0.0)
    patched.setattr(confirm, "_start_detached", lambda *_arguments: None)


def _planted(factory):
    root = factory.mktemp("host")
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "run/systemd/system").mkdir(parents=True)
    (root / TARGET[1:]).write_text("x\n")
    (root / TARGET[1:]).chmod(0o644)
    return str(root)
