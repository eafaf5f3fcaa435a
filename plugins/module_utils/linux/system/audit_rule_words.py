# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the words of an audit rule mean on a host: its users, paths, architectures and system calls."""

from __future__ import annotations

import re
import stat
from typing import Dict, FrozenSet, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import MountTable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_groups, all_users

BITS_64 = frozenset({"x86_64", "aarch64", "ppc64", "ppc64le", "s390x", "riscv64"})
I386 = ("i386", "i486", "i586", "i686")
# What ausyscall(8) calls the 32-bit side of an architecture.
COMPANIONS = {"x86_64": "i386", "aarch64": "arm", "ppc64": "ppc", "ppc64le": "ppc", "s390x": "s390"}

# Users can make as many names as they like.
MAX_REMEMBERED = 4096

# System calls that came after those whose work they do, with the version of the kernel.
NEWER: Dict[str, Tuple[int, int]] = {
    "clock_adjtime": (2, 39), "renameat2": (3, 15), "execveat": (3, 19), "clock_settime64": (5, 1), "clock_adjtime64": (5, 1), "open_tree": (5, 2),
    "move_mount": (5, 2), "fsopen": (5, 2), "fsmount": (5, 2), "fspick": (5, 2), "openat2": (5, 6), "mount_setattr": (5, 12), "fchmodat2": (6, 6),
    "setxattrat": (6, 13), "removexattrat": (6, 13), "getxattrat": (6, 13), "listxattrat": (6, 13),
}  # fmt: skip
# Of 32-bit programs alone, which call the old ones of these names no more.
OF_32_BITS = frozenset({"truncate64", "ftruncate64", "chown32", "lchown32", "fchown32"})
RELEASE = "/proc/sys/kernel/osrelease"


def _release_of(host: Host) -> Tuple[int, int]:
    found = re.match(r"([0-9]+)\.([0-9]+)", host.read_text(RELEASE), re.ASCII)
    if found is None:
        raise ReadError("%s does not say which kernel this is" % RELEASE)
    return int(found.group(1)), int(found.group(2))


def _version_of(host: Host) -> Tuple[int, ...]:
    said = host.run(["auditctl", "-v"]).stdout
    found = re.match(r"auditctl version ([0-9]+(?:\.[0-9]+)*)", said, re.ASCII)
    if found is None:
        raise ReadError("auditctl -v does not say which version it is")
    return tuple(int(part) for part in found.group(1).split("."))


def _forget(known: Dict[str, str]) -> None:
    if len(known) >= MAX_REMEMBERED:
        known.clear()


def _has_selinux(host: Host) -> bool:
    if host.exists("/sys/fs/selinux/enforce"):
        return True
    if not host.exists("/sys/fs"):
        raise ReadError("/sys is not there; whether SELinux is on cannot be read")
    return False


class Words:
    """The meanings on one host. ``arches``: its architectures, that of a rule which names none first."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.machine = host.run(["uname", "-m"]).stdout.strip(BLANKS)
        self.is_x86 = self.machine == "x86_64" or self.machine in I386
        self.arches = ("b64", "b32") if self.machine in BITS_64 else ("b32",)
        # Without it, no process and no file has the labels that some rules ask for.
        self.has_selinux = Once(lambda: _has_selinux(host))
        self.has_gawk = Once(lambda: self.real("/usr/bin/awk").endswith("/gawk"))
        # Of a name that stands twice the first line counts.
        self._users = Once(lambda: {user.name: user.uid for user in reversed(all_users(host))})
        self._groups = Once(lambda: {group.name: group.gid for group in reversed(all_groups(host))})
        self._release = Once(lambda: _release_of(host))
        # The version of auditctl(8).
        self.auditctl = Once(lambda: _version_of(host))
        self._names: Dict[str, str] = {}
        self._calls: Dict[str, FrozenSet[str]] = {}
        self._volumes: Dict[str, str] = {}

    def arch(self, name: str) -> str:
        """Return ``b64`` or ``b32`` for an architecture of this host; another one stays what it is."""
        lower = lowered(name)
        if lower == self.machine:
            return self.arches[0]
        if lower == COMPANIONS.get(self.machine) or (self.is_x86 and lower in I386):
            return "b32"
        return lower

    def calls(self, arch: str) -> FrozenSet[str]:
        """Return the system calls that an architecture has. Raises `ReadError`."""
        if arch not in self._calls:
            name = self.machine if arch == self.arches[0] else COMPANIONS.get(self.machine, self.machine)
            said = self._host.run(["ausyscall", "i386" if name in I386 else name, "--dump"]).stdout
            rows = (words_of(line) for line in split_lines(said))
            self._calls[arch] = frozenset(words[1] for words in rows if len(words) == 2)
        return self._calls[arch]

    def has_call(self, arch: str, call: str) -> bool:
        """Return whether an architecture has a system call: of newer ones, whether kernel and auditctl(8) know it. Raises `ReadError`."""
        if call in NEWER:
            return self.is_in_kernel(call) and call in self.calls(arch)
        if self.is_x86:
            # It has all the others that rules ask for.
            return arch == "b32" or call not in OF_32_BITS
        return call in self.calls(arch)

    def is_in_kernel(self, call: str) -> bool:
        """Return whether this kernel has a newer system call, whatever auditctl(8) knows."""
        return self._release() >= NEWER[call]

    def calls_if_known(self, arch: str) -> FrozenSet[str]:
        """Return the system calls that an architecture of this host has, or none where that can't be told."""
        try:
            return self.calls(arch) if arch in self.arches else frozenset()
        except ReadError:
            return frozenset()

    def user(self, name: str) -> Optional[int]:
        """Return a user's number. Rules are loaded before there is any directory service, so only those of this host count."""
        return self._users().get(name)

    def group(self, name: str) -> Optional[int]:
        """Return a group's number."""
        return self._groups().get(name)

    def path(self, text: str) -> str:
        """Return a path whose folder has no links: /var/run/utmp is /run/utmp. What it ends in is looked at as it is."""
        if text not in self._names:
            _forget(self._names)
            folder, _slash, name = text.rpartition("/")
            self._names[text] = self.real(folder).rstrip("/") + "/" + name if folder else text
        return self._names[text]

    def real(self, path: str) -> str:
        """Return a path without any links."""
        return self._host.place(path)[0]

    def is_folder(self, path: str) -> bool:
        """Return whether a path leads to a directory."""
        try:
            return stat.S_ISDIR(self._host.stat(path).st_mode)
        except NotFound:
            return False

    def exists(self, path: str) -> bool:
        """Return whether there is something."""
        return self._host.exists(path)

    def one_volume(self, here: str, there: str) -> bool:
        """Return whether two paths are on one file system."""
        return self._volume(here) == self._volume(there)

    def _volume(self, path: str) -> str:
        if path not in self._volumes:
            _forget(self._volumes)
            self._volumes[path] = self._find_volume(path)
        return self._volumes[path]

    def _find_volume(self, path: str) -> str:
        try:
            table: MountTable = self._host.shared("mounts", lambda: MountTable(self._host))
            return table.holding(path).volume
        except ReadError:
            return ""  # what cannot be told is taken for one
