"""The controller dies in the middle of an audit, or has no space left: what was recorded stands, and the run is gone on with."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from tests.fleet import FORKS, Fleet
from tests.records import records_in

HOSTS, KILLS = 60, 6
SEED = int(os.environ.get("HIPAA_CIS_STORM_SEED", "1"))
# What no two runs have in common: their names, when they were, and digests of records that say so.
OF_ITS_TIME = {"run_id", "started_at", "finished_at", "audited_at", "digest", "oldest", "newest"}
RESUMED: dict[str, Any] = {"hipaa_cis_run_id": "one", "hipaa_cis_resume": True}


def without_times(document):
    if isinstance(document, dict):
        return {key: without_times(value) for key, value in document.items() if key not in OF_ITS_TIME}
    return [without_times(one) for one in document] if isinstance(document, list) else document


def summary_of(run: Path):
    return without_times(json.loads((run / "summary.json").read_text()))


def children_of(process):
    """The processes that a command has begun, and theirs, by their ids."""
    found = [process]
    for one in found:
        try:
            found += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found[1:]


def kill(command, workers_too):
    """Kill a command of a sudden, its workers with it or left to themselves; return once none of them is there."""
    workers = children_of(command.pid)
    command.kill()
    if workers_too:
        for one in workers:
            try:
                os.kill(one, signal.SIGKILL)
            except ProcessLookupError:
                continue
    command.communicate(timeout=60)
    end = time.monotonic() + 60
    while any(is_running(one) for one in workers):
        assert time.monotonic() < end, "a worker outlives its command"
        time.sleep(0.02)


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def recorded(run: Path):
    return {path.name.partition(".")[0] for path in run.glob("hosts/[!.]*")}


def test_run_that_is_killed_again_and_again_ends_as_one_that_was_not(tmp_path):
    chance = random.Random(SEED)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    unbroken, fleet = Fleet(tmp_path / "a", HOSTS), Fleet(tmp_path / "b", HOSTS)
    assert unbroken.run(hipaa_cis_run_id="one")[0] == 0
    run, done = fleet.runs / "one", dict[str, int]()
    given: dict[str, Any] = {"hipaa_cis_run_id": "one"}

    for number in range(KILLS):
        before = len(recorded(run))
        until = min(HOSTS - 1, before + chance.randrange(1, 14))
        command = fleet.start(**given)
        end = time.monotonic() + 60
        while len(recorded(run)) < until:
            assert command.poll() is None, command.communicate()[0]
            assert time.monotonic() < end
            time.sleep(0.005)
        time.sleep(chance.random() * 0.1)
        kill(command, workers_too=number % 2 == 0)
        # Each record is whole, whoever was writing one, and its host is not looked at again from now on.
        assert {record["status"] for record in records_in(run)} == {"audited"}
        done.update({name: fleet.called()[name] for name in recorded(run) - set(done)})
        given = RESUMED
    assert fleet.run(**RESUMED)[0] == 0

    assert done
    assert {name: fleet.called()[name] for name in done} == done
    # Only those that were just being audited were audited for nothing.
    assert sum(fleet.called().values()) <= HOSTS + KILLS * FORKS
    assert summary_of(run) == summary_of(unbroken.runs / "one")
    assert not [path for path in run.glob("hosts/[!.]*") if not path.name.endswith(".json.gz")]
