# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer one request: hand each kind's addresses to its reader and collect the observations."""

from __future__ import annotations

import json
import platform
import resource
import time
from typing import Any, Callable, Dict, List, Mapping, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux import (
    accounts,
    apparmor,
    bootloader,
    cron_access,
    dconf,
    file,
    file_lines,
    filesystem_scan,
    host_fact,
    kernel_module,
    listening_socket,
    login_defs,
    mounts,
    package,
    sshd_option,
    sudo,
    sysctl,
    text_setting,
    units,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import COMMAND_TIMEOUT, Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, Observation, ReadError, error

REQUEST_VERSION = 1
MAX_OBSERVATION_BYTES = 256 * 1024

KindReader = Callable[[Host, Sequence[Address]], List[Observation]]

KINDS: Dict[str, KindReader] = {
    "accounts": accounts.read,
    "apparmor": apparmor.read,
    "bootloader": bootloader.read,
    "cron_access": cron_access.read,
    "dconf": dconf.read,
    "file": file.read,
    "file_lines": file_lines.read,
    "filesystem_scan": filesystem_scan.read,
    "host_fact": host_fact.read,
    "kernel_module": kernel_module.read,
    "listening_socket": listening_socket.read,
    "login_defs": login_defs.read,
    "mount_option": mounts.read_options,
    "mount_point": mounts.read_points,
    "package": package.read,
    "service": units.read_services,
    "socket": units.read_sockets,
    "sshd_option": sshd_option.read,
    "sudo": sudo.read,
    "sysctl": sysctl.read,
    "text_setting": text_setting.read,
    "timer": units.read_timers,
}
