# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions of a site: documented exceptions. A decision stands beside an outcome and never overwrites it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import (
    Catalog,
    Recommendation,
    benchmark_id,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import days
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import Context, Item, names_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

SECTION = "exceptions"
OPTION = "hipaa_cis_exceptions"
# What is kept of an entry as it was given.
_MORE = ("id", "kind", "risk", "addressable", "proposed_by", "approved_on", "ticket", "evidence", "transferred_to")


@dataclass(frozen=True)
class Subject:
    """What a decision is about: a rule in every benchmark, all rules of one recommendation of a benchmark, or a safeguard.

    One on a safeguard bears on its state only. ``benchmark``: with its version, or without where the number means the same in all
    versions; the rules are meant in every version, so that the decision holds on when a host moves to the next.
    """

    rule: str = ""
    benchmark: str = ""
    recommendation: str = ""
    safeguard: str = ""

    def rules(self, known: Catalog) -> tuple[str, ...]:
        """Return the ids of the rules that are meant."""
        if self.rule or self.safeguard:
            return (self.rule,) if self.rule else ()
        return next(item.rules for _name, item in self.numbered(known))

    def numbered(self, known: Catalog) -> list[tuple[str, Recommendation]]:
        """Return (benchmark with its version, recommendation) of each version that is named and has the number."""
        named = known.benchmarks[benchmark_id(self.benchmark)].meant_by(self.benchmark)
        return [(one.name, item) for one in named for item in one.recommendations if item.id == self.recommendation]

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form; what is not named is left out."""
        return {key: value for key, value in vars(self).items() if value}

    def __str__(self) -> str:
        if self.recommendation:
            return f"recommendation {self.recommendation} of {self.benchmark}"
        return f"rule {self.rule}" if self.rule else f"safeguard {self.safeguard}"


@dataclass(frozen=True)
class ExceptionDecision:
    """A documented exception: ``rules`` stay as they are until it expires, and somebody answers for that.

    ``expires`` is the last day on which it holds, in the time zone. ``state``: as it was when the run began (`days`);
    the whole run on a host keeps to that.
    """

    subject: Subject
    rules: tuple[str, ...]
    reason: str
    approved_by: str
    expires: date
    timezone: str
    compensating: tuple[str, ...]
    state: str
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def expired(self) -> bool:
        """Whether its last day was over when the run began."""
        return self.state == days.EXPIRED

    def covers(self, planned: PlannedRule) -> bool:
        """Return whether a rule of a benchmark is meant."""
        return self.is_of(planned.rule.id, planned.benchmark)

    def is_of(self, rule: str, benchmark: str) -> bool:
        """Return the same for the ids of rule and benchmark."""
        return rule in self.rules and benchmark_id(self.subject.benchmark) in ("", benchmark_id(benchmark))

    @property
    def said(self) -> str:
        """What it says of its rule: ``the rule is ...``."""
        if self.state == days.IN_FORCE:
            return f"excepted until {self.expires} by {self.approved_by}: {self.reason}"
        if self.state == days.NOT_YET:
            return f"excepted from {self.more['approved_on']} on by {self.approved_by}, and left as it is till then: {self.reason}"
        return (
            f"no longer excepted: its exception by {self.approved_by} expired on {self.expires} ({self.timezone}). "
            f"Renew it in {OPTION}, or remove it there and the rule is fixed"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form of the records."""
        result: dict[str, Any] = {
            **self.subject.as_dict(),
            **self.more,
            "reason": self.reason,
            "approved_by": self.approved_by,
            "expires": self.expires.isoformat(),
            "timezone": self.timezone,
            "state": self.state,
        }
        if self.subject.recommendation:
            # A later version has another number for them, or another rule at the number.
            result["rules"] = list(self.rules)
        if self.compensating:
            result["compensating"] = list(self.compensating)
        return result


@dataclass(frozen=True)
class Decisions:
    """All exceptions of a site that concern a host."""

    exceptions: tuple[ExceptionDecision, ...] = ()

    @property
    def excepted(self) -> frozenset[str]:
        """The ids of the rules that any exception is about."""
        return frozenset(name for one in self.exceptions for name in one.rules)

    def exception_of(self, planned: PlannedRule) -> ExceptionDecision | None:
        """Return the exception of a rule: of several (by rule, by recommendation) the one that holds longest."""
        return self._longest(planned.rule.id, planned.benchmark)

    def _longest(self, rule: str, benchmark: str) -> ExceptionDecision | None:
        covering = [one for one in self.exceptions if one.is_of(rule, benchmark)]
        return max(covering, key=lambda one: (one.state == days.IN_FORCE, one.expires), default=None)

    def mark(self, findings: Iterable[dict[str, Any]]) -> None:
        """Write into findings of a host record the exception that stands beside them; the outcome stays what it is."""
        if not self.exceptions:
            return
        for finding in findings:
            exception = self._longest(finding["rule"], finding["benchmark"])
            if exception and finding["outcome"] not in ("pass", "not_applicable"):
                finding["exception"] = exception.as_dict()

    def overlaps(self) -> Iterator[tuple[ExceptionDecision, ExceptionDecision]]:
        """Yield each two exceptions in force that are about the same rule or safeguard of one host."""
        holding = [one for one in self.exceptions if one.state == days.IN_FORCE]
        for number, one in enumerate(holding):
            for other in holding[:number]:
                about = {benchmark_id(both.subject.benchmark) for both in (one, other)}
                alike = len(about) == 1 or "" in about
                same = one.subject.safeguard and one.subject.safeguard == other.subject.safeguard
                if same or (alike and set(one.rules) & set(other.rules)):
                    yield other, one


def is_a_list(given: Any) -> None:
    """Raise `HipaaCisError` where a variable is no list of exceptions."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise HipaaCisError(
            f"{OPTION} has to be a list of exceptions, so nothing was begun. Where it is one and comes out of an expression, "
            f"write the dates in it in quotes ('2027-03-01'): some versions of Ansible make a text of it else. It is: {given!r:.200}"
        )


def subjects(item: Item) -> list[Subject]:
    """Return what an entry is about, each thing by itself."""
    if "recommendation" in item:
        return [Subject("", _text(item.get("benchmark", "")), _text(item["recommendation"]))]
    rules, cites = names_of(item, "rule", "rules"), names_of(item, "safeguard", "safeguards")
    return [Subject(rule=name) for name in rules] + [Subject(safeguard=cite) for cite in cites]


def faults(item: Item, context: Context) -> Iterator[tuple[str, str]]:
    """Yield (key, message) for each fault of an entry that fits the schema."""
    for subject in subjects(item):
        for key, name, allowed in _allowed(subject, context.known):
            if name not in allowed:
                yield key, _former(subject, context.known) or unknown(key, name, allowed)
                break
        else:
            yield from _ambiguous(subject, context.known)
    yield from days.faults(item, context.now, "approved_on", "expires", "an exception")
    open_cites = [
        cite
        for cite in names_of(item, "safeguard", "safeguards")
        if cite in context.known.safeguards and context.known.safeguards[cite].obligation == "addressable"
    ]
    if open_cites and "addressable" not in item:
        yield (
            "addressable",
            f"{open_cites[0]} is an addressable specification, and not to implement it needs the record of 45 CFR 164.306(d)(3)",
        )
    if context.second_person:
        yield from _second_person(item)


def _second_person(item: Item) -> Iterator[tuple[str, str]]:
    if "proposed_by" not in item:
        yield (
            "proposed_by",
            "it is not said who proposed it, and hipaa_cis_second_person asks for another person than the approver",
        )
    elif _text(item["proposed_by"]).casefold() == _text(item["approved_by"]).casefold():
        yield "approved_by", "who proposed it also approved it, and hipaa_cis_second_person asks for another person"


def _allowed(subject: Subject, known: Catalog) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Yield (key, name, names the catalog knows), the benchmark before its recommendations."""
    if subject.rule:
        yield "rule", subject.rule, known.rules
    elif subject.safeguard:
        yield "safeguard", subject.safeguard, known.safeguards
    else:
        yield "benchmark", subject.benchmark, known.benchmark_names()
        named = known.benchmarks[benchmark_id(subject.benchmark)].meant_by(subject.benchmark)
        yield "recommendation", subject.recommendation, {item.id for one in named for item in one.recommendations}


def _ambiguous(subject: Subject, known: Catalog) -> Iterator[tuple[str, str]]:
    """Yield that a number means something else in another version of the benchmark, where none is named."""
    found = subject.numbered(known) if subject.recommendation else []
    if len({item.rules or item.title for _name, item in found}) > 1:
        told = "; ".join(f"{name}: {', '.join(item.rules) or item.title}" for name, item in found)
        not_the_same = (
            f"recommendation {subject.recommendation} is not the same in all versions of {subject.benchmark} ({told})"
        )
        yield "benchmark", f"{not_the_same}. Write the version that was meant, as benchmark: {found[-1][0]}"


def _former(subject: Subject, known: Catalog) -> str:
    """Return what became of a rule or recommendation that has another name now, or is gone; nothing where there was none."""
    if subject.rule:
        now = next((rule.id for rule in known.rules.values() if subject.rule in rule.formerly), "")
        why, what = known.retired.get(subject.rule, ""), f"the rule {subject.rule}"
    elif subject.benchmark in known.benchmark_names():
        benchmark = known.benchmark(subject.benchmark)
        now = next((item.id for item in benchmark.recommendations if subject.recommendation in item.formerly), "")
        why, what = benchmark.retired.get(subject.recommendation, ""), f"recommendation {subject.recommendation}"
    else:
        return ""
    if now:
        return f"{what} is called {now} now; see that the decision is still right, and write {now}"
    return (
        f"{what} is retired: {why.strip().rstrip('.')}. Take the exception out, or put what it means in its place"
        if why
        else ""
    )


def made(item: Item, context: Context) -> list[ExceptionDecision]:
    """Return the exceptions of a sound entry, one for each thing that it is about."""
    return [
        ExceptionDecision(
            subject=subject,
            rules=subject.rules(context.known),
            reason=_text(item["reason"]),
            approved_by=_text(item["approved_by"]),
            expires=date.fromisoformat(item["expires"]),
            timezone=days.zone_name(item),
            compensating=tuple(_text(one) for one in item.get("compensating", ())),
            state=days.state(item, context.now, "approved_on", "expires"),
            more={key: _text(item[key]) if isinstance(item[key], str) else item[key] for key in _MORE if key in item},
        )
        for subject in subjects(item)
    ]


def identity(item: Item) -> Any:
    """Return what makes two entries the same one: what they are about, and where."""
    return tuple(subjects(item)), tuple(sorted(item.get("hosts", ())))


def _text(given: str) -> str:
    return " ".join(given.split())
