"""The audit as an automation controller runs it: its project, ansible-runner with its own stdout callback and event stream."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import controller_job, pump
from tests.past_runs import record
from tests.pump import ROOT, SAFE
from tests.records import records_in

pytest.importorskip("ansible_runner", reason="left out on this machine: missing ansible-runner")

MAX_EVENT_BYTES = 20_000
SUMMARY = "HIPAA technical safeguards"
PUMPS = {"all": {"hosts": {"pump-1": {}, "pump-2": {}}, "vars": {"ansible_connection": "local"}}}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = controller_job.make_project(tmp_path_factory.mktemp("projects") / "project")
    # The pump's module lies in a folder of modules, where a role of a collection finds it only if its playbook is the collection's too.
    (folder / "site.yml").write_text("- ansible.builtin.import_playbook: hipaa.cis.audit\n")
    return folder


@pytest.fixture
def job(tmp_path, project):
    """Return a function that runs a playbook of the project as a job, in a private data folder that is gone when it returns."""

    def run(playbook, inventory, variables, **options):
        private = tmp_path / "private"
        private.mkdir()
        subprocess.run(["cp", "-a", str(project), str(private / "project")], check=True)
        mounted = {"hipaa_cis_run_dir": str(tmp_path / "mounted"), **variables}
        return controller_job.run(private, playbook, inventory, mounted, **options)

    return run


@pytest.fixture
def pumps(job, tmp_path):
    """Return a function that audits two pumps as a job."""

    def run(variables=None, **options):
        own = {**pump.variables(tmp_path / "mounted"), "hipaa_cis_become": False, **(variables or {})}
        return job("site.yml", PUMPS, own, added=pump.environment(tmp_path, SAFE), **options)

    return run


def shown_as_table(done):
    """Lines that begin the table, in what people read of the job; a result that -v shows has the same words elsewhere in its line."""
    return sum(line.startswith(SUMMARY) for line in done.printed.splitlines())


def check_events(done):
    size, what = done.largest()
    assert size < MAX_EVENT_BYTES, what


def check_audit(done, runs, hosts):
    assert done.status == "successful", done.printed
    assert {event["event"] for event in done.events} >= {"playbook_on_start", "runner_on_ok", "playbook_on_stats"}
    assert len(done.results("audit")) == len(hosts)
    check_events(done)
    latest = runs / "latest"
    assert {one["host"] for one in records_in(latest)} == set(hosts)
    assert json.loads((latest / "summary.json").read_text())["totals"]["audited"] == len(hosts)
    assert SUMMARY in "\n".join(done.results("report")[-1]["table"])
    assert done.printed.count(SUMMARY)


def test_playbooks_are_offered_by_the_controller():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert set(controller_job.playbooks(ROOT, tracked)) >= {
        f"playbooks/{one.name}" for one in ROOT.glob("playbooks/*.yml")
    }


def test_requirements_of_the_project_need_no_network(tmp_path):
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    requirements = ROOT / "collections" / "requirements.yml"
    done = subprocess.run(
        [str(galaxy), "collection", "install", "-r", str(requirements), "-p", str(tmp_path), "--offline"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ansible_collections").exists()


def test_job_prints_the_summary_once_and_its_run_outlives_it(pumps, tmp_path):
    done = pumps(job=90125)

    check_audit(done, tmp_path / "mounted", ["pump-1", "pump-2"])
    assert shown_as_table(done) == 1
    assert "is deleted with job" not in done.printed
    # From the run one finds the job, and from the job's results the run.
    run = (tmp_path / "mounted" / "latest").resolve()
    assert run.name.split("-")[1] == "job90125"
    assert done.results("report")[-1]["run_directory"] == str(run)


def test_report_task_alone_writes_all_where_the_controller_overrides_our_callback(pumps, tmp_path):
    pumps()
    by_both = (tmp_path / "mounted" / "latest").resolve()
    files = sorted(path.name for path in by_both.iterdir())
    summary = json.loads((by_both / "summary.json").read_text())
    alone = pumps(joined=False, cmdline="-vvv")

    check_audit(alone, tmp_path / "mounted", ["pump-1", "pump-2"])
    by_report = (tmp_path / "mounted" / "latest").resolve()
    assert by_report != by_both
    # What a run before it is known to have been is in the second one only.
    assert set(files) <= {path.name for path in by_report.iterdir()}
    told = json.loads((by_report / "summary.json").read_text())
    assert (told["totals"], told["rules"]) == (summary["totals"], summary["rules"])
    assert [row["state"] for row in told["safeguards"]] == [row["state"] for row in summary["safeguards"]]
    assert any(line.startswith("Report: ") for line in alone.printed.splitlines())
    assert shown_as_table(alone) == 0


def test_run_that_ends_with_its_job_is_told(pumps, tmp_path):
    done = pumps({"hipaa_cis_run_dir": "hipaa-cis-runs"})

    assert done.status == "successful"
    assert "is deleted with job 4711" in done.printed
    assert "hipaa_cis_run_dir" in done.printed
    assert not (tmp_path / "private").exists()


def test_events_of_a_report_on_a_fleet_are_small(job, tmp_path):
    from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

    store = RunStore.create(str(tmp_path / "mounted"), "fleet")
    names = [f"{number:03}-{'ward' * 15}.example.org" for number in range(300)]
    for name in names:
        store.write_record(record(name, "ffff" if name[2] < "8" else "", "2026-11-01T02:00:00Z"))
    store.expect_hosts(names)
    strict = {
        "hipaa_cis_fail_on": ["severity>=low", "gap_required", "gap_addressable", "error", "unreachable", "stale>1"]
    }
    for gate in ({}, strict):
        done = job("playbooks/report.yml", {"all": {"hosts": {"localhost": {}}}},
                   {"hipaa_cis_run": ["fleet"], **gate}, cmdline="-vvv")  # fmt: skip
        assert done.status == ("failed" if gate else "successful"), done.printed
        check_events(done)
        # What people read is whole all the same.
        assert gate or done.printed.count(names[38]) > 0


@pytest.mark.hosts
def test_job_on_a_booted_host_has_small_events(job, booted_host, write_inventory, tmp_path):
    inventory = str(write_inventory([booted_host]))
    audited = job("playbooks/audit.yml", inventory, {"hipaa_cis_level": 2}, cmdline="-vv")
    check_audit(audited, tmp_path / "mounted", [booted_host.name])
    planned = job("playbooks/remediate.yml", inventory, {"hipaa_cis_level": 2}, cmdline="--check -v")
    assert planned.status == "successful", planned.printed
    check_events(planned)
