"""States of files: when two of them are the same."""

from __future__ import annotations

import errno
import os
import struct
import threading

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files, folders

FILE = {"kind": "file", "sha256": "a" * 64, "mode": 0o644, "uid": 0, "gid": 0, "xattrs": {}, "mtime_ns": 1}
LINK = {"kind": "link", "target": "/etc/x", "uid": 0, "gid": 0}


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "directory"},
        {"sha256": "b" * 64},
        {"mode": 0o640},
        {"uid": 1},
        {"gid": 1},
        {"xattrs": {"system.posix_acl_access": "AgAAAA=="}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_file_that_differs_in_one_thing_is_not_the_same(other):
    assert files.same(FILE, dict(FILE))
    assert not files.same(FILE, {**FILE, **other})
    assert not files.same({**FILE, **other}, FILE)


def test_time_of_change_is_no_difference():
    assert files.same(FILE, {**FILE, "mtime_ns": 2})


@pytest.mark.parametrize("other", [{"target": "/etc/y"}, {"uid": 1}, {"gid": 1}], ids=lambda other: next(iter(other)))
def test_link_that_differs_in_one_thing_is_not_the_same(other):
    assert files.same(LINK, dict(LINK))
    assert not files.same(LINK, {**LINK, **other})


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "mounted read-only"),
        (errno.ENOSPC, "is full"),
        (errno.EDQUOT, "the quota"),
        (errno.EBUSY, "mounted over it"),
        (errno.EACCES, "permission denied; run with become as root"),
        (errno.ELOOP, "a symbolic link"),
        (errno.EPERM, "Operation not permitted"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_reason_is_told_in_words_for_the_operator(number, said):
    text = files.explain("/nowhere/x", OSError(number, "no matter"))

    assert text.startswith("/nowhere/x: ")
    assert said in text


@pytest.mark.parametrize(
    ("number", "immutable"), [(errno.EPERM, True), (errno.EACCES, True), (errno.EIO, False), (errno.EROFS, False)]
)
def test_mark_that_nobody_may_change_it_is_named_where_it_is_the_reason(monkeypatch, number, immutable):
    monkeypatch.setattr(files, "is_immutable", lambda _path: True)

    assert ("chattr -i" in files.explain("/etc/x", OSError(number, "no matter"))) is immutable


@pytest.mark.parametrize("marked", ["x", ""], ids=["file", "folder"])
@pytest.mark.parametrize(("flags", "immutable"), [(0x10, True), (0x20, True), (0x80000, False), (0, False)])
def test_flag_of_a_file_or_its_folder_is_seen(tmp_path, monkeypatch, marked, flags, immutable):
    (tmp_path / "x").write_text("")
    place = os.stat(tmp_path / marked).st_ino

    def flags_of(handle, _request, _room):
        return struct.pack("l", flags if os.fstat(handle).st_ino == place else 0)

    monkeypatch.setattr("fcntl.ioctl", flags_of)

    assert files.is_immutable(str(tmp_path / "x")) is immutable


def test_file_without_flags_or_without_a_file_is_not_marked(tmp_path, monkeypatch):
    def refuse(*_given):
        raise OSError(errno.ENOTTY, "no flags here")

    monkeypatch.setattr("fcntl.ioctl", refuse)

    assert not files.is_immutable(str(tmp_path / "missing" / "x"))
    assert not files.is_immutable(str(tmp_path))


def test_pipe_is_not_waited_for(tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    looking = threading.Thread(target=files.is_immutable, args=[pipe], daemon=True)
    looking.start()
    looking.join(10)
    hangs = looking.is_alive()
    if hangs:  # let it go, or the run of the tests hangs as well
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))

    assert not hangs


def test_no_file_stays_open_behind_a_look(tmp_path):
    (tmp_path / "x").write_text("x")
    before = len(os.listdir("/proc/self/fd"))

    for _turn in range(3):
        assert files.state(str(tmp_path / "x"))["kind"] == "file"
        assert files.state(str(tmp_path))["kind"] == "directory"

    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("name", ["file", "pipe"])
def test_what_is_no_folder_is_not_opened_as_one(tmp_path, name):
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NotADirectoryError):
        folders.open_folder(str(tmp_path / name))


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EACCES, errno.EIO])
def test_file_system_without_attributes_has_none_and_a_fault_is_one(tmp_path, monkeypatch, number):
    def refuse(*_given):
        raise OSError(number, "no matter")

    monkeypatch.setattr(files.os, "listxattr", refuse)

    if number == errno.EIO:
        with pytest.raises(OSError, match="no matter"):
            files.state(str(tmp_path))
    else:
        assert files.state(str(tmp_path))["xattrs"] == {}


SEEN = {"kind": "file", "mode": 0o644, "uid": 0, "gid": 0, "names": 1}


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ({}, {}, True),
        ({"file": [1, 2]}, {"file": [1, 2]}, True),
        ({"file": [1, 2]}, {"file": [1, 3]}, False),
        ({"file": [1, 2]}, {"file": [1, 2], "sha256": "a"}, True),
        ({"file": [1, 2], "sha256": "a"}, {"file": [1, 3], "sha256": "a"}, True),
        ({"file": [1, 2], "sha256": "a"}, {"file": [1, 2], "sha256": "b"}, False),
        ({"mode": 1}, {}, False),
        ({"names": 2}, {}, False),
    ],
)
def test_file_is_as_it_was_seen(then, now, same):
    assert files.unchanged({**SEEN, **then}, {**SEEN, **now}) is same


@pytest.mark.parametrize("size", [8, 9])
def test_content_up_to_the_bound_is_taken_whole_and_none_beyond_it(tmp_path, monkeypatch, size):
    monkeypatch.setattr(files, "MAX_BYTES", 8)
    (tmp_path / "x").write_bytes(b"x" * size)
    handle = os.open(tmp_path / "x", os.O_RDONLY)
    try:
        if size == 8:
            assert files.content_of(handle, "/x") == b"x" * 8
        else:
            with pytest.raises(files.ChangeError, match="larger than 8 bytes"):
                files.content_of(handle, "/x")
            # A file that grows while it is read.
            monkeypatch.setattr(files.os, "fstat", lambda _handle: os.stat_result([0] * 10))
            with pytest.raises(files.ChangeError, match="larger than 8 bytes"):
                files.content_of(handle, "/x")
    finally:
        os.close(handle)


def test_link_is_known_by_its_target_and_its_owner(tmp_path):
    os.symlink("/etc/y", tmp_path / "x")

    assert files.state(str(tmp_path / "x")) == {
        "kind": "link", "target": "/etc/y", "uid": os.geteuid(), "gid": os.getegid(),
    }  # fmt: skip
