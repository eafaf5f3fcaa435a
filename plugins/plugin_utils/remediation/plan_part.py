# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be changed on a host, as the plan has it, and what of a plan the host is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import DISRUPTIONS
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.platform import PlatformRemediation

# change -> what -> [digest of what was read, of what it becomes, of the changes that share it]
Approved = dict[str, dict[str, list[str]]]


def planned_changes(done: Sequence[PlatformRemediation]) -> list[dict[str, Any]]:
    """Return the planned changes of a host in the order of their ids, each with its parts."""
    made = [_change(one, name) for one in done for name in one.planned()]
    return sorted(made, key=lambda change: (change["platform"], change["id"]))


def _change(done: PlatformRemediation, name: str) -> dict[str, Any]:
    change = done.tried[name]
    parts = [part for part in done.parts if name in part["changes"]]
    rules = sorted(set(change.rules))
    return {
        "id": name,
        "platform": done.platform,
        "rules": rules,
        "kind": change.kind,
        "address": dict(change.address),
        "disrupts": max((done.disruption_of(rule) for rule in rules), key=DISRUPTIONS.index, default="none"),
        "group": change.group,
        "steps": sorted((_step(part) for part in parts), key=lambda step: str(step["what"])),
    }


def _step(part: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("what", "type", "from", "to", "read", "gives")
    step = {key: part[key] for key in kept}
    if part.get("owned_by"):
        step["owned_by"] = part["owned_by"]
    if part["type"] in ("file", "kernel"):
        step["path"] = part["what"]
    return {**step, "together": _together(part["changes"])}


def _together(changes: Sequence[str]) -> str:
    """Return the digest of the changes that share a part, as the host takes it (`change.approval`)."""
    return hashlib.sha256(json.dumps(sorted(changes), separators=(",", ":")).encode()).hexdigest()


def approved_by(task: Mapping[str, Any], platform: str) -> Approved:
    """Return what a task of the plan approves on one platform, in the form that a host takes."""
    return {
        change["id"]: {step["what"]: [step["read"], step["gives"], step["together"]] for step in change["steps"]}
        for change in task["changes"]
        if change["platform"] == platform
    }
