# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: which findings of a summary fail a pipeline, and what kind of failure it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.decided import is_older
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.safeguard_row import named
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import in_force

# Those that decisions in force do not trip; with ALL behind it, everything trips them.
COVERED = ("gap_required", "gap_addressable", *(f"severity>={name}" for name in SEVERITIES))
ALL = ":all"
NAMES = (
    *COVERED,
    *(name + ALL for name in COVERED),
    "error",
    "unreachable",
    "not_assessed",
    "regressed",
    "overdue",
    "decision_expired",
    "decision_invalid",
    "not_delivered",
)
# Five digits are centuries.
STALE = re.compile(r"stale>([0-9]{1,5}(?:\.[0-9]{1,9})?)")
# What a site may allow by name.
ACCEPTED = "accepted_required"
ALLOWED = (ACCEPTED,)
# Of rules, and of hosts with each, so many are named in one reason.
MAX_NAMED = 3
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
Record = Mapping[str, Any]


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


def check_names(fail_on: Sequence[str], allow: Sequence[str] = ()) -> list[str]:
    """Return the names of what trips without blanks. Raises `HipaaCisError` on one that is not known."""
    names = [re.sub(r"\s+", "", name) for name in fail_on]
    for name in names:
        if name not in NAMES and not STALE.fullmatch(name):
            raise HipaaCisError(unknown("value of hipaa_cis_fail_on:", name, {*NAMES, "stale>31"}, most=30))
    for name in allow:
        if name not in ALLOWED:
            raise HipaaCisError(unknown("value of hipaa_cis_allow:", name, ALLOWED))
    return names


def of_batches(names: Iterable[str]) -> list[str]:
    """Return what can be held against the first batches of a play: not what trips on hosts that are still to come."""
    return [name for name in names if name not in ("unreachable", "not_assessed") and not STALE.fullmatch(name)]


@dataclass(frozen=True)
class Earlier:
    """What runs before say: lines on what ``regressed``; why that is not known (``unknown``); and the risk register.

    ``not_delivered``: why places that were to have this run do not.
    """

    regressed: Sequence[str] = ()
    unknown: str = ""
    register: Record | None = None
    not_delivered: Sequence[str] = ()


NOTHING = Earlier()


def judge_gate(
    summary: Record, fail_on: Sequence[str], allow: Sequence[str] = (), at: str = "", earlier: Earlier = NOTHING
) -> Tripped:
    """Return what of the summary trips the gate.

    ``at``: the moment by which audits are stale (ISO 8601); ``earlier``: what is known of runs before, where it was asked for.

    Raises `HipaaCisError` on an unknown name.
    """
    wanted = check_names(fail_on, allow)
    not_compliant = [
        *_gaps(summary, wanted, ACCEPTED in allow),
        *_severities(summary, wanted),
        *(earlier.regressed if "regressed" in wanted else ()),
        *(_overdue(earlier.register) if "overdue" in wanted and earlier.register else ()),
        *_notices(summary, "expired", "decision_expired" in wanted),
    ]
    not_done = [
        *_not_assessed(summary, "not_assessed" in wanted),
        *_errors(summary, "error" in wanted),
        *_lost(summary, wanted),
        *_notices(summary, "invalid", "decision_invalid" in wanted),
        *_stale(summary, wanted, at),
        *([f"regressed: {earlier.unknown}"] if "regressed" in wanted and earlier.unknown else []),
        *(_cannot_tell(earlier.register) if "overdue" in wanted else ()),
        *(f"not delivered: {one}" for one in earlier.not_delivered if "not_delivered" in wanted),
    ]
    return Tripped(tuple(not_compliant), tuple(not_done))


def _gaps(summary: Record, wanted: Sequence[str], accepted: bool) -> Iterator[str]:
    for row in summary["safeguards"]:
        # A standard without an own obligation is mandatory: its gap counts with the required ones.
        name = "gap_addressable" if row["obligation"] == "addressable" else "gap_required"
        head = f"gap ({row['obligation']}{', as proposed' if 'framework' in summary else ''}): {row['cite']} {row['name']}: {row['reason']}"
        if name + ALL in wanted and (
            row["hosts_affected"] or row["state"] in ("gap_excepted", "alternative_documented")
        ):
            yield head + _rules_of(summary, row["cite"], everything=True)
        elif name in wanted and row["state"] == "gap":
            yield head + _rules_of(summary, row["cite"], everything=False)
        elif name in wanted and row["state"] == "gap_excepted" and name == "gap_addressable":
            yield f"{head}. No exception of it has the record of 164.306(d)(3) (addressable)"
        elif name in wanted and row["state"] == "gap_excepted" and not accepted:
            yield f"{head}. An exception leaves a gap in what is required; hipaa_cis_allow: [{ACCEPTED}] lets it pass"


def _rules_of(summary: Record, cite: str, everything: bool) -> str:
    """Return the most severe failing rules that bear on a safeguard, with hosts."""
    failing = []
    for name, rule in summary["rules"].items():
        hosts = rule["hosts_failed"] if everything else _open_hosts(rule)
        if hosts and any(mapping["cite"] == cite for mapping in rule["hipaa"]):
            failing.append((-SEVERITIES.index(rule["severity"]), name, hosts))
    told = [f"{name} on {', '.join(hosts[:MAX_NAMED])}" for _order, name, hosts in sorted(failing)[:MAX_NAMED]]
    return f" ({'; '.join(told)})" if told else ""


def _open_hosts(rule: Record) -> list[str]:
    """Return hosts on which a rule fails and no exception in force covers it."""
    found: list[str] = rule.get("hosts_open", rule["hosts_failed"])
    return found


def _severities(summary: Record, wanted: Sequence[str]) -> Iterator[str]:
    least = _least(wanted, "")
    least_of_all = _least(wanted, ALL)
    for name, rule in summary["rules"].items():
        severity, fails = SEVERITIES.index(rule["severity"]), rule["counts"]["fail"]
        excepted = rule.get("excepted", 0)
        if fails and severity >= least_of_all:
            yield (
                f"{rule['severity']}: {name} fails on {fails} host(s): {', '.join(rule['hosts_failed'][:MAX_NAMED])}"
                + (f"; an exception covers {excepted} of them" if excepted else "")
            )
        elif fails > excepted and severity >= least:
            hosts = ", ".join(_open_hosts(rule)[:MAX_NAMED])
            yield f"{rule['severity']}: {name} fails on {fails - excepted} host(s): {hosts}{_out_of_force(summary, name)}"


def _out_of_force(summary: Record, rule: str) -> str:
    """Return which exceptions of a rule do not hold, for they have expired or hold only later."""
    names = dict.fromkeys(
        f"{named(one['exception'])} {'expired on ' + one['exception']['expires'] if one['exception']['state'] == 'expired' else 'does not hold yet'}"
        for one in summary.get("exceptions", ())
        if one["rule"] == rule and not in_force(one["exception"])
    )
    return f"; {', '.join(list(names)[:MAX_NAMED])}" if names else ""


def _least(wanted: Sequence[str], suffix: str) -> int:
    """Return the least severity that trips, as a position; past the last where none does."""
    names = [name[: -len(suffix) or None] for name in wanted if name.endswith(suffix) and (suffix or ALL not in name)]
    return min((SEVERITIES.index(name.split(">=")[1]) for name in names if ">=" in name), default=len(SEVERITIES))


def _notices(summary: Record, kind: str, wanted: bool) -> Iterator[str]:
    for one in summary.get("decisions", {}).get("notices", ()) if wanted else ():
        if one["kind"] == kind:
            hosts = f" (on {', '.join(one['hosts'][:MAX_NAMED])})" if one["hosts"] else ""
            yield f"decision {kind}: {one['text']}{hosts}"


def _not_assessed(summary: Record, wanted: bool) -> Iterator[str]:
    for row in summary["safeguards"] if wanted else ():
        if row["state"] == "not_assessed":
            proposed = " (as proposed)" if "framework" in summary else ""
            yield f"not assessed{proposed}: {row['cite']} {row['name']}: {row['reason']}"


def _errors(summary: Record, wanted: bool) -> Iterator[str]:
    for name, rule in summary["rules"].items() if wanted else ():
        if rule["counts"]["error"]:
            yield f"error: {name} could not be judged on {rule['counts']['error']} host(s)"


def _lost(summary: Record, wanted: Sequence[str]) -> Iterator[str]:
    for host in summary["hosts"]:
        if _TRIPS.get(host["status"]) in wanted:
            yield split_lines(f"{host['status']}: {host['host']}: {host.get('reason', '')}")[0][:200]


def _stale(summary: Record, wanted: Sequence[str], at: str) -> Iterator[str]:
    days = min((float(match[1]) for match in map(STALE.fullmatch, wanted) if match), default=None)
    if days is None:
        return
    seen = set()
    for host in summary["hosts"]:
        seen.add(host["host"])
        if host["status"] != "audited":
            yield f"stale: {host['host']}: no audit of it in what is reported on ({host['status']})"
        elif is_older(host["audited_at"], at, days):
            yield f"stale: {host['host']}: last audited {host['audited_at']}, longer ago than {days:g} days, or its clock was wrong"
    for system in summary.get("decisions", {}).get("systems", ()):
        for name in system["not_audited"]:
            if name not in seen:
                yield f"stale: {name} (system {system['name']}): no audit of it in what is reported on"


def _overdue(register: Record) -> Iterator[str]:
    for one in register["entries"]:
        if one["overdue"]:
            owners = f"; owner: {', '.join(one['owners'][:MAX_NAMED])}" if one["owners"] else ""
            hosts = ", ".join(one["overdue_hosts"][:MAX_NAMED])
            yield f"overdue: {one['rule']} ({one['severity']}) was due {one['due']} on {one['overdue']} host(s): {hosts}{owners}"


def _cannot_tell(register: Record | None) -> Iterator[str]:
    """Yield why nobody can tell what is overdue."""
    if register is None or not register["history_from"]["ledger"]:
        why = f" {register['history_from']['says']}" if register else ""
        yield (
            f"overdue: since when findings are open is not known.{why} Keep the folder of the runs (hipaa_cis_run_dir) or name the ledger "
            "(hipaa_cis_ledger), or leave overdue out of the first run."
        )
    elif register["hosts_without_deadlines"]:
        yield f"overdue: {register['hosts_without_deadlines']} host(s) have no deadlines; give them in hipaa_cis_deadlines or deadlines.yml, and audit again"


def _amount(reasons: Sequence[str]) -> str:
    return f"{len(reasons)} reason{'' if len(reasons) == 1 else 's'}, named above."


def _section(head: str, lines: Sequence[str]) -> str:
    shown = [f"  - {line}" for line in lines[:MAX_LINES]]
    if len(lines) > MAX_LINES:
        shown.append(f"  ... and {len(lines) - MAX_LINES} more; see the report")
    return "\n".join([head, *shown])
