"""States of files: when two of them are the same."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files

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
