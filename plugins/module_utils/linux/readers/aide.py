# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `aide`: what AIDE watches and with which attributes, its database, and what has it compare the two."""

from __future__ import annotations

import re
import stat
import time
from typing import Any, Dict, Iterator, List, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import MountTable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    ERROR,
    VALUE,
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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import units
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.aide_config import HASHES, UNKNOWN, Config, Rules
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import (
    UNIT_DIRECTORIES,
    assignments,
    fragments,
)

PROGRAMS = ("/usr/bin/aide", "/usr/sbin/aide")
MAINS = ("/etc/aide/aide.conf", "/etc/aide.conf")
# What Debian's own job reads: which configuration, and what it has AIDE do.
DEFAULTS = "/etc/default/aide"
DAY = 86400
TABLES = ("/etc/crontab", "/etc/anacrontab", "/etc/cron.d/*", "/var/spool/cron/crontabs/root", "/var/spool/cron/root")
SCRIPTS = "/etc/cron.*ly/*"
# A command that compares. Debian's job does what its settings say.
_JOB = re.compile(r"(?:^|[\s/\"'])dailyaidecheck(?![\w.-])", re.ASCII)
_COMPARES = re.compile(
    r"(?:^|[\s/\"';&|(])aide(?:\.wrapper)?[\"']?\s(?:[^#]*\s)?(?:-\w*[CuE]|--(?:check|update|compare))(?![\w-])",
    re.ASCII,
)
# A comment, and what is only said.
_NO_COMMAND = re.compile(r"(?:^|(?<=\s))#.*|(?:^|(?<=[\s;&|]))(?:echo|printf|logger)\s[^;&|]*", re.ASCII)
# cron runs what has such a name (run-parts(8)); anacron and cron read tables of such names too.
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z", re.ASCII)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `watched` with `[{path, attributes, rule}]`, `database` with `{path, size, age_days}`, `schedule` with its jobs.

    A job is `{by, name, enabled, active}`. Absent without AIDE or its configuration.
    `watched` leaves out the paths that are not there; ``rule`` is null for what no rule chooses.
    """

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query == "schedule":
            return value(list(_schedule(host)), "systemd, cron")
        if query not in ("watched", "database"):
            raise UsageError("unknown query %r; known: database, schedule, watched" % query)
        main = _main(host)
        if not main:
            return absent(MAINS[0])
        config: Config = host.shared("AIDE's configuration", lambda: Config(host, main, _version(host)))
        return _database(host, config, main) if query == "database" else value(_watched(host, config, address), main)

    return read_each(addresses, one)


def _defaults(host: Host) -> Dict[str, str]:
    """Return what sets the variables of Debian's job. Raises `ReadError` where a shell would have to be asked."""
    found: Dict[str, str] = {}
    try:
        lines = split_lines(host.read_text(DEFAULTS))
    except NotFound:
        return found
    for number, line in enumerate(lines, 1):
        row = re.match(r"\s*(?:export\s+)?(CONFIG|COMMAND)=(.*)\Z", line, re.ASCII)
        if row:
            text = row.group(2).partition(" #")[0].strip(BLANKS)
            plain = re.match(r"([\"']?)([\w./-]*)\1\Z", text, re.ASCII)
            if plain is None:
                raise ReadError("%s:%d: what this sets only a shell knows; write it out" % (DEFAULTS, number))
            found[row.group(1)] = plain.group(2)
    return found


def _main(host: Host) -> str:
    """Return the path of the configuration, empty where AIDE or it is missing."""
    if not any(host.exists(path) for path in PROGRAMS):
        return ""
    other = _defaults(host).get("CONFIG", "")
    return next((path for path in ((other,) if other else MAINS) if host.exists(path)), "")


def _watched(host: Host, config: Config, address: Address) -> List[Dict[str, Any]]:
    paths = address.get("paths")
    if not isinstance(paths, list) or not paths:
        raise UsageError("the address needs the key 'paths' with a list")
    if any(words_of(text) for text in config.options.get("root_prefix", ())):
        raise ReadError("root_prefix of AIDE is set, so that its rules are about other files; take it out")
    # AIDE sees a file where it is, and follows no link of a folder.
    places = sorted({host.place(path)[0] for path in paths if host.exists(path)})
    rules = Rules(config.rules, _version(host), lambda path: MountTable(host).holding(path).fstype)
    return [_entry(config, rules, path) for path in places]


def _entry(config: Config, rules: Rules, path: str) -> Dict[str, Any]:
    rule = rules.chosen(path)
    if rule is None:
        return {"path": printable(path), "attributes": [], "rule": None}
    if rule.attributes is None:
        raise ReadError("%s: its attributes hang on what only AIDE knows when it runs; write them out" % rule.place)
    attributes: Set[str] = set(rule.attributes)
    for text in config.options.get("report_ignore_changed_attrs", ()):
        ignored = None if UNKNOWN in text else config.attributes(text, "report_ignore_changed_attrs")
        if ignored is None:
            raise ReadError("report_ignore_changed_attrs of AIDE hangs on what only AIDE knows; write it out")
        attributes -= ignored
    if "growing" in attributes:
        # What was added at the end is no change then.
        attributes -= {"s", "b", "m", "c"} | HASHES
    return {"path": printable(path), "attributes": sorted(attributes), "rule": rule.place}


def _version(host: Host) -> Tuple[int, ...]:
    said = host.run(("aide", "--version"))
    found = re.search(r"\b[Aa][Ii][Dd][Ee] (\d+)\.(\d+)", said.stdout + said.stderr, re.ASCII)
    if found is None:
        raise ReadError("aide --version does not say which AIDE this is")
    return int(found.group(1)), int(found.group(2))


def _database(host: Host, config: Config, main: str) -> Observation:
    # Of several the first counts; before 0.17 it was called `database`.
    given = config.options.get("database_in") or config.options.get("database")
    if not given:
        raise ReadError("%s names no database_in; the one that AIDE was built with is not known" % main)
    url = (words_of(given[0]) or [""])[0]
    found = re.match(r"file:(?://(?:localhost)?(?=/))?(/.*)\Z", url, re.ASCII | re.DOTALL)
    if found is None or UNKNOWN in url:
        raise ReadError(
            "%s: AIDE's database is kept elsewhere than in a file; look at it there, or document an exception" % main
        )
    path = found.group(1)
    try:
        status = host.stat(path)
    except NotFound:
        return absent(path)
    if not stat.S_ISREG(status.st_mode):
        raise ReadError("%s is no file" % printable(path))
    age = max(0, int((time.time() - status.st_mtime) // DAY))
    return value({"path": printable(path), "size": status.st_size, "age_days": age}, path)


def _compares(host: Host, line: str) -> bool:
    line = _NO_COMMAND.sub("", line)
    if _COMPARES.search(line):
        return True
    return _JOB.search(line) is not None and _defaults(host).get("COMMAND", "check") in ("check", "update")


def _schedule(host: Host) -> Iterator[Dict[str, Any]]:
    for name in sorted(_timers(host)):
        state = _unit(host, name)
        if state:
            yield {"by": "timer", "name": name, "enabled": state["enabled"], "active": state["active"]}
    for path in (path for pattern in TABLES for path in host.glob(pattern)):
        # cron passes over other names there.
        if (not path.startswith("/etc/cron.d/") or _NAME.match(path.rpartition("/")[2])) and any(
            _is_job(line) and _compares(host, line) for line in split_lines(host.read_text(path))
        ):
            yield {"by": "cron", "name": printable(path), "enabled": True, "active": True}
    for path in host.glob(SCRIPTS):
        if _NAME.match(path.rpartition("/")[2]) and host.stat(path).st_mode & stat.S_IXUSR:
            text = host.read_text(path)
            # Debian's own does nothing where systemd is at work.
            idle = "/run/systemd/system" in text and host.exists("/run/systemd/system")
            if not idle and any(
                _compares(host, line) for line in split_lines(text) if not line.lstrip(BLANKS).startswith("#")
            ):
                yield {"by": "cron", "name": printable(path), "enabled": True, "active": True}


def _is_job(line: str) -> bool:
    """Return whether a line of a table runs again and again: no comment, no variable, no `@reboot`."""
    first = (words_of(line) or ["#"])[0]
    return first.startswith("*") or is_number(first[0]) or (first.startswith("@") and first != "@reboot")


def _timers(host: Host) -> Iterator[str]:
    """Yield the timers that start a service which compares."""
    names: Set[str] = set()
    # Without systemd nothing starts them.
    for folder in UNIT_DIRECTORIES if host.exists("/run/systemd/system") else ():
        try:
            names.update(name for name in host.list_directory(folder) if name.endswith(".timer"))
        except NotFound:
            continue
    for name in names:
        started = name[: -len(".timer")] + ".service"
        for setting, text in _settings(host, name, "Timer"):
            started = text if setting == "Unit" else started
        command = ""
        for setting, text in _settings(host, started, "Service"):
            # An empty one takes back those before it.
            command = (
                command + "\n" + text if setting == "ExecStart" and text else "" if setting == "ExecStart" else command
            )
        if any(_compares(host, line) for line in split_lines(command)) and not _is_masked(host, started):
            yield name


def _settings(host: Host, name: str, section: str) -> Iterator[Tuple[str, str]]:
    for place in fragments(host, name):
        yield from assignments(snippet_text(host, place), section)


def _is_masked(host: Host, name: str) -> bool:
    """Return whether a unit is masked, for good or until the next boot."""
    state = _unit(host, name)
    return bool(state) and state["masked"] is not False


def _unit(host: Host, name: str) -> Dict[str, Any]:
    """Return what systemd says of a unit, nothing where there is none. Raises `ReadError` where it says nothing."""
    seen = units.observe(host, name)
    if seen.state == ERROR:
        raise ReadError(seen.reason)
    return dict(seen.value) if seen.state == VALUE else {}
