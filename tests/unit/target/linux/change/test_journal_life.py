"""How long journals stay."""

from __future__ import annotations

import os
import time

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import journal_life
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal

STEP = {"type": "file", "label": "x", "group": "plain", "changes": [], "path": "/etc/x"}
GONE = {"kind": "absent"}
DAY = 86400


@pytest.mark.parametrize(
    ("age", "status", "run", "stays"),
    [
        (90 * DAY + 60, "undone", "old", False),
        (90 * DAY + 60, "failed", "old", False),
        (90 * DAY - 60, "undone", "old", True),
        (90 * DAY + 60, "done", "old", True),
        (90 * DAY + 60, "begun", "old", True),
        (90 * DAY + 60, "undone", "this", True),
    ],
)
def test_journal_of_which_nothing_is_left_stays_for_ninety_days(tmp_path, age, status, run, stays):
    journal = Journal(str(tmp_path), run)
    journal.create()
    number = journal.begin(STEP, GONE, GONE)
    if status != "begun":
        journal.finish(number, status)
    written = time.time() - age
    os.utime(journal.path, (written, written))

    journal_life.remove_old(str(tmp_path), "this")

    assert journal.exists() is stays
