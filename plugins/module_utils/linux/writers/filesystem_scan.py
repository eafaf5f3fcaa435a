# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `filesystem_scan`: files lose the write permission of others, shared directories get the sticky bit."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ERROR, Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import filesystem_scan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.file import refuse_planted

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

WANTED = {"world_writable_files": "closed", "world_writable_directories": "sticky"}


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Close world-writable files (``closed``) or make such directories sticky (``sticky``).

    Files in places where others could swap them for a link are left to a person, and the others are changed.
    """
    find = required(address, "find")
    if WANTED.get(find) != wanted:
        raise CannotFix("what the scan finds as %s has to be settled by a person" % find)
    seen = filesystem_scan.read(plan.host, [address])[0]
    if seen.state == ERROR:
        raise CannotFix(seen.reason)
    if seen.value["truncated"]:
        raise CannotFix("there are %d of them, more than are changed at once" % seen.value["count"])

    def change(path: str) -> None:
        refuse_planted(plan.host, path)
        mode = stat.S_IMODE(plan.host.stat(path, follow=False).st_mode)
        plan.attributes(path, mode | stat.S_ISVTX if wanted == "sticky" else mode & ~stat.S_IWOTH)

    plan.each(seen.value["paths"], change)
