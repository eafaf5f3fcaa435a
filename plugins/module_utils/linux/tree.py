# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of files that is not booted: a mounted image, an unpacked container, a chroot.

Everything around it is another host's: its kernel, its processes, its programs, its accounts. What a reader asks of
these for a setting makes the setting unseen, whatever the reader makes of the refusal; so nothing passes by a look at
the wrong host. Of a tree below a folder nothing is run; in a chroot or a container, which the user chose as the connection, what only
reads its files is.
"""

from __future__ import annotations

import os
import stat
from typing import Any, Callable, Dict, Iterator, List, Mapping, NoReturn, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import (
    OWN_TABLE,
    TABLES,
    Mount,
    MountTable,
    closed_mounts,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    unseen,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.octal import unescape
from ansible_collections.hipaa.cis.plugins.module_utils.linux.os_release import PLACES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.scan_places import OTHER_TYPES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import UNIT_DIRECTORIES, parse, path_of

# Of the kernel and of what runs. In a tree these are empty, planted, or the other host's.
RUNNING = ("/proc", "/sys", "/run", "/dev")
# What managers of containers mount over the image's own.
GIVEN_FILES = ("/etc/resolv.conf", "/etc/hostname", "/etc/hosts")
# Of a chroot or a container: these say what its files say and ask nothing that runs.
PROGRAMS = frozenset({"dpkg-query", "sudo"})
# File systems without files of the image, and those that no walk enters: what is mounted of them hides nothing that anybody looks for.
IN_MEMORY = OTHER_TYPES | {"tmpfs", "ramfs", "devtmpfs", "swap"}
DPKG_QUERY = "dpkg-query"
DPKG_STATUS = "/var/lib/dpkg/status"
MAX_STATUS_BYTES = 64 * 1024 * 1024

IMAGE = "image"

# Kinds that files alone answer; a setting of them for which something else is asked is unseen all the same.
FROM_FILES = frozenset({
    "accounts", "cron_access", "directory", "file", "file_lines", "filesystem_scan", "host_fact", "login_defs",
    "logrotate", "package", "pam", "privileged_accounts", "shell_variable", "su_access", "sudo",
    "text_setting"
})  # fmt: skip
# What answers all other kinds; a test holds that each kind stands in one of the two.
FROM_RUNNING = {
    "aide": "the program aide says how it was built, and timers whether it runs",
    "apparmor": "which profiles the kernel has loaded",
    "audit_rule": "which rules the kernel has loaded",
    "authorized_keys": "which files the SSH server takes keys from",
    "authselect": "no booted host has shown that its files alone answer",
    "automatic_updates": "timers, and the configuration as apt or dnf puts it together",
    "backup": "which backups there are, and when the last one was made",
    "bootloader": "the boot loader's files may lie on another file system, and the kernel says how it was started",
    "chrony": "by which files and options the daemon was started",
    "crypto": "what the installed libraries can do",
    "crypto_policy": "which policy the libraries follow",
    "dconf": "no booted host has shown that its files alone answer",
    "disk_encryption": "on which devices the files lie",
    "display_manager": "which display manager is started",
    "firewall": "which rules the kernel has loaded",
    "ipsec": "which connections are loaded",
    "kernel_module": "which modules the kernel has loaded, and which one runs",
    "listening_socket": "which sockets are open",
    "log_forwarding": "which programs run",
    "log_retention": "which programs run, and how much they have written",
    "login_factors": "which programs run",
    "mount_option": "what is mounted",
    "mount_point": "what is mounted",
    "openvpn": "which tunnels run",
    "os_support": "whether the host gets updates",
    "package_integrity": "the package manager has to be run",
    "package_source": "the configuration as apt or dnf puts it together",
    "rsyslog": "by which files and options the daemon was started",
    "selinux": "what the kernel enforces",
    "service": "the state of a unit",
    "socket": "the state of a unit",
    "sshd_option": "sshd says what is in effect",
    "sysctl": "the values of the running kernel",
    "syslog_ng": "which programs run",
    "timer": "the state of a unit",
    "umask": "what the SSH server and the units of services give to sessions",
    "wireguard": "which tunnels run",
}  # fmt: skip
# One walk answers all settings of these; they are unseen together.
TOGETHER = frozenset({"filesystem_scan"})


class NotSeen(ReadError):
    """Only a running host shows it."""


class Tree(Host):
    """A tree of files as readers see it: ``what`` it is, and what of a running host they ``asked`` for since that was emptied."""

    def __init__(self, root: str, what: str, **arguments: Any) -> None:
        super().__init__(root, **arguments)
        self.what = what
        self.asked = ""
        self._elsewhere: Optional[Mapping[str, bool]] = None

    @property
    def runs(self) -> bool:
        """Whether it is this very host: never."""
        return False

    def _refuse(self, what: str) -> NoReturn:
        self.asked = self.asked or what
        raise NotSeen(what)

    def _closed(self) -> Mapping[str, Mount]:
        """Return those of the mounts below the tree that may not answer."""
        if self._closed_mounts is None:
            self._closed_mounts = self._below(closed_mounts(Host("/")))
        return self._closed_mounts

    def _below(self, mounts: Mapping[str, Mount]) -> Mapping[str, Mount]:
        """Return those of this host's mounts that lie in the tree, by their paths there."""
        base = self.root.rstrip("/")
        return {
            path[len(base) :]: one for path, one in mounts.items() if path.startswith(base + "/") and path != base + "/"
        }

    def _is_one(self) -> bool:
        """Return whether the tree is one file system, so that a walk of that misses nothing."""
        shown = MountTable(Host("/"), (OWN_TABLE,)).shown()
        others = self._below({mount.path: mount for mount in shown})
        mine = (*RUNNING, *GIVEN_FILES)
        return not any(self.elsewhere().values()) and all(any(_lies_in(path, one) for one in mine) for path in others)

    def touchable(self, path: str, follow: bool = True) -> str:
        """Return the real path. Raises `NotSeen` for what the tree itself does not have."""
        place = self.place(path, follow)[0]
        if any(_lies_in(place, folder) for folder in RUNNING):
            if path in TABLES and self._is_one():
                raise NotFound("a tree has no table of mounts")
            self._refuse("%s is there on a running host only" % printable(place))
        for folder in self.elsewhere():
            if _lies_in(place, folder):
                self._refuse("%s lies on a file system that is not mounted in the tree" % printable(place))
        return super().touchable(path, follow)

    def elsewhere(self) -> Mapping[str, bool]:
        """Return the folders on which the tree's fstab and units mount what is not mounted here, and of each whether it keeps files."""
        if self._elsewhere is None:
            self._elsewhere = {}
            self._elsewhere = self._not_mounted()
        return self._elsewhere

    def _not_mounted(self) -> Dict[str, bool]:
        found: Dict[str, bool] = {}
        try:
            for named, fstype in [*self._in_fstab(), *self._in_units()]:
                path = self.place(named)[0]
                # What is mounted where a tree shows nothing anyhow hides nothing.
                mine = path == "/" or any(_lies_in(path, folder) for folder in RUNNING)
                if not mine and not os.path.ismount(self._below_root(path)):
                    found[path] = found.get(path, False) or fstype not in IN_MEMORY
        except ReadError:
            return {"/": True}
        return found

    def _in_fstab(self) -> Iterator[Tuple[str, str]]:
        """Yield path and type of what /etc/fstab mounts. Raises `ReadError`."""
        try:
            text = self.read_text("/etc/fstab")
        except NotFound:
            return
        for row in [words_of(line) for line in split_lines(text)]:
            if len(row) > 2 and not row[0].startswith("#") and row[1].startswith("/"):
                yield unescape(row[1]), row[2]

    def _in_units(self) -> Iterator[Tuple[str, str]]:
        """Yield path and type of what mount units of the tree mount, whether or not the boot wants them. Raises `ReadError`."""
        folders = [folder for folder in UNIT_DIRECTORIES if not _lies_in(folder, "/run")]
        for place in snippets(self, folders, ".mount"):
            if self.place(place)[0] == "/dev/null":
                continue  # masked
            # systemd refuses a unit that mounts on another path than its name says.
            name = place.rpartition("/")[2][: -len(".mount")]
            try:
                yield path_of(name), parse(self.read_text(place), "Mount").get("Type", "")
            except NotFound:
                pass  # a link to nothing hides the others

    def _read(self, path: str, max_bytes: int) -> bytes:
        # Opening a device or a FIFO may do something, as rewinding a tape does.
        if not stat.S_ISREG(self.stat(path).st_mode):
            raise ReadError("%s is not a regular file" % printable(path))
        return super()._read(path, max_bytes)

    def run(self, argv: Sequence[str], accept: Sequence[int] = (0,)) -> CommandResult:
        """Return what a program says that answers from files alone. Raises `NotSeen` for any other, and where it fails."""
        if self.root != "/" and argv[0] == DPKG_QUERY:
            return self._by_status(argv)
        if self.root != "/" or argv[0] not in PROGRAMS:
            self._refuse("%s is asked on a running host only" % " ".join(argv)[:200])
        try:
            return super().run(argv, accept)
        except NotFound:
            raise
        except ReadError as problem:
            self._refuse(str(problem))

    def _by_status(self, argv: Sequence[str]) -> CommandResult:
        """Return what `dpkg-query --show` with the format of the kind `package` prints, by the file that it reads."""
        if len(argv) != 4 or argv[3] != "${Package}\\t${db:Status-Status}\\t${Version}\\n":
            self._refuse("%s is asked on a running host only" % " ".join(argv)[:200])
        # What dpkg was broken off at is in files of their own until it ends its work.
        if self.glob("/var/lib/dpkg/updates/[0-9]*"):
            raise ReadError(
                "/var/lib/dpkg/updates holds changes of a dpkg that was broken off; mend it with dpkg --configure -a"
            )
        lines: List[str] = []
        for block in self.read_text(DPKG_STATUS, MAX_STATUS_BYTES).split("\n\n"):
            row = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] not in " \t")
            if "Package" in row:
                lines.append(
                    "%s\t%s\t%s" % (row["Package"], row.get("Status", "").split(" ")[-1], row.get("Version", ""))
                )
        return CommandResult(stdout="\n".join(lines) + "\n" if lines else "")

    @property
    def about(self) -> Dict[str, str]:
        """Where it is and what."""
        return {"tree": self.root, "tree_is": self.what}

    def observed(
        self, kind: str, addresses: Sequence[Address], read: Callable[[Host, str, Sequence[Address]], List[Observation]]
    ) -> List[Observation]:
        """Return a kind's observations; unseen is what a running host was asked for."""
        if kind not in FROM_FILES:
            return [unseen(FROM_RUNNING[kind])] * len(addresses)
        found: List[Observation] = []
        for some in [addresses] if kind in TOGETHER else [[one] for one in addresses]:
            self.asked = ""
            found.extend(unseen(self.asked) if self.asked else one for one in read(self, kind, some))
            if self.asked:
                self._shared.clear()  # what they share may have made something of the refusal
        return found


def _lies_in(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder.rstrip("/") + "/")


def tree_for(root: str, **arguments: Any) -> Tree:
    """Return the tree in a folder. Raises `RequestError` where that is none of a system."""
    if not root.startswith("/") or not os.path.isdir(root):
        raise RequestError("hipaa_cis_root names %s, and no such folder is on this host" % root)
    tree = Tree(os.path.realpath(root), IMAGE, **arguments)
    if not any(_is_there(tree, place) for place in PLACES):
        raise RequestError("hipaa_cis_root names %s, which holds no system: %s is not there" % (root, PLACES[0]))
    if not _is_there(tree, "/etc"):
        # Of OSTree: /etc of a host is made of /usr/etc when a commit is deployed.
        raise RequestError(
            "hipaa_cis_root names %s, which has no /etc: a commit of OSTree gets one when it is deployed; name a deployment, or boot it"
            % root
        )
    owner = os.stat(tree.root).st_uid
    if owner:
        raise RequestError(
            "hipaa_cis_root names %s, which belongs to the account %d: its owners are not those that the system will have; unpack it "
            "as root with its owners, or connect to the container" % (root, owner)
        )
    return tree


def _is_there(tree: Tree, place: str) -> bool:
    try:
        return tree.exists(place)
    except ReadError:
        return False
