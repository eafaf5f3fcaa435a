# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs as one: of each host, rule by rule, what the newest record says that has the rule.

A narrow run after a whole one brings its own rules up to date and takes nothing away. What is older than a site allows is
not assessed any more. A host that its newest record could not audit is lost, whatever was known of it before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, benchmark_id
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import decided
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.joined_records import (
    not_looked_at,
    without_other_versions,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

Record = dict[str, Any]
MAX_AGE_DAYS = 7.0


@dataclass(frozen=True)
class Merging:
    """How runs are merged: at which moment (with a time zone), and how many days old a rule may be then."""

    at: datetime
    max_age_days: float = MAX_AGE_DAYS

    @property
    def text(self) -> str:
        """The moment in UTC, as ISO 8601."""
        return self.at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def is_stale(self, audited_at: str) -> bool:
        """Return whether what was seen then says nothing any more; so it is where nobody can tell when it was."""
        age = self._age(audited_at)
        return decided.is_too_old(age, self.max_age_days)

    def why_stale(self, audited_at: str) -> str:
        """Return why it says nothing any more."""
        age = self._age(audited_at)
        if age is not None and age < timedelta():
            # Else a controller whose clock was ahead would have made the newest record for ever.
            return f"it was looked at {audited_at}, which is later than now: a controller's clock was wrong"
        return f"it was last looked at {audited_at}, and {self.max_age_days:g} days is the most that hipaa_cis_merge_max_age allows"

    def _age(self, audited_at: str) -> timedelta | None:
        try:
            return self.at - datetime.fromisoformat(audited_at.replace("Z", "+00:00"))
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True)
class Source:
    """One record of a host with where it stands."""

    record: Record
    run_id: str
    file: str
    digest: str

    def as_dict(self, rules: int) -> dict[str, Any]:
        """Return the form of the summary. ``rules``: how many were taken from it."""
        kept = {key: self.record[key] for key in ("audited_at", "catalog_digest")}
        return {"run_id": self.run_id, "file": self.file, "digest": self.digest, **kept, "rules": rules}


def records(catalog: Catalog, stores: Sequence[RunStore], merging: Merging | None) -> Iterator[Source]:
    """Yield one record of each host. Of one run (``merging`` is None) those that it has; of several by host name.

    Raises `HipaaCisError` on a file that is no record.
    """
    if merging is None:
        for store in stores:
            for file, digest, record in store.records():
                yield Source(record, store.run_id, file, digest)
        return
    places: dict[str, list[tuple[str, str, RunStore]]] = {}
    for store in stores:
        for file, _digest, record in store.records():
            places.setdefault(record["host"], []).append((record["audited_at"], file, store))
    for host in sorted(places):
        found = sorted(places[host], key=lambda place: (place[0], place[2].run_id, place[1]), reverse=True)
        yield _merged(catalog, [_source(store, file) for _time, file, store in found], merging)


def _source(store: RunStore, file: str) -> Source:
    digest, record = store.record(file)
    return Source(record, store.run_id, file, digest)


def _merged(catalog: Catalog, sources: list[Source], merging: Merging) -> Source:
    """Return one record of all of a host, which come newest first."""
    # Where nobody looked, what was seen before is still the newest there is.
    seen = [one for one in sources if one.record["status"] != "not_begun"]
    if not seen or seen[0].record["status"] != "audited":
        return (seen or sources)[0]
    audited = _of_one_version([one for one in seen if one.record["status"] == "audited"])
    newest = audited[0]
    taken: dict[tuple[str, str], tuple[Source, Record]] = {}
    open_items: dict[tuple[str, str], Record] = {}
    for source in audited:
        for finding in source.record["findings"]:
            if _still_carried(catalog, newest.record, finding["benchmark"]):
                taken.setdefault((benchmark_id(finding["benchmark"]), finding["rule"]), (source, finding))
        for item in source.record["not_yet_automated"]:
            if _still_carried(catalog, newest.record, item["benchmark"]):
                open_items.setdefault((benchmark_id(item["benchmark"]), item["recommendation"]), item)
    fresh = [pair for pair in taken.values() if not merging.is_stale(pair[0].record["audited_at"])]
    stale = [
        _too_old(source, finding, merging)
        for source, finding in taken.values()
        if merging.is_stale(source.record["audited_at"])
    ]
    return Source(
        _as_one(audited, fresh, stale, list(open_items.values()), merging), newest.run_id, newest.file, newest.digest
    )


def _of_one_version(sources: list[Source]) -> list[Source]:
    """Return the sources (newest first), each without what a newer one has of another version of the benchmark."""
    kept: list[Source] = []
    for source in sources:
        record = source.record
        for newer in kept:
            record = without_other_versions(record, newer.record)
        kept.append(replace(source, record=record))
    return kept


def _as_one(
    audited: list[Source],
    fresh: list[tuple[Source, Record]],
    stale: list[Record],
    unjudged: list[Record],
    merging: Merging,
) -> Record:
    newest = audited[0].record
    decisions = decided.newest([one.record for one in audited], merging.at)
    findings = [
        {
            **(decided.marked(finding, decisions["exceptions"]) if decisions else finding),
            "run_id": source.run_id,
            "audited_at": source.record["audited_at"],
        }
        for source, finding in fresh
    ]
    counts = Counter(finding["outcome"] for finding in findings)
    rules = Counter(id(source) for source, _finding in fresh)
    # What is too old was looked at once; that it is missing now is said by its own reason.
    unseen = not_looked_at([one.record for one in audited], [*findings, *stale], unjudged)
    selections = [one.record["selection"] for one in audited if one is audited[0] or rules[id(one)]]
    parameters: dict[str, Any] = {}
    for one in reversed(audited):
        parameters.update(one.record["parameters"])
    return {
        **newest,
        **({"decisions": decisions} if decisions else {}),
        "earlier_selections": [one for one in selections[:0:-1] if one != newest["selection"]],
        "benchmarks": list(
            {one["id"]: one for source in reversed(audited) for one in source.record["benchmarks"]}.values()
        ),
        "parameters": parameters,
        "warnings": list(dict.fromkeys(text for source in audited for text in source.record["warnings"])),
        "counts": {outcome: counts[outcome] for outcome in newest["counts"]},
        "findings": findings,
        "not_yet_automated": unjudged,
        "not_looked_at": [*stale, *unseen],
        "merged_from": [one.as_dict(rules[id(one)]) for one in audited if rules[id(one)]],
    }


def _still_carried(catalog: Catalog, newest: Record, benchmark: str) -> bool:
    """Return whether a host may still carry a benchmark: not where the newest look detected others of its platform, by which it would be found."""
    name = benchmark_id(benchmark)
    if name in {one["id"] for one in newest["benchmarks"]} or name not in catalog.benchmarks:
        return True
    if catalog.benchmarks[name].by_name:
        return True
    detected = [one["id"] for one in newest["benchmarks"] if one["chosen"] == "detected"]
    platforms = {catalog.benchmarks[one].platform for one in detected if one in catalog.benchmarks}
    return catalog.benchmarks[name].platform not in platforms


def _too_old(source: Source, finding: Record, merging: Merging) -> Record:
    return {
        **{key: finding[key] for key in ("benchmark", "rule", "recommendations", "title", "cites")},
        "reason": merging.why_stale(source.record["audited_at"]),
    }
