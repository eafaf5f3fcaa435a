# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that write the records of the host to files, beside systemd's journal: by their files, on every family."""

from __future__ import annotations

import re
from typing import Iterable, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import is_masked, read_at_boot

RSYSLOG = "rsyslog"
PROGRAMS = {RSYSLOG: "rsyslogd", "syslog-ng": "syslog-ng", "syslogd": "syslogd", "metalog": "metalog"}
# Where a site builds its own, too.
FOLDERS = ("/usr/sbin/", "/sbin/", "/usr/local/sbin/", "/opt/*/sbin/")
SYSLOG_NG_MAIN = "/etc/syslog-ng/syslog-ng.conf"
# What is sent there does not leave the host.
THIS_HOST = re.compile(r"(?:localhost|127\.[0-9.]+|::1|\[::1\])\Z", re.ASCII | re.IGNORECASE)
SOURCE = "/usr/sbin, /etc/systemd/system"


def is_there(host: Host, patterns: Iterable[str]) -> bool:
    """Return whether a program is at one of these places.

    Where that cannot be looked at, as on a server's share, it is whether a unit or an init script starts the program from there.
    """
    unseen = []
    for place in (place for pattern in patterns for place in _places(host, pattern)):
        try:
            if host.exists(place):
                return True
        except ReadError:
            unseen.append(place)
    return any(_is_started(host, place) for place in unseen)


def _places(host: Host, pattern: str) -> List[str]:
    """Return the places that a pattern with one star may mean, for one folder may be closed and the next hold the program."""
    folder, star, rest = pattern.partition("*")
    try:
        return [found + rest for found in host.glob(folder + star)] if star else [pattern]
    except ReadError:
        return [pattern]


def _is_started(host: Host, place: str) -> bool:
    name = re.escape(place).replace(r"\*", r"[^/\s]+")
    return (
        re.search(name + r"(?![\w./-])", host.shared("commands of units", lambda: _commands(host)), re.ASCII)
        is not None
    )


def _commands(host: Host) -> str:
    """Return the lines by which units and init scripts may start something."""
    patterns = [
        "%s/%s" % (folder, name) for folder in read_at_boot(host) for name in ("*.service", "*.service.d/*.conf")
    ]
    paths = [path for pattern in (*patterns, "/etc/init.d/*") for path in host.glob(pattern)]
    lines = (line for path in paths for line in split_lines(snippet_text(host, path)))
    return "\n".join(line for line in lines if not line.lstrip(BLANKS).startswith(("#", ";")))


def writers(host: Host) -> List[str]:
    """Return the names of those that are on the host and whose unit is not masked for good."""
    found = [name for name, program in PROGRAMS.items() if is_there(host, [at + program for at in FOLDERS])]
    return [name for name in found if not is_masked(host, name + ".service")]
