"""Runs that were cut off, of this host and of no other; and package managers that are waited for."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import second_look
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

STEP = {"type": "command", "label": "x", "group": "plain", "changes": [], "argv": ["x"]}
COMMAND = {"kind": "command"}


def test_only_runs_that_end_with_a_begin_were_cut_off(tmp_path):
    root = str(tmp_path)
    for name in ("ended", "cut", "torn"):
        journal = Journal(root, name)
        journal.create()
        number = journal.begin(STEP, COMMAND, COMMAND)
        if name == "ended":
            journal.finish(number, "done")
        if name == "torn":
            with open(journal.path, "ab") as stream:
                stream.write(b"0123")
    (tmp_path / "var/lib/hipaa-cis/empty").mkdir()

    assert [journal.run_id for journal in second_look._cut_off(root)] == ["cut", "torn"]
    assert list(second_look._cut_off(str(tmp_path / "etc"))) == []


def test_package_manager_is_waited_for_as_long_as_there_is_patience(tmp_path, monkeypatch):
    place = tmp_path / second_look.LOCK[1:]
    place.parent.mkdir(parents=True)
    place.write_text("")
    host = Host(str(tmp_path))
    second_look._wait_for_packages(host, 0.0)
    monkeypatch.setattr(second_look, "_is_locked", lambda _path: True)

    with pytest.raises(ChangeError, match="the package manager is at work"):
        second_look._wait_for_packages(host, 0.0)

    left = [True, True, False]
    monkeypatch.setattr(second_look, "_is_locked", lambda _path: left.pop(0))
    monkeypatch.setattr(second_look.time, "sleep", lambda _seconds: None)
    second_look._wait_for_packages(host, 60.0)
    assert left == []
