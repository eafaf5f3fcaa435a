# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions of a site: documented exceptions. A decision stands beside an outcome and never overwrites it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import schema_check
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.time_zone import time_zone

OPTION = "hipaa_cis_exceptions"
# A year, a leap day in it or not: whoever approved an exception looks at it again at least that often.
MAX_DAYS = 366
_UTC = "UTC"


@dataclass(frozen=True)
class Subject:
    """What a decision is about: a rule in every benchmark, or all rules of one recommendation of a benchmark."""

    rule: str = ""
    benchmark: str = ""
    recommendation: str = ""

    def rules(self, known: Catalog) -> tuple[str, ...]:
        """Return the ids of the rules that are meant."""
        if self.rule:
            return (self.rule,)
        recommendations = known.benchmarks[self.benchmark].recommendations
        return next(item.rules for item in recommendations if item.id == self.recommendation)

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form; what is not named is left out."""
        return {key: value for key, value in vars(self).items() if value}

    def __str__(self) -> str:
        return f"rule {self.rule}" if self.rule else f"recommendation {self.recommendation} of {self.benchmark}"


@dataclass(frozen=True)
class ExceptionDecision:
    """A documented exception: ``rules`` stay as they are until it expires, and somebody answers for that.

    ``expires`` is the last day on which it holds, in the time zone. ``expired``: that day was over when the run began;
    the whole run on a host keeps to that.
    """

    subject: Subject
    rules: tuple[str, ...]
    reason: str
    approved_by: str
    expires: date
    timezone: str
    compensating: tuple[str, ...]
    expired: bool

    def covers(self, planned: PlannedRule) -> bool:
        """Return whether a rule of a benchmark is meant."""
        return self.is_of(planned.rule.id, planned.benchmark)

    def is_of(self, rule: str, benchmark: str) -> bool:
        """Return the same for the ids of rule and benchmark."""
        return rule in self.rules and self.subject.benchmark in ("", benchmark)

    @property
    def said(self) -> str:
        """What it says of its rule: ``the rule is ...``."""
        if not self.expired:
            return f"excepted until {self.expires} by {self.approved_by}: {self.reason}"
        return (
            f"no longer excepted: its exception by {self.approved_by} expired on {self.expires} ({self.timezone}). "
            f"Renew it in {OPTION}, or remove it there and the rule is fixed"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form of the remediation record."""
        result: dict[str, Any] = {
            **self.subject.as_dict(),
            "reason": self.reason,
            "approved_by": self.approved_by,
            "expires": self.expires.isoformat(),
            "timezone": self.timezone,
            "state": "expired" if self.expired else "in_force",
        }
        if self.compensating:
            result["compensating"] = list(self.compensating)
        return result


@dataclass(frozen=True)
class Decisions:
    """All decisions of a site that concern a host."""

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
        return max(covering, key=lambda one: (not one.expired, one.expires), default=None)

    def mark(self, findings: Iterable[dict[str, Any]]) -> None:
        """Write into findings of a host record the exception that stands beside them; the outcome stays what it is."""
        for finding in findings:
            exception = self._longest(finding["rule"], finding["benchmark"])
            if exception and finding["outcome"] not in ("pass", "not_applicable"):
                finding["exception"] = exception.as_dict()


def load(given: Any, known: Catalog, now: datetime) -> Decisions:
    """Return the decisions of a site's list of exceptions at a moment that has a time zone.

    Raises `HipaaCisError` with every fault: an exception that is misunderstood would leave a gap or open one.
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise HipaaCisError(
            f"{OPTION} has to be a list of exceptions, so nothing was begun. Where it is one and comes out of an expression, "
            f"write the dates in it in quotes ('2027-03-01'): some versions of Ansible make a text of it else. It is: {given!r:.200}"
        )
    if not given:
        return Decisions()
    listed = _Listed([_with_text_date(item) for item in given])
    faults = schema_check.problems(listed, "decisions")
    if not faults:
        faults = [*_unknown_names(listed, known), *_twice(listed), *_wrong_times(listed, now)]
    if faults:
        raise HipaaCisError(
            f"{OPTION} cannot be used, so nothing was begun:\n" + "\n".join(f"  {line}" for line in faults)
        )
    return Decisions(tuple(_decision(item, known, now) for item in listed.items))


@dataclass(frozen=True)
class _Listed:
    """The list as it was given, for messages that name the place."""

    items: list[Any]

    @property
    def data(self) -> dict[str, Any]:
        """The form of the schema: a file of decisions may hold more than exceptions."""
        return {"exceptions": self.items}

    def problem(self, steps: Sequence[Any], message: str) -> str:
        """Return the message with its place and what is wanted there, which the schema says."""
        schema = schema_check.validator("decisions").schema["$defs"]["exception"]
        key = next((step for step in steps[2:] if step in schema["properties"]), None)
        number = steps[1]
        place = f"exception {number + 1}" + self._named(self.items[number]) + (f", {key}" if key else "")
        wanted = (schema["properties"][key] if key else schema)["description"]
        return f"{place}: {message.rstrip('.')}. {wanted}"

    @staticmethod
    def _named(item: Any) -> str:
        if not isinstance(item, Mapping) or not (item.get("rule") or item.get("recommendation")):
            return ""
        return f" ({_subject(item)})"


def _with_text_date(item: Any) -> Any:
    """Return an item with the date that YAML made of ``2027-03-01`` as text again, as it comes from JSON."""
    if not isinstance(item, Mapping):
        return item
    return {
        key: value.isoformat() if key == "expires" and isinstance(value, date) else value for key, value in item.items()
    }


def _subject(item: Mapping[str, Any]) -> Subject:
    return Subject(*(str(item.get(key, "")).strip() for key in ("rule", "benchmark", "recommendation")))


def _unknown_names(listed: _Listed, known: Catalog) -> Iterator[str]:
    for number, item in enumerate(listed.items):
        subject = _subject(item)
        for key, allowed in _allowed(subject, known):
            name = getattr(subject, key)
            if name not in allowed:
                yield listed.problem(["exceptions", number, key], unknown(key, name, allowed))
                break


def _allowed(subject: Subject, known: Catalog) -> Iterator[tuple[str, set[str]]]:
    """Yield (key, names the catalog knows), the benchmark before its recommendations."""
    if subject.rule:
        yield "rule", set(known.rules)
        return
    yield "benchmark", set(known.benchmarks)
    yield "recommendation", {item.id for item in known.benchmarks[subject.benchmark].recommendations}


def _twice(listed: _Listed) -> Iterator[str]:
    first: dict[Subject, int] = {}
    for number, item in enumerate(listed.items):
        subject = _subject(item)
        if subject in first:
            message = f"it stands twice, exception {first[subject] + 1} is about the same; keep one of them"
            yield listed.problem(["exceptions", number], message)
        first.setdefault(subject, number)


def _wrong_times(listed: _Listed, now: datetime) -> Iterator[str]:
    for number, item in enumerate(listed.items):
        try:
            today = now.astimezone(_zone(item, "it")).date()
        except HipaaCisError as problem:
            yield listed.problem(["exceptions", number, "timezone"], str(problem))
            continue
        try:
            days = (date.fromisoformat(item["expires"]) - today).days
        except ValueError as problem:
            yield listed.problem(["exceptions", number, "expires"], f"{item['expires']} is no date, for {problem}")
            continue
        if days > MAX_DAYS:
            message = (
                f"{item['expires']} is {days} days ahead; an exception holds at most {MAX_DAYS} and is then renewed"
            )
            yield listed.problem(["exceptions", number, "expires"], message)


def _zone(item: Mapping[str, Any], place: str) -> tzinfo:
    name = _text(item.get("timezone", _UTC))
    # A controller without time zone data knows this one all the same.
    return timezone.utc if name == _UTC else time_zone(name, place)


def _decision(item: Mapping[str, Any], known: Catalog, now: datetime) -> ExceptionDecision:
    subject = _subject(item)
    expires = date.fromisoformat(item["expires"])
    # Where midnight is missing or comes twice, the first moment that may be meant: it rather ends too early.
    ends = datetime.combine(expires + timedelta(days=1), time(), _zone(item, OPTION))
    return ExceptionDecision(
        subject=subject,
        rules=subject.rules(known),
        reason=_text(item["reason"]),
        approved_by=_text(item["approved_by"]),
        expires=expires,
        timezone=_text(item.get("timezone", _UTC)),
        compensating=tuple(_text(one) for one in item.get("compensating", ())),
        expired=now >= ends.astimezone(timezone.utc),
    )


def _text(given: str) -> str:
    return " ".join(given.split())
