"""The audit of a Windows-like host, with all that its benchmark asks, against a play with one trivial module, in turn, over SSH."""

from __future__ import annotations

import json
import os
import re
import statistics
import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import raw_answers
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests import pump
from tests.pump import ROOT
from tests.records import record_in

pytestmark = [pytest.mark.hosts, pytest.mark.windows]
ROUNDS = 5
# Rules that are left out, to see what they cost.
RULES = 100
# By what part the time grows by them at most, and how many bytes go to a host and come back at most.
GROWS, IN, OUT = 1.03, 600_000, 400_000
# As Ansible tells it where it is asked to (ANSIBLE_DEBUG).
SENT: set[str] = set()
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

    def run(playbook, *arguments, **more):
        started = time.monotonic()
        done = pump.play([str(playbook), "-i", str(inventory), *arguments], {**environment, **more})
        took = time.monotonic() - started
        assert done.returncode == 0, done.stdout + done.stderr
        SENT.update(re.findall(r"Sent initial data \((\d+) bytes\)", done.stdout + done.stderr))
        return took

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


def test_what_a_hundred_rules_more_cost(timed, tmp_path, capsys):
    timed("hipaa.cis.audit")
    rules = [one["rule"] for one in record_in(tmp_path / "runs" / "latest", "ward")["findings"]]
    fewer = ("-e", json.dumps({"hipaa_cis_exclude": {"rules": rules[:: len(rules) // RULES][:RULES]}}))
    pairs = [(timed("hipaa.cis.audit", *fewer), timed("hipaa.cis.audit")) for _round in range(ROUNDS)]
    few, all_of_them = zip(*pairs, strict=True)

    with capsys.disabled():
        grown = statistics.median(all_of_them) / statistics.median(few)
        print(f"\nmedians {statistics.median(few):.2f} s and {statistics.median(all_of_them):.2f} s")
        print(f"{RULES} rules more: {grown:.3f} ({GROWS})")


def test_what_goes_over_the_wire(timed, tmp_path, capsys):
    timed(
        "hipaa.cis.audit", "-e", json.dumps({"hipaa_cis_benchmark": ["auto", "supplement_windows"]}), ANSIBLE_DEBUG="1"
    )
    sent = max(map(int, SENT))
    tasks = raw_answers.tasks_of(RunStore.open(str(tmp_path / "runs" / "latest")), "ward")
    came = len(json.dumps(tasks[0]["platforms"]))

    with capsys.disabled():
        print(f"\n{sent} bytes to the host ({IN}), about {came} back ({OUT})")
    assert sent <= IN
    assert came <= OUT
