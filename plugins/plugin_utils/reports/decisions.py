# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site decided, in words: for the console, the page and a table of its own (``decisions.csv``)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import cell
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import exception, exception_record

NOTICE_WORDS = {
    "invalid": "counts for nothing",
    "expired": "expired",
    "not_yet_valid": "not valid yet",
    "matches_no_host": "matches no host",
    "matches_no_rule": "matches no rule",
    "overlaps": "overlaps another",
    "second_system": "host in two systems",
}
COLUMNS = ("what", "id", "about", "state", "hosts", "says", "by", "from", "until", "ticket", "evidence", "record")
Document = Mapping[str, Any]


def score(told: Document) -> str:
    """Return a score before and after exceptions, in words; nothing where nothing was judged."""
    if not told["of"]:
        return ""
    text = f"{told['passing']} of {told['of']} judged findings pass ({_per_cent(told['passing'], told['of'])})"
    left = told["of"] - told["excepted"]
    if told["excepted"]:
        text += f"; {told['passing']} of {left} ({_per_cent(told['passing'], left)}) without the {told['excepted']} that exceptions cover"
    return text


def _per_cent(part: int, whole: int) -> str:
    # Never 100 where anything is missing.
    return f"{part * 1000 // whole / 10:.1f} %" if whole else "none left"


def attestation(told: Document) -> str:
    """Return an attestation in words."""
    state = {"in_force": "attested", "expired": "attestation EXPIRED", "not_yet_valid": "attestation not valid yet"}[
        told["state"]
    ]
    policy = f" ({told['policy']})" if "policy" in told else ""
    files = "".join(f"; {one['path']}, SHA-256 {one['sha256'][:16]}..." for one in told.get("evidence", ()))
    return f"{state} until {told['valid_until']} by {told['attested_by']}: {told['statement']}{policy}{files}"


def tailoring(told: Document) -> str:
    """Return a tailoring in words."""
    state = {"in_force": "tailored", "expired": "tailoring EXPIRED", "not_yet_valid": "tailoring not valid yet"}[
        told["state"]
    ]
    until = f" until {told['expires']}" if "expires" in told else ""
    return f"{state} to {told['value']}{until} by {told['approved_by']}: {told['reason']}"


def system(told: Document) -> str:
    """Return what a system is, what was audited of it, and in which way otherwise than meant."""
    parts = [
        *([told["role"]] if "role" in told else []),
        *([f"ePHI: {', '.join(told['ephi']) or 'none'}"] if "ephi" in told else []),
        *([f"data: {', '.join(told['data_classes'])}"] if "data_classes" in told else []),
        *(["medical device"] if told.get("medical_device") else []),
        *([f"owner: {told['owner']}"] if "owner" in told else []),
        *([f"at {told['location']}"] if "location" in told else []),
        *([f"vendor: {told['vendor']}"] if "vendor" in told else []),
    ]
    if "cannot_be_audited" in told:
        parts.append(unaudited(told))
    else:
        parts.append(f"{told['audited']} of {told['hosts_in_all']} host(s) audited")
    return "; ".join([*parts, *told["notes"]])


def unaudited(told: Document) -> str:
    """Return why nobody can audit a system, and who says so."""
    why = told["cannot_be_audited"]
    on = f" on {why['said_on']}" if "said_on" in why else ""
    return f"cannot be audited: {why['because']} (said by {why['said_by']}{on})"


def write_csv(stream: TextIO, summary: Document) -> None:
    """Write a row for each decision, system and notice. ``stream`` is text opened with ``newline=""`` and UTF-8."""
    write = csv.writer(stream).writerow
    write(COLUMNS)
    for row in _rows(summary):
        write([cell(row.get(column, "")) for column in COLUMNS])


def _rows(summary: Document) -> Iterator[dict[str, Any]]:
    for item in summary.get("exceptions", ()):
        yield _row(
            "exception", f"rule {item['rule']}", item["exception"], len(item["hosts"]), exception(item["exception"])
        )
    decisions = summary.get("decisions", {})
    for one in decisions.get("safeguard_exceptions", ()):
        yield _row("exception", f"safeguard {one['safeguard']}", one, one["hosts"], exception(one))
    for one in decisions.get("attestations", ()):
        yield _row("attestation", f"safeguard {one['safeguard']}", one, one["hosts"], attestation(one))
    for one in decisions.get("tailoring", ()):
        yield _row("tailoring", f"parameter {one['parameter']}", one, one["hosts"], tailoring(one))
    for one in decisions.get("systems", ()):
        state = "cannot_be_audited" if "cannot_be_audited" in one else ""
        yield {
            "what": "system",
            "about": one["name"],
            "state": state,
            "hosts": one["hosts_in_all"],
            "says": system(one),
            "by": one.get("owner"),
        }
    for name in decisions.get("hosts_without_system", ()):
        yield {"what": "host without system", "about": name}
    for one in decisions.get("notices", ()):
        yield {"what": "notice", "state": one["kind"], "hosts": " ".join(one["hosts"]), "says": one["text"]}


def _row(what: str, about: str, told: Document, hosts: int, says: str) -> dict[str, Any]:
    evidence = told.get("evidence", "")
    return {
        "what": what,
        "id": told.get("id"),
        "about": about,
        "state": told["state"],
        "hosts": hosts,
        "says": says,
        "by": told.get("approved_by") or told.get("attested_by"),
        "from": told.get("approved_on") or told.get("attested_on"),
        "until": told.get("expires") or told.get("valid_until"),
        "ticket": told.get("ticket"),
        "record": exception_record(told) if what == "exception" else "",
        "evidence": evidence
        if isinstance(evidence, str)
        else " ".join(f"{one['path']} {one['sha256']}" for one in evidence),
    }
