# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `wireguard`: WireGuard's interfaces, from where their peers may send, and who gets at the files of their keys."""

from __future__ import annotations

import re
import stat
from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import key_files, wireguard_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text

PLACES = "%s, systemd-networkd, NetworkManager, /sys/class/net" % wireguard_config.FOLDER
# What networkd and NetworkManager have from netplan stands in its files as well: a key itself, not the path of one.
NETPLAN = ("/etc/netplan/*.yaml", "/run/netplan/*.yaml", "/usr/lib/netplan/*.yaml")
_NETPLAN_KEY = re.compile(r"\b(?:key|private|shared)[\"']?:[ \t]*[\"']?[A-Za-z0-9+/]{43}=", re.ASCII)
# Public keys are meant for others.
PUBLIC = ("pub", "publickey")
MAX_INTERFACES = 200
MAX_PEERS = 3000


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{interfaces: [{name, by, file, up, peers: [{dialled, ipv4, ipv6}]}], keys}``; absent where there is none. Raises `ReadError`."""
    host.need_root("WireGuard's configuration")
    known = wireguard_config.configured(host)
    now = wireguard_config.up(host)
    if not known and not now:
        return [absent(PLACES)] * len(addresses)
    if len(known) > MAX_INTERFACES or sum(len(one.peers) for one in known) > MAX_PEERS:
        raise ReadError("more than %d interfaces or %d peers of WireGuard are configured" % (MAX_INTERFACES, MAX_PEERS))
    seen = [_document(one.name, one.by, one.file, one.name in now, one.peers) for one in known]
    seen += [_document(name, "running", "", True, _peers_now(host, name, known)) for name in now]
    keys = {path for one in known for path in one.key_files}
    return [value({"interfaces": seen, "keys": key_files.documents(host, keys | set(_beside(host)))}, PLACES)] * len(
        addresses
    )


def _document(name: str, by: str, file: str, is_up: bool, peers: Sequence[wireguard_config.Peer]) -> Dict[str, Any]:
    shown = [{"dialled": peer.dialled, "ipv4": peer.ipv4, "ipv6": peer.ipv6} for peer in peers]
    return {"name": printable(name), "by": by, "file": printable(file), "up": is_up, "peers": shown}


def _peers_now(host: Host, name: str, known: Sequence[wireguard_config.Interface]) -> Sequence[wireguard_config.Peer]:
    try:
        return wireguard_config.peers_now(host, name, known)
    except NotFound:
        raise ReadError(
            "the interface %s is up, and wg is not there to ask for its peers; install wireguard-tools"
            % printable(name)
        ) from None


def _beside(host: Host) -> List[str]:
    """Return the files that lie where commands of wg-quick's files take keys from, and those of netplan with keys."""
    beside = [
        path
        for path in host.glob(wireguard_config.FOLDER + "/*")
        if not path.endswith(PUBLIC) and not stat.S_ISDIR(host.stat(path, follow=False).st_mode)
    ]
    plans = [path for pattern in NETPLAN for path in host.glob(pattern)]
    return beside + [path for path in plans if _NETPLAN_KEY.search(snippet_text(host, path))]
