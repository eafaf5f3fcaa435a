# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command changed, looked at right behind it; and, where it was cut off, as soon as anybody can.

What others do from then on is theirs. What differs by then and is not known to be the work of the command's packages or
units is kept apart: it may be anybody's.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from typing import Any, Callable, Dict, Iterator, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import (
    account_files,
    files,
    journal_life,
    package_steps,
    trees,
    work_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import is_accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import BASE, Entry, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner

LOCK = "/var/lib/dpkg/lock-frontend"
LOCK_SECONDS = 60.0
ACCOUNTS = frozenset((*account_files.DATABASE, *account_files.COPIES))
Save = Optional[Callable[[bytes], str]]
Seen = Tuple[work_of.Effects, Dict[str, Any], Optional[State]]


def was_cut_off(entry: Entry) -> bool:
    """Return whether a command was begun and nobody has seen what came of it."""
    # Changes of account records say themselves what they were to make.
    unseen = entry.step["type"] == COMMAND and entry.status == "begun" and entry.effects is None
    return unseen and not is_accounts(entry)


class Looker:
    """Looks at what a command of one journal changed on the host below ``host.root``."""

    def __init__(self, host: Host, runner: Runner, journal: Journal) -> None:
        self._host = host
        self._runner = runner
        self._journal = journal

    def look(self, step: Dict[str, Any], then: State, tree: trees.Tree, save: Save) -> Seen:
        """Return what a command changed: (effects, details, state after). ``step`` and ``then``: as the journal has them.

        ``save`` keeps the account files as they are now, for of them only records are taken back. ``details``:
        ``{others, accounts}``, the effects that nobody is known for, and the accounts that packages name.
        Raises `ChangeError`, `OSError`.
        """
        later = trees.take(self._host.root, step.get("watch", ()))
        effects: work_of.Effects = {
            path: {"before": tree.get(path, files.ABSENT), "after": later.get(path, files.ABSENT)}
            for path in trees.difference(tree, later)
        }
        for path in account_files.DATABASE:
            if path in effects and effects[path]["after"]["kind"] == "file" and not step.get("records"):
                effects[path]["after"] = files.state(self._host.path(path, follow=False), save)
        if step.get("packages"):
            return self._of_packages(effects, then)
        if step["argv"][:1] == ["systemctl"]:
            units = [word for word in step["argv"][1:] if "." in word]
            ours, others = work_of.of_units(self._host, units).sort(effects)
            return ours, {"others": others}, None
        return effects, {}, None

    def _of_packages(self, effects: work_of.Effects, then: State) -> Seen:
        now = package_steps.after(self._host, self._runner, then, self._journal)
        names = [act[0] for act in now["acts"]]
        known = work_of.known(self._host, [*names, *now["triggered"]], then["facts"])
        ours, others = work_of.Workers(known).sort(effects)
        others = {path: effect for path, effect in others.items() if path not in ACCOUNTS}
        accounts = sorted({name for one in names for name in known[one]["accounts"]})
        return ours, {"others": others, "accounts": accounts}, now

    def take(self, entry: Entry, note: bool, patience: float = LOCK_SECONDS) -> None:
        """Take the second look at a command that was cut off, into ``entry`` and, with ``note``, into the journal.

        Raises `ChangeError` where the package manager is at work for longer than ``patience`` seconds, `OSError`.
        """
        if entry.step.get("packages"):
            _wait_for_packages(self._host, patience)
        tree: trees.Tree = json.loads(self._journal.load(entry.tree).decode()) if entry.tree else {}
        effects, details, after = self.look(entry.step, entry.before, tree, self._journal.save if note else None)
        details.update(cut=True, kept=note)
        if note:
            more = {} if after is None else {"after": after}
            self._journal.finish(entry.number, "begun", effects=effects, details=details, **more)
        entry.effects, entry.after = effects, after or entry.after
        entry.details.update(details)


def take_all(host: Host, runner: Runner) -> None:
    """Take it at every run of this host that was cut off. What is not possible now is left to that run's own rollback."""
    for journal in _cut_off(host.root):
        try:
            for entry in journal.entries():
                if was_cut_off(entry):
                    Looker(host, runner, journal).take(entry, note=True, patience=0.0)
            journal_life.prune(journal)
        except (ChangeError, OSError):
            continue


def _cut_off(root: str) -> Iterator[Journal]:
    """Yield the journals that end with the begin of a step."""
    base = os.path.join(root, BASE.lstrip("/"))
    try:
        runs = sorted(os.listdir(base))
    except OSError:
        return
    for run in runs:
        try:
            with open(os.path.join(base, run, "journal"), "rb") as stream:
                whole = stream.read().rpartition(b"\n")[0]
            if b'"begin": ' in whole.rpartition(b"\n")[2]:
                yield Journal(root, run)
        except (ChangeError, OSError):
            continue


def _wait_for_packages(host: Host, patience: float) -> None:
    """Wait until nobody holds the package manager: apt may outlive the module that it was started by."""
    end = time.monotonic() + patience
    while _is_locked(host.path(LOCK)):
        if time.monotonic() >= end:
            raise ChangeError(
                "the package manager is at work on this host, so what it did for the run cannot be seen yet; wait for it "
                "to end, then run this again"
            )
        time.sleep(0.5)


def _is_locked(path: str) -> bool:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
