# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters on the kernel's command line (``sysctl.net.ipv4.ip_forward=0``), which the kernel sets before any file is read."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.grub_config import GrubConfig
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import (
    OTHER_LOADERS,
    given_beside_grub,
    split_line,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_file import Assignment, normal_key

CONFIGS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
ENTRIES = "/boot/loader/entries/*.conf"
START = "sysctl."
# An entry that starts a kernel.
LINUX = re.compile(r"^[ \t]*linux(?:16|efi)?[ \t]", re.ASCII | re.MULTILINE)


def of_every_start(host: Host) -> List[Assignment]:
    """Return what every entry of the boot loader sets, nothing where that cannot be told: it has to be in all to last."""
    try:
        entries = list(_entries(host))
    except ReadError:
        return []  # for root alone
    if not entries:
        return []
    said = [_parameters(words) for words, _place in entries]
    file, line = entries[0][1]
    return [
        Assignment(key, text, file, line)
        for key, text in said[0].items()
        if all(other.get(key) == text for other in said)
    ]


def _entries(host: Host) -> Iterator[Tuple[List[str], Tuple[str, int]]]:
    """Yield the arguments of each entry, with their place."""
    for path in CONFIGS:
        text = host.read_text(path) if host.exists(path) else ""
        # Nearly no host has one, and to follow the whole configuration takes its time.
        if START in text:
            config = GrubConfig()
            config.add(path, text, {})
            for words in config.entries:
                yield words, (path, 0)
        elif LINUX.search(text):
            yield [], (path, 0)
    for path in host.glob(ENTRIES):
        words, first = [], 0
        for number, line in enumerate(host.read_text(path).split("\n"), 1):
            if line.startswith("options"):
                words += split_line(line[len("options") :])
                first = first or number
        yield words, (path, first)
    # What that gives the kernel is not read.
    yield from (([], (path, 0)) for path in OTHER_LOADERS if host.exists(path))
    if given_beside_grub(host):
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import systemd_boot

        beside = systemd_boot.look(host)
        if beside:
            yield from ((words, (beside.files[0], 0)) for words in beside.entries)


def _parameters(words: List[str]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if word == "--":
            break
        if equals and name.startswith(START):
            found[normal_key(name[len(START) :])] = " ".join(words_of(text))
    return found
