# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters: what a site set, of the right type, and whether it is looser than the benchmark allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import WRITTEN_KEYS, Benchmark, Catalog, Setting
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown


@dataclass(frozen=True)
class Value:
    """A parameter's value in force: ``value`` is judged, ``written`` is what remediation writes.

    ``looser_than_bound`` says what the benchmark demands where the value does not.
    """

    value: Any
    written: Any
    default: Any
    origin: str
    unit: str = ""
    looser_than_bound: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form of the host record."""
        result = {"value": self.value, "default": self.default, "origin": self.origin}
        if self.unit:
            result["unit"] = self.unit
        if self.looser_than_bound:
            result["looser_than_bound"] = self.looser_than_bound
        return result


def type_problem(kind: str, value: Any) -> str:
    """Return what is wrong with a value's type, or an empty text."""
    fits = {
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "string": isinstance(value, str),
        "list": isinstance(value, list) and all(isinstance(item, (str, int)) for item in value),
    }[kind]
    return "" if fits else f"has to be of type {kind}, it is {value!r}"


def resolve(catalog: Catalog, benchmark: Benchmark, site: Mapping[str, Any]) -> dict[str, Value]:
    """Return every parameter's value for a benchmark, with the site's values laid over the defaults.

    ``site``: parameter id -> value. Raises `HipaaCisError` on an unknown name or a wrong type.
    """
    for name in site:
        if name not in catalog.parameters:
            raise HipaaCisError(unknown("parameter", name, catalog.parameters))
    return {name: _value(catalog, benchmark, name, site) for name in catalog.parameters}


def _value(catalog: Catalog, benchmark: Benchmark, name: str, site: Mapping[str, Any]) -> Value:
    parameter = catalog.parameters[name]
    changed = benchmark.parameters.get(name, {})
    default = changed.get("default", parameter.default)
    bound = changed.get("bound", parameter.bound)
    if name not in site:
        written = changed.get("written", parameter.written)
        return Value(default, default if written is None else written, default, "default", parameter.unit)
    value = _coerced(parameter.type, site[name])
    wrong = type_problem(parameter.type, value)
    if wrong:
        raise HipaaCisError(f"The parameter '{name}' ({parameter.title}) {wrong}.")
    looser = "" if bound is None or matchers.matches(bound, value) else matchers.describe(bound)
    return Value(value, value, default, "site", parameter.unit, looser)


def _coerced(kind: str, value: Any) -> Any:
    """Return a text as the number or truth value it spells: what comes out of a template is text."""
    if kind == "integer" and isinstance(value, str):
        number = matchers.number(value)
        return number if isinstance(number, int) else value
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), value)
    return value


def substitute(setting: Setting, values: Mapping[str, Value]) -> Setting:
    """Return a setting, or a group of them, with every ``{parameter: name}`` replaced by the value in force.

    In what remediation writes that is the written value, everywhere else the one that is judged.
    """
    for group in ("any_of", "all_of"):
        if group in setting:
            return {group: [substitute(member, values) for member in setting[group]]}
    judged = {name: value.value for name, value in values.items()}
    written = {name: value.written for name, value in values.items()}
    return {key: _filled(node, written if key in WRITTEN_KEYS else judged) for key, node in setting.items()}


def _filled(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        if set(node) == {"parameter"}:
            return values[node["parameter"]]
        return {key: _filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(item, values) for item in node]
    return node
