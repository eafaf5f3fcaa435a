"""The audit as an automation controller runs it: ansible-runner with its own stdout callback and event stream."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import pump
from tests.pump import ROOT, SAFE
from tests.records import records_in

ansible_runner = pytest.importorskip("ansible_runner", reason="left out on this machine: missing ansible-runner")

MAX_EVENT_BYTES = 100_000


@pytest.fixture
def job(tmp_path):
    """Return a function that runs the audit playbook as a job and gives (job, events of the audit task, run folder)."""

    def run(inventory, variables, environment):
        private = tmp_path / "job"
        (private / "project").mkdir(parents=True)
        (private / "project" / "site.yml").write_text("- ansible.builtin.import_playbook: hipaa.cis.audit\n")
        done = ansible_runner.run(
            private_data_dir=str(private),
            playbook="site.yml",
            inventory=inventory,
            extravars={"hipaa_cis_run_dir": str(tmp_path / "runs"), **variables},
            envvars={
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT),
                "ANSIBLE_CALLBACKS_ENABLED": "hipaa.cis.summary",
                "PATH": f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin",
                **environment,
            },
            quiet=True,
            timeout=120,
        )
        events = list(done.events)
        audits = [one for one in events if one.get("event_data", {}).get("resolved_action") == "hipaa.cis.audit"]
        return done, events, audits, tmp_path / "runs" / "latest"

    return run


def check(done, events, audits, folder, *, hosts):
    printed = done.stdout.read()
    assert (done.status, done.rc) == ("successful", 0), printed
    assert {event["event"] for event in events} >= {"playbook_on_start", "runner_on_ok", "playbook_on_stats"}
    finished = [event for event in audits if event["event"] == "runner_on_ok"]
    assert {event["event_data"]["host"] for event in finished} == set(hosts)
    assert max(len(json.dumps(event)) for event in events) < MAX_EVENT_BYTES
    assert {record["host"] for record in records_in(folder)} == set(hosts)
    assert json.loads((folder / "summary.json").read_text())["totals"]["audited"] == len(hosts)
    reports = [event for event in events if event.get("event_data", {}).get("resolved_action") == "hipaa.cis.report"]
    told = next(event["event_data"]["res"] for event in reports if event["event"] == "runner_on_ok")
    assert "HIPAA technical safeguards" in "\n".join(told["table"])
    assert "HIPAA technical safeguards" in printed


def test_job_of_an_automation_controller(job, tmp_path):
    variables = {**pump.variables(tmp_path / "runs"), "ansible_connection": "local"}
    environment = pump.environment(tmp_path, SAFE)
    inventory: dict[str, Any] = {"all": {"hosts": {"pump-1": {}, "pump-2": {}}}}
    check(*job(inventory, variables, environment), hosts=["pump-1", "pump-2"])


@pytest.mark.hosts
def test_job_on_a_booted_host_has_small_events(job, booted_host, write_inventory):
    check(*job(str(write_inventory([booted_host])), {"hipaa_cis_level": 2}, {}), hosts=[booted_host.name])
