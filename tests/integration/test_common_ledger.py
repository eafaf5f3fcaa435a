"""Two controllers that share a ledger in PostgreSQL, each with a disk of its own, audit at the same time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests import pump
from tests.postgresql import postgresql, server
from tests.records import texts_below

__all__ = ["postgresql", "server"]

UNSAFE = {"network": True, "telnet": True, "screen_lock_minutes": 60}
HOSTS = {"east": ("east-1", "east-2", "common"), "west": ("west-1", "west-2", "west-3")}


@pytest.fixture
def audit(tmp_path, postgresql):
    """Return a function with which both controllers audit their pumps at once; each gets a run folder that is new."""

    def one(name, turn, settings, ledger):
        folder = tmp_path / f"{name}-{turn}"
        folder.mkdir()
        options = {**pump.variables(folder / "runs"), "hipaa_cis_ledger": ledger or postgresql}
        command = ["hipaa.cis.audit", "-i", ",".join(HOSTS[name]) + ",", "-c", "local", "-e", json.dumps(options)]
        return pump.play(command, pump.checkout_environment(folder, settings)), folder / "runs" / "latest"

    def both(turn, settings, ledger=""):
        with ThreadPoolExecutor(len(HOSTS)) as pool:
            return list(pool.map(lambda name: one(name, turn, settings, ledger), HOSTS))

    return both


def rows(address, statement):
    with psycopg.connect(address) as connection:
        return connection.execute(statement).fetchall()


def test_controllers_that_write_at_once_lose_nothing_and_know_what_the_other_turn_saw(audit, postgresql):
    for process, _folder in (*audit(1, UNSAFE), *(second := audit(2, pump.SAFE))):
        assert process.returncode == 0, process.stdout + process.stderr

    assert len(rows(postgresql, "SELECT DISTINCT run_id FROM hipaa_cis_runs")) == 4
    assert rows(
        postgresql, "SELECT count(*), count(DISTINCT host_id), count(DISTINCT position) FROM hipaa_cis_looks"
    ) == [(12, 6, 4)]
    ended = "SELECT outcome, after, count(*) FROM hipaa_cis_episodes WHERE until_position IS NOT NULL GROUP BY outcome, after"
    assert rows(postgresql, ended) == [("f", "p", 12)]
    for process, folder in second:
        told = json.loads((folder / "history.json").read_text())
        assert (told["told_by"], told["counts"]["resolved"], told["counts"]["first_seen"]) == ("the ledger", 6, 0)
        assert "Resolved: failed before, pass now or no longer apply (6)" in process.stdout
        assert "<polyline" in (folder / "report.html").read_text()


def test_password_of_a_ledger_that_is_not_reached_is_in_nothing_that_is_said_or_written(audit):
    for process, folder in audit(1, UNSAFE, "postgresql://cis:hunter2-secret@127.0.0.1:1/ledger"):
        assert process.returncode == 2
        assert "it is not in the ledger yet" in process.stdout
        said = process.stdout + process.stderr
        written = "".join(text for _path, text in texts_below(folder))
        assert "hunter2" not in said + written
        assert "The ledger could not be asked." in written
