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

# These take the tables of all users in the place of cron: bcron (0.11) asks no list who may have one, fcron others.
OTHER_CRONS = ("/usr/sbin/bcron-spool", "/usr/bin/fcrontab")
# The programs that ask the list name it: cron's and cronie's own, a helper of systemd-cron. dcron's and busybox' do not.
CRONTAB = "/usr/bin/crontab"
ASKING = (CRONTAB, *(folder + "/systemd-cron/crontab_setgid" for folder in ("/lib", "/usr/lib", "/usr/libexec")))


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{allow: {exists, mode, owner, group}, deny: {...}}` per program."""

    def one(address: Address) -> Observation:
        program = required(address, "program")
        if program not in ("cron", "at"):
            raise UsageError("the program has to be cron or at")
        other = _other_cron(host) if program == "cron" else ""
        if other:
            raise ReadError(
                "%s lets people plan jobs, whatever the lists of cron say; install cron in its place" % other
            )
        paths = {name: "/etc/%s.%s" % (program, name) for name in ("allow", "deny")}
        return value({name: _list(host, path) for name, path in paths.items()}, ", ".join(paths.values()))

    return read_each(addresses, one)


def _other_cron(host: Host) -> str:
    """Return what takes the tables of users without asking cron's lists, or nothing."""
    found = [path for path in OTHER_CRONS if host.exists(path)]
    if not found and host.exists(CRONTAB):
        asks = any(b"cron.allow" in host.read_bytes(path) for path in ASKING if host.exists(path))
        found = [] if asks else [CRONTAB]
    return found[0] if found else ""


def _list(host: Host, path: str) -> Dict[str, Any]:
    try:
        seen = file.document(host, path)
    except NotFound:
        return {"exists": False, "mode": None, "owner": None, "group": None}
    return {"exists": True, "mode": seen["mode"], "owner": seen["owner"], "group": seen["group"]}
