"""The controller dies in the middle of an audit, or has no space left: what was recorded stands, and the run is gone on with."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests import pump
from tests.fleet import FORKS, Fleet
from tests.records import records_in

HOSTS, KILLS = 40, 6
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
    end = time.monotonic() + 180
    while any(is_running(one) for one in workers):
        assert time.monotonic() < end, "a worker outlives its command"
        time.sleep(0.02)


def wait_for(happened, command):
    end = time.monotonic() + 180
    while not happened():
        assert command.poll() is None, command.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.005)


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def play_with_report(fleet):
    place = fleet.folder / "with_report.yml"
    place.write_text(fleet.play.read_text() + "- hosts: all\n  gather_facts: false\n  tasks: [hipaa.cis.report: ]\n")
    return place


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
        until = min(HOSTS - 1, before + chance.randrange(1, 10))
        command = fleet.start(**given)
        wait_for(lambda until=until: len(recorded(run)) >= until, command)
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


def test_worker_that_outlives_its_command_writes_nothing_and_the_run_goes_on(tmp_path):
    fleet = Fleet(tmp_path, 3, default="sleep 2")
    command = fleet.start(hipaa_cis_run_id="one")
    wait_for(lambda: len(fleet.called()) == 3, command)
    kill(command, workers_too=False)
    assert recorded(fleet.runs / "one") == set()

    assert fleet.run(**RESUMED)[0] == 0
    assert recorded(fleet.runs / "one") == set(fleet.names)


def test_two_commands_that_begin_at_one_moment_with_one_run_id_are_not_mixed(tmp_path):
    """Neither finds anything of the other when it begins: who comes second with a host leaves its record alone, and fails."""
    fleet = Fleet(tmp_path, 4, default="sleep 1")
    commands = [fleet.start("-f", "4", hipaa_cis_run_id="one", hipaa_cis_level=level) for level in (1, 2)]
    said = [" ".join(one.communicate(timeout=120)[0].split()) for one in commands]

    assert any(one.returncode for one in commands)
    assert any("another command uses the run id one at the same time" in one for one in said), said
    for record in records_in(fleet.runs / "one"):
        assert "earlier_selections" not in record


def test_resume_by_other_options_is_refused_before_any_host_is_touched(tmp_path):
    fleet = Fleet(tmp_path, 2)
    command = fleet.start("-f", "1", hipaa_cis_run_id="one")
    wait_for(lambda: recorded(fleet.runs / "one"), command)
    kill(command, workers_too=True)
    before = {path: path.read_bytes() for path in fleet.runs.rglob("*") if path.is_file()}

    playbook = "hipaa.cis.audit"
    said = fleet.refused(playbook, hipaa_cis_level=2, **RESUMED)
    assert (
        "Nothing was begun: pump-000: The run one cannot be resumed: it was begun with another hipaa_cis_level for pump-000 (1)"
        in said
    )
    said = fleet.refused(playbook, hipaa_cis_run_id="two", hipaa_cis_resume=True)
    assert "Nothing was begun: There is no run two to resume below" in said
    said = fleet.refused(playbook, hipaa_cis_run_id="one")
    assert "Nothing was begun: pump-000: another command used the run id one before" in said
    assert fleet.called()["pump-000"] == 1
    assert {path: path.read_bytes() for path in before} == before

    assert fleet.run(playbook, hipaa_cis_resume="latest")[0] == 0
    assert (fleet.called()["pump-000"], recorded(fleet.runs / "one")) == (1, set(fleet.names))
    assert "Nothing was begun: The run one has ended" in fleet.refused(playbook, **RESUMED)


@pytest.mark.root
def test_disk_that_is_full_loses_nothing_and_the_run_goes_on_once_there_is_space(tmp_path):
    fleet = Fleet(tmp_path, 24)
    fleet.runs.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o"]
    subprocess.run([*mount, "size=64k", "none", str(fleet.runs)], check=True)
    try:
        said = fleet.refused(str(play_with_report(fleet)), hipaa_cis_run_id="one")
        run = fleet.runs / "one"
        there = recorded(run)
        assert 3 < len(there) < 20
        assert {record["status"] for record in records_in(run)} == {"audited"}
        assert (
            "No space left on device. What was written before is whole. Make space, then go on with the run: " in said
        )
        assert "-e hipaa_cis_run_id=one -e hipaa_cis_resume=true" in said
        assert not (run / "summary.json").exists()
        called = fleet.called()

        subprocess.run([*mount, "remount,size=4m", str(fleet.runs)], check=True)
        code, said = fleet.run(str(play_with_report(fleet)), **RESUMED)
        assert code == 0, said
        assert recorded(run) == set(fleet.names)
        assert {name: fleet.called()[name] for name in there} == {name: called[name] for name in there}
        assert json.loads((run / "summary.json").read_text())["totals"]["audited"] == 24
    finally:
        subprocess.run(["umount", str(fleet.runs)], check=True)


@pytest.mark.root
def test_full_folder_of_ansible_on_the_controller_is_not_told_as_the_fault_of_a_host(tmp_path):
    """Ansible packs its module there; what it raises then is no more than an `OSError`, like that of an answer it could not read."""
    fleet = Fleet(tmp_path, 2)
    folder = tmp_path / "temporary"
    folder.mkdir()
    fleet.environment["ANSIBLE_LOCAL_TEMP"] = str(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "none", str(folder)], check=True)
    try:
        said = fleet.refused(str(fleet.play), hipaa_cis_run_id="one")
    finally:
        subprocess.run(["umount", str(folder)], check=True)

    assert "the controller could not ask it: No space left on device" in said
    assert f"Make space in Ansible's folder for temporary files there, {folder}" in said
    assert "what it answered cannot be used" not in said
    assert {record["status"] for record in records_in(fleet.runs / "one")} == {"failed"}


def test_hosts_that_hang_die_answer_rubbish_or_late_are_told_apart_and_the_rest_is_audited(tmp_path):
    scripts = {
        "pump-003": "exec sleep 60",
        "pump-005": "kill -9 $$",
        "pump-007": "head -c 100000 /dev/urandom; exit 0",
        "pump-009": "exit 0",
        "pump-011": "sleep 6",
    }
    fleet = Fleet(tmp_path, 40, scripts)
    fleet.play.write_text(fleet.play.read_text() + "      timeout: 20\n")
    fleet.environment["HIPAA_CIS_PROGRESS"] = "true"
    done = fleet.command(fleet.arguments(str(fleet.play), "-f", "100", hipaa_cis_run_id="one"))

    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    status = {
        host["host"]: host["status"] for host in json.loads((fleet.runs / "one" / "summary.json").read_text())["hosts"]
    }
    lost = {name: status.pop(name) for name in sorted({*scripts} - {"pump-011"})}
    assert set(status.values()) == {"audited"}
    assert len(status) == 36
    assert "audited" not in lost.values()
    assert all(f"NOT AUDITED {name}" in done.stdout for name in lost)
    # How far it is stands where no other program reads.
    assert " of 40 hosts done" in done.stderr
    assert " hosts done" not in done.stdout


def test_what_a_remediation_did_is_kept_also_where_the_record_is_another_commands(tmp_path):
    """The second host's record comes into being while the first is worked on, as another command with this run id would write it."""
    (tmp_path / "inventory.json").write_text(
        json.dumps({"all": {"hosts": {"one": {}, "two": {}}, "vars": {"ansible_connection": "local"}}})
    )
    book = tmp_path / "book.yml"
    book.write_text(
        "- hosts: all\n  gather_facts: false\n  serial: 1\n  tasks:\n"
        "    - hipaa.cis.remediate: {not_begun: nobody is there}\n"
        "    - ansible.builtin.copy: {src: '{{ hosts }}/one.json.gz', dest: '{{ hosts }}/two.json.gz', mode: '0600'}\n"
        "      when: inventory_hostname == 'one'\n"
    )
    run = tmp_path / "runs" / "one"
    given = {**pump.variables(tmp_path / "runs"), "hipaa_cis_run_id": "one", "hosts": str(run / "hosts")}
    done = pump.play(
        [str(book), "-i", str(tmp_path / "inventory.json"), "-e", json.dumps(given)],
        pump.checkout_environment(tmp_path, pump.SAFE),
    )

    assert "another command uses the run id one at the same time" in done.stdout + done.stderr
    assert done.returncode == 2
    assert (run / "hosts" / "two.json.gz").read_bytes() == (run / "hosts" / "one.json.gz").read_bytes()
    assert json.loads((run / "remediation" / "two.json").read_text())["not_begun"] == "nobody is there"
