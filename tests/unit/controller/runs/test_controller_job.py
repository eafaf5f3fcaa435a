"""The job of an automation controller that a command is, and which of its folders end with it."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import controller_job, shared


@pytest.mark.parametrize(("given", "job"), [("4711", "4711"), ("", ""), ("build-12", ""), ("1\n", ""), ("1" * 40, "")])
def test_only_a_number_is_a_job_of_a_controller(given, job):
    assert controller_job.job_id({"JOB_ID": given}) == job


def test_run_of_no_job_is_not_named_by_one(monkeypatch, tmp_path):
    monkeypatch.setattr("ansible.constants.DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.delenv("JOB_ID", raising=False)
    assert "job" not in shared.shared_run_id()


@pytest.mark.parametrize(
    ("variable", "given"),
    [("AWX_PRIVATE_DATA_DIR", "private"), ("AWX_ISOLATED_DATA_DIR", "private/artifacts/12"), (None, "private")],
)
def test_folder_below_the_private_data_of_a_job_ends_with_it(tmp_path, monkeypatch, variable, given):
    monkeypatch.setattr(controller_job, "CONTAINER_ROOT", tmp_path / ("private" if variable is None else "runner"))
    environment = {"JOB_ID": "12", **({variable: str(tmp_path / given)} if variable else {})}
    ending = str(tmp_path / "private")
    # Where it is not made yet, too.
    assert controller_job.deleted_with_job(tmp_path / "private" / "project" / "runs", environment) == ending
    assert controller_job.deleted_with_job(tmp_path / "private", environment) == ending
    assert controller_job.deleted_with_job(tmp_path / "private-too", environment) == ""
    assert controller_job.deleted_with_job(tmp_path / "private" / "runs", {**environment, "JOB_ID": ""}) == ""


def test_way_into_the_private_data_by_a_link_is_seen(tmp_path):
    (tmp_path / "private" / "runs").mkdir(parents=True)
    (tmp_path / "runs").symlink_to(tmp_path / "private" / "runs")
    environment = {"JOB_ID": "12", "AWX_PRIVATE_DATA_DIR": str(tmp_path / "private")}
    assert controller_job.deleted_with_job(tmp_path / "runs", environment)


def test_what_is_mounted_below_the_private_data_stays(tmp_path, monkeypatch):
    mounted = tmp_path / "runner" / "kept"
    monkeypatch.setattr(controller_job, "CONTAINER_ROOT", tmp_path / "runner")
    # The private data folder is itself a mount in its container, which keeps nothing.
    mounts = {tmp_path / "runner"}
    monkeypatch.setattr(type(tmp_path), "is_mount", lambda path: path in mounts)
    assert controller_job.deleted_with_job(mounted / "runs", {"JOB_ID": "12"})
    mounts.add(mounted)
    assert controller_job.deleted_with_job(mounted / "runs", {"JOB_ID": "12"}) == ""
