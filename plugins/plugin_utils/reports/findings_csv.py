# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of a run as CSV (RFC 4180): one row per finding, each on one line of the file.

What was not judged has its rows too: a host that could not be audited (outcome ``not_audited``), a recommendation
that nothing judges yet (``not_yet_automated``), and what the run did not look at though the host is meant for it
(``not_looked_at``); so a count of rows never looks better than the run was.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import exception, one_line, parameters
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import selections

COLUMNS = (
    "run_id",
    "host",
    "rule",
    "title",
    "severity",
    "benchmark",
    "recommendations",
    "cites",
    "outcome",
    "setting",
    "expected",
    "observed",
    "source",
    "reason",
    "fix",
    "exception",
    "parameters",
    "audited_at",
    "selection",
)
# Spreadsheets take a cell that begins with one of these as a formula; the wide forms count in East Asian locales.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What a spreadsheet's cell can hold (32,767) is more than anyone reads in one.
MAX_CELL = 4000

Document = Mapping[str, Any]


def cell(value: Any) -> str:
    """Return a value as the text of one cell that no spreadsheet runs: formula starts get an apostrophe before them.

    Blanks before the sign do not help an attacker, as some programs strip them.
    """
    text = "" if value is None else str(value)
    suspicious = text.startswith(FORMULA_STARTS) or text[: MAX_CELL * 4].lstrip().startswith(FORMULA_STARTS)
    return ("'" if suspicious else "") + one_line(text, MAX_CELL)


def _joined(checks: list[Document], key: str) -> str:
    """Return one field of all checks; with several checks each part is numbered, so that columns can be matched."""
    parts = [str(check.get(key, "")) for check in checks]
    if len(parts) < 2:
        return "".join(parts)
    return " | ".join(f"({number}) {part[:MAX_CELL]}" for number, part in enumerate(parts, 1) if part)


def _finding_row(finding: Document) -> dict[str, Any]:
    checks = list(finding.get("checks", ()))
    row = {key: finding.get(key, "") for key in ("rule", "title", "severity", "benchmark", "outcome", "fix")}
    row["parameters"] = parameters(finding)
    row["exception"] = exception(finding.get("exception"))
    row["recommendations"] = " ".join(finding.get("recommendations", ()))
    row["cites"] = " ".join(finding.get("cites", ()))
    row["reason"] = finding.get("reason") or _joined([check for check in checks if check.get("reason")], "reason")
    return row | {key: _joined(checks, key) for key in ("setting", "expected", "observed", "source")}


def _rows_of_record(record: Document) -> Iterator[dict[str, Any]]:
    common = {"run_id": record.get("run_id", ""), "host": record["host"], "selection": _selection(record)}
    common["audited_at"] = record.get("audited_at", "")
    if record.get("status") != "audited":
        reason = f"{record.get('status', 'unknown')}: {record.get('reason', 'no reason given')}"
        yield common | {"outcome": "not_audited", "reason": reason}
    for finding in record.get("findings", ()):
        # Of merged runs each finding has its own.
        own = {key: finding[key] for key in ("run_id", "audited_at") if key in finding}
        yield common | own | _finding_row(finding)
    for item in record.get("not_yet_automated", ()):
        yield common | {
            "title": item["title"],
            "benchmark": item["benchmark"],
            "recommendations": item["recommendation"],
            "cites": " ".join(item.get("cites", ())),
            "outcome": "not_yet_automated",
            "reason": item["reason"],
        }
    for item in record.get("not_looked_at", ()):
        yield common | {
            **{key: item.get(key, "") for key in ("title", "rule", "benchmark", "reason")},
            "recommendations": " ".join(item["recommendations"]),
            "cites": " ".join(item["cites"]),
            "outcome": "not_looked_at",
        }


def _selection(record: Document) -> str:
    """Return level, profile and selection in words; nothing of a host without a record."""
    return selections.of_record(record) if "selection" in record else ""


def _rows(records: Iterable[Document], summary: Document | None) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for record in records:
        seen.add(record["host"])
        yield from _rows_of_record(record)
    for host in summary["hosts"] if summary else ():
        if host["host"] not in seen:
            yield from _rows_of_record({**host, "run_id": summary["run_id"] if summary else ""})


def write_csv(stream: TextIO, records: Iterable[Document], summary: Document | None = None) -> None:
    """Write the findings; with ``summary`` also the hosts that left no record.

    ``stream`` is text opened with ``newline=""`` and UTF-8. Records are read one by one and not kept.
    """
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for row in _rows(records, summary):
        writer.writerow([cell(row.get(column, "")) for column in COLUMNS])
