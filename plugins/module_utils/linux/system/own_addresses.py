# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses are those of the host itself, by the kernel's tables."""

from __future__ import annotations

import ipaddress
import re
from typing import Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

_LOCAL = re.compile(r"\|-- ([0-9.]+)\n[^\n]*/32 host LOCAL")


def among(host: Host, texts: Sequence[str]) -> bool:
    """Return whether one of some texts is an address of this host; names are not asked for."""
    asked = set()
    for text in texts:
        try:
            asked.add(ipaddress.ip_address(text.strip(" ")))
        except ValueError:
            continue
    return any(one.is_loopback or str(one) in _own(host, one.version) for one in asked)


def _own(host: Host, version: int) -> Sequence[str]:
    try:
        if version == 4:
            return _LOCAL.findall(host.read_text("/proc/net/fib_trie"))
        lines = split_lines(host.read_text("/proc/net/if_inet6"))
        return [str(ipaddress.IPv6Address(int(words_of(line)[0], 16))) for line in lines]
    except (NotFound, ValueError, IndexError):
        return ()
