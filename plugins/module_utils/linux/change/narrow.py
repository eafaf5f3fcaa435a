# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking from a file what goes beyond a mode, of its access control lists too: a chmod changes no more than their mask."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Dict, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import ACCESS_LIST, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import Entry, lists_of, shown

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan


def nobody(_entry: Entry) -> bool:
    """Nobody who has more than a mode gives keeps that."""
    return False


@dataclass
class Attributes:
    """What a file is to have; None: as it is."""

    mode: Optional[int]
    owner: Optional[str]
    group: Optional[str]


def narrow(
    plan: ChangePlan,
    path: str,
    given: Attributes,
    limit: Optional[int] = None,
    new_files: Optional[int] = None,
    keeps: Callable[[Entry], bool] = nobody,
) -> None:
    """Give a file a mode and owners (as of `ChangePlan.attributes`), and take from its lists what goes beyond modes.

    ``limit``: of the access list, ``new_files``: of a folder's list for new files; None: it is left. ``keeps``: asked of each
    who has more, and may say why it stays. Raises `ReadError`.
    """
    mode, status = given.mode, plan.host.stat(path)
    changes: Dict[str, Tuple[bytes, Optional[bytes]]] = {}
    for name, one in lists_of(plan.host, path, status).items():
        is_access = name == ACCESS_LIST
        bound = limit if is_access else new_files
        if bound is None or not (is_access or one.exceeds(bound)):
            continue
        before = one.guests()
        content, mask = one.narrowed(bound, keeps)
        changes[name] = (one.content, content)
        if is_access:
            mode = (stat.S_IMODE(status.st_mode) if mode is None else mode) & ~0o070 | mask << 3
        gone = [entry for entry in before if entry.rights & ~bound & 7 and not keeps(entry)]
        if gone:
            plan.warn(
                "%s loses what goes beyond %04o of its access control list%s: %s; a rollback brings it back"
                % (
                    printable(path),
                    bound,
                    "" if is_access else " for new files",
                    ", ".join(shown(plan.host, entry) for entry in gone),
                )
            )
    plan.attributes(path, mode, given.owner, given.group, changes)
