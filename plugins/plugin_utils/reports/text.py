# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from targets and inventories, made safe to look at.

Whatever a host says may be written by its attacker: characters that hide, reorder or overwrite other text are shown
by their number, and nothing is longer than its place. Escaping for HTML or CSV is done elsewhere, on top of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

# A cell in print: about 25 lines of a table's column.
MAX_CHARACTERS = 2000

REMEDIATION_WORDS = (
    ("already_right", "Already right"),
    ("fixed", "Fixed"),
    ("pending", "Fixed, pending"),
    ("would_fix", "Would be fixed"),
    ("still_failing", "Still failing"),
    ("skipped", "Skipped"),
    ("reverted", "Reverted"),
)
OUTCOME_WORDS = {
    "fail": "fail",
    "error": "error",
    "manual": "manual",
    "pass": "pass",
    "not_applicable": "not applicable",
    "not_audited": "not audited",
    "not_yet_automated": "not yet automated",
    "not_looked_at": "not looked at",
}
STATUS_WORDS = {
    "unreachable": "unreachable: no connection",
    "not_begun": "not begun",
    "not_assessed": "not assessed: no benchmark fits it",
    "failed": "failed: the host answered, but the audit could not be done",
    "missing": "missing: the run left no record of this host",
    "audited": "audited",
}


def exception(told: Mapping[str, Any] | None) -> str:
    """Return in words what a documented exception says; nothing where there is none."""
    if not told:
        return ""
    state = {
        "in_force": "excepted until",
        "expired": "exception EXPIRED on",
        "not_yet_valid": f"exception only from {told.get('approved_on')} to",
    }[told["state"]]
    beside = f"; instead: {'; '.join(told['compensating'])}" if told.get("compensating") else ""
    named = "".join(f" [{told[key]}]" for key in ("id", "ticket") if key in told)
    beside += f"; risk transferred to {told['transferred_to']}" if "transferred_to" in told else ""
    return f"{state} {told['expires']} by {told['approved_by']}{named}: {told['reason']}{_record(told)}{beside}"


def _record(told: Mapping[str, Any]) -> str:
    """Return what stands for an addressable specification by 164.306(d)(3)."""
    record = told.get("addressable")
    if not record:
        return ""
    if "alternative" in record:
        return f"; alternative by 164.306(d)(3): {record['alternative']}"
    return f"; no alternative by 164.306(d)(3): {record['no_alternative_because']}"


KINDS = {
    "vendor_conflict": "vendor conflict",
    "medical_device": "medical device",
    "clinical_workflow": "clinical workflow",
    "not_reasonable_and_appropriate": "not reasonable and appropriate",
    "other": "other",
}
FACTORS = {
    "size_and_complexity": "size, complexity and capabilities",
    "infrastructure": "technical infrastructure",
    "cost": "cost",
    "risk": "probability and criticality of the risk",
}


def exception_record(told: Mapping[str, Any]) -> str:
    """Return what an exception is documented with besides: its kind, who proposed it, its risk, and why by each factor of 164.306(b)(2)."""
    risk, why = told.get("risk"), told.get("addressable", {}).get("not_reasonable_because", {})
    parts = [
        *([f"kind: {KINDS.get(told['kind'], told['kind'])}"] if "kind" in told else []),
        *([f"proposed by {told['proposed_by']}"] if "proposed_by" in told else []),
        *([f"approved on {told['approved_on']}"] if "approved_on" in told else []),
        *([f"likelihood {risk['likelihood']}, impact on ePHI {risk['impact']}"] if risk else []),
        *([f"of the risk: {risk['note']}"] if risk and "note" in risk else []),
        *([f"evidence: {told['evidence']}"] if isinstance(told.get("evidence"), str) else []),
        *(f"not reasonable and appropriate by {word}: {why[key]}" for key, word in FACTORS.items() if key in why),
    ]
    return "; ".join(parts)


def parameters(finding: Mapping[str, Any]) -> str:
    """Return the values that a finding was judged by: ``name = value unit (site)``, separated by semicolons."""
    found = finding.get("parameters")
    if not found:
        return ""
    return "; ".join(
        f"{name} = {one['value']}{' ' + one['unit'] if one.get('unit') else ''} ({_origin(one)})"
        for name, one in sorted(found.items())
    )


def _origin(value: Mapping[str, Any]) -> str:
    """Return where a value comes from: the default, the site, or a decision of the site."""
    told = value.get("decision")
    named = f" [{told['id']}]" if told and "id" in told else ""
    return f"{value['origin']}, decided by {told['approved_by']}{named}" if told else str(value["origin"])


def visible(value: Any, limit: int = MAX_CHARACTERS) -> str:
    """Return a value as text in which nothing is hidden, at most about ``limit`` characters long.

    Line feeds stay. What was cut is said at the end. The result is always valid Unicode.
    """
    text = value if isinstance(value, str) else str(value)
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    kept = spelled_out(text[:limit].replace("\r\n", "\n")).replace("\t", "    ")
    if len(text) > limit or len(kept) > limit:
        kept = kept[:limit]
        kept += f" … [cut: {len(text):,} characters in all]"
    return kept


def one_line(value: Any, limit: int = MAX_CHARACTERS) -> str:
    """Return the same on a single line: line feeds become a mark."""
    return visible(value, limit).replace("\n", " ⏎ ")
