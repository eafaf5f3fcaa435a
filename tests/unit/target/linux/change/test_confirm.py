"""The confirmed commit on a tree: what is armed undoes itself or is confirmed, never both, with nothing but Python."""

from __future__ import annotations

import glob
import json
import multiprocessing
import os
import re
import subprocess
import sys

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import confirm
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

TARGET = "/etc/target"
SECONDS = 3600.0


def runner(_argv, _timeout):
    return CommandResult(0, "", "")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Where a test lets the host undo in the middle of an apply, both are one process, and none waits for the other."""
    monkeypatch.setattr(confirm, "PATIENCE", 0.0)
    monkeypatch.setattr(confirm, "POLL_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """The command lines of detached processes, none of which is started."""
    found = []
    monkeypatch.setattr(confirm, "_start_detached", lambda timeout, argv: found.append([timeout, *argv]))
    return found


def change(root, watcher=lambda _what: None, call=runner):
    """Give the file another mode in the group that may cut off."""
    request = {
        "version": 1,
        "mode": "apply",
        "run_id": "r",
        "group": "connection",
        "options": {"confirm_timeout": SECONDS},
        "changes": {"it": ["file", {"path": TARGET}, {"mode": "0600"}]},
    }
    return Apply(parse(json.dumps(request)), root, call, watcher).answer()


@pytest.fixture
def root(tmp_path):
    (tmp_path / "etc/systemd/system/multi-user.target.wants").mkdir(parents=True)
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    (tmp_path / TARGET.lstrip("/")).write_text("x\n")
    (tmp_path / TARGET.lstrip("/")).chmod(0o644)
    return str(tmp_path)


def mode(root):
    return oct(os.stat(root + TARGET).st_mode & 0o777)


def boot_unit(root):
    return os.path.exists(root + confirm.BOOT_UNIT) and os.path.islink(root + confirm.BOOT_LINK)


def test_unconfirmed_change_is_undone(root, started):
    assert change(root)["changes"]["it"]["state"] == "done"
    assert (mode(root), boot_unit(root)) == ("0o600", True)

    assert confirm.revert(Journal(root, "r"), Host(root), runner)

    assert (mode(root), boot_unit(root)) == ("0o644", False)
    assert confirm.status(Journal(root, "r"))["state"] == "reverted"
    assert not confirm.disarm(Journal(root, "r"), runner, root)
    assert not started


def test_confirmed_change_stays(root):
    change(root)

    assert confirm.disarm(Journal(root, "r"), runner, root)

    assert not confirm.revert(Journal(root, "r"), Host(root), runner)
    assert not confirm.revert(Journal(root, "r"), Host(root), runner, at_boot=True)
    assert (mode(root), boot_unit(root)) == ("0o600", False)


def test_command_of_the_timer_has_nothing_that_systemd_would_quote(root):
    called = []

    def recorded(argv, timeout):
        called.append(list(argv))
        return runner(argv, timeout)

    change(root, call=recorded)

    armed = next(argv for argv in called if argv[0] == "systemd-run")
    assert all(re.fullmatch(r"[A-Za-z0-9_./=-]+", part) for part in armed)


def test_without_systemd_run_a_process_waits(root, started):
    def missing(argv, timeout):
        return CommandResult(missing=True, problem="-") if argv[0] == "systemd-run" else runner(argv, timeout)

    change(root, call=missing)

    assert started[0][0] == SECONDS
    assert (mode(root), boot_unit(root)) == ("0o600", True)


def test_without_systemd_a_process_waits(root, started):
    os.rmdir(root + "/run/systemd/system")

    change(root)

    assert len(started) == 1
    assert not boot_unit(root)


def test_what_cannot_be_armed_is_not_changed(root):
    def broken(_argv, _timeout):
        return CommandResult(1, "", "Failed to connect to bus")

    with pytest.raises(confirm.ChangeError, match="Failed to connect to bus"):
        change(root, call=broken)

    assert (mode(root), boot_unit(root)) == ("0o644", False)
    assert confirm.status(Journal(root, "r"))["state"] == "none"


def test_power_cut_while_undoing_is_made_good_at_boot(root):
    change(root)
    os.rename(root + "/var/lib/hipaa-cis/r/armed", root + "/var/lib/hipaa-cis/r/reverting")

    assert not confirm.revert(Journal(root, "r"), Host(root), runner)
    assert confirm.revert(Journal(root, "r"), Host(root), runner, at_boot=True)

    assert mode(root) == "0o644"


def test_apply_that_outlasts_its_undoing_stops(root):
    def undo_meanwhile(what):
        if what.startswith("journal: "):
            confirm.revert(Journal(root, "r"), Host(root), runner)

    seen = change(root, undo_meanwhile)

    assert "hipaa_cis_confirm_timeout" in seen["changes"]["it"]["reason"]
    assert mode(root) == "0o644"


def test_time_counts_from_the_last_change(root, monkeypatch):
    monkeypatch.setattr(confirm.lock, "uptime", lambda: 1000.0)

    def hours_pass(what):
        if what.startswith("file: ") or what == "finish":
            monkeypatch.setattr(confirm.lock, "uptime", lambda: 8000.0)

    change(root, hours_pass)

    with open(root + "/var/lib/hipaa-cis/r/armed", encoding="utf-8") as stream:
        assert json.loads(stream.read())["until"] == 8000.0 + SECONDS


def test_what_is_confirmed_or_undone_is_not_armed_by_an_extension(root):
    change(root)
    assert confirm.disarm(Journal(root, "r"), runner, root)

    confirm.extend(Journal(root, "r"), SECONDS, root)

    assert confirm.status(Journal(root, "r"))["state"] == "confirmed"


@pytest.fixture
def timer(root, monkeypatch):
    """A function that does what the timer starts, on the tree; returns how often it slept."""
    slept = []
    monkeypatch.setattr(confirm, "Journal", lambda _root, run_id: Journal(root, run_id))
    monkeypatch.setattr(confirm, "Host", lambda _root: Host(root))
    monkeypatch.setattr(confirm, "run_command", runner)
    monkeypatch.setattr(confirm.lock, "boot_id", lambda _root: "this boot")

    def fire(clock, meanwhile=lambda: None):
        def sleep(seconds):
            slept.append(seconds)
            meanwhile()

        times = iter(clock)
        monkeypatch.setattr(confirm.lock, "uptime", lambda: next(times))
        monkeypatch.setattr(confirm.time, "sleep", sleep)
        confirm.main("r")
        return len(slept)

    return fire


def test_timer_that_fires_early_waits_for_the_rest_of_the_time(root, timer):
    change(root)
    confirm._write(root + "/var/lib/hipaa-cis/r/armed", json.dumps({"boot": "this boot", "until": 100.0}))

    assert timer([98.0, 99.0, 100.0, *[101.0] * 50]) == 2
    assert mode(root) == "0o644"


def test_timer_that_waits_ends_where_the_change_is_confirmed(root, timer):
    change(root)
    confirm._write(root + "/var/lib/hipaa-cis/r/armed", json.dumps({"boot": "this boot", "until": 100.0}))

    def confirmed():
        os.rename(root + "/var/lib/hipaa-cis/r/armed", root + "/var/lib/hipaa-cis/r/confirmed")

    assert timer([98.0] * 50, confirmed) == 1
    assert mode(root) == "0o600"


@pytest.mark.parametrize("text", ["", "{", '{"boot": "this boot"}', '{"boot": "another", "until": 1e9}'])
def test_timer_does_not_wait_for_what_it_cannot_read(root, timer, text):
    change(root)
    confirm._write(root + "/var/lib/hipaa-cis/r/armed", text)

    timer([98.0] * 50)

    assert mode(root) == "0o644"


def test_undoing_gives_the_host_back(root):
    change(root)
    confirm.revert(Journal(root, "r"), Host(root), runner)

    confirm.lock.take(root, "other", "theirs")


def _race(root, act, barrier, results):
    barrier.wait(10)
    journal = Journal(root, "r")
    if act == "disarm":
        results.put(("disarm", confirm.disarm(journal, runner, root)))
    else:
        results.put(("revert", confirm.revert(journal, Host(root), runner)))


@pytest.mark.parametrize("_attempt", range(10))
def test_of_confirmation_and_undoing_one_wins(root, _attempt):
    change(root)
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(3), context.Queue()
    racers = [
        context.Process(target=_race, args=(root, act, barrier, results)) for act in ("disarm", "revert", "revert")
    ]
    for racer in racers:
        racer.start()
    won = [act for act, seen in (results.get(timeout=20) for _racer in racers) if seen]
    for racer in racers:
        racer.join(20)

    assert len(won) == 1
    assert mode(root) == {"disarm": "0o600", "revert": "0o644"}[won[0]]


def interpreters():
    """Return the Python 3.8 or later of this machine, version -> path."""
    found = {"%d.%d" % sys.version_info[:2]: sys.executable}
    paths = [*glob.glob("/usr/bin/python3.*"), *glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3"))]
    for path in [one for one in paths if re.fullmatch(r"python3(\.\d+)?", os.path.basename(one))]:
        code = "import sys; print(*sys.version_info[:2])"
        done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False, timeout=20)
        numbers = tuple(int(part) for part in done.stdout.split())
        if numbers >= (3, 8):
            found.setdefault("%d.%d" % numbers, path)
    return found


@pytest.mark.parametrize("python", interpreters().values(), ids=interpreters())
def test_archive_is_all_that_the_host_needs(root, python):
    """Its own standard library and the archive, in a process that sees nothing else of the collection."""
    change(root)
    archive = root + "/var/lib/hipaa-cis/r/rollback.zip"
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from %s.change import confirm\nfrom %s.change.journal import Journal\nfrom %s.host import Host\n"
        "from %s.command import CommandResult\n"
        "assert confirm.__file__.startswith(sys.argv[1])\n"
        "done = confirm.revert(Journal(sys.argv[2], 'r'), Host(sys.argv[2]), lambda argv, timeout: CommandResult(0, '', ''))\n"
        "sys.exit(0 if done else 3)\n"
    ) % ((confirm.PACKAGE,) * 4)

    done = subprocess.run(
        [python, "-I", "-B", "-c", code, archive, root],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert mode(root) == "0o644"
