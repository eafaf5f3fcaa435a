# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel modules: whether one exists, is loaded, and whether modprobe is told not to load it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import (
    MARK,
    text_or,
    with_line,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.modprobe_config import ModprobeConfig
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_files import InstalledModules, module_name

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# modprobe takes the first install line that fits, so this file has to be read first.
OWN_FILE = "/etc/modprobe.d/00-hipaa-cis.conf"
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
        # One that this kernel does not have may come with the next.
        by_default = not seen["available"] and not (seen["install_blocked"] and seen["denylisted"])
        return value(seen, ", ".join(["/proc/modules", "/lib/modules", *sorted(set(lines))[:5]]), default=by_default)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe each module by name; dashes and underscores are the same."""
    return read_each(addresses, ModuleState(host).observe)


def _loaded(host: Host) -> Dict[str, bool]:
    """Return the loaded modules, each with whether something uses it: then it can't be unloaded (proc(5))."""
    try:
        lines = host.read_text("/proc/modules").split("\n")
    except NotFound:
        return {}  # a kernel that can't load modules
    fields = [line.split() for line in lines if line]
    return {parts[0]: len(parts) > 2 and parts[2] != "0" for parts in fields}


def write(plan: ChangePlan, address: Address, wanted: Dict[str, Any]) -> None:
    """Keep a module from being loaded, now and at every boot: ``{install_blocked: true, denylisted: true}``."""
    if wanted != {"install_blocked": True, "denylisted": True}:
        raise CannotFix("only the blocking of a module is automatic")
    asked = required(address, "name")
    name = module_name(asked)
    state = ModuleState(plan.host)
    if state.installed.is_built_in(name):
        raise CannotFix("%s is built into this kernel; only another kernel is without it" % name)
    text = text_or(plan.host, OWN_FILE, MARK)
    # As it is asked for: to modprobe a dash and an underscore are the same, to those who search the text they are not.
    for line in ("install %s /bin/false" % asked, "blacklist %s" % asked):
        start = line.rsplit("/", 1)[0] if line.startswith("install") else line
        text = with_line(text, line, lambda old, start=start: old.startswith(start))  # type: ignore[misc]
    plan.write(OWN_FILE, text)
    for config in ModuleState(plan.host).configs():
        if not (config.install_blocked(name) and config.denylisted(name)):
            raise CannotFix("another line would still win: %s; change it by hand" % ", ".join(config.sources(name)[:5]))
    loaded = state.loaded()
    if loaded.get(name):
        plan.needs_reboot("the kernel module %s, in use now, is not loaded any more" % name)
    elif name in loaded:
        # In a rollback the files are still the new ones when this is undone, so their install line is passed over.
        plan.command("unload %s" % name, ["modprobe", "-r", name], undo=[["modprobe", "--ignore-install", name]])
