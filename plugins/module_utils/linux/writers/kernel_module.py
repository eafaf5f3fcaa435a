# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `kernel_module`: a module is kept from being loaded, and unloaded where nothing uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import MARK, text_or, with_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_files import module_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_state import ModuleState

# The makers of images, by their place: each writes those of all kernels anew.
MAKERS = (
    ("/usr/sbin/update-initramfs", ("update-initramfs", "-u", "-k", "all")),
    ("/usr/bin/dracut", ("dracut", "--force", "--regenerate-all")),
    ("/usr/sbin/dracut", ("dracut", "--force", "--regenerate-all")),
)
MAKING_SECONDS = 900.0

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
    _lock_images(plan, name)
    loaded = state.loaded()
    if loaded.get(name):
        plan.needs_reboot("the kernel module %s, in use now, is not loaded any more" % name)
    elif name in loaded:
        # In a rollback the files are still the new ones when this is undone, so their install line is passed over.
        plan.command("unload %s" % name, ["modprobe", "-r", name], undo=[["modprobe", "--ignore-install", name]])


def _lock_images(plan: ChangePlan, name: str) -> None:
    """Have the initial file systems made anew where one would load the module before the locks on the disk are seen."""
    state = ModuleState(plan.host)
    try:
        found = [image for image in state.images() if image.loads(name)] if state.installed.has_file(name) else []
    except ReadError as problem:
        plan.leave(str(problem))
        return
    # The makers write files of their own; what joins such a file with its kernel is run after them.
    joined = list(dict.fromkeys(image.path for image in found if image.unified))
    if joined:
        plan.leave(
            "%s holds a kernel and an initial file system that loads %s before the locks on the disk are seen; make it anew "
            "with what made it (kernel-install add, ukify build, dracut --uefi)" % (", ".join(joined), name)
        )
    early = [image.path for image in found if not image.unified]
    if not early:
        return
    told = "%s loads %s before the locks on the disk are seen" % (", ".join(early), name)
    maker = next((argv for place, argv in MAKERS if plan.host.exists(place)), None)
    if maker is None:
        plan.leave("%s; make it anew with the tool that made it" % told)
    elif not plan.host.options.get("may_make_images"):
        plan.leave("%s; run %s, or allow the disruption reboot" % (told, " ".join(maker)))
    else:
        # In a rollback it is made once more, when the files are what they were.
        plan.command("make the initial file systems anew", maker, timeout=MAKING_SECONDS, after_undo=[list(maker)])
        plan.needs_reboot("the initial file system without the kernel module %s" % name)
