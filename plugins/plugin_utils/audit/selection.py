# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which recommendations and rules a run looks at: level, profile, includes and excludes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import (
    SEVERITIES,
    Benchmark,
    Catalog,
    Recommendation,
    Rule,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

FILTER_KEYS = ("rules", "recommendations", "tags", "safeguards", "severity")
DETECT = "auto"


@dataclass(frozen=True)
class Selection:
    """What was asked for. ``benchmarks`` empty: detect them from the host."""

    benchmarks: tuple[str, ...] = ()
    level: int = 1
    profile: str = "server"
    include: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exclude: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # What the host is meant for; where nothing is said, the run's own.
    meant_level: int | None = None
    meant_profile: str = ""

    @property
    def meant(self) -> dict[str, Any]:
        """Return level and profile that the host is held against, as the host record has them."""
        return {"level": self.meant_level or self.level, "profile": self.meant_profile or self.profile}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form of the host record."""
        return {
            "benchmarks": list(self.benchmarks) or [DETECT],
            "level": self.level,
            "profile": self.profile,
            "include": {key: list(names) for key, names in self.include.items()},
            "exclude": {key: list(names) for key, names in self.exclude.items()},
        }

    def check(self, catalog: Catalog) -> None:
        """Raise `HipaaCisError` on any name that the catalog does not know."""
        for name in self.benchmarks:
            if name not in catalog.benchmarks:
                raise HipaaCisError(unknown("benchmark", name, catalog.benchmarks))
        for level in (self.level, self.meant["level"]):
            if level not in (1, 2):
                raise HipaaCisError(f"unknown level '{level}'. Known: 1, 2 (level 2 includes level 1).")
        chosen = [catalog.benchmarks[name] for name in self.benchmarks] or list(catalog.benchmarks.values())
        profiles = {profile for benchmark in chosen for profile in benchmark.profiles}
        for profile in (self.profile, self.meant["profile"]):
            if profile not in profiles:
                raise HipaaCisError(unknown("profile", profile, profiles))
        self._check_filters(_known_names(catalog, chosen))

    def _check_filters(self, known: Mapping[str, set[str]]) -> None:
        for option, filters in (("include", self.include), ("exclude", self.exclude)):
            for key, names in filters.items():
                if key not in FILTER_KEYS:
                    raise HipaaCisError(unknown(f"key of {option}", key, FILTER_KEYS))
                for name in names:
                    if name not in known[key]:
                        raise HipaaCisError(unknown(f"name in {option}.{key}:", name, known[key]))

    def levels(self, benchmark: Benchmark) -> list[Recommendation]:
        """Return the benchmark's recommendations of the level and profile."""
        return _of_level(benchmark, self.level, self.profile)

    def meant_levels(self, benchmark: Benchmark) -> list[Recommendation]:
        """Return the benchmark's recommendations that the host is meant to be held against."""
        return _of_level(benchmark, **self.meant)

    def wants_rule(self, rule: Rule, recommendations: Iterable[str]) -> bool:
        """Return whether includes and excludes leave a rule in."""
        names = {
            "rules": {rule.id},
            "recommendations": set(recommendations),
            "tags": set(rule.tags),
            "safeguards": set(rule.cites),
            "severity": {rule.severity},
        }
        return self._wants(names)

    def wants_unjudged(self, recommendation: Recommendation) -> bool:
        """Return whether includes and excludes leave in a recommendation that no rule judges."""
        return self._wants({"recommendations": {recommendation.id}, "safeguards": set(recommendation.cites)})

    def _wants(self, names: Mapping[str, set[str]]) -> bool:
        included = all(names.get(key, set()) & set(wanted) for key, wanted in self.include.items() if wanted)
        return included and not any(names.get(key, set()) & set(unwanted) for key, unwanted in self.exclude.items())


def _of_level(benchmark: Benchmark, level: int, profile: str) -> list[Recommendation]:
    return [item for item in benchmark.recommendations if item.level.get(profile, 9) <= level]


def _known_names(catalog: Catalog, benchmarks: Sequence[Benchmark]) -> dict[str, set[str]]:
    return {
        "rules": set(catalog.rules),
        "recommendations": {item.id for benchmark in benchmarks for item in benchmark.recommendations},
        "tags": {tag for rule in catalog.rules.values() for tag in rule.tags},
        "safeguards": set(catalog.safeguards) | set(catalog.neighbours),
        "severity": set(SEVERITIES),
    }
