"""Watched folders: what is looked at, and how far."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import trees
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "etc/deep/er").mkdir(parents=True)
    (tmp_path / "etc/deep/er/x").write_text("x")
    (tmp_path / "etc/link").symlink_to("deep")
    (tmp_path / "etc/y").write_text("y")
    return str(tmp_path)


def test_everything_below_a_folder_is_taken_by_its_name_on_the_host(root):
    found = trees.take(root, ["/etc", "/etc/y", "/etc/none"])

    assert {path: state["kind"] for path, state in found.items()} == {
        "/etc": "directory", "/etc/deep": "directory", "/etc/deep/er": "directory", "/etc/deep/er/x": "file",
        "/etc/link": "link", "/etc/y": "file", "/etc/none": "absent",
    }  # fmt: skip


def test_contents_are_kept_where_they_are_to_be(root):
    kept = []

    def save(content):
        kept.append(content)
        return "digest"

    trees.take(root, ["/etc"], save)

    assert sorted(kept) == [b"x", b"y"]


def test_more_than_can_be_kept_is_refused(root, monkeypatch):
    monkeypatch.setattr(trees, "MAX_PATHS", 6)
    assert len(trees.take(root, ["/etc"])) == 6

    monkeypatch.setattr(trees, "MAX_PATHS", 5)
    with pytest.raises(ChangeError, match="/etc holds more than 5 files"):
        trees.take(root, ["/etc"])


def test_other_file_systems_are_not_entered(root, monkeypatch):
    device = os.lstat(root).st_dev
    scandir = os.scandir

    class Mounted:
        """An entry of a folder, of which `deep` lies on another file system."""

        def __init__(self, entry):
            self.path, self.entry = entry.path, entry

        def is_dir(self, follow_symlinks=True):
            return self.entry.is_dir(follow_symlinks=follow_symlinks)

        def stat(self, follow_symlinks=True):
            status = list(self.entry.stat(follow_symlinks=follow_symlinks))
            status[2] = device + (self.path.endswith("/deep"))
            return os.stat_result(status)

    class Listing:
        def __init__(self, path):
            self.items = scandir(path)

        def __enter__(self):
            return map(Mounted, self.items)

        def __exit__(self, *_given):
            self.items.close()

    monkeypatch.setattr(trees.os, "scandir", Listing)

    assert "/etc/deep" in trees.take(root, ["/etc"])
    assert "/etc/deep/er" not in trees.take(root, ["/etc"])
    assert "/etc/y" in trees.take(root, ["/etc"])


def test_paths_that_differ_are_named_with_folders_first():
    one, other = {"kind": "file", "mode": 1}, {"kind": "file", "mode": 2}

    assert trees.difference({"/b": one, "/a": one, "/c": one}, {"/a": one, "/b": other, "/b/x": one}) == [
        "/b",
        "/b/x",
        "/c",
    ]
    assert trees.difference({}, {"/a": {"kind": "absent"}}) == []
