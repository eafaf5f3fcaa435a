# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the host is a container, and so shares the kernel of another host.

Marks can be left over: a virtual machine built from a container image still has /.dockerenv. But
only where the kernel is the host's own is the second process the kernel's thread manager, which
no other process namespace shows. That sign goes before every mark.
"""

from __future__ import annotations

from typing import Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

THREADS = "/proc/2/comm"
MARK_FILES = ("/run/systemd/container", "/.dockerenv", "/run/.containerenv")
ENVIRONMENT = "/proc/1/environ"
GROUPS = "/proc/1/cgroup"
GROUP_MARKS = ("docker", "kubepods", "libpod", "lxc", "containerd", "machine.slice")
RELEASE = "/proc/sys/kernel/osrelease"


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
    if host.exists("/run/systemd/system"):
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
