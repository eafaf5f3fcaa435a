# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On what a block device lies: followed through /sys down to what is encrypted, or to the disk itself."""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, List, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.at_rest import (
    Rest,
    bare,
    crypt_targets,
    is_sound,
    protected,
    unknown,
)

CLASS = "/sys/class/block"
# Tags of fstab(5), and where udev keeps the devices of each.
TAGS = {"UUID": "by-uuid", "LABEL": "by-label", "PARTUUID": "by-partuuid", "PARTLABEL": "by-partlabel", "ID": "by-id"}
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#+-.:=@_/"
# Of these the device mapper's own tools make no encryption: what they lie on is looked at.
UNENCRYPTED = ("LVM-", "mpath-", "part")
MEMORY = ("zram", "ram")
IN_MEMORY = "in memory"
# What these keep, and where, only their own programs tell.
ELSEWHERE = ("drbd",)
MAX_DEPTH = 30
MAX_DEVICES = 1000
DELETED = " (deleted)"


class BlockDevices:
    """The block devices of a host; ``of_file`` tells on what a file lies, for a loop device has one."""

    def __init__(self, host: Host, of_file: Callable[[str], Iterable[Rest]]) -> None:
        self._host = host
        self._of_file = of_file

    def numbered(self, number: str) -> str:
        """Return the folder below /sys of a device by its number, as ``253:0``. Raises `ReadError`."""
        place = self._host.place("/sys/dev/block/" + number)[0]
        if not self._host.exists(place):
            raise ReadError("/sys does not show the device %s, so on what it lies is not known" % number)
        return place

    def named(self, name: str) -> Optional[str]:
        """Return the folder below /sys of a device by what fstab, a mount or a link of udev calls it; None where it is not there."""
        path = _device_path(name)
        if not path.startswith("/dev/"):
            return None
        real = self._host.place(path)[0]
        if real.startswith("/dev/mapper/"):
            return self._mapped(real[len("/dev/mapper/") :])
        entry = "%s/%s" % (CLASS, real[len("/dev/") :].replace("/", "!"))
        return self._host.place(entry)[0] if self._host.exists(entry) else None

    def _mapped(self, name: str) -> Optional[str]:
        """Return the device of the device mapper of a name; without udev its node is no link."""
        for entry in self._host.glob(CLASS + "/dm-*"):
            if self._line(entry + "/dm/name") == name:
                return self._host.place(entry)[0]
        return None

    def number(self, place: str) -> str:
        """Return the number of a device."""
        return self._line(place + "/dev")

    def rests(self, place: str) -> List[Rest]:
        """Return all that a device lies on."""
        return list(self._rests(place, set(), 0))

    def _rests(self, place: str, seen: Set[str], depth: int) -> Iterator[Rest]:
        if place in seen:
            return
        seen.add(place)
        name = _shown(place)
        if depth > MAX_DEPTH or len(seen) > MAX_DEVICES:
            yield unknown(name, "%s lies on more devices than are followed" % name)
        elif self._host.exists(place + "/partition"):
            yield from self._rests(place.rpartition("/")[0], seen, depth + 1)
        elif self._host.exists(place + "/dm"):
            yield from self._mapper(place, seen, depth)
        elif self._host.exists(place + "/loop/backing_file"):
            yield from self._loop(place, name)
        elif _stem(place) in MEMORY:
            yield from self._memory(place, name, seen, depth)
        elif _stem(place) in ELSEWHERE:
            yield unknown(name, "%s keeps its data on other hosts too; look at what it lies on there and here" % name)
        else:
            yield from self._below(place, name, seen, depth)

    def _below(self, place: str, name: str, seen: Set[str], depth: int) -> Iterator[Rest]:
        slaves = self._slaves(place)
        if not slaves:
            yield bare(name)
        for slave in slaves:
            yield from self._rests(slave, seen, depth + 1)

    def _slaves(self, place: str) -> List[str]:
        try:
            names = self._host.list_directory(place + "/slaves")
        except NotFound:
            return []
        return [self._host.place("%s/slaves/%s" % (place, one))[0] for one in names]

    def _mapper(self, place: str, seen: Set[str], depth: int) -> Iterator[Rest]:
        kind = self._line(place + "/dm/uuid")
        called = "/dev/mapper/" + printable(self._line(place + "/dm/name"))
        targets = [] if kind.startswith(UNENCRYPTED) else self._targets(place)
        if not targets:
            yield from self._below(place, called, seen, depth)
        elif all(is_sound(*target) for target in targets):
            cipher, bits = targets[0]
            yield protected(called, "%s, %s, %d bits" % (_format(kind), cipher, bits))
        else:
            # What lies below may be encrypted by itself. Where it is not, the weak cipher is what is wrong.
            below = list(self._below(place, called, set(seen), depth))
            weak, *_others = (cipher for cipher, bits in targets if not is_sound(cipher, bits))
            if all(one.protection for one in below):
                yield from below
            else:
                yield bare(called, "%s is encrypted with %s, which is none or weak" % (called, weak))

    def _targets(self, place: str) -> List[Tuple[str, int]]:
        major, _colon, minor = self.number(place).partition(":")
        return crypt_targets(self._host.run(["dmsetup", "table", "--major", major, "--minor", minor]).stdout)

    def _loop(self, place: str, name: str) -> Iterator[Rest]:
        path = self._host.read_text(place + "/loop/backing_file").rstrip("\n")
        if path.endswith(DELETED) or not path.startswith("/") or not self._host.exists(path):
            yield unknown(name, "%s lies in the file %s, which is not to be seen here" % (name, printable(path)))
        else:
            yield from self._of_file(path)

    def _memory(self, place: str, name: str, seen: Set[str], depth: int) -> Iterator[Rest]:
        """Tell of a disk in memory; zram may write what is seldom used to a device (``backing_dev``)."""
        behind = self._line(place + "/backing_dev")
        if behind in ("", "none"):
            yield protected(name, IN_MEMORY)
            return
        found = self.named(behind)
        if found is None:
            yield unknown(name, "%s writes to %s, which is not to be seen here" % (name, printable(behind)))
        else:
            yield from self._rests(found, seen, depth + 1)

    def _line(self, path: str) -> str:
        """Return the first line of a file below /sys, empty where there is none."""
        try:
            return self._host.read_text(path).split("\n")[0]
        except NotFound:
            return ""


def _device_path(name: str) -> str:
    tag, equals, text = name.partition("=")
    if not equals or tag not in TAGS:
        return name
    text = text.strip('"')
    return "/dev/disk/%s/%s" % (TAGS[tag], "".join(_encoded(sign) for sign in text))


def _encoded(sign: str) -> str:
    """Return a sign as udev writes it into the names of its links."""
    if (sign in PLAIN and sign != "/") or ord(sign) > 127:
        return sign
    return "".join("\\x%02x" % byte for byte in sign.encode("utf-8", "surrogateescape"))


def _shown(place: str) -> str:
    return "/dev/" + printable(place.rpartition("/")[2].replace("!", "/"))


def _stem(place: str) -> str:
    """Return the name of a device without its number: zram of zram0."""
    return place.rpartition("/")[2].rstrip("0123456789")


def _format(kind: str) -> str:
    """Return what made the device, by its uuid: ``CRYPT-LUKS2-...``."""
    words = kind.split("-", 2)
    return words[1] if words[0] == "CRYPT" and len(words) > 2 else "dm-crypt"
