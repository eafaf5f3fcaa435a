"""What a fleet costs the controller: one process, many hosts that all give the answer that this machine gave once.

The hosts are this machine by the local connection; their interpreter is a script that takes in what is sent and gives the
answer, so that what is counted is Ansible and we, and a trivial module in the same place is what we are counted against.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pump import ROOT

HOSTS = int(os.environ.get("HIPAA_CIS_FLEET_HOSTS", "500"))
# Of fifty hosts and more the ledger is read, whose libraries take their memory once.
FEW = max(50, HOSTS // 5)
FORKS = 20
# MiB above what Ansible itself takes for as many hosts, and by how much that may grow from few hosts to all.
MOST_MEMORY = 120
MOST_GROWTH = 10
# Seconds of processor time for each host above those of a trivial module.
MOST_CPU = 0.025
RECORDER = '#!/bin/sh\n"{python}" "$@" > "{folder}/answer.tmp" || exit\nmv "{folder}/answer.tmp" "{folder}/answer"\ncat "{folder}/answer"\n'
ANSWERING = '#!/bin/sh\ncat > /dev/null\ncat "{folder}/answer"\n'
PONG = '#!/bin/sh\ncat > /dev/null\necho \'{"ping": "pong"}\'\n'


def high_water(pid):
    """Return the most resident memory that a process has had, in MiB, or 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fleet")


@pytest.fixture(scope="module")
def run(folder):
    """Return a function that runs a playbook over some hosts, and gives the seconds, those of the processors, and MiB."""
    for name, text in (("record", RECORDER), ("answering", ANSWERING), ("pong", PONG)):
        (folder / name).write_text(text.replace("{folder}", str(folder)).replace("{python}", sys.executable))
        (folder / name).chmod(0o700)
    (folder / "ping.yml").write_text("- hosts: all\n  gather_facts: false\n  tasks: [{ansible.builtin.ping: {}}]\n")

    def play(playbook, interpreter, number, **variables):
        hosts = {f"fleet-{one}": None for one in range(number)}
        common = {
            "ansible_connection": "local",
            "ansible_python_interpreter": str(folder / interpreter),
            "ansible_pipelining": True,
            **variables,
        }
        inventory = folder / "inventory.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "-f",
            str(FORKS),
            "-i",
            str(inventory),
            playbook,
        ]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        environ = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
        most = 0
        with (folder / "printed").open("w") as printed:
            process = subprocess.Popen(command, env=environ, stdout=printed, stderr=subprocess.STDOUT)
            while process.poll() is None:
                most = max(most, high_water(process.pid))
                time.sleep(0.05)
        after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        assert process.returncode == 0, (folder / "printed").read_text()[-3000:]
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"seconds": ended - started, "cpu": cpu, "memory": most}

    return play


@pytest.fixture(scope="module")
def audit(run, folder):
    variables = {
        "hipaa_cis_benchmark": ["debian_12@2.0.0"],
        "hipaa_cis_level": 2,
        "hipaa_cis_become": False,
        "hipaa_cis_run_dir": str(folder / "runs"),
    }
    # Once by the real interpreter: this is the answer of all hosts, and what is kept from run to run is there.
    run("hipaa.cis.audit", "record", 1, **variables)
    return lambda number: run("hipaa.cis.audit", "answering", number, **variables)


def test_controller_of_a_fleet(run, audit, folder, capsys):
    run(str(folder / "ping.yml"), "pong", 2)
    found = {number: (run(str(folder / "ping.yml"), "pong", number), audit(number)) for number in (FEW, HOSTS)}

    more = {number: {key: ours[key] - theirs[key] for key in ours} for number, (theirs, ours) in found.items()}
    each = more[HOSTS]["cpu"] / HOSTS
    growth = more[HOSTS]["memory"] - more[FEW]["memory"]
    with capsys.disabled():
        for number, (theirs, ours) in found.items():
            print(f"\n{number} hosts: " + "; ".join(
                f"{name} {one['seconds']:.1f} s, {one['cpu']:.1f} s of the processors ({one['cpu'] / number * 1000:.1f} ms a host), {one['memory']:.0f} MiB"
                for name, one in (("ping", theirs), ("audit", ours))
            ))  # fmt: skip
        print(
            f"each host {each * 1000:.1f} ms more; {more[HOSTS]['memory']:.0f} MiB more, {growth:+.0f} from {FEW} hosts to {HOSTS}"
        )
    summary = json.loads((folder / "runs" / "latest" / "summary.json").read_text())
    assert summary["totals"]["audited"] == HOSTS
    assert more[HOSTS]["memory"] <= MOST_MEMORY
    assert growth <= MOST_GROWTH
    assert each <= MOST_CPU
