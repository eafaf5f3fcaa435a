# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Since when a finding of a record fails, until when it may, and how it is treated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.failing import Failing
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import in_force

OPEN, UNCLEAR, ACCEPTED, TRANSFERRED, REMEDIATED = "open", "unclear", "accepted", "transferred", "remediated"
# From what is looked at first.
TREATMENTS = {
    OPEN: "open",
    UNCLEAR: "failed before, cannot be judged now",
    ACCEPTED: "accepted by exception",
    TRANSFERRED: "transferred",
    REMEDIATED: "remediated",
}
Record = Mapping[str, Any]


class Standing(NamedTuple):
    """How a failing finding stands. ``due``: the day (UTC) by whose deadline it is to be put right, empty without one."""

    first_seen: str
    due: str
    overdue_days: int
    treatment: str

    @property
    def overdue(self) -> bool:
        """Whether it lasts longer than its deadline, and nobody decided that it may."""
        return self.overdue_days >= 0 and self.treatment == OPEN


def standing(finding: Record, record: Record, past: Failing, at: str = "") -> Standing:
    """Return how a failing finding stands at a moment (ISO 8601); where not given, when it was seen."""
    seen = past.first_seen(finding, record)
    days = record.get("decisions", {}).get("deadlines", {}).get(finding["severity"])
    if days is None:
        return Standing(seen, "", -1, treatment(finding))
    due, over = _due(seen, days, at or finding.get("audited_at") or record["audited_at"])
    return Standing(seen, due, over, treatment(finding))


def treatment(finding: Record) -> str:
    """Return what somebody decided about a failure: nothing (`OPEN`), that it stays, or that somebody else bears the risk."""
    told = finding.get("exception")
    if told is None or not in_force(told):
        return OPEN
    return TRANSFERRED if "transferred_to" in told else ACCEPTED


@lru_cache(maxsize=20_000)
def _due(seen: str, days: float, at: str) -> tuple[str, int]:
    """Return the day of a deadline, and how many whole days it is over: below 0 where it is not."""
    end = _moment(seen) + timedelta(days=days)
    return end.astimezone(timezone.utc).strftime("%Y-%m-%d"), (_moment(at) - end).days if _moment(at) > end else -1


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
