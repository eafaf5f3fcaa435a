# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `ipsec`: which algorithms IPsec may use, for how long, how the other end proves who it is, and who gets at the files of its keys."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    absent,
    value,
)

# As Debian and Ubuntu have it, and EPEL.
SWANCTL = ("/etc/swanctl", "/etc/strongswan/swanctl")
KEY_FOLDERS = ("private", "rsa", "ecdsa", "bliss", "pkcs8", "pkcs12")
# Of strongSwan's starter and of Libreswan, which read it each in its own way: only that it is there is told, and its keys.
OLDER = ("/etc/ipsec.conf", "/etc/strongswan/ipsec.conf")
OLDER_KEYS = ("ipsec.secrets", "ipsec.d/private/*", "ipsec.d/*.secrets", "ipsec.d/key*.db")
NSS = "/var/lib/ipsec/nss/key*.db"
SOURCE = "swanctl.conf of strongSwan, /etc/ipsec.conf"
MAX_CONNECTIONS = 150


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{connections: [{name, file, ...}], older, keys}``, see docs/kinds.md; absent where nothing is configured. Raises `ReadError`."""
    host.need_root("the configuration of IPsec")
    folders = [folder for folder in SWANCTL if host.exists(folder + "/swanctl.conf")]
    older = [path for path in OLDER if host.exists(path)]
    if not folders and not older:
        return [absent(SOURCE)] * len(addresses)
    # Few hosts have it.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
        ike_connections,
        key_files,
        swanctl_config,
    )

    found: List[Dict[str, Any]] = []
    keys: List[str] = []
    for folder in folders:
        main = folder + "/swanctl.conf"
        root = swanctl_config.read(host, main)
        found += ike_connections.connections(root, main)
        keys += [path for name in KEY_FOLDERS for path in host.glob("%s/%s/*" % (folder, name))]
        keys += swanctl_config.secret_files(root)
    for path in older:
        base = path.rpartition("/")[0]
        keys += [one for pattern in OLDER_KEYS for one in host.glob("%s/%s" % (base, pattern))]
    keys += host.glob(NSS) if older else []
    if len(found) > MAX_CONNECTIONS:
        raise ReadError("more than %d connections of IPsec are configured" % MAX_CONNECTIONS)
    if not found and not keys and not older:
        return [absent(SOURCE)] * len(addresses)
    shown = [{**one, "name": printable(one["name"])} for one in found]
    return [value({"connections": shown, "older": older, "keys": key_files.documents(host, keys)}, SOURCE)] * len(
        addresses
    )
