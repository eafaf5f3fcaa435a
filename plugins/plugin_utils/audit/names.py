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


def as_called(catalog: Catalog, benchmark: Benchmark, rule_id: str) -> Rule:
    """Return a rule as it is asked of a benchmark's hosts: settings, conditions, their reasons and the fix in their names."""
    rule = catalog.rules[rule_id]
    if not benchmark.names:
        return rule
    families = catalog.platforms[benchmark.platform].names
    names: dict[str, dict[str, str]] = {}
    for family in benchmark.names:
        for kind, called in families[family].items():
            names.setdefault(kind, {}).update(called)
    return replace(
        rule,
        applies_if=tuple(_condition(condition, names) for condition in rule.applies_if),
        settings=tuple(_setting(setting, names) for setting in rule.settings),
        fix=_fix(rule, names),
    )


def _setting(setting: Setting, names: Names) -> Setting:
    for group in ("any_of", "all_of"):
        if group in setting:
            return {group: [_setting(member, names) for member in setting[group]]}
    changed: dict[str, Any] = {}
    if setting["kind"] in names:
        changed["address"] = _address(setting, names)
    if "applies_if" in setting:
        changed["applies_if"] = [_condition(condition, names) for condition in setting["applies_if"]]
    return {**setting, **changed} if changed else setting


def _address(setting: Setting, names: Names) -> dict[str, Any]:
    name = setting["address"].get("name")
    return {**setting["address"], "name": names[setting["kind"]].get(str(name), name)}


def _condition(condition: Mapping[str, Any], names: Names) -> Mapping[str, Any]:
    asked = condition["setting"]
    if asked["kind"] not in names:
        return condition
    called = _address(asked, names)
    otherwise = condition["otherwise"].replace(str(asked["address"]["name"]), str(called["name"]))
    return {"setting": {**asked, "address": called}, "otherwise": otherwise}


def _fix(rule: Rule, names: Names) -> str:
    """Return the fix with the names that the rule's own settings have there, one that stands for two of them once."""
    asked = [(leaf["kind"], str(leaf["address"].get("name"))) for leaf in leaves(rule.settings)]
    said = {name: names[kind][name] for kind, name in asked if name in names.get(kind, ())}
    if not said:
        return rule.fix
    one = "|".join(re.escape(name) for name in sorted(said, key=len, reverse=True))
    text = re.sub(rf"(?<![\w./-])(?:{one})(?![\w-]|\.\w)", lambda found: said[found[0]], rule.fix, flags=re.ASCII)
    return re.sub(r"(?<![\w-])([\w.+-]+) and \1(?![\w-])", r"\1", text)
