# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `authorized_keys`: keys that open accounts over SSH and are too weak, of the files in which sshd looks for them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Dict, Iterator, List, Mapping, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    read_each,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sshd_option
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.authorized_keys import key_files, keys_in

OPTIONS = ("authorizedkeysfile", "trustedusercakeys", "authorizedkeyscommand")
LEAST_BITS = 2048
MAX_KEYS = 200
# A type and the key itself; of a longer type, as of a certificate, the head is another.
_KEY = re.compile(r"(?:\A|[ \t])(?P<type>ssh-(?:rsa|dss))[ \t]+(?P<key>AAAA[A-Za-z0-9+/]+=*)", re.ASCII)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `[{name, file, line, type, bits}]`: DSA keys, RSA keys of less than 2048 bits, and `bits` null where that is not told."""
    host.need_root("Keys of all accounts")

    def one(_address: Address) -> Observation:
        options = sshd_option.all_values(host, OPTIONS)
        found = list(_weak(host, options)) if options else []
        commands = [text for text in options.get("authorizedkeyscommand", []) if text != "none"]
        if commands and not found:
            raise ReadError(
                "sshd takes keys from %s too, which are not on this host; look at those there, and document an exception"
                % printable(commands[0])[:100]
            )
        rest = len(found) - MAX_KEYS
        return value([*found[:MAX_KEYS], {"not_shown": rest}] if rest > 0 else found, ", ".join(OPTIONS) + " of sshd")

    return read_each(addresses, one)


def _weak(host: Host, options: Mapping[str, Sequence[str]]) -> Iterator[Dict[str, object]]:
    files = {path: user.name for user in all_users(host) for path in key_files(user, options)}
    # An authority opens every account.
    files.update((path, "") for path in options.get("trustedusercakeys", []) if path != "none")
    for path, name in files.items():
        for number, line in keys_in(host, path):
            for found in _KEY.finditer(line):
                bits = _bits(found.group("key"))
                if found.group("type") == "ssh-dss" or bits is None or bits < LEAST_BITS:
                    row = {"name": printable(name), "file": printable(path), "line": number}
                    yield {**row, "type": found.group("type"), "bits": bits}


def _bits(text: str) -> Optional[int]:
    """Return the length of the number by which an RSA key is known, or a DSA key's prime; None for what is no key (RFC 4253)."""
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    parts: List[bytes] = []
    at = 0
    while at + 4 <= len(blob) and len(parts) < 3:
        size = int.from_bytes(blob[at : at + 4], "big")
        parts.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    if len(parts) < 3 or at > len(blob):
        return None
    return int.from_bytes(parts[2] if parts[0] == b"ssh-rsa" else parts[1], "big").bit_length()
