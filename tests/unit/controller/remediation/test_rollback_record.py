"""The record of a rollback, and what the operator reads of it."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import rollback_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.rollback_record import make_rollback, said, steps
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.text import diff
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

TIMES = ("2026-11-28T02:00:00Z", "2026-11-28T02:00:09Z")
FILE = {
    "label": "/etc/motd", "type": "file", "rules": ["motd_permissions"], "state": "undone", "path": "/etc/motd",
    "from": "file mode=0600 uid=0 gid=0", "to": "file mode=0644 uid=0 gid=0", "content": True,
    "diff": {"lines": "-hunter2\n"},
}  # fmt: skip
COMMAND = {
    "label": "systemctl mask cups", "type": "command", "rules": [], "state": "failed", "reason": "no room",
    "command": "systemctl mask cups", "more": 3, "accounts": ["/etc/shadow: a (maximum age)"],
    "paths": [{"path": "/etc/systemd/system/cups.service", "from": "link to /dev/null", "to": "absent", "diff": {}}],
}  # fmt: skip
ANSWER = {"run_id": "then", "changed": True, "details": [FILE, COMMAND], "conflicts": [], "problems": ["no room"]}


def make(check=False, force=False, reason="", **answer):
    return make_rollback({**ANSWER, **answer}, TIMES, check, force, reason)


def test_the_record_is_private_fits_its_schema_and_holds_no_content(tmp_path):
    store = RunStore.create(str(tmp_path), "now")
    store.add_rollback("../Web 1", make())
    path = store.add_rollback("../Web 1", make(check=True))

    record = json.loads(path.read_text())

    assert list(validator("rollback_record").iter_errors(record)) == []
    assert [one["check_mode"] for one in record["rollbacks"]] == [False, True]
    assert path.parent == tmp_path / "now" / "rollback"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "hunter2" not in path.read_text()
    assert not (tmp_path / "latest").exists()


@pytest.mark.parametrize(
    ("keys", "outcome"),
    [
        ({"problems": []}, "undone"),
        ({"problems": [], "check": True}, "would_undo"),
        ({"problems": [], "details": []}, "nothing"),
        ({"conflicts": ["/etc/motd was changed"], "problems": []}, "refused"),
        ({"conflicts": ["/etc/motd was changed"], "problems": [], "force": True}, "undone"),
        ({}, "incomplete"),
        ({"reason": "the connection broke"}, "failed"),
    ],
)
def test_outcome(keys, outcome):
    assert make(**keys)["outcome"] == outcome


def test_lines_name_what_was_done_from_what_to_what_and_the_rules():
    assert said(make(conflicts=["/etc/issue was changed"], kept=["/etc/a.since-then"])) == [
        f"taken back: /etc/motd: {FILE['from']} -> {FILE['to']}, with the content of before [motd_permissions]",
        "NOT taken back: systemctl mask cups [no rule is named in the journal]: no room",
        "  /etc/systemd/system/cups.service: link to /dev/null -> absent",
        "  /etc/shadow: a (maximum age)",
        "  ... and 3 more",
        "in the way: /etc/issue was changed",
        "kept: /etc/a.since-then",
    ]


def test_a_line_names_mode_and_owner_only_where_they_change():
    same = {**FILE, "from": FILE["to"]}

    assert said(make(details=[same])) == ["taken back: /etc/motd: the content of before [motd_permissions]"]


def test_lines_are_bounded(monkeypatch):
    monkeypatch.setattr(rollback_record, "MAX_LINES", 2)

    assert said(make())[2:] == ["... and 3 more, see the record"]


def test_differences_are_shown_as_those_of_a_remediation():
    shown = [item["prepared"] for item in diff(steps(ANSWER["details"]))]

    assert shown[0].startswith("/etc/motd\n- file mode=0600")
    assert shown[0].endswith("-hunter2\n")
    assert shown[1] == "/etc/systemd/system/cups.service\n- link to /dev/null\n+ absent\n"


def test_what_a_start_has_taken_up_is_said_with_what_to_do(tmp_path):
    rollback = make(pending_reboot=["the kernel argument audit=1"])
    store = RunStore.create(str(tmp_path), "now")
    record = json.loads(store.add_rollback("web", rollback).read_text())

    assert list(validator("rollback_record").iter_errors(record)) == []
    assert said(rollback)[-1] == (
        "in effect since a restart, so restart the host again to take it back: the kernel argument audit=1"
    )
