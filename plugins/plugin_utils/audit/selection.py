# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which recommendations and rules a run looks at: level, profile, includes and excludes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import (
    SEVERITIES,
    Benchmark,
    Catalog,
    Recommendation,
    Rule,
    topic_tag,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

FILTER_KEYS = ("rules", "recommendations", "tags", "safeguards", "severity")
DETECT = "auto"
LEVEL_TAG = "level_%d"
# The profile of a host where nothing is said; a benchmark with roles has it of none.
SERVER = "server"


@dataclass(frozen=True)
class Selection:
    """What was asked for. ``benchmarks`` empty: the host's own is detected; with `DETECT` among the names: that one, and those beside it."""

    benchmarks: tuple[str, ...] = ()
    level: int = 1
    profile: str = SERVER
    include: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exclude: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # What the host is meant for; where nothing is said, the run's own.
    meant_level: int | None = None
    meant_profile: str = ""
    # By --tags and --skip-tags: a name with what a rule has of it (one of its tags, its topic, a cite, a level).
    run_tags: Mapping[str, Collection[str]] = field(default_factory=dict)
    skip_tags: Mapping[str, Collection[str]] = field(default_factory=dict)
    # Beside the profile, such as what a newer kind of hardware allows.
    profiles: tuple[str, ...] = ()
    # Those that the host may be of; empty: all. What a host is reached by says that before it is asked anything.
    platforms: tuple[str, ...] = ()
    # Names among those that are of nothing in the catalog.
    strange_tags: Sequence[str] = ()

    @property
    def detects(self) -> bool:
        """Whether the host says itself which benchmark it carries."""
        return not self.benchmarks or DETECT in self.benchmarks

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
            **({"profiles": list(self.profiles)} if self.profiles else {}),
            **({"run_tags": list(self.run_tags)} if self.run_tags else {}),
            **({"skip_tags": list(self.skip_tags)} if self.skip_tags else {}),
        }

    def check(self, catalog: Catalog) -> None:
        """Raise `HipaaCisError` on any name that the catalog does not know."""
        named = self.named(catalog)
        for level in (self.level, self.meant["level"]):
            if level not in (1, 2):
                raise HipaaCisError(f"unknown level '{level}'. Known: 1, 2 (level 2 includes level 1).")
        chosen = [*named, *(catalog.benchmarks.values() if self.detects else ())]
        profiles = {profile for benchmark in chosen for profile in benchmark.profiles}
        by_role = {SERVER} if any(one.roles for one in chosen) else set()
        for profile in (self.profile, self.meant["profile"], *self.profiles):
            if profile not in profiles | by_role:
                raise HipaaCisError(unknown("profile", profile, profiles))
        self._check_filters(_known_names(catalog, chosen))

    def named(self, catalog: Catalog) -> list[Benchmark]:
        """Return the benchmarks that were named. Raises `HipaaCisError` on one that is unknown, and on two that are for one host."""
        names = [name for name in self.benchmarks if name != DETECT]
        found = list({one.name: one for one in map(catalog.benchmark, names)}.values())
        for number, one in enumerate(found):
            for other in found[:number]:
                if one.id == other.id:
                    raise HipaaCisError(
                        f"A host is held against one version of a benchmark, and {other.name} and {one.name} are named. Name one, or give "
                        "hipaa_cis_benchmark to each group of hosts by itself."
                    )
            if self.detects and catalog.platforms[one.platform].detected and not one.supplement:
                raise HipaaCisError(
                    f"{one.name} is the benchmark of a system, and with {DETECT} the host says which one it carries. Name either; beside {DETECT} "
                    "stand supplements, and benchmarks of what is no system."
                )
        return found

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
        return _of_level(benchmark, self.level, (self.profile, *self.profiles))

    def meant_levels(self, benchmark: Benchmark) -> list[Recommendation]:
        """Return the benchmark's recommendations that the host is meant to be held against."""
        meant = self.meant
        return _of_level(benchmark, meant["level"], (meant["profile"], *self.profiles))

    def of_role(self, benchmark: Benchmark, role: str) -> Selection:
        """Return the selection for a host that has a role of a benchmark; what it is meant for counts where that is a role, too."""
        meant = self.meant_profile if self.meant_profile in benchmark.roles else ""
        return replace(self, profile=role, meant_profile=meant)

    def lowest(self, item: Recommendation) -> int:
        """Return from which level on the selection's profiles have a recommendation; 9 where they have not."""
        return _lowest(item, (self.profile, *self.profiles))

    def wants_rule(self, rule: Rule, recommendations: Sequence[Recommendation]) -> bool:
        """Return whether tags, includes and excludes leave in a rule that serves these recommendations."""
        if not (self.include or self.exclude or self.run_tags or self.skip_tags):
            return True
        names = {
            "rules": {rule.id},
            "recommendations": {item.id for item in recommendations},
            "tags": set(rule.tags),
            "safeguards": set(rule.cites),
            "severity": {rule.severity},
        }
        return self._wants(names) and self._tagged(
            {*rule.tags, *rule.cites, topic_tag(rule.topic), *self._levels(recommendations)}
        )

    def wants_unjudged(self, recommendation: Recommendation) -> bool:
        """Return whether includes and excludes leave in a recommendation that no rule judges."""
        names = {"recommendations": {recommendation.id}, "safeguards": set(recommendation.cites)}
        return self._wants(names) and self._tagged({*recommendation.cites, *self._levels([recommendation])})

    def _levels(self, recommendations: Iterable[Recommendation]) -> set[str]:
        return {LEVEL_TAG % self.lowest(item) for item in recommendations}

    def _tagged(self, names: Collection[str]) -> bool:
        """Return whether ``--tags`` and ``--skip-tags`` leave in what has these names. As in Ansible, one of them is enough."""
        chosen = not self.run_tags or any(set(names) & set(meant) for meant in self.run_tags.values())
        return chosen and not any(set(names) & set(meant) for meant in self.skip_tags.values())

    def _wants(self, names: Mapping[str, set[str]]) -> bool:
        included = all(names.get(key, set()) & set(wanted) for key, wanted in self.include.items() if wanted)
        return included and not any(names.get(key, set()) & set(unwanted) for key, unwanted in self.exclude.items())


def _lowest(item: Recommendation, profiles: Sequence[str]) -> int:
    return min(item.level.get(profile, 9) for profile in profiles)


def _of_level(benchmark: Benchmark, level: int, profiles: Sequence[str]) -> list[Recommendation]:
    return [item for item in benchmark.recommendations if _lowest(item, profiles) <= level]


def _known_names(catalog: Catalog, benchmarks: Sequence[Benchmark]) -> dict[str, set[str]]:
    return {
        "rules": set(catalog.rules),
        "recommendations": {item.id for benchmark in benchmarks for item in benchmark.recommendations},
        "tags": {tag for rule in catalog.rules.values() for tag in rule.tags},
        "safeguards": set(catalog.safeguards) | set(catalog.neighbours),
        "severity": set(SEVERITIES),
    }
