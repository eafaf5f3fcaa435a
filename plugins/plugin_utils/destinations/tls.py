# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS as all destinations use it: the other side's certificate is always verified, and what is wrong with one is said with what to do."""

from __future__ import annotations

import os
import ssl

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

# Numbers of OpenSSL (X509_V_ERR_...), whose words differ from version to version.
_UNKNOWN_CA = "it was made by nobody who is trusted here. Name the file of its authority with ca"
_MEANINGS = {
    9: "it is not valid yet. Is a clock wrong?",
    10: "it has expired. Have it renewed there",
    18: f"it is self-signed, and {_UNKNOWN_CA}",
    19: _UNKNOWN_CA,
    20: _UNKNOWN_CA,
    21: _UNKNOWN_CA,
    62: "it is of another name. Write the name that it is made out to",
    64: "it is of another address. Write the name that it is made out to",
}


def context(ca: str, place: str) -> ssl.SSLContext:
    """Return how to speak TLS: with the authorities of the system, or with those in the file ``ca``. Raises `HipaaCisError`."""
    if ca and not os.path.isfile(ca):
        raise HipaaCisError(f"{place}: ca is no file on the controller: {ca}")
    try:
        made = ssl.create_default_context(cafile=ca or None)
    except (OSError, ValueError):
        raise HipaaCisError(f"{place}: ca holds no certificate in PEM that can be read: {ca}") from None
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def explained(problem: ssl.SSLError) -> str:
    """Return what went wrong, without an answer of the other side."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        meaning = _MEANINGS.get(problem.verify_code, problem.verify_message)
        return f"its certificate is refused: {meaning}. Nothing was sent"
    reason = (problem.reason or "no reason told").replace("_", " ").lower()
    return f"TLS failed ({reason}). Does it speak TLS 1.2 or 1.3 at this port, and is there no proxy between that answers itself?"
