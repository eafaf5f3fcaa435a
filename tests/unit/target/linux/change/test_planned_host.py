"""The host with what is planned laid over it: readers see what will be, and nothing is written."""

from __future__ import annotations

import hashlib
import os
import stat

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/x").write_text("old\n")
    (tmp_path / "etc/x").chmod(0o640)
    return PlannedHost(str(tmp_path))


def test_planned_text_is_read_and_the_disk_left_alone(host, tmp_path):
    assert host.read_text("/etc/x") == "old\n"
    host.plan("/etc/x").content = b"new\n"
    host.plan("/etc/y").content = b""

    assert (host.read_text("/etc/x"), host.read_text("/etc/y")) == ("new\n", "")
    assert (tmp_path / "etc/x").read_text() == "old\n"
    assert host.list_directory("/etc") == host.list_directory("/etc/") == ["x", "y"]


def test_file_that_goes_is_gone(host):
    host.plan("/etc/x").gone = True

    for look in (host.read_text, host.stat):
        with pytest.raises(NotFound):
            look("/etc/x")
    assert not host.exists("/etc/x")
    assert host.list_directory("/etc") == []


def test_folder_that_is_not_there_has_what_is_planned_in_it(host):
    with pytest.raises(NotFound):
        host.list_directory("/etc/x.d")
    host.plan("/etc/x.d/gone").gone = True
    with pytest.raises(ReadError):
        host.list_directory("/etc/x.d")
    host.plan("/etc/x.d/y").content = b""
    host.plan("/z").content = b""

    assert host.list_directory("/etc/x.d") == ["y"]
    assert host.list_directory("/") == ["etc", "z"]


@pytest.mark.parametrize(
    ("planned", "mode", "size"),
    [
        ({"directory": True}, stat.S_IFDIR | 0o755, 0),
        ({"content": b"abc"}, stat.S_IFREG | 0o644, 3),
        ({"directory": True, "mode": 0o700}, stat.S_IFDIR | 0o700, 0),
        ({"content": b"", "mode": 0o600, "uid": 7, "gid": 8}, stat.S_IFREG | 0o600, 0),
    ],
)
def test_status_of_what_will_be_made(host, planned, mode, size):
    item = host.plan("/etc/new")
    for name, value in planned.items():
        setattr(item, name, value)

    status = host.stat("/etc/new")

    owner = [planned.get("uid", 0), planned.get("gid", 0)]
    assert list(status) == [mode, 0, 0, 1, *owner, size, 0, 0, 0]


def test_status_of_a_file_changes_in_what_is_planned_only(host, tmp_path):
    os.chmod(tmp_path / "etc/x", 0o640)
    before = os.stat(tmp_path / "etc/x")
    item = host.plan("/etc/x")
    assert host.stat("/etc/x") == os.stat_result(list(before))

    item.mode, item.uid, item.gid, item.content = 0o600, 7, 8, b"longer text"

    status = host.stat("/etc/x")
    assert (status.st_mode, status.st_uid, status.st_gid) == (stat.S_IFREG | 0o600, 7, 8)
    assert (status.st_size, status.st_ino) == (11, before.st_ino)


def test_plan_remembers_what_it_read_of_the_disk(host):
    digest = hashlib.sha256(b"old\n").hexdigest()
    assert host.read_text("/etc/x") == "old\n"
    host.plan("/etc/x").content = b"new\n"
    assert host.read_text("/etc/x") == "new\n"

    seen = host.seen("/etc/x", contents=True)

    assert (seen["kind"], seen["mode"], seen["sha256"]) == ("file", 0o640, digest)
    assert "sha256" not in host.seen("/etc/x", contents=False)
    assert host.seen("/etc/y", contents=True) == {"kind": "absent"}


def test_content_is_read_for_the_plan_where_it_was_not_read_before(host):
    assert host.seen("/etc/x", contents=True)["sha256"] == hashlib.sha256(b"old\n").hexdigest()


def test_two_readings_that_differ_fit_nothing(host, tmp_path):
    assert host.read_text("/etc/x") == "old\n"
    (tmp_path / "etc/x").write_text("other\n")
    host.plan("/etc/y")

    assert host.read_text("/etc/x") == "other\n"
    assert host.seen("/etc/x", contents=True)["sha256"] == ""


def test_another_plan_is_seen_at_once(host):
    host.plan("/etc/x").content = b"new\n"
    assert host.read_text("/etc/x") == "new\n"

    host.replace_plan({})

    assert host.read_text("/etc/x") == "old\n"
