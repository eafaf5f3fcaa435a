# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: which findings of a summary fail a pipeline, and what kind of failure it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

NAMES = (
    "gap_required",
    "gap_addressable",
    "error",
    "unreachable",
    "not_assessed",
    *(f"severity>={name}" for name in SEVERITIES),
)
MAX_LINES = 20
NOT_COMPLIANT = "THE HOSTS DO NOT COMPLY with hipaa_cis_fail_on:"
NOT_DONE = "THE AUDIT COULD NOT BE DONE in full:"
# What of the names a host of another status than "audited" trips.
_TRIPS = {
    "unreachable": "unreachable",
    "missing": "unreachable",
    "not_begun": "unreachable",
    "failed": "error",
    "not_assessed": "error",
}


@dataclass(frozen=True)
class Tripped:
    """What tripped the gate: hosts that do not comply, and audits that could not be done."""

    not_compliant: tuple[str, ...]
    not_done: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.not_compliant or self.not_done)

    def headline(self) -> str:
        """Return which of the two it is in one line, without the reasons."""
        parts = []
        if self.not_compliant:
            parts.append(f"{NOT_COMPLIANT} {_amount(self.not_compliant)}")
        if self.not_done:
            parts.append(f"{NOT_DONE} {_amount(self.not_done)}")
        return " ".join(parts)

    def message(self) -> str:
        """Return the text for the user; the first line says which of the two it is."""
        parts = []
        if self.not_compliant:
            parts.append(_section(NOT_COMPLIANT, self.not_compliant))
        if self.not_done:
            parts.append(_section(NOT_DONE, self.not_done))
        return "\n".join(parts)


def check_names(fail_on: Sequence[str]) -> list[str]:
    """Return the names without blanks. Raises `HipaaCisError` on one that is not known."""
    names = [re.sub(r"\s+", "", name) for name in fail_on]
    for name in names:
        if name not in NAMES:
            raise HipaaCisError(unknown("value of hipaa_cis_fail_on:", name, NAMES))
    return names


def judge_gate(summary: Mapping[str, Any], fail_on: Sequence[str]) -> Tripped:
    """Return what of the summary trips the gate. Raises `HipaaCisError` on an unknown name."""
    wanted = check_names(fail_on)
    not_compliant: list[str] = []
    not_done: list[str] = []
    gaps = {"required": "gap_required" in wanted, "addressable": "gap_addressable" in wanted}
    # A standard without an own obligation is mandatory: its gap counts with the required ones.
    gaps["standard"] = gaps["required"]
    for row in summary["safeguards"]:
        if row["state"] == "gap" and gaps[row["obligation"]]:
            not_compliant.append(f"gap ({row['obligation']}): {row['cite']} {row['name']}: {row['reason']}")
        if row["state"] == "not_assessed" and "not_assessed" in wanted:
            not_done.append(f"not assessed: {row['cite']} {row['name']}: {row['reason']}")
    least = min((SEVERITIES.index(name.split(">=")[1]) for name in wanted if ">=" in name), default=len(SEVERITIES))
    for name, rule in summary["rules"].items():
        if rule["counts"]["fail"] and SEVERITIES.index(rule["severity"]) >= least:
            not_compliant.append(
                f"{rule['severity']}: {name} fails on {rule['counts']['fail']} host(s): {', '.join(rule['hosts_failed'][:3])}"
            )
        if rule["counts"]["error"] and "error" in wanted:
            not_done.append(f"error: {name} could not be judged on {rule['counts']['error']} host(s)")
    for host in summary["hosts"]:
        trips = _TRIPS.get(host["status"])
        if trips in wanted:
            not_done.append(split_lines(f"{host['status']}: {host['host']}: {host.get('reason', '')}")[0][:200])
    return Tripped(tuple(not_compliant), tuple(not_done))


def _amount(reasons: Sequence[str]) -> str:
    return f"{len(reasons)} reason{'' if len(reasons) == 1 else 's'}, named above."


def _section(head: str, lines: Sequence[str]) -> str:
    shown = [f"  - {line}" for line in lines[:MAX_LINES]]
    if len(lines) > MAX_LINES:
        shown.append(f"  ... and {len(lines) - MAX_LINES} more; see the report")
    return "\n".join([head, *shown])
