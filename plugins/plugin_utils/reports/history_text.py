# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger answered, for the console, and the list of what is overdue as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import cell
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import one_line
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.drift_kinds import KINDS

MAX_ROWS = 20
COLUMNS = (
    "host", "rule", "title", "severity", "failing_since", "since_run", "due", "days_overdue", "system", "owner", "ticket",
)  # fmt: skip
HEADS = {
    "regressed": "Regressed: passed before, fail now",
    "new": "New: fail now, were not known to pass before",
    "demanded": "Asked anew: fail now, but another benchmark or another version of it asks",
    "resolved": "Resolved: failed before, pass now or no longer apply",
    "relaxed": "Relaxed: failed before and no longer do, but another benchmark or another version of it asks",
    "unclear": "Unclear: failed before, cannot be judged now",
    "gone": "Gone: asked no more",
}
# Of each kind, in the table at the end of a run.
MAX_AT_END = 5
Document = Mapping[str, Any]


def write_overdue(stream: TextIO, rows: Sequence[Document]) -> None:
    """Write the list of what is overdue. No cell begins like a formula."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(row[column]) for column in COLUMNS] for row in rows)


def since_last(told: Document) -> Iterator[str]:
    """Yield what a run changed, as its own table tells it: of each kind the first `MAX_AT_END`."""
    if not told["since_run"]:
        yield from ["", one_line(told["note"])] if told["note"] else []
        return
    yield from ["", one_line(f"Since run {told['since_run']}, {told['since']}"), "-" * 80]
    for kind in KINDS:
        number = told["counts"][kind]
        if number:
            yield f"{HEADS[kind]} ({number})"
            yield from (
                one_line("  {host}: {rule} ({severity}), {before} -> {now}".format(**row))
                for row in told["drift"][kind][:MAX_AT_END]
            )
            yield from [f"  ... and {number - MAX_AT_END} more; see drift.csv"] if number > MAX_AT_END else []
    yield from map(one_line, moves(told))
    seen = told["counts"]["first_seen"]
    if seen:
        names = ", ".join(row["host"] for row in told["drift"]["first_seen"][:MAX_AT_END])
        yield one_line(f"First seen: {seen} host(s): {names}" + (", ...; see drift.csv" if seen > MAX_AT_END else ""))
    if not any(told["counts"].values()) and not told.get("moved"):
        yield "Nothing changed."
    if told["note"]:
        yield one_line(told["note"])


def moves(told: Document) -> Iterator[str]:
    """Yield a line for each move of hosts from a version of a benchmark to another."""
    for one in told.get("moved", ()):
        renumbered = f" ({one['renumbered']} of them renumbered)" if "renumbered" in one else ", whatever their number"
        yield (
            f"{one['hosts']} host(s) moved from {one['from']} to {one['to']}: {one['same']} rules asked by both{renumbered}, "
            f"{one['new']} new, {one['retired']} retired"
        )


def lines(told: Document) -> Iterator[str]:
    """Yield what was answered, line by line; of each list the first `MAX_ROWS`."""
    runs = told["runs"]
    yield f"History: {runs} run{'' if runs == 1 else 's'}, {told['first_run']['finished']} to {told['last_run']['finished']} (UTC)"
    yield from _drift(told["drift"])
    yield from _trend(told["trend"])
    yield from _flapping(told["flapping"])
    yield from _remedies(told)
    yield from _records(told)


def _listed(rows: Sequence[Document], form: str) -> Iterator[str]:
    for row in rows[:MAX_ROWS]:
        yield "  " + one_line(form.format(**row))
    if len(rows) > MAX_ROWS:
        yield f"  ... and {len(rows) - MAX_ROWS} more"


def _drift(drift: Document) -> Iterator[str]:
    yield ""
    yield f"Drift since run {drift['since_run']}" if drift["since_run"] else "Drift since before the first run"
    for kind in KINDS:
        if drift[kind]:
            yield f" {HEADS[kind]} ({len(drift[kind])})"
            yield from _listed(drift[kind], "{host}: {rule} ({severity}), {before} -> {now}, run {run}")
    if drift["first_seen"]:
        names = ", ".join(drift["first_seen"][:MAX_ROWS]) + (", ..." if len(drift["first_seen"]) > MAX_ROWS else "")
        yield one_line(f" First seen: {len(drift['first_seen'])} host(s): {names}")
    if not drift["first_seen"] and not any(drift[kind] for kind in KINDS):
        yield " nothing changed"


def _trend(trend: Document) -> Iterator[str]:
    yield ""
    yield f"Trend since {trend['since']['finished']} (failures then -> now, of hosts and rules known at both times)"
    for kind in ("all", "safeguards", "groups", "hosts"):
        rows = [{"name": name, **one} for name, one in trend[kind].items()]
        rows.sort(key=lambda row: (row["then"] - row["now"], row["name"]))
        if rows and kind != "all":
            yield f" by {kind[:-1]}"
        yield from _listed(rows, "{name}: {then} -> {now} {trend}")


def _flapping(rows: Sequence[Document]) -> Iterator[str]:
    if rows:
        yield ""
        yield f"Flapping ({len(rows)}): fail again after they passed. Does another tool write the setting?"
        told = [{**row, "by": f", fixed by run {row['fixed_by_run']}" if row["fixed_by_run"] else ""} for row in rows]
        yield from _listed(told, "{host}: {rule}, {times} time(s){by}, failing again in run {failing_again_in_run}")


def _remedies(told: Document) -> Iterator[str]:
    yield ""
    yield "Time to remediate, last twelve months"
    for severity, one in told["time_to_remediate"].items():
        line = f"  {severity}: {one['remediated']} remediated, median {one['median_days']} days, longest {one['most_days']}"
        within = f"within {one['deadline_days']:g} days" if "deadline_days" in one else "within their deadlines"
        yield line + (f", {one['in_time']} {within}" if "in_time" in one else "")
    if not told["time_to_remediate"]:
        yield "  nothing was remediated"
    if told["deadlines"] or told["deadlines_of_hosts"]:
        yield f" Overdue ({len(told['overdue'])})"
        named = [
            {**row, "by": f", owner: {row['owner']}" if row["owner"] else ""} for row in told["overdue"][: MAX_ROWS + 1]
        ]
        named += told["overdue"][MAX_ROWS + 1 :]
        yield from _listed(named, "{host}: {rule} ({severity}), due {due}, {days_overdue} days over{by}")
    else:
        yield " No deadlines are set (hipaa_cis_deadlines), so nothing is called overdue"


def _records(told: Document) -> Iterator[str]:
    yield ""
    systems = ", or what its system says" if told["audit_intervals_of_systems"] else ""
    yield f"Record of the last twelve months (P.L. 116-321; at most {told['audit_interval']:g} days between two audits of a host{systems})"
    for one in told["records"]:
        state = (
            "unbroken" if one["unbroken"] else f"unbroken for {one['days']} days" if one["days"] else "interrupted now"
        )
        yield f" {one['cite']}: {state}; first audit {one['first_audit']}"
        rows = [
            {**row, "about": ": " + ", ".join(row["rules"]) if row.get("rules") else ""} for row in one["interruptions"]
        ]
        named = [{**row, "names": ", ".join(row["host_names"])} for row in rows]
        yield from _listed(named, " {kind} {from} to {to} on {hosts} host(s) ({names}){about}")
