"""The confirmed commit on a tree: what is armed undoes itself or is confirmed, never both, with nothing but Python."""

from __future__ import annotations

import glob
import hashlib
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import commit_state, confirm, reserve
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.archive import PACKAGE
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
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


START_DETACHED = confirm._start_detached


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


def plant(root):
    (root / "etc/systemd/system/multi-user.target.wants").mkdir(parents=True)
    (root / "run/systemd/system").mkdir(parents=True)
    (root / TARGET.lstrip("/")).write_text("x\n")
    (root / TARGET.lstrip("/")).chmod(0o644)
    return str(root)


@pytest.fixture
def root(tmp_path):
    return plant(tmp_path)


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
    assert not confirm.revert(Journal(root, "r"), Host(root), runner, again=True)
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
    assert confirm.revert(Journal(root, "r"), Host(root), runner, again=True)

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
    commit_state.write(root + "/var/lib/hipaa-cis/r/armed", json.dumps({"boot": "this boot", "until": 100.0}))

    assert timer([98.0, 99.0, 100.0, *[101.0] * 50]) == 2
    assert mode(root) == "0o644"


def test_timer_that_waits_ends_where_the_change_is_confirmed(root, timer):
    change(root)
    commit_state.write(root + "/var/lib/hipaa-cis/r/armed", json.dumps({"boot": "this boot", "until": 100.0}))

    def confirmed():
        os.rename(root + "/var/lib/hipaa-cis/r/armed", root + "/var/lib/hipaa-cis/r/confirmed")

    assert timer([98.0] * 50, confirmed) == 1
    assert mode(root) == "0o600"


@pytest.mark.parametrize("text", ["", "{", '{"boot": "this boot"}', '{"boot": "another", "until": 1e9}'])
def test_timer_does_not_wait_for_what_it_cannot_read(root, timer, text):
    change(root)
    commit_state.write(root + "/var/lib/hipaa-cis/r/armed", text)

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
    ) % ((PACKAGE,) * 4)

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


LEGACY = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""A Python that names files in another encoding than UTF-8, on a machine without a locale that does."""


def test_undoing_names_files_in_utf8_where_the_locale_has_another_encoding(root):
    change(root)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from %s.change import confirm\n"
        "def instead(program, argv): raise SystemExit(repr(argv[1:]))\n"
        "confirm.os.execv = instead\n"
        "sys.argv[:] = ['rollback.zip', 'revert', 'r']\n"
        "confirm.start(['revert', 'r'])\n"
    ) % PACKAGE

    done = subprocess.run(
        [sys.executable, "-c", code, root + "/var/lib/hipaa-cis/r/rollback.zip"],
        capture_output=True, text=True, check=False, cwd="/", timeout=60, env=LEGACY,
    )  # fmt: skip

    assert done.stderr.strip() == "['-B', '-X', 'utf8', 'rollback.zip', 'revert', 'r']"


def no_space(*_arguments, **_keys):
    raise OSError(28, os.strerror(28))


def folder(root, *names):
    return os.path.join(root, "var/lib/hipaa-cis/r", *names)


def test_space_is_set_aside_while_armed_and_given_back(root):
    change(root)
    status = os.stat(folder(root, "reserve"))
    assert status.st_blocks * 512 >= reserve.BASE_BYTES

    confirm.revert(Journal(root, "r"), Host(root), runner)

    assert not os.path.exists(folder(root, "reserve"))


def test_confirmation_gives_the_space_back(root):
    change(root)
    confirm.disarm(Journal(root, "r"), runner, root)

    assert not os.path.exists(folder(root, "reserve"))


def test_file_system_that_cannot_allocate_is_written_to(root, monkeypatch):
    def unsupported(*_arguments):
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr(os, "posix_fallocate", unsupported)
    change(root)

    assert os.stat(folder(root, "reserve")).st_size >= reserve.BASE_BYTES


def test_host_whose_space_cannot_be_set_aside_is_not_changed(root, monkeypatch):
    monkeypatch.setattr(os, "posix_fallocate", no_space)

    with pytest.raises(confirm.ChangeError, match=r"could not be set aside.*file system is full"):
        change(root)

    assert (mode(root), boot_unit(root)) == ("0o644", False)
    assert confirm.status(Journal(root, "r"))["state"] == "none"
    assert not os.path.exists(folder(root, "reserve"))


@pytest.mark.parametrize("other", ["armed", "reverting", "stuck"])
def test_host_on_which_another_run_waits_to_be_undone_is_not_armed(root, other):
    change(root)
    os.rename(folder(root, "armed"), folder(root, other))
    later = Journal(root, "later")
    later.create()

    with pytest.raises(confirm.ChangeError, match="hipaa_cis_run_id=r"):
        confirm.arm(later, SECONDS, runner, root)

    # Once that run was taken back, whatever its state says, there is nothing left to wait for.
    Rollback(Host(root), runner, Journal(root, "r")).run()
    confirm.arm(later, SECONDS, runner, root)


def test_undoing_goes_on_where_nothing_can_be_noted(root, monkeypatch):
    change(root)
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_space)
        assert confirm.revert(Journal(root, "r"), Host(root), runner)

    assert mode(root) == "0o644"
    seen = confirm.status(Journal(root, "r"))
    assert (seen["state"], seen["tries"]) == ("reverting", 1)
    assert "could not be noted" in seen["report"]["problems"][0]

    assert confirm.revert(Journal(root, "r"), Host(root), runner, again=True)
    seen = confirm.status(Journal(root, "r"))
    assert (seen["state"], seen["report"]["problems"], seen["tries"]) == ("reverted", [], 2)
    assert len(seen["report"]["undone"]) == 1, "what the first try took back is told"


def test_host_tries_a_bounded_number_of_times_and_then_says_why_it_is_stuck(root, timer, monkeypatch):
    change(root)
    monkeypatch.setattr(Rollback, "_restore", no_space)
    codes: list[object] = []
    for _try in range(confirm.TRIES):
        with pytest.raises(SystemExit) as ended:
            timer([0.0] * 99 if codes else [SECONDS * 1e6] * 99)
        codes.append(ended.value.code)

    assert codes == [confirm.TRY_AGAIN] * (confirm.TRIES - 1) + [confirm.GIVEN_UP]
    seen = confirm.status(Journal(root, "r"))
    assert (seen["state"], seen["overdue"]) == ("stuck", False)
    assert "file system is full" in seen["report"]["problems"][0]
    assert boot_unit(root), "the next boot tries again"
    assert not confirm.disarm(Journal(root, "r"), runner, root)


def test_boot_goes_on_with_what_is_stuck(root):
    change(root)
    os.rename(folder(root, "armed"), folder(root, "stuck"))

    assert confirm.revert(Journal(root, "r"), Host(root), runner, again=True)

    assert (mode(root), boot_unit(root)) == ("0o644", False)
    assert confirm.status(Journal(root, "r"))["state"] == "reverted"


def test_undoing_that_crashes_is_told_and_tried_again(root, monkeypatch):
    change(root)

    def crash(*_arguments, **_keys):
        raise KeyError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(Rollback, "run", crash)
        confirm.revert(Journal(root, "r"), Host(root), runner)
    assert confirm.status(Journal(root, "r"))["report"]["problems"] == ["KeyError: 'a bug'"]

    confirm.revert(Journal(root, "r"), Host(root), runner, again=True)
    assert mode(root) == "0o644"


def test_reload_that_failed_is_run_again_by_the_next_try(root):
    change(root)
    journal = Journal(root, "r")
    step = {"type": "refresh", "label": "reload it", "group": "connection", "changes": [], "argv": ["reload-it"]}
    journal.create()
    journal.finish(journal.begin({**step, "undo": []}, {"kind": "command"}, {"kind": "command"}), "done")
    called = []

    def call(argv, _timeout):
        called.append(argv[0])
        return CommandResult(1, "", "no") if called.count("reload-it") == 1 else CommandResult()

    confirm.revert(journal, Host(root), call)
    assert confirm.status(journal)["state"] == "reverting"
    confirm.revert(journal, Host(root), call, again=True)

    assert called.count("reload-it") == 2
    assert confirm.status(journal)["state"] == "reverted"


def test_detached_process_is_started_and_not_waited_for(tmp_path):
    place = tmp_path / "done"

    START_DETACHED(0.01, ["sh", "-c", f"cat > {place}.new; pwd >> {place}.new; mv {place}.new {place}"])

    deadline = time.monotonic() + 30
    while not place.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert place.read_text() == "/\n"


def test_detached_process_tries_again_until_told_that_it_need_not(tmp_path):
    count = tmp_path / "count"
    script = f"echo x >> {count}; [ $(wc -l < {count}) -lt 3 ] && exit 75; exit 0"
    numbers = ["0", str(confirm.TRIES), "0.01", str(confirm.GIVEN_UP)]
    subprocess.run([sys.executable, "-c", confirm._LATER, *numbers, "sh", "-c", script], check=True, timeout=30)

    assert count.read_text() == "x\n" * 3


def test_long_report_fits_in_the_space_that_is_there():
    report = {"changed": True, "problems": ["é" * 900] * 50, "undone": ["u" * 99] * 900, "kept": [], "conflicts": ["c"]}
    text = commit_state.filled({"until": 1.0, "report": report})

    assert len(text.encode()) == commit_state.STATE_BYTES
    assert json.loads(text)["report"]["problems"]


def test_run_that_was_confirmed_on_a_full_disk_is_not_undone_with_what_comes_after(root, monkeypatch):
    change(root)
    with monkeypatch.context() as full:
        full.setattr(Journal, "confirm", no_space)
        assert confirm.disarm(Journal(root, "r"), runner, root)
    journal = Journal(root, "r")
    journal.create()

    confirm.arm(journal, SECONDS, runner, root)
    confirm.revert(journal, Host(root), runner)

    assert mode(root) == "0o600"


def test_file_is_written_in_place_where_there_is_no_space_beside_it(root, monkeypatch):
    path = root + "/etc/other"
    content = b"what it was before\n"
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("now\n")
    os.chmod(path, 0o600)
    wanted = {"kind": "file", "sha256": hashlib.sha256(content).hexdigest(), "mode": 0o640, "uid": 0, "gid": 0,
              "xattrs": {}, "mtime_ns": 10**18}  # fmt: skip
    monkeypatch.setattr(reserve.Place, "write_temporary", no_space)

    reserve.bring_about(path, wanted, content, "r")

    assert reserve.files.state(path) == wanted


def test_file_that_has_no_space_to_grow_is_left_whole(root, monkeypatch):
    path = root + TARGET
    monkeypatch.setattr(os, "posix_fallocate", no_space)

    handle = os.open(path, os.O_RDWR)
    with pytest.raises(OSError, match="No space"):
        reserve.overwrite(handle, b"longer than before\n")
    os.close(handle)

    with open(path, "rb") as stream:
        assert stream.read() == b"x\n"


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def kill(*_arguments, **_keys):
    raise Killed


# What removes a file needs no space.
STOPS = [(point, act) for point in ("fsync", "replace", "rename", "pwrite", "unlink") for act in (kill, no_space)][:-1]


@pytest.mark.parametrize(("point", "act"), STOPS)
def test_undoing_that_is_stopped_at_any_step_is_finished_by_a_later_try(tmp_path_factory, monkeypatch, point, act):
    """``no_space``: from that step on; then the disk has space again, and the next try, or the boot, finds it."""
    for number in range(30):
        root = plant(tmp_path_factory.mktemp("host"))
        change(root)
        with monkeypatch.context() as patched:
            counter = iter(range(100))
            real = getattr(os, point)

            def stopped(*arguments, counter=counter, number=number, real=real, **keys):
                seen = next(counter)
                return act() if seen == number or (act is no_space and seen > number) else real(*arguments, **keys)

            patched.setattr(os, point, stopped)
            try:
                confirm.revert(Journal(root, "r"), Host(root), runner)
            except (OSError, Killed):
                pass
        reached = next(counter)
        first = confirm.status(Journal(root, "r"))
        assert first["state"] in ("armed", "reverting", "reverted"), number
        assert first["state"] != "reverted" or mode(root) == "0o644", number

        confirm.revert(Journal(root, "r"), Host(root), runner, again=True)

        assert (mode(root), confirm.status(Journal(root, "r"))["state"]) == ("0o644", "reverted"), number
        assert not os.path.exists(folder(root, "reserve"))
        if reached <= number:
            return
    raise AssertionError("there are more steps than are tried")


def test_confirmation_that_was_killed_half_way_is_finished_by_the_one_that_asks_again(root, monkeypatch):
    change(root)
    with monkeypatch.context() as killed:
        killed.setattr(Journal, "confirm", kill)
        with pytest.raises(Killed):
            confirm.disarm(Journal(root, "r"), runner, root)
    assert boot_unit(root)

    assert confirm.disarm(Journal(root, "r"), runner, root)

    assert not boot_unit(root)
    assert [entry.confirmed for entry in Journal(root, "r").entries()] == [True]
    assert confirm.disarm(Journal(root, "r"), runner, root), "as often as it is asked"


@pytest.mark.parametrize(
    ("run_id", "name"),
    [("20261103T061500Z-7f3a", "20261103T061500Z-7f3a"), ("a.b/c d_e", "a_b_c_d_e")],
)
def test_name_of_the_unit_holds_only_what_systemd_takes(run_id, name):
    assert confirm.unit_name(run_id) == "hipaa-cis-rollback-" + name


@pytest.mark.parametrize(
    ("until", "left"),
    [(200, True), (200.5, True), ("200", False), (None, False)],
    ids=["whole", "part", "text", "none"],
)
def test_time_that_is_left_is_told_where_it_can_be_read(tmp_path, monkeypatch, until, left):
    monkeypatch.setattr(confirm.commit_state, "read", lambda _path: {"boot": "this", "until": until})
    monkeypatch.setattr(confirm.lock, "boot_id", lambda _root: "this")
    monkeypatch.setattr(confirm.lock, "uptime", lambda: 100.0)

    assert (confirm._remaining(Journal(str(tmp_path), "r")) > 0) is left
