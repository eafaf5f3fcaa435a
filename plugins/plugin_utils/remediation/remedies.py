# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remedies: which settings of a failing rule are to be changed, and to what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Kind, Platform, Setting
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.held_settings import HeldSettings, Hold

PLAIN = "plain"
CONNECTION = "connection"
# A rule that disrupts one of these may cut the controller off, whatever kind of setting it is.
_CUTS_OFF = frozenset({"login", "network", "sessions"})
_NOTHING = object()


class NoRemedy(Exception):
    """A rule can't be fixed automatically. The text says why."""


class Held(NoRemedy):
    """A rule shares a setting with an excepted rule, so it is not fixed either."""

    def __init__(self, hold: Hold) -> None:
        self.exception = hold.exception
        super().__init__(hold.said)


@dataclass
class Change:
    """One setting to be changed on a host, for one or several rules.

    ``write_out``: it holds and is only written out. ``closes``: the ways in that its rules mean to close.
    """

    id: str
    kind: str
    address: Mapping[str, Any]
    wanted: Any
    group: str
    rules: list[str] = field(default_factory=list)
    write_out: bool = False
    closes: tuple[str, ...] = ()

    def as_request(self) -> list[Any]:
        """Return the form that the apply module takes."""
        closes = [list(self.closes)] if self.closes else []
        return [self.kind, dict(self.address), self.wanted, *closes]


def wanted_value(setting: Setting) -> Any:
    """Return what is to be written for a setting. Raises `NoRemedy` where the catalog does not say it."""
    if "set" in setting:
        return setting["set"]
    found = _stated(setting["kind"], setting.get("expect") or {})
    if found is _NOTHING:
        raise NoRemedy("no value is safe to be set automatically")
    return found


def _stated(kind: str, expectation: Mapping[str, Any]) -> Any:
    """Return the one value that an expectation allows, if it states one."""
    if "equals" in expectation:
        return expectation["equals"]
    if "fields" in expectation:
        values = {name: _stated(kind, nested) for name, nested in expectation["fields"].items()}
        return _NOTHING if any(value is _NOTHING for value in values.values()) else values
    if kind == "package":
        return True if "present" in expectation else False if "absent" in expectation else _NOTHING
    return _NOTHING


def _number_of(value: Any) -> Any:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value) else value


def _only_failing(kind: Kind, expectation: Mapping[str, Any], document: Mapping[str, Any], wanted: Any) -> Any:
    """Return of what is wanted only the keys whose fields fail: an owner that is allowed is not changed with a mode.

    Keys that belong to no field say how it is done, and stay.
    """
    fields = _fields(expectation)
    failing = {name for name, nested in fields.items() if not matchers.matches(nested, matchers.field(document, name))}
    keys = {kind.fields_written.get(name) for name in failing}
    of_fields = set(kind.fields_written.values())
    return {key: value for key, value in wanted.items() if key in keys or key not in of_fields} if failing else wanted


def _fields(expectation: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = expectation.get("each", expectation)
    found: Mapping[str, Any] = inner.get("fields", {})
    return found


class Remedies:
    """Collects the changes that failing rules of one platform need on one host.

    ``refused``: ids of changes that the host refused or that failed, ``held``: settings that stay as they are; where
    a rule has another way, that is taken.
    """

    def __init__(
        self, platform: Platform, judge: Judge, refused: Collection[str] = (), held: HeldSettings | None = None
    ) -> None:
        self._platform = platform
        self._judge = judge
        self._refused = refused
        self._held = held
        self.changes: dict[str, Change] = {}

    def add(self, planned: PlannedRule) -> list[Change]:
        """Return the changes of a rule, put together with those of other rules. Raises `NoRemedy`."""
        if planned.rule.manual:
            raise NoRemedy("a person has to judge it")
        leaves = self._failing(planned, planned.settings)
        if not leaves:
            only = (
                "the site's own parameter is what is wrong" if planned.loose else "none of its settings fails by itself"
            )
            raise NoRemedy(only)
        made = [change for leaf in self._written(leaves) for change in self._changes_of(planned, leaf)]
        self._join(planned, made)
        return made

    def _written(self, leaves: Sequence[Setting]) -> list[Setting]:
        """Return what is to be changed of what fails; the effect of that is looked at afterwards. Raises `NoRemedy`."""
        written = [leaf for leaf in leaves if not self._platform.kinds[leaf["kind"]].effect]
        if leaves and not written:
            raise NoRemedy(f"{self._judge.check(leaves[0]).setting} cannot be changed automatically")
        return written

    def _join(self, planned: PlannedRule, made: Iterable[Change]) -> None:
        for change in made:
            hold = self._hold(change)
            if hold:
                raise Held(hold)
        for change in made:
            known = self.changes.setdefault(change.id, change)
            known.rules.append(planned.rule.id)
            known.write_out = known.write_out and change.write_out
            known.closes = tuple(dict.fromkeys([*known.closes, *change.closes]))
            if change.group == CONNECTION:
                known.group = CONNECTION

    def write_out(self, planned: PlannedRule) -> None:
        """Add the changes that write out what holds by a program's default only, or only where few look for it."""
        if planned.rule.manual or self._judge.condition(planned.rule.applies_if) != ("", None):
            return
        for leaf, wanted in self._unwritten(planned.settings):
            change = self._change(planned, leaf, leaf["address"], wanted)
            change.write_out = True
            if not self._hold(change):
                self._join(planned, [change])

    def _unwritten(self, settings: Iterable[Setting]) -> Iterator[tuple[Setting, Any]]:
        for setting in settings:
            if "any_of" in setting:
                # The one that holds is the one that the verdict stands on.
                yield from self._unwritten([part for part in setting["any_of"] if self._judge.holds(part)][:1])
            elif "all_of" in setting:
                yield from self._unwritten(setting["all_of"])
            elif self._platform.kinds[setting["kind"]].write and self._judge.holds(setting):
                value = self._value_written_out(setting)
                if value is not _NOTHING:
                    yield setting, value

    def _value_written_out(self, setting: Setting) -> Any:
        """Return what is to be written of a setting that holds, or nothing where it is written already."""
        seen = self._judge.observation(setting)
        value, default = seen.get("value"), seen.get("default")
        if "write_out" in setting and (default or seen.get("state") == "absent"):
            return setting["write_out"]
        # A document tells what is seen in another form than what is written.
        if not isinstance(value, Mapping):
            return _number_of(value) if default else _NOTHING
        fields = self._platform.kinds[setting["kind"]].write_out
        holds = value.get(fields["value"]) if fields and value.get(fields["stated"]) is False else None
        return holds if isinstance(holds, str) else _NOTHING

    def _hold(self, change: Change) -> Hold | None:
        return self._held.of(change.kind, change.address, change.wanted) if self._held else None

    def _changes_of(self, planned: PlannedRule, leaf: Setting) -> list[Change]:
        kind = self._platform.kinds[leaf["kind"]]
        wanted = wanted_value(leaf)
        documents = self._judge.failing_documents(leaf) if kind.fields_written and isinstance(wanted, Mapping) else None
        if documents is None:
            return [self._change(planned, leaf, leaf["address"], wanted)]
        changes = []
        for document in documents:
            address = leaf["address"]
            if kind.elements and kind.elements not in address:
                if not isinstance(document.get(kind.elements), str):
                    raise NoRemedy(f"the host does not say the {kind.elements} of what fails")
                address = {kind.elements: document[kind.elements]}
            changes.append(self._change(planned, leaf, address, _only_failing(kind, leaf["expect"], document, wanted)))
        return changes

    def _change(self, planned: PlannedRule, leaf: Setting, address: Mapping[str, Any], wanted: Any) -> Change:
        kind = self._platform.kinds[leaf["kind"]]
        cuts_off = kind.write == CONNECTION or planned.rule.disrupts in _CUTS_OFF
        return Change(
            f"{setting_key({'kind': leaf['kind'], 'address': address})} = {wanted!r}",
            leaf["kind"],
            address,
            wanted,
            CONNECTION if cuts_off or planned.rule.closes else PLAIN,
            closes=planned.rule.closes,
        )

    def _failing(self, planned: PlannedRule, settings: Sequence[Setting]) -> list[Setting]:
        return [leaf for setting in settings for leaf in self._failing_of(planned, setting)]

    def _failing_of(self, planned: PlannedRule, setting: Setting) -> list[Setting]:
        if "any_of" in setting:
            return self._first_remedy(planned, setting["any_of"])
        if "all_of" in setting:
            return self._failing(planned, setting["all_of"])
        otherwise, problem = self._judge.condition(setting.get("applies_if", ()))
        if otherwise:
            return []
        check = problem or self._judge.check(setting)
        if check.outcome == "error":
            raise NoRemedy(f"{check.setting} could not be read: {check.reason}")
        if check.outcome != "fail":
            return []
        kind = self._platform.kinds[setting["kind"]]
        if kind.effect:
            return [setting]
        if not kind.write:
            raise NoRemedy(f"{check.setting} cannot be changed automatically")
        wanted_value(setting)
        return [setting]

    def _first_remedy(self, planned: PlannedRule, alternatives: Iterable[Setting]) -> list[Setting]:
        """Return the changes of the first alternative that can be brought about; none where one holds already, or none applies here."""
        remedies: list[list[Setting]] = []
        reason = ""
        for alternative in alternatives:
            if self._is_dropped(alternative):
                continue
            try:
                failing = self._failing_of(planned, alternative)
                self._written(failing)
            except NoRemedy as problem:
                reason = str(problem)
                continue
            if not failing:
                return []
            remedies.append(failing)
        if reason and not remedies:
            raise NoRemedy(reason)
        return next(
            (leaves for leaves in remedies if not self._is_refused(planned, leaves)), remedies[0] if remedies else []
        )

    def _is_refused(self, planned: PlannedRule, leaves: Sequence[Setting]) -> bool:
        changes = (change for leaf in self._written(leaves) for change in self._changes_of(planned, leaf))
        return any(change.id in self._refused or self._hold(change) for change in changes)

    def _is_dropped(self, setting: Setting) -> bool:
        """Return whether nothing of a setting applies on this host."""
        if "any_of" in setting or "all_of" in setting:
            return all(self._is_dropped(part) for part in setting.get("any_of") or setting["all_of"])
        return bool(self._judge.condition(setting.get("applies_if", ()))[0])
