# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets that accept connections or datagrams, by the kernel's tables (proc_net(5))."""

from __future__ import annotations

import socket
import sys
from typing import Any, Dict, List, Optional, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once

# TCP_LISTEN; and TCP_CLOSE, which for UDP means: bound, and open to everyone.
LISTENING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
FIELDS = 4  # up to the state
WORD = 8  # hexadecimal digits of 32 bits, each word in the byte order of the machine
MAX_TABLE_BYTES = 64 * 1024 * 1024  # a busy server has a line per connection
MAX_SOCKETS = 1000
MAX_PORT = 65535


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe a list of ``{protocol, address, port, local_only}``; only ``ports`` where they are given."""
    sockets = Once(lambda: _sockets(host))

    def one(address: Address) -> Observation:
        wanted = _ports(address.get("ports"))
        found = [entry for entry in sockets() if wanted is None or entry["port"] in wanted]
        return value(_bounded(found), ", ".join("/proc/net/" + protocol for protocol in LISTENING))

    return read_each(addresses, one)


def _bounded(found: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Return what one observation holds: those open to the network first, what is cut off counted in a document at the end.

    Every user can open as many as they like above port 1023.
    """
    rest = len(found) - MAX_SOCKETS
    if rest <= 0:
        return found
    return [*sorted(found, key=lambda entry: bool(entry["local_only"]))[:MAX_SOCKETS], {"not_shown": rest}]


def _ports(given: Any) -> Optional[Set[int]]:
    if given is None:
        return None
    try:
        ports = {int(port) for port in given}
    except (TypeError, ValueError):
        ports = {-1}
    if any(not 0 <= port <= MAX_PORT for port in ports):
        raise UsageError("ports has to be a list of numbers")
    return ports


def _sockets(host: Host) -> List[Dict[str, Any]]:
    found: Dict[Any, Dict[str, Any]] = {}
    for protocol, state in LISTENING.items():
        try:
            text = host.read_text("/proc/net/" + protocol, MAX_TABLE_BYTES)
        except NotFound:
            if protocol in ("tcp", "udp"):
                raise
            continue  # a kernel without IPv6
        for line in text.split("\n")[1:]:
            fields = words_of(line, 4)
            if fields and (len(fields) < FIELDS or fields[3] == state):
                entry = _entry(protocol, fields)
                found[tuple(entry.values())] = entry
    return sorted(found.values(), key=lambda entry: (entry["protocol"], entry["port"], entry["address"]))


def _entry(protocol: str, fields: Sequence[str]) -> Dict[str, Any]:
    try:
        digits, port = fields[1].split(":")
        address = _address(digits)
        number = int(port, 16)
    except (IndexError, ValueError, OverflowError):
        raise ReadError("/proc/net/%s: %r is not understood" % (protocol, " ".join(fields[:FIELDS])[:200])) from None
    return {"protocol": protocol, "address": address, "port": number, "local_only": _is_local(address)}


def _address(digits: str) -> str:
    """Return the address as text. Raises `ValueError` where the digits are none."""
    words = [digits[at : at + WORD].rjust(WORD, "-") for at in range(0, len(digits), WORD)]
    packed = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed)


def _is_local(address: str) -> bool:
    return address == "::1" or address.startswith(("127.", "::ffff:127."))
