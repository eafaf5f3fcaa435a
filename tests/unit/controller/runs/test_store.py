"""The run directory: private, safe names, nothing lost."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tracemalloc

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.options import check_run
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import private_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import packed
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import store as runs_store
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import are_reports_noted, note_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, file_name
from tests.builders import make_finding, make_record, samples


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


def test_record_that_a_run_ended_with_is_kept_when_another_run_has_its_id(tmp_path):
    (sample,) = samples(1)
    store = RunStore.create(str(tmp_path), "nightly")
    first, digest = store.write_record(make_record("web", [make_finding(sample, "fail")]))
    again, _digest = store.write_record(make_record("web", [make_finding(sample, "fail")]))
    assert first == again
    assert not (store.folder / "earlier").exists()

    (store.folder / "outcomes.json").write_text("{}")
    store.write_record(make_record("web", [make_finding(sample, "pass")]))

    (kept,) = (store.folder / "earlier").iterdir()
    assert kept.name == f"web.{digest[:16]}.json.gz"
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == digest
    (warning,) = next(store.records())[2]["warnings"]
    assert f"earlier/{kept.name}" in warning


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

    with pytest.raises(HipaaCisError, match="it has 11 bytes, which no host record has"):
        list(with_file(tmp_path, b" " * 11).records())


def test_record_of_an_earlier_version_is_read_and_joined_and_stands_there_once(tmp_path):
    store = with_file(tmp_path, as_text(make_record("web", [])).encode())
    assert [(file, one["host"]) for file, _digest, one in store.records()] == [("hosts/web.json", "web")]

    path, digest = store.write_record(make_record("web", []))
    assert [(file, one) for file, one, _record in store.records()] == [("hosts/web.json.gz", digest)]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


def test_packed_record_takes_a_tenth_and_is_what_zcat_reads(tmp_path):
    findings = [make_finding(sample, "fail") for sample in samples(420)]
    path, _digest = RunStore.create(str(tmp_path), "run-1").write_record(make_record("web", findings))
    text = subprocess.run(["zcat", path], capture_output=True, check=True).stdout

    assert len(text) > 190_000
    assert path.stat().st_size < 20_000
    assert len(json.loads(text)["findings"]) == 420


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: content[:-9], "it is cut off"),
        (lambda content: content[:20] + b"\0\0\0\0" + content[24:], "it is damaged|it is cut off"),
        (lambda content: content + content, "something stands behind it"),
        (lambda _content: packed.pack(" " * (runs_store.MAX_RECORD_BYTES + 1)), "it holds more than the 67,108,864 bytes"),
    ],
)  # fmt: skip
def test_packed_record_that_is_cut_off_damaged_or_a_bomb_is_named(tmp_path, spoil, said):
    store = RunStore.create(str(tmp_path), "run-1")
    path, _digest = store.write_record(record("web"))
    path.write_bytes(spoil(path.read_bytes()))

    with pytest.raises(HipaaCisError, match=rf"web\.json\.gz is no host record of version 1: .*({said})"):
        list(store.records())


def test_bomb_is_given_up_before_it_fills_the_memory():
    bomb = packed.pack("0" * 200_000_000)
    tracemalloc.start()
    with pytest.raises(packed.TooLarge):
        packed.unpack(bomb, 1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_run_stands_otherwise_once_anything_of_it_was_written(tmp_path):
    store = RunStore.create(str(tmp_path), "one")
    store.write("report.html", "first")
    before = store.standing()
    assert store.standing() == before

    store.write("report.html", "other")
    again = store.standing()
    store.write_record({**make_record("web"), "run_id": "one"})
    assert len({before, again, store.standing()}) == 3


def test_run_that_is_being_written_stands_as_nobody_knows(tmp_path, monkeypatch):
    """A file that another process had for a moment is gone when it is looked at: nothing of the reports hangs on that."""
    store = RunStore.create(str(tmp_path), "one")
    store.write("report.html", "first")

    def gone(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(type(tmp_path), "lstat", gone)
    assert store.standing() == ""
    note_reports("", [], None)
    assert not are_reports_noted("", [], None)
