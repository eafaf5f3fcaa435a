# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What protects a dataset of ZFS: its own encryption (zfsprops(7)), or that of all devices of its pool (zpool-list(8))."""

from __future__ import annotations

import re
from typing import Iterator

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.at_rest import Rest, protected, unknown
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.block_devices import BlockDevices

_CIPHER = re.compile(r"aes-(?:128|192|256)-[cg]cm\Z", re.ASCII)
# What a pool is made of besides devices.
_GROUP = re.compile(
    r"(?:mirror|raidz[123]?|draid[^\t]*|replacing|spare|indirect)-[0-9]+\Z|(?:logs?|cache|spares?|special|dedup)\Z",
    re.ASCII,
)


def rests(host: Host, dataset: str, devices: BlockDevices) -> Iterator[Rest]:
    """Yield on what a dataset rests. Raises `ReadError`."""
    cipher = host.run(["zfs", "get", "-H", "-o", "value", "encryption", dataset]).stdout.rstrip("\n")
    if _CIPHER.match(cipher):
        yield protected(printable(dataset), "ZFS, " + cipher)
        return
    # `-` is what a pool answers that knows no encryption.
    if cipher not in ("off", "-"):
        raise ReadError(
            "zfs says of %s the encryption %s, which is not known" % (printable(dataset), printable(cipher))
        )
    pool = re.split("[/@]", dataset, maxsplit=1)[0]
    for line in host.run(["zpool", "list", "-v", "-H", "-P", "-L", pool]).stdout.split("\n"):
        name = line.lstrip("\t").split("\t", 1)[0]
        if name.startswith("/dev/"):
            place = devices.named(name)
            yield from (
                devices.rests(place) if place else [unknown(name, "%s of the pool %s is not there" % (name, pool))]
            )
        elif name and name != pool and not _GROUP.match(name):
            yield unknown(
                name,
                "what %s is in the pool %s is not followed; look at it by hand" % (printable(name), printable(pool)),
            )
