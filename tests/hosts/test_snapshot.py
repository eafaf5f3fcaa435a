"""A snapshot sees every kind of change to a tree, and none where there is none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hosts import snapshot
from tests.hosts.host import Host


def _rewrite_with_the_same_size_and_time(path: Path) -> None:
    before = path.stat()
    path.write_text("CONTENT")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace_with_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


CHANGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "new file": (lambda top: (top / "new").touch(), "/new", "added"),
    "new directory": (lambda top: (top / "new").mkdir(), "/new", "added"),
    "file removed": (lambda top: (top / "file").unlink(), "/file", "removed"),
    "contents": (lambda top: (top / "file").write_text("longer content"), "/file", "digest"),
    "contents only": (lambda top: _rewrite_with_the_same_size_and_time(top / "file"), "/file", "digest"),
    "mode": (lambda top: (top / "file").chmod(0o600), "/file", "mode"),
    "time": (lambda top: os.utime(top / "file", (1, 1)), "/file", "mtime_ns"),
    "type": (lambda top: _replace_with_link(top / "file"), "/file", "kind"),
    "mode of a directory": (lambda top: (top / "directory").chmod(0o700), "/directory", "mode"),
    "another name": (lambda top: os.link(top / "file", top / "other"), "/file", "links"),
    "file in a directory": (lambda top: (top / "directory/inner").write_text("x"), "/directory/inner", "digest"),
}
CHANGES_OF_ROOT: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "owner": (lambda top: os.chown(top / "file", 1000, -1), "/file", "uid"),
    "group": (lambda top: os.chown(top / "file", -1, 1000), "/file", "gid"),
    "owner of a link": (lambda top: os.lchown(top / "link", 1000, -1), "/link", "uid"),
    "capability": (lambda top: os.setxattr(top / "file", "trusted.mark", b"1"), "/file", "attributes"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "directory").mkdir(mode=0o755)
    (tmp_path / "directory/inner").write_text("inner")
    (tmp_path / "file").write_text("content")
    (tmp_path / "link").symlink_to("file")
    return tmp_path


def test_no_change_gives_equal_snapshots(tree: Path) -> None:
    before = snapshot.take(tree)
    (tree / "file").read_text()
    assert snapshot.take(tree) == before
    assert not before.changes(snapshot.take(tree))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(tree: Path, name: str) -> None:
    _seen(tree, *CHANGES[name])


@pytest.mark.root
@pytest.mark.parametrize("name", CHANGES_OF_ROOT)
def test_a_change_that_takes_root_is_seen(tree: Path, name: str) -> None:
    _seen(tree, *CHANGES_OF_ROOT[name])


def _seen(tree: Path, change: Callable[[Path], object], path: str, what: str) -> None:
    before = snapshot.take(tree)
    change(tree)
    changes = {item.path: item.what for item in before.changes(snapshot.take(tree))}
    assert what in changes[path]


def test_a_kept_digest_does_not_hide_a_rewrite(tree: Path) -> None:
    snapshot.take(tree)
    time.sleep(snapshot.RECENT + 0.1)
    before = snapshot.take(tree)  # by now the digest is kept
    _rewrite_with_the_same_size_and_time(tree / "file")
    assert [str(item) for item in before.changes(snapshot.take(tree))] == ["/file: digest"]


def test_paths_can_be_ignored(tree: Path) -> None:
    before = snapshot.take(tree)
    (tree / "directory/inner").write_text("other")
    assert not before.changes(snapshot.take(tree), ignore=["/directory/*"])


def test_pseudo_filesystems_are_not_entered(tree: Path) -> None:
    (tree / "proc").mkdir()
    (tree / "proc/1").touch()
    assert "/proc/1" not in snapshot.take(tree).entries


@pytest.mark.hosts
def test_logging_in_leaves_only_the_known_traces(booted_host: Host) -> None:
    before = booted_host.snapshot()
    assert len(before.entries) > 5000
    booted_host.ssh(["sudo", "cat", "/etc/shadow"], user="auditor")
    assert not before.changes(booted_host.snapshot(), ignore=snapshot.LOGIN_TRACES)
    assert before.changes(booted_host.snapshot())


@pytest.mark.hosts
def test_a_write_on_a_host_is_seen(booted_host: Host) -> None:
    before = booted_host.snapshot()
    booted_host.ssh(["touch", "/usr/share/doc/apt"])
    changes = before.changes(booted_host.snapshot(), ignore=snapshot.LOGIN_TRACES)
    assert [str(change) for change in changes] == ["/usr/share/doc/apt: mtime_ns"]


@pytest.mark.hosts
def test_a_second_snapshot_is_quick(booted_host: Host) -> None:
    booted_host.snapshot()
    begin = time.monotonic()
    booted_host.snapshot()
    assert time.monotonic() - begin < 2
