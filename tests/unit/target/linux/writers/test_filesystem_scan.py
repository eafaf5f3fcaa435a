"""What the scan finds is put right one by one."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import error, value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import filesystem_scan

pytestmark = pytest.mark.root
FILES = {"find": "world_writable_files"}


def test_scan_that_failed_is_the_reason(planned, monkeypatch):
    monkeypatch.setattr(
        filesystem_scan.filesystem_scan, "read", lambda _host, _addresses: [error("the scan took too long")]
    )

    state, steps = planned("filesystem_scan", FILES, "closed")

    assert (state["state"], state["reason"], steps) == ("refused", "the scan took too long", [])


@pytest.mark.parametrize(("find", "wanted"), [("suid", "closed"), ("world_writable_files", "sticky")])
def test_what_a_person_has_to_settle_is_refused(planned, find, wanted):
    state, steps = planned("filesystem_scan", {"find": find}, wanted)

    assert (state["state"], steps) == ("refused", [])
    assert "has to be settled by a person" in state["reason"]


@pytest.mark.parametrize(
    ("find", "wanted", "modes"),
    [("world_writable_files", "closed", (0o666, 0o664)), ("world_writable_directories", "sticky", (0o777, 0o1777))],
)
def test_only_the_bit_in_question_is_changed(planned, tmp_path, monkeypatch, find, wanted, modes):
    place = tmp_path / "opt" / "x"
    place.parent.mkdir()
    place.parent.chmod(0o755)
    if wanted == "sticky":
        place.mkdir()
    else:
        place.write_text("")
    place.chmod(modes[0])
    found = value({"truncated": False, "count": 1, "paths": ["/opt/x"]}, "scan")
    monkeypatch.setattr(filesystem_scan.filesystem_scan, "read", lambda _host, _addresses: [found])

    state, _steps = planned("filesystem_scan", {"find": find}, wanted, mode="apply")

    assert state["state"] == "done"
    assert os.stat(place).st_mode & 0o7777 == modes[1]
