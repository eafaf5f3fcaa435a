# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it takes at most from one run of a job to the next, in whole days: timers (systemd.timer(5)), crontab(5), anacrontab(5)."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Iterable, List, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.crontab import MONTHS, WEEKDAYS

WEEK, MONTH, YEAR = 7, 31, 366
NAMED = {
    **dict.fromkeys(("@hourly", "@daily", "@midnight"), 1),
    "@weekly": WEEK,
    "@monthly": MONTH,
    **dict.fromkeys(("@yearly", "@annually"), YEAR),
}
# More than a day of minutes, so that one of many in a day shows the way to the next such day.
_RUNS = 1500
_TIME = re.compile(r"(?:Next elapse|Iter(?:ation|\.) #[0-9]+): \w+ ([0-9-]{10} [0-9:]{8})", re.ASCII)
_AGAIN = ("OnUnitActiveSec", "OnUnitInactiveSec")
_FIRST = ("OnActiveSec", "OnBootSec", "OnStartupSec", "OnCalendar")
_MICROSECONDS = re.compile(r"^ *(?:\u03bcs|\u00b5s|us): ([0-9]+)$", re.ASCII | re.MULTILINE)
_DAY = 86400
# Twenty-eight years, after which days of the week and of the month meet again as before.
_CALENDAR = (date(2000, 1, 1).toordinal(), date(2028, 3, 1).toordinal())


def times_of(settings: Iterable[Tuple[str, str]]) -> List[Tuple[str, str]]:
    """Return those of a timer's settings that say when it fires."""
    given: List[Tuple[str, str]] = []
    for name, text in settings:
        if name in _AGAIN or name in _FIRST:
            # An empty one takes back all that were before it, of whatever sort.
            given = [*given, (name, text)] if text else []
    return given


def of_timer(host: Host, times: Sequence[Tuple[str, str]]) -> Optional[int]:
    """Return the days of a timer by what systemd-analyze says of it, None where it does not fire again and again."""
    again = any(name in _FIRST for name, _text in times)
    found = [
        _calendar(host, text) if name == "OnCalendar" else _span(host, text)
        for name, text in times
        if name == "OnCalendar" or (name in _AGAIN and again)
    ]
    return min((days for days in found if days is not None), default=None)


def _calendar(host: Host, text: str) -> Optional[int]:
    if "@" + text in NAMED:
        return NAMED["@" + text]
    said = host.run(["systemd-analyze", "calendar", "--iterations=%d" % _RUNS, text]).stdout
    times = [datetime.strptime(one, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc) for one in _TIME.findall(said)]
    # Some days and no more; what comes for ever ends for systemd in 2199.
    if len(times) < _RUNS and (len(times) < 2 or (times[-1] - times[0]).days < 10 * YEAR):
        return None
    return max((later - earlier).days for earlier, later in zip(times, times[1:]))


def _span(host: Host, text: str) -> Optional[int]:
    found = _MICROSECONDS.search(host.run(["systemd-analyze", "timespan", text]).stdout)
    if found is None:
        raise ReadError("systemd-analyze does not say how long %r is" % text)
    return int(found.group(1)) // 1000000 // _DAY


def of_line(line: str, *, anacron: bool) -> int:
    """Return the days of a line of a table."""
    words = words_of(line)
    if words[0].startswith("@"):
        return NAMED.get(words[0], YEAR)
    if anacron:
        return int(words[0]) if is_number(words[0]) else YEAR
    if len(words) < 6:
        return YEAR
    days, months, weekdays = _ones(words[2], 1, 31), _ones(words[3], 1, 12, MONTHS), _ones(words[4], 0, 7, WEEKDAYS)
    if not (days and months and weekdays):
        return YEAR
    # Where neither begins with a star, either of them is enough.
    both = words[2].startswith("*") or words[4].startswith("*")

    def runs(day: date) -> bool:
        of_month, of_week = day.day in days, bool({day.isoweekday(), day.isoweekday() % 7} & weekdays)
        return day.month in months and ((of_month and of_week) if both else (of_month or of_week))

    return _longest([day for day in map(date.fromordinal, range(*_CALENDAR)) if runs(day)])


def _longest(days: Sequence[date]) -> int:
    return max(((later - earlier).days for earlier, later in zip(days, days[1:])), default=YEAR)


def _ones(field: str, low: int, high: int, names: Sequence[str] = ()) -> Set[int]:
    """Return the numbers that a field of a table names, none where cron does not take it."""
    found: Set[int] = set()
    for part in field.split(","):
        bounds, slash, step = part.partition("/")
        first, dash, last = bounds.partition("-")
        start = low if bounds == "*" else _number(first, low, names)
        end = high if bounds == "*" else _number(last, low, names) if dash else start
        if start is None or end is None or not low <= start <= end <= high:
            return set()
        # Other programs take a step behind a single number.
        if slash and (not is_number(step) or not int(step) or bounds == first != "*"):
            return set()
        found.update(range(start, end + 1, int(step or 1)))
    return found


def _number(text: str, low: int, names: Sequence[str]) -> Optional[int]:
    text = lowered(text)
    return int(text) if is_number(text) else names.index(text) + low if text in names else None
