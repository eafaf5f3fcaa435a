# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the main process makes once for a fleet, before it forks a worker for each host: the plan, and the words of its checks.

A worker that finds nothing ready makes its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import keep_plan, make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

# Hosts that have to share a plan for it to be worth it, and plans that are made: what a few hosts share they make themselves.
LEAST_HOSTS, MOST_PLANS = 20, 4
_made: set[str] = set()
_SELECTED = (
    "benchmarks",
    "level",
    "profile",
    "include",
    "exclude",
    "meant_level",
    "meant_profile",
    "profiles",
    "platforms",
)


def asked(
    catalogs: Sequence[str], framework: str, selection: Selection, values: Mapping[str, Any], options: Mapping[str, Any]
) -> str:
    """Return what hosts are asked for, as JSON: ``make`` takes it."""
    selected = {name: getattr(selection, name) for name in _SELECTED}
    return json.dumps([list(catalogs), framework, selected, dict(values), dict(options)], default=str)


def make(text: str) -> None:
    """Make ready what `asked` says, for processes that are forked from this one. Raises `HipaaCisError`."""
    if text in _made or len(_made) == MOST_PLANS:
        return
    _made.add(text)
    catalogs, framework, selected, values, options = json.loads(text)
    catalog = load_catalog(catalogs).under(framework)
    listed = {name: tuple(selected[name]) for name in ("benchmarks", "profiles", "platforms")}
    selection = Selection(**{**selected, **listed})
    plans = make_plan(catalog, selection, values, options)
    for plan in plans:
        judge.make_ready(plan)
        plan.sent  # noqa: B018 - it is kept where it is asked for once
    keep_plan(catalog, selection, values, options, plans)
