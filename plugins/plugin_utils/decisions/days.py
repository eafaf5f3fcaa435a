# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a decision holds: from the begin of one day to the end of another, in a named time zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.time_zone import time_zone

UTC = "UTC"
# A year, a leap day in it or not: whoever decided it looks at it again at least that often.
MAX_DAYS = 366
# Beyond, there is no next day and no moment in another time zone.
YEARS = range(1900, 9000)
IN_FORCE, EXPIRED, NOT_YET = "in_force", "expired", "not_yet_valid"
Item = Mapping[str, Any]


def zone_name(item: Item) -> str:
    """Return the name of an entry's time zone."""
    return " ".join(str(item.get("timezone", UTC)).split())


def _zone(item: Item) -> tzinfo:
    """Return an entry's time zone. Raises `HipaaCisError`."""
    name = zone_name(item)
    # A controller without time zone data knows this one all the same.
    return timezone.utc if name == UTC else time_zone(name, "it")


def faults(item: Item, now: datetime, begins: str, ends: str, limited: str = "") -> Iterator[tuple[str, str]]:
    """Yield (key, message) for each day of an entry that cannot be used.

    ``limited``: what the entry is called where its end may be a year ahead at most.
    """
    try:
        today = now.astimezone(_zone(item)).date()
    except HipaaCisError as problem:
        yield "timezone", str(problem)
        return
    days: dict[str, date] = {}
    for key in (begins, ends):
        if key not in item:
            continue
        try:
            day = date.fromisoformat(item[key])
        except ValueError as problem:
            yield key, f"{item[key]} is no date, for {problem}"
            continue
        if day.year in YEARS:
            days[key] = day
        else:
            yield key, f"{item[key]} has to be a day of the years {YEARS[0]} to {YEARS[-1]}"
    if ends in days and limited and (days[ends] - today).days > MAX_DAYS:
        ahead = (days[ends] - today).days
        yield ends, f"{item[ends]} is {ahead} days ahead; {limited} holds at most {MAX_DAYS} and is then renewed"
    if len(days) == 2 and days[ends] < days[begins]:
        yield ends, f"{item[ends]} is before {begins} ({item[begins]})"


def state(item: Item, now: datetime, begins: str, ends: str) -> str:
    """Return whether a sound entry holds at a moment: `IN_FORCE`, `EXPIRED` or `NOT_YET`."""
    zone = _zone(item)
    if ends in item:
        # Where midnight is missing or comes twice, the first moment that may be meant: it rather ends too early.
        end = datetime.combine(date.fromisoformat(item[ends]) + timedelta(days=1), time(), zone)
        if now >= end.astimezone(timezone.utc):
            return EXPIRED
    if begins in item:
        # And it rather begins too late.
        begin = datetime.combine(date.fromisoformat(item[begins]), time(), zone).replace(fold=1)
        if now < begin.astimezone(timezone.utc):
            return NOT_YET
    return IN_FORCE
