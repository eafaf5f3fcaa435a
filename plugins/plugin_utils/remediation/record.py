# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The remediation record: what a run changed on a host, as ``catalog/schema/remediation_record.json`` has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Finding
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.limits import Limits
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.platform import PlatformRemediation
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.rule_result import RESULTS, RuleResult
from ansible_collections.hipaa.cis.plugins.plugin_utils.version import COLLECTION_VERSION

SCHEMA = "hipaa.cis/remediation_record/1"


def make_record(
    host: str, limits: Limits, times: tuple[str, str], done: Sequence[PlatformRemediation], not_begun: str = ""
) -> dict[str, Any]:
    """Return the record of one host. ``times``: start and end, UTC; ``not_begun``: why it was not even looked at."""
    results = [result for one in done for result in one.results()]
    counts = Counter(result.result for result in results)
    not_begun = not_begun or next((one.not_begun for one in done if one.not_begun), "")
    broke_off = [{"broke_off": str(one.broke_off)} for one in done if one.broke_off]
    return {
        **(broke_off[0] if broke_off else {}),
        **({"plan_digest": limits.plan_digest} if limits.plan_digest else {}),
        **({"not_begun": not_begun} if not_begun else {}),
        "schema": SCHEMA,
        "run_id": limits.run_id,
        "host": host,
        "check_mode": limits.check,
        "started_at": times[0],
        "finished_at": times[1],
        "collection_version": COLLECTION_VERSION,
        "allowed_disruption": sorted(limits.disruption),
        "changed": any(one.changed for one in done),
        "reverted": any(one.reverted for one in done),
        "pending_reboot": [text for one in done for text in one.pending_reboot],
        "warnings": [text for one in done for text in one.warnings] + _expired(results),
        "steps": [_step(step) for one in done for step in one.steps],
        "counts": {name: counts[name] for name in RESULTS},
        "results": [_result(result) for result in results],
    }


def _expired(results: Sequence[RuleResult]) -> list[str]:
    """Return a warning of each rule that was skipped for an exception of its own that is over."""
    return [
        f"The rule {result.planned.rule.id} was skipped, for it is {result.reason}."
        for result in results
        if result.result == "skipped" and result.exception and result.exception.expired
        if result.exception.covers(result.planned)
    ]


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    return {key: step[key] for key in ("type", "label", "group", "path", "argv") if key in step}


def _result(result: RuleResult) -> dict[str, Any]:
    rule = result.planned.rule
    record: dict[str, Any] = {
        "rule": rule.id,
        "title": rule.title,
        "benchmark": result.planned.benchmark,
        "recommendations": list(result.planned.recommendations),
        "severity": rule.severity,
        "disrupts": rule.disrupts,
        "result": result.result,
        "before": _seen(result.before),
        "after": _seen(result.after),
        "changes": result.changes,
    }
    if result.reason:
        record["reason"] = result.reason
    if result.exception:
        record["exception"] = result.exception.as_dict()
    return record


def _seen(finding: Finding) -> dict[str, Any]:
    return {
        "outcome": finding.outcome,
        "observed": [f"{check.setting}: {check.observed}" for check in finding.checks if check.observed],
    }
