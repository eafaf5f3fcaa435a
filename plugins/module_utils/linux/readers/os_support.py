# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `os_support`: until which day the host's system is repaired by its maker, as far as that is listed."""

from __future__ import annotations

from typing import List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.os_release import PLACES, read_release
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import os_support

MAX_TEXT = 100


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{system, ends: [{support, last_day}], listed, good_until}``; days as 2028-06-30, ``ends`` empty where the system is not listed."""
    release, source = read_release(host)
    if not source:
        raise ReadError("neither %s is there, so which system this is is not known" % " nor ".join(PLACES))
    # As os-release(5) has it where nothing is said.
    name, version = release.get("ID", "linux"), release.get("VERSION_ID", "")
    seen = {
        "system": printable(("%s %s" % (name, version)).strip(" "))[:MAX_TEXT],
        "ends": os_support.ends(name, version),
        "listed": os_support.LISTED,
        "good_until": os_support.GOOD_UNTIL,
    }
    return [value(seen, source)] * len(addresses)
