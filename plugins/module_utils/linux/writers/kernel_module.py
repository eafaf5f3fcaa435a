# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `kernel_module`: a module is kept from being loaded, and unloaded where nothing uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import MARK, text_or, with_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_files import module_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_state import ModuleState

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# modprobe takes the first install line that fits, so this file has to be read first.
OWN_FILE = "/etc/modprobe.d/00-hipaa-cis.conf"


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
