"""The reports of a fleet: CPU and memory of summary, HTML and CSV together, whether they grow evenly, and the page in a browser."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.browser.chromium import chromium, load
from tests.builders import SAMPLES, make_finding, make_record

# (findings of a host, hosts of the two fleets, bounds for the larger one: seconds of the processor, MB of memory, MB of the page)
FLEETS = [(171, (250, 1_000), None), (300, (1_000, 10_000), (80, 200, 6))]
# So much dearer may a host be in the larger fleet.
EVENLY = 1.25
SECONDS_TO_OPEN = 2
# A process of its own, for its peak of memory.
MEASURE = """
import json, resource, sys, time
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import write_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
known, store = load_catalog(), RunStore.open(sys.argv[1])
started = time.process_time()
summary = write_reports(known, [store], store).summary
used = time.process_time() - started
print(json.dumps([used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, summary["totals"]["hosts"]]))
"""


def make_fleet(base, hosts, amount):
    """Write a run of hosts that mostly say the same, as a fleet does: a tenth of the findings differ."""
    chance = random.Random(hosts)
    store = RunStore.create(str(base), f"fleet-{hosts}-of-{amount}")
    for number in range(hosts):
        findings = []
        for place in range(amount):
            sample = SAMPLES[place % len(SAMPLES)]
            outcome = chance.choice(["pass", "fail"]) if chance.random() < 0.1 else "pass" if place % 3 else "fail"
            finding = {**make_finding(sample, outcome), "rule": f"{sample.rule}_{place}"}
            if finding["checks"] and chance.random() < 0.05:
                changed = {**finding["checks"][0], "observed": f"value {chance.randrange(50)}"}
                finding["checks"] = [changed, *finding["checks"][1:]]
            findings.append(finding)
        store.write_record({**make_record(f"host{number:05}", findings), "run_id": store.run_id})
    return store


@pytest.mark.parametrize(("amount", "sizes", "bounds"), FLEETS)
def test_reports_of_a_fleet(tmp_path, capsys, amount, sizes, bounds):
    measured, costs = {}, []
    for hosts in sizes:
        store = make_fleet(tmp_path, hosts, amount)
        answer = subprocess.run(
            [sys.executable, "-c", MEASURE, str(store.folder)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=1200,
        )
        seconds, megabytes, seen = json.loads(answer.stdout)
        assert seen == hosts
        page = os.path.getsize(store.folder / "report.html") / 1e6
        measured = {
            "seconds": seconds,
            "memory": megabytes,
            "page": page,
            "opens": opening(store.folder / "report.html"),
        }
        costs.append(seconds / hosts)
        with capsys.disabled():
            told = "; ".join(f"{what} {number:.2f}" for what, number in measured.items())
            print(f"\n{hosts} hosts of {amount} findings: {told}", end="")
    with capsys.disabled():
        print(f"\na host costs {costs[1] / costs[0]:.2f} times as much in the larger fleet")
    if bounds:
        assert measured["seconds"] <= bounds[0]
        assert measured["memory"] <= bounds[1]
        assert measured["page"] <= bounds[2]
        assert measured["opens"] <= SECONDS_TO_OPEN
        assert costs[1] <= EVENLY * costs[0]


def opening(page):
    """Return the seconds until the page is there with its filter applied, the better of two times."""
    took = []
    with chromium() as driver:
        for _time in range(2):
            started = time.monotonic()
            load(driver, page)
            assert "findings shown" in driver.execute_script("return document.getElementById('shown').textContent")
            took.append(time.monotonic() - started)
    return min(took)
