# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `logrotate`: how logs are rotated and for how long they are kept, and what has logrotate do so."""

from __future__ import annotations

import re
import stat
from typing import Any, Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import rsyslog, scheduled_jobs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.logrotate_config import Block, Config, Settings
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.rsyslog_config import statements

PROGRAMS = ("/usr/sbin/logrotate", "/sbin/logrotate", "/usr/bin/logrotate")
MAIN = "/etc/logrotate.conf"
# Days between two rotations; the shortest month counts.
DAYS = {"hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}
LONGEST = {"hourly": 1, "daily": 1, "weekly": 7, "monthly": 31, "yearly": 366, "size": 0}
# What "for ever" is as a number of days.
WITHOUT_END = 36500
# At least and at most.
Days = Tuple[float, int]
MAX_LOGS = 500
_COMMAND = re.compile(r"(?:^|[\s/\"';&|(@!+-])logrotate[\"']?\s+([^;&|<>]*)", re.ASCII)
# Options that take the next word, and those with which nothing is rotated.
_TAKES = re.compile(r"(?:-[a-z]*[sml]|--(?:state|mail|log))\Z", re.ASCII)
_ONLY_SAYS = re.compile(r"-[a-z]*d[a-z]*\Z|--(?:debug|version|usage|help)\Z", re.ASCII)
_DAILY = re.compile(r"daily\Z|(?:\*-\*-\* )?[0-9]{1,2}(?::[0-9]{2}){1,2}\Z", re.ASCII)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `schedule` with `[{by, name, enabled, active}]`, and `logs` with one document for each of the logs.

    It is `{path, rotated, why, block, every, every_days, rotate, kept_days, reopened, ...}`. The logs are `paths`, or what the
    program `of` writes. Absent without logrotate.
    """
    if not any(host.exists(path) for path in PROGRAMS):
        return [absent(PROGRAMS[0])] * len(addresses)

    def one(address: Address) -> Observation:
        query = required(address, "query")
        found = host.shared(
            "jobs of logrotate", lambda: list(scheduled_jobs.jobs(host, lambda line: bool(_files(line))))
        )
        if query == "schedule":
            return value([job.shown() for job in found], "systemd, cron")
        if query != "logs":
            raise UsageError("unknown query %r; known: logs, schedule" % query)
        paths = logs(host, address)
        if len(paths) > MAX_LOGS:
            raise ReadError("more than %d logs are asked about" % MAX_LOGS)
        return value(_rotations(host, found, paths), MAIN)

    return read_each(addresses, one)


def _files(line: str) -> Tuple[str, ...]:
    """Return the files that a command has logrotate read, none where it does not rotate."""
    for found in _COMMAND.finditer(line):
        words = words_of(found.group(1))
        if not any(_ONLY_SAYS.match(word) for word in words):
            taken = [word.strip("\"'") for before, word in zip(["", *words], words) if not _TAKES.match(before)]
            files = tuple(word for word in taken if word.startswith("/"))
            if files:
                return files
    return ()


def logs(host: Host, address: Address) -> List[str]:
    """Return the paths of the logs that an address asks about. Raises `ReadError`, `UsageError`."""
    if address.get("of") == "rsyslog":
        return _written_by_rsyslog(host)
    paths = address.get("paths")
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
        raise UsageError("the address needs the key 'paths' with a list, or 'of' with a program")
    return sorted({found for path in paths for found in host.glob(path) or [path]})


def _written_by_rsyslog(host: Host) -> List[str]:
    """Return the files that rsyslogd writes, without devices."""
    try:
        found = statements(host)
    except NotFound:
        return []
    logs = set()
    for seen, _mode in rsyslog.file_modes(found):
        # `-/var/log/x;Format` in the old language.
        name = seen.name.partition(";")[0].strip(BLANKS) if seen.kind == "action" else seen.parameters.get("file", "")
        name = re.sub(r"\A:omfile:", "", name.lstrip("-")) if isinstance(name, str) else ""
        if not name.startswith("/"):
            raise ReadError(
                "%s: the name of this log is made when a record comes; look at how such files are rotated, and document an exception"
                % seen.place
            )
        if not name.startswith(("/dev/", "/proc/")):
            logs.add(re.sub("/+", "/", name))
    return sorted(logs)


def _rotations(host: Host, found: List[scheduled_jobs.Job], paths: List[str]) -> List[Dict[str, Any]]:
    runs: Dict[Tuple[str, ...], Days] = {}
    for job in found:
        if job.enabled or job.active:
            for line in job.commands:
                # The most frequent of several.
                files, days = _files(line), _days_between(job)
                runs[files] = min(days, runs.get(files, days))
    version = _version(host)

    def by(locale: bool) -> Tuple[List[Dict[str, Any]], bool]:
        rows = (runs or {(MAIN,): (0, 0)}).items()
        configs = [(Config(host, files, version, paths, locale), days) for files, days in rows]
        return [_rotation(host, configs, path) for path in paths], any(config.unsure for config, _days in configs)

    seen, unsure = by(False)
    if unsure:
        for one, other in zip(seen, by(True)[0]):
            if one != other:
                raise ReadError(
                    "in which order logrotate reads its files hangs on the language of whoever starts it, and with that how %s is "
                    "rotated; name them in small letters and digits" % one["path"]
                )
    return seen


def _days_between(job: scheduled_jobs.Job) -> Days:
    """Return how many days lie at least, 0 where that is not known, and at most between two runs."""
    if len(job.times) != 1:
        return 0, job.days
    text = job.times[0].rpartition("=")[2]
    return DAYS.get("daily" if _DAILY.match(text) else text, 0), job.days


def _version(host: Host) -> Tuple[int, ...]:
    said = host.run(("logrotate", "--version"))
    found = re.search(r"\blogrotate (\d+)\.(\d+)", said.stdout + said.stderr, re.ASCII)
    if found is None:
        raise ReadError("logrotate --version does not say which logrotate this is")
    return int(found.group(1)), int(found.group(2))


def _rotation(host: Host, configs: List[Tuple[Config, Days]], path: str) -> Dict[str, Any]:
    holders = [(block, days) for config, days in configs for block in config.blocks if path in block.files]
    if len(holders) > 1:
        raise ReadError(
            "%s is rotated by two jobs (%s); let one of them do it"
            % (printable(path), ", ".join(block.place for block, _days in holders))
        )
    if not holders:
        return {"path": printable(path), "rotated": False, "why": "no block that counts names it", "kept_days": 0}
    block, days = holders[0]
    settings = block.settings
    why = _hindrance(host, block, path)
    longest = LONGEST[settings["every"]]
    seen = {
        "path": printable(path),
        "rotated": not why,
        "block": block.place,
        "every": settings["every"],
        "every_days": longest and max(longest, days[1]),
        "rotate": settings["rotate"],
        "kept_days": 0 if why else _kept_days(settings, days[0]),
        "reopened": any(settings.get(word) for word in ("postrotate", "lastaction", "copytruncate")),
    }
    for name in ("maxage", "minsize", "maxsize", "olddir"):
        if settings.get(name):
            seen[name] = settings[name]
    if settings["every"] == "size":
        seen["size"] = settings["size"]
    if settings.get("create") and "mode" in settings:
        seen["mode"] = "%04o" % settings["mode"]
    return {**seen, "why": why} if why else seen


def _kept_days(settings: Settings, days_between_runs: float) -> int:
    """Return for how many days a record is kept at least once its log was rotated."""
    days = DAYS.get(settings["every"], 0)
    if settings.get("maxsize"):
        days = 0
    # A size is only looked at when logrotate runs.
    days = max(days, days_between_runs)
    kept = WITHOUT_END if settings["rotate"] == -1 else int(max(settings["rotate"], 0) * days + 1e-6)
    return max(0, min(kept, settings.get("maxage") or WITHOUT_END, WITHOUT_END))


def _hindrance(host: Host, block: Block, path: str) -> str:
    """Return why logrotate would not rotate a log of a block, nothing where it would."""
    settings = block.settings
    if settings.get("copy") and not settings.get("copytruncate"):
        return "copy leaves the log as it is"
    if settings.get("minage", 0) > 0 and settings["every"] != "size" and not settings.get("maxsize"):
        return "minage waits until nothing is written to it any more"
    own = _passed_over(host, block, path)
    if own or not block.settings.get("sharedscripts"):
        return own
    # With shared scripts one log that cannot be rotated keeps the others from it.
    others = ((one, _mistake(host, block, one)) for one in block.files if one != path)
    return next(
        ("%s of the same block with sharedscripts: %s" % (printable(one), why) for one, why in others if why), ""
    )


def _passed_over(host: Host, block: Block, path: str) -> str:
    try:
        status = host.stat(path, follow=False)
    except NotFound:
        return _folder_mistake(host, block, path)
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link"
    if status.st_nlink != 1 and not block.settings.get("allowhardlink"):
        return "it has another name (a hard link)"
    return _folder_mistake(host, block, path)


def _mistake(host: Host, block: Block, path: str) -> str:
    """Return what is an error about a log, which a missing one with `missingok` is not."""
    try:
        host.stat(path, follow=False)
    except NotFound:
        if not block.settings.get("missingok"):
            return "it is missing, and there is no missingok"
    return _folder_mistake(host, block, path)


def _folder_mistake(host: Host, block: Block, path: str) -> str:
    try:
        folder = host.stat(path.rpartition("/")[0] or "/")
    except NotFound:
        return ""
    user, group = block.settings.get("su_user"), block.settings.get("su_group")
    if user is None:
        if folder.st_mode & stat.S_IWOTH or (folder.st_mode & stat.S_IWGRP and folder.st_gid):
            return "others may write to its folder, and there is no su"
        return ""
    shift = 6 if folder.st_uid == user else 3 if folder.st_gid == group else 0
    if user and folder.st_mode >> shift & 0o3 != 0o3:
        return "the account that su names may not write to its folder"
    return ""
