# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses are those of the host itself, by the kernel's tables."""

from __future__ import annotations

import ipaddress
import re
from typing import Iterator, Optional, Sequence, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

HOSTS = "/etc/hosts"
IPV4, IPV6 = "/proc/net/fib_trie", "/proc/net/if_inet6"
_NAME = re.compile(r"[A-Za-z0-9]")
_LOCAL = re.compile(r"\|-- ([0-9.]+)\n[^\n]*/32 host LOCAL")

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


def among(host: Host, texts: Sequence[str]) -> bool:
    """Return whether one of some texts is an address of this host, or in /etc/hosts the name of one; name servers are not asked.

    Raises `ReadError`.
    """
    return any(str(one) in _own(host, one.version) for text in texts for one in _addresses(host, text.strip(" ")))


def _addresses(host: Host, text: str) -> Iterator[Address]:
    found = _address(text)
    if found:
        yield found
    elif _NAME.match(text):
        for line in split_lines(host.read_text(HOSTS)) if host.exists(HOSTS) else []:
            first, *names = words_of(lowered(line.partition("#")[0])) or [""]
            found = _address(first) if lowered(text) in names else None
            if found:
                yield found


def _address(text: str) -> Optional[Address]:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _own(host: Host, version: int) -> Sequence[str]:
    if version == 4:
        try:
            return _LOCAL.findall(host.read_text(IPV4))
        except NotFound:
            raise ReadError(
                "which addresses are those of this host cannot be told, for %s is not there" % IPV4
            ) from None
    # Without IPv6 it is not there.
    rows = [words_of(line) for line in (split_lines(host.read_text(IPV6)) if host.exists(IPV6) else [])]
    try:
        return [str(ipaddress.IPv6Address(int(words[0], 16))) for words in rows]
    except (ValueError, IndexError):
        raise ReadError("which addresses are those of this host cannot be told by %s" % IPV6) from None
