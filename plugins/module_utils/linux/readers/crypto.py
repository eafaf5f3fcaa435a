# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `crypto`: what OpenSSL and GnuTLS allow programs that say nothing themselves, and programs that are told otherwise."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
    gnutls_config,
    openssl_config,
    tls_environment,
)

CIPHERS = ("openssl", "ciphers", "-s", "-v")
LIBRARIES = {
    "openssl": ("/usr/lib/*/libssl.so.3", "/usr/lib64/libssl.so.3", "/lib/*/libssl.so.3"),
    "gnutls": ("/usr/lib/*/libgnutls.so.30", "/usr/lib64/libgnutls.so.30", "/lib/*/libgnutls.so.30"),
}
OLD_OPENSSL = ("/usr/lib/*/libssl.so.1.1", "/usr/lib64/libssl.so.1.1", "/lib/*/libssl.so.1.1")
MAX_STRING = 400


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer a query; absent where the library is not installed.

    ``openssl``: `{protocols, level, ciphers}`, ``gnutls``: `{protocols}`; ``ciphers``: `[{name, protocol, encryption, mac}]` as openssl(1) says
    them; ``overrides``: `[{place, name, path, protocols, level}]`.
    """

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query == "openssl":
            return _openssl(host)
        if query == "gnutls":
            return _gnutls(host)
        if query == "ciphers":
            return _ciphers(host)
        if query == "overrides":
            return value(
                [_override(host, found) for found in tls_environment.overrides(host)], "units and environments"
            )
        raise UsageError("unknown query %r; known: ciphers, gnutls, openssl, overrides" % query)

    return read_each(addresses, one)


def _is_there(host: Host, name: str) -> bool:
    return any(host.glob(pattern) for pattern in LIBRARIES[name])


def _is_old(host: Host) -> bool:
    """Return whether programs have OpenSSL 1.1.1 alone."""
    return not _is_there(host, "openssl") and any(host.glob(pattern) for pattern in OLD_OPENSSL)


def _openssl(host: Host) -> Observation:
    old = _is_old(host)
    if not (old or _is_there(host, "openssl")):
        return absent(", ".join(LIBRARIES["openssl"]))
    path = next((one for one in openssl_config.FILES if host.exists(one)), openssl_config.FILES[-1])
    found = openssl_config.allowed(host, path, old=old)
    shown = None if found.ciphers is None else printable(found.ciphers)[:MAX_STRING]
    document = {"protocols": found.protocols, "level": found.level, "ciphers": shown}
    return value(document, ", ".join(found.places) or path, default=not found.places)


def _gnutls(host: Host) -> Observation:
    if not _is_there(host, "gnutls"):
        return absent(", ".join(LIBRARIES["gnutls"]))
    found = gnutls_config.allowed(host, gnutls_config.built_with(host))
    places = ", ".join(found.places) or gnutls_config.PATH
    return value({"protocols": found.protocols}, places, default=not found.places)


def _ciphers(host: Host) -> Observation:
    source = "command: " + " ".join(CIPHERS)
    try:
        rows = split_lines(host.run(CIPHERS).stdout)
    except NotFound:
        return absent(source)
    found: List[Dict[str, str]] = []
    for row in rows:
        words = words_of(row.strip(BLANKS))
        named = dict(word.partition("=")[::2] for word in words[2:])
        if len(words) < 3 or not {"Enc", "Mac"} <= set(named):
            raise ReadError("openssl ciphers printed a line that is no cipher")
        found.append({"name": words[0], "protocol": words[1], "encryption": named["Enc"], "mac": named["Mac"]})
    return value(found, source)


def _override(host: Host, found: tls_environment.Override) -> Dict[str, Any]:
    protocols: Optional[List[str]] = None
    level: Optional[int] = None
    if found.name == tls_environment.OPENSSL and found.path:
        own = openssl_config.allowed(host, found.path, old=_is_old(host))
        protocols, level = own.protocols, own.level
    return {
        "place": found.place,
        "name": found.name,
        "path": printable(found.path),
        "protocols": protocols,
        "level": level,
    }
