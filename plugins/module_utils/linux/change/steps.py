# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps: the few ways in which anything on a host is changed, as data.

Writers plan steps and never touch the system; the executor journals and does them; the rollback
takes them back. So a new kind of setting brings no new way of undoing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

# Changes after which the controller might not get in again are made last and armed to undo themselves.
PLAIN = "plain"
CONNECTION = "connection"
GROUPS = (PLAIN, CONNECTION)

FILE = "file"
KERNEL = "kernel"
COMMAND = "command"
REFRESH = "refresh"

# Within a phase: before all else, and behind the starting of units.
ORDER_FIRST, ORDER_LAST = -1, 3

# What is done first: a package brings the files that are then changed; services start with their settings in place.
PHASE_PACKAGES = 0
PHASE_FILES = 1
PHASE_COMMANDS = 2
PHASE_REFRESH = 3


MAX_REASONS = 20


# Said of what no test of ours has seen at work; the command that a person may run follows.
UNPROVEN = "this is not done automatically, for it has not been seen at work on a host of this kind yet"


class CannotFix(Exception):
    """No automatic fix is possible or safe here. The text says why and what a person has to do."""


def enumerated(reasons: Sequence[str]) -> str:
    """Return reasons as one text; of very many, how many more there are."""
    more = ["and %d more" % (len(reasons) - MAX_REASONS)] if len(reasons) > MAX_REASONS else []
    return "; ".join([*reasons[:MAX_REASONS], *more])


@dataclass
class Step:
    """One change.

    ``file``: ``path`` gets ``content`` (None: kept; with ``remove``: gone), ``mode``, ``uid``, ``gid`` (None: kept;
    a new file is 0644 root:root). ``validate``: commands run on the finished temporary file (``{file}``) before it
    is put in place; ``compare``: one that may complain of what the old file had too (``known``).
    ``check``: commands run afterwards, a failure of which takes the file back at once.
    ``lists``: attribute of an access control list -> (what the plan read of it, what it is to be; None: gone), in base64.
    ``kernel``: ``content`` is written to ``path`` below /proc/sys.
    ``command``: ``argv``; what it changes below the folders ``watch`` is journaled too; ``undo`` are the commands
    that take the rest back, run after those files are restored; ``after_undo``: those run at the very end of a rollback.
    ``records``: what it is to make of account records (`account_files.Record`); no more than that is taken back of them.
    ``upkeep``: it only renews a cache, which is no change of the host, and nothing is to be taken back.
    ``base``: the head of ``argv`` where it ends with names (units, packages); steps of the same base are one call,
    shown as ``title`` with those names. ``order``: within a phase, what has to come first has the lower number.
    ``alone``: it stands by itself, and is made though another step of its change failed.
    ``seen``: what the plan read of the file (`files.seen`, with ``sha256`` where its content counts); where the host holds another
    one by now, the step is not made. ``rules``: for which the changes are made, to be named by a rollback.
    ``named``: of such a step, name -> the changes that ask for it. ``read``: what it changes -> digest of what the plan read of it.
    ``at_boot``: what of it takes effect at the next boot only; ``boot``: the start of the host (`boot_id`) in which it is made.
    ``owned_by``: path or name -> another tool that owns it, and may take the change back.
    ``refresh``: ``argv`` makes a service read its files again; run once at the end, of an apply and of a rollback.
    """

    type: str
    label: str
    path: str = ""
    content: Optional[bytes] = None
    remove: bool = False
    directory: bool = False
    mode: Optional[int] = None
    uid: Optional[int] = None
    gid: Optional[int] = None
    lists: Dict[str, Tuple[str, Optional[str]]] = field(default_factory=dict)
    secret: bool = False
    validate: List[Sequence[str]] = field(default_factory=list)
    check: List[Sequence[str]] = field(default_factory=list)
    compare: List[str] = field(default_factory=list)
    known: List[str] = field(default_factory=list)
    argv: Tuple[str, ...] = ()
    undo: List[Sequence[str]] = field(default_factory=list)
    after_undo: List[Sequence[str]] = field(default_factory=list)
    watch: Tuple[str, ...] = ()
    records: List[Sequence[object]] = field(default_factory=list)
    timeout: float = 60.0
    packages: bool = False
    upkeep: bool = False
    base: Tuple[str, ...] = ()
    title: str = ""
    phase: int = PHASE_FILES
    order: int = 0
    alone: bool = False
    group: str = PLAIN
    changes: List[str] = field(default_factory=list)
    seen: Optional[Dict[str, Any]] = None
    rules: List[str] = field(default_factory=list)
    named: Dict[str, List[str]] = field(default_factory=dict)
    read: Dict[str, str] = field(default_factory=dict)
    at_boot: List[str] = field(default_factory=list)
    boot: str = ""
    owned_by: Dict[str, str] = field(default_factory=dict)

    def names(self) -> Tuple[str, ...]:
        """Return the names that one call is made for."""
        return self.argv[len(self.base) :]

    def command_line(self) -> str:
        """Return what is run, as a person is told: by its label where it is made for many names or is a script."""
        return self.label if self.base or self.argv[:2] == ("sh", "-c") else " ".join(self.argv)

    def as_dict(self) -> Dict[str, Any]:
        """Return what the journal and the answer say of it; contents are not in it."""
        result: Dict[str, Any] = {"type": self.type, "label": self.label, "group": self.group, "changes": self.changes}
        for name in (
            "path",
            "remove",
            "directory",
            "watch",
            "records",
            "packages",
            "upkeep",
            "secret",
            "rules",
            "read",
            "at_boot",
            "boot",
            "owned_by",
        ):
            if getattr(self, name):
                result[name] = getattr(self, name)
        if self.argv:
            result["argv"] = list(self.argv)
            result["undo"] = [list(argv) for argv in self.undo]
        if self.after_undo:
            result["after_undo"] = [list(argv) for argv in self.after_undo]
        return result
