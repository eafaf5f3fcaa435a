"""The audit of a Windows-like host, with all that its benchmark asks, against a play with one trivial module, in turn, over SSH."""

from __future__ import annotations

import json
import os
import statistics
import time

import pytest

from tests import pump
from tests.pump import ROOT
from tests.records import record_in

pytestmark = [pytest.mark.hosts, pytest.mark.windows]
ROUNDS = 5
# How many times as long as the trivial play an audit takes, in the median.
MOST = 1.35
PLAY = [{"hosts": "all", "gather_facts": False, "tasks": [{"trivial": {}}]}]


@pytest.fixture
def timed(windows_host, tmp_path):
    """Return a function that runs a playbook on the host at level 2 and returns the seconds that it took."""
    machine = windows_host("2022")
    inventory = tmp_path / "inventory.json"
    shared = {"hipaa_cis_level": 2, "hipaa_cis_run_dir": str(tmp_path / "runs")}
    inventory.write_text(json.dumps({"all": {"hosts": {"ward": machine.variables()}, "vars": shared}}))
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LIBRARY": str(ROOT / "tests" / "windows_host" / "library"),
    }

    def run(playbook):
        started = time.monotonic()
        done = pump.play([str(playbook), "-i", str(inventory)], environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return time.monotonic() - started

    return run


def test_audit_against_a_trivial_module(timed, tmp_path, capsys):
    trivial = tmp_path / "trivial.json"
    trivial.write_text(json.dumps(PLAY))
    timed(trivial), timed("hipaa.cis.audit")
    pairs = [(timed(trivial), timed("hipaa.cis.audit")) for _round in range(ROUNDS)]

    record = record_in(tmp_path / "runs" / "latest", "ward")
    assert record["status"] == "audited"
    ratios = [audit / least for least, audit in pairs]
    leasts, audits = zip(*pairs, strict=True)
    with capsys.disabled():
        print(
            f"\nmedians {statistics.median(leasts):.2f} s and {statistics.median(audits):.2f} s, {len(record['findings'])} rules,"
        )
        print(
            f"ratio {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.3f}, of the best {min(audits) / min(leasts):.3f}"
        )
        print(f"observe: {record['platforms']['windows']['stats']}")
    assert statistics.median(ratios) <= MOST
