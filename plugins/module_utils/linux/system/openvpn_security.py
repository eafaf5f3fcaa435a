# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an OpenVPN process makes of its options, by its version (2.4 to 2.7).

Seen with ``--verb 4``: from 2.6 on ``cipher`` takes no part where ciphers are negotiated, in 2.5 it is added to the list, in 2.4
peers that negotiate nothing get it, and BF-CBC where nothing is set.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, raised
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.openvpn_options import (
    INLINE,
    Options,
    parsed,
)

Version = Tuple[int, int]
OLD_CIPHER = "BF-CBC"
DIGEST = "SHA1"
DEFAULT = ("AES-256-GCM", "AES-128-GCM")
CHACHA = "CHACHA20-POLY1305"
# The first argument of each is a file.
KEYS = (
    "key", "pkcs12", "secret", "tls-auth", "tls-crypt", "tls-crypt-v2", "askpass", "auth-user-pass", "auth-gen-token-secret",
)  # fmt: skip
CONTROL_KEYS = ("tls-auth", "tls-crypt", "tls-crypt-v2")
# What keeps another client of the same authority from playing the server.
SERVER_CHECKS = (
    "remote-cert-eku",
    "remote-cert-ku",
    "verify-x509-name",
    "peer-fingerprint",
    "verify-hash",
    "tls-verify",
)
# One of these begins TLS. With none and no static key openvpn warns, and sends all in the clear.
WITH_TLS = ("tls-server", "tls-client", "client", "server", "server-bridge")
CLEAR = "NONE"
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
MAX_CLIENT_FILES = 2000


def facts(host: Host, options: Options, version: Version) -> Dict[str, Any]:
    """Return ``{role, static_key, ciphers, digest, tls_min, peer_verified, shared_certificates, control_key, script_security}``.

    ``digest`` is None where each cipher brings its own code. Raises `ReadError`.
    """
    static = options.has("secret")
    role = _role(options)
    clear = not static and not options.has(*WITH_TLS)
    ciphers = [options.word("cipher", OLD_CIPHER)] if static else _ciphers(host, options, version, role)
    ciphers = [CLEAR] if clear else ciphers
    named = list(dict.fromkeys(raised(one) for one in ciphers))
    own_code = all(one.endswith(("-GCM", "-POLY1305")) for one in named) and not static
    return {
        "role": role,
        "static_key": static,
        "ciphers": named,
        "digest": None if own_code else CLEAR if clear else raised(options.word("auth", DIGEST)),
        "tls_min": None if static or clear else _tls_min(options, version),
        "peer_verified": static or _verifies(options, role),
        "shared_certificates": options.has("duplicate-cn"),
        "control_key": options.has(*CONTROL_KEYS),
        "script_security": int(options.word("script-security", "1"))
        if is_number(options.word("script-security", "1"))
        else 3,
    }


def key_paths(options: Options) -> Iterator[str]:
    """Yield the files that hold keys or passwords: those named, and those in which they stand."""
    for one in options.all:
        if one.name in KEYS and one.arguments:
            yield one.file if one.arguments[0] == INLINE else options.path(one.arguments[0])
        elif one.name in ("management", "http-proxy") and len(one.arguments) > 2:
            yield options.path(one.arguments[2])


def _role(options: Options) -> str:
    if options.has("server", "server-bridge") or options.word("mode") == "server":
        return "server"
    return "client" if options.has("client", "pull") else "peer"


def _ciphers(host: Host, options: Options, version: Version, role: str) -> List[str]:
    """Return the ciphers of which one may come into use."""
    plain = _last_of(options, "cipher", "data-ciphers-fallback")
    negotiated = version >= (2, 6) or (role != "peer" and not options.has("ncp-disable"))
    if not negotiated:
        return [plain or OLD_CIPHER]
    default = [*DEFAULT, CHACHA] if version >= (2, 6) else list(DEFAULT)
    listed = _last_of(options, "data-ciphers", "ncp-ciphers")
    found = [one.lstrip("?") for one in (listed or "DEFAULT").split(":") if one]
    found = [name for one in found for name in (default if one == "DEFAULT" else [one])]
    compatible = _compatible(options)
    if version < (2, 5):
        found.append(plain or OLD_CIPHER)
    elif version < (2, 6) or options.has("data-ciphers-fallback") or role == "peer" or compatible < (2, 5, 0):
        found += [plain] if plain else [OLD_CIPHER] if compatible < (2, 4, 0) else []
    return found + _of_clients(host, options)


def _last_of(options: Options, *names: str) -> str:
    return next((one.arguments[0] for one in reversed(options.all) if one.name in names and one.arguments), "")


def _compatible(options: Options) -> Tuple[int, ...]:
    """Return with which version it is to agree, high where nothing is said."""
    text = options.word("compat-mode", "99.0.0")
    parts = text.split(".")
    if len(parts) != 3 or not all(is_number(part) for part in parts):
        raise ReadError("compat-mode %.40r is no version for openvpn; mend it" % text)
    numbers = tuple(int(part) for part in parts)
    # As it is switched off.
    return numbers if any(numbers) else (99, 0, 0)


def _of_clients(host: Host, options: Options) -> List[str]:
    """Return the ciphers that the files of single clients name."""
    folder = options.word("client-config-dir")
    if not folder:
        return []
    folder = options.path(folder)
    try:
        names = host.list_directory(folder)
    except NotFound:
        return []
    if len(names) > MAX_CLIENT_FILES:
        raise ReadError("%s holds more than %d files of clients" % (printable(folder), MAX_CLIENT_FILES))
    return [
        one.arguments[0]
        for name in names
        for one in parsed("%s/%s" % (folder, name), host.read_text("%s/%s" % (folder, name)))
        if one.name in ("cipher", "data-ciphers-fallback") and one.arguments
    ]


def _tls_min(options: Options, version: Version) -> str:
    least = options.last("tls-version-min")
    if least:
        if least[0] in TLS_VERSIONS:
            return least[0]
        if least[1:] == ("or-highest",):
            return TLS_VERSIONS[-1]
        raise ReadError("tls-version-min %.40r is no version for openvpn; mend it" % least[0])
    # Before 2.6 it is what OpenSSL is set to, and may be this.
    if version < (2, 6) or _compatible(options) < (2, 3, 7):
        return TLS_VERSIONS[0]
    most = options.word("tls-version-max", "1.3")
    return most if most in TLS_VERSIONS[:2] else "1.2"


def _verifies(options: Options, role: str) -> bool:
    """Return whether the other end has to show a certificate that is meant for it."""
    if role == "server":
        wanted: Optional[Tuple[str, ...]] = options.last("verify-client-cert")
        return not options.has("client-cert-not-required") and (not wanted or wanted[0] == "require")
    if options.has("tls-server"):
        return True
    of_kind = options.word("remote-cert-tls") == "server" or options.word("ns-cert-type") == "server"
    return of_kind or options.has(*SERVER_CHECKS)
