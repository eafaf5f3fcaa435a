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
import io
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TextIO

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import exception, one_line, parameters
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import selections
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.deadline import Standing
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.once_each import OnceEach

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
    "first_seen",
    "due",
)
# Of these a finding shares the ones between with the same finding of other hosts.
SHARED = slice(2, -4)
# Spreadsheets take a cell that begins with one of these as a formula; the wide forms count in East Asian locales.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What a spreadsheet's cell can hold (32,767) is more than anyone reads in one.
MAX_CELL = 4000
LINE_END = csv.excel.lineterminator
# Of longer texts nothing is kept in memory.
MAX_KEPT = 500

Document = Mapping[str, Any]


def cell(value: Any) -> str:
    """Return a value as the text of one cell that no spreadsheet runs: formula starts get an apostrophe before them.

    Blanks before the sign do not help an attacker, as some programs strip them.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    return _often(text) if len(text) < MAX_KEPT else _cell(text)


def _cell(text: str) -> str:
    suspicious = text.startswith(FORMULA_STARTS) or text[: MAX_CELL * 4].lstrip().startswith(FORMULA_STARTS)
    return ("'" if suspicious else "") + one_line(text, MAX_CELL)


# Most cells of a fleet say what others say.
_often = lru_cache(maxsize=10_000)(_cell)


def _joined(checks: list[Document], key: str) -> str:
    """Return one field of all checks; with several checks each part is numbered, so that columns can be matched."""
    if len(checks) < 2:
        return str(checks[0].get(key, "")) if checks else ""
    parts = [str(check.get(key, "")) for check in checks]
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


def _finding_cells(finding: Document) -> str:
    """Return the part of a finding's row that it shares with the same finding of other hosts."""
    row = _finding_row(finding)
    return _cells([row[column] for column in COLUMNS[SHARED]])


def _cells(values: list[Any]) -> str:
    """Return a part of a line, without its end."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="").writerow([cell(value) for value in values])
    return buffer.getvalue()


def _rows_of_record(record: Document) -> Iterator[dict[str, Any]]:
    """Yield the rows of all that is no finding."""
    common = {"run_id": record.get("run_id", ""), "host": record["host"], "selection": _selection(record)}
    common["audited_at"] = record.get("audited_at", "")
    if record.get("status") != "audited":
        reason = f"{record.get('status', 'unknown')}: {record.get('reason', 'no reason given')}"
        yield common | {"outcome": "not_audited", "reason": reason}
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


class FindingsTable:
    """Writes the findings, record by record, and keeps of them only the names of the hosts.

    ``stream`` is text opened with ``newline=""`` and UTF-8.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._write = csv.writer(stream).writerow
        self._finding = OnceEach(_finding_cells)
        self._hosts: set[str] = set()
        self._write(COLUMNS)

    def add(self, record: Document, standings: Mapping[int, Standing] | None = None) -> None:
        """Write the rows of a record. ``standings``: of its failing findings, by `id`, how they stand."""
        self._hosts.add(record["host"])
        run, time, selection = record.get("run_id", ""), record.get("audited_at", ""), _selection(record)
        first = _cells([run, record["host"]])
        # What stands behind the shared part: of a host's findings many are due on one day.
        ends: dict[tuple[str, ...], str] = {}
        for finding in record.get("findings", ()):
            # Of merged runs each finding has its own.
            begin = _cells([finding["run_id"], record["host"]]) if "run_id" in finding else first
            stands = (standings or {}).get(id(finding))
            end = (finding.get("audited_at", time), selection, *(stands[:2] if stands else ("", "")))
            if end not in ends:
                ends[end] = _cells([*end])
            self._stream.write(f"{begin},{self._finding(finding)},{ends[end]}{LINE_END}")
        for row in _rows_of_record(record):
            self._write([cell(value) for value in map(row.get, COLUMNS)])

    def finish(self, summary: Document) -> None:
        """Write the rows of the hosts that left no record, and of the systems that nobody can audit."""
        for host in summary["hosts"]:
            if host["host"] not in self._hosts:
                self.add({**host, "run_id": summary["run_id"]})
        for system in summary.get("decisions", {}).get("systems", ()):
            if "cannot_be_audited" in system:
                reason = f"cannot be audited: {system['cannot_be_audited']['because']}"
                row = {"run_id": summary["run_id"], "host": system["name"], "outcome": "not_audited", "reason": reason}
                self._write([cell(value) for value in map(row.get, COLUMNS)])
