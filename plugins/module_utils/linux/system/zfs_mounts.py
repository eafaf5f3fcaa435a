# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems that zfs-mount.service mounts at boot, by their own properties (zfsprops(7)): neither fstab nor a unit names them."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

SERVICE = "zfs-mount.service"
PLACES = ("/usr/sbin/zfs", "/sbin/zfs")
# What a property says as an option of mount(8), by its value.
_OPTIONS = {
    "readonly": {"on": "ro", "off": "rw"},
    "setuid": {"on": "suid", "off": "nosuid"},
    "devices": {"on": "dev", "off": "nodev"},
    "exec": {"on": "exec", "off": "noexec"},
}
COMMAND = ("zfs", "list", "-H", "-t", "filesystem", "-o", ",".join(("name", "mountpoint", "canmount", *_OPTIONS)))


class Dataset(NamedTuple):
    """One of them."""

    name: str
    options: Tuple[str, ...]


def is_there(host: Host) -> bool:
    """Return whether the boot mounts file systems of ZFS by their properties."""
    if not any(host.exists(place) for place in PLACES):
        return False
    folders = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
    return any(host.glob("%s/*.%s/%s" % (folder, how, SERVICE)) for folder in folders for how in ("wants", "requires"))


def datasets(host: Host) -> Dict[str, Dataset]:
    """Return path -> dataset. Raises `ReadError` where zfs does not list them."""
    found: Dict[str, Dataset] = {}
    for line in host.run(COMMAND).stdout.split("\n"):
        fields: List[str] = line.split("\t")
        if len(fields) != 3 + len(_OPTIONS):
            continue
        name, path, mounts = fields[:3]
        # `legacy` leaves it to fstab, `none` and `noauto` to nobody.
        if path.startswith("/") and mounts == "on":
            options = tuple(words.get(text, "") for words, text in zip(_OPTIONS.values(), fields[3:]))
            found.setdefault(path, Dataset(name, tuple(word for word in options if word)))
    return found
