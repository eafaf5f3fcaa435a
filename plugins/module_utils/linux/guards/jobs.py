# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs as an account without anybody logging in: jobs of cron, and units of systemd."""

from __future__ import annotations

import re
import stat
from typing import Dict, Iterator, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

# Of Debian's cron, of SUSE's, and of Red Hat's cronie, which keeps them beside folders of others.
CRONTABS = ("/var/spool/cron/crontabs/*", "/var/spool/cron/tabs/*", "/var/spool/cron/*")
# Each belongs to the account as which atd runs it.
AT_JOBS = ("/var/spool/cron/atjobs/*", "/var/spool/at/*")
SYSTEM_TABLES = ("/etc/crontab", "/etc/cron.d/*")
SCRIPTS = (
    "/etc/anacrontab", "/etc/cron.hourly/*", "/etc/cron.daily/*", "/etc/cron.weekly/*", "/etc/cron.monthly/*",
)  # fmt: skip
LINGER = "/var/lib/systemd/linger"
UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
# Five fields of time or one word for them, then the account.
SYSTEM_JOB = re.compile(r"(?:@\w+|[^\s#@]\S*(?:\s+\S+){4})\s+(?P<user>[^\s=]+)\s+\S", re.ASCII)
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\s*=", re.ASCII)
# What follows su or runuser on a line; in it each word that could be a name is taken for an account.
SWITCH = re.compile(r"(?:^|[^\w.-])(?:su|runuser)\s+(?P<rest>\S.*)", re.ASCII)
NAME = re.compile(r"[A-Za-z_][\w.-]*\$?\Z", re.ASCII)
UNIT_USER = re.compile(r"^\s*User\s*=\s*(?P<user>\S+)\s*$", re.MULTILINE | re.ASCII)


def crontabs(host: Host) -> List[str]:
    """Return the tables of cron that accounts have of their own; their last name is that of the account."""
    found: List[str] = []
    for path in (one for pattern in CRONTABS for one in host.glob(pattern)):
        try:
            if stat.S_ISREG(host.stat(path).st_mode):
                found.append(path)
        except NotFound:
            continue
    return found


def cron_jobs(host: Host) -> Dict[str, str]:
    """Return account, by name or number, -> a table of cron, or a job of at, that runs as it. Raises `ReadError`."""
    found: Dict[str, str] = {}
    for path in crontabs(host):
        if any(_is_job(line) for line in _lines(host, path)):
            found.setdefault(path.rsplit("/", 1)[1], path)
    for pattern in SYSTEM_TABLES:
        for path in host.glob(pattern):
            for line in _lines(host, path):
                job = SYSTEM_JOB.match(line) if _is_job(line) else None
                if job:
                    found.setdefault(job.group("user"), path)
    for path, user in _cron_switches(host):
        found.setdefault(user, path)
    for uid, path in at_jobs(host).items():
        found.setdefault(str(uid), path)
    return found


def _cron_switches(host: Host) -> Iterator[Tuple[str, str]]:
    tables = [path for pattern in (*SYSTEM_TABLES, *SCRIPTS) for path in host.glob(pattern)]
    for path in [*crontabs(host), *tables]:
        for user in _switched_to(_lines(host, path)):
            yield path, user


def at_jobs(host: Host) -> Dict[int, str]:
    """Return number of an account -> a queued job of at that runs as it. Raises `ReadError`."""
    found: Dict[int, str] = {}
    for pattern in AT_JOBS:
        for path in host.glob(pattern):
            try:
                status = host.stat(path, follow=False)
            except NotFound:
                continue  # run meanwhile
            if stat.S_ISREG(status.st_mode):
                found.setdefault(status.st_uid, path)
    return found


def unit_jobs(host: Host) -> Dict[str, str]:
    """Return account, by name or number, -> a unit that runs as it, or why units of its own may run. Raises `ReadError`."""
    found = {path.rsplit("/", 1)[1]: path for path in host.glob(LINGER + "/*")}
    for path, user in _unit_users(host):
        found.setdefault(user, path)
    return found


def _unit_users(host: Host) -> Iterator[Tuple[str, str]]:
    for folder in UNITS:
        for path in [*host.glob(folder + "/*.service"), *host.glob(folder + "/*.service.d/*.conf")]:
            lines = _lines(host, path)
            for user in [*UNIT_USER.findall("\n".join(lines)), *_switched_to(lines)]:
                yield path, user


def _switched_to(lines: List[str]) -> Iterator[str]:
    """Yield the names on lines that become another account by su or runuser; other words among them do no harm."""
    # A command may go on behind a backslash.
    for line in "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ").split("\n"):
        found = SWITCH.search(line)
        if found:
            for word in re.split(r"[\s\"'=;|&()]+", found.group("rest"), flags=re.ASCII):
                if NAME.match(word):
                    yield word


def _is_job(line: str) -> bool:
    return bool(line) and not line.startswith("#") and not ASSIGNMENT.match(line)


def _lines(host: Host, path: str) -> List[str]:
    """Return the lines of a file; of a masked unit (a link to /dev/null) and of a link that leads nowhere there are none."""
    try:
        regular = stat.S_ISREG(host.stat(path).st_mode)
        return [line.strip(BLANKS) for line in host.read_text(path).split("\n")] if regular else []
    except NotFound:
        return []
