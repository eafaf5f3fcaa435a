# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel modules: which are installed, which are loaded, and what modprobe is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.modprobe_config import config_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_files import InstalledModules

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.initramfs import Image

LASTING = ("/etc/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
# What modprobe reads now; /run is empty again after a reboot.
CURRENT = (LASTING[0], "/run/modprobe.d", *LASTING[1:])


class ModuleState:
    """What a host says of its modules, each part read when it is first needed."""

    def __init__(self, host: Host) -> None:
        self.installed = InstalledModules(host)
        self.images = Once(lambda: _images(host))
        self.loaded = Once(lambda: _loaded(host))
        self.configs = Once(lambda: [config_of(host, directories) for directories in (CURRENT, LASTING)])


def _images(host: Host) -> List[Image]:
    # Only where a module is locked out on the disk does it matter what an image says.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.initramfs import images

    return images(host)


def is_shown(host: Host, name: str) -> bool:
    """Return whether the kernel shows a module in /sys, as it does with built-in ones that have parameters or a version."""
    if host.exists("/sys/module/" + name):
        return True
    if not host.exists("/sys/module"):
        raise ReadError("/sys is not there; which modules are built into the kernel cannot be read")
    return False


def _loaded(host: Host) -> Dict[str, bool]:
    """Return the loaded modules, each with whether something uses it: then it can't be unloaded (proc(5))."""
    try:
        lines = host.read_text("/proc/modules").split("\n")
    except NotFound:
        if not host.exists("/proc/version"):
            raise ReadError("/proc is not there; which kernel modules are loaded cannot be read") from None
        return {}  # a kernel that can't load modules
    fields = [words_of(line) for line in lines if line]
    return {parts[0]: len(parts) > 2 and parts[2] != "0" for parts in fields}
