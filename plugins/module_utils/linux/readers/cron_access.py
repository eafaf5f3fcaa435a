# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `cron_access`: the lists of who may use cron or at."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import file

# Takes the crontabs of all users in the place of cron, and asks no list who may have one (0.11).
BCRON = "/usr/sbin/bcron-spool"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{allow: {exists, mode, owner, group}, deny: {...}}` per program."""

    def one(address: Address) -> Observation:
        program = required(address, "program")
        if program not in ("cron", "at"):
            raise UsageError("the program has to be cron or at")
        if program == "cron" and host.exists(BCRON):
            raise ReadError("%s lets everybody plan jobs, whatever the lists say; install cron in its place" % BCRON)
        paths = {name: "/etc/%s.%s" % (program, name) for name in ("allow", "deny")}
        return value({name: _list(host, path) for name, path in paths.items()}, ", ".join(paths.values()))

    return read_each(addresses, one)


def _list(host: Host, path: str) -> Dict[str, Any]:
    try:
        seen = file.document(host, path)
    except NotFound:
        return {"exists": False, "mode": None, "owner": None, "group": None}
    return {"exists": True, "mode": seen["mode"], "owner": seen["owner"], "group": seen["group"]}
