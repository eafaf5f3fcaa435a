# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted now, by the kernel's own table (proc_pid_mountinfo(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.octal import unescape

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

# A user of FUSE may have a thousand mounts on paths of any length.
MAX_TABLE_BYTES = 64 * 1024 * 1024
# A process in a namespace of its own (ansible-pull as a service with a private /tmp) sees other
# mounts than the host has; the first process sees the host's. Its table is open to root only.
OWN_TABLE = "/proc/self/mountinfo"
TABLES = ("/proc/1/mountinfo", OWN_TABLE)
FIXED_FIELDS = 6
ODD_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")
# Others' servers and programs may never answer, and are audited there.
REMOTE_TYPES = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2",
    "9p", "virtiofs", "coda", "orangefs", "beegfs", "vboxsf", "vmhgfs",
    "autofs", "fuse",
})  # fmt: skip
# The kernel's own: automounts that nobody else can ask for, and what a container is shown of its limits.
KERNEL_PATHS = ("/proc", "/sys")
# Flags that are shown by the word for not having them.
NEGATED = {"dev": "nodev", "suid": "nosuid", "exec": "noexec", "async": "sync"}


@dataclass(frozen=True)
class Mount:
    """One line of the table.

    ``options``: those of the mount, then those of the file system. ``volume``: the file system's
    device number, ``major:minor``; ``root``: which directory of it is mounted.
    """

    number: int
    parent: int
    path: str
    fstype: str
    device: str
    options: Tuple[str, ...]
    volume: str = ""
    root: str = "/"

    @property
    def may_not_answer(self) -> bool:
        """Return whether looking at the mount asks a server or another program, or mounts something."""
        return self.fstype in REMOTE_TYPES or self.fstype.startswith("fuse.")

    def has(self, option: str) -> bool:
        """Return whether an option is in effect, ``dev`` being the lack of ``nodev``."""
        if option in NEGATED:
            return NEGATED[option] not in self.options
        return option in self.options


class MountTable:
    """The mounts of the host; says which one is seen on a path."""

    def __init__(self, host: Host, tables: Sequence[str] = TABLES) -> None:
        self.source = OWN_TABLE
        self._mounts = self._read(host, tables)
        self._children: Dict[Tuple[int, str], Mount] = {
            (mount.parent, mount.path): mount for mount in self._mounts if mount.parent != mount.number
        }
        self._root = self._find_root()

    def _read(self, host: Host, tables: Sequence[str]) -> List[Mount]:
        for table in tables:
            try:
                text = host.read_text(table, MAX_TABLE_BYTES)
            except ReadError:
                if table == tables[-1]:
                    raise
                continue
            self.source = table
            return [_parse(table, number, line) for number, line in enumerate(text.split("\n"), 1) if line]
        return []

    def _find_root(self) -> Mount:
        numbers = {mount.number for mount in self._mounts}
        for mount in self._mounts:
            if mount.path == "/" and (mount.parent not in numbers or mount.parent == mount.number):
                return mount
        raise ReadError("%s shows no root file system" % self.source)

    def visible(self, path: str) -> Optional[Mount]:
        """Return the mount whose root is seen on ``path``, or None where the path lies in another mount."""
        here = self.holding(path)
        return here if here.path == path else None

    def holding(self, path: str) -> Mount:
        """Return the mount in which a path lies.

        Mounts may cover each other and each other's parents, so the path is followed from the root.
        """
        here = self._cover(self._root, "/")
        parts = [part for part in path.split("/") if part]
        for count in range(1, len(parts) + 1):
            here = self._cover(here, "/" + "/".join(parts[:count]))
        return here

    def shown(self) -> List[Mount]:
        """Return the mounts that can be seen, none covered by another."""
        return [mount for mount in self._mounts if self.visible(mount.path) is mount]

    def _cover(self, mount: Mount, path: str) -> Mount:
        seen = {mount.number}
        while (mount.number, path) in self._children:
            mount = self._children[mount.number, path]
            if mount.number in seen:
                raise ReadError("%s: mounts on %s contain each other" % (self.source, path))
            seen.add(mount.number)
        return mount


def shown_mounts(host: Host) -> List[Mount]:
    """Return the mounts that can be seen; none on a bare tree. Raises `ReadError` where a host does not tell them."""
    try:
        table: MountTable = host.shared("mounts", lambda: MountTable(host))
    except NotFound:
        if host.runs:
            raise ReadError("/proc shows no mounts, so what may never answer cannot be told") from None
        return []
    return table.shown()


def closed_mounts(host: Host) -> Dict[str, Mount]:
    """Return the mounts that may never answer, by path, as this process meets them; none where that can't be told.

    A host whose root is on a server is as good as that server.
    """
    try:
        shown = MountTable(host, (OWN_TABLE,)).shown()
    except ReadError:
        return {}
    kernels = tuple(path + "/" for path in KERNEL_PATHS)
    return {
        one.path: one for one in shown if one.may_not_answer and one.path != "/" and not one.path.startswith(kernels)
    }


def bound_folder(host: Host, path: str) -> Optional[Mount]:
    """Return the mount of a folder from elsewhere (a bind mount) in which a path lies, or None; also where that can't be told."""
    try:
        table: MountTable = host.shared("mounts", lambda: MountTable(host))
        mount = table.holding(path.rpartition("/")[0])
    except ReadError:
        return None
    if mount.path == "/" or mount.root == "/":
        return None
    # A subvolume of btrfs is a file system of its own, though it has a place in a larger one.
    return None if mount.fstype == "btrfs" else mount


def _parse(table: str, place: int, line: str) -> Mount:
    fields = line.split(" ")
    try:
        # Optional fields stand before the dash.
        dash = fields.index("-", FIXED_FIELDS)
        number, parent, path, options = int(fields[0]), int(fields[1]), fields[4], fields[5]
        fstype, device, super_options = fields[dash + 1 : dash + 4]
    except ValueError:
        raise ReadError("%s:%d is not a line of a mount table" % (table, place)) from None
    merged = _merged(options, super_options)
    return Mount(number, parent, _path(path), fstype, unescape(device), merged, fields[2], _path(fields[3]))


def _path(text: str) -> str:
    r"""Return a path as Python has the names of files. Bytes that are no UTF-8 were read as ``\xNN``; a backslash is ``\134``."""
    return unescape(ODD_BYTE.sub(lambda byte: chr(0xDC00 + int(byte.group(1), 16)), text))


def _merged(options: str, super_options: str) -> Tuple[str, ...]:
    both = options.split(",") + super_options.split(",")
    if "ro" in both:
        # Either alone makes the mount read-only.
        both = ["ro"] + [option for option in both if option not in ("ro", "rw")]
    return tuple(dict.fromkeys(option for option in both if option))


def normal_path(parts: str) -> str:
    """Return an absolute path with single slashes and none at the end."""
    return "/" + "/".join(part for part in parts.split("/") if part not in ("", "."))


def effective(options: Sequence[str], option: str) -> bool:
    """Return whether an option list, as fstab has it, ends with ``option`` in effect.

    A later option beats an earlier one; ``user`` and the like bring others with them (mount(8)).
    """
    opposites = {name: other for pair in NEGATED.items() for name, other in (pair, pair[::-1])}
    opposites.update({"ro": "rw", "rw": "ro"})
    state = {"dev": True, "suid": True, "exec": True, "async": True, "rw": True}
    for given in options:
        for word in (*IMPLIED.get(given, ()), given):
            state[word] = True
            if word in opposites:
                state[opposites[word]] = False
    return state.get(option, False)


IMPLIED: Dict[str, Tuple[str, ...]] = {
    "user": ("noexec", "nosuid", "nodev"),
    "users": ("noexec", "nosuid", "nodev"),
    "owner": ("nosuid", "nodev"),
    "group": ("nosuid", "nodev"),
}
