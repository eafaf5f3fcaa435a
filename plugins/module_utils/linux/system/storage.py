# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the data of a path comes to rest: through mounts and file systems down to block devices."""

from __future__ import annotations

import re
from typing import Callable, Iterator, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import Mount, MountTable, normal_path
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.octal import unescape
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import fscrypt
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.at_rest import Rest, protected, unknown
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.block_devices import IN_MEMORY, TAGS, BlockDevices
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.mount_config import Configured, MountConfig
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.scan_places import OTHER_TYPES

# Those lie on the one device that the kernel's table names by its number; XFS may have more, which it names too.
ON_ONE = frozenset({
    "ext2", "ext3", "ext4", "xfs", "vfat", "exfat", "ntfs3", "fuseblk", "iso9660", "udf", "jfs", "nilfs2", "hfsplus",
    "squashfs", "erofs", "cramfs", "romfs",
})  # fmt: skip
FURTHER_DEVICES = ("logdev=", "rtdev=")
MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
# What the firmware and the boot loader read before there is a key: no place for ePHI, unless it is named itself.
BOOT = ("/boot", "/efi")
LAYERS = ("lowerdir=", "lowerdir+=", "datadir+=", "upperdir=")
NOT_MOUNTED = "%s is not mounted now (%s): mount it and look again"
MAX_DEPTH = 10
BINDS = ("bind", "rbind")


class Storage:
    """Answers for paths. ``of_memory`` tells on what memory is swapped."""

    def __init__(self, host: Host, of_memory: Optional[Callable[[], List[Rest]]] = None) -> None:
        self._host = host
        self._of_memory = of_memory
        self._table: MountTable = host.shared("mounts", lambda: MountTable(host))
        self._config = MountConfig(host)
        self._followed = {"btrfs": self._of_btrfs, "zfs": self._of_zfs, "overlay": self._of_overlay}
        self._depth = 0
        self.devices = BlockDevices(host, self.of_file)

    def of_tree(self, path: str) -> List[Rest]:
        """Return all that a folder and the mounts below it rest on, now and after the next boot."""
        here = normal_path(self._host.place(path)[0])
        configured = self._config.configured(here)
        if configured and self._table.visible(here) is None:
            return [unknown(here, NOT_MOUNTED % (printable(here), configured.by))]
        if not self._table.holding(here).may_not_answer and not self._host.exists(here):
            return [unknown(here, "%s is not there: create it, or take it out" % printable(here))]
        found = list(self.of_file(here))
        for mount in self._table.shown():
            if _is_below(mount.path, here) and not (
                mount.fstype in OTHER_TYPES or mount.fstype in MEMORY or _of_boot(mount.path)
            ):
                found += self._of_mount(mount)
                found += self._at_boot(mount)
        mount = self._table.holding(here)
        return list(dict.fromkeys([*found, *self._at_boot(mount), *self._missing(here)]))

    def of_file(self, path: str) -> Iterator[Rest]:
        """Yield what a file or folder rests on, without what is mounted below it."""
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise ReadError("%s lies in files within files, deeper than is followed" % printable(path))
            yield from self._of_file(normal_path(self._host.place(path)[0]))
        finally:
            self._depth -= 1

    def _of_file(self, path: str) -> Iterator[Rest]:
        mount = self._table.holding(path)
        found = list(self._of_mount(mount))
        if mount.may_not_answer or all(one.protection for one in found):
            yield from found
            return
        encrypted = fscrypt.policy(self._host, path)
        yield from [protected(printable(path), encrypted)] if encrypted else found

    def _of_mount(self, mount: Mount) -> Iterator[Rest]:
        try:
            yield from self._rests(mount)
        except ReadError as problem:
            yield unknown(printable(mount.path), str(problem))

    def _rests(self, mount: Mount) -> Iterator[Rest]:
        kind, where = mount.fstype, printable(mount.path)
        if kind in MEMORY:
            yield from [protected(where, IN_MEMORY), *(self._of_memory() if self._of_memory else [])]
        elif kind in ON_ONE and not mount.volume.startswith("0:"):
            yield from self._of_devices(mount)
        elif kind in self._followed:
            yield from self._followed[kind](mount)
        elif kind == "autofs":
            yield unknown(where, "%s: its automount has not been used; use it and look again" % where)
        elif mount.may_not_answer:
            yield unknown(where, "%s lies on a server or is another program's (%s); look at it there" % (where, kind))
        else:
            yield unknown(
                where, "%s: where a file system of the type %s lies is not followed; look by hand" % (where, kind)
            )

    def _of_devices(self, mount: Mount) -> Iterator[Rest]:
        yield from self.devices.rests(self.devices.numbered(mount.volume))
        for option in mount.options:
            if option.startswith(FURTHER_DEVICES):
                name = unescape(option.partition("=")[2])
                yield from self._of_device(name, "%s keeps a part of it" % name)

    def _of_device(self, name: str, said: str) -> List[Rest]:
        place = self.devices.named(name)
        return self.devices.rests(place) if place else [unknown(name, "%s, which is not there" % printable(said))]

    def _of_btrfs(self, mount: Mount) -> Iterator[Rest]:
        """Yield what all devices of the file system rest on; the source of the mount is one of them."""
        place = self.devices.named(mount.device)
        for folder in self._host.glob("/sys/fs/btrfs/*/devices"):
            places = [self._host.place("%s/%s" % (folder, one))[0] for one in self._host.list_directory(folder)]
            if place in places:
                for one in places:
                    yield from self.devices.rests(one)
                return
        raise ReadError("/sys/fs/btrfs does not show on which devices %s lies" % printable(mount.path))

    def _of_zfs(self, mount: Mount) -> Iterator[Rest]:
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import zfs_encryption

        return zfs_encryption.rests(self._host, mount.device, self.devices)

    def _of_overlay(self, mount: Mount) -> Iterator[Rest]:
        for layer in _layers(mount):
            if not self._host.exists(layer):
                words = "%s lies in %s, which is not to be seen here; look from outside the container"
                raise ReadError(words % (printable(mount.path), printable(layer)))
            yield from self.of_file(layer)

    def _at_boot(self, mount: Mount) -> List[Rest]:
        """Return what the next boot mounts there, where that is not what is mounted now."""
        said = self._config.configured(mount.path)
        if said is None or not said.at_boot or mount.may_not_answer:
            return []
        words = "the next boot mounts %s on %s (%s)" % (said.device, mount.path, said.by)
        if said.device.startswith("/dev/") or said.device.partition("=")[0] in TAGS:
            return self._of_configured_device(said, mount, words)
        if any(option in BINDS for option in said.options):
            return list(self.of_file(said.device))
        return (
            [] if said.fstype == mount.fstype else [unknown(mount.path, printable(words) + ", which is not followed")]
        )

    def _of_configured_device(self, said: Configured, mount: Mount, words: str) -> List[Rest]:
        place = self.devices.named(said.device)
        if place is not None and self.devices.number(place) == mount.volume:
            return []
        return self._of_device(said.device, words)

    def _missing(self, path: str) -> Iterator[Rest]:
        """Yield what the boot mounts below a path and is not mounted now."""
        for entry in self._config.entries():
            at = entry.path
            if entry.at_boot and _is_below(at, path) and not _of_boot(at) and self._table.visible(at) is None:
                yield unknown(at, NOT_MOUNTED % (printable(at), entry.source))


def _is_below(path: str, folder: str) -> bool:
    return path != folder and path.startswith(folder.rstrip("/") + "/")


def _of_boot(path: str) -> bool:
    return any(path == one or path.startswith(one + "/") for one in BOOT)


def _layers(mount: Mount) -> List[str]:
    """Return the folders that an overlay shows as one; a colon parts the lower ones, and `::` those that hold data only."""
    found: List[str] = []
    for option in mount.options:
        if option.startswith(LAYERS):
            text = unescape(option.partition("=")[2])
            parts = re.split(r"(?<!\\):+", text) if option.startswith("lowerdir=") else [text]
            found += [re.sub(r"\\(.)", r"\1", part) for part in parts if part]
    if not found or any(not one.startswith("/") for one in found):
        raise ReadError("%s does not say in which folders it lies" % printable(mount.path))
    return found
