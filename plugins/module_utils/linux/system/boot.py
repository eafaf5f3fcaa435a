# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which start of the host this is: proc(5), ``/proc/sys/kernel/random/boot_id``."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def boot_id(host: Host) -> str:
    """Return a text that is another one after each start of the host; empty where it is not known."""
    try:
        return host.read_text(BOOT_ID).strip(BLANKS)
    except ReadError:
        return ""
