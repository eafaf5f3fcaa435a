# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the values of parameters: of the right type, inside the bound, and what is written passes what is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import WRITTEN_KEYS, Setting, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.settings import Place, parameters_in
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import Value, substitute, type_problem
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.yaml_file import YamlFile

_NAMES = {"default": "default", "written": "written value"}
Parameters = Mapping[str, Mapping[str, Any]]


def value_problems(file: YamlFile, place: Place, parameter: Mapping[str, Any]) -> Iterator[str]:
    """Yield which of a parameter's own values has the wrong type or lies outside its bound."""
    for key, what in _NAMES.items():
        if key in parameter:
            wrong = type_problem(parameter["type"], parameter[key])
            if not wrong and "bound" in parameter and not matchers.matches(parameter["bound"], parameter[key]):
                wrong = "is outside its own bound"
            if wrong:
                yield file.problem([*place, key], f"the {what} of '{parameter['id']}' {wrong}")


def written_problems(parsed: Mapping[str, Iterable[YamlFile]], checked: Mapping[str, Any]) -> Iterator[str]:
    """Yield the written values that do not surely pass the rules that write them, where these are judged by defaults.

    In each benchmark by its own. The catalog has to be sound otherwise.
    """
    rules, parameters = checked["rules"], checked["parameters"]
    unsure = list(_unsure(rules, parameters))
    for file in parsed["parameters"]:
        for index, item in enumerate(file.data["parameters"]):
            for name, rule in unsure:
                if name == item["id"]:
                    yield file.problem(["parameters", index, "written"], _said(name, rule))
    for file in parsed["benchmarks"]:
        changed = file.data.get("parameters", {})
        its_own = {name: {**item, **changed.get(name, {})} for name, item in parameters.items()}
        for name, rule in _unsure(rules, its_own) if changed else ():
            if (name, rule) not in unsure:
                yield file.problem(["parameters", name, "written"], _said(name, rule))


def _said(name: str, rule: str) -> str:
    return f"the written value of '{name}' does not surely pass the rule '{rule}', judged by the default"


def _unsure(rules: Mapping[str, Any], parameters: Parameters) -> Iterator[tuple[str, str]]:
    """Yield (parameter, rule)."""
    values = {
        name: Value(item["default"], item.get("written", item["default"]), item["default"], "default")
        for name, item in parameters.items()
    }
    for rule in rules.values():
        for leaf in leaves(rule.get("settings", ())):
            for key in WRITTEN_KEYS:
                for name in parameters_in(leaf.get(key)):
                    if "written" in parameters[name] and not _passes(leaf, key, name, values):
                        yield name, rule["id"]


def _passes(leaf: Setting, key: str, name: str, values: Mapping[str, Value]) -> bool:
    """Return whether a setting that writes nothing but a parameter passes with what it writes."""
    filled = substitute(leaf, values)
    bare = leaf[key] == {"parameter": name} and "select" not in leaf and "expect" in leaf
    return bare and matchers.matches(filled["expect"], filled[key])
