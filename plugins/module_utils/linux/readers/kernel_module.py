# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `kernel_module`: whether a module exists, is loaded, and whether modprobe is told not to load it."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_files import module_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_state import ModuleState, is_shown


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe each module by name; dashes and underscores are the same."""
    state = ModuleState(host)
    return read_each(addresses, lambda address: _observe(host, state, address))


def _observe(host: Host, state: ModuleState, address: Address) -> Observation:
    """Observe ``{available, built_in, loaded, install_blocked, denylisted, initramfs_loads}`` for one ``name``.

    ``initramfs_loads``: the images that would load it all the same; None where nothing keeps it out yet.
    """
    asked = required(address, "name")
    name = module_name(asked)
    if not name or "/" in asked:
        raise UsageError("%r is not the name of a kernel module" % asked)
    listed = name in state.loaded()
    built_in = state.installed.is_built_in(name) or (not listed and is_shown(host, name))
    lines = [line for config in state.configs() for line in config.sources(name)]
    seen: Dict[str, Any] = {
        "available": built_in or listed or state.installed.has_file(name),
        "built_in": built_in,
        "loaded": listed or built_in,
        "install_blocked": all(config.install_blocked(name) for config in state.configs()),
        "denylisted": all(config.denylisted(name) for config in state.configs()),
    }
    seen["initramfs_loads"] = None
    if seen["install_blocked"] and seen["denylisted"]:
        early = state.images() if seen["available"] else []
        loading = list(dict.fromkeys(printable(image.path) for image in early if image.loads(name)))
        seen["initramfs_loads"] = loading
        lines += loading
    # One that this kernel does not have may come with the next.
    by_default = not seen["available"] and not (seen["install_blocked"] and seen["denylisted"])
    return value(seen, ", ".join(["/proc/modules", "/lib/modules", *sorted(set(lines))[:5]]), default=by_default)
