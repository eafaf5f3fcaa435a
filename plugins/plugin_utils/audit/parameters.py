# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of a run: what a site set, of the right type, and whether it is looser than the benchmark allows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import Value, type_problem
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown


def resolve(
    catalog: Catalog,
    benchmark: Benchmark,
    site: Mapping[str, Any],
    decided: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[str, Value]:
    """Return every parameter's value for a benchmark, with the site's values laid over the defaults.

    ``site``: parameter id -> value; ``decided``: parameter id -> tailoring in force, in the form of the records. It stands for
    the value that it names and no other. Raises `HipaaCisError` on an unknown name or a wrong type.
    """
    for name in site:
        if name not in catalog.parameters:
            raise HipaaCisError(unknown("parameter", name, catalog.parameters))
    return {name: _value(catalog, benchmark, name, site, decided.get(name)) for name in catalog.parameters}


def _value(
    catalog: Catalog, benchmark: Benchmark, name: str, site: Mapping[str, Any], tailoring: Mapping[str, Any] | None
) -> Value:
    parameter = catalog.parameters[name]
    changed = benchmark.parameters.get(name, {})
    default = changed.get("default", parameter.default)
    bound = changed.get("bound", parameter.bound)
    if name not in site:
        written = changed.get("written", parameter.written)
        return Value(default, default if written is None else written, default, "default", parameter.unit)
    value = coerced(parameter.type, site[name])
    wrong = type_problem(parameter.type, value)
    if wrong:
        raise HipaaCisError(f"The parameter '{name}' ({parameter.title}) {wrong}.")
    looser = "" if bound is None or matchers.matches(bound, value) else matchers.describe(bound)
    decision = tailoring if tailoring is not None and tailoring["value"] == value else None
    return Value(value, value, default, "site", parameter.unit, looser, decision)


def coerced(kind: str, value: Any) -> Any:
    """Return a text as the number or truth value it spells: what comes out of a template is text."""
    if kind == "integer" and isinstance(value, str):
        number = matchers.number(value)
        return number if isinstance(number, int) else value
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), value)
    return value
