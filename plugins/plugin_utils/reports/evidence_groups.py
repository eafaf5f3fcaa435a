# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of many hosts, gathered by rule and by what was seen.

Hosts set up alike show the same evidence. A report of a thousand hosts stays readable, and small, when each piece of
evidence stands once with the names of the hosts that show it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import (
    MAX_CHARACTERS,
    exception,
    parameters,
    visible,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.deadline import Standing
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.once_each import OnceEach

# Details of passing and not applicable findings are given up to this many; those of all others always.
MAX_QUIET_FINDINGS = 20_000
# Once so much evidence is kept, further values are cut short: the size of a report stays bounded whatever hosts say.
FULL_TEXT_CHARACTERS = 2_000_000
SHORT_TEXT = 160
MAX_CHECKS = 60
# So many pieces of evidence are kept of all that does not pass; of each rule these few in any case. What others show is counted.
MAX_GROUPS = 4_000
GROUPS_OF_EACH = 8
# Up to so many findings that do not pass, each host is listed with its own, and each piece of evidence with all of its hosts.
MAX_LISTED_FINDINGS = 20_000
# Beyond that, with so many, and of each rule the most frequent pieces.
MAX_NAMES = 10
MAX_FREQUENT = 6

QUIET = frozenset({"pass", "not_applicable"})
CHECK_FIELDS = ("setting", "outcome", "expected", "observed", "source", "reason")

Document = Mapping[str, Any]


@dataclass
class Group:
    """One piece of evidence for one rule, and the hosts that show it. All text is safe to look at, not escaped."""

    outcome: str
    reason: str
    fix: str
    checks: list[dict[str, str]]
    checks_left_out: int
    parameters: str = ""
    exception: str = ""
    # Of a failure: since when it was seen on any of the hosts (ISO 8601), and the nearest day by which it is to be put right.
    first_seen: str = ""
    due: str = ""
    hosts: list[str] = field(default_factory=list)

    def stand(self, stands: Standing | None) -> None:
        """Take how a failure of one more host stands."""
        if stands:
            self.first_seen = min(self.first_seen or stands.first_seen, stands.first_seen)
            self.due = min(self.due or stands.due, stands.due or self.due)


@dataclass
class Evidence:
    """What the reports need of all records."""

    # rule -> digest of the evidence -> group
    groups: dict[str, dict[bytes, Group]] = field(default_factory=dict)
    # rule -> what its first finding says of it, for a rule that the summary does not know
    strays: dict[str, Document] = field(default_factory=dict)
    # rule -> outcome -> hosts that show other evidence than what there is room for
    left_out: dict[str, Counter[str]] = field(default_factory=dict)
    # host -> outcome -> rules; nothing where there are too many
    by_host: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    findings: int = 0
    quiet: int = 0
    listed: int = 0
    loud_groups: int = 0
    characters: int = 0
    shortened: bool = False
    digest_of: Callable[[Document], bytes] = field(default_factory=lambda: OnceEach(_digest))

    def add(self, record: Document, standings: Mapping[int, Standing] | None = None) -> None:
        """Gather the findings of a host, where it was audited; the record is not kept.

        ``standings``: of its failing findings, by `id`, how they stand.
        """
        if record.get("status") != "audited":
            return
        for finding in record.get("findings", ()):
            _add_finding(self, record["host"], finding, (standings or {}).get(id(finding)))

    @property
    def quiet_left_out(self) -> bool:
        """Whether there were too many passing findings to give the details of."""
        return self.quiet > MAX_QUIET_FINDINGS

    @property
    def hosts_listed(self) -> bool:
        """Whether each host's failing rules can be listed by host as well."""
        return self.listed <= MAX_LISTED_FINDINGS

    @property
    def max_frequent(self) -> int:
        """How many pieces of evidence are shown of each rule."""
        return self.findings if self.hosts_listed else MAX_FREQUENT

    @property
    def max_names(self) -> int:
        """How many hosts are named with a piece of evidence."""
        return self.findings if self.hosts_listed else MAX_NAMES

    @property
    def shown(self) -> int:
        """How many findings the report gives the details of."""
        return self.findings - (self.quiet if self.quiet_left_out else 0)


def _digest(finding: Document) -> bytes:
    """Return a digest of everything that is shown of a finding besides its host."""
    shown = [finding["outcome"], finding.get("reason", ""), finding.get("fix", ""), parameters(finding)]
    shown.append(exception(finding.get("exception")))
    for check in finding.get("checks", ()):
        shown.extend([check.get(name, "") for name in CHECK_FIELDS])
    return hashlib.blake2b(repr(shown).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _make_group(finding: Document, limit: int) -> Group:
    checks = finding.get("checks", ())
    return Group(
        outcome=finding["outcome"],
        reason=visible(finding.get("reason", ""), limit),
        fix=visible(finding.get("fix", ""), limit),
        checks=[
            {name: visible(check.get(name, ""), limit) for name in CHECK_FIELDS if check.get(name) not in (None, "")}
            for check in checks[:MAX_CHECKS]
        ],
        checks_left_out=max(0, len(checks) - MAX_CHECKS),
        parameters=visible(parameters(finding), limit),
        exception=visible(exception(finding.get("exception")), limit),
    )


def _size(group: Group) -> int:
    return (
        len(group.reason)
        + len(group.fix)
        + len(group.parameters)
        + len(group.exception)
        + sum(len(text) for check in group.checks for text in check.values())
    )


def _forget_quiet(evidence: Evidence) -> None:
    for groups in evidence.groups.values():
        for digest in [digest for digest, group in groups.items() if group.outcome in QUIET]:
            del groups[digest]


def _add_finding(evidence: Evidence, host: str, finding: Document, stands: Standing | None) -> None:
    rule, outcome = finding["rule"], finding["outcome"]
    evidence.findings += 1
    if rule not in evidence.strays:
        evidence.strays[rule] = {key: finding[key] for key in ("title", "severity", "cites")}
    groups = evidence.groups.setdefault(rule, {})
    if outcome in QUIET:
        evidence.quiet += 1
        if evidence.quiet == MAX_QUIET_FINDINGS + 1:
            _forget_quiet(evidence)
        if evidence.quiet_left_out:
            return
    else:
        evidence.listed += 1
        if evidence.hosts_listed:
            evidence.by_host.setdefault(host, {}).setdefault(outcome, []).append(rule)
        elif evidence.by_host:
            evidence.by_host.clear()
    digest = evidence.digest_of(finding)
    group = groups.get(digest)
    if group is None:
        if outcome not in QUIET:
            if evidence.loud_groups >= MAX_GROUPS and len(groups) >= GROUPS_OF_EACH:
                evidence.left_out.setdefault(rule, Counter())[outcome] += 1
                return
            evidence.loud_groups += 1
        evidence.shortened = evidence.characters > FULL_TEXT_CHARACTERS
        group = groups[digest] = _make_group(finding, SHORT_TEXT if evidence.shortened else MAX_CHARACTERS)
        evidence.characters += _size(group)
    group.hosts.append(host)
    group.stand(stands)
