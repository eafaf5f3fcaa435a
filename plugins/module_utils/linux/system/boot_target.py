# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the next boot goes to: the link default.target, or the kernel's arguments (systemd(1), kernel-command-line(7))."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import BOOT_PLACES, split_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import read_at_boot

DEFAULT = "default.target"
# Words of old that systemd still takes for a target.
WORDS = {
    **dict.fromkeys(("rescue", "single", "s", "S", "1"), "rescue.target"),
    **dict.fromkeys(("emergency", "-b"), "emergency.target"),
    **dict.fromkeys(("2", "3", "4"), "multi-user.target"),
    "5": "graphical.target",
}
_CONFIGS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", *("%s/loader/entries/*.conf" % one for one in BOOT_PLACES))
_ENTRY = re.compile(r"[ \t]*(?:linux(?:16|efi)?|options)[ \t]", re.ASCII)


def of(host: Host) -> List[str]:
    """Return the target of this start, and that of the next one where its entries say otherwise."""
    own = _linked(host)
    if host.exists("/run/systemd/container"):
        # The kernel's arguments are those of the machine there, and systemd takes its own for them.
        return [_said(_words(host, "/proc/1/cmdline")) or own]
    this = _said(_words(host, "/proc/cmdline"))
    try:
        entries = [_said(words) for words in _entries(host)]
    except ReadError:
        entries = []  # for root alone
    if not entries:
        return [this or own]
    # An entry for repairs may stand beside the usual one; what all of them name is where the host goes.
    following = [one for one in entries if one]
    return list(dict.fromkeys([this or own, *(following if len(following) == len(entries) else [own])]))


def _linked(host: Host) -> str:
    """Return the unit that default.target is a link to, or that name itself for a file."""
    for folder in read_at_boot(host):
        try:
            return host.read_link(folder + "/" + DEFAULT).rpartition("/")[2]
        except NotFound:
            continue
        except ReadError:
            break  # a unit file in place of a link
    return DEFAULT


def _words(host: Host, path: str) -> List[str]:
    try:
        return split_line(host.read_text(path).replace("\0", " "))
    except ReadError:
        return []


def _entries(host: Host) -> Iterator[List[str]]:
    """Yield the words of each entry that starts a kernel, less those that a distribution brings for repairs."""
    for path in (found for pattern in _CONFIGS for found in host.glob(pattern)):
        for line in split_lines(host.read_text(path)):
            words = split_line(line) if _ENTRY.match(line) else []
            if words and not {"single", "recovery"}.intersection(words):
                yield words[1:]


def _said(words: Iterable[str]) -> Optional[str]:
    """Return the target that arguments name, the last of them; None for the default."""
    found = None
    for word in words:
        name, sign, text = word.partition("=")
        if name in ("systemd.unit", "--unit") and sign and text:
            found = text
        elif word in WORDS:
            found = WORDS[word]
    return found
