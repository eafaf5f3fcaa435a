"""The run directory: private, safe names, nothing lost."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.options import check_run
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import private_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import store as runs_store
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, file_name


def record(host, status="audited"):
    return {"schema": "hipaa.cis/host_record/1", "host": host, "status": status}


NAMES = [
    "web",
    "Web",
    "WEB",
    "web/..",
    "../../etc/passwd",
    "a b",
    "a_b",
    "a/b",
    "",
    ".",
    "..",
    ".hidden",
    "x" * 300,
    "x" * 301,
    "ß",
    "web\n",
]


def test_different_hosts_get_different_files_on_any_file_system():
    files = [file_name(name).lower() for name in NAMES]

    assert len(set(files)) == len(NAMES)
    assert all("/" not in name and not name.startswith(".") and len(name) < 120 for name in files)


def test_records_and_folders_are_private(tmp_path):
    store = RunStore.create(str(tmp_path / "new" / "runs"), "run-1")
    path, _digest = store.write_record(record("web"))

    assert path.stat().st_mode & 0o777 == 0o600
    assert all(
        folder.stat().st_mode & 0o777 == 0o700 for folder in (store.folder, store.folder / "hosts", tmp_path / "new")
    )
    assert os.readlink(tmp_path / "new" / "runs" / "latest") == "run-1"


@pytest.mark.parametrize("status", ["failed", "unreachable"])
def test_run_that_failed_before_it_looked_at_anything_is_not_the_latest(tmp_path, status):
    RunStore.create(str(tmp_path), "run-1").write_record(record("web"))
    later = RunStore.create(str(tmp_path), "run-2")
    later.write_record(record("web", status))
    assert os.readlink(tmp_path / "latest") == "run-1"

    later.write_record(record("db"))
    assert os.readlink(tmp_path / "latest") == "run-2"


@pytest.mark.parametrize("name", ["latest", "Latest"])
def test_no_run_is_called_like_the_link_to_the_last_one(tmp_path, name):
    with pytest.raises(HipaaCisError, match="cannot be the id of a run"):
        RunStore.create(str(tmp_path), name)
    with pytest.raises(HipaaCisError, match="which is no run"):
        check_run(name)


def test_records_come_back_with_the_hosts_that_were_expected(tmp_path):
    store = RunStore.create(str(tmp_path), "run-1")
    for name in ("b", "a"):
        store.write_record(record(name))
    store.expect_hosts(["a", "b"])
    store.expect_hosts(["c"])

    again = RunStore.open(str(tmp_path / "latest"))

    assert [item["host"] for _file, _digest, item in again.records()] == ["a", "b"]
    assert again.expected_hosts() == ["a", "b", "c"]
    assert again.run_id == "run-1"


@pytest.mark.parametrize("run_id", ["../x", "", "a/b", ".x", "x" * 101])
def test_run_id_is_no_path(tmp_path, run_id):
    with pytest.raises(HipaaCisError, match="run id"):
        RunStore.create(str(tmp_path), run_id)


def test_folder_that_cannot_be_written_is_one_clear_message(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(HipaaCisError, match=r"cannot be written.*Set hipaa_cis_run_dir"):
        RunStore.create(str(tmp_path / "file"), "run-1")


def test_folder_without_records_is_no_run(tmp_path):
    with pytest.raises(HipaaCisError, match="no run directory"):
        RunStore.open(str(tmp_path))


def test_foreign_file_among_the_records_is_named(tmp_path):
    store = RunStore.create(str(tmp_path), "run-1")
    (store.folder / "hosts" / "odd.json").write_text("[]")

    with pytest.raises(HipaaCisError, match=r"odd\.json is no host record"):
        list(store.records())


def test_file_is_whole_or_not_there(tmp_path):
    def write_half():
        with private_file(tmp_path / "x") as stream:
            stream.write("half")
            raise OSError("disk full")

    (tmp_path / "x").write_text("old")
    with pytest.raises(OSError, match="disk full"):
        write_half()

    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_host_whose_turn_never_came_is_told_from_one_that_left_no_record(tmp_path):
    store = RunStore.create(str(tmp_path), "run")
    assert store.is_begun("a"), "an audit notes nothing of it"

    store.begin("a")
    assert [store.is_begun(host) for host in ("a", "b")] == [True, False]


def with_file(tmp_path, content, name="web"):
    store = RunStore.create(str(tmp_path), "run-1")
    (store.folder / "hosts" / f"{name}.json").write_bytes(content)
    return store


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"schema": "hipaa.cis/host_record/1", "host": "we', "was it changed"),
        (b'{"schema": "hipaa.cis/host_record/2", "host": "web"}', "a newer version"),
        (b"[" * 100_000, "was it changed"),
        (b"\xff\xfe", "was it changed"),
        (b'{"schema": "hipaa.cis/host_record/1", "host": ["web"]}', "was it changed"),
        (b'{"schema": "hipaa.cis/host_record/1", "host": "db"}', "of the host db, whose record has another name"),
        (b'{"schema": "hipaa.cis/host_record/1", "host": "a\\u001b[2J"}', "of the host a\\[U\\+001B\\]"),
    ],
)
def test_file_that_is_no_record_is_named_with_what_to_do(tmp_path, content, said):
    with pytest.raises(HipaaCisError, match=said) as caught:
        list(with_file(tmp_path, content).records())

    assert "run-1/hosts/web.json is no host record of version 1" in str(caught.value)
    assert "Audit the host again, or take the file away." in str(caught.value)


def test_file_larger_than_any_record_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(runs_store, "MAX_RECORD_BYTES", 10)

    with pytest.raises(HipaaCisError, match="it has 11 bytes, more than any host record"):
        list(with_file(tmp_path, b" " * 11).records())
