# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails now and did not in a run before: so a site with many old failures can begin with nothing new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, benchmark_id
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import merge, states
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.merge import Merging
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, not_a_record

# What was not known to fail: an error then says nothing of before.
_FINE = ("pass", "not_applicable", "manual")
Record = Mapping[str, Any]


class NothingToCompare(HipaaCisError):
    """A run before says nothing of hosts that are reported on, so that nobody can tell what regressed there."""


def regressed(
    catalog: Catalog, stores: Sequence[RunStore], merging: Merging | None, before: RunStore
) -> list[tuple[str, str]]:
    """Return (rule, host) of what fails now, with no exception in force, and was fine in a run before.

    A host or rule that the run before did not have is no regression, a recommendation with another number none either: rules are
    known by their ids, and by what the catalog says that they were called before. Where a newer benchmark asks, what it observes has to
    differ. Raises `HipaaCisError` where the run before is one of those that are reported on, and `NothingToCompare` where it audited
    none of their hosts.
    """
    if before.folder in {store.folder for store in stores}:
        raise HipaaCisError(
            f"hipaa_cis_compare_with names {before.run_id}, the run that is reported on, against which nothing can be new. Name one before it."
        )
    former = {name: rule.id for rule in catalog.rules.values() for name in rule.formerly}
    found: list[tuple[str, str]] = []
    compared = audited = False
    for source in merge.records(catalog, stores, merging):
        record = source.record
        if record["status"] != "audited":
            continue
        audited = True
        then = _record(before, record["host"])
        if then is not None:
            compared = True
            found += [(rule, record["host"]) for rule in _worse(record, then, former, before.host_file(record["host"]))]
    if audited and not compared:
        raise NothingToCompare(
            f"run {before.run_id}, which hipaa_cis_compare_with names, audited none of the hosts that are reported on, so nothing could be "
            "compared. Name a run that did."
        )
    return found


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


def _record(before: RunStore, host: str) -> Record | None:
    """Return the record of a host that a run before audited; None where it has none."""
    path = before.host_file(host)
    if not path.exists():
        return None
    _digest, record = before.record(f"hosts/{path.name}")
    return record if record.get("status") == "audited" else None


def _worse(now: Record, then: Record, former: Mapping[str, str], path: Path) -> list[str]:
    """Return the rules that fail on a host and were fine there, in each benchmark that had them. ``former``: a name before -> its name now."""
    failing = [one for one in now["findings"] if _is_open(one)]
    try:
        named = [(former.get(one["rule"], one["rule"]), one) for one in then["findings"]]
        fine = {rule: one for rule, one in named if one["outcome"] in _FINE}
        for rule, one in named:
            if one["outcome"] not in _FINE:
                fine.pop(rule, None)
        versions = [_versions(record) for record in (now, then)]
        return sorted(
            {
                one["rule"]
                for one in failing
                if one["rule"] in fine and not _is_asked_anew(one, fine[one["rule"]], *versions)
            }
        )
    except (AttributeError, KeyError, TypeError) as problem:
        raise not_a_record(path, repr(problem)[:200]) from None


def _versions(record: Record) -> dict[str, Any]:
    return {one["id"]: one.get("version") for one in record["benchmarks"]}


def _is_asked_anew(now: Record, then: Record, versions: Record, versions_then: Record) -> bool:
    """Return whether another version of a benchmark made a finding fail, and the host is as it was."""
    asked, asked_then = benchmark_id(now["benchmark"]), benchmark_id(then["benchmark"])
    if asked == asked_then and versions.get(asked) == versions_then.get(asked):
        return False
    seen = {one["setting"]: one.get("observed") for one in then["checks"]}
    failing = [one for one in now["checks"] if one["outcome"] == "fail"]
    return bool(failing) and all(
        one["setting"] not in seen or one.get("observed") == seen[one["setting"]] for one in failing
    )


def told(found: Iterable[tuple[str, str]], run_id: str) -> list[str]:
    """Return a line for each rule that regressed, with its hosts."""
    by_rule: dict[str, list[str]] = {}
    for rule, host in found:
        by_rule.setdefault(rule, []).append(host)
    return [
        f"regressed: {rule} fails on {len(hosts)} host(s), and did not in run {run_id}: {', '.join(sorted(hosts)[:3])}"
        for rule, hosts in sorted(by_rule.items())
    ]
