"""A run in a folder that outlives the job: private, whole, and never in the place of another run."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive, deliver, path
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import RUN_ID


@pytest.fixture
def share(tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def entry(share):
    return {"type": "path", "path": str(share), "retries": 2}


def test_run_stands_there_as_it_is_and_private(finished, send, entry, share):
    assert send(entry).place == str(share / RUN_ID)
    assert archive.digests(share / RUN_ID) == archive.digests(finished.folder)
    modes = {
        os.stat(os.path.join(where, name)).st_mode & 0o777
        for where, _dirs, names in os.walk(share / RUN_ID)
        for name in names
    }
    folders = {os.stat(where).st_mode & 0o777 for where, _dirs, _names in os.walk(share / RUN_ID)}
    assert (modes, folders) == ({0o600}, {0o700})
    assert os.listdir(share) == [RUN_ID]
    assert [record["host"] for _file, _digest, record in RunStore.open(str(share / RUN_ID)).records()] == [
        "clinic",
        "ward",
    ]


def test_second_delivery_writes_nothing(send, entry, share, monkeypatch):
    send(entry)
    monkeypatch.setattr(path, "_copy", None)
    assert send(entry).place == str(share / RUN_ID)


def test_same_content_from_a_machine_without_notes_is_fine(finished, send, entry):
    send(entry)
    shutil.rmtree(finished.folder.parent / deliver.FOLDER)
    assert send(entry).place


def test_run_that_went_on_takes_its_own_place(finished, send, goes_on, entry, share):
    send(entry)
    goes_on()
    assert send(entry).place
    assert archive.digests(share / RUN_ID) == archive.digests(finished.folder)
    assert os.listdir(share) == [RUN_ID]


def test_other_content_under_the_id_is_left_as_it_is(send, entry, share, no_pauses):
    (share / RUN_ID).mkdir()
    (share / RUN_ID / "summary.json").write_text("of another run")
    problem = send(entry).problem
    assert "holds another content under this run's id, and is left as it is" in problem
    assert (share / RUN_ID / "summary.json").read_text() == "of another run"
    assert no_pauses == []


def test_copy_that_somebody_changed_is_not_overwritten(send, goes_on, entry, share):
    send(entry)
    (share / RUN_ID / "findings.csv").write_text("no failures at all")
    goes_on()
    assert "another content" in send(entry).problem


def test_link_in_the_place_of_the_run_is_not_followed(send, entry, share, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (share / RUN_ID).symlink_to(tmp_path / "elsewhere")
    assert "is no run" in send(entry).problem
    assert not any((tmp_path / "elsewhere").iterdir())


def test_share_that_is_not_mounted_any_more_is_not_made(send, entry, share):
    share.rmdir()
    assert "Is it mounted?" in send(entry).problem
    assert not share.exists()


def test_failure_in_the_middle_leaves_the_earlier_copy_and_nothing_else(send, goes_on, entry, share, monkeypatch):
    send(entry)
    before = archive.digests(share / RUN_ID)
    goes_on()

    def full(_content, _out, _size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    assert send(entry).problem.endswith("No space left on device.")
    assert archive.digests(share / RUN_ID) == before
    assert os.listdir(share) == [RUN_ID]


def test_rename_that_fails_puts_the_earlier_copy_back(send, goes_on, entry, share, monkeypatch):
    send(entry)
    before = archive.digests(share / RUN_ID)
    goes_on()
    rename = os.rename

    def once_too_often(source, target):
        if str(source).endswith(".part") and str(target).endswith(RUN_ID):
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", once_too_often)
    assert "Input/output error" in send(entry).problem
    assert archive.digests(share / RUN_ID) == before


def test_slices_of_one_run_stand_side_by_side_and_are_fetched_together(send, entry, share, tmp_path):
    send(entry, part="2")
    send(entry, part="1")
    (share / f"{RUN_ID}x").mkdir()
    (parsed,) = parse([entry])
    found = deliver.fetch_runs(parsed, RUN_ID, tmp_path / "fetched")
    assert [folder.name for folder in found] == [f"{RUN_ID}@1", f"{RUN_ID}@2"]


def test_share_that_hangs_is_given_up(send, entry, monkeypatch):
    import threading

    never = threading.Event()
    monkeypatch.setattr(path, "check", lambda _entry: never.wait(20))
    assert "given up after 1 seconds (timeout)" in send({**entry, "timeout": 1}).problem
    never.set()


def test_one_that_fails_keeps_no_other_from_having_it(finished, entry, share, tmp_path):
    summary = json.loads((finished.folder / "summary.json").read_text())
    entries = parse([{"type": "path", "path": str(tmp_path / "gone")}, entry])
    first, second = deliver.deliver(entries, finished, summary)
    assert "Is it mounted?" in first.problem
    assert second.place == str(share / RUN_ID)


def test_run_with_a_link_in_it_is_not_sent(finished, entry):
    (finished.folder / "hosts" / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(HipaaCisError, match="is a link or no file"):
        deliver.deliver(parse([entry]), finished, {})
