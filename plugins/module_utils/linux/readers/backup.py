# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `backup`: how old the last good run is of what a site names as its backup, a timer of systemd or a file that each good run touches."""

from __future__ import annotations

import json
import re
import stat
import time
from datetime import datetime, timezone
from typing import Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    read_each,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import units

PROPERTIES = "Id,ActiveState,Result,ExecMainExitTimestamp,ExecMainCode,ExecMainStatus,SuccessExitStatus,TriggeredBy,Unit,ExecStart"
# What systemd writes to the journal where a unit ended well, and where it failed (systemd/sd-messages.h); what a reboot leaves of its runs.
ENDED_WELL, FAILED = "7ad2d189f7e94e70a38c781354912448", "d9b373ed55a64feb8242e02dbe79a49c"
NOT_NAMED = "the site has not said what backs this host up: set backup_unit to the timer, or backup_marker to a file that each good run touches"
_TIME = re.compile(r"\w{3} ([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) UTC\Z", re.ASCII)
# Of a command with a dash before it, which ends well for systemd however it ends.
_PASSED_OVER = re.compile(r"\{ path=(\S+) ;.* ignore_errors=yes ", re.ASCII)
_DAY = 86400
# What clocks may be apart.
_SLACK = 300


class Run(NamedTuple):
    """When the last good run ended, in seconds of the epoch, and what is wrong."""

    ended: Optional[float]
    problems: List[str]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{age_days, problems}`` of ``unit`` or ``marker``, of both the older: days that have begun since the last good run, null where none is known."""
    return read_each(
        addresses, lambda address: _backup(host, str(address.get("unit", "")), str(address.get("marker", "")))
    )


def _backup(host: Host, unit: str, marker: str) -> Observation:
    runs = [*([_of_unit(host, unit)] if unit else []), *([_of_marker(host, marker)] if marker else [])]
    problems = [problem for run in runs for problem in run.problems] or ([] if runs else [NOT_NAMED])
    ended = [run.ended for run in runs]
    now = time.time()
    if any(one is not None and one > now + _SLACK for one in ended):
        problems.append("the last run is in the future by this host's clock; set the clock")
    known = [max(0.0, now - one) for one in ended if one is not None]
    age = int(-(-max(known) // _DAY)) if known and len(known) == len(runs) else None
    return value({"age_days": age, "problems": problems}, ("%s %s" % (unit, marker)).strip(BLANKS))


def _of_marker(host: Host, path: str) -> Run:
    try:
        status = host.stat(path)
    except NotFound:
        return Run(None, ["%s is not there" % printable(path)])
    problems = [] if stat.S_ISREG(status.st_mode) else ["%s is no file" % printable(path)]
    if status.st_mode & stat.S_IWOTH:
        problems.append("anybody may touch %s" % printable(path))
    return Run(status.st_mtime, problems)


def _of_unit(host: Host, name: str) -> Run:
    """Return the last run of a timer's service, or of a service that a timer starts. Raises `ReadError` where systemd does not say."""
    if name.endswith(".service"):
        service = _shown(host, name)
        timers = [one for one in words_of(service.get("TriggeredBy", "")) if one.endswith(".timer")]
        if not timers:
            return Run(None, ["no timer starts %s; name a file that it touches (backup_marker)" % printable(name)])
    else:
        timers = [units.full_name(name, ".timer")]
        service = _shown(host, _shown(host, timers[0]).get("Unit") or timers[0][: -len(".timer")] + ".service")
    problems = []
    if not any(_is_on(host, timer) for timer in timers):
        problems.append("%s is not there, or not on now and at boot" % printable(timers[0]))
    passed_over = _PASSED_OVER.search(service.get("ExecStart", ""))
    if passed_over:
        found = service.get("Id", ""), printable(passed_over.group(1))
        problems.append("%s passes over a failure of %s (a dash before it)" % found)
    run = _last(host, service)
    return Run(run.ended, problems + run.problems)


def _is_on(host: Host, timer: str) -> bool:
    seen = units.observe(host, timer)
    if seen.state == "error":
        raise ReadError(seen.reason)
    return seen.state == "value" and seen.value["enabled"] is True and seen.value["active"] is True


def _shown(host: Host, unit: str) -> Dict[str, str]:
    # In the local time of the host a name of a zone may mean several.
    command = ["env", "TZ=UTC", "systemctl", "show", "--no-pager", "--property=" + PROPERTIES, "--", unit]
    shown: Dict[str, str] = {}
    for line in split_lines(host.run(command).stdout):
        name, sign, text = line.partition("=")
        # Of several commands each has a line.
        shown[name] = "%s\n%s" % (shown[name], text) if sign and name in shown else text
    return shown


def _last(host: Host, service: Dict[str, str]) -> Run:
    """Return the last run that ended. While the next one runs, and after a reboot, systemd itself knows no more of it: the journal does.

    The stamps in /var/lib/systemd/timers say nothing: one is made when the timer is switched on.
    """
    name = service.get("Id", "")
    exited = service.get("ExecMainExitTimestamp", "")
    if exited:
        found = _TIME.match(exited)
        if found is None:
            raise ReadError("systemctl does not say in a known form when %s ended: %s" % (name, printable(exited)))
        ended = datetime.strptime(found.group(1), "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
        status = service.get("ExecMainStatus", "")
        fine = ["0", *words_of(service.get("SuccessExitStatus", ""))]
        # `systemctl reset-failed` leaves the status of the process.
        if service.get("Result") == "success" and service.get("ExecMainCode") == "1" and status in fine:
            return Run(ended, [])
        return Run(None, ["the last run of %s ended with %s, status %s" % (name, service.get("Result", ""), status)])
    command = ["journalctl", "--quiet", "--no-pager", "--output=json", "--output-fields=MESSAGE_ID", "--lines=1"]
    said = host.run(
        [*command, "_PID=1", "UNIT=" + name, "MESSAGE_ID=" + ENDED_WELL, "MESSAGE_ID=" + FAILED], accept=(0, 1)
    )
    lines = [line for line in split_lines(said.stdout) if line.startswith("{")]
    if not lines:
        return Run(None, ["neither systemd nor the journal knows of a run of %s that has ended" % name])
    entry = json.loads(lines[-1])
    if entry.get("MESSAGE_ID") != ENDED_WELL:
        return Run(None, ["the last run of %s failed" % name])
    return Run(int(entry["__REALTIME_TIMESTAMP"]) / 1000000, [])
