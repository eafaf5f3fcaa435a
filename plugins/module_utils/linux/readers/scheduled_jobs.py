# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has a program run again and again: timers of systemd, tables of cron and the scripts that it runs."""

from __future__ import annotations

import os
import re
import stat
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ERROR, VALUE, NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import units
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import crontab, schedule
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import (
    assignments,
    fragments,
    read_at_boot,
)

ANACRONTAB = "/etc/anacrontab"
TABLES = ("/etc/crontab", ANACRONTAB, "/etc/cron.d/*", "/var/spool/cron/crontabs/root", "/var/spool/cron/root")
SCRIPTS = "/etc/cron.*ly/*"
# A comment, and what is only said.
_NO_COMMAND = re.compile(r"(?:^|(?<=\s))#.*|(?:^|(?<=[\s;&|]))(?:echo|printf|logger)\s[^;&|]*", re.ASCII)
# cron runs what has such a name (run-parts(8)); anacron and cron read tables of such names too.
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z", re.ASCII)


class Job(NamedTuple):
    """``commands``: the lines that run the program; ``times``: when a timer elapses, of a script the folder's word (``daily``).

    ``days`` is the longest time between two runs.
    """

    by: str
    name: str
    enabled: bool
    active: bool
    commands: List[str]
    times: List[str]
    days: int

    def shown(self) -> Dict[str, Any]:
        """Return what of it is observed."""
        return {"by": self.by, "name": self.name, "enabled": self.enabled, "active": self.active, "days": self.days}


def jobs(host: Host, runs: Callable[[str], bool]) -> Iterator[Job]:
    """Yield the jobs with a command, without comments, of which ``runs`` says that it runs the program.

    What does not come again is no job.
    """

    def commands(lines: Iterator[str]) -> List[str]:
        return [line for line in (_NO_COMMAND.sub("", line) for line in lines) if runs(line)]

    for name in sorted(_timer_names(host)):
        found = _started(host, name, commands)
        state = unit(host, name) if found else {}
        times = schedule.times_of(_settings(host, name, "Timer")) if state else []
        days = schedule.of_timer(host, times)
        if days is not None:
            shown = ["%s=%s" % one for one in times]
            yield Job("timer", name, state["enabled"], state["active"], found, shown, days)
    for path, status in _files(host, TABLES):
        found = commands(line for line in _table(host, path, status) if _is_job(line))
        if found:
            days = min(schedule.of_line(line, anacron=path == ANACRONTAB) for line in found)
            yield Job("cron", printable(path), True, True, found, [], days)
    for path, status in _files(host, [SCRIPTS]):
        if _NAME.match(path.rpartition("/")[2]) and status.st_mode & stat.S_IXUSR:
            text = host.read_text(path)
            # Debian's own do nothing where systemd is at work.
            idle = "/run/systemd/system" in text and host.exists("/run/systemd/system")
            lines = (line for line in split_lines(text) if not line.lstrip(BLANKS).startswith("#"))
            found = [] if idle else commands(lines)
            if found:
                word = path.split("/")[2].partition(".")[2]
                yield Job(
                    "cron", printable(path), True, True, found, [word], schedule.NAMED.get("@" + word, schedule.YEAR)
                )


def _files(host: Host, patterns: Sequence[str]) -> Iterator[Tuple[str, os.stat_result]]:
    """Yield the files with their status; folders and links that lead nowhere are passed over, as cron and run-parts do."""
    for path in (path for pattern in patterns for path in host.glob(pattern)):
        try:
            status = host.stat(path)
        except NotFound:
            continue
        if stat.S_ISREG(status.st_mode):
            yield path, status


def _table(host: Host, path: str, status: os.stat_result) -> List[str]:
    """Return the lines of a table, none where cron passes over all of it: one that it does not trust, or whose last line does not end.

    Seen on Debian's cron 3.0pl1-197, which says so in its log alone.
    """
    if path == ANACRONTAB:
        return split_lines(host.read_text(path))
    named = not path.startswith("/etc/cron.d/") or _NAME.match(path.rpartition("/")[2])
    trusted = status.st_uid in (0, os.geteuid()) and not status.st_mode & 0o022 and status.st_nlink == 1
    text = host.read_text(path) if named and trusted else ""
    if not words_of(text.rpartition("\n")[2] + " #")[0].startswith("#"):
        return []
    return crontab.lines_run(host, text, of_system=path.startswith("/etc/"))


def _is_job(line: str) -> bool:
    """Return whether a line of a table runs again and again: no comment, no variable, no `@reboot`."""
    first = (words_of(line) or ["#"])[0]
    return first.startswith("*") or is_number(first[0]) or (first.startswith("@") and first != "@reboot")


def _timer_names(host: Host) -> Set[str]:
    names: Set[str] = set()
    # Without systemd nothing starts them.
    for folder in read_at_boot(host) if host.exists("/run/systemd/system") else ():
        try:
            names.update(name for name in host.list_directory(folder) if name.endswith(".timer"))
        except NotFound:
            continue
    return names


def _started(host: Host, name: str, commands: Callable[[Iterator[str]], List[str]]) -> List[str]:
    """Return the commands that run the program in the service which a timer starts, none where that is masked."""
    started = name[: -len(".timer")] + ".service"
    for setting, text in _settings(host, name, "Timer"):
        started = text if setting == "Unit" else started
    command = ""
    for setting, text in _settings(host, started, "Service"):
        # An empty one takes back those before it.
        command = (
            command + "\n" + text if setting == "ExecStart" and text else "" if setting == "ExecStart" else command
        )
    found = commands(iter(split_lines(command)))
    return [] if found and _is_masked(host, started) else found


def _settings(host: Host, name: str, section: str) -> Iterator[Tuple[str, str]]:
    for place in fragments(host, name, read_at_boot(host)):
        yield from assignments(snippet_text(host, place), section)


def _is_masked(host: Host, name: str) -> bool:
    """Return whether a unit is masked, for good or until the next boot."""
    state = unit(host, name)
    return bool(state) and state["masked"] is not False


def unit(host: Host, name: str) -> Dict[str, Any]:
    """Return what systemd says of a unit, nothing where there is none. Raises `ReadError` where it says nothing."""
    seen = units.observe(host, name)
    if seen.state == ERROR:
        raise ReadError(seen.reason)
    return dict(seen.value) if seen.state == VALUE else {}
