# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: which settings are observed on a host, for which rules, with which values.

A plan is made before the host is known. Where no benchmark is named it holds every candidate,
and the host says by its own facts which of them it carries; so one call is enough.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import names, parameters, plan_cache, scope
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.heads import Head, heads_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.reading import why_unsupported
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import numbered, ordered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import (
    Benchmark,
    Catalog,
    Platform,
    Recommendation,
    Rule,
    leaves,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.settings import parameters_in
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import Value, substitute
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

REQUEST_VERSION = 2
_encoded = json.JSONEncoder(sort_keys=True).encode
# A parameter in the text of a fix.
_NAMED = re.compile(r"\{(\w+)\}", re.ASCII)


@dataclass(frozen=True)
class PlannedRule:
    """A rule of one benchmark (its name with the version) with the site's values put in. ``values``: its parameters; ``loose``: those outside their bound."""

    rule: Rule
    benchmark: str
    recommendations: tuple[str, ...]
    settings: tuple[Mapping[str, Any], ...]
    fix: str
    loose: Mapping[str, Value]
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class BenchmarkPlan:
    """What one benchmark asks of a host.

    ``beside``: rules that are only looked at, and in no record; ``left_out``: what the host is meant for and the selection
    leaves out (`scope.left_out`); ``named``: by the user, and not detected.
    """

    benchmark: Benchmark
    rules: tuple[PlannedRule, ...]
    unjudged: tuple[Recommendation, ...]
    values: Mapping[str, Value]
    beside: tuple[PlannedRule, ...] = ()
    left_out: tuple[Mapping[str, Any], ...] = ()
    named: bool = False
    role: str = ""

    @property
    def head(self) -> Head:
        """What it is the plan of."""
        return Head(self.benchmark, self.named, self.role)


class Candidates(Sequence[BenchmarkPlan]):
    """The plans of several benchmarks, each made when it is asked for: a host carries one of them."""

    def __init__(self, heads: Sequence[Head], make: Callable[[Head], BenchmarkPlan]) -> None:
        self._heads = heads
        self._make = make
        self._made: dict[int, BenchmarkPlan] = {}

    def __len__(self) -> int:
        return len(self._heads)

    def __getitem__(self, place: Any) -> Any:
        if place not in self._made:
            self._made[place] = self._make(self._heads[place])
        return self._made[place]

    @property
    def heads(self) -> Sequence[Head]:
        """What the plans are of, for which none is made."""
        return self._heads


@dataclass(frozen=True)
class PlatformPlan:
    """All candidate benchmarks of a platform, and the one request that serves them; it is `numbered` when it travels."""

    platform: Platform
    benchmarks: Sequence[BenchmarkPlan]
    request: Mapping[str, Any]

    @cached_property
    def sent(self) -> str:
        """The request as it travels, as JSON."""
        return json.dumps(numbered(self.request))

    @property
    def heads(self) -> Sequence[Head]:
        """The candidates."""
        if isinstance(self.benchmarks, Candidates):
            return self.benchmarks.heads
        return [one.head for one in self.benchmarks]

    def carried(self, answer: Mapping[str, Any]) -> list[BenchmarkPlan]:
        """Return the benchmarks that a host carries by its answer.

        None where its own was to be detected and nobody knows it: a supplement alone would look like an audit of the host.
        """
        heads = self.heads
        found = [place for place, head in enumerate(heads) if head.key in answer["benchmarks"]]
        if why_unsupported(self.platform, answer.get("facts", {})):
            # An edition of its own kind may have the build of another release: the table knows it, and no list of facts.
            found = [place for place in found if heads[place].named]
        detects = not all(head.named for head in heads)
        if detects and all(heads[place].named or heads[place].benchmark.supplement for place in found):
            return []
        return [self.benchmarks[place] for place in found]


@dataclass
class _Request:
    """Collects what a host is asked for, each (kind, address) once."""

    platform: Platform
    settings: dict[str, list[Any]] = field(default_factory=dict)
    # By the leaf itself: benchmarks that share a rule share its leaves, and all of them outlive the request.
    keys: dict[int, str] = field(default_factory=dict)
    # The same by rule and its settings, which benchmarks share as a whole most of the time.
    of_rules: dict[tuple[int, int], list[str]] = field(default_factory=dict)

    def keys_of(self, planned: PlannedRule) -> list[str]:
        """Return the keys of all that a rule asks, and collect it."""
        rule = (id(planned.rule), id(planned.settings))
        if rule not in self.of_rules:
            self.of_rules[rule] = [self.add(leaf) for leaf in settings_of(planned)]
        return self.of_rules[rule]

    def add(self, leaf: Mapping[str, Any]) -> str:
        key = self.keys.get(id(leaf))
        if key is None:
            what = asked(self.platform, leaf)
            key = self.keys[id(leaf)] = setting_key(what)
            self.settings.setdefault(key, [what["kind"], what["address"]])
        return key


# By the key of `plan_cache`.
_kept: dict[str, list[PlatformPlan]] = {}


class _Rules:
    """Gets rules ready for benchmarks: in the names of their hosts, with the site's values. What they share is made once."""

    def __init__(self, catalog: Catalog) -> None:
        self._called = names.Called(catalog)
        self._filled: dict[tuple[int, str], tuple[Rule, tuple[Mapping[str, Any], ...]]] = {}

    def planned(
        self, benchmark: Benchmark, rule_id: str, recommendations: tuple[str, ...], values: Mapping[str, Value]
    ) -> PlannedRule:
        rule = self._called.rule(benchmark, rule_id)
        used = {name: values[name] for name in rule.parameters}
        # What the benchmark asks for, where the site's own value is what is wrong.
        fix = _NAMED.sub(lambda found: _told(values.get(found[1]), found[0]), rule.fix) if "{" in rule.fix else rule.fix
        loose = {name: value for name, value in used.items() if value.loose}
        rule, settings = self._with_values(rule, used)
        return PlannedRule(rule, benchmark.name, recommendations, settings, fix, loose, used)

    def _with_values(self, rule: Rule, used: Mapping[str, Value]) -> tuple[Rule, tuple[Mapping[str, Any], ...]]:
        """Return a rule with the values in its conditions, and its settings with them."""
        if not used:
            return rule, rule.settings
        # The rule lives as long as what holds it here.
        key = (id(rule), repr([(name, value.value, value.written) for name, value in used.items()]))
        if key not in self._filled:
            filled = rule
            if any(parameters_in(list(rule.applies_if))):
                filled = replace(rule, applies_if=tuple(substitute(condition, used) for condition in rule.applies_if))
            self._filled[key] = filled, tuple(substitute(setting, used) for setting in rule.settings)
        return self._filled[key]


def _told(value: Value | None, otherwise: str) -> str:
    return otherwise if value is None else str(value.default if value.loose else value.value)


def setting_key(leaf: Mapping[str, Any]) -> str:
    """Return what a setting is called in request and answer: its kind and address."""
    return f"{leaf['kind']} {_encoded(leaf['address'])}"


def asked(platform: Platform, leaf: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a host is asked for where a setting is to be judged: the setting itself, or what the platform's reader makes it of."""
    other = platform.kinds[leaf["kind"]].asks
    if not other:
        return leaf
    own = {key: leaf["address"][key] for key in other["by"] if key in leaf["address"]}
    return {"kind": other["kind"], "address": {**other.get("with", {}), **own}}


def make_plan(
    catalog: Catalog,
    selection: Selection,
    site_values: Mapping[str, Any],
    options: Mapping[str, Any],
    excepted: Collection[str] = (),
    decided: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> list[PlatformPlan]:
    """Return one plan per platform that has something to observe.

    ``site_values``: parameter id -> value; ``options`` are handed to the observe modules as they are; ``excepted``:
    rules that are looked at even where they are not selected, if they may share a setting with one that is; ``decided``:
    parameter id -> the site's tailoring that says its value.
    Raises `HipaaCisError` on anything unknown and on a selection that leaves nothing over.
    """
    # Excepted rules need the plans of all candidates.
    asked = "" if excepted else plan_cache.key(catalog, selection, site_values, options, decided)
    if asked in _kept:
        return _kept[asked]
    requests = plan_cache.read(asked) if asked else None
    detected, named = _candidates(catalog, selection, checked=requests is not None)
    made = _Rules(catalog)

    def plan(head: Head) -> BenchmarkPlan:
        asked = head.selection(selection)
        made_for = _benchmark_plan(catalog, made, asked, head.benchmark, site_values, decided)
        return replace(made_for, named=head.named, role=head.role)

    heads: dict[str, list[Head]] = {name: [] for name in catalog.platforms}
    for head in heads_of((*detected, *named), named, selection):
        heads[head.benchmark.platform].append(head)
    if requests is not None:
        return [
            PlatformPlan(catalog.platforms[name], Candidates(heads[name], plan), request)
            for name, request in requests.items()
        ]
    plans = []
    for platform in catalog.platforms.values():
        chosen = _with_excepted(made, tuple(map(plan, heads[platform.id])), excepted)
        # A benchmark that is named is one that the host carries, so what is left out of it is missing.
        if any(one.rules or one.unjudged or (one.named and one.left_out) for one in chosen):
            plans.append(PlatformPlan(platform, chosen, _request(platform, chosen, options)))
    if not any(one.rules or one.unjudged for some in plans for one in some.benchmarks):
        raise _nothing_over()
    if asked:
        plan_cache.write(asked, {one.platform.id: one.request for one in plans})
    return plans


def keep_plan(
    catalog: Catalog,
    selection: Selection,
    site_values: Mapping[str, Any],
    options: Mapping[str, Any],
    plans: list[PlatformPlan],
) -> None:
    """Keep a plan in this process and those that are forked from it, for the next time that the same is asked for."""
    if not selection.run_tags and not selection.skip_tags:
        _kept[plan_cache.key(catalog, selection, site_values, options, {})] = plans


def check_plan(
    catalog: Catalog,
    selection: Selection,
    site_values: Mapping[str, Any],
    decided: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> None:
    """Raise what `make_plan` would raise, in a fraction of its time."""
    detected, named = _candidates(catalog, selection)
    for benchmark in (*detected, *named):
        parameters.resolve(catalog, benchmark, site_values, decided)
    heads = heads_of((*detected, *named), named, selection)
    if not any(any(_wanted(catalog, head.selection(selection), head.benchmark)) for head in heads):
        raise _nothing_over()


def _of_no_platform(catalog: Catalog, selection: Selection, named: Sequence[Benchmark]) -> HipaaCisError:
    """Return what to say of a host for which the catalog, or what was named of it, has no platform."""
    shells = sorted({one.shell for one in catalog.platforms.values() if one.id in selection.platforms})
    reached = f"a host that is reached by {shells[0]}" if len(shells) == 1 else "this host"
    if not selection.detects and named:
        names = ", ".join(f"{one.name} is of {one.platform}" for one in named)
        return HipaaCisError(
            f"Nothing that hipaa_cis_benchmark names is for {reached}: {names}. Give it to the group of hosts that it is for, or leave it at auto."
        )
    return HipaaCisError(
        f"The catalog has no benchmark for this host: its platforms are {', '.join(sorted(catalog.platforms))}. Leave the host out, or name "
        "the platform with hipaa_cis_platforms where what it is reached by (ansible_shell_type, ansible_connection) misleads."
    )


def _nothing_over() -> HipaaCisError:
    return HipaaCisError("The selection leaves no recommendation over; widen level, profile, include, exclude or tags.")


def _candidates(
    catalog: Catalog, selection: Selection, *, checked: bool = False
) -> tuple[list[Benchmark], list[Benchmark]]:
    """Return the benchmarks that a host may carry by what it says of itself, and those that are named."""
    if not checked:
        selection.check(catalog)
    may_be = selection.platforms or catalog.platforms
    every = selection.named(catalog)
    named = [one for one in every if one.platform in may_be]
    # A benchmark that has previews only is taken where it is named, as each preview is, and what a site asks for.
    detected = [
        item
        for item in catalog.benchmarks.values()
        if item.platform in may_be
        and catalog.platforms[item.platform].detected
        and not item.by_name
        and item.id not in {one.id for one in named}
    ]
    if not (detected if selection.detects else named):
        raise _of_no_platform(catalog, selection, every)
    return detected if selection.detects else [], named


def _wanted(
    catalog: Catalog, selection: Selection, benchmark: Benchmark
) -> tuple[dict[str, list[Recommendation]], list[Recommendation]]:
    """Return the rules that are selected, each with its items, and the items that no rule judges."""
    wanted: dict[str, list[Recommendation]] = {}
    unjudged = []
    for recommendation in selection.levels(benchmark):
        for rule in recommendation.rules:
            wanted.setdefault(rule, []).append(recommendation)
        if not recommendation.rules and selection.wants_unjudged(recommendation):
            unjudged.append(recommendation)
    return {name: items for name, items in wanted.items() if selection.wants_rule(catalog.rules[name], items)}, unjudged


def _benchmark_plan(
    catalog: Catalog,
    made: _Rules,
    selection: Selection,
    benchmark: Benchmark,
    site_values: Mapping[str, Any],
    decided: Mapping[str, Mapping[str, Any]],
) -> BenchmarkPlan:
    values = parameters.resolve(catalog, benchmark, site_values, decided)
    wanted, unjudged = _wanted(catalog, selection, benchmark)
    rules = tuple(
        made.planned(benchmark, name, tuple(item.id for item in items), values) for name, items in wanted.items()
    )
    missed = scope.left_out(
        catalog, selection, benchmark, {planned.rule.id for planned in rules}, {item.id for item in unjudged}
    )
    return BenchmarkPlan(benchmark, rules, tuple(unjudged), values, left_out=missed)


def _with_excepted(
    made: _Rules, plans: tuple[BenchmarkPlan, ...], excepted: Collection[str]
) -> tuple[BenchmarkPlan, ...]:
    """Add the excepted rules that the selection leaves out; those without a kind in common are not worth a look."""
    if not excepted:
        return plans
    kinds = {leaf["kind"] for plan in plans for planned in plan.rules for leaf in leaves(planned.settings)}
    return tuple(replace(plan, beside=_beside(made, plan, excepted, kinds)) for plan in plans)


def _beside(
    made: _Rules, plan: BenchmarkPlan, excepted: Collection[str], kinds: Collection[str]
) -> tuple[PlannedRule, ...]:
    selected = {planned.rule.id for planned in plan.rules}
    wanted: dict[str, list[str]] = {}
    for recommendation in plan.benchmark.recommendations:
        for name in recommendation.rules:
            if name in excepted and name not in selected:
                wanted.setdefault(name, []).append(recommendation.id)
    rules = [made.planned(plan.benchmark, name, tuple(ids), plan.values) for name, ids in wanted.items()]
    return tuple(planned for planned in rules if any(leaf["kind"] in kinds for leaf in leaves(planned.settings)))


def _request(platform: Platform, plans: Sequence[BenchmarkPlan], options: Mapping[str, Any]) -> dict[str, Any]:
    request = _Request(platform)
    benchmarks = {}
    for plan in plans:
        keys = dict.fromkeys(key for planned in (*plan.rules, *plan.beside) for key in request.keys_of(planned))
        if any(planned.rule.governed for planned in plan.rules):
            keys[request.add(platform.governed["setting"])] = None
        benchmarks[plan.head.key] = {
            "detect": plan.head.detect([one.benchmark for one in plans]),
            "settings": list(keys),
        }
    return {
        "version": REQUEST_VERSION,
        "benchmarks": benchmarks,
        "settings": ordered(request.settings, benchmarks),
        "options": dict(options),
    }


def settings_of(planned: PlannedRule) -> Iterator[Mapping[str, Any]]:
    """Yield all that a rule asks a host for, its conditions among it."""
    for condition in planned.rule.applies_if:
        yield condition["setting"]
    yield from _leaves_with_conditions(planned.settings)


def _leaves_with_conditions(settings: Any) -> Iterator[Mapping[str, Any]]:
    for setting in settings:
        group = setting.get("any_of") or setting.get("all_of")
        if group:
            yield from _leaves_with_conditions(group)
            continue
        yield setting
        for condition in setting.get("applies_if", ()):
            yield condition["setting"]
