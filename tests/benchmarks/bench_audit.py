"""The whole audit of one booted host against `ansible -m setup` on it, in turn, over SSH with pipelining."""

from __future__ import annotations

import json
import statistics
import time

import pytest

from tests.records import records_in

pytestmark = pytest.mark.hosts
ROUNDS = 5


def test_audit_against_setup(booted_host, run_ansible, write_inventory, tmp_path, capsys):
    inventory = write_inventory([booted_host], user="root")
    variables = json.dumps({"hipaa_cis_level": 2, "hipaa_cis_run_dir": str(tmp_path / "runs")})

    def seconds(*arguments, **keys):
        started = time.monotonic()
        run_ansible(*arguments, **keys)
        return time.monotonic() - started

    def setup():
        return seconds("all", "-i", inventory, "-m", "setup")

    def audit():
        return seconds("hipaa.cis.audit", "-i", inventory, "-e", variables, program_name="ansible-playbook")

    setup(), audit()
    pairs = [(setup(), audit()) for _round in range(ROUNDS)]
    record = records_in(tmp_path / "runs" / "latest")[0]
    ratios = [second / first for first, second in pairs]
    with capsys.disabled():
        print(
            f"\nsetup {statistics.median(one for one, _two in pairs):.2f} s, audit {statistics.median(two for _one, two in pairs):.2f} s,"
        )
        print(
            f"ratio {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.2f}; observe: {record['platforms']['linux']['stats']}"
        )
    assert record["status"] == "audited"
