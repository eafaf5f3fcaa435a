# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge: hold observations against the plan. Pure functions, no host and no file in sight."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import (
    PlannedRule,
    PlatformPlan,
    asked,
    setting_key,
    settings_of,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.reading import reader_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Kind, Platform, worst
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

# json.dumps would make an encoder for each text.
_encode = json.JSONEncoder(sort_keys=True).encode
MAX_TEXT = 400
# Where a label takes a key of an address, and what stands before it.
_PLACE = re.compile(r"(,? ?)\{(\w+)\}")
# What is said of a setting that only a running host shows, where a tree of files was asked for, or only a person who is logged on.
UNSEEN = "unseen"
PENDING = "pending: what is so now fails, and is right from the next boot on"
NO_FACTS: Mapping[str, Any] = MappingProxyType({})
_NOT_OF_THAT_FORM = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
Observations = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Check:
    """One setting held against its expectation."""

    setting: str
    outcome: str
    expected: str = ""
    observed: str = ""
    source: str = ""
    reason: str = ""

    @property
    def pending(self) -> bool:
        """Whether it fails now alone, and is right from the next boot on."""
        return self.outcome == "fail" and self.reason == PENDING

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form; what is empty is left out."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass(frozen=True)
class Finding:
    """A rule on a host."""

    planned: PlannedRule
    outcome: str
    checks: tuple[Check, ...] = ()
    reason: str = ""

    @property
    def pending(self) -> bool:
        """Whether all that fails is right from the next boot on."""
        return self.outcome == "fail" and self.reason == PENDING

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form of the host record."""
        rule = self.planned.rule
        result: dict[str, Any] = {
            "rule": rule.id,
            "title": rule.title,
            "severity": rule.severity,
            "benchmark": self.planned.benchmark,
            "recommendations": list(self.planned.recommendations),
            "cites": rule.cites,
            "outcome": self.outcome,
            "checks": [check.as_dict() for check in self.checks],
        }
        if self.reason:
            result["reason"] = self.reason
        if self.planned.values:
            result["parameters"] = {name: value.as_dict() for name, value in self.planned.values.items()}
        if self.outcome == "fail":
            result["fix"] = self._fix()
        return result

    def _fix(self) -> str:
        if not self.planned.loose:
            return self.planned.fix.strip()
        demands = "; ".join(f"{name}: {value.looser_than_bound}" for name, value in self.planned.loose.items())
        return f"Bring the parameter back within the benchmark's bound ({demands}), then: {self.planned.fix.strip()}"


@dataclass
class _Verdict:
    """Outcome of a setting tree; ``dropped`` says why its condition does not hold, ``pending`` that it fails until the next boot.

    An outcome ``not_applicable``: of a tree of files something of it cannot be seen, and nothing that can is wrong.
    """

    outcome: str = ""
    checks: list[Check] = field(default_factory=list)
    dropped: str = ""
    pending: bool = False


class _Words(NamedTuple):
    """What a setting is called, wherever it is judged. ``setting``: itself, which so lives as long as this."""

    setting: Mapping[str, Any]
    key: str
    label: str
    expected: str


# By the setting itself, of plans that were made ready.
_ready: dict[int, _Words] = {}


def make_ready(plan: PlatformPlan) -> None:
    """Put the checks of a plan into words in this process and those that are forked from it. The plan has to be kept as long."""
    for benchmark in plan.benchmarks:
        for planned in benchmark.rules:
            _ready.update((id(setting), _words(plan.platform, setting)) for setting in settings_of(planned))


def _words(platform: Platform, setting: Mapping[str, Any]) -> _Words:
    known = _ready.get(id(setting))
    if known is not None:
        return known
    expectation = setting.get("expect")
    label = _label(platform.kinds[setting["kind"]].label, setting["address"])
    key = setting_key(asked(platform, setting))
    return _Words(setting, key, label, matchers.describe(expectation) if expectation else "")


class Judge:
    """Judges planned rules of one platform by the observations of one host."""

    def __init__(self, platform: Platform, observations: Observations, facts: Mapping[str, Any] = NO_FACTS) -> None:
        self._platform = platform
        self._observations = observations
        self._reader = reader_of(platform, facts)

    def judge(self, planned: PlannedRule) -> Finding:
        """Return the finding of one rule."""
        otherwise, problem = self.condition(planned.rule.applies_if)
        if problem:
            unknown = "It is not known whether the rule applies: " + problem.reason
            return Finding(planned, problem.outcome, (problem,), unknown)
        if otherwise:
            return Finding(planned, "not_applicable", (), otherwise)
        verdict = self._all_of(planned.settings)
        checks = [*verdict.checks, *(_loose_check(name, value) for name, value in planned.loose.items())]
        if planned.rule.manual:
            unread = next((check.reason for check in checks if check.outcome == "error"), "")
            return Finding(
                planned, "error" if unread else "manual", tuple(checks), unread or planned.rule.manual.strip()
            )
        if verdict.dropped:
            return Finding(planned, "not_applicable", (), verdict.dropped)
        outcome = _together([verdict.outcome, *("fail" for _name in planned.loose)])
        if outcome == "not_applicable":
            reason = next(check.reason for check in checks if check.outcome == "not_applicable")
            return Finding(planned, outcome, tuple(checks), reason)
        errors = [check.reason for check in checks if check.outcome == "error"]
        reason = errors[0] if outcome == "error" and errors else ""
        if outcome == "fail" and verdict.pending and not planned.loose:
            reason = PENDING
        return Finding(planned, outcome, tuple(checks), reason)

    def condition(self, conditions: Sequence[Mapping[str, Any]]) -> tuple[str, Check | None]:
        """Return why the conditions do not hold (empty: they hold), or the check that could not be made, or not of a tree."""
        unseen = None
        for condition in conditions:
            check = self.check(condition["setting"])
            if check.outcome == "error":
                return "", check
            if check.outcome == "not_applicable":
                unseen = unseen or check
            elif check.outcome != "pass":
                return str(condition["otherwise"]), None
        return "", unseen

    def check(self, setting: Mapping[str, Any]) -> Check:
        """Return one setting held against its expectation."""
        words = _words(self._platform, setting)
        label, expected = words.label, words.expected
        seen = self._observations.get(words.key)
        if seen is None:
            return Check(label, "error", reason="the host gave no answer for this setting")
        seen = self._read(setting, seen)
        source = str(seen.get("source", ""))[:MAX_TEXT]
        state = seen.get("state")
        if state == UNSEEN:
            told = str(seen.get("reason") or "no reason given")
            if self._reader is None:
                told = f"Only a running host shows it: {told}"
            return Check(label, "not_applicable", expected, source=source, reason=told[:MAX_TEXT])
        if state not in ("value", "absent"):
            reason = seen.get("reason") if state == "error" else f"the host gave an unknown state {state!r}"
            return Check(label, "error", expected, source=source, reason=str(reason or "no reason given")[:MAX_TEXT])
        value = seen.get("value") if state == "value" else matchers.ABSENT
        try:
            return self._held(words, setting, value, source)
        except (library("jmespath.exceptions").JMESPathError, *_NOT_OF_THAT_FORM) as problem:
            return Check(
                label, "error", expected, source=source, reason=_cut(f"the observation has an unknown form: {problem}")
            )

    def _read(self, setting: Mapping[str, Any], seen: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the observation of a setting, read of what was asked in its place where the host sends raw material."""
        if self._reader is None or not self._platform.kinds[setting["kind"]].asks:
            return seen
        try:
            return self._reader.read(setting["kind"], setting["address"], seen)
        except _NOT_OF_THAT_FORM as problem:
            return {"state": "error", "reason": f"the answer has an unknown form: {problem}"}

    def _held(self, words: _Words, setting: Mapping[str, Any], value: Any, source: str) -> Check:
        """Return what was observed held against what is expected; what a host may say raises whatever it likes."""
        kind, expectation = self._platform.kinds[setting["kind"]], setting.get("expect")
        parts = list(_parts(value, setting.get("select"), kind))
        if expectation is None:
            return Check(words.label, "manual", observed=_observed_text(parts, expectation), source=source)
        held = [matchers.matches(expectation, part) for _name, part in parts]
        good = all(held)
        if kind.elements:
            # Of many only some are told: those that fail first.
            parts = [part for _good, part in sorted(zip(held, parts, strict=True), key=lambda one: one[0])]
        observed = _observed_text(parts, expectation)
        reason = "" if good or not self._right_at_boot(setting, value) else PENDING
        return Check(words.label, "pass" if good else "fail", words.expected, observed, source, reason)

    def _right_at_boot(self, setting: Mapping[str, Any], value: Any) -> bool:
        """Return whether a document that fails is right once the next boot has made of it what it will."""
        kind = self._platform.kinds[setting["kind"]]
        if not kind.at_boot or not isinstance(value, dict):
            return False
        search = library("jmespath").search
        changed = {name: search(how, value) for name, how in kind.at_boot.items() if name in value}
        parts = _parts({**value, **changed}, setting.get("select"), kind)
        return all(matchers.matches(setting["expect"], part) for _name, part in parts)

    def holds(self, setting: Mapping[str, Any]) -> bool:
        """Return whether a setting or a group of settings applies and passes."""
        return self._tree(setting).outcome == "pass"

    def observation(self, setting: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the host said of a setting; empty where it gave no answer."""
        seen = self._observations.get(setting_key(asked(self._platform, setting)))
        return self._read(setting, seen) if seen else {}

    def failing_documents(self, setting: Mapping[str, Any]) -> list[Any] | None:
        """Return the documents of a list on which ``each`` fails, or the one document; None where it has another form."""
        seen = self.observation(setting)
        if seen.get("state") != "value":
            return None
        select = setting.get("select")
        part = library("jmespath").search(select, seen["value"]) if select else seen["value"]
        if isinstance(part, dict):
            return [part]
        inner = setting["expect"].get("each")
        if not isinstance(part, list) or inner is None or not all(isinstance(item, dict) for item in part):
            return None
        return [item for item in part if not matchers.matches(inner, item)]

    def _tree(self, setting: Mapping[str, Any]) -> _Verdict:
        if "any_of" in setting:
            return self._any_of(setting["any_of"])
        if "all_of" in setting:
            return self._all_of(setting["all_of"])
        otherwise, problem = self.condition(setting.get("applies_if", ()))
        if problem:
            return _Verdict(problem.outcome, [problem])
        if otherwise:
            return _Verdict(dropped=otherwise)
        check = self.check(setting)
        return _Verdict(check.outcome, [check], pending=check.pending)

    def _all_of(self, settings: Sequence[Mapping[str, Any]]) -> _Verdict:
        verdicts = [self._tree(setting) for setting in settings]
        kept = [verdict for verdict in verdicts if not verdict.dropped]
        if not kept:
            return _Verdict("manual") if not verdicts else _Verdict(dropped=verdicts[0].dropped)
        pending = all(verdict.pending for verdict in kept if verdict.outcome == "fail")
        checks = [check for verdict in kept for check in verdict.checks]
        return _Verdict(_together([verdict.outcome for verdict in kept]), checks, pending=pending)

    def _any_of(self, settings: Sequence[Mapping[str, Any]]) -> _Verdict:
        verdicts = [self._tree(setting) for setting in settings]
        kept = [verdict for verdict in verdicts if not verdict.dropped]
        if not kept:
            return _Verdict(dropped=verdicts[0].dropped)
        passing = [verdict for verdict in kept if verdict.outcome == "pass"]
        if passing:
            return passing[0]
        # What stands in several alternatives is told once.
        checks = dict.fromkeys(check for verdict in kept for check in verdict.checks)
        pending = any(verdict.pending and verdict.outcome == "fail" for verdict in kept)
        outcome = _together([verdict.outcome for verdict in kept])
        if outcome == "fail" and any(verdict.outcome == "not_applicable" for verdict in kept):
            outcome = "not_applicable"  # what cannot be seen may be the one that holds
        return _Verdict(outcome, list(checks), pending=pending)


def _together(outcomes: Sequence[str]) -> str:
    """Return the outcome of settings that all have to hold: what cannot be seen keeps a rule from passing, and hides no failure."""
    found = worst(list(outcomes))
    return "not_applicable" if found in ("pass", "manual") and "not_applicable" in outcomes else found


def _parts(value: Any, select: str | None, kind: Kind) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) of what an expectation has to hold on."""
    if value is matchers.ABSENT:
        yield "", value
    elif select:
        found = library("jmespath").search(select, value)
        yield "", matchers.ABSENT if found is None else found
    elif not kind.expect_on:
        yield "", value
    else:
        for path in kind.expect_on:
            if "[]" in path:
                yield from _projected(value, path, kind.elements)
            else:
                found = library("jmespath").search(path, value)
                yield path, matchers.ABSENT if found is None else found


def _projected(value: Any, path: str, named_by: str) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) of each element of a list, all of which have to match; where there is none, there is nothing to match.

    One that lacks what is looked at does not match: a projection of JMESPath would leave it out. Nor does a whole observation without any
    element: nothing was looked at then.
    """
    of, key = path.split("[]", 1)
    key = key.lstrip(".")
    if not of and not value:
        yield key, matchers.ABSENT
    for item in (library("jmespath").search(of, value) if of else value) or ():
        part = item if not key else item.get(key, matchers.ABSENT)
        if part is not None:
            yield f"{item[named_by]} {key}" if named_by else of, part


def _observed_text(parts: Sequence[tuple[str, Any]], expectation: Mapping[str, Any] | None) -> str:
    if len(parts) == 1 and not parts[0][0]:
        return _text(parts[0][1], expectation)
    texts = [f"{name}: {_text(part, None)}" for name, part in parts]
    return _cut(", ".join(texts))


def _text(value: Any, expectation: Mapping[str, Any] | None) -> str:
    if value is matchers.ABSENT:
        return "absent"
    if isinstance(value, str):
        return _cut(value) if value else "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and expectation and "fields" in expectation:
        return _cut(", ".join(f"{key} {_text(matchers.field(value, key), None)}" for key in expectation["fields"]))
    if isinstance(value, list):
        return _cut(", ".join(_text(item, None) for item in value)) if value else "none"
    return _cut(_encode(value))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 4] + " ..."


def _label(label: str, address: Mapping[str, Any]) -> str:
    """Fill a kind's label: a place whose key is not given is left out (path takes what stands for it); without any all that is given follows."""
    given = {"path": address.get("glob") or address.get("included_by"), **address}
    given = {key: value for key, value in given.items() if value is not None}
    if not any(key in given for _before, key in _PLACE.findall(label)):
        title = _PLACE.sub("", label)
        return _cut(f"{title} {', '.join(map(_listed, address.values()))}".strip())
    return _cut(_PLACE.sub(lambda place: f"{place[1]}{_listed(given[place[2]])}" if place[2] in given else "", label))


def _listed(value: Any) -> str:
    return " ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _loose_check(name: str, value: Any) -> Check:
    return Check(
        setting=f"parameter {name}",
        outcome="fail",
        expected=value.looser_than_bound,
        observed=str(value.value),
        source="set by the site",
        reason="the site's value is looser than the benchmark's bound",
    )
