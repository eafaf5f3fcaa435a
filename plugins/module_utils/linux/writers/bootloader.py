# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `bootloader`: arguments of the kernel and permissions, with GRUB as Debian sets it up. Never a password."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Any, Dict, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.narrow import Attributes, narrow
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import MARK, text_or, with_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import VALUE, Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import bootloader

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# update-grub sources these files in the order of their names, after /etc/default/grub.
OWN_FILE = "/etc/default/grub.d/zz-hipaa-cis.cfg"
DEFAULTS = "/etc/default/grub"
WORD = re.compile(r"[A-Za-z0-9_.,:=+-]+\Z")


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Give every boot entry an argument (``wanted`` is its value), or close the configuration's files."""
    query = required(address, "query")
    if query == "argument":
        _argument(plan, required(address, "name"), str(wanted["configured"] if isinstance(wanted, dict) else wanted))
    elif query == "configuration":
        _permissions(plan, wanted)
    else:
        raise CannotFix("a boot loader's password has to be set by a person")


def _argument(plan: ChangePlan, name: str, text: str) -> None:
    if not WORD.match(name) or not WORD.match(text):
        raise CannotFix("%s=%s is no plain argument" % (name, text))
    loader = bootloader.BootLoader(plan.host)
    if loader.beside():
        raise CannotFix(
            "the boot entries are systemd-boot's, or images that carry their arguments, which are not changed automatically; "
            "add %s=%s to /etc/kernel/cmdline (which has to hold all arguments; where it is missing begin with those of "
            "/proc/cmdline), make the entries anew (kernel-install add VERSION IMAGE for each kernel), and reboot"
            % (name, text)
        )
    if any(config.boot_loader_spec for config in loader.configs()):
        raise CannotFix(
            "the boot entries are files of their own, which are not changed automatically; run: grubby --update-kernel=ALL "
            "--args=%s=%s, and reboot" % (name, text)
        )
    if not plan.host.exists(DEFAULTS):
        raise CannotFix("%s does not exist; only GRUB as Debian sets it up is changed automatically" % DEFAULTS)
    line = 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX %s=%s"' % (name, text)
    start = 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX %s=' % name
    old_text = text_or(plan.host, OWN_FILE, MARK)
    # The kernel takes the last of several values, and this file is read last.
    new_text = with_line(old_text, line, lambda old: old.startswith(start))
    plan.write(OWN_FILE, new_text)
    if new_text != old_text or _configured(plan, name) != text:
        plan.command("write the boot loader's configuration", ["update-grub"], watch=("/boot/grub",), timeout=300.0)
    plan.needs_reboot("the kernel argument %s=%s" % (name, text))


def _configured(plan: ChangePlan, name: str) -> Optional[str]:
    """Return the value that every boot entry gives already: then only the reboot is missing."""
    seen = bootloader.read(plan.host, [{"query": "argument", "name": name}])[0]
    return seen.value["configured"] if seen.state == VALUE else None


def _permissions(plan: ChangePlan, wanted: Dict[str, str]) -> None:
    loader = bootloader.BootLoader(plan.host)
    beside = loader.beside()
    of_efi = beside.files if beside else []
    for path in loader.with_beside():
        if path not in of_efi:
            mode = stat.S_IMODE(plan.host.stat(path).st_mode) & int(wanted["mode"], 8)
            narrow(plan, path, Attributes(mode, wanted.get("owner"), wanted.get("group")), int(wanted["mode"], 8))
    if of_efi:
        # Its file system keeps no modes.
        plan.leave("%s: modes on EFI's partition come from its mount; set umask=0077,fmask=0177 for it" % of_efi[0])
