# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From run directories to the summary and its files. The one way for callback, report action and merges."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import write_csv
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.html import write_html
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary

NO_RECORD = "no record: the host was unreachable or failed before its audit"


def summarise(catalog: Catalog, stores: Sequence[RunStore]) -> dict[str, Any]:
    """Return the summary of one or several run directories; a host in several counts by its newest record."""
    summary = Summary(catalog, "+".join(store.run_id for store in stores))
    newest = _newest(stores)
    for store in stores:
        for file, digest, record in store.records():
            if newest[record["host"]] == (store.run_id, file):
                summary.add(record, file, digest)
    for store in stores:
        for host in store.expected_hosts():
            summary.miss(host, NO_RECORD)
    result = summary.as_dict()
    remediation = [_remediation(file, record) for store in stores for file, record in store.remediations()]
    if remediation:
        result["remediation"] = sorted(remediation, key=lambda item: (item["host"], item["file"]))
    return result


def _remediation(file: str, record: dict[str, Any]) -> dict[str, Any]:
    kept = ("host", "check_mode", "changed", "reverted", "pending_reboot", "counts")
    return {"file": file, **{key: record[key] for key in kept}}


def _newest(stores: Sequence[RunStore]) -> dict[str, tuple[str, str]]:
    """Return host -> (run, file) of the record that counts."""
    times: dict[str, tuple[str, str, str]] = {}
    for store in stores:
        for file, _digest, record in store.records():
            key = (record["audited_at"], store.run_id, file)
            times[record["host"]] = max(times.get(record["host"], key), key)
    return {host: (run, file) for host, (_time, run, file) in times.items()}


def write_reports(catalog: Catalog, stores: Sequence[RunStore], target: RunStore) -> dict[str, Any]:
    """Write ``summary.json``, ``report.html`` and ``findings.csv`` into ``target`` and return the summary.

    Raises `HipaaCisError` where a record or the folder can't be used.
    """
    summary = summarise(catalog, stores)
    try:
        target.write("summary.json", json.dumps(summary, indent=1, sort_keys=True) + "\n")
        with target.writing("findings.csv") as stream:
            write_csv(stream, _counted_records(summary, stores))
        with target.writing("report.html") as stream:
            write_html(stream, summary, _counted_records(summary, stores), framework=_framework(catalog))
    except OSError as problem:
        raise HipaaCisError(
            f"The reports cannot be written to {target.folder}: {problem.strerror or problem}."
        ) from None
    return summary


def _counted_records(summary: dict[str, Any], stores: Sequence[RunStore]) -> Iterator[dict[str, Any]]:
    digests = {host["digest"] for host in summary["hosts"] if "digest" in host}
    for store in stores:
        for _file, digest, record in store.records():
            if digest in digests:
                yield record


def _framework(catalog: Catalog) -> dict[str, Any]:
    return {
        "safeguards": [
            {"cite": row.cite, "auditor_asks": list(row.auditor_asks)} for row in catalog.safeguards.values()
        ]
    }


def report_path(store: RunStore) -> Path:
    """Return where a run's HTML report stands."""
    return store.folder / "report.html"
