# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the HTML report shows, in its order; the template only lays it out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.evidence_groups import Evidence, Group

SEVERITIES = ("critical", "high", "medium", "low")
OUTCOMES = ("fail", "error", "manual", "pass", "not_applicable")
_PLAIN_ID = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
_EMPTY_COUNTS = dict.fromkeys(OUTCOMES, 0)

Document = Mapping[str, Any]


@dataclass(frozen=True)
class RuleView:
    """One rule with its evidence. ``worst``: the first outcome of OUTCOMES that a host shows."""

    rule: str
    anchor: str
    text: Document
    counts: Mapping[str, int]
    worst: str
    groups: list[Group]
    # outcome -> hosts that show other evidence than what is shown
    left_out: Mapping[str, int]

    @property
    def cites(self) -> list[str]:
        """The cites that the rule is mapped to."""
        return [mapping["cite"] for mapping in self.text["hipaa"]]


@dataclass(frozen=True)
class Section:
    """Rules with the same worst outcome."""

    worst: str
    title: str
    says: str
    rules: list[RuleView]


SECTIONS = (
    ("fail", "Failing on at least one host", "What was observed is not what the rule expects."),
    ("error", "Could not be judged", "The observation went wrong. This is neither a pass nor a failure."),
    ("manual", "For a person to check", "No program can judge these; somebody has to look."),
    (
        "pass",
        "Passing wherever they apply",
        "What was observed is what the rule expects, on every host they were judged on.",
    ),
    ("not_applicable", "Not applicable", "The condition under which the rule applies does not hold on any host."),
)


def _stray_text(finding: Document) -> Document:
    """Stand in for the texts of a rule that the summary does not know."""
    return {
        "title": finding["title"],
        "why": "",
        "fix": "",
        "severity": finding["severity"],
        "topic": "",
        "disrupts": "none",
        "hipaa": [{"cite": cite, "strength": "", "because": ""} for cite in finding["cites"]],
        "references": {},
        "recommendations": [],
        "counts": {},
        "hosts_failed": [],
    }


def _group_order(group: Group) -> tuple[int, int, str]:
    return OUTCOMES.index(group.outcome), -len(group.hosts), group.hosts[0]


def _counts(text: Document, groups: list[Group]) -> dict[str, int]:
    if text["counts"]:
        return {**_EMPTY_COUNTS, **text["counts"]}
    counts = dict(_EMPTY_COUNTS)
    for group in groups:
        counts[group.outcome] += len(group.hosts)
    return counts


def _rule_views(summary: Document, evidence: Evidence) -> Iterator[RuleView]:
    known: Document = summary["rules"]
    for number, rule in enumerate(sorted(set(known) | set(evidence.groups))):
        text = known[rule] if rule in known else _stray_text(evidence.strays[rule])
        for group in evidence.groups.get(rule, {}).values():
            group.hosts.sort()
        groups = sorted(evidence.groups.get(rule, {}).values(), key=_group_order)
        counts = _counts(text, groups)
        worst = next((outcome for outcome in OUTCOMES if counts[outcome]), "not_applicable")
        anchor = f"rule-{rule}" if _PLAIN_ID.match(rule) else f"rule.{number}"
        left = Counter(evidence.left_out.get(rule, {}))
        for group in groups[evidence.max_frequent :]:
            left[group.outcome] += len(group.hosts)
        yield RuleView(rule, anchor, text, counts, worst, groups[: evidence.max_frequent], left)


def _severity_order(view: RuleView) -> tuple[int, int, str]:
    severity = view.text["severity"]
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0, -view.counts[view.worst], view.rule


def sections(summary: Document, evidence: Evidence) -> list[Section]:
    """Return the rules, failing ones first, and within a section by severity and number of hosts."""
    views = sorted(_rule_views(summary, evidence), key=_severity_order)
    found = [Section(worst, title, says, [v for v in views if v.worst == worst]) for worst, title, says in SECTIONS]
    return [section for section in found if section.rules]


def all_cites(summary: Document, parts: list[Section]) -> list[str]:
    """Return the cites that can be filtered by: those of the framework in its order, then the others."""
    rows = [row["cite"] for row in summary["safeguards"]]
    used = {cite for section in parts for view in section.rules for cite in view.cites}
    return rows + sorted(used - set(rows))


def worst_hosts(summary: Document, most: int) -> list[Document]:
    """Return at most so many hosts, by name: those that were not audited, then those with the most failures, then with the most errors."""

    def order(host: Document) -> tuple[bool, int, int, str]:
        return host["status"] == "audited", -host["counts"]["fail"], -host["counts"]["error"], host["host"]

    hosts = list(summary["hosts"])
    return hosts if len(hosts) <= most else sorted(sorted(hosts, key=order)[:most], key=lambda host: str(host["host"]))


def worst_remediated(summary: Document, most: int) -> list[Document]:
    """Return at most so many remediations, in their order: those that a host undid, then those with the most that still fails."""
    rows = list(enumerate(summary.get("remediation", ())))
    kept = sorted(rows, key=lambda row: (not row[1]["reverted"], -row[1]["counts"]["still_failing"], row[0]))[:most]
    return [row for _number, row in sorted(kept, key=lambda row: row[0])]


def outcome_bar(counts: Mapping[str, int]) -> list[tuple[str, float, float]]:
    """Return (outcome, start, width) in per cent for a bar of outcomes."""
    total = sum(counts.get(outcome, 0) for outcome in OUTCOMES)
    parts: list[tuple[str, float, float]] = []
    start = 0.0
    for outcome in OUTCOMES:
        width = 100 * counts.get(outcome, 0) / total if total else 0
        if width:
            parts.append((outcome, round(start, 2), round(width, 2)))
        start += width
    return parts
