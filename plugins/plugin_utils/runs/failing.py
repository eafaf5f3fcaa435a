# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Since when rules fail on hosts, and what failed before a run, as its reports need it. The ledger fills it; without one nothing is known."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

ALONE = (
    "First seen is of this run alone: no ledger was read. It is read where hipaa_cis_ledger names one, deadlines are given, the gate asks, or the "
    "run has 50 hosts or more."
)
# In the place of a run, where a rule did not fail on a host.
NONE = -1


class Ended(NamedTuple):
    """A failure that ended: runs (positions) of begin and end, and whether the run of its end fixed it."""

    rule: str
    host: str
    begin: int
    end: int
    fixed: bool


@dataclass
class Failing:
    """What the ledger knows before a run. ``known``: whether it was read and has an earlier run; ``says``: in words.

    ``runs``: position -> id and time (ISO 8601, UTC). ``since``: rule -> for each host, by its place in ``hosts``, the position since which it
    fails, or `NONE`. ``endings``: gives the failures of the last twelve months that ended.
    """

    known: bool = False
    says: str = ALONE
    hosts: Mapping[str, int] = field(default_factory=dict)
    runs: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    since: dict[str, array[int]] = field(default_factory=dict)
    endings: Callable[[], Iterable[Ended]] = tuple

    def failing_since(self, rule: str, host: str) -> int:
        """Return the position of the earlier run since which a rule fails on a host; `NONE` where it fails only now."""
        place = self.hosts.get(host)
        return NONE if place is None or rule not in self.since else self.since[rule][place]

    def first_seen(self, finding: Mapping[str, Any], record: Mapping[str, Any]) -> str:
        """Return since when (ISO 8601, UTC) a finding of a record fails."""
        now: str = finding.get("audited_at") or record["audited_at"]
        position = self.failing_since(finding["rule"], record["host"])
        return now if position == NONE else min(self.runs[position][1], now)
