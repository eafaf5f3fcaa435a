# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a long audit is, in few lines: what the callback prints while it waits for hosts. Nothing is read for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

# Below so many hosts a run is over before anybody asks.
FEWEST_HOSTS = 20
# Of a terminal with 24 lines one is left for the prompt.
MAX_LINES = 23
# Seconds to the first line, and how much longer each pause is than the one before: the 23rd line comes after a day.
FIRST_SECONDS, LONGER = 5.0, 1.5
# Hosts from which on a pace can be told.
MIN_DONE = 10
# Where these are set, nobody looks at a terminal: pipelines, and jobs of ansible-runner, which gives its jobs one.
NOBODY_LOOKS = (
    "CI",
    "TF_BUILD",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "AWX_ISOLATED_DATA_DIR",
)


def is_shown(asked: str, environment: Mapping[str, str], terminal: bool) -> bool:
    """Return whether lines are printed. ``asked``: ``auto``, ``true`` or ``false``; ``terminal``: whether they would go to one."""
    if asked != "auto":
        return asked == "true"
    watched = not any(environment.get(name, "").lower() not in ("", "0", "false") for name in NOBODY_LOOKS)
    return terminal and watched and environment.get("TERM") != "dumb"


class Progress:
    """Counts the hosts of a play as their results come in. `line` gives what to print now, most often nothing."""

    def __init__(self, total: int, now: Callable[[], float]) -> None:
        self.total, self._now = total, now
        self._done: set[str] = set()
        self._lost: set[str] = set()
        self.failing = self.failed = self.unreachable = 0
        # Those that an earlier command audited, which cost no time in this one.
        self._there = 0
        self._printed = 0
        self._pause = FIRST_SECONDS
        self._next = now() + self._pause
        # (moment, hosts done by then in this command), the first one at the begin.
        self._moments = [(now(), 0)]

    def audited(self, host: str, failing: bool, resumed: bool = False) -> None:
        """Take a host that was audited, or had been before this command."""
        if host not in self._done:
            self._done.add(host)
            self._there += resumed
            self.failing += failing

    def lost(self, host: str, unreachable: bool) -> None:
        """Take a host that no task turns to any more: it was not reached, or it failed."""
        if host not in self._lost:
            self._lost.add(host)
            self._done.add(host)
            if unreachable:
                self.unreachable += 1
            else:
                self.failed += 1

    def line(self) -> str:
        """Return a line where it is time for one, else nothing."""
        now = self._now()
        if now < self._next or self.total < FEWEST_HOSTS or self._printed >= MAX_LINES or len(self._done) >= self.total:
            return ""
        self._printed += 1
        self._pause *= LONGER
        self._next = now + self._pause
        self._moments.append((now, len(self._done) - self._there))
        told = [f"{len(self._done):,} of {self.total:,} hosts done"]
        told += [f"{number:,} {what}" for number, what in self._kinds() if number]
        return f"hipaa.cis: {', '.join(told)}{self._left(now)}"

    def _kinds(self) -> tuple[tuple[int, str], ...]:
        return (
            (self.failing, "with failing rules"),
            (self.unreachable, "not reached"),
            (self.failed, "not audited"),
        )

    def _left(self, now: float) -> str:
        """Return how long it may still take, by the pace of the newer half of the hosts: that it began slowly is forgotten."""
        done = len(self._done) - self._there
        if done < MIN_DONE:
            return ""
        then, before = next(moment for moment in reversed(self._moments) if moment[1] <= done // 2)
        seconds = (now - then) / (done - before) * (self.total - len(self._done))
        return f"; about {_duration(seconds)} left"


def _duration(seconds: float) -> str:
    """Return a time as people tell it: never more exact than it is known."""
    if seconds < 50:
        return f"{max(10, round(seconds, -1)):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{max(1, minutes)} min"
    return f"{seconds / 3600:.1f} h"
