# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The risk register in words, and as a table (``risk_register.csv``); and the list of what is overdue (``overdue.csv``)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import cell
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import exception
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.deadline import (
    ACCEPTED,
    OPEN,
    REMEDIATED,
    TRANSFERRED,
    TREATMENTS,
    Standing,
)

COLUMNS = (
    "id", "treatment", "risk", "score", "likelihood", "impact", "assessed_by", "rule", "title", "severity", "cites", "group", "group_by", "systems",
    "owners", "threat", "first_seen", "due", "overdue", "hosts_failing", "hosts_in_group", "hosts", "tickets", "decisions", "passing_since",
    "by_run", "by", "history",
)  # fmt: skip
OVERDUE_COLUMNS = (
    "host", "rule", "title", "severity", "first_seen", "due", "days_overdue", "treatment", "system", "owner", "ticket", "exception",
)  # fmt: skip
# Entries in the page; the tables have all.
MAX_SHOWN = 300
Document = Mapping[str, Any]


def treatment(entry: Document) -> str:
    """Return how an entry is treated, in words: by which run, by whose exception, to whom."""
    word = TREATMENTS[entry["treatment"]]
    if entry["treatment"] == REMEDIATED and "by_run" in entry:
        how = "by run" if entry["by"] == "remediation" else "by others, as seen by run"
        return f"{word} {how} {entry['by_run']}, passing since {entry['passing_since'][:10]}"
    if entry["treatment"] == TRANSFERRED:
        names = [one["transferred_to"] for one in entry["exceptions"] if "transferred_to" in one]
        return f"{word} to {'; '.join(dict.fromkeys(names))}"
    counts = entry["counts"]
    more = [f"{counts[name]} {TREATMENTS[name]}" for name in (ACCEPTED, TRANSFERRED) if counts[name]]
    return f"{word}, {', '.join(more)}" if entry["treatment"] == OPEN and more else word


def group(entry: Document) -> str:
    """Return which systems an entry is of, in words."""
    named = entry["group_by"] in ("role", "system", "inventory group")
    return f"{entry['group_by']}: {entry['group']}" if named else str(entry["group"])


def history(entry: Document) -> str:
    """Return when failures of an entry began and ended, run by run."""
    return "; ".join(
        f"{one['at'][:10]} run {one['run_id']}: "
        + ", ".join(f"{one[key]} {key}" for key in ("opened", "closed") if one[key])
        for one in entry["history"]
    )


def write_csv(stream: TextIO, register: Document) -> None:
    """Write a row for each entry, below what the register says of itself. ``stream`` is text opened with ``newline=""`` and UTF-8."""
    write = csv.writer(stream).writerow
    write(COLUMNS)
    for entry in register["entries"]:
        write([cell(value) for value in map(_row(entry).get, COLUMNS)])
    for key, value in (
        ("says", register["says"]),
        ("says", register["groups_by"]),
        ("says", register["history_from"]["says"]),
    ):
        write([cell(text) for text in map({"id": "note", "treatment": key, "title": value}.get, COLUMNS)])


def _row(entry: Document) -> dict[str, Any]:
    joined = {key: "; ".join(entry[key]) for key in ("systems", "owners", "tickets")}
    return {
        **entry,
        **joined,
        "treatment": treatment(entry),
        "cites": " ".join(entry["cites"]),
        "threat": entry["threat"].get("threat", ""),
        "hosts": " ".join(one["host"] for one in entry["hosts"]),
        "decisions": " | ".join(exception(one) for one in entry["exceptions"]),
        "history": history(entry),
    }


class OverdueTable:
    """Writes what fails for longer than its deadline, record by record; what an exception covers says so.

    ``stream`` is text opened with ``newline=""`` and UTF-8.
    """

    def __init__(self, stream: TextIO) -> None:
        self._write = csv.writer(stream).writerow
        self._write(OVERDUE_COLUMNS)

    def add(self, record: Document, standings: Iterable[tuple[Document, Standing]]) -> None:
        """Write the rows of a record. ``standings``: its failing findings with how they stand."""
        for row in _overdue(record, standings):
            self._write([cell(value) for value in map(row.get, OVERDUE_COLUMNS)])


def _overdue(record: Document, standings: Iterable[tuple[Document, Standing]]) -> Iterator[dict[str, Any]]:
    system = record.get("decisions", {}).get("system", {})
    seen: set[str] = set()
    for finding, stands in standings:
        if stands.overdue_days < 0 or finding["rule"] in seen:
            continue
        seen.add(finding["rule"])
        told = finding.get("exception", {})
        yield {
            "host": record["host"],
            **{key: finding[key] for key in ("rule", "title", "severity")},
            "first_seen": stands.first_seen,
            "due": stands.due,
            "days_overdue": stands.overdue_days,
            "treatment": TREATMENTS[stands.treatment],
            "system": system.get("name"),
            "owner": system.get("owner"),
            "ticket": told.get("ticket"),
            "exception": exception(told),
        }
