"""Twenty booted hosts audited at once, over SSH, against `ansible -m setup` on the same hosts, in turn."""

from __future__ import annotations

import json
import os
import statistics
import time

import pytest

from tests.records import records_in

pytestmark = pytest.mark.hosts
HOSTS = int(os.environ.get("HIPAA_CIS_BOOTED_HOSTS", "20"))
ROUNDS = 5
MOST = 1.25


def test_booted_hosts_at_once(booted_hosts, run_ansible, write_inventory, tmp_path, capsys):
    inventory = write_inventory(booted_hosts(HOSTS), user="root")
    variables = json.dumps({"hipaa_cis_level": 2, "hipaa_cis_run_dir": str(tmp_path / "runs")})

    def timed(*arguments, **how):
        started = time.monotonic()
        run_ansible(*arguments, "-f", HOSTS, "-i", inventory, **how)
        return time.monotonic() - started

    def setup():
        return timed("all", "-m", "setup")

    def audit():
        return timed("hipaa.cis.audit", "-e", variables, program_name="ansible-playbook")

    setup(), audit()
    pairs = [(setup(), audit()) for _round in range(ROUNDS)]
    ratios = [second / first for first, second in pairs]
    with capsys.disabled():
        medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
        print(f"\n{HOSTS} hosts: setup {medians[0]:.2f} s, audit {medians[1]:.2f} s,")
        print(f"ratio {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.3f}")
    assert len(records_in(tmp_path / "runs" / "latest")) == HOSTS
    assert statistics.median(ratios) <= MOST
