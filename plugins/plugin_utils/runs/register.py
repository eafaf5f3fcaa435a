# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The risk register: an entry for each rule that fails, or failed, and each group of systems. Records in, one mapping out.

Records are taken one at a time; what is kept grows with rules and groups, of which there are at most `MAX_GROUPS`, and a little with hosts.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, Threat
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import risk
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.deadline import (
    ACCEPTED,
    OPEN,
    REMEDIATED,
    TRANSFERRED,
    TREATMENTS,
    UNCLEAR,
    Standing,
    standing,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.failing import NONE, Failing
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.joined_records import is_unseen

SCHEMA = "hipaa.cis/risk_register/1"
SAYS = (
    "An input to the risk analysis of 45 CFR 164.308(a)(1)(ii)(A), not that analysis: it holds what configuration shows, and people, places, "
    "other systems and what is done with ePHI belong to it as well."
)
GROUP_RULE = (
    "Systems of the site with the same role are one group; one without a role is a group by its name. Hosts of no system are grouped by the first, "
    "by name, of their groups in the inventory."
)
MAX_GROUPS = 200
MAX_HOSTS = 20
MAX_NAMES = 10
MAX_HISTORY = 24
OTHERS = ("others", "all other groups")
Group = tuple[str, str]
Record = Mapping[str, Any]


@dataclass
class _Members:
    """A group of systems."""

    impact: str = "low"
    hosts: int = 0
    systems: dict[str, None] = field(default_factory=dict)
    owners: dict[str, None] = field(default_factory=dict)


@dataclass
class _Entry:
    """A rule on the hosts of a group."""

    title: str = ""
    severity: str = ""
    cites: tuple[str, ...] = ()
    hosts: list[dict[str, str]] = field(default_factory=list)
    last: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    first_seen: str = ""
    due: str = ""
    overdue: int = 0
    overdue_hosts: list[str] = field(default_factory=list)
    # what exceptions say, as JSON
    exceptions: dict[str, Record] = field(default_factory=dict)
    # position of a run, `NONE` for this one -> failures that began, that ended
    opened: Counter[int] = field(default_factory=Counter)
    closed: Counter[int] = field(default_factory=Counter)
    ended: int = NONE
    fixed_by: str = ""
    fixed_now: bool = False


class Register:
    """Collects records with `add` and gives the register with `as_dict`. ``at``: the moment by which findings are overdue, where not their own."""

    def __init__(self, catalog: Catalog, run_id: str, past: Failing | None = None, at: str = "") -> None:
        self._run_id, self._past, self._at = run_id, past or Failing(), at
        self._rules = catalog.rules
        self._threats = {name: threat for threat in catalog.threats for name in threat.rules}
        self._otherwise = next((threat for threat in catalog.threats if threat.otherwise), None)
        self._groups: dict[Group, _Members] = {}
        self._group_of: dict[str, Group] = {}
        self._entries: dict[tuple[str, Group], _Entry] = {}
        self._no_deadlines = 0
        # Rules that could not be judged on a host of a group; and those of them that failed on that host before.
        self._unclear: set[tuple[str, Group]] = set()
        self._failed_before: set[tuple[str, Group]] = set()
        # (rule, host) of what failed before, or till it was fixed in this run.
        self._ended_now: set[tuple[str, str]] = set()

    def add(self, record: Record) -> Iterator[tuple[Record, Standing]]:
        """Take a host, and yield each of its failing findings with how it stands. What nobody looked at now is not put right."""
        host, group = record["host"], self._join(record)
        if record["status"] != "audited":
            self._not_judged(host, group, self._past.since)
            return
        self._no_deadlines += not record.get("decisions", {}).get("deadlines")
        judged: set[str] = set()
        unclear = {one["rule"] for one in record.get("not_looked_at", ()) if one.get("rule")}
        for finding in record["findings"]:
            outcome = finding["outcome"]
            open_still = outcome == "manual" or is_unseen(finding)
            (unclear if outcome == "error" or open_still else judged).add(finding["rule"])
            if outcome == "fail":
                stands = standing(finding, record, self._past, self._at)
                self._take(finding, host, group, stands)
                yield finding, stands
            elif outcome == "error":
                self._unclear.add((finding["rule"], group))
            elif not open_still and self._past.known:
                self._end(finding["rule"], host, group)
        self._not_judged(host, group, unclear - judged)

    def _not_judged(self, host: str, group: Group, rules: Iterable[str]) -> None:
        """Keep what failed before and could not be judged on a host, or was not looked at: it is not put right by that."""
        for rule in rules:
            begin = self._past.failing_since(rule, host)
            if begin == NONE:
                continue
            self._failed_before.add((rule, group))
            entry = self._entry(rule, group)
            moment = self._past.runs[begin][1]
            entry.first_seen = min(entry.first_seen or moment, moment)
            entry.opened[begin] += 1
            if len(entry.hosts) < MAX_HOSTS:
                entry.hosts.append({"host": host, "first_seen": moment, "treatment": UNCLEAR})

    def elsewhere(self, systems: Iterable[Record]) -> None:
        """Take the site's systems: what fails on a host that no record is of is not put right in the groups of this run either."""
        for system in systems:
            group = _group({}, system)
            if group not in self._groups:
                continue
            for host in set(system["hosts"]).difference(self._group_of):
                self._failed_before.update(
                    (rule, group) for rule in self._past.since if self._past.failing_since(rule, host) != NONE
                )

    def _end(self, rule: str, host: str, group: Group) -> None:
        """Note that a rule which failed before does so no more."""
        begin = self._past.failing_since(rule, host)
        if begin == NONE or (rule, host) in self._ended_now:
            return
        self._ended_now.add((rule, host))
        entry = self._entry(rule, group)
        moment = self._past.runs[begin][1]
        entry.first_seen = min(entry.first_seen or moment, moment)
        entry.opened[begin] += 1
        entry.closed[NONE] += 1

    def _entry(self, rule: str, group: Group) -> _Entry:
        """Return the entry of a rule on the hosts of a group, begun where there is none."""
        entry = self._entries.get((rule, group))
        if entry is None:
            entry = self._entries[rule, group] = _Entry()
        return entry

    def _join(self, record: Record) -> Group:
        """Return the group of a host, which it is counted in."""
        system = record.get("decisions", {}).get("system")
        group = _group(record, system)
        if group not in self._groups and len(self._groups) >= MAX_GROUPS:
            group = OTHERS
        members = self._groups.setdefault(group, _Members())
        members.hosts += 1
        members.impact = risk.highest([members.impact, risk.impact_of(system)])
        if system and len(members.systems) < MAX_NAMES:
            members.systems[system["name"]] = None
        if system and "owner" in system and len(members.owners) < MAX_NAMES:
            members.owners[system["owner"]] = None
        self._group_of[record["host"]] = group
        return group

    def _take(self, finding: Record, host: str, group: Group, stands: Standing) -> None:
        entry = self._entry(finding["rule"], group)
        if entry.last == host:
            return  # another benchmark of the host asks for the rule too
        entry.last, entry.title, entry.severity = host, finding["title"], finding["severity"]
        entry.cites = entry.cites or tuple(finding["cites"])
        entry.counts[stands.treatment] += 1
        entry.first_seen = min(entry.first_seen or stands.first_seen, stands.first_seen)
        entry.opened[self._past.failing_since(finding["rule"], host)] += 1
        if stands.treatment == OPEN and stands.due:
            entry.due = min(entry.due or stands.due, stands.due)
        if stands.overdue:
            entry.overdue += 1
            entry.overdue_hosts.extend([host] if len(entry.overdue_hosts) < MAX_NAMES else ())
        if "exception" in finding and len(entry.exceptions) < MAX_NAMES:
            entry.exceptions.setdefault(json.dumps(finding["exception"], sort_keys=True), finding["exception"])
        if len(entry.hosts) < MAX_HOSTS:
            kept = {"host": host, "first_seen": stands.first_seen, "treatment": stands.treatment}
            entry.hosts.append({**kept, "due": stands.due} if stands.due else kept)

    def fix(self, fixed: Mapping[str, list[str]]) -> None:
        """Take what remediations of this run fixed: host -> rules."""
        for host, rules in fixed.items():
            group = self._group_of.get(host)
            if group is None:
                continue
            for rule in rules:
                entry = self._entry(rule, group)
                entry.fixed_now = True
                if (rule, host) not in self._ended_now:
                    self._ended_now.add((rule, host))
                    entry.closed[NONE] += 1

    def _take_past(self) -> None:
        for one in self._past.endings():
            group = self._group_of.get(one.host)
            if group is None:
                continue
            entry = self._entry(one.rule, group)
            begin, begun = self._past.runs[one.begin][1], one.begin
            entry.first_seen = min(entry.first_seen or begin, begin)
            entry.opened[begun] += 1
            entry.closed[one.end] += 1
            if one.end >= entry.ended:
                entry.fixed_by = (
                    self._past.runs[one.end][0] if one.fixed else entry.fixed_by if one.end == entry.ended else ""
                )
                entry.ended = one.end

    def as_dict(self, at: str) -> dict[str, Any]:
        """Return the register as ``catalog/schema/risk_register.json`` has it. ``at``: the end of the run."""
        self._take_past()
        entries = [self._told(rule, group, entry, at) for (rule, group), entry in self._entries.items()]
        entries.sort(
            key=lambda one: (
                list(TREATMENTS).index(one["treatment"]),
                -one["score"],
                one["rule"],
                one["group_by"],
                one["group"],
            )
        )
        return {
            "schema": SCHEMA,
            "run_id": self._run_id,
            "at": at,
            "says": SAYS,
            "groups_by": GROUP_RULE,
            "history_from": {"ledger": self._past.known, "says": self._past.says},
            "hosts_without_deadlines": self._no_deadlines,
            "totals": _totals(entries),
            "entries": entries,
        }

    def _told(self, rule: str, group: Group, entry: _Entry, at: str) -> dict[str, Any]:
        members, known = self._groups[group], self._rules.get(rule)
        failing = entry.counts.total()
        severity = entry.severity or (known.severity if known else "medium")
        exceptions = list(entry.exceptions.values())
        stands = _treatment(entry, (rule, group) in self._unclear, (rule, group) in self._failed_before)
        likelihood, impact = risk.LIKELIHOODS[severity], members.impact
        by_people = risk.assessed(exceptions) if stands in (ACCEPTED, TRANSFERRED) else None
        if by_people:
            likelihood, impact = by_people
        points, word = risk.score(likelihood, impact)
        threat = self._threats.get(rule, self._otherwise)
        return {
            "id": _id(rule, group),
            "rule": rule,
            "title": entry.title or (known.title if known else rule),
            "severity": severity,
            "cites": list(entry.cites or (known.cites if known else ())),
            "group": group[1],
            "group_by": group[0],
            "systems": list(members.systems),
            "owners": list(members.owners),
            "threat": _threat(threat),
            "likelihood": likelihood,
            "impact": impact,
            "assessed_by": "exceptions" if by_people else "matrix",
            "score": points,
            "risk": word,
            "treatment": stands,
            "hosts_in_group": members.hosts,
            "hosts_failing": failing,
            "hosts": entry.hosts,
            "counts": {name: entry.counts[name] for name in (OPEN, ACCEPTED, TRANSFERRED)},
            "overdue": entry.overdue,
            "overdue_hosts": entry.overdue_hosts,
            "tickets": sorted({one["ticket"] for one in exceptions if "ticket" in one}),
            "exceptions": exceptions,
            **({"first_seen": entry.first_seen} if entry.first_seen else {}),
            **({"due": entry.due} if entry.due else {}),
            **(self._passing(entry, at) if stands == REMEDIATED else {}),
            "history": self._history(entry, at),
        }

    def _passing(self, entry: _Entry, at: str) -> dict[str, str]:
        """Return since when a rule that failed passes, and which run put it right or saw it first."""
        if entry.closed[NONE]:
            return {"passing_since": at, "by_run": self._run_id, "by": "remediation" if entry.fixed_now else "others"}
        if entry.ended == NONE:
            return {}
        run_id, moment = self._past.runs[entry.ended]
        return {"passing_since": moment, "by_run": run_id, "by": "remediation" if entry.fixed_by else "others"}

    def _history(self, entry: _Entry, at: str) -> list[dict[str, Any]]:
        """Return the runs that saw failures begin or end, the newest last, at most `MAX_HISTORY`."""
        positions = {*entry.opened, *entry.closed}
        told = []
        # What this run saw comes last.
        for position in sorted(positions, key=lambda one: (one == NONE, one))[-MAX_HISTORY:]:
            run_id, moment = self._past.runs.get(position, (self._run_id, at))
            told.append(
                {"at": moment, "run_id": run_id, "opened": entry.opened[position], "closed": entry.closed[position]}
            )
        return told


def _group(record: Record, system: Record | None) -> Group:
    if system:
        role = " ".join(str(system.get("role", "")).split())
        return ("role", role) if role else ("system", " ".join(system["name"].split()))
    groups = record.get("groups", ())
    return ("inventory group", groups[0]) if groups else ("none", "hosts of no system and no group")


def _treatment(entry: _Entry, unclear: bool, failed_before: bool) -> str:
    """Return how an entry as a whole is treated: what is open on one host is open, and what could not be judged was not put right.

    ``failed_before``: it could not be judged on a host on which it failed before, so that nobody accepted all of it either.
    """
    if failed_before and not entry.counts[OPEN]:
        return UNCLEAR
    past = UNCLEAR if unclear else REMEDIATED
    return next((name for name in (OPEN, ACCEPTED, TRANSFERRED) if entry.counts[name]), past)


def _threat(threat: Threat | None) -> dict[str, str]:
    return {"id": threat.id, "title": threat.title, "threat": threat.threat.strip()} if threat else {}


def _id(rule: str, group: Group) -> str:
    """Return what an entry is called in each run, so that a site's own notes can name it."""
    return "R-" + hashlib.sha256("\0".join((rule, *group)).encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _totals(entries: list[dict[str, Any]]) -> dict[str, int]:
    counts = Counter(one["treatment"] for one in entries)
    return {
        **{name: counts[name] for name in TREATMENTS},
        "overdue": sum(one["overdue"] > 0 for one in entries),
        "overdue_findings": sum(one["overdue"] for one in entries),
    }
