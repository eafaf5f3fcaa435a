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

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import (
    OUTCOMES,
    SEVERITIES,
    Catalog,
    Rule,
    benchmark_id,
    worst,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import common_gaps, safeguard_row, selections, states
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.decided import Decided, notes
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.joined_records import item_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.once_each import OnceEach

SCHEMA = "hipaa.cis/summary/1"
TOLD_OF_BENCHMARKS = ("id", "title", "version", "superseded_by", "preview", "unproven", "fits")
MAX_HOST_NAMES = 100
TOP_FAILURES = 10
# Kinds of hosts, by all of their parameters, that are counted as a whole.
MAX_PARAMETER_SETS = 200
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
    # Failing hosts that an exception in force covers.
    covered: list[str] = field(default_factory=list)


class Summary:
    """Collects records with `add` and gives the summary with `as_dict`."""

    def __init__(self, catalog: Catalog, run_id: str) -> None:
        self._catalog = catalog
        self._run_id = run_id
        self._hosts: dict[str, dict[str, Any]] = {}
        self._rules: dict[str, _RuleTally] = {}
        self._tally = OnceEach(self._tally_of)
        self._findings: Counter[str] = Counter()
        self._unjudged: dict[tuple[str, str], dict[str, Any]] = {}
        self._left: dict[tuple[str, str], dict[str, Any]] = {}
        # cite -> what the hosts are meant to be held against: rules and recommendations, by benchmark
        self._meant: dict[str, set[tuple[str, str]]] = {cite: set() for cite in catalog.safeguards}
        self._selections: Counter[str] = Counter()
        # a benchmark with its version, and by what hosts carry it, as JSON -> hosts
        self._benchmarks: Counter[str] = Counter()
        self._affected: dict[str, set[str]] = {cite: set() for cite in catalog.safeguards}
        self._judged = states.Safeguards(catalog)
        self._states: dict[str, Counter[str]] = {cite: Counter() for cite in catalog.safeguards}
        # cite -> what an exception in force that bears on it says, as JSON -> hosts
        self._excepted: dict[str, dict[str, set[str]]] = {cite: {} for cite in catalog.safeguards}
        self._decided = Decided()
        # what an exception is about, as JSON -> (hosts that are held against it, hosts that are not)
        self._used: dict[str, tuple[list[str], list[str]]] = {}
        self._score: Counter[str] = Counter()
        self._seen_states: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._times: list[str] = []
        self._digests: set[str] = set()
        self._versions: set[str] = set()
        self._cores: set[str] = set()
        # all parameters of a host, as JSON -> hosts
        self._parameter_sets: Counter[str] = Counter()
        # parameter -> what is said of it, as JSON -> hosts
        self._parameters: dict[str, Counter[str]] = {}

    def add(self, record: Record, file: str, digest: str) -> None:
        """Count one host. A host that stands in several runs counts once: its newest record."""
        row = {
            "host": record["host"],
            "status": record["status"],
            "file": file,
            "digest": digest,
            "audited_at": record["audited_at"],
            "benchmarks": [f"{one['id']}@{one['version']}" for one in record["benchmarks"]],
            "level": record["selection"]["level"],
            "profile": record["selection"]["profile"],
            "selection": selections.of_record(record),
            "not_looked_at": len(record.get("not_looked_at", ())),
            "warnings": list(record["warnings"]),
            "counts": dict(record["counts"]),
            "safeguards": self._once(self._add_states(record)),
        }
        if record["status"] == "audited":
            row["score"] = states.score(record)
            self._score.update(row["score"])
        if "decisions" in record:
            self._add_decisions(record, row)
        if "merged_from" in record:
            row["records"] = [dict(one) for one in record["merged_from"]]
            self._digests.update(one["catalog_digest"] for one in record["merged_from"])
        if record.get("reason"):
            row["reason"] = record["reason"]
        self._hosts[record["host"]] = row
        self._selections[row["selection"]] += 1
        for one in record["benchmarks"]:
            told = {key: one[key] for key in TOLD_OF_BENCHMARKS if key in one}
            self._benchmarks[json.dumps(told, sort_keys=True)] += 1
        self._times.append(record["audited_at"])
        self._versions.add(record["collection_version"])
        self._cores.update([record["ansible_core_version"]] if "ansible_core_version" in record else ())
        if record["catalog_digest"]:
            self._digests.add(record["catalog_digest"])
        self._add_parameters(record.get("parameters"))
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

    def _add_parameters(self, parameters: Record | None) -> None:
        """Count the values that a host was judged by. Most hosts of a fleet have them all in common."""
        if parameters:
            self._parameter_sets[json.dumps(parameters, sort_keys=True)] += 1
            if len(self._parameter_sets) > MAX_PARAMETER_SETS:
                self._sort_parameters()

    def _sort_parameters(self) -> None:
        for text, hosts in self._parameter_sets.items():
            for name, told in json.loads(text).items():
                self._parameters.setdefault(name, Counter())[json.dumps(told, sort_keys=True)] += hosts
        self._parameter_sets.clear()

    def _parameters_in_force(self) -> dict[str, Any]:
        """Return of each parameter its values, those of most hosts first, with how many hosts have each."""
        self._sort_parameters()
        told = {
            name: [
                {**json.loads(text), "hosts": hosts}
                for text, hosts in sorted(found.items(), key=lambda one: (-one[1], one[0]))[:MAX_HOST_NAMES]
            ]
            for name, found in sorted(self._parameters.items())
        }
        return {"parameters": told} if told else {}

    def _add_states(self, record: Record) -> dict[str, str]:
        """Count the states of a host, and return those of one that was audited."""
        if record["status"] != "audited":
            self._count(self._judged.of_lost(record))
            return {}
        found = self._judged.of_host(record)
        self._count(found)
        return states.shown(found)

    def _once(self, found: dict[str, str]) -> dict[str, str]:
        """Return the same states as one object: the hosts of a fleet have few different ones."""
        return self._seen_states.setdefault(tuple(found.items()), found)

    def _count(self, found: Mapping[str, str]) -> None:
        for cite, state in found.items():
            self._states[cite][state] += 1

    def _add_decisions(self, record: Record, row: dict[str, Any]) -> None:
        self._decided.add(record)
        decisions = record["decisions"]
        if "system" in decisions:
            row["system"] = decisions["system"]["name"]
        held = _held_against(record) if decisions.get("exceptions") else set()
        for one in decisions.get("exceptions", ()):
            text = json.dumps(one, sort_keys=True)
            if "safeguard" in one and states.in_force(one) and one["safeguard"] in self._excepted:
                self._excepted[one["safeguard"]].setdefault(text, set()).add(record["host"])
            if "safeguard" not in one and record["status"] == "audited":
                about = {("", rule) for rule in one.get("rules", [one.get("rule", "")])}
                # One that no rule judges yet.
                about.add((benchmark_id(one.get("benchmark", "")), one.get("recommendation", "")))
                self._used.setdefault(text, ([], []))[0 if about & held else 1].append(record["host"])

    def add_site(self, site: Record) -> None:
        """Take what a site decided for the run as a whole."""
        self._decided.add_site(site)

    def _mean(self, cites: Iterable[str], key: tuple[str, str]) -> None:
        for cite in cites:
            if cite in self._meant:
                self._meant[cite].add(key)

    def _add_finding(self, host: str, finding: Record) -> None:
        tally = self._tally(finding)
        tally.outcomes[finding["outcome"]] += 1
        self._findings[finding["outcome"]] += 1
        if finding["outcome"] in ("fail", "error") or finding["outcome"] not in tally.hosts:
            tally.hosts.setdefault(finding["outcome"], []).append(host)
        covered = False
        if "exception" in finding:
            text = json.dumps(finding["exception"], sort_keys=True)
            tally.exceptions.setdefault(text, []).append(host)
            covered = states.in_force(finding["exception"])
            for cite in finding["cites"] if covered and finding["outcome"] == "fail" else ():
                if cite in self._excepted:
                    self._excepted[cite].setdefault(text, set()).add(host)
        if finding["outcome"] == "fail":
            if covered:
                tally.covered.append(host)
            tally.fixes.setdefault(finding.get("fix", ""), []).append(host)
            for cite in finding["cites"]:
                if cite in self._affected:
                    self._affected[cite].add(host)

    def _tally_of(self, finding: Record) -> _RuleTally:
        """Return the tally that a finding belongs to, with what does not depend on the host taken over."""
        if finding["outcome"] not in OUTCOMES or finding["severity"] not in SEVERITIES:
            raise ValueError("a finding has an outcome or a severity that there is not")
        tally = self._rules.setdefault(finding["rule"], _RuleTally(finding))
        tally.recommendations.update((finding["benchmark"], number) for number in finding["recommendations"])
        self._mean(finding["cites"], (finding["benchmark"], finding["rule"]))
        return tally

    def miss(self, host: str, reason: str, status: str = "missing") -> None:
        """Name a host that was to be audited and has no record."""
        if host not in self._hosts:
            self._count(self._judged.of_lost(None))
            counts = dict.fromkeys(OUTCOMES, 0)
            self._hosts[host] = {
                "host": host, "status": status, "reason": reason, "benchmarks": [], "counts": counts, "safeguards": {},
            }  # fmt: skip

    def as_dict(self, at: str = "") -> dict[str, Any]:
        """Return the summary as ``catalog/schema/summary.json`` has it.

        ``at``: the moment by which an audit is too old for its system (ISO 8601); where not given, the end of the run.
        """
        hosts = [self._hosts[name] for name in sorted(self._hosts)]
        audited = sum(host["status"] == "audited" for host in hosts)
        unjudged = [self._unjudged[key] for key in sorted(self._unjudged, key=_number_order)]
        return {
            "schema": SCHEMA,
            "run_id": self._run_id,
            "started_at": min(self._times, default=""),
            "finished_at": max(self._times, default=""),
            "collection_version": ", ".join(sorted(self._versions)),
            **({"ansible_core_version": ", ".join(sorted(self._cores))} if self._cores else {}),
            "catalog_digests": sorted(self._digests),
            "selections": dict(sorted(self._selections.items())),
            "benchmarks": [
                {**json.loads(text), "hosts": hosts}
                for text, hosts in sorted(self._benchmarks.items())[:MAX_HOST_NAMES]
            ],
            **self._framework(),
            **self._parameters_in_force(),
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
            **self._decisions(hosts, at or max(self._times, default="")),
            "score": {key: self._score[key] for key in ("passing", "of", "excepted")},
            "totals": {
                "hosts": len(hosts),
                "audited": audited,
                "not_audited": len(hosts) - audited,
                "findings": {outcome: self._findings[outcome] for outcome in OUTCOMES},
                "not_yet_automated": len(unjudged),
                "not_looked_at": len(self._left),
            },
        }

    def _framework(self) -> dict[str, Any]:
        """Return the framework where it is not the one in force."""
        amendment = self._catalog.amended_by
        return (
            {"framework": {"id": amendment.id, "title": amendment.title, "source": amendment.source}}
            if amendment
            else {}
        )

    def _decisions(self, hosts: list[dict[str, Any]], at: str) -> dict[str, Any]:
        """Return what the site decided; nothing where it decided nothing. Hosts that differ from what they are meant for say so."""
        unused = [
            (f"{safeguard_row.named(json.loads(text))} is about nothing that its hosts are held against", hosts_without)
            for text, (hosts_with, hosts_without) in sorted(self._used.items())
            if not hosts_with
        ]
        decisions = self._decided.as_dict(hosts, unused, at)
        systems = {one["name"]: one for one in decisions.get("systems", ())}
        for row in hosts:
            told = notes(systems[row["system"]], row, at) if "system" in row and row["status"] == "audited" else []
            if told:
                row["notes"] = told
        return {"decisions": decisions} if decisions else {}

    def _safeguard(self, cite: str, missing: int) -> dict[str, Any]:
        found = [tally.outcomes for tally in self._rules.values() if cite in tally.titles["cites"]]
        left = {key for key, item in self._left.items() if cite in item["cites"]}
        meant = len(self._meant[cite])
        # In a whole run nothing is said of it: what nothing judges yet is told by itself.
        looked_at = meant - len(left | {key for key in self._meant[cite] if key in self._unjudged}) if left else meant
        seen = safeguard_row.Seen(
            state=states.over_hosts(self._states[cite])
            if self._hosts
            else states.shown({cite: self._judged.empty(cite)})[cite],
            worst=Counter(worst(list(outcomes)) for outcomes in found),
            failing=sum(1 for outcomes in found if outcomes["fail"]),
            missing=missing,
            unjudged=sum(cite in item["cites"] for item in self._unjudged.values()),
            affected=len(self._affected[cite]),
            looked_at=looked_at,
            meant=meant,
            exceptions=self._excepted[cite],
            attested=self._states[cite]["attested"],
        )
        return safeguard_row.row(self._catalog.safeguards[cite], seen)

    def _rule(self, name: str, tally: _RuleTally) -> dict[str, Any]:
        rule = self._catalog.rules.get(name) or _rule_of_record(tally.titles)
        result: dict[str, Any] = {
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
        if tally.covered:
            result["excepted"] = len(tally.covered)
            left = Counter(tally.hosts["fail"]) - Counter(tally.covered)
            result["hosts_open"] = sorted(left.elements())[:MAX_HOST_NAMES]
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


def _held_against(record: Record) -> set[tuple[str, str]]:
    """Return what a host is meant to be held against, whether it was looked at or not: ("", rule) and (benchmark, recommendation)."""
    seen = (*record["findings"], *record.get("not_looked_at", ()))
    numbers = {(benchmark_id(one["benchmark"]), number) for one in seen for number in one["recommendations"]}
    unjudged = {(benchmark_id(one["benchmark"]), one["recommendation"]) for one in record["not_yet_automated"]}
    return {("", one["rule"]) for one in seen if "rule" in one} | numbers | unjudged


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
