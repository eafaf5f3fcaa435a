# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site decided and knows, over all hosts of a run: as the summary has it. Records in, plain data out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import benchmark_id
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import days
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

MAX_HOST_NAMES = 100
# Section -> the keys of the days on which what is decided there begins and ends.
_DAYS = {
    "exceptions": ("approved_on", "expires"),
    "attestations": ("attested_on", "valid_until"),
    "tailoring": ("approved_on", "expires"),
}
# Clocks of controllers differ by less.
CLOCKS_DIFFER = timedelta(hours=1)
_encode = json.JSONEncoder(sort_keys=True).encode
Record = Mapping[str, Any]
Row = dict[str, Any]


@dataclass
class Decided:
    """Collects what concerns hosts with `add`, and runs as a whole with `add_site`."""

    # kind and text of a notice -> hosts
    _notices: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    # section -> what an entry says, as JSON -> hosts
    _entries: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _systems: dict[str, Row] = field(default_factory=dict)
    # name of a system -> its hosts in the inventory
    _hosts_of: dict[str, set[str]] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Collect the decisions that stand in a host's record."""
        decisions = record.get("decisions")
        if not decisions:
            return
        host = record["host"]
        for one in decisions.get("notices", ()):
            self._notices.setdefault((one["kind"], one["text"]), []).append(host)
        for section in ("attestations", "tailoring"):
            for one in decisions.get(section, ()):
                self._entries.setdefault(section, {}).setdefault(_encode(one), []).append(host)
        for one in decisions.get("exceptions", ()):
            if "safeguard" in one:
                self._entries.setdefault("safeguard_exceptions", {}).setdefault(_encode(one), []).append(host)
        system = decisions.get("system")
        if system:
            self._systems.setdefault(system["name"], dict(system))
            self._hosts_of.setdefault(system["name"], set()).add(host)

    def add_site(self, site: Record) -> None:
        """Collect what a site decided for a run as a whole."""
        for one in site["notices"]:
            self._notices.setdefault((one["kind"], one["text"]), [])
        for one in site["systems"]:
            self._systems[one["name"]] = {key: value for key, value in one.items() if key != "hosts"}
            self._hosts_of.setdefault(one["name"], set()).update(one["hosts"])

    def as_dict(self, rows: Sequence[Record], unused: Iterable[tuple[str, list[str]]], at: str) -> Row:
        """Return the part of the summary; empty where the site decided nothing.

        ``rows``: the hosts of the summary; ``unused``: what exceptions say that concern no rule of their hosts, and the hosts;
        ``at``: the moment by which an audit is too old (ISO 8601).
        """
        for text, hosts in unused:
            self._notices.setdefault(("matches_no_rule", text), []).extend(hosts)
        parts = {
            "notices": [
                {"kind": kind, "text": text, "hosts": sorted(set(hosts))[:MAX_HOST_NAMES]}
                for (kind, text), hosts in sorted(self._notices.items())
            ],
            **{
                section: [{**json.loads(text), "hosts": len(hosts)} for text, hosts in sorted(found.items())]
                for section, found in sorted(self._entries.items())
            },
            "systems": self._system_rows(rows, at),
            "hosts_without_system": self._without(rows),
        }
        return {key: value for key, value in parts.items() if value}

    def _without(self, rows: Sequence[Record]) -> list[str]:
        known = {host for hosts in self._hosts_of.values() for host in hosts}
        return sorted(row["host"] for row in rows if row["host"] not in known) if self._systems else []

    def _system_rows(self, rows: Sequence[Record], at: str) -> list[Row]:
        by_host = {row["host"]: row for row in rows}
        return [
            _system_row(self._systems[name], sorted(self._hosts_of.get(name, ())), by_host, at)
            for name in sorted(self._systems)
        ]


def _system_row(system: Row, hosts: list[str], by_host: Mapping[str, Record], at: str) -> Row:
    audited = [host for host in hosts if by_host.get(host, {}).get("status") == "audited"]
    times = [by_host[host]["audited_at"] for host in audited]
    return {
        **system,
        "hosts": hosts[:MAX_HOST_NAMES],
        "hosts_in_all": len(hosts),
        "audited": len(audited),
        "oldest_audit": min(times, default=""),
        "not_audited": [host for host in hosts if host not in set(audited)][:MAX_HOST_NAMES],
        "notes": _notes_of_system(system, hosts, [by_host[host] for host in audited], at),
    }


def _notes_of_system(system: Row, hosts: list[str], audited: list[Record], at: str) -> list[str]:
    told = Counter(note for row in audited for note in notes(system, row, at))
    lines = [f"{text}: {count} host(s)" for text, count in sorted(told.items())]
    left = len(hosts) - len(audited)
    return [*lines, *([f"not audited in this run: {left} host(s)"] if left else [])]


def notes(system: Record, row: Record, at: str) -> list[str]:
    """Return in which way an audited host was looked at otherwise than its system is meant to be.

    ``row``: a host of the summary; ``at``: the moment by which an audit is too old (ISO 8601).
    """
    found = []
    if "benchmark" in system and not _is_among(system["benchmark"], row["benchmarks"]):
        found.append(f"meant for {system['benchmark']}, audited by {', '.join(row['benchmarks'])}")
    if row["level"] < system.get("level", 0):
        found.append(f"meant for level {system['level']}, audited at level {row['level']}")
    if row["profile"] != system.get("profile", row["profile"]):
        found.append(f"meant for profile {system['profile']}, audited as {row['profile']}")
    if "audit_interval" in system and is_older(row["audited_at"], at, system["audit_interval"]):
        found.append(f"audited longer ago than {system['audit_interval']:g} days")
    return found


def _is_among(meant: str, benchmarks: Iterable[str]) -> bool:
    """Return whether a benchmark that is meant, in any version where none is named, is among those of a host."""
    return any(meant in (name, benchmark_id(name)) for name in benchmarks)


def is_older(audited_at: str, at: str, days: float) -> bool:
    """Return whether an audit was longer before a moment than so many days; so it is where nobody can tell when it was."""
    try:
        return is_too_old(_moment(at) - _moment(audited_at), days)
    except (ValueError, TypeError):
        return True


def is_too_old(age: timedelta | None, days: float) -> bool:
    """Return whether an age is above so many days, is not known, or is of what is still to come: a clock was wrong then."""
    return age is None or age > timedelta(days=days) or age < -CLOCKS_DIFFER


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def newest(records: Sequence[Record], at: datetime) -> dict[str, Any]:
    """Return the decisions of the first of a host's records (newest first) that has any, as they hold at a moment; else nothing.

    Raises `HipaaCisError` where they are of another form.
    """
    found = next((one["decisions"] for one in records if "decisions" in one), None)
    if found is None:
        return {}
    try:
        now = {
            section: [_at(one, at, begins, ends) for one in found.get(section, ())]
            for section, (begins, ends) in _DAYS.items()
        }
        notices = [*found.get("notices", ()), *_expired_since(found, now)]
        return {
            **{key: value for key, value in found.items() if key != "tailoring"},
            **{section: entries for section, entries in now.items() if entries or section != "tailoring"},
            **({"notices": notices} if notices else {}),
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        host = spelled_out(str(records[0].get("host")))[:200]
        raise HipaaCisError(
            f"The decisions in a record of {host} are of another form; was it changed? Audit it again."
        ) from None


def _at(one: Record, at: datetime, begins: str, ends: str) -> dict[str, Any]:
    # Only a tailored value may have no end.
    end = {} if "parameter" in one else {ends: one[ends]}
    return {**one, **end, "state": days.state(one, at, begins, ends)}


def _expired_since(before: Record, now: Mapping[str, Sequence[Record]]) -> list[Record]:
    """Return a notice of each decision that has expired since it was recorded."""
    # Only merges need it, and each audit would pay for it.
    from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import site
    from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import SECTIONS

    told: dict[str, Record] = {}
    for section, entries in now.items():
        for then, one in zip(before.get(section, ()), entries, strict=True):
            if one["state"] == days.EXPIRED != then["state"]:
                text = site.when(SECTIONS[section], one)
                told.setdefault(text, {"kind": days.EXPIRED, "text": text})
    return list(told.values())


def marked(finding: Record, exceptions: Iterable[Record]) -> dict[str, Any]:
    """Return a finding with the exception that stands beside it now, whatever stood beside it when it was seen."""
    bare = {key: value for key, value in finding.items() if key != "exception"}
    if finding["outcome"] in ("pass", "not_applicable"):
        return bare
    covering = [one for one in exceptions if _covers(one, finding)]
    longest = max(covering, key=lambda one: (one["state"] == days.IN_FORCE, one["expires"]), default=None)
    return {**bare, "exception": dict(longest)} if longest else bare


def _covers(exception: Record, finding: Record) -> bool:
    if "rule" in exception:
        return bool(exception["rule"] == finding["rule"])
    in_benchmark = benchmark_id(exception.get("benchmark", "")) == benchmark_id(finding["benchmark"])
    if "rules" in exception:
        return in_benchmark and finding["rule"] in exception["rules"]
    return in_benchmark and exception.get("recommendation") in finding["recommendations"]
