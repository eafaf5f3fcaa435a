# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves out of that which its host is meant to be held against.

A selection that is narrower than level and profile of the host says nothing of the rest: each rule, and each
recommendation that nothing judges yet, that it leaves out is named in the record, and no safeguard of it is clean.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Catalog, Recommendation

LEFT_OUT = "the run's selection leaves it out"


def left_out(
    catalog: Catalog, selection: Selection, benchmark: Benchmark, rules: Collection[str], unjudged: Collection[str]
) -> tuple[dict[str, Any], ...]:
    """Return what of a benchmark is meant and not looked at, in the form of the host record.

    ``rules``: ids of the rules that are looked at; ``unjudged``: ids of the selected recommendations without any.
    """
    items: list[dict[str, Any]] = []
    missed: dict[str, list[str]] = {}
    for recommendation in selection.meant_levels(benchmark):
        for rule in recommendation.rules:
            if rule not in rules:
                missed.setdefault(rule, []).append(recommendation.id)
        if not recommendation.rules and recommendation.id not in unjudged:
            items.append(_of_recommendation(benchmark, recommendation, _why(selection, recommendation)))
    by_id = {item.id: item for item in benchmark.recommendations}
    return (
        *(_of_rule(catalog, selection, benchmark, rule, [by_id[one] for one in ids]) for rule, ids in missed.items()),
        *items,
    )


def _of_rule(
    catalog: Catalog, selection: Selection, benchmark: Benchmark, rule: str, recommendations: list[Recommendation]
) -> dict[str, Any]:
    known = catalog.rules[rule]
    return {
        "benchmark": benchmark.name,
        "rule": rule,
        "recommendations": [item.id for item in recommendations],
        "title": known.title,
        "cites": known.cites,
        "reason": _why(selection, recommendations[0]),
    }


def _of_recommendation(benchmark: Benchmark, item: Recommendation, why: str) -> dict[str, Any]:
    return {
        "benchmark": benchmark.name,
        "recommendations": [item.id],
        "title": item.title,
        "cites": list(item.cites),
        "reason": why,
    }


def _why(selection: Selection, recommendation: Recommendation) -> str:
    if selection.lowest(recommendation) <= selection.level:
        return LEFT_OUT
    meant = selection.meant
    return (
        f"the run was of level {selection.level}, profile {selection.profile}; "
        f"the host is meant for level {meant['level']}, profile {meant['profile']}"
    )
