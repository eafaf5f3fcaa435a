# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From run directories to the summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import schema_check
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import merge, merged_slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.merge import Merging
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, not_a_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

NO_HOST = "matches_no_host"
NOT_BEGUN = "nothing was begun on it: the run ended before its turn"
NO_RECORD = "no record: the host was unreachable or failed before its audit"


def framework_of(catalog: Catalog, stores: Sequence[RunStore]) -> Catalog:
    """Return the catalog under the framework that all of the runs were held against; where they differ, the one in force."""
    found = [store.frameworks() for store in stores]
    same = found[0] if found and all(one == found[0] for one in found) else set()
    return catalog.under(next(iter(same))) if len(same) == 1 else catalog


def summarise(
    catalog: Catalog,
    stores: Sequence[RunStore],
    merging: Merging | None = None,
    also: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Return the summary of one run directory, or of several, which are merged as ``merging`` says.

    ``also`` is given each record that it is made of. Raises `HipaaCisError` on a file that is no record.
    """
    catalog = framework_of(catalog, stores)
    summary = Summary(catalog, "+".join(store.run_id for store in stores))
    for source in merge.records(catalog, stores, merging):
        try:
            summary.add(source.record, source.file, source.digest)
            if also:
                also(source.record)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise not_a_record(Path(source.file), _what_is_wrong(source.record) or repr(problem)[:200]) from None
    for store in stores:
        left_out = merged_slices.left_out(store)
        for host in store.expected_hosts():
            if host in left_out:
                summary.miss(host, left_out[host])
            elif store.is_begun(host):
                summary.miss(host, NO_RECORD)
            else:
                summary.miss(host, NOT_BEGUN, "not_begun")
    at = merging.text if merging else ""
    result = _with_sites(summary, stores, at)
    if merging is not None:
        result["merged"] = {
            "at": at,
            "max_age_days": merging.max_age_days,
        }
    remediation = [_remediation(file, record) for store in stores for file, record in store.remediations()]
    if remediation:
        result["remediation"] = sorted(remediation, key=lambda item: (item["host"], item["file"]))
    return result


def strange_record(stores: Sequence[RunStore]) -> HipaaCisError | None:
    """Return what to say of the first record that is of another form than the schema's; None where all are as they should be.

    Only where the records could not be used: it takes its time.
    """
    for store in stores:
        for file, _digest, record in store.records():
            wrong = _what_is_wrong(record)
            if wrong:
                return not_a_record(store.folder / file, wrong)
    return None


def _what_is_wrong(record: dict[str, Any]) -> str:
    """Return the first thing that the schema has to say. Only of a record that could not be used: it takes its time."""
    error = next(schema_check.validator("host_record").iter_errors(record), None)
    return f"{spelled_out(error.json_path)[:100]}: {spelled_out(error.message)[:200]}" if error else ""


def _with_sites(summary: Summary, stores: Sequence[RunStore], at: str) -> dict[str, Any]:
    """Return the summary with what sites decided for the runs. Raises `HipaaCisError` where that was changed since."""
    try:
        for site in _sites(stores):
            summary.add_site(site)
        return summary.as_dict(at)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        names = ", ".join(store.run_id for store in stores)
        raise HipaaCisError(
            f"What the site decided, in site/ or in a host's record of {names}, is of another form ({type(problem).__name__}: "
            f"{spelled_out(str(problem))[:100]}); was it changed? Audit again."
        ) from None


def _sites(stores: Sequence[RunStore]) -> list[dict[str, Any]]:
    """Return what sites decided for the runs. That an entry is of no host is said where no run had a host of it: each slice of a job has its own."""
    by_run = [sites for sites in (list(store.sites()) for store in stores) if sites]
    unmatched = [
        {one["text"] for site in sites for one in site["notices"] if one["kind"] == NO_HOST} for sites in by_run
    ]
    everywhere = set.intersection(*unmatched) if unmatched else set()
    return [
        {**site, "notices": [one for one in site["notices"] if one["kind"] != NO_HOST or one["text"] in everywhere]}
        for sites in by_run
        for site in sites
    ]


def _remediation(file: str, record: dict[str, Any]) -> dict[str, Any]:
    kept = ("host", "check_mode", "changed", "reverted", "pending_reboot", "counts")
    more = ("plan_digest", "not_begun", "reboot")
    return {"file": file, **{key: record[key] for key in kept}, **{key: record[key] for key in more if key in record}}
