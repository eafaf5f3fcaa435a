# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``event_log`` and ``log_forwarding``: how long a log keeps its records, who may clear it, and whether they leave the host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import access, kept, sddl
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.account_settings import members
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    part,
    value,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.security_settings import called

# EventLogMode of .NET.
MODES = {0: "overwrite", 1: "archive", 2: "stop"}
# Of a log's own key (win32, "Eventlog Key"): 0 overwrites; no other number does since Vista, and with this one alone the full log is kept as a file.
NEVER_OVERWRITTEN = 0xFFFFFFFF
DAY = 86_400
RUNNING, AUTOMATIC = 4, 2
# WinRM sends as Network Service, which has to be let in by itself or in one of these.
NETWORK_SERVICE = ("S-1-5-20", "S-1-1-0", "S-1-5-11", "S-1-5-6")
READERS = "S-1-5-32-573"
_SERVER = re.compile(r"(?:^|,)\s*Server\s*=\s*(?:https?://)?([^\s,:/]+)", re.IGNORECASE)
_POLICY_OR_OWN = ("policy", "own")
_AS_TEXT = (("policy", "Retention"), ("policy", "AutoBackupLogFiles"))


def event_log(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{in_force, configured, days, whole, clear, read}``.

    ``in_force`` and ``configured``: ``{mode, bytes}``, mode overwrite, archive or stop (when it is full); ``days``: how far back the records go, by
    the host's clock; ``whole``: none was ever lost; ``clear``, ``read``: who may, by what is in force and by what is configured.
    """
    live = part(seen, "live")
    if live["mode"] not in MODES or isinstance(live["mode"], bool) or live["enabled"] is not True:
        raise HipaaCisError("the log is off, or its service does not tell what it does when the log is full")
    descriptors = [str(live["sddl"]), *_configured_access(seen)]
    found: dict[str, Any] = {
        "in_force": {"mode": MODES[live["mode"]], "bytes": live["bytes"]},
        "configured": _configured(seen),
        "clear": _who(descriptors, "clear"),
        "read": _who(descriptors, "read"),
    }
    oldest = seen["value"].get("oldest")
    if isinstance(oldest, Mapping):
        found["days"] = max(int(oldest["seconds"]) // DAY, 0)
        # Numbers go on when a log is cleared (Microsoft's example of event 1102 has number 1087729), so that with a first one none was lost.
        found["whole"] = oldest["record"] == 1
    return value(found, seen)


def log_forwarding(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{sent_by, problems}``: the agents of the site and event forwarding as far as they work, and why the others do not."""
    sent, problems = [], []
    for one in part(seen, "agents"):
        why = str(one["error"]) if "error" in one else _why_not(one["service"])
        (problems.append(f"{one['name']}: {why}") if why else sent.append(one["name"]))
    collectors = [found for text in part(seen, "collectors") if (found := _SERVER.search(str(text)))]
    if collectors:
        why = _why_not(part(seen, "winrm")) or (
            "" if _is_read_by_winrm(seen) else "Network Service may not read the Security log"
        )
        hosts = ", ".join(found[1] for found in collectors)
        (problems.append(f"forwarding to {hosts}: {why}") if why else sent.append(f"forwarding to {hosts}"))
    return value({"sent_by": sent, "problems": problems}, seen, "; ".join(problems))


def _why_not(service: Mapping[str, Any]) -> str:
    """Return why a service does not run for good."""
    if service.get("state") == "absent":
        return "not installed"
    found = service["value"]
    if found["status"] != RUNNING:
        return "does not run"
    return "" if found["start"] == found["start_now"] == AUTOMATIC else "does not start by itself"


def _is_read_by_winrm(seen: Observation) -> bool:
    may = {grant.sid for grant in _grants(str(part(seen, "security")), "read")}
    if may & set(NETWORK_SERVICE):
        return True
    return READERS in may and any(
        one["sid"] in NETWORK_SERVICE for one in members(part(seen, "readers"), "the Event Log Readers")
    )


def _grants(text: str, right: str) -> tuple[access.Grant, ...]:
    return access.who_may(sddl.parse(text, "the log"), access.EVENT_LOG, right, "the log")


def _who(descriptors: list[str], right: str) -> list[str]:
    found = {grant.sid for text in descriptors for grant in _grants(text, right)}
    return sorted(map(called, found))


def _configured_access(seen: Observation) -> Iterator[str]:
    """Yield what says who may use the log besides what the service says: it goes by it from its next start on at the latest."""
    for place in _POLICY_OR_OWN:
        for name in ("ChannelAccess", "CustomSD"):
            text = _text(seen, place, name)
            if text:
                yield text


def _configured(seen: Observation) -> dict[str, Any]:
    """Return what the policy says of the log, and where it says nothing the log's own key."""
    size = _number(seen, "policy", "MaxSize")
    found: dict[str, Any] = {}
    if size is not None:
        # A policy has kilobytes, the log's own key bytes.
        found["bytes"] = size * 1024
    elif (size := _number(seen, "own", "MaxSize")) is not None:
        found["bytes"] = size
    kept = _number(seen, "policy", "Retention")
    may_archive = kept is not None
    if kept is None:
        kept = _number(seen, "own", "Retention")
        may_archive = kept == NEVER_OVERWRITTEN
    archived = _number(seen, "policy", "AutoBackupLogFiles")
    if archived is None:
        archived = _number(seen, "own", "AutoBackupLogFiles")
    if kept is not None:
        found["mode"] = "overwrite" if kept == 0 else "archive" if archived == 1 and may_archive else "stop"
    return found


def _text(seen: Observation, place: str, name: str) -> str:
    values = part(seen, place)
    return (kept.text(values, name) or "") if name in values else ""


def _number(seen: Observation, place: str, name: str) -> int | None:
    """Return a number of the type that Windows reads there: the policy's template writes some as text. Raises `HipaaCisError` for another."""
    values = part(seen, place)
    if name not in values:
        return None
    if (place, name) not in _AS_TEXT:
        return kept.number(values, name)
    text = kept.text(values, name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII):
        raise HipaaCisError(f"the policy's {name} of the log is no number")
    return int(text)
