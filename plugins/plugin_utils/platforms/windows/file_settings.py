# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``efs`` and ``shadow_copy``: encryption of single files with those who may recover them, and copies of volumes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import kept, recovery_certificates
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.bitlocker_settings import called
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    part,
    value,
)

# vss.h: VSS_SS_CREATED; a copy in another state cannot be read.
CREATED = 12
# MSFT_ScheduledTask.State
DISABLED = 1


def efs(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return ``{encryption: on|off, agents: [{agent, key, bits, ends, held_by}]}``. ``held_by``: both, or the one of the two places that has it."""
    values = seen.get("value")
    if not isinstance(values, Mapping):
        raise HipaaCisError("the host's answer is no mapping")
    # [MS-GPEF] 2.2.2: 1 switches EFS off, all else leaves it on. NTFS' own switch: the policy's before that of fsutil.
    ntfs = kept.number(values, "ntfs_policy")
    ntfs = kept.number(values, "ntfs") if ntfs is None else ntfs
    off = kept.number(values, "policy") == 1 or ntfs == 1
    blob = kept.binary(values, "blob")
    in_blob = recovery_certificates.of_efs_blob(blob) if blob else []
    in_store = []
    for entry in part(seen, "certificates"):
        data = kept.binary({"Blob": entry}, "Blob")
        if data is None:
            raise HipaaCisError("an entry of a recovery agent has no certificate")
        in_store.append(recovery_certificates.of_entry(data))
    agents = [_agent(one, in_blob, in_store) for one in dict.fromkeys([*in_blob, *in_store])]
    return value({"encryption": "off" if off else "on", "agents": agents}, seen)


def _agent(der: bytes, in_blob: list[bytes], in_store: list[bytes]) -> dict[str, Any]:
    found = recovery_certificates.read(der)
    held = "both" if der in in_blob and der in in_store else "efs_blob" if der in in_blob else "store"
    thumbprint = hashlib.sha256(der).hexdigest()
    return {"agent": thumbprint, "key": found.key, "bits": found.bits, "ends": found.ends, "held_by": held}


def shadow_copy(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return for each volume that the site names ``{volume, copies, newest_hours, storage, tasks}``; ``newest_hours`` is begun hours.

    ``newest_hours`` is missing where there is no copy. ``tasks``: the enabled tasks of the host that make copies, of whichever volume.
    """
    copies, storage, volumes = part(seen, "copies"), part(seen, "storage"), part(seen, "volumes")
    tasks = [task["name"] for task in part(seen, "tasks") if task["state"] != DISABLED]
    found = []
    for name in address.get("volumes", ()):
        ids = [one["id"] for one in volumes if called(one).lower() == str(name).rstrip("\\").lower()]
        ages = [one["age"] for one in copies if one["volume"] in ids and one["state"] == CREATED]
        if any(isinstance(age, bool) or not isinstance(age, int) for age in ages):
            raise HipaaCisError(f"a copy of {name} does not say how old it is")
        # What was made after now says that a clock was changed, and nothing of how old it is.
        past = [age for age in ages if age >= 0]
        document = {
            "volume": name,
            "copies": len(ages),
            "storage": any(one["volume"] in ids for one in storage),
            "tasks": tasks,
        }
        found.append({**document, "newest_hours": -(-min(past) // 3600)} if past else document)
    return value(found, seen)
