"""One host remediated at level 2, all disruption but a reboot allowed: the first run, and the second that has nothing to do."""

from __future__ import annotations

import json
import time

import pytest

pytestmark = pytest.mark.hosts
# What the first run may take for one host, package downloads aside (seconds).
BAR = 45.0


def test_remediation_of_a_server(server_host, run_ansible, write_inventory, tmp_path, capsys):
    inventory = write_inventory([server_host], user="auditor")
    variables = {
        "hipaa_cis_level": 2,
        "hipaa_cis_run_dir": str(tmp_path / "runs"),
        "hipaa_cis_allow_disruption": ["service_reload", "service_restart", "sessions", "login", "network"],
    }

    def seconds(program, *arguments):
        started = time.monotonic()
        run_ansible(*arguments, program_name=program)
        return time.monotonic() - started

    setup = seconds("ansible", "all", "-i", inventory, "-m", "setup")
    times, counts = [], []
    for _run in range(2):
        times.append(seconds("ansible-playbook", "hipaa.cis.remediate", "-i", inventory, "-e", json.dumps(variables)))
        record = next((tmp_path / "runs" / "latest" / "remediation").glob("*.json"))
        counts.append(json.loads(record.read_text())["counts"])
    with capsys.disabled():
        print(
            f"\nsetup {setup:.1f} s; first run {times[0]:.1f} s {counts[0]};\nsecond run {times[1]:.1f} s {counts[1]}"
        )

    assert times[0] < BAR
    assert counts[0]["fixed"] > 50
    assert counts[1]["fixed"] == 0
