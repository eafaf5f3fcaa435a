"""The reports of a fleet: CPU and memory of summary, HTML and CSV together, for two sizes, and whether they grow evenly."""

from __future__ import annotations

import json
import random
import subprocess
import sys

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import SAMPLES, make_finding, make_record

FINDINGS = 171
SIZES = (250, 1000)
# A process of its own, for its peak of memory. 1 MB = 1024 KiB.
MEASURE = """
import json, resource, sys, time
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import write_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
known, store = load_catalog(), RunStore.open(sys.argv[1])
started = time.process_time()
summary = write_reports(known, [store], store)
used = time.process_time() - started
print(json.dumps([used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, summary["totals"]["hosts"]]))
"""


def make_fleet(base, hosts):
    """Write a run of hosts that mostly say the same, as a fleet does: a tenth of the findings differ."""
    chance = random.Random(hosts)
    store = RunStore.create(str(base), f"fleet-{hosts}")
    for number in range(hosts):
        findings = []
        for place in range(FINDINGS):
            sample = SAMPLES[place % len(SAMPLES)]
            outcome = chance.choice(["pass", "fail"]) if chance.random() < 0.1 else "pass" if place % 3 else "fail"
            finding = {**make_finding(sample, outcome), "rule": f"{sample.rule}_{place}"}
            if finding["checks"] and chance.random() < 0.05:
                changed = {**finding["checks"][0], "observed": f"value {chance.randrange(50)}"}
                finding["checks"] = [changed, *finding["checks"][1:]]
            findings.append(finding)
        store.write_record({**make_record(f"host{number:05}", findings), "run_id": store.run_id})
    return store


def test_reports_of_a_fleet(tmp_path, capsys):
    measured = {}
    for hosts in SIZES:
        store = make_fleet(tmp_path, hosts)
        answer = subprocess.run(
            [sys.executable, "-c", MEASURE, str(store.folder)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=600,
        )
        measured[hosts] = json.loads(answer.stdout)
        assert measured[hosts][2] == hosts
    with capsys.disabled():
        for hosts, (seconds, megabytes, _hosts) in measured.items():
            print(f"\n{hosts} hosts of {FINDINGS} findings: {seconds:.2f} s CPU, peak {megabytes:.0f} MB", end="")
        few, many = (measured[hosts][0] / hosts for hosts in SIZES)
        print(f"\na host costs {many / few:.2f} times as much in the larger fleet")
