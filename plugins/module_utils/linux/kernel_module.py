# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel modules: whether one exists, is loaded, and whether modprobe is told not to load it."""

from __future__ import annotations

from typing import List, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.modprobe_config import ModprobeConfig
from ansible_collections.hipaa.cis.plugins.module_utils.linux.module_files import InstalledModules, module_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once

LASTING = ("/etc/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
# What modprobe reads now; /run is empty again after a reboot.
CURRENT = (LASTING[0], "/run/modprobe.d", *LASTING[1:])


class ModuleState:
    """All that the addresses share, each part read when it is first needed."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.installed = InstalledModules(host)
        self.loaded = Once(lambda: _loaded(host))
        self.configs = Once(lambda: [ModprobeConfig(host, directories) for directories in (CURRENT, LASTING)])

    def observe(self, address: Address) -> Observation:
        """Observe ``{available, built_in, loaded, install_blocked, denylisted}`` for one ``name``."""
        asked = required(address, "name")
        name = module_name(asked)
        if not name or "/" in asked:
            raise UsageError("%r is not the name of a kernel module" % asked)
        listed = name in self.loaded()
        # The kernel shows some built-in modules here, those with parameters or a version.
        built_in = self.installed.is_built_in(name) or (not listed and self._host.exists("/sys/module/" + name))
        lines = [line for config in self.configs() for line in config.sources(name)]
        seen = {
            "available": built_in or listed or self.installed.has_file(name),
            "built_in": built_in,
            "loaded": listed or built_in,
            "install_blocked": all(config.install_blocked(name) for config in self.configs()),
            "denylisted": all(config.denylisted(name) for config in self.configs()),
        }
        return value(seen, ", ".join(["/proc/modules", "/lib/modules", *sorted(set(lines))[:5]]))


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe each module by name; dashes and underscores are the same."""
    return read_each(addresses, ModuleState(host).observe)


def _loaded(host: Host) -> Set[str]:
    try:
        lines = host.read_text("/proc/modules").split("\n")
    except NotFound:
        return set()  # a kernel that can't load modules
    return {line.split(" ", 1)[0] for line in lines if line}
