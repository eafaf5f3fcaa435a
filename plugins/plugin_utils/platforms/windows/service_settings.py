# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``service``: how a service starts, by the next boot and by the service manager, and whether it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)

# winnt.h: SERVICE_BOOT_START and so on; SERVICE_STOPPED and so on.
STARTS = {0: "boot", 1: "system", 2: "automatic", 3: "manual", 4: "disabled"}
STATES = {
    1: "stopped",
    2: "starting",
    3: "stopping",
    4: "running",
    5: "continuing",
    6: "pausing",
    7: "paused",
}


def service(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{start, start_now, status, delayed, trigger_started, account}``; of a service of which each user has a copy less."""
    if seen["state"] == "absent":
        return absent(seen)
    found: dict[str, Any] = {"start": _named(STARTS, part(seen, "start"), "start")}
    found["start_now"] = _named(STARTS, part(seen, "start_now"), "start") or found["start"]
    found["status"] = _named(STATES, part(seen, "status"), "status")
    found["delayed"] = bool(part(seen, "delayed"))
    found["trigger_started"] = any(one["action"] == 1 for one in part(seen, "triggers"))
    found["account"] = part(seen, "account")
    return value({name: one for name, one in found.items() if one is not None}, seen)


def _named(names: Mapping[int, str], number: Any, what: str) -> str | None:
    if number is None:
        return None
    if isinstance(number, bool) or number not in names:
        raise HipaaCisError(f"the service has a {what} that no Windows has ({str(number)[:40]})")
    return names[number]
