# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a safeguard: on one host by what was found and decided there, and over all of them.

No state says that a safeguard is met. One function decides (`state_of`); what it is asked is made from a host record here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog

# From what is looked at first; over several hosts the first one counts that any of them is in.
STATES = {
    "gap": "gap",
    "gap_excepted": "gap, exception documented",
    "not_assessed": "not assessed",
    "needs_attestation": "needs attestation",
    "alternative_documented": "alternative documented",
    "attested": "attested",
    "supported": "supported by configuration",
}
_ORDER = tuple(STATES)
# In the place of a state, where all rules of a safeguard do not apply on a host: it then says nothing over the fleet.
NOTHING = "nothing"

# How the failing rules of a safeguard stand, or the safeguard as a whole: no exception, one, or one with the record of 164.306(d)(3).
OPEN, EXCEPTED, DOCUMENTED = "open", "excepted", "documented"
NO = "no"
ADDRESSABLE = "addressable"
Record = Mapping[str, Any]


def state_of(obligation: str, failing: str, whole: str, rest: str, attested: bool = False) -> str:
    """Return the state of one safeguard on one host.

    ``failing``: `NO` where no rule fails; else `OPEN` where an exception in force is missing for any that does, `EXCEPTED`, or
    `DOCUMENTED` where each exception has the record of 164.306(d)(3). ``whole``: the same for an exception on the safeguard itself,
    never `OPEN`. ``rest``: the state that is left without failing rules (``supported``, ``needs_attestation``, ``not_assessed``).

    An exception on what is no addressable specification leaves the gap a gap. What nobody looked at is never shown as clean.
    """
    if failing == OPEN and whole == NO:
        return "gap"
    if failing == NO and (whole == NO or rest == "supported"):
        return "attested" if rest == "needs_attestation" and attested else rest
    if obligation != ADDRESSABLE or DOCUMENTED not in (failing, whole):
        return "gap_excepted"
    if whole != DOCUMENTED and (rest == "not_assessed" or (rest == "needs_attestation" and not attested)):
        return rest
    return "alternative_documented"


def over_hosts(states: Iterable[str]) -> str:
    """Return the state over several hosts: the one that is looked at first. Hosts that say nothing count where no other does."""
    said = [state for state in states if state != NOTHING]
    return min(said, key=_ORDER.index, default="not_assessed")


def in_force(exception: Record | None) -> bool:
    """Return whether an exception, in the form of the records, held when the run began on its host."""
    return exception is not None and exception["state"] == "in_force"


_FAIL_OPEN, _FAIL_EXCEPTED, _FAIL_DOCUMENTED, _ERROR, _MANUAL, _PASS, _NOT_APPLICABLE = (1 << bit for bit in range(7))
_OUTCOMES = {
    "fail": _FAIL_OPEN, "error": _ERROR, "manual": _MANUAL, "pass": _PASS, "not_applicable": _NOT_APPLICABLE,
}  # fmt: skip


class Safeguards:
    """Gives the states of all safeguards of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._rows = catalog.safeguards
        self._benchmarks = catalog.benchmarks
        versions = [one for newest in catalog.benchmarks.values() for one in newest.versions]
        named = {one.name: frozenset(one.rules) for one in versions if one.by_name}
        for one in versions:
            for profile, rules in one.rules_by_name.items():
                named[profile] = named.get(profile, frozenset()) | rules
        # What stands in benchmarks and profiles alone that are taken by name, hosts for which none of these was named are not asked for.
        beside = frozenset().union(*named.values()).difference(*(one.rules_by_itself for one in versions))
        self._with_rules: dict[str, set[str]] = {name: set() for name in catalog.platforms}
        for rule in catalog.rules.values():
            self._with_rules[rule.platform].update(() if rule.id in beside else rule.cites)
        self._if_named = {
            name: {cite for rule in rules for cite in catalog.rules[rule].cites} for name, rules in named.items()
        }

    def of_host(self, record: Record) -> dict[str, str]:
        """Return cite -> state, or `NOTHING`, of an audited host, all rows of the framework."""
        seen = dict.fromkeys(self._rows, 0)
        for finding in record["findings"]:
            flag = _flag(finding)
            for cite in finding["cites"]:
                if cite in seen:
                    seen[cite] |= flag
        unlooked = {
            cite
            for key in ("not_yet_automated", "not_looked_at")
            for item in record.get(key, ())
            for cite in item["cites"]
        }
        wholes, attested = _decided(record)
        asked = self._asked(record)
        return {
            cite: self._state(cite, flags, cite in unlooked, wholes.get(cite, NO), cite in attested, asked)
            for cite, flags in seen.items()
        }

    def of_lost(self, record: Record | None) -> dict[str, str]:
        """Return the same of a host that was not audited. What no rule sees can be attested to all the same."""
        attested: Collection[str] = _decided(record)[1] if record else ()
        asked = self._asked(record)
        return {cite: self.empty(cite, cite in attested, asked) for cite in self._rows}

    def empty(self, cite: str, attested: bool = False, asked: Collection[str] | None = None) -> str:
        """Return the state of a safeguard of which nothing was seen; ``asked``: those that rules see (`_asked`), of any host where not given."""
        seen = self._unseen(cite, self._asked(None) if asked is None else asked)
        return state_of(self._rows[cite].obligation, NO, NO, seen, attested)

    def _asked(self, record: Record | None) -> set[str]:
        """Return the safeguards that rules for a host see: those of its platforms (all, where nobody knows them), and what was named for it."""
        platforms = (record or {}).get("platforms") or self._with_rules
        seen = set().union(*(self._with_rules.get(name, ()) for name in platforms))
        selections = (*record.get("earlier_selections", ()), record["selection"]) if record else ()
        profiles = {name for one in selections for name in (one.get("profile"), *one.get("profiles", ()))}
        profiles.add((record or {}).get("meant", {}).get("profile"))
        names = {name for one in selections for name in one.get("benchmarks", ())}
        known = [(name, self._benchmarks.get(name.partition("@")[0])) for name in names]
        meant = {one.name for name, newest in known if newest for one in newest.meant_by(name)}
        return seen.union(*(self._if_named.get(name, ()) for name in (*meant, *profiles)))

    def _unseen(self, cite: str, asked: Collection[str]) -> str:
        # Where it has rules nothing was looked at, which no attestation is asked for.
        return "not_assessed" if cite in asked else "needs_attestation"

    def _state(self, cite: str, flags: int, unlooked: bool, whole: str, attested: bool, asked: Collection[str]) -> str:
        failing = (
            OPEN
            if flags & _FAIL_OPEN
            else EXCEPTED
            if flags & _FAIL_EXCEPTED
            else DOCUMENTED
            if flags & _FAIL_DOCUMENTED
            else NO
        )
        if flags == _NOT_APPLICABLE and not unlooked and whole == NO:
            return NOTHING
        return state_of(self._rows[cite].obligation, failing, whole, self._rest(cite, flags, unlooked, asked), attested)

    def _rest(self, cite: str, flags: int, unlooked: bool, asked: Collection[str]) -> str:
        if unlooked or flags & _ERROR:
            return "not_assessed"
        if flags & _MANUAL:
            return "needs_attestation"
        if not flags:
            return self._unseen(cite, asked)
        return "not_assessed" if flags == _NOT_APPLICABLE else "supported"


def _flag(finding: Record) -> int:
    exception = finding.get("exception")
    if finding["outcome"] == "fail" and in_force(exception):
        return _FAIL_DOCUMENTED if exception and ADDRESSABLE in exception else _FAIL_EXCEPTED
    return _OUTCOMES[finding["outcome"]]


def _decided(record: Record) -> tuple[dict[str, str], set[str]]:
    """Return cite -> exception on it as a whole, and the cites that are attested, as far as these hold."""
    decisions = record.get("decisions", {})
    wholes: dict[str, str] = {}
    for one in decisions.get("exceptions", ()):
        if "safeguard" in one and in_force(one):
            kind = DOCUMENTED if ADDRESSABLE in one else EXCEPTED
            wholes[one["safeguard"]] = max(kind, wholes.get(one["safeguard"], kind), key=(EXCEPTED, DOCUMENTED).index)
    return wholes, {one["safeguard"] for one in decisions.get("attestations", ()) if one["state"] == "in_force"}


def shown(states: Mapping[str, str]) -> dict[str, str]:
    """Return states as outputs have them: where no rule applies, nothing was assessed."""
    return {cite: "not_assessed" if state == NOTHING else state for cite, state in states.items()}


def host_safeguards(catalog: Catalog, record: Record) -> dict[str, str]:
    """Return cite -> state of one host, all rows of the framework."""
    return shown(Safeguards(catalog).of_host(record))


def score(record: Record) -> dict[str, int]:
    """Return how many findings of a host pass (``passing``), of how many that were judged or should have been (``of``).

    ``excepted``: how many of the others an exception in force covers. What does not apply or is for a person is not counted.
    """
    counts = record["counts"]
    return {
        "passing": counts["pass"],
        "of": counts["pass"] + counts["fail"] + counts["error"],
        "excepted": sum(
            one["outcome"] in ("fail", "error") and in_force(one["exception"])
            for one in record["findings"]
            if "exception" in one
        ),
    }
