# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where OpenSSL 1.1.1 reads and means a configuration otherwise than version 3, as that of Debian 11 was seen to do."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.os_release import read_release
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.openssl_config import PROTOCOLS, Value

MODULES = ("ssl_conf", "engines", "oid_section", "alg_section", "stbl_section")
DEBIAN_LEVEL = 1
# From which level on a protocol is refused: with keys of RSA, the old ones are served up to these.
REFUSED_FROM = {"TLSv1": 3, "TLSv1.1": 4}
# Those whose value is not looked at here; one that is wrong ends the reading, as a command that is unknown.
_OTHERS = (
    *(
        "signaturealgorithms",
        "clientsignaturealgorithms",
        "curves",
        "groups",
        "ecdhparameters",
        "options",
        "verifymode",
    ),
    *("verifycapath", "verifycafile", "requestcafile", "clientcafile", "requestcapath", "clientcapath", "chaincapath"),
    *("chaincafile", "dhparameters", "recordpadding", "numtickets"),
)
_CIPHERS = re.compile(
    r"(?:\A|[:, ;+])(?:DEFAULT|ALL|HIGH|kEECDH|kECDHE|kRSA|kEDH|kDHE|ECDHE|AES|AESGCM)(?=[:, ;+@]|\Z)", re.ASCII
)
_SUITES = re.compile(
    r"(?:TLS_(?:AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256|AES_128_(?:GCM|CCM|CCM_8)_SHA256)(?::|\Z))+", re.ASCII
)
_LIST = re.compile(r"[+-]?(?:ALL|TLSv1(?:\.[123])?|SSLv[23]|DTLSv1(?:\.2)?)", re.ASCII | re.IGNORECASE)


def followed(commands: Iterable[Tuple[str, Value]]) -> Iterator[Tuple[str, Value]]:
    """Yield the commands that it comes to: one that it does not take ends its reading. Raises `ReadError` where that is not known."""
    doubt: Optional[Value] = None
    for name, value in commands:
        if doubt is not None:
            raise ReadError(
                "OpenSSL 1.1.1 reads on behind %s only where it takes that, which is not known; put it behind the others"
                % doubt.place
            )
        taken = _is_taken(name, value.text)
        if taken is False:
            return
        if taken is None:
            doubt = value
        yield name, value


def _is_taken(name: str, text: str) -> Optional[bool]:
    if name in ("minprotocol", "maxprotocol"):
        return text in (*PROTOCOLS, "SSLv3", "DTLSv1", "DTLSv1.2", "None")
    if name == "protocol":
        return all(_LIST.fullmatch(word.strip(" \t")) for word in text.split(",")) or None
    if name == "cipherstring":
        return bool(_CIPHERS.search(text)) or None
    if name == "ciphersuites":
        return bool(_SUITES.fullmatch(text)) or None
    return None if name in _OTHERS else False


def default_level(host: Host) -> int:
    """Return the level of programs where no file sets one. Raises `ReadError` where another than Debian has built it."""
    if _built_by(host) != "debian":
        raise ReadError(
            "no file sets a security level, and what OpenSSL 1.1.1 of this distribution was built with is not known; "
            "set CipherString = DEFAULT@SECLEVEL=2 (or the one of the crypto policy)"
        )
    return DEBIAN_LEVEL


def is_served(host: Host, protocol: str, level: int) -> bool:
    """Return whether a protocol that the file leaves is served at a level. Raises `ReadError` where that is not known."""
    if protocol not in REFUSED_FROM or level >= REFUSED_FROM[protocol]:
        return protocol not in REFUSED_FROM
    if level > 1 and _built_by(host) == "ubuntu":
        # Ubuntu's release notes say that level 2 refuses them, as no other does.
        raise ReadError("whether Ubuntu's OpenSSL 1.1.1 serves %s is not known; set MinProtocol = TLSv1.2" % protocol)
    return True


def _built_by(host: Host) -> str:
    return read_release(host)[0].get("ID", "")
