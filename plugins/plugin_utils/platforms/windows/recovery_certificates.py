# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of the recovery agents of EFS: how a policy keeps them, and what of X.509 has to be known of them.

A policy keeps each twice ([MS-GPEF] 2.2.1): as an entry of a store of certificates, and in one value with all of them (EfsBlob).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

# wincrypt.h: CERT_CERT_PROP_ID, the certificate itself among the properties of an entry.
CERTIFICATE_PROPERTY = 32
_KEYS = "cryptography.hazmat.primitives.asymmetric"


@dataclass(frozen=True)
class Certificate:
    """``key``: rsa or ec; ``bits``: the key's length; ``ends``: the day (UTC) on which it ends, as 2030-12-31."""

    key: str
    bits: int
    ends: str


def of_entry(blob: bytes) -> bytes:
    """Return the certificate of an entry of a store: properties, each its number, 1, its length and its data."""
    place = 0
    while place + 12 <= len(blob):
        number, _reserved, length = struct.unpack_from("<III", blob, place)
        data = blob[place + 12 : place + 12 + length]
        if len(data) != length:
            break
        if number == CERTIFICATE_PROPERTY:
            return data
        place += 12 + length
    raise HipaaCisError("the entry of a recovery agent holds no certificate")


def of_efs_blob(blob: bytes) -> list[bytes]:
    """Return the certificates of the value EfsBlob, in order ([MS-GPEF] 2.2.1.2)."""
    try:
        count = struct.unpack_from("<I", blob, 4)[0]
        found, place = [], 8
        for _number in range(min(count, 1000)):
            whole, _same, _sid, _kind, length, offset = struct.unpack_from("<IIIIII", blob, place)
            start = place + 4 + offset
            data = blob[start : start + length]
            if len(data) != length or whole < 32 or start + length > place + whole:
                raise HipaaCisError("the value EfsBlob is not whole")
            found.append(data)
            place += whole
    except struct.error:
        raise HipaaCisError("the value EfsBlob is not whole") from None
    return found


def read(der: bytes) -> Certificate:
    """Return what a certificate says of its key and its end. Raises `HipaaCisError` on what is none."""
    x509, rsa, ec = library("cryptography.x509"), library(f"{_KEYS}.rsa"), library(f"{_KEYS}.ec")
    unsupported = library("cryptography.exceptions").UnsupportedAlgorithm
    try:
        found = x509.load_der_x509_certificate(der)
        key, ends = found.public_key(), _end(found)
    except (ValueError, unsupported) as problem:
        raise HipaaCisError(f"the certificate of a recovery agent cannot be read: {str(problem)[:200]}") from None
    if isinstance(key, rsa.RSAPublicKey):
        return Certificate("rsa", key.key_size, ends)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return Certificate("ec", key.key_size, ends)
    raise HipaaCisError("the certificate of a recovery agent has a key that is neither of RSA nor of a curve")


def _end(found: Any) -> str:
    # Without _utc it is the name of before 42, which a system's own Ansible may have.
    ends = getattr(found, "not_valid_after_utc", None) or found.not_valid_after
    return str(ends.date().isoformat())
