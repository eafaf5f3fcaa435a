# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aggregate host records into the summary by safeguard. Pure: records in, one mapping out.

The callback, the ``report`` action and a merge of several runs all come here, so they give the
same bytes. Records are taken one at a time; what is kept grows with hosts, not with findings.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import OUTCOMES, SEVERITIES, Catalog, Rule, worst
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import common_gaps, selections
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.joined_records import item_key

SCHEMA = "hipaa.cis/summary/1"
MAX_HOST_NAMES = 100
TOP_FAILURES = 10
STATES = {
    "supported": "supported by configuration",
    "gap": "gap",
    "not_assessed": "not assessed",
    "needs_attestation": "needs attestation",
}
Record = Mapping[str, Any]


@dataclass
class _RuleTally:
    """What happened to one rule over all hosts."""

    titles: Record
    outcomes: Counter[str] = field(default_factory=Counter)
    # outcome -> hosts, of failures and errors all, of passes one
    hosts: dict[str, list[str]] = field(default_factory=dict)
    recommendations: set[tuple[str, str]] = field(default_factory=set)
    fixes: dict[str, list[str]] = field(default_factory=dict)
    # what an exception says, as JSON -> hosts
    exceptions: dict[str, list[str]] = field(default_factory=dict)


def state_of(outcomes: Iterable[str], missing_hosts: int = 0, unjudged: int = 0) -> str:
    """Return a safeguard's state from the outcomes of its rules. ``unjudged``: what nothing judges, or was left out.

    Gap before not assessed before needs attestation before supported: what is missing or not
    judged is never shown as clean, and where nothing speaks for it a person has to.
    """
    seen = set(outcomes)
    if "fail" in seen:
        return "gap"
    if missing_hosts or unjudged or "error" in seen:
        return "not_assessed"
    if "manual" in seen or not seen:
        return "needs_attestation"
    return "supported" if "pass" in seen else "not_assessed"


def host_safeguards(catalog: Catalog, record: Record) -> dict[str, str]:
    """Return cite -> state of one host, all rows of the framework."""
    outcomes: dict[str, list[str]] = {cite: [] for cite in catalog.safeguards}
    for finding in record["findings"]:
        for cite in finding["cites"]:
            if cite in outcomes:
                outcomes[cite].append(finding["outcome"])
    unasked = (*record["not_yet_automated"], *record.get("not_looked_at", ()))
    unjudged = Counter(cite for item in unasked for cite in item["cites"])
    return {cite: _row_state(catalog, cite, seen, 0, unjudged[cite]) for cite, seen in outcomes.items()}


def _row_state(catalog: Catalog, cite: str, outcomes: Iterable[str], missing: int, unjudged: int) -> str:
    seen = list(outcomes)
    if not seen and not unjudged and any(cite in rule.cites for rule in catalog.rules.values()):
        # The selection left its rules out: nothing was looked at, which no attestation is asked for.
        return "not_assessed"
    if not seen and not unjudged:
        return "needs_attestation"
    return state_of(seen, missing, unjudged)


class Summary:
    """Collects records with `add` and gives the summary with `as_dict`."""

    def __init__(self, catalog: Catalog, run_id: str) -> None:
        self._catalog = catalog
        self._run_id = run_id
        self._hosts: dict[str, dict[str, Any]] = {}
        self._rules: dict[str, _RuleTally] = {}
        self._findings: Counter[str] = Counter()
        self._unjudged: dict[tuple[str, str], dict[str, Any]] = {}
        self._left: dict[tuple[str, str], dict[str, Any]] = {}
        # cite -> what the hosts are meant to be held against: rules and recommendations, by benchmark
        self._meant: dict[str, set[tuple[str, str]]] = {cite: set() for cite in catalog.safeguards}
        self._selections: Counter[str] = Counter()
        self._affected: dict[str, set[str]] = {cite: set() for cite in catalog.safeguards}
        self._times: list[str] = []
        self._digests: set[str] = set()
        self._versions: set[str] = set()

    def add(self, record: Record, file: str, digest: str) -> None:
        """Count one host. A host that stands in several runs counts once: its newest record."""
        row = {
            "host": record["host"],
            "status": record["status"],
            "file": file,
            "digest": digest,
            "audited_at": record["audited_at"],
            "benchmarks": [benchmark["id"] for benchmark in record["benchmarks"]],
            "level": record["selection"]["level"],
            "profile": record["selection"]["profile"],
            "selection": selections.of_record(record),
            "not_looked_at": len(record.get("not_looked_at", ())),
            "warnings": list(record["warnings"]),
            "counts": dict(record["counts"]),
            "safeguards": host_safeguards(self._catalog, record) if record["status"] == "audited" else {},
        }
        if "merged_from" in record:
            row["records"] = [dict(one) for one in record["merged_from"]]
            self._digests.update(one["catalog_digest"] for one in record["merged_from"])
        if record.get("reason"):
            row["reason"] = record["reason"]
        self._hosts[record["host"]] = row
        self._selections[row["selection"]] += 1
        self._times.append(record["audited_at"])
        self._versions.add(record["collection_version"])
        if record["catalog_digest"]:
            self._digests.add(record["catalog_digest"])
        for finding in record["findings"]:
            self._add_finding(record["host"], finding)
        for item in record["not_yet_automated"]:
            kept = self._unjudged.setdefault((item["benchmark"], item["recommendation"]), {**item, "hosts": 0})
            kept["hosts"] += 1
            self._mean(item["cites"], (item["benchmark"], item["recommendation"]))
        for item in record.get("not_looked_at", ()):
            kept = self._left.setdefault(item_key(item), {**item, "hosts": 0})
            kept["hosts"] += 1
            self._mean(item["cites"], item_key(item))

    def _mean(self, cites: Iterable[str], key: tuple[str, str]) -> None:
        for cite in cites:
            if cite in self._meant:
                self._meant[cite].add(key)

    def _add_finding(self, host: str, finding: Record) -> None:
        if finding["outcome"] not in OUTCOMES or finding["severity"] not in SEVERITIES:
            raise ValueError("a finding has an outcome or a severity that there is not")
        tally = self._rules.setdefault(finding["rule"], _RuleTally(finding))
        tally.outcomes[finding["outcome"]] += 1
        tally.recommendations.update((finding["benchmark"], number) for number in finding["recommendations"])
        self._findings[finding["outcome"]] += 1
        if finding["outcome"] in ("fail", "error") or finding["outcome"] not in tally.hosts:
            tally.hosts.setdefault(finding["outcome"], []).append(host)
        self._mean(finding["cites"], (finding["benchmark"], finding["rule"]))
        if "exception" in finding:
            tally.exceptions.setdefault(json.dumps(finding["exception"], sort_keys=True), []).append(host)
        if finding["outcome"] == "fail":
            tally.fixes.setdefault(finding.get("fix", ""), []).append(host)
            for cite in finding["cites"]:
                if cite in self._affected:
                    self._affected[cite].add(host)

    def miss(self, host: str, reason: str, status: str = "missing") -> None:
        """Name a host that was to be audited and has no record."""
        if host not in self._hosts:
            counts = dict.fromkeys(OUTCOMES, 0)
            self._hosts[host] = {
                "host": host, "status": status, "reason": reason, "benchmarks": [], "counts": counts, "safeguards": {},
            }  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as ``catalog/schema/summary.json`` has it."""
        hosts = [self._hosts[name] for name in sorted(self._hosts)]
        audited = sum(host["status"] == "audited" for host in hosts)
        unjudged = [self._unjudged[key] for key in sorted(self._unjudged, key=_number_order)]
        return {
            "schema": SCHEMA,
            "run_id": self._run_id,
            "started_at": min(self._times, default=""),
            "finished_at": max(self._times, default=""),
            "collection_version": ", ".join(sorted(self._versions)),
            "catalog_digests": sorted(self._digests),
            "selections": dict(sorted(self._selections.items())),
            "safeguards": [self._safeguard(cite, len(hosts) - audited) for cite in self._catalog.safeguards],
            "common_gaps": common_gaps.view(
                self._catalog,
                {name: tally.hosts for name, tally in self._rules.items()},
                {item.get("rule", "") for item in self._left.values()},
                len(hosts) - audited,
            ),
            "hosts": hosts,
            "rules": {name: self._rule(name, self._rules[name]) for name in sorted(self._rules)},
            "top_failures": self._top_failures(),
            "not_yet_automated": unjudged,
            "not_looked_at": [self._left[key] for key in sorted(self._left)],
            **self._exceptions(),
            "totals": {
                "hosts": len(hosts),
                "audited": audited,
                "not_audited": len(hosts) - audited,
                "findings": {outcome: self._findings[outcome] for outcome in OUTCOMES},
                "not_yet_automated": len(unjudged),
                "not_looked_at": len(self._left),
            },
        }

    def _safeguard(self, cite: str, missing: int) -> dict[str, Any]:
        row = self._catalog.safeguards[cite]
        outcomes = [worst(list(tally.outcomes)) for tally in self._rules.values() if cite in tally.titles["cites"]]
        unjudged = sum(cite in item["cites"] for item in self._unjudged.values())
        left = {key for key, item in self._left.items() if cite in item["cites"]}
        meant = len(self._meant[cite])
        # In a whole run nothing is said of it: what nothing judges yet is told by itself.
        looked_at = meant - len(left | {key for key in self._meant[cite] if key in self._unjudged}) if left else meant
        state = _row_state(self._catalog, cite, outcomes, missing, unjudged + len(left))
        counts = Counter(outcomes)
        affected = len(self._affected[cite])
        return {
            "cite": cite,
            "name": row.name,
            "kind": row.kind,
            "obligation": row.obligation,
            "state": state,
            "reason": _state_reason(
                state, counts, missing, unjudged, affected, f"{looked_at} of {meant} looked at" if left else ""
            ),
            "hosts_affected": affected,
            "rules": {outcome: counts[outcome] for outcome in OUTCOMES},
            "not_yet_automated": unjudged,
            "looked_at": looked_at,
            "meant": meant,
        }

    def _rule(self, name: str, tally: _RuleTally) -> dict[str, Any]:
        rule = self._catalog.rules.get(name) or _rule_of_record(tally.titles)
        result = {
            "title": rule.title,
            "why": rule.why.strip(),
            "fix": _one_fix(tally) or rule.fix.strip(),
            "severity": rule.severity,
            "topic": rule.topic,
            "platform": rule.platform,
            "disrupts": rule.disrupts,
            "hipaa": [dict(mapping) for mapping in rule.hipaa],
            "references": dict(rule.references),
            "recommendations": [
                {"benchmark": one, "id": number} for one, number in sorted(tally.recommendations, key=_number_order)
            ],
            "counts": {outcome: tally.outcomes[outcome] for outcome in OUTCOMES},
            "hosts_failed": sorted(tally.hosts.get("fail", ()))[:MAX_HOST_NAMES],
        }
        if len(tally.fixes) > 1:
            result["fixes"] = [
                {"fix": fix, "hosts": sorted(hosts)[:MAX_HOST_NAMES]} for fix, hosts in sorted(tally.fixes.items())
            ]
        if rule.hardening_only:
            result["hardening_only"] = rule.hardening_only.strip()
        return result

    def _exceptions(self) -> dict[str, Any]:
        """Return the exceptions that stand beside what does not pass; nothing where there are none."""
        found = [
            {"rule": name, "title": tally.titles["title"], "exception": json.loads(text), "hosts": sorted(hosts)}
            for name, tally in sorted(self._rules.items())
            for text, hosts in sorted(tally.exceptions.items())
        ]
        return {"exceptions": found} if found else {}

    def _top_failures(self) -> list[dict[str, Any]]:
        failing = [
            {
                "rule": name,
                "title": tally.titles["title"],
                "severity": tally.titles["severity"],
                "hosts": tally.outcomes["fail"],
            }
            for name, tally in self._rules.items()
            if tally.outcomes["fail"]
        ]
        failing.sort(key=lambda item: (-SEVERITIES.index(item["severity"]), -item["hosts"], item["rule"]))
        return failing[:TOP_FAILURES]


def _one_fix(tally: _RuleTally) -> str:
    """Return what is to be done where that is the same on all hosts, else nothing."""
    return next(iter(tally.fixes)) if len(tally.fixes) == 1 else ""


def _rule_of_record(finding: Record) -> Rule:
    """Return a stand-in for a rule that this catalog no longer has (a run of another version)."""
    mappings = tuple({"cite": cite, "strength": "supporting", "because": "as recorded"} for cite in finding["cites"])
    return Rule(
        finding["rule"], finding["title"], "", "", finding["severity"], "", "", "of another catalog", hipaa=mappings
    )


def _number_order(key: tuple[str, str]) -> tuple[str, list[tuple[int, str]]]:
    return key[0], [(int(part), "") if part.isdecimal() else (-1, part) for part in key[1].split(".")]


def _state_reason(state: str, counts: Counter[str], missing: int, unjudged: int, affected: int, looked_at: str) -> str:
    if state == "gap":
        gap = f"{counts['fail']} of {counts.total() - counts['not_applicable']} rules fail, on {affected} host(s)"
        return f"{gap}; {looked_at}" if looked_at else gap
    if state == "supported":
        return f"all {counts['pass']} applicable rules pass on every host"
    reasons = [looked_at] if looked_at else []
    if missing:
        reasons.append(f"{missing} host(s) not audited")
    if counts["error"]:
        reasons.append(f"{counts['error']} rule(s) could not be judged")
    if unjudged:
        reasons.append(f"{unjudged} recommendation(s) not yet automated")
    if counts["manual"]:
        reasons.append(f"{counts['manual']} rule(s) need a person's judgement")
    if not reasons:
        reasons.append(
            "no scan can see it" if state == "needs_attestation" else "none of its rules applied or was selected"
        )
    return "; ".join(reasons)
