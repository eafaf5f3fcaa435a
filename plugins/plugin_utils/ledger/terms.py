# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By what the answers of the ledger go: what is asked, and what the site says of its hosts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class OfHost:
    """What the site says of a host.

    Its system, and who answers for it; days that each severity may last, and days between two audits (0: not said); tickets of exceptions by rule.
    """

    system: str = ""
    owner: str = ""
    deadlines: Mapping[str, float] = field(default_factory=dict)
    audit_interval: float = 0
    tickets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Terms:
    """By what the answers go.

    The time of the question, since when drift is told (None: the last run), days of the trend, days that each severity may last,
    days between two audits, the hosts of groups, and what the site says of hosts by name, which counts before.
    """

    now: float
    since: float | None = None
    trend_days: float = 90
    deadlines: Mapping[str, float] = field(default_factory=dict)
    audit_interval: float = 31
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    of_hosts: Mapping[str, OfHost] = field(default_factory=dict)

    def deadlines_of(self, host: str) -> Mapping[str, float]:
        """Return how many days each severity may last on a host."""
        own = self.of_hosts.get(host)
        return own.deadlines if own and own.deadlines else self.deadlines

    def interval_of(self, host: str) -> float:
        """Return how many days may lie between two audits of a host."""
        own = self.of_hosts.get(host)
        return own.audit_interval if own and own.audit_interval else self.audit_interval
