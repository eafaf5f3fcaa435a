"""Results that survive the job: a playbook whose run folder is gone when it ends, and a gate that knows what did not arrive."""

from __future__ import annotations

import json
import shutil

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests import pump
from tests.certificates import SECRET

UNSAFE = {"network": True, "telnet": True, "screen_lock_minutes": 60}


@pytest.fixture
def audit(tmp_path):
    """Return a function that audits two pumps and gives (exit code, what was said, custom statistics)."""

    def run(book="hipaa.cis.audit", extra=(), settings=None, **variables):
        given = {**pump.variables(tmp_path / "job"), "hipaa_cis_run_id": "night-1", **variables}
        environment = pump.checkout_environment(tmp_path, settings or pump.SAFE)
        environment.update(ANSIBLE_SHOW_CUSTOM_STATS="1", JOB_ID="42", NO_COLOR="1")
        # What stands on the command line Ansible itself shows with -vvvv.
        (tmp_path / "given.json").write_text(json.dumps(given))
        process = pump.play(
            ["-i", "p1,p2,", "-c", "local", "-e", f"@{tmp_path / 'given.json'}", *extra, book], environment
        )
        said = process.stdout + process.stderr
        assert SECRET not in said
        assert "Traceback" not in said
        _before, _head, stats = process.stdout.partition("\tRUN: ")
        return process.returncode, said, json.loads(stats.split("\n")[0]) if stats else {}

    return run


@pytest.fixture
def share(tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


def test_run_is_there_when_the_job_and_its_folder_are_gone(audit, share, tmp_path):
    code, said, stats = audit(hipaa_cis_destinations=[{"type": "path", "path": str(share)}])
    assert code == 0, said
    shutil.rmtree(tmp_path / "job")

    store = RunStore.open(str(share / "night-1"))
    assert [record["host"] for _file, _digest, record in store.records()] == ["p1", "p2"]
    told = stats["hipaa_cis_job_42"]
    assert (told["run_id"], told["delivered"]) == ("night-1", [str(share / "night-1")])
    assert told["totals"]["audited"] == 2
    code, said, _stats = audit("hipaa.cis.report", hipaa_cis_run_dir=str(share), hipaa_cis_fail_on=["unreachable"])
    assert code == 0, said


def test_what_is_sent_is_what_stays_with_the_verdict_of_the_gate_in_it(audit, share, tmp_path):
    code, said, _stats = audit(
        settings=UNSAFE,
        hipaa_cis_reports=["markdown"],
        hipaa_cis_fail_on=["severity>=low"],
        hipaa_cis_destinations=[{"type": "path", "path": str(share)}],
    )
    here, there = tmp_path / "job" / "night-1", share / "night-1"
    assert code == 2, said
    assert "## Gate: failed" in (there / "summary.md").read_text()
    names = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
    assert names == {str(path.relative_to(there)) for path in there.rglob("*") if path.is_file()}
    assert [name for name in names if (here / name).read_bytes() != (there / name).read_bytes()] == []


def test_gate_that_trips_still_delivers_and_leaves_word(audit, share):
    code, said, stats = audit(
        settings=UNSAFE,
        hipaa_cis_fail_on=["severity>=low"],
        hipaa_cis_destinations=[{"type": "path", "path": str(share)}],
    )
    assert code == 2
    assert "THE HOSTS DO NOT COMPLY" in said
    assert (share / "night-1" / "summary.json").is_file()
    assert stats["hipaa_cis_job_42"]["totals"]["hosts"] == 2


def test_run_that_cannot_be_delivered_trips_the_gate_where_asked_and_stays(audit, share, tmp_path):
    store = {"type": "https", "url": "https://127.0.0.1:1/runs", "token": SECRET, "retries": 0}
    given = [store, {"type": "path", "path": str(share)}]
    code, said, stats = audit(hipaa_cis_destinations=given, hipaa_cis_fail_on=["not_delivered"])
    assert code == 2
    assert "THE AUDIT COULD NOT BE DONE in full" in said
    assert "not delivered: https://127.0.0.1:1/runs/: it cannot be reached: Connection refused." in said
    assert (tmp_path / "job" / "night-1" / "summary.json").is_file()
    assert (share / "night-1" / "summary.json").is_file()
    assert stats["hipaa_cis_job_42"]["not_delivered"] == ["https://127.0.0.1:1/runs/"]

    code, said, _stats = audit("hipaa.cis.report", hipaa_cis_destinations=given)
    assert code == 0, said
    assert "Not delivered: https://127.0.0.1:1/runs/" in said


def test_mistyped_destination_stops_all_before_anything_is_begun(audit, tmp_path):
    code, said, _stats = audit(hipaa_cis_destinations=[{"type": "https", "url": "https://h/", "tokn": SECRET}])
    assert code == 2
    assert "Nothing was begun" in said
    assert "unknown key 'tokn'. Did you mean token" in " ".join(said.split())
    assert not (tmp_path / "job").exists()


def test_secret_is_not_told_at_any_verbosity(audit):
    given = [{"type": "https", "url": "https://127.0.0.1:1/runs", "token": SECRET, "retries": 0}]
    code, said, _stats = audit(extra=["-vvvv"], hipaa_cis_destinations=given)
    assert code == 0, said


CALLBACK = """
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "notification", "tells"

    def v2_runner_on_ok(self, result):
        fields = getattr(result, "task_fields", None) or result._task_fields
        self._display.display("FIELDS " + repr(fields["args"]) + repr(fields["action"]))
"""


def test_callback_that_logs_the_arguments_of_tasks_sees_no_secret_of_a_variable(audit, tmp_path, monkeypatch):
    (tmp_path / "callbacks").mkdir()
    (tmp_path / "callbacks" / "tells.py").write_text(CALLBACK)
    monkeypatch.setenv("ANSIBLE_CALLBACK_PLUGINS", str(tmp_path / "callbacks"))
    given = [{"type": "https", "url": "https://127.0.0.1:1/runs", "token": SECRET, "retries": 0}]
    code, said, _stats = audit(hipaa_cis_destinations=given)
    assert code == 0, said
    assert "FIELDS" in said
    assert "hipaa.cis.report" in said


def test_artifacts_are_left_out_where_they_are_not_wanted(audit):
    code, said, stats = audit(hipaa_cis_artifacts=False)
    assert code == 0, said
    assert stats == {}


def test_batches_are_delivered_as_they_end(audit, share):
    code, said, _stats = audit(
        hipaa_cis_destinations=[{"type": "path", "path": str(share)}],
        hipaa_cis_batches=1,
        book="hipaa.cis.remediate",
        extra=["--check"],
    )
    assert code == 0, said
    assert len(list(RunStore.open(str(share / "night-1")).records())) == 2
