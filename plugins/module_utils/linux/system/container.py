# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the host is a container or a chroot, and so shares the kernel of another host.

Marks can be left over: a virtual machine built from a container image still has /.dockerenv. But
only where the kernel is the host's own is the second process the kernel's thread manager, which
no other process namespace shows. That sign goes before every mark.
"""

from __future__ import annotations

from typing import List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import MAX_TABLE_BYTES, OWN_TABLE, TABLES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

# sd_booted(3): the folder exists only where systemd is the first process.
BOOTED = "/run/systemd/system"
THREADS = "/proc/2/comm"
# The last is what the container interface of systemd names; of systemd-nspawn --as-pid2 it is the only one.
MARK_FILES = ("/run/systemd/container", "/.dockerenv", "/run/.containerenv", "/run/host/container-manager")
ENVIRONMENT = "/proc/1/environ"
GROUPS = "/proc/1/cgroup"
GROUP_MARKS = ("docker", "kubepods", "libpod", "lxc", "containerd", "machine.slice")
RELEASE = "/proc/sys/kernel/osrelease"


def not_booted(host: Host) -> str:
    """Return what the root of this process is where nothing has booted it, ``chroot`` or ``container``; empty on a booted host and where nobody tells."""
    try:
        if _in_chroot(host):
            return "chroot"
        if host.exists(BOOTED):
            return ""
        if host.privileged and _text(host, THREADS).strip(BLANKS) != "kthreadd":
            return "container"  # root sees the kernel's threads where they are; a pod of Kubernetes has no other mark
        return "container" if is_container(host)[0] else ""
    except ReadError:
        return ""


def _in_chroot(host: Host) -> bool:
    """Return whether this process has another root than the first one has, or no /proc, as on no booted host.

    The table of mounts tells it also where /proc/1/root is closed, as it is to root in some sandboxes.
    """
    try:
        own = _root_of(host, OWN_TABLE)
    except NotFound:
        return True
    try:
        return own != _root_of(host, TABLES[0])
    except ReadError:
        return False  # only root is told


def _root_of(host: Host, table: str) -> List[str]:
    """Return file system and folder of what a process has as its root; nothing where that is no mount, as only in a chroot."""
    rows = [line.split(" ") for line in host.read_text(table, MAX_TABLE_BYTES).split("\n")]
    return next((row[2:4] for row in reversed(rows) if len(row) > 4 and row[4] == "/"), [])


def is_container(host: Host) -> Tuple[bool, str]:
    """Return (whether, source). Raises `ReadError` where it can't be told."""
    own, source = owns_kernel(host)
    return not own, source


def owns_kernel(host: Host) -> Tuple[bool, str]:
    """Return (whether, source). Raises `ReadError` where it can't be told."""
    if "microsoft" in lowered(_text(host, RELEASE)):
        return False, RELEASE  # the Windows Subsystem for Linux; its kernel belongs to Windows
    if _text(host, THREADS).strip(BLANKS) == "kthreadd":
        return True, THREADS
    mark = _mark(host)
    if mark:
        return False, mark
    if host.exists(BOOTED):
        # systemd notes every container that it knows; the thread manager may be hidden (hidepid).
        return True, "/run/systemd/container"
    raise ReadError("neither kernel threads nor any mark of a container can be seen; run the audit with become")


def _mark(host: Host) -> str:
    for path in MARK_FILES:
        if host.exists(path):
            return path
    if host.privileged and any(word.startswith("container=") for word in _text(host, ENVIRONMENT).split("\0")):
        return ENVIRONMENT
    groups = _text(host, GROUPS)
    return GROUPS if any(mark in groups for mark in GROUP_MARKS) else ""


def _text(host: Host, path: str) -> str:
    try:
        return host.read_text(path)
    except NotFound:
        return ""
