# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance windows: whether a moment lies in one, and when the next one opens.

A window is ``{days: [sat, sun], from: "22:00", to: "04:00", timezone: Europe/Berlin}``; ``days`` are those on which it
begins. It may cross midnight. Where a change of the clock makes an end ambiguous or a time missing, the shorter
window is meant: a change that starts too late is the worse mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.time_zone import time_zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KEYS = frozenset({"days", "from", "to", "timezone"})


@dataclass(frozen=True)
class Window:
    """A window that comes again every week."""

    days: tuple[str, ...]
    start: time
    end: time
    zone: ZoneInfo

    def around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield (opens, closes) in UTC of every time it is open from the day before ``now`` to eight days on."""
        today = now.astimezone(self.zone).date()
        for offset in range(-1, 9):
            day = today + timedelta(days=offset)
            if DAYS[day.weekday()] not in self.days:
                continue
            last = day if self.end > self.start else day + timedelta(days=1)
            opens = max(self._moments(day, self.start))
            closes = min(self._moments(last, self.end))
            if closes > opens:
                yield opens, closes

    def _moments(self, day: date, clock: time) -> list[datetime]:
        """Return what a time of the clock may mean in UTC: two moments where it comes twice or not at all."""
        local = datetime.combine(day, clock, self.zone)
        return [local.replace(fold=fold).astimezone(timezone.utc) for fold in (0, 1)]

    def __str__(self) -> str:
        return f"{', '.join(self.days)} {self.start:%H:%M} to {self.end:%H:%M} {self.zone.key}"


@dataclass(frozen=True)
class State:
    """Whether a window is open. ``closes`` or, when none is open, ``opens``: UTC; ``opens`` None: not within eight days."""

    open: bool
    closes: datetime | None = None
    opens: datetime | None = None


def state_at(windows: Sequence[Window], now: datetime) -> State:
    """Return the state at a moment that has a time zone. Without any window it is always open."""
    if not windows:
        return State(open=True)
    spans = [span for window in windows for span in window.around(now)]
    open_until = [closes for opens, closes in spans if opens <= now < closes]
    if open_until:
        return State(open=True, closes=max(open_until))
    later = [opens for opens, _closes in spans if opens > now]
    return State(open=False, opens=min(later) if later else None)


def refusal(windows: Sequence[Window], minutes: int, now: datetime) -> str:
    """Return why nothing may be begun now, in words; empty where a window is open for so many minutes yet."""
    state = state_at(windows, now)
    if state.open and (state.closes is None or now + timedelta(minutes=minutes) <= state.closes):
        return ""
    named = "; ".join(map(str, windows))
    if state.open:
        return (
            f"The maintenance window closes at {state.closes:%Y-%m-%d %H:%M} UTC, in less than the {minutes} minutes that "
            f"are wanted; nothing was started. Windows: {named}."
        )
    opens = f"the next opens at {state.opens:%Y-%m-%d %H:%M} UTC" if state.opens else "none opens within eight days"
    return f"It is outside of the maintenance windows, so nothing was started; {opens}. Windows: {named}."


def parse(given: Sequence[Any]) -> list[Window]:
    """Return the windows of a site's list. Raises `HipaaCisError`."""
    return [_window(item, f"maintenance window {number}") for number, item in enumerate(given, 1)]


def _window(item: Any, name: str) -> Window:
    if not isinstance(item, Mapping):
        raise HipaaCisError(f"{name}: it has to hold days, from, to and timezone.")
    for key in item:
        if key not in KEYS:
            raise HipaaCisError(f"{name}: {unknown('key', key, KEYS)}")
    missing = [key for key in ("from", "to", "timezone") if key not in item]
    if missing:
        raise HipaaCisError(f"{name}: {', '.join(missing)} is missing.")
    start, end = _time(item["from"], name), _time(item["to"], name)
    if start == end:
        raise HipaaCisError(f"{name}: from and to are the same; for a whole day use 00:00 and 23:59.")
    return Window(_days(item.get("days", DAYS), name), start, end, time_zone(item["timezone"], name))


def _time(given: Any, name: str) -> time:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", str(given))
    if not found:
        # YAML 1.1 reads 22:00 without quotes as the number 1320.
        raise HipaaCisError(f"{name}: {given!r} is not a time; write it as '22:00', with quotes.")
    return time(int(found[1]), int(found[2]))


def _days(given: Any, name: str) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else list(given)
    days = []
    for day in listed:
        short = str(day).lower()[:3]
        if short not in DAYS or str(day).lower() not in (short, LONG_DAYS[DAYS.index(short)]):
            raise HipaaCisError(f"{name}: {unknown('day', day, DAYS)}")
        days.append(short)
    if not days:
        raise HipaaCisError(f"{name}: it has no day.")
    return tuple(days)
