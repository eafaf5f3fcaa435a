# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when a certificate counts: as much of X.509 (RFC 5280) and of DER (X.690) as that takes. Targets have no library for it."""

from __future__ import annotations

import base64
import binascii
import calendar
import re
import time
from typing import Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

_PEM = re.compile(r"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END ", re.ASCII)
VERSION, SHORT_YEAR, LONG_YEAR = 0xA0, 0x17, 0x18


def last_second(host: Host, path: str) -> int:
    """Return until when the first certificate of a PEM file counts, in seconds since 1970. Raises `NotFound` and `ReadError`."""
    found = _PEM.search(host.read_text(path))
    try:
        return _last_second(base64.b64decode(found.group(1))) if found else _refused()
    except (ValueError, IndexError, binascii.Error):
        raise ReadError("%s holds no certificate in PEM; see what openssl x509 says of it" % printable(path)) from None


def _refused() -> int:
    raise ValueError


def _last_second(der: bytes) -> int:
    _tag, inside, _end = _element(der, 0)
    _tag, at, _end = _element(der, inside)
    tag, _inside, end = _element(der, at)
    # Version, serial number, algorithm and issuer stand before the time; the version only where it is not the first.
    for _step in range(4 if tag == VERSION else 3):
        _tag, _inside, at = _element(der, at)
    _tag, inside, _end = _element(der, at)
    _tag, _inside, at = _element(der, inside)
    tag, inside, end = _element(der, at)
    text = der[inside:end].decode("ascii")
    if tag == SHORT_YEAR:
        text = ("19" if text >= "50" else "20") + text
    elif tag != LONG_YEAR:
        _refused()
    return calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ"))


def _element(der: bytes, at: int) -> Tuple[int, int, int]:
    """Return the tag of the element that begins at ``at``, where its content begins, and where it ends."""
    size, inside = der[at + 1], at + 2
    if size & 0x80:
        inside += size & 0x7F
        size = int.from_bytes(der[at + 2 : inside], "big")
    if inside + size > len(der):
        raise ValueError
    return der[at], inside, inside + size
