# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `log_retention`: for how long records stay on this host: of the journal, of files that are rotated, of auditd."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    ABSENT,
    ERROR,
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import logrotate
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
    auditd_conf,
    daemon_options,
    systemd_settings,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.log_programs import SYSLOG_NG_MAIN, writers
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.time_span import seconds_of

JOURNALD = "/etc/systemd/journald.conf"
JOURNAL, JOURNAL_FOLDER = "journal", "/var/log/journal"
AUDITD, AUDITD_FILE = "/usr/sbin/auditd", "/etc/audit/auditd.conf"
AUDIT_LOG = "/var/log/audit/audit.log"
# Of auditd 3 and newer, and of 2, whose files later ones leave lying about.
PLUGINS = ("/etc/audit/plugins.d", "/etc/audisp/plugins.d")
BUILT_IN = "builtin_"
# What is done when space runs out may take the oldest records.
SPACE = ("space_left_action", "admin_space_left_action", "disk_full_action")
WITHOUT_END = logrotate.WITHOUT_END
Row = Dict[str, Any]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `[{log, by, days, sooner, sent}]` of the host's own logs, and of files (`paths`) that the site names.

    `days`: for how many a record is kept as far as time goes, 36500 for ever; `sooner`: what may drop it before, a size mostly;
    `sent`: whether it goes where the records of the system log are sent.
    """

    def one(address: Address) -> Observation:
        paths = address.get("paths", [])
        if not isinstance(paths, list) or not all(isinstance(path, str) and path.startswith("/") for path in paths):
            raise UsageError("the key 'paths' of the address has to be a list of paths")
        return value([*_system_log(host, paths), *_audit(host), *_rotated(host, paths)], "journald, logrotate, auditd")

    return read_each(addresses, one)


def _row(log: str, by: str, days: float, sooner: str = "", sent: bool = False) -> Row:
    return {"log": printable(log), "by": by, "days": int(days), "sooner": sooner, "sent": sent}


def _system_log(host: Host, paths: Sequence[str]) -> List[Row]:
    """Return the files of rsyslog or syslog-ng, which have what the journal has; else the journal."""
    there = writers(host)
    if "rsyslog" in there:
        found = _logs(host, {"query": "logs", "of": "rsyslog"}, True)
        if found:
            return found
    elif there == ["syslog-ng"] and not paths and host.exists(SYSLOG_NG_MAIN):
        daemon_options.refuse(host, daemon_options.SYSLOG_NG)
        # Few hosts have it.
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import syslog_ng_config, syslog_ng_queries

        files = syslog_ng_queries.written(syslog_ng_config.read_config(host))
        if files:
            return _logs(host, {"query": "logs", "paths": files}, True)
    elif there and not paths:
        raise ReadError(
            "for how long the files of %s are kept is not followed; name them in the parameter retained_logs" % there[0]
        )
    return _journal(host)


def _rotated(host: Host, paths: Sequence[str]) -> List[Row]:
    return _logs(host, {"query": "logs", "paths": list(paths)}, False) if paths else []


def _logs(host: Host, address: Address, sent: bool) -> List[Row]:
    seen = logrotate.read(host, [address])[0]
    if seen.state == ERROR:
        raise ReadError(seen.reason)
    if seen.state == ABSENT:
        return [_row(path, "nothing that rotates", WITHOUT_END, sent=sent) for path in logrotate.logs(host, address)]
    return [
        _row(one["path"], "logrotate", one["kept_days"] if one["rotated"] else WITHOUT_END, _hindered(one), sent)
        for one in seen.value
    ]


def _hindered(one: Row) -> str:
    """Return what will drop records once nothing hinders it. What nothing rotates grows, and is kept."""
    if one["rotated"] or "block" not in one:
        return ""
    return "%s rotates it as soon as nothing is in the way: %s" % (one["block"], one["why"])


def _journal(host: Host) -> List[Row]:
    found = {name: _setting(host, name) for name in ("Storage", "MaxRetentionSec")}
    storage = found["Storage"] or "auto"
    lasts = storage == "persistent" or (storage == "auto" and host.exists(JOURNAL_FOLDER))
    if not lasts:
        return [_row(JOURNAL, "journald", 0, "Storage: it is gone with the next start", sent=storage != "none")]
    seconds = seconds_of(found["MaxRetentionSec"] or "0")
    if seconds is None:
        raise ReadError("%s: MaxRetentionSec is no span of time; mend it" % JOURNALD)
    # 0 is no limit, and a size there is always: where nothing is set, a tenth of the file system and not more than 4 GiB.
    days = min(seconds / 86400, WITHOUT_END) if seconds else WITHOUT_END
    return [_row(JOURNAL, "journald", days, "SystemMaxUse: the oldest records go when that much is there", sent=True)]


def _setting(host: Host, name: str) -> str:
    found = systemd_settings.in_force(host, JOURNALD, "Journal", name)
    return found[0] if found else ""


def _audit(host: Host) -> List[Row]:
    """Return auditd's own log; nothing without the program."""
    if not host.exists(AUDITD):
        return []
    found = {one.name: one.value for one in auditd_conf.settings(host, AUDITD_FILE)}
    said = {name: lowered(text) for name, text in found.items()}
    sent = _sent(host)
    if said.get("write_logs", "yes") == "no":
        return [_row("audit log", "auditd", 0, "write_logs: it is not written", sent)]
    sooner = next(
        ("%s: the oldest records go when space runs out" % name for name in SPACE if said.get(name) == "rotate"), ""
    )
    action = said.get("max_log_file_action", "ignore")
    # Also one that only rotates when it is told to (SIGUSR1, as by a job of cron) keeps no more than so many.
    if action != "keep_logs" and int(said.get("num_logs", "0")) > 1:
        sooner = "num_logs: the oldest records go when there are that many files"
    if action == "suspend":
        sooner = "max_log_file_action: nothing more is written then"
    # A block of the site's own may have logrotate drop it too.
    rotated = _logs(host, {"query": "logs", "paths": [found.get("log_file", AUDIT_LOG)]}, sent)[0]
    days = 0 if sooner else rotated["days"]
    return [_row("audit log", "auditd", days, sooner or rotated["sooner"], sent)]


def _sent(host: Host) -> bool:
    """Return whether auditd hands its records to the system log as well: as it reads its plugins, a sign stands between blanks."""
    folder = next((path for path in PLUGINS if host.exists(path)), PLUGINS[0])
    try:
        lines = split_lines(host.read_text(folder + "/syslog.conf"))
    except NotFound:
        return False
    rows = [words for words in (words_of(line, blanks=" ") for line in lines) if words and not words[0].startswith("#")]
    if any(len(words) < 3 or words[1] != "=" for words in rows):
        return False  # It starts nothing then.
    said = {lowered(words[0]): words[2] for words in rows}
    # A package that was removed leaves its configuration.
    program = said.get("path", "")
    there = bool(program) and host.exists(program)
    return lowered(said.get("active", "no")) == "yes" and (
        there or (folder != PLUGINS[0] and program.startswith(BUILT_IN))
    )
