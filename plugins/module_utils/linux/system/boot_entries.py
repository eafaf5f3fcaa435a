# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot entries that are files of their own (the Boot Loader Specification), as GRUB's command blscfg reads them."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import split_line

FOLDER = "/boot/loader/entries"
# What kernel-install(8) gives the entry of a kernel that comes.
NEW_KERNELS = "/etc/kernel/cmdline"
ENVIRONMENTS = ("/boot/grub2/grubenv", "/boot/grub/grubenv", "/boot/efi/EFI/*/grubenv")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)


def environment(host: Host) -> Dict[str, str]:
    """Return the variables that GRUB keeps over boots, of the first file that is there (grub2-editenv)."""
    for path in (found for pattern in ENVIRONMENTS for found in host.glob(pattern)):
        try:
            rows = split_lines(host.read_text(path))
        except NotFound:
            continue
        pairs = (row.partition("=") for row in rows if not row.startswith("#"))
        return {name: text.replace("\\\\", "\\") for name, sign, text in pairs if sign}
    return {}


def arguments(host: Host, variables: Mapping[str, str]) -> List[List[str]]:
    """Return the kernel's arguments of each entry and of those to come. Raises `ReadError` where there is no entry."""
    entries = [_entry(host, path, variables) for path in host.glob(FOLDER + "/*.conf")]
    if not entries:
        raise ReadError("the boot entries are files below %s, and there is none" % FOLDER)
    try:
        return [*entries, split_line(host.read_text(NEW_KERNELS))]
    except NotFound:
        return entries


def _entry(host: Host, path: str, variables: Mapping[str, str]) -> List[str]:
    options = []
    for line in split_lines(host.read_text(path)):
        name, _blank, text = line.strip(BLANKS).replace("\t", " ").partition(" ")
        if name == "options":
            options.append(text)
    if len(options) > 1:
        raise ReadError(
            "%s has several lines with options, of which boot loaders take the first or all; join them"
            % printable(path)
        )
    # A variable that nothing sets is nothing to GRUB.
    text = _VARIABLE.sub(lambda match: variables.get(match.group(1) or match.group(2), ""), "".join(options))
    return split_line(text)
