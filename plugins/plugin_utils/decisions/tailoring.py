# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that a site sets by a decision: one that is looser than the benchmark's bound then is no bare failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.parameters import coerced
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, Parameter
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import type_problem
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import days
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import Context, Item
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import unknown

SECTION = "tailoring"
_KEPT = ("id", "reason", "approved_by", "proposed_by", "approved_on", "expires", "ticket")


def faults(item: Item, context: Context) -> Iterator[tuple[str, str]]:
    """Yield (key, message) for each fault of an entry that fits the schema."""
    parameter = context.known.parameters.get(item["parameter"].strip())
    if parameter is None:
        yield "parameter", unknown("parameter", item["parameter"], context.known.parameters)
    else:
        wrong = type_problem(parameter.type, coerced(parameter.type, item["value"]))
        if wrong:
            yield "value", f"it {wrong}"
        elif parameter.firm and _looser(parameter, item["value"], context.known):
            demanded = matchers.describe(parameter.bound or {})
            told = f"it is looser than the benchmark's bound ({demanded}), by which its rule judges besides, so the rule would fail all the same"
            yield "value", f"{told}; document an exception of the rule instead"
    yield from days.faults(item, context.now, "approved_on", "expires")


def _looser(parameter: Parameter, given: Any, known: Catalog) -> bool:
    """Return whether a value is outside of the bound of the parameter, or of any benchmark that has its own."""
    benchmarks = [one for newest in known.benchmarks.values() for one in newest.versions]
    bounds = [one.parameters.get(parameter.id, {}).get("bound") for one in benchmarks]
    value = coerced(parameter.type, given)
    return any(bound is not None and not matchers.matches(bound, value) for bound in [parameter.bound, *bounds])


def made(item: Item, context: Context) -> list[dict[str, Any]]:
    """Return the tailoring of a sound entry in the form of the records."""
    name = item["parameter"].strip()
    kept = {key: item[key] for key in _KEPT if key in item}
    state = days.state(item, context.now, "approved_on", "expires")
    value = coerced(context.known.parameters[name].type, item["value"])
    return [{"parameter": name, "value": value, **kept, "timezone": days.zone_name(item), "state": state}]


def identity(item: Item) -> Any:
    """Return what makes two entries the same one."""
    return item["parameter"].strip(), tuple(sorted(item.get("hosts", ())))
