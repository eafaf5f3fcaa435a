# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that an excepted rule finds wrong: they stay as they are, also where another rule would change them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import BenchmarkPlan, PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Kind, Platform, Setting, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.exceptions import Decisions, ExceptionDecision


@dataclass(frozen=True)
class Hold:
    """A setting that stays as it is. ``keys``: only these keys of what would be written; None: all of it."""

    rule: str
    label: str
    exception: ExceptionDecision
    keys: frozenset[str] | None

    @property
    def said(self) -> str:
        """Why a rule that shares the setting is not fixed."""
        return f"{self.label} stays as it is, for the rule {self.rule} is {self.exception.said}"


class HeldSettings:
    """The settings that the excepted rules of a host's benchmarks find wrong.

    Rules that the run did not select count too: what is excepted does not depend on what a run looks at.
    """

    def __init__(self, platform: Platform, judge: Judge, plans: Sequence[BenchmarkPlan], decisions: Decisions) -> None:
        self._platform = platform
        self._judge = judge
        self._holds: dict[str, list[Hold]] = {}
        if decisions.exceptions:
            for plan in plans:
                for planned in (*plan.rules, *plan.beside):
                    exception = decisions.exception_of(planned)
                    if exception and judge.judge(planned).outcome in ("fail", "error"):
                        self._hold(planned, exception)

    def of(self, kind: str, address: Mapping[str, Any], wanted: Any) -> Hold | None:
        """Return what speaks against writing ``wanted``, if anything."""
        for hold in self._holds.get(setting_key({"kind": kind, "address": address}), ()):
            if hold.keys is None or not isinstance(wanted, Mapping) or hold.keys.intersection(wanted):
                return hold
        return None

    def _hold(self, planned: PlannedRule, exception: ExceptionDecision) -> None:
        for leaf in leaves(planned.settings):
            dropped, _problem = self._judge.condition(leaf.get("applies_if", ()))
            check = self._judge.check(leaf)
            if dropped or check.outcome != "fail":
                continue
            kind = self._platform.kinds[leaf["kind"]]
            hold = Hold(planned.rule.id, check.setting, exception, _keys(kind, leaf["expect"]))
            for address in self._addresses(kind, leaf):
                self._holds.setdefault(setting_key({"kind": leaf["kind"], "address": address}), []).append(hold)

    def _addresses(self, kind: Kind, leaf: Setting) -> Iterator[Mapping[str, Any]]:
        """Yield the setting's own address, and of a pattern that of everything found wrong below it."""
        yield leaf["address"]
        if kind.elements and kind.elements not in leaf["address"]:
            for document in self._judge.failing_documents(leaf) or ():
                if isinstance(document.get(kind.elements), str):
                    yield {kind.elements: document[kind.elements]}


def _keys(kind: Kind, expectation: Mapping[str, Any]) -> frozenset[str] | None:
    """Return what the rule would write: the owner of a file may be put right where its mode is excepted."""
    fields = expectation.get("each", expectation).get("fields", ())
    keys = {kind.fields_written.get(name) for name in fields}
    return frozenset(key for key in keys if key) if keys and None not in keys else None
