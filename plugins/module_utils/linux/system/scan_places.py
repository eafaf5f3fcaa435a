# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file systems the scan walks, and where it stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, List, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import KERNEL_PATHS, Mount, MountTable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

LOCAL_TYPES = frozenset({
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "nilfs2", "reiserfs", "bcachefs", "vfat",
    "exfat", "ntfs", "ntfs3", "fuseblk", "iso9660", "udf", "overlay", "tmpfs", "ramfs", "devtmpfs",
})  # fmt: skip
# These keep neither owners nor modes: a mount option says them for all files, and no change holds.
FOREIGN_TYPES = ("vfat", "iso9660")
# Not entered: the kernel's own trees hold no files, and nobody can write to images such as snap packages bring.
OTHER_TYPES = frozenset({
    "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "debugfs", "tracefs", "securityfs", "pstore",
    "bpf", "configfs", "efivarfs", "fusectl", "binfmt_misc", "hugetlbfs", "nsfs", "rpc_pipefs",
    "nfsd", "selinuxfs", "smackfs", "resctrl", "xenfs",
    "squashfs", "erofs", "cramfs", "romfs",
})  # fmt: skip
# What services mount below these (containers, credentials, sessions) comes and goes with them.
SERVICE_PATHS = ("/dev/", "/run/")
LASTING_MOUNTS = ("/dev/shm", "/run/lock", "/run/shm")  # noqa: S108 (looked at, not written to)
# A subvolume has a device number of its own without being a mount.
WITH_SUBVOLUMES = ("btrfs", "bcachefs")


@dataclass(frozen=True)
class Places:
    """``tops``: (path, whether other device numbers below belong to it) to walk, in order.

    ``foreign``: those of them that keep no owners and modes. ``closed``: folders that no walk enters. ``left_out``: mounts that are not walked, for the report.
    """

    tops: Tuple[Tuple[str, bool], ...]
    closed: FrozenSet[str]
    left_out: Tuple[str, ...]
    foreign: FrozenSet[str] = frozenset()


def places(host: Host, excluded: Sequence[str]) -> Places:
    """Return what to walk. Raises `ReadError` where a part of the host can neither be walked nor be left out."""
    barred = {path.rstrip("/") or "/" for path in excluded}
    if "/" in barred:
        raise ReadError("the exclusion of / leaves nothing to walk")
    try:
        mounts = MountTable(host).shown()
    except NotFound:
        if host.runs:
            raise
        mounts = []  # a bare tree is one file system
    wanted = [mount for mount in mounts if not _below(mount.path, barred) and _is_walked(mount)]
    _refuse_unreachable(mounts, wanted)
    if mounts and not any(mount.path == "/" for mount in wanted):
        raise ReadError("the root file system is none of the local types that can be walked")
    closed = barred.union(KERNEL_PATHS, (mount.path for mount in mounts)) - {"/"}
    tops = [(mount.path, mount.fstype in WITH_SUBVOLUMES) for mount in _distinct(wanted, closed)]
    walked = {mount.path for mount in wanted}
    left_out = [
        "%s (%s)" % (printable(one.path), one.fstype)
        for one in mounts
        if one.path not in walked and not (one.path + "/").startswith(KERNEL_PATHS + SERVICE_PATHS)
    ]
    foreign = frozenset(mount.path for mount in wanted if mount.fstype in FOREIGN_TYPES)
    return Places(tuple(tops) or (("/", False),), frozenset(closed), tuple(left_out), foreign)


def _refuse_unreachable(mounts: Sequence[Mount], wanted: Sequence[Mount]) -> None:
    """Raise `ReadError` for a file system to be walked that is reached through one that may never answer."""
    # An automount does not wait for what is mounted below it already.
    barriers = {one.path: one.fstype for one in mounts if one.may_not_answer and one.fstype != "autofs"}
    barriers.pop("/", None)
    for mount in wanted:
        for path, fstype in barriers.items():
            if _below(mount.path, {path}):
                raise ReadError(
                    "%s lies on %s (%s), which may not answer; name it in hipaa_cis_scan_exclude if it may be left out"
                    % (printable(mount.path), printable(path), fstype)
                )


def _below(path: str, folders: Set[str]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def _is_walked(mount: Mount) -> bool:
    if _below(mount.path, set(KERNEL_PATHS)):
        return False
    if mount.path.startswith(SERVICE_PATHS) and mount.path not in LASTING_MOUNTS:
        return False
    if mount.fstype in LOCAL_TYPES:
        return True
    if mount.fstype in OTHER_TYPES or mount.may_not_answer:
        return False
    raise ReadError(
        "%s is a file system of the unknown type %s; name it in hipaa_cis_scan_exclude if it may be left out"
        % (printable(mount.path), mount.fstype)
    )


def _distinct(mounts: Sequence[Mount], closed: Set[str]) -> List[Mount]:
    """Return the mounts without those whose files are all reached through another one."""
    chosen: List[Mount] = []
    for mount in sorted(mounts, key=lambda one: (len(one.root), one.path)):
        if not any(_reaches(other, mount, closed) for other in chosen):
            chosen.append(mount)
    return sorted(chosen, key=lambda one: one.path)


def _reaches(outer: Mount, inner: Mount, closed: Set[str]) -> bool:
    """Return whether a walk of one mount passes the folder that another shows, as it does with bind mounts."""
    base = outer.root.rstrip("/")
    if outer.volume != inner.volume or not (inner.root == outer.root or inner.root.startswith(base + "/")):
        return False
    here = outer.path.rstrip("/")
    for part in [piece for piece in inner.root[len(base) :].split("/") if piece]:
        here += "/" + part
        if here in closed:
            return False
    return True
