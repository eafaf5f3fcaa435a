"""One run at a time on a host, and one process of it."""

from __future__ import annotations

import multiprocessing

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import lock
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError


@pytest.fixture
def root(tmp_path):
    return str(tmp_path)


def test_run_renews_its_own_lock(root):
    lock.take(root, "run", "mine")
    lock.take(root, "run", "mine")


@pytest.mark.parametrize(("run", "token"), [("other", "mine"), ("run", "other")])
def test_another_run_is_refused_also_one_that_was_given_the_same_id(root, run, token):
    lock.take(root, "run", "mine")

    with pytest.raises(ChangeError, match="hipaa_cis_run_id=run"):
        lock.take(root, run, token)


def test_rollback_that_names_a_run_takes_the_host_from_it(root):
    lock.take(root, "run", "mine")
    lock.take(root, "run", "rollback", over=True)

    with pytest.raises(ChangeError, match="is at work"):
        lock.take(root, "run", "mine")
    lock.release(root, "run", "mine")
    with pytest.raises(ChangeError, match="is at work"):
        lock.take(root, "run", "mine")


def test_rollback_that_names_a_run_does_not_take_the_host_from_another(root):
    lock.take(root, "run", "mine")

    with pytest.raises(ChangeError, match="run is at work"):
        lock.take(root, "other", "rollback", over=True)


@pytest.mark.parametrize("token", ["mine", None])
def test_released_host_is_free(root, token):
    lock.take(root, "run", "mine")
    lock.release(root, "run", token)

    lock.take(root, "other", "theirs")


def test_lock_of_a_run_that_said_nothing_for_long_does_no_harm(root, monkeypatch):
    lock.take(root, "run", "mine")
    later = lock.uptime() + lock.STALE_SECONDS + 1
    monkeypatch.setattr(lock, "uptime", lambda: later)

    lock.take(root, "other", "theirs")


def test_lock_of_another_boot_does_no_harm(root, monkeypatch):
    lock.take(root, "run", "mine")
    monkeypatch.setattr(lock, "boot_id", lambda _root: "another boot")

    lock.take(root, "other", "theirs")


def _work(root, line):
    with lock.at_work(root):
        line.send("begun")
        line.poll(20)


@pytest.fixture
def worker(root):
    """A process that changes the host until it is told to end: (process, line to it)."""
    context = multiprocessing.get_context("fork")
    line, other_end = context.Pipe()
    process = context.Process(target=_work, args=(root, other_end))
    process.start()
    assert line.poll(20)
    yield process, line
    line.send("end")
    process.join(20)


@pytest.mark.usefixtures("worker")
def test_second_process_is_refused(root):
    with pytest.raises(ChangeError, match="at this very moment"), lock.at_work(root):
        pass


def test_host_that_is_cut_off_is_healed_all_the_same(root, worker):
    with lock.at_work(root, patience=0.1, insist=True):
        assert worker[0].is_alive()


def test_process_that_waits_goes_on_when_the_other_has_ended(root, worker):
    worker[1].send("end")
    with lock.at_work(root, patience=20):
        worker[0].join(20)
        assert not worker[0].is_alive()


def test_killed_process_leaves_no_lock(root, worker):
    worker[0].kill()
    worker[0].join(20)

    with lock.at_work(root):
        pass


def test_file_of_the_lock_is_made_for_root_alone(tmp_path):
    lock.take(str(tmp_path), "run")

    place = tmp_path / "var/lib/hipaa-cis"
    assert place.stat().st_mode & 0o777 == 0o700
    assert (place / "lock").stat().st_mode & 0o777 == 0o600
