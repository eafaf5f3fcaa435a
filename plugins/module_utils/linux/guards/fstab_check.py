# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check /etc/fstab before it is live: a mistake in it may keep the host from its next boot.

findmnt(8) of util-linux 2.30 and newer says what is wrong with a table. Much of that has been so for long (a disk that is
not plugged in), so a new table is refused only for what its old one did not have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.findmnt import errors
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.fstab import FSTAB

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

VERIFY = ("findmnt", "--verify", "--tab-file")
# With errors in the table it ends with 1.
EXIT_CODES = (0, 1)
UNKNOWN = re.compile(r"(unrecognized|invalid|unknown) option")


def verify(plan: ChangePlan) -> None:
    """Have the planned /etc/fstab checked before it takes its place, and say so where that can't be."""
    try:
        old = plan.host.run([*VERIFY, FSTAB], EXIT_CODES)
    except NotFound:
        plan.warn("%s is written unchecked, for findmnt (of util-linux) is not installed" % FSTAB)
        return
    except ReadError as problem:
        plan.warn("%s is written unchecked: %s" % (FSTAB, problem))
        return
    if UNKNOWN.search(old.stderr):
        plan.warn("%s is written unchecked, for this findmnt knows no --verify" % FSTAB)
        return
    plan.compare(FSTAB, [*VERIFY, "{file}"], errors(old, FSTAB))
