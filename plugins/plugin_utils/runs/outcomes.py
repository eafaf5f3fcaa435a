# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run found, in short: a letter for each rule and host. The ledger is brought up to date from it, and not from the records.

Hosts that were asked the same share one list of rules, so 10,000 hosts of 300 rules take some megabytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import OUTCOMES, worst

SCHEMA = "hipaa.cis/outcomes/1"
FILE = "outcomes.json"
LETTERS = dict(zip(OUTCOMES, "pfenm", strict=True))
NAMES = {letter: outcome for outcome, letter in LETTERS.items()}
Record = Mapping[str, Any]


class Outcomes:
    """Collects records with `add` and gives the document with `as_dict`."""

    def __init__(self) -> None:
        # what a host was asked -> its place in the document
        self._places: dict[tuple[Any, ...], int] = {}
        self._scopes: list[dict[str, Any]] = []
        self._rules: dict[str, dict[str, Any]] = {}
        self._hosts: list[list[Any]] = []

    def add(self, record: Record) -> None:
        """Take what was found on one host."""
        seen = _worst_of_each(record["findings"])
        scope, letters = (
            (self._scope(record, seen), "".join([LETTERS[one["outcome"]] for one in seen])) if seen else (None, "")
        )
        self._hosts.append([record["host"], record["status"], record["audited_at"], scope, letters])

    def _scope(self, record: Record, findings: list[Record]) -> int:
        """Return the place of what a host was asked: rules with the benchmark that asks, and rules that were left out."""
        # A ledger knows a benchmark with its version, as "debian_12 1.1.0".
        named = [(one["id"], str(one.get("version", ""))) for one in record["benchmarks"]]
        versions = {name: f"{one} {version}".strip() for one, version in named for name in (one, f"{one}@{version}")}
        left = tuple([item["rule"] for item in record.get("not_looked_at", ()) if item.get("rule")])
        key = (*((one["rule"], one["benchmark"]) for one in findings), None, *left, None, *versions.values())
        if key not in self._places:
            self._places[key] = len(self._scopes)
            asked = [[one["rule"], versions.get(one["benchmark"], one["benchmark"])] for one in findings]
            self._scopes.append({"rules": asked, "left": list(left)})
            for one in findings:
                kept = {"title": one["title"], "severity": one["severity"], "cites": list(one["cites"])}
                self._rules.setdefault(one["rule"], kept)
        return self._places[key]

    def as_dict(self, summary: Record, fixed: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return the document. ``summary``: that of the same records; ``fixed``: of each host the rules that the run fixed."""
        kept = ("run_id", "started_at", "finished_at", "collection_version", "catalog_digests")
        return {
            "schema": SCHEMA,
            **{key: summary[key] for key in kept},
            "rules": self._rules,
            "scopes": self._scopes,
            "hosts": self._hosts,
            "fixed": dict(fixed),
        }


def _worst_of_each(findings: list[Record]) -> list[Record]:
    """Return a finding of each rule: of one that several benchmarks ask for, the worst."""
    if len({one["rule"] for one in findings}) == len(findings):
        return findings
    kept: dict[str, Record] = {}
    for one in findings:
        other = kept.get(one["rule"])
        if other is None or worst([other["outcome"], one["outcome"]]) != other["outcome"]:
            kept[one["rule"]] = one
    return list(kept.values())


def fixed_rules(remediations: Iterable[tuple[str, Record]]) -> dict[str, list[str]]:
    """Return of each host the rules that a run fixed. ``remediations``: as the run directory gives them."""
    fixed = {
        record["host"]: sorted({one["rule"] for one in record["results"] if one["result"] == "fixed"})
        for _file, record in remediations
        if not record["check_mode"]
    }
    return {host: rules for host, rules in fixed.items() if rules}
