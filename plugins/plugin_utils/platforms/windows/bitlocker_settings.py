# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``bitlocker``: the volumes that lie on disks of the host, and how each is encrypted.

A document is ``{volume, protection, conversion, method, protectors}``. ``protection``: on; suspended, where the key lies beside what it
opens; off; locked, which tells no more; no_bitlocker, where it is not installed; not_covered, where BitLocker does not know the volume.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    part,
    value,
)

# Win32_Volume.DriveType: removable, network, compact disc, memory. What Windows cannot tell is looked at as a disk.
NO_DISKS = (2, 4, 5, 6)
# Partitions of the firmware, of Windows' own repair, and for reserve: started from before any key is there.
STARTING = (
    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
    "de94bba4-06d1-4d40-a16a-bfd50179d6ac",
    "e3c9e316-0b5c-4db8-817d-f92df00215ae",
)
# Win32_EncryptableVolume: ProtectionStatus, ConversionStatus, EncryptionMethod, and the types of GetKeyProtectorType.
OFF, ON, LOCKED = 0, 1, 2
ENCRYPTED = 1
CONVERSIONS = {
    0: "decrypted",
    1: "encrypted",
    2: "encrypting",
    3: "decrypting",
    4: "encrypting_paused",
    5: "decrypting_paused",
}
METHODS = {
    0: "none",
    1: "aes_128_diffuser",
    2: "aes_256_diffuser",
    3: "aes_128",
    4: "aes_256",
    5: "hardware",
    6: "xts_aes_128",
    7: "xts_aes_256",
    4294967295: "unknown",
}
PROTECTORS = {
    0: "unknown",
    1: "tpm",
    2: "external_key",
    3: "recovery_password",
    4: "tpm_and_pin",
    5: "tpm_and_startup_key",
    6: "tpm_and_pin_and_startup_key",
    7: "public_key",
    8: "passphrase",
    9: "tpm_certificate",
    10: "cng",
}


def bitlocker(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return a document for each volume: Windows' own (``of: system``), or all others less those that the site has named (``without``)."""
    partitions = part(seen, "partitions")
    disks = [volume for volume in part(seen, "volumes") if volume["drive_type"] not in NO_DISKS]
    if not any(volume["boot"] for volume in disks):
        raise HipaaCisError("the host does not say on which volume Windows lies, so its volumes are not known")
    encryptable = part(seen, "encryptable")
    known = None if encryptable is None else {one["id"]: one for one in encryptable}
    if address["of"] == "system":
        chosen = [volume for volume in disks if volume["boot"]]
    else:
        without = {_plain(name) for name in address.get("without", ())}
        chosen = [one for one in _data(disks, partitions) if not {_plain(called(one)), _plain(one["id"])} & without]
    return value([{"volume": called(volume), **_state(volume["id"], known)} for volume in chosen], seen)


def called(volume: Mapping[str, Any]) -> str:
    """Return where a volume is mounted (``D:``), or its id."""
    return str(volume["name"] or volume["id"]).rstrip("\\") or str(volume["id"])


def _data(disks: list[Mapping[str, Any]], partitions: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the volumes that may hold data: all but Windows' own and those that start it, where nobody can get at them by a path."""
    starting = {path for one in partitions if one["gpt_type"].strip("{}").lower() in STARTING for path in one["paths"]}
    for volume in disks:
        without_path = volume["name"] in ("", volume["id"])
        if not volume["boot"] and not (without_path and (volume["system"] or volume["id"] in starting)):
            yield volume


def _plain(name: Any) -> str:
    return str(name).rstrip("\\").lower()


def _state(volume: str, known: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    if known is None:
        return {"protection": "no_bitlocker"}
    if volume not in known:
        return {"protection": "not_covered"}
    one = known[volume]
    protection = one["protection"]
    if protection == LOCKED:
        return {"protection": "locked"}
    if protection is None:
        raise HipaaCisError("BitLocker does not say whether a volume is protected; run the audit as an administrator")
    if isinstance(protection, bool) or protection not in (OFF, ON):
        raise HipaaCisError(f"a volume has a protection that BitLocker does not have ({str(protection)[:40]})")
    told: dict[str, Any] = {
        "protection": "on" if protection == ON else "suspended" if one["conversion"] == ENCRYPTED else "off",
        "conversion": _named(CONVERSIONS, one["conversion"], "conversion"),
        "method": _named(METHODS, one["method"], "method"),
    }
    if one["protectors"] is not None:
        told["protectors"] = sorted({_named(PROTECTORS, number, "key protector") for number in one["protectors"]})
    return told


def _named(names: Mapping[int, str], number: Any, what: str) -> str:
    if isinstance(number, bool) or number not in names:
        raise HipaaCisError(f"a volume has a {what} that BitLocker does not have ({str(number)[:40]})")
    return names[number]
