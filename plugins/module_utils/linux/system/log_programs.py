# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that write the records of the host to files, beside systemd's journal: by their files, on every family."""

from __future__ import annotations

import re
from typing import Iterable, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import is_masked

RSYSLOG = "rsyslog"
PROGRAMS = {RSYSLOG: "rsyslogd", "syslog-ng": "syslog-ng", "syslogd": "syslogd", "metalog": "metalog"}
# Where a site builds its own, too.
FOLDERS = ("/usr/sbin/", "/sbin/", "/usr/local/sbin/", "/opt/*/sbin/")
SYSLOG_NG_MAIN = "/etc/syslog-ng/syslog-ng.conf"
# What is sent there does not leave the host.
THIS_HOST = re.compile(r"(?:localhost|127\.[0-9.]+|::1|\[::1\])\Z", re.ASCII | re.IGNORECASE)
SOURCE = "/usr/sbin, /etc/systemd/system"


def is_there(host: Host, places: Iterable[str]) -> bool:
    """Return whether a program is at one of these places. What lies below /opt on a mount that hangs is not started from there."""
    for place in places:
        try:
            if host.glob(place):
                return True
        except ReadError:
            if not place.startswith("/opt/"):
                raise
    return False


def writers(host: Host) -> List[str]:
    """Return the names of those that are on the host and whose unit is not masked for good."""
    found = [name for name, program in PROGRAMS.items() if is_there(host, [at + program for at in FOLDERS])]
    return [name for name in found if not is_masked(host, name + ".service")]
