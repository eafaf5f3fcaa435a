"""What makes a command a slice, and what a merge is told: all that is wrong with it is said in words, before anything is begun."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.action import merge
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options, sliced
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import merged_slices, slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import make_record


@pytest.fixture
def check(tmp_path):
    """Return a function that checks a slice with these options and variables."""

    def run(given, *, run_id="nightly", fail_on=(), **variables):
        told = {
            "slice": given,
            "run_id": run_id,
            "run_dir": str(tmp_path / "runs"),
            "fail_on": fail_on,
        }
        return sliced.check(told, variables)

    return run


@pytest.mark.parametrize(
    ("given", "variables", "folder"),
    [
        ("2/5", {}, "2-of-5"),
        ("auto/5", {"awx_job_id": 118, "tower_job_id": 118}, "job-118"),
        ("auto", {"tower_job_id": 7}, "job-7"),
    ],
)
def test_slice_is_told_by_its_variable_and_by_awx(check, given, variables, folder):
    assert check(given, **variables).folder == folder


@pytest.mark.parametrize("run_id", [None, ""])
def test_slice_needs_the_id_of_its_run(check, run_id):
    with pytest.raises(HipaaCisError, match="hipaa_cis_slice is given without hipaa_cis_run_id"):
        check("1/2", run_id=run_id)


@pytest.mark.parametrize("run_id", ["../x", "latest", "_slices"])
def test_slice_needs_an_id_that_a_run_can_have(check, run_id):
    with pytest.raises(HipaaCisError):
        check("1/2", run_id=run_id)


@pytest.mark.parametrize("name", ["regressed", " overdue"])
def test_slice_is_not_held_against_what_only_runs_can_be(check, tmp_path, name):
    with pytest.raises(HipaaCisError, match=f"hipaa_cis_fail_on has {name.strip()} in a slice"):
        check("1/2", fail_on=["error", name])
    store = RunStore.create(str(tmp_path), "nightly")
    sliced.check_report([name.strip()], [store])
    slices.note(store, "{}")
    with pytest.raises(HipaaCisError, match=f"hipaa_cis_fail_on has {name.strip()} in a slice"):
        sliced.check_report([name.strip()], [store])


def test_run_id_that_another_run_used_is_told_to_the_slice_already(check, tmp_path):
    assert check("1/2")
    RunStore.create(str(tmp_path / "runs"), "nightly").write_record(make_record("a"))

    with pytest.raises(HipaaCisError, match="another run used this id"):
        check("1/2")


def test_slice_is_an_option_of_the_whole_play():
    assert "slice" in options.OF_THE_PLAY


def test_merge_looks_where_slices_are_written(tmp_path):
    told = {"merge_from": [], "run_dir": str(tmp_path)}

    assert merge._folders(told, "nightly", tmp_path) == [f"{tmp_path}/_slices/nightly"]
    with pytest.raises(HipaaCisError, match="neither hipaa_cis_run_id nor hipaa_cis_merge_from says"):
        merge._folders(told, "", tmp_path)


@pytest.mark.parametrize("entry", ["", " ", 7, None])
def test_place_of_slices_that_is_no_folder_is_refused(entry, tmp_path):
    with pytest.raises(HipaaCisError, match="has to be a list of folders"):
        merge._folders({"merge_from": ["/x", entry]}, "nightly", tmp_path)


def test_destination_that_cannot_be_is_refused(tmp_path):
    with pytest.raises(HipaaCisError, match="bucket"):
        merge._folders({"merge_from": [{"type": "s3"}]}, "nightly", tmp_path)


def test_hosts_to_cover_are_those_of_the_play_or_of_a_file(tmp_path):
    (tmp_path / "hosts.txt").write_text("# wards\n\nward-1\n  ward-2 \r\n#ward-3\nward-1\n")
    variables = {"ansible_play_hosts_all": ["a", "b"]}

    assert merge._hosts(None, variables) == ["a", "b"]
    assert merge._hosts(str(tmp_path / "hosts.txt"), variables) == ["ward-1", "ward-2"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "which cannot be read: No such file"),
        (b"", "which has no host in it"),
        (b"# none\n", "which has no host"),
        (b"\xff\xfe", "it is no text"),
    ],
)
def test_file_without_hosts_is_told(tmp_path, content, said):
    if content is not None:
        (tmp_path / "hosts.txt").write_bytes(content)

    with pytest.raises(HipaaCisError, match=said):
        merge._hosts(str(tmp_path / "hosts.txt"), {})


def test_slices_of_several_runs_are_named_where_no_id_is_given(tmp_path):
    def part(run_id):
        return merged_slices.Part(RunStore(tmp_path), {"run_id": run_id}, frozenset())

    assert merge._run_id([part("a"), part("a")]) == "a"
    with pytest.raises(HipaaCisError, match="slices of several runs: a, b"):
        merge._run_id([part("b"), part("a")])
