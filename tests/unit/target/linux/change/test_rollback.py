"""A rollback of a journal written by hand: what stands against it, and what is taken back."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files, rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry, Journal, last_run
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, FILE, PLAIN
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

pytestmark = pytest.mark.root

PATH = "/etc/pump/site.conf"


class Pump:
    """A host on which a command of the run wrote a file; each call is remembered."""

    def __init__(self, folder):
        self.root = str(folder)
        self.calls = []
        for name in ("etc/pump", "var/lib"):
            (folder / name).mkdir(parents=True)
        journal = Journal(self.root, "run")
        journal.create()
        self.write("before\n")
        before = files.state(self.root + PATH, journal.save)
        step = {"type": COMMAND, "label": "set up the pump", "group": PLAIN, "changes": ["c"], "argv": ["pump"]}
        number = journal.begin(
            {**step, "undo": [["pump", "--back"]], "watch": ["/etc/pump"]}, {"kind": "command"}, {"kind": "command"}
        )
        self.write("the run's\n")
        effect = {"before": before, "after": files.state(self.root + PATH, journal.save)}
        journal.finish(number, "done", effects={PATH: effect})

    def write_in_run(self, run, text):
        """Change the file in a run of its own."""
        journal = Journal(self.root, run)
        journal.create()
        before = files.state(self.root + PATH, journal.save)
        self.write(text)
        step = {"type": FILE, "label": PATH, "path": PATH, "group": PLAIN, "changes": ["d"]}
        number = journal.begin(step, before, files.state(self.root + PATH))
        journal.finish(number, "done")
        return journal, number

    def write(self, text):
        with open(self.root + PATH, "w") as stream:
            stream.write(text)

    def read(self):
        with open(self.root + PATH) as stream:
            return stream.read()

    def run(self, argv, _timeout):
        self.calls.append(list(argv))
        return CommandResult()

    def roll_back(self, **keys):
        return Rollback(Host(self.root), self.run, Journal(self.root, "run"), **keys).run()


@pytest.fixture
def pump(tmp_path):
    return Pump(tmp_path)


def test_what_a_command_did_is_taken_back(pump):
    report = pump.roll_back()

    assert report.conflicts + report.problems == []
    assert pump.read() == "before\n"
    assert pump.calls == [["pump", "--back"]]


def test_what_somebody_changed_since_a_command_changed_it_is_a_conflict(pump):
    pump.write("theirs\n")

    report = pump.roll_back()

    assert report.conflicts == ["%s was changed since the run (content)" % PATH]
    assert pump.read() == "theirs\n"
    assert pump.calls == []


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda path: os.chmod(path, 0o600), "mode"),
        (lambda path: os.chown(path, 4711, 0), "owner"),
        (lambda path: os.chown(path, 0, 4711), "group"),
        (os.unlink, "it was file and is absent"),
    ],
    ids=["mode", "owner", "group", "gone"],
)
def test_conflict_says_what_was_changed(pump, act, what):
    act(pump.root + PATH)

    assert pump.roll_back().conflicts == ["%s was changed since the run (%s)" % (PATH, what)]


def test_what_is_as_before_already_is_no_conflict(pump):
    pump.write("before\n")

    assert pump.roll_back().conflicts == []


def test_content_that_was_kept_and_is_gone_is_a_problem_and_not_the_end(pump):
    journal = Journal(pump.root, "run")
    (effects,) = [entry.effects for entry in journal.entries()]
    assert effects
    os.unlink(journal._blob(effects[PATH]["before"]["sha256"]))

    report = pump.roll_back()

    (problem,) = report.problems
    assert problem.startswith("set up the pump: ")
    assert problem.endswith("is missing")
    assert report.undone == []
    assert pump.read() == "the run's\n"


@pytest.fixture
def on_this_host(pump, monkeypatch):
    """What a rollback of "this host" did to the lock; this host is the pump's."""
    found: list[Any] = []
    monkeypatch.setattr(rollback, "Host", lambda _root: Host(pump.root, privileged=True))
    monkeypatch.setattr(rollback, "Journal", lambda _root, run: Journal(pump.root, run))
    monkeypatch.setattr(rollback, "last_run", lambda _root: last_run(pump.root))
    monkeypatch.setattr(rollback, "run_command", pump.run)
    monkeypatch.setattr(rollback, "take_all", lambda _host, _runner: found.append("look at all"))
    monkeypatch.setattr(rollback.lock, "take", lambda _root, run, _token, over: found.append(["take", run, over]))
    monkeypatch.setattr(rollback.lock, "at_work", lambda _root: contextlib.nullcontext())
    monkeypatch.setattr(rollback.lock, "release", lambda _root, run, _token: found.append(["release", run]))
    return found


@pytest.mark.parametrize("named", [True, False])
def test_rollback_of_this_host_holds_the_lock_while_it_works(pump, on_this_host, named):
    run, report = rollback.roll_back("run" if named else None, force=False, dry=False)

    assert (run, report.changed, report.undone) == ("run", True, ["set up the pump"])
    assert pump.read() == "before\n"
    assert on_this_host == [["take", "run", named], "look at all", ["release", "run"]]


def test_dry_rollback_of_this_host_touches_nothing(pump, on_this_host):
    run, report = rollback.roll_back("run", force=False, dry=True)

    assert (run, report.changed, report.undone) == ("run", True, ["set up the pump"])
    assert pump.read() == "the run's\n"
    assert pump.calls == on_this_host == []


def test_rollback_of_a_run_that_was_never_here_is_refused(on_this_host):
    with pytest.raises(ChangeError, match="no journal of the run other on this host"):
        rollback.roll_back("other", force=False, dry=False)

    assert on_this_host == []


def test_rollback_without_root_is_refused(pump, monkeypatch):
    monkeypatch.setattr(rollback, "Host", lambda _root: Host(pump.root, privileged=False))

    with pytest.raises(ChangeError, match="has to be run as root"):
        rollback.roll_back("run", force=False, dry=True)


@pytest.mark.parametrize("status", ["undone", "failed"])
def test_what_is_taken_back_already_is_not_taken_back_again(pump, status):
    Journal(pump.root, "run").finish(1, status)

    report = pump.roll_back()

    assert (report.changed, report.undone, pump.calls) == (False, [], [])
    assert pump.read() == "the run's\n"


def test_what_was_removed_comes_back_from_the_outside_in_and_what_was_added_goes_from_the_inside_out(pump):
    there, gone = {"kind": "directory"}, {"kind": "absent"}
    effects = {
        "/new/x": {"before": gone, "after": there},
        "/old/x": {"before": there, "after": gone},
        "/new": {"before": gone, "after": there},
        "/old": {"before": there, "after": gone},
        "/kept": {"before": there, "after": there},
    }
    entry = Entry(1, {"type": COMMAND}, {"kind": "command"}, {"kind": "command"}, effects=effects)
    entry.details["others"] = {"/other": {"before": there, "after": gone}}
    undoing = Rollback(Host(pump.root), pump.run, Journal(pump.root, "run"))

    found = dict(undoing._effects(entry))

    assert list(found) == ["/kept", "/old", "/old/x", "/other", "/new/x", "/new"]
    assert found["/old"] == (there, gone)
    assert found["/other"] == (there, rollback.UNKNOWN)


def test_fault_of_the_system_in_a_command_is_told_by_its_label(pump, monkeypatch):
    def broken(*_given, **_more):
        raise OSError(errno.EIO, "no matter")

    monkeypatch.setattr(rollback.reserve, "restore", broken)

    assert pump.roll_back().problems == ["set up the pump: Input/output error"]


def test_file_whose_folder_is_gone_comes_back_with_it(pump):
    journal = Journal(pump.root, "run")
    before = files.state(pump.root + PATH, journal.save)
    step = {"type": FILE, "label": PATH, "path": PATH, "group": PLAIN, "changes": ["c"], "remove": True}
    journal.finish(1, "undone")
    journal.finish(journal_begin(journal, step, before), "done")
    os.unlink(pump.root + PATH)
    os.rmdir(pump.root + os.path.dirname(PATH))

    report = pump.roll_back()

    assert report.conflicts + report.problems == []
    assert pump.read() == "the run's\n"


def journal_begin(journal, step, before):
    journal.create()
    return journal.begin(step, before, {"kind": "absent"})


def test_two_commands_of_one_change_that_fail_at_the_end_leave_it_to_be_taken_back(pump):
    journal = Journal(pump.root, "run")
    journal.create()
    step = {"type": COMMAND, "label": "both", "group": PLAIN, "changes": ["c"], "argv": ["both"], "undo": []}
    number = journal.begin({**step, "after_undo": [["one"], ["two"]]}, {"kind": "command"}, {"kind": "command"})
    journal.finish(number, "done", effects={})

    def failing(argv, timeout):
        pump.run(argv, timeout)
        return CommandResult(1, "", "error") if argv in (["one"], ["two"]) else CommandResult()

    report = Rollback(Host(pump.root), failing, Journal(pump.root, "run")).run()

    assert len(report.problems) == 2
    assert ["one"] in pump.calls
    assert ["two"] in pump.calls
    assert [entry.status for entry in Journal(pump.root, "run").entries()] == ["undone", "done"]


def test_link_that_a_command_removed_comes_back_with_its_owner(pump):
    link = os.path.dirname(PATH) + "/link"
    before = {"kind": "link", "target": "site.conf", "uid": 4711, "gid": 4712}
    journal = Journal(pump.root, "run")
    journal.finish(1, "done", effects={link: {"before": before, "after": {"kind": "absent"}}})

    report = pump.roll_back()

    assert report.conflicts + report.problems == []
    assert files.state(pump.root + link) == before


def test_what_a_later_run_has_changed_is_named_with_that_run(pump):
    journal, number = pump.write_in_run("later", "the later run's\n")
    os.utime(Journal(pump.root, "run").path, (1, 1))

    (conflict,) = pump.roll_back().conflicts
    assert conflict.endswith("by the later run later: take that back first")

    journal.finish(number, "undone")
    (conflict,) = pump.roll_back().conflicts
    assert "later run" not in conflict
