# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd.conf(5) as auditd reads it: name, sign and value, parted by spaces alone.

Seen on auditd 3.0.9 and 4.0.2: a line of more than 158 bytes is skipped, and so is a last line without newline; at a line
that it does not understand auditd does not start, and one that runs keeps what it had. It does not start either with a
link, without `-l`, a file that anybody may write to or one that is not root's; without any it goes by what it was built with.
So it is with a log that is not root's, or in a folder that is not there; then what is written down would count, once that is mended.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Dict, List, NamedTuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.daemon_options import AUDITD, refuse

MAX_BYTES = 158
_SWITCH, _NUMBER, _SPACE, _ANY = "yes|no", r"\d{1,18}", r"\d{1,18}%?", ".+"
_FULL = "ignore|syslog|rotate|exec|suspend|single|halt"
# What a name takes, in any case, of all versions up to 4.1; of what only matters to other hosts the value is not looked at.
_TAKEN = {
    name: re.compile(r"(?:%s)\Z" % text, re.ASCII | re.IGNORECASE)
    for names, text in (
        ("local_events write_logs verify_email use_libwrap distribute_network", _SWITCH),
        ("max_log_file freq priority_boost", _NUMBER),
        ("num_logs", r"0*\d{1,3}"),
        ("space_left admin_space_left", _SPACE),
        ("space_left_action admin_space_left_action", _FULL + "|email"),
        ("disk_full_action", _FULL),
        ("disk_error_action", _FULL.replace("rotate|", "")),
        ("max_log_file_action", "ignore|syslog|suspend|rotate|keep_logs"),
        ("log_format", "raw|nolog|enriched"),
        ("flush", "none|incremental|incremental_async|data|sync"),
        ("name_format", "none|hostname|fqd|numeric|user"),
        ("log_file", "/.*"),
        ("log_group name action_mail_acct dispatcher disp_qos tcp_listen_port tcp_listen_queue tcp_max_per_addr", _ANY),
        ("tcp_client_ports tcp_client_max_idle transport enable_krb5 krb5_principal krb5_key_file", _ANY),
        ("q_depth overflow_action max_restarts plugin_dir end_of_event_timeout report_interval", _ANY),
    )
    for name in names.split(" ")
}
# Only these may have a word behind their value: the program that is run.
_WITH_PROGRAM = ("space_left_action", "admin_space_left_action", "disk_full_action", "disk_error_action")


class Setting(NamedTuple):
    """``name``: in small letters; ``value``: with the program behind `exec`."""

    name: str
    value: str
    place: str


def settings(host: Host, file: str) -> List[Setting]:
    """Return what auditd takes, in its order; nothing without the file. Raises `ReadError` where auditd would not start."""
    refuse(host, AUDITD)
    _need_file(host, file)
    try:
        # What stands behind the last newline is no line to auditd.
        text = host.read_text(file)
    except NotFound:
        return []
    lines = text.split("\n")[:-1]
    found: List[Setting] = []
    for number, line in enumerate(lines, 1):
        words = words_of(line, blanks=" ")
        if words and not words[0].startswith("#") and len(line.encode("utf-8", "surrogateescape")) <= MAX_BYTES:
            found += _taken(host, words, "%s:%d" % (printable(file), number))
    # An empty one is taken for none.
    if text:
        _need_sense(file, found)
    return found


def _need_file(host: Host, file: str) -> None:
    """Raise `ReadError` where the file is of a sort that auditd does not open."""
    try:
        status = host.stat(file, follow=False)
    except NotFound:
        return
    if stat.S_ISLNK(status.st_mode):
        raise ReadError("auditd does not start with %s: it is a link; put the file itself there" % printable(file))
    if status.st_mode & 0o002 or status.st_uid not in (0, os.geteuid()):
        raise _refused(printable(file), "it has to be root's, and not for anybody to write to")


def _taken(host: Host, words: List[str], place: str) -> List[Setting]:
    name = lowered(words[0])
    if len(words) < 3 or words[1] != "=":
        raise _refused(place, "it has to be a name, a sign and a value with spaces between")
    taken = _TAKEN.get(name)
    if taken is None:
        raise _refused(place, "it knows no such name")
    text, *more = words[2:]
    if not taken.match(text) or (more and name not in _WITH_PROGRAM):
        raise _refused(place, "%s does not take that value" % name)
    if name in _WITH_PROGRAM and lowered(text) == "exec":
        text = "%s %s" % (text, _program(host, (more or [""])[0], place))
    # The old way to switch the writing off; a later log_format does not switch it on again.
    no_logs = [Setting("write_logs", "no", place)] if name == "log_format" and lowered(text) == "nolog" else []
    return [Setting(name, text, place), *no_logs]


def _program(host: Host, path: str, place: str) -> str:
    try:
        status = host.stat(path) if path.startswith("/") else None
    except NotFound:
        status = None
    if status is None or status.st_uid or status.st_mode & 0o177777 not in (0o100750, 0o100755):
        raise _refused(place, "a program has to be a file of root with mode 0750 or 0755")
    return path


def unwritable_log(host: Host, file: str) -> str:
    """Return why auditd does not start with a log that its configuration names; empty where it does."""
    for one in settings(host, file):
        why = _why_no_log(host, one.value) if one.name == "log_file" else ""
        if why:
            return "auditd does not start with %s (%s): %s" % (printable(one.value), one.place, why)
    return ""


def _why_no_log(host: Host, path: str) -> str:
    folder = os.path.dirname(path)
    try:
        # Shorter than /var.
        if len(folder) < 4 or not stat.S_ISDIR(host.stat(folder).st_mode):
            return "its folder has to be one, with a path of four signs or more"
    except NotFound:
        return "its folder does not exist"
    try:
        status = host.stat(path)
    except NotFound:
        return ""
    mine = stat.S_ISREG(status.st_mode) and status.st_uid in (0, os.geteuid())
    return "" if mine else "it has to be a file of root"


def _need_sense(file: str, found: List[Setting]) -> None:
    """Raise `ReadError` for what auditd refuses when it has read all: the last of a name counts, and none is 0."""
    last: Dict[str, str] = {one.name: lowered(one.value) for one in found}
    space, reserve = last.get("space_left", "0"), last.get("admin_space_left", "0")
    if is_number(space) and is_number(reserve) and int(space) <= int(reserve):
        raise _refused(printable(file), "space_left has to be more than admin_space_left")
    if last.get("flush", "").startswith("incremental") and not int(last.get("freq", "0")):
        raise _refused(printable(file), "freq has to be more than 0 where flush is incremental")


def _refused(place: str, why: str) -> ReadError:
    return ReadError("auditd does not start with %s: %s; mend it" % (place, why))
