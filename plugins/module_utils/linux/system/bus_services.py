# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names on the system's D-Bus that have systemd start a unit when somebody calls them (dbus-daemon(1), systemd.service(5))."""

from __future__ import annotations

from typing import Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments

# What lies in /run is gone at the next boot.
FOLDERS = ("/etc/dbus-1", "/usr/local/share/dbus-1", "/usr/share/dbus-1", "/usr/lib/dbus-1", "/lib/dbus-1")


def started_by_calls(host: Host) -> Dict[str, List[str]]:
    """Return unit -> the names on D-Bus that have it started. The unit is often an alias that `systemctl enable` makes a link of."""
    found: Dict[str, List[str]] = {}
    for path in (
        path for folder in host.answering(FOLDERS) for path in host.glob(folder + "/system-services/*.service")
    ):
        said = dict(assignments(snippet_text(host, path), "D-BUS Service"))
        if "Name" in said and said.get("SystemdService"):
            found.setdefault(said["SystemdService"], []).append(printable(said["Name"]))
    return found
