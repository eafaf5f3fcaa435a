# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From run directories to the summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary

NOT_BEGUN = "nothing was begun on it: the run ended before its turn"
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
            if store.is_begun(host):
                summary.miss(host, NO_RECORD)
            else:
                summary.miss(host, NOT_BEGUN, "not_begun")
    result = summary.as_dict()
    remediation = [_remediation(file, record) for store in stores for file, record in store.remediations()]
    if remediation:
        result["remediation"] = sorted(remediation, key=lambda item: (item["host"], item["file"]))
    return result


def _remediation(file: str, record: dict[str, Any]) -> dict[str, Any]:
    kept = ("host", "check_mode", "changed", "reverted", "pending_reboot", "counts")
    more = ("plan_digest", "not_begun", "reboot")
    return {"file": file, **{key: record[key] for key in kept}, **{key: record[key] for key in more if key in record}}


def _newest(stores: Sequence[RunStore]) -> dict[str, tuple[str, str]]:
    """Return host -> (run, file) of the record that counts."""
    times: dict[str, tuple[str, str, str]] = {}
    for store in stores:
        for file, _digest, record in store.records():
            key = (record["audited_at"], store.run_id, file)
            times[record["host"]] = max(times.get(record["host"], key), key)
    return {host: (run, file) for host, (_time, run, file) in times.items()}


def counted_records(summary: dict[str, Any], stores: Sequence[RunStore]) -> Iterator[dict[str, Any]]:
    """Yield the records that a summary was made of."""
    digests = {host["digest"] for host in summary["hosts"] if "digest" in host}
    for store in stores:
        for _file, digest, record in store.records():
            if digest in digests:
                yield record
