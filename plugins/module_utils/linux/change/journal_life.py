# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long what a journal keeps is kept: contents as long as they are the way back, the journal itself for a while more."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from typing import Any, Iterator, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import account_files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import is_accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import ENDED, Entry, Journal, runs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import fetched

# How long the journal of a run of which nothing is left stays, to be read.
KEPT_DAYS = 90
SECONDS_A_DAY = 86400.0


def prune(journal: Journal) -> None:
    """Remove the contents that no change needs to be taken back, such as those of files that a command left alone.

    What cannot be read or removed now stays: it is no reason for a run or a rollback to fail.
    """
    with suppress(ChangeError, OSError, ValueError, KeyError):
        entries = [entry for entry in journal.entries() if entry.status not in ENDED]
        needed: Set[str] = set()
        trees: Set[str] = set()
        for entry in entries:
            needed.update(_digests([entry.before, entry.after, entry.effects, entry.details]))
            if entry.tree not in trees or entry.effects is None:
                needed.update(_of_tree(journal, entry))
                trees.add(entry.tree)
        blobs = os.path.join(journal.folder, "blobs")
        for name in os.listdir(blobs):
            if name not in needed:
                os.unlink(os.path.join(blobs, name))
        shutil.rmtree(fetched(journal), ignore_errors=True)
        if not entries:
            shutil.rmtree(os.path.join(journal.folder, "packages"), ignore_errors=True)


def _of_tree(journal: Journal, entry: Entry) -> Iterator[str]:
    """Yield what is needed of the tree that a command watched: all of it where it is not known what the command changed."""
    if not entry.tree:
        return
    yield entry.tree
    tree = json.loads(journal.load(entry.tree).decode())
    whole = entry.effects is None or is_accounts(entry)
    yield from _digests([state for path, state in tree.items() if whole or path in account_files.DATABASE])


def _digests(found: Any) -> Iterator[str]:
    """Yield the digest of each state in it."""
    if isinstance(found, dict):
        if isinstance(found.get("sha256"), str):
            yield found["sha256"]
        found = list(found.values())
    if isinstance(found, list):
        for one in found:
            if isinstance(one, (dict, list)):
                yield from _digests(one)


def remove_old(root: str, run_id: str) -> None:
    """Remove the journals of runs of which nothing is left and that were last written long ago, but not that of ``run_id``."""
    for run in runs(root):
        journal = Journal(root, run)
        with suppress(ChangeError, OSError):
            old = time.time() - os.stat(journal.path).st_mtime > KEPT_DAYS * SECONDS_A_DAY
            if old and run != run_id and all(entry.status in ENDED for entry in journal.entries()):
                shutil.rmtree(journal.folder)
