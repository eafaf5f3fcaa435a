# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails now and did not in a run before: so a site with many old failures can begin with nothing new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import merge, states
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.merge import Merging
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, not_a_record

# What was not known to fail: an error then says nothing of before.
_FINE = ("pass", "not_applicable", "manual")
Record = Mapping[str, Any]


def regressed(
    catalog: Catalog, stores: Sequence[RunStore], merging: Merging | None, before: RunStore
) -> Iterator[tuple[str, str]]:
    """Yield (rule, host) of what fails now, with no exception in force, and was fine in a run before.

    A host or rule that the run before did not have is no regression, a recommendation with another number none either: rules are
    known by their ids. Raises `HipaaCisError` where the run before is one of those that are reported on.
    """
    if before.folder in {store.folder for store in stores}:
        raise HipaaCisError(
            f"hipaa_cis_compare_with names {before.run_id}, the run that is reported on, against which nothing can be new. Name one before it."
        )
    yield from open_of(catalog, stores, merging, lambda host: _fine(before, host))


def open_of(
    catalog: Catalog, stores: Sequence[RunStore], merging: Merging | None, rules_of: Callable[[str], Collection[str]]
) -> Iterator[tuple[str, str]]:
    """Yield (rule, host) of what fails now, with no exception in force, of the rules that a function gives for a host."""
    for source in merge.records(catalog, stores, merging):
        failing = {one["rule"] for one in source.record["findings"] if _is_open(one)}
        if failing:
            yield from (
                (rule, source.record["host"]) for rule in sorted(failing.intersection(rules_of(source.record["host"])))
            )


def _is_open(finding: Record) -> bool:
    return finding["outcome"] == "fail" and not states.in_force(finding.get("exception"))


def _fine(before: RunStore, host: str) -> set[str]:
    """Return the rules that were fine on a host then, in each benchmark that has them."""
    path = before.host_file(host)
    if not path.exists():
        return set()
    _digest, record = before.record(f"hosts/{path.name}")
    try:
        fine = {one["rule"] for one in record["findings"] if one["outcome"] in _FINE}
        return fine - {one["rule"] for one in record["findings"] if one["outcome"] not in _FINE}
    except (KeyError, TypeError) as problem:
        raise not_a_record(path, repr(problem)[:200]) from None


def told(found: Iterator[tuple[str, str]], run_id: str) -> list[str]:
    """Return a line for each rule that regressed, with its hosts."""
    by_rule: dict[str, list[str]] = {}
    for rule, host in found:
        by_rule.setdefault(rule, []).append(host)
    return [
        f"regressed: {rule} fails on {len(hosts)} host(s), and did not in run {run_id}: {', '.join(sorted(hosts)[:3])}"
        for rule, hosts in sorted(by_rule.items())
    ]
