# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One line a host in the Common Event Format, in a message of RFC 5424, for programs that watch over security events."""

from __future__ import annotations

import re
import socket
from calendar import timegm
from collections.abc import Mapping
from datetime import datetime, timezone
from time import strptime
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.version import COLLECTION_VERSION
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

# Of each severity, the one of CEF, 0 to 10.
_CEF_SEVERITY = dict(zip(SEVERITIES, (3, 5, 8, 10), strict=True))
_NOT_AUDITED = 7
# Log audit (13) as facility; warning (4) where something fails or is not known, else informational (6).
_FACILITY = 13
_WARNING, _INFORMATIONAL = 4, 6
# RFC 5426 asks receivers to take 2048 bytes of a datagram.
MAX_BYTES = 2048
MAX_TEXT = 200


def header(text: str) -> str:
    """Return a text as it stands between the bars of the header: a bar and a backslash have one before them, and it is one line."""
    return _one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def extension(text: str) -> str:
    """Return a text as it stands behind an equals sign: that and a backslash have a backslash before them. A bar has none here."""
    return _one_line(text).replace("\\", "\\\\").replace("=", "\\=")


def _one_line(text: str) -> str:
    text = re.sub(r"\s+", " ", spelled_out(text)).strip()
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."


def worst_severities(summary: Mapping[str, Any]) -> dict[str, str]:
    """Return host -> the worst severity of what fails there, as far as the summary names the hosts of a rule."""
    worst: dict[str, str] = {}
    for rule in summary["rules"].values():
        for host in rule.get("hosts_open", rule["hosts_failed"]):
            worst[host] = max(worst.get(host, SEVERITIES[0]), rule["severity"], key=SEVERITIES.index)
    return worst


def line(summary: Mapping[str, Any], row: Mapping[str, Any], worst: str | None) -> str:
    """Return the event of one host: one row of the summary's ``hosts``, with the worst severity of what fails there."""
    audited = row["status"] == "audited"
    counts = row["counts"]
    severity = (_CEF_SEVERITY[worst or SEVERITIES[0]] if counts["fail"] or worst else 0) if audited else _NOT_AUDITED
    name = "Host audited against CIS benchmarks" if audited else "Host not audited"
    gaps = [cite for cite, state in row["safeguards"].items() if state == "gap"]
    fields = {
        "rt": str(_milliseconds(row.get("audited_at") or summary["finished_at"])),
        "dhost": row["host"],
        "externalId": summary["run_id"],
        "act": row["status"],
        "outcome": "failure" if not audited or counts["fail"] or counts["error"] else "success",
        "cn1Label": "failed",
        "cn1": str(counts["fail"]),
        "cn2Label": "errors",
        "cn2": str(counts["error"]),
        "cn3Label": "passed",
        "cn3": str(counts["pass"]),
        "cs1Label": "gaps",
        "cs1": ",".join(gaps) or "none",
        "cs2Label": "benchmarks",
        "cs2": ",".join(row["benchmarks"]) or "none",
        "msg": row.get("reason", ""),
    }
    head = [
        "CEF:0",
        *map(header, ("hipaa.cis", "audit", COLLECTION_VERSION, f"host_{row['status']}", name)),
        str(severity),
    ]
    return "|".join([*head, " ".join(f"{key}={extension(value)}" for key, value in fields.items() if value)])


def _milliseconds(moment: str) -> int:
    return timegm(strptime(moment, "%Y-%m-%dT%H:%M:%SZ")) * 1000


def message(text: str, fine: bool) -> bytes:
    """Return a message of RFC 5424 that holds an event, cut where a receiver might."""
    priority = _FACILITY * 8 + (_INFORMATIONAL if fine else _WARNING)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    origin = re.sub(r"[^!-~]", "", socket.gethostname())[:255] or "-"
    content = f"<{priority}>1 {now} {origin} hipaa-cis - audit - {text}".encode("utf-8", "replace")
    return content[:MAX_BYTES].decode("utf-8", "ignore").encode()
