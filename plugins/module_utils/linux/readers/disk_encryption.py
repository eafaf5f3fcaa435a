# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `disk_encryption`: whether what is stored is encrypted: below paths, what memory is swapped to, and where the keys lie."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Iterator, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import crypttab, swap_areas
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.at_rest import Rest, bare, unknown
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.storage import Storage

MAX_SHOWN = 30
# The device on which systemd finds a key file, behind a colon; and where Debian's scripts get the key from.
ON_DEVICE = (":/dev/", ":UUID=", ":LABEL=", ":PARTUUID=", ":PARTLABEL=")
OPEN_TO_OTHERS = 0o077
SOURCE = "/proc/self/mountinfo, /sys/class/block, dmsetup table"
Document = Dict[str, Any]


class DiskEncryption:
    """What the queries share."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def read(self, address: Address) -> Observation:
        query = required(address, "query")
        if query == "named":
            return value([str(path) for path in address.get("paths") or []], "the site's own list")
        if query == "paths":
            return value(self._paths(address), SOURCE)
        if query == "swap":
            return value(
                _told([_document(area.name, self._of_swap(area)) for area in swap_areas.areas(self._host)]),
                "/proc/swaps, /etc/fstab, swap units",
            )
        if query == "key_files":
            return value(_told(list(self._key_files())), crypttab.CRYPTTAB)
        raise UsageError("unknown query %r" % query)

    def _storage(self, of_memory: bool = False) -> Storage:
        return Storage(self._host, self._of_swaps if of_memory else None)

    def _paths(self, address: Address) -> List[Document]:
        storage = self._storage(of_memory=True)
        found: List[Document] = []
        for path in address.get("paths") or []:
            if not isinstance(path, str) or not path.startswith("/"):
                raise UsageError("%r is not an absolute path; write it from / on" % (path,))
            found.append(_document(path, _guarded(path, storage.of_tree, path)))
        return _told(found)

    def _of_swaps(self) -> List[Rest]:
        return [one for area in swap_areas.areas(self._host) for one in self._of_swap(area)]

    def _of_swap(self, area: swap_areas.Area) -> List[Rest]:
        return _guarded(area.name, swap_areas.rests, self._host, area, self._storage())

    def _key_files(self) -> Iterator[Document]:
        for volume in crypttab.volumes(self._host):
            path = crypttab.key_file(self._host, volume) or volume.option("keyscript")
            if path:
                yield _document(path, _guarded(path, self._of_key, volume, path))

    def _of_key(self, volume: crypttab.Volume, path: str) -> List[Rest]:
        shown = printable(path)
        if volume.option("keyscript") is not None:
            return [
                unknown(
                    path, "%s: where its keyscript has the key from is not followed; look at it by hand" % volume.source
                )
            ]
        if path.startswith("/dev/") or any(sign in path for sign in ON_DEVICE):
            return [
                unknown(
                    path, "%s: the key lies on a device of its own (%s); look at it by hand" % (volume.source, shown)
                )
            ]
        if not self._host.exists(path):
            return [
                unknown(path, "%s: %s is not there now, so where the key lies can't be seen" % (volume.source, shown))
            ]
        seen = self._host.stat(path)
        found = list(self._storage().of_file(path))
        if seen.st_mode & OPEN_TO_OTHERS or seen.st_uid != 0:
            found.append(bare(path, "%s is open to others than root: chown root and chmod 0400 it" % shown))
        pattern = crypttab.copied_pattern(self._host)
        if pattern and crypttab.is_copied(pattern, path):
            found += self._open_boot()
        elif any(one.name == swap_areas.MAPPER + printable(volume.name) for one in found) and self._open_boot():
            words = "%s: %s lies on the volume that it opens, so the boot has it from elsewhere, and /boot is not encrypted: look into the initramfs"
            found.append(unknown(path, words % (volume.source, shown)))
        return found

    def _open_boot(self) -> List[Rest]:
        """Return what an initramfs lies on in the clear."""
        return [one for one in self._storage().of_file("/boot") if not one.protection]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe `[{path, encrypted, by, problems}]`: of ``query`` paths (``paths``), swap, or key_files. Raises what `_told` does."""
    return read_each(addresses, DiskEncryption(host).read)


def _guarded(name: str, rests: Callable[..., List[Rest]], *asked: Any) -> List[Rest]:
    try:
        return rests(*asked)
    except ReadError as problem:
        return [unknown(name, str(problem))]


def _document(path: str, rests: Iterable[Rest]) -> Document:
    """Return what is told of a path; ``unknown``: what could not be told."""
    found = list(dict.fromkeys(rests))
    return {
        "path": printable(path),
        "encrypted": bool(found) and all(one.protection for one in found),
        "by": ["%s (%s)" % (one.name, one.protection) for one in found if one.protection][:MAX_SHOWN],
        "problems": [printable(one.problem) for one in found if one.problem and one.told][:MAX_SHOWN],
        "unknown": [printable(one.problem) for one in found if not one.told][:MAX_SHOWN],
    }


def _told(found: List[Document]) -> List[Document]:
    """Return the documents. Raises `ReadError` where nothing is wrong for sure and of something it could not be told."""
    unknown_ones = [text for document in found for text in document["unknown"]]
    if unknown_ones and not any(document["problems"] for document in found):
        raise ReadError("; ".join(unknown_ones))
    return found
