"""The journal: private, torn ends, damage."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import trees
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import DamagedJournal, Journal, last_run

STEP = {"type": "file", "label": "x", "group": "plain", "changes": [], "path": "/etc/x"}
GONE = {"kind": "absent"}


@pytest.fixture
def journal(tmp_path):
    made = Journal(str(tmp_path), "run-1")
    made.create()
    return made


def test_only_root_can_enter(journal):
    journal.save(b"secret")

    for folder, names, files in os.walk(os.path.dirname(journal.folder)):
        assert os.stat(folder).st_mode & 0o777 == 0o700
        assert all(os.stat(os.path.join(folder, name)).st_mode & 0o777 == 0o600 for name in files)
        assert len(names) <= 1


def test_entries_come_back_in_order_with_their_status(journal):
    first = journal.begin(STEP, GONE, GONE)
    second = journal.begin(STEP, GONE, GONE)
    journal.finish(first, "done")

    assert [(entry.number, entry.status) for entry in journal.entries()] == [(first, "done"), (second, "begun")]


def test_numbers_go_on_when_the_run_goes_on(journal):
    first = journal.begin(STEP, GONE, GONE)
    again = Journal(journal.folder[: -len("/var/lib/hipaa-cis/run-1")], "run-1")
    again.create()

    assert again.begin(STEP, GONE, GONE) == first + 1


def test_torn_last_line_is_no_damage_and_is_mended(journal):
    journal.begin(STEP, GONE, GONE)
    with open(journal.path, "ab") as stream:
        stream.write(b'0123456789abcdef {"begin": 2, "st')

    assert [entry.number for entry in journal.entries()] == [1]
    journal.create()
    assert journal.begin(STEP, GONE, GONE) == 2
    assert [entry.number for entry in journal.entries()] == [1, 2]


@pytest.mark.parametrize("torn", [b"0123", b"x" * 200000, b"\0" * 4096])
def test_line_that_is_noted_behind_a_torn_one_does_not_spoil_the_journal(journal, torn):
    """A power cut tears the last line; then a rollback notes what it did, and breaks off."""
    number = journal.begin(STEP, GONE, GONE)
    with open(journal.path, "ab") as stream:
        stream.write(torn)

    Journal(journal.folder[: -len("/var/lib/hipaa-cis/run-1")], "run-1").finish(number, "undone")

    assert [(entry.number, entry.status) for entry in journal.entries()] == [(1, "undone")]


def test_journal_of_which_only_a_torn_line_is_left_is_begun_anew(journal):
    with open(journal.path, "r+b") as stream:
        stream.truncate(20)

    journal.create()
    journal.begin(STEP, GONE, GONE)

    assert [entry.number for entry in journal.entries()] == [1]
    assert last_run(journal.folder[: -len("/var/lib/hipaa-cis/run-1")]) == "run-1"


def test_changed_line_is_damage_that_is_named(journal):
    journal.begin(STEP, GONE, GONE)
    journal.begin(STEP, GONE, GONE)
    with open(journal.path, "rb") as stream:
        content = stream.read()
    with open(journal.path, "wb") as stream:
        stream.write(content.replace(b'"begin": 1', b'"begin": 7'))

    with pytest.raises(DamagedJournal, match="line 2 of"):
        journal.entries()
    assert [entry.number for entry in journal.entries(skip_damage=True)] == [2]


def test_changed_content_is_damage(journal):
    digest = journal.save(b"before")
    with open(os.path.join(journal.folder, "blobs", digest), "wb") as stream:
        stream.write(b"other")

    with pytest.raises(DamagedJournal, match="was changed"):
        journal.load(digest)


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".", "..", "x" * 101])
def test_run_id_never_leads_elsewhere(tmp_path, name):
    with pytest.raises(ChangeError):
        Journal(str(tmp_path), name)


def test_last_run_is_told_by_number_whatever_the_clock_says(tmp_path, journal):
    later = Journal(str(tmp_path), "a-later-one")
    later.create()
    later.begin(STEP, GONE, GONE)
    journal.begin(STEP, GONE, GONE)
    for folder, names, files in os.walk(later.folder):
        for name in names + files:
            os.utime(os.path.join(folder, name), (0, 0))

    assert last_run(str(tmp_path)) == "a-later-one"
    assert journal.exists()


def test_last_run_is_one_that_left_something_changed(tmp_path, journal):
    root = str(tmp_path)
    journal.begin(STEP, GONE, GONE)
    refused = Journal(root, "nothing-came-of-it")
    refused.create()
    refused.finish(refused.begin(STEP, GONE, GONE), "failed")
    assert last_run(root) == journal.run_id

    journal.finish(1, "undone")
    assert last_run(root) == "nothing-came-of-it"


def test_what_was_confirmed_is_told_from_what_came_after(journal):
    journal.begin(STEP, GONE, GONE)
    journal.confirm()
    journal.begin(STEP, GONE, GONE)

    assert [entry.confirmed for entry in journal.entries()] == [True, False]


def test_no_run_at_all(tmp_path):
    with pytest.raises(ChangeError, match="holds no journal"):
        last_run(str(tmp_path))


def test_cache_of_libraries_is_nobodys_change(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/ld.so.cache").write_text("old")
    (tmp_path / "etc/ld.so.conf").write_text("x")

    assert sorted(trees.take(str(tmp_path), ["/etc"])) == ["/etc", "/etc/ld.so.conf"]


def test_folders_that_others_could_enter_are_shut(tmp_path):
    """They were made by hand, or under another umask."""
    made = Journal(str(tmp_path), "run-1")
    folders = [os.path.dirname(made.folder), made.folder, os.path.join(made.folder, "blobs")]
    os.makedirs(folders[-1])
    for folder in folders:
        os.chmod(folder, 0o755)

    made.create()

    assert [os.stat(folder).st_mode & 0o777 for folder in folders] == [0o700] * 3


@pytest.mark.parametrize("sync", [True, False])
def test_content_is_brought_to_the_disk_whole(journal, monkeypatch, sync):
    synced = []
    monkeypatch.setattr("os.fsync", lambda handle: synced.append(os.fstat(handle).st_size))

    journal.save(b"secret", sync=sync)

    assert synced == ([6] if sync else [])


def test_run_of_which_something_is_left_is_the_last_one(tmp_path):
    for name in ("one", "two"):
        made = Journal(str(tmp_path), name)
        made.create()
        made.begin(STEP, GONE, GONE)
        made.begin(STEP, GONE, GONE)
    assert last_run(str(tmp_path)) == "two"

    Journal(str(tmp_path), "two").finish(2, "undone")
    assert last_run(str(tmp_path)) == "two"
    Journal(str(tmp_path), "two").finish(1, "failed")
    assert last_run(str(tmp_path)) == "one"
    Journal(str(tmp_path), "one").finish_all([1, 2], "undone")
    assert last_run(str(tmp_path)) == "two"


def test_torn_end_of_any_length_is_cut_off_behind_the_last_whole_line(journal):
    journal.begin(STEP, GONE, GONE)
    whole = os.path.getsize(journal.path)
    for torn in (1, 65535, 65536, 65537, 140000):
        with open(journal.path, "ab") as stream:
            stream.write(b"x" * torn)
        journal.finish(1, "done")
        with open(journal.path, "rb") as stream:
            assert b"x" * 100 not in stream.read()
        os.truncate(journal.path, whole)
