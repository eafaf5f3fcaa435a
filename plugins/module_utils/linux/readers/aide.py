# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `aide`: what AIDE watches and with which attributes, its database, and what has it compare the two."""

from __future__ import annotations

import re
import stat
import time
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import MountTable
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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import scheduled_jobs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.aide_config import HASHES, Config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.aide_rules import UNKNOWN, Rule, Rules

PROGRAMS = ("/usr/bin/aide", "/usr/sbin/aide")
MAINS = ("/etc/aide/aide.conf", "/etc/aide.conf")
# What Debian's own job reads: which configuration, and what it has AIDE do.
DEFAULTS = "/etc/default/aide"
DAY = 86400
# A command that compares. Debian's job does what its settings say.
_JOB = re.compile(r"(?:^|[\s/\"'])dailyaidecheck(?![\w.-])", re.ASCII)
_COMPARES = re.compile(
    r"(?:^|[\s/\"';&|(])aide(?:\.wrapper)?[\"']?\s(?:[^#]*\s)?(?:-\w*[CuE]|--(?:check|update|compare))(?![\w-])",
    re.ASCII,
)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `watched` with `[{path, attributes, rule}]`, `database` with `{path, size, age_days}`, `schedule` with its jobs.

    A job is `{by, name, enabled, active, days}`, ``days`` the longest time between two runs; one that does not come again is none.
    Absent without AIDE or its configuration.
    `watched` leaves out the paths that are not there; ``rule`` is null for what no rule chooses.
    """

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query == "schedule":
            found = scheduled_jobs.jobs(host, lambda line: _compares(host, line))
            return value([job.shown() for job in found], "systemd, cron")
        if query not in ("watched", "database"):
            raise UsageError("unknown query %r; known: database, schedule, watched" % query)
        main = main_of(host)
        if not main:
            return absent(MAINS[0])
        config: Config = host.shared("AIDE's configuration", lambda: Config(host, main, version_of(host)))
        if query == "database":
            return _database(host, config, main)
        return value([entry(config, path, rule) for path, rule in chosen(host, config, address)], main)

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


def main_of(host: Host) -> str:
    """Return the path of the configuration, empty where AIDE or it is missing."""
    if not any(host.exists(path) for path in PROGRAMS):
        return ""
    other = _defaults(host).get("CONFIG", "")
    return next((path for path in ((other,) if other else MAINS) if host.exists(path)), "")


def chosen(host: Host, config: Config, address: Address) -> List[Tuple[str, Optional[Rule]]]:
    """Return the paths that are there with the rule by which AIDE watches each, None where it does not. Raises `ReadError`."""
    if any(words_of(text) for text in config.options.get("root_prefix", ())):
        raise ReadError("root_prefix of AIDE is set, so that its rules are about other files; take it out")
    rules = rules_of(host, config)
    return [(path, rules.chosen(path)) for path in places(host, address)]


def places(host: Host, address: Address) -> List[str]:
    """Return where the files of an address really are: AIDE sees a file there, and follows no link of a folder."""
    paths = address.get("paths")
    if not isinstance(paths, list) or not paths:
        raise UsageError("the address needs the key 'paths' with a list")
    return sorted({host.place(path)[0] for path in paths if host.exists(path)})


def rules_of(host: Host, config: Config) -> Rules:
    """Return the rules of a configuration as AIDE asks them on this host."""
    return Rules(config.rules, config.version, lambda path: MountTable(host).holding(path).fstype)


def entry(config: Config, path: str, rule: Optional[Rule]) -> Dict[str, Any]:
    """Return ``{path, attributes, rule}`` of one path: the attributes of which a change is reported. Raises `ReadError`."""
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


def version_of(host: Host) -> Tuple[int, ...]:
    """Return the version of the AIDE that is installed, as (0, 19). Raises `ReadError`."""
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
    if _COMPARES.search(line):
        return True
    return _JOB.search(line) is not None and _defaults(host).get("COMMAND", "check") in ("check", "update")
