# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules with the names that a benchmark's distributions have for packages and units.

Rules name them as Debian does. What another family calls otherwise stands in one table of the platform, so no rule is copied for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Catalog, Rule, Setting, leaves

# Kind -> name in the rules -> name there.
Names = Mapping[str, Mapping[str, str]]


class Called:
    """The rules of a catalog as they are asked of a benchmark's hosts: settings, conditions, their reasons and the fix in their names.

    What has no other name there is the rule, or the part of it, itself; benchmarks of the same families share the rest.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._names: dict[tuple[str, tuple[str, ...]], Names] = {}
        self._rules: dict[tuple[tuple[str, tuple[str, ...]], str], Rule] = {}

    def rule(self, benchmark: Benchmark, rule_id: str) -> Rule:
        """Return a rule in the names of a benchmark's hosts."""
        rule = self._catalog.rules[rule_id]
        if not benchmark.names:
            return rule
        there = (benchmark.platform, tuple(benchmark.names))
        if there not in self._names:
            self._names[there] = self._merged(*there)
        if (there, rule_id) not in self._rules:
            self._rules[there, rule_id] = _called(rule, self._names[there])
        return self._rules[there, rule_id]

    def _merged(self, platform: str, families: tuple[str, ...]) -> Names:
        """Return the names of several families; those of a later one count."""
        names: dict[str, dict[str, str]] = {}
        for family in families:
            for kind, called in self._catalog.platforms[platform].names[family].items():
                names.setdefault(kind, {}).update(called)
        return names


def _called(rule: Rule, names: Names) -> Rule:
    applies_if = tuple(_condition(condition, names) for condition in rule.applies_if)
    settings = tuple(_setting(setting, names) for setting in rule.settings)
    same = all(
        one is other for one, other in zip((*applies_if, *settings), (*rule.applies_if, *rule.settings), strict=True)
    )
    return rule if same else replace(rule, applies_if=applies_if, settings=settings, fix=_fix(rule, names))


def _setting(setting: Setting, names: Names) -> Setting:
    for group in ("any_of", "all_of"):
        if group in setting:
            members = [_setting(member, names) for member in setting[group]]
            same = all(one is other for one, other in zip(members, setting[group], strict=True))
            return setting if same else {group: members}
    conditions = [_condition(condition, names) for condition in setting.get("applies_if", ())]
    if all(one is other for one, other in zip(conditions, setting.get("applies_if", ()), strict=True)):
        return _renamed(setting, names)
    return {**_renamed(setting, names), "applies_if": conditions}


def _renamed(setting: Setting, names: Names) -> Setting:
    """Return a setting with the name that its address has there, itself where that is the same."""
    called = names.get(setting["kind"], {}).get(str(setting["address"].get("name")))
    return setting if called is None else {**setting, "address": {**setting["address"], "name": called}}


def _condition(condition: Mapping[str, Any], names: Names) -> Mapping[str, Any]:
    asked = condition["setting"]
    called = _renamed(asked, names)
    if called is asked:
        return condition
    otherwise = condition["otherwise"].replace(str(asked["address"]["name"]), str(called["address"]["name"]))
    return {"setting": called, "otherwise": otherwise}


def _fix(rule: Rule, names: Names) -> str:
    """Return the fix with the names that the rule's own settings have there, one that stands for two of them once."""
    asked = [(leaf["kind"], str(leaf["address"].get("name"))) for leaf in leaves(rule.settings)]
    said = {name: names[kind][name] for kind, name in asked if name in names.get(kind, ())}
    if not said:
        return rule.fix
    one = "|".join(re.escape(name) for name in sorted(said, key=len, reverse=True))
    text = re.sub(rf"(?<![\w./-])(?:{one})(?![\w-]|\.\w)", lambda found: said[found[0]], rule.fix, flags=re.ASCII)
    return re.sub(r"(?<![\w-])([\w.+-]+) and \1(?![\w-])", r"\1", text)
