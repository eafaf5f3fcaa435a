# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WireGuard's interfaces as wg-quick, systemd-networkd and NetworkManager configure them, and as they are up.

Of keys nothing is kept: what is looked at is who may send from where (AllowedIPs), and which files hold keys.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    GLIB_BLANKS,
    SYSTEMD_BLANKS,
    is_number,
    lowered,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import network_manager, networkd
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text, snippets

FOLDER = "/etc/wireguard"
# As wg-quick takes the name of an interface from that of its file.
_FILE = re.compile(r"/([a-zA-Z0-9_=+.-]{1,15})\.conf\Z", re.ASCII)
_BLANK = re.compile("[%s]" % BLANKS)
_FULL = {4: 32, 6: 128}


class Row(NamedTuple):
    """A line ``name = text`` of the section ``group``; ``part``: which section of the file that is; ``key``: of the peer, where its name holds it."""

    part: int
    group: str
    name: str
    text: str
    key: str = ""


class Peer(NamedTuple):
    """``key``: its public one; ``dialled``: whether this host calls it; the shortest prefix of the addresses that are its own."""

    key: str
    dialled: bool
    ipv4: Optional[int]
    ipv6: Optional[int]


class Interface(NamedTuple):
    """``key_files``: the files that hold its keys."""

    name: str
    by: str
    file: str
    peers: List[Peer]
    key_files: List[str]


def configured(host: Host) -> List[Interface]:
    """Return the interfaces that files configure. Raises `ReadError`."""
    return [*_of_wg_quick(host), *_of_networkd(host), *_of_network_manager(host)]


def up(host: Host) -> List[str]:
    """Return the names of the interfaces that are there now, of the kernel or of a program (wireguard-go)."""
    try:
        names = host.list_directory("/sys/class/net")
    except NotFound:
        return []
    return [name for name in names if _is_wireguard(host, name)]


def _is_wireguard(host: Host, name: str) -> bool:
    if host.exists("/run/wireguard/%s.sock" % name):
        return True
    try:
        return "DEVTYPE=wireguard" in split_lines(host.read_text("/sys/class/net/%s/uevent" % name))
    except NotFound:
        return False  # a file there, such as bonding_masters


def peers_now(host: Host, name: str, known: Sequence[Interface]) -> List[Peer]:
    """Return the peers of an interface that is up, by `wg show`. Raises `ReadError`.

    It has an endpoint of each peer that was ever heard of, so whether it is called only the files tell.
    """
    dialled = {peer.key for one in known if one.name == name for peer in one.peers if peer.dialled}
    found = []
    for line in split_lines(host.run(("wg", "show", name, "allowed-ips")).stdout):
        key, _tab, ranges = line.partition("\t")
        found.append(_peer(key, words_of(ranges.replace("(none)", "")), key in dialled))
    return found


def _peer(key: str, ranges: List[str], dialled: bool) -> Peer:
    shortest: Dict[int, int] = {}
    for one in ranges:
        # From 1.0.20250521 on, what is added is said so; what is taken away again still counts here.
        address, _slash, length = one.lstrip("+-").partition("/")
        family = 6 if ":" in address else 4
        if length and not is_number(length):
            raise ReadError("%.60r is no range of addresses for WireGuard; mend AllowedIPs" % one)
        bits = int(length) if length else _FULL[family]
        shortest[family] = min(bits, shortest.get(family, _FULL[family]))
    return Peer(key, dialled, shortest.get(4), shortest.get(6))


def _peers(rows: List[Row], group: str, ranges: str, endpoint: str, key: str = "") -> List[Peer]:
    """Return the peers of a file; ``ranges``, ``endpoint``, ``key``: what its program calls these."""
    found = []
    for part in sorted({row.part for row in rows if row.group == group}):
        of_it = [row for row in rows if row.part == part]
        listed: List[str] = []
        for row in of_it:
            if row.name == ranges:
                # Each line adds to those before.
                listed += [one for one in re.split("[,; \t]+", row.text) if one]
        # NetworkManager has the key in the name of the group.
        keys = [row.text for row in of_it if row.name == key] or [of_it[0].key]
        found.append(_peer(keys[-1], listed, any(row.name == endpoint and row.text for row in of_it)))
    return found


def _of_wg_quick(host: Host) -> Iterator[Interface]:
    for path in host.glob(FOLDER + "/*.conf"):
        named = _FILE.search(path)
        if named is None:
            continue
        rows = list(_wg_rows(path, host.read_text(path)))
        yield Interface(
            named.group(1), "wg-quick", path, _peers(rows, "[peer]", "allowedips", "endpoint", "publickey"), [path]
        )


def _wg_rows(path: str, text: str) -> Iterator[Row]:
    """Yield the rows as wg reads them: a `#` anywhere begins a comment, blanks count nowhere, and no word's case does."""
    part, group = 0, ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = _BLANK.sub("", raw.partition("#")[0])
        if not line:
            continue
        if line.startswith("["):
            part, group = part + 1, lowered(line)
            if group not in ("[interface]", "[peer]"):
                raise ReadError("%s:%d is no section that wg knows; mend it" % (printable(path), number))
            continue
        name, _sign, value = line.partition("=")
        yield Row(part, group, lowered(name), value)


def _of_networkd(host: Host) -> Iterator[Interface]:
    for path in snippets(host, networkd.FOLDERS, ".netdev"):
        name = path.rpartition("/")[2]
        files = [path, *snippets(host, ["%s/%s.d" % (folder, name) for folder in networkd.FOLDERS])]
        rows: List[Row] = []
        for file in files:
            rows += _networkd_rows(snippet_text(host, file), rows[-1].part + 1 if rows else 0)
        last = {(row.group, row.name): row.text for row in rows}
        if lowered(last.get(("NetDev", "Kind"), "")) != "wireguard":
            continue
        keys = [
            row.text for row in rows if row.name in ("PrivateKeyFile", "PresharedKeyFile") and row.text.startswith("/")
        ]
        if any(
            row.name in ("PrivateKey", "PresharedKey") and row.text and not row.text.startswith("@") for row in rows
        ):
            keys += files
        peers = _peers(rows, "WireGuardPeer", "AllowedIPs", "Endpoint", "PublicKey")
        yield Interface(last.get(("NetDev", "Name"), ""), "systemd-networkd", path, peers, keys)


def _networkd_rows(text: str, part: int) -> Iterator[Row]:
    group, pending = "", ""
    for raw in split_lines(text):
        line = raw.strip(SYSTEMD_BLANKS)
        if line.startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        line, pending = pending + line, ""
        if line.startswith("[") and line.endswith("]"):
            part, group = part + 1, line[1:-1]
            continue
        name, sign, value = line.partition("=")
        if sign:
            yield Row(part, group, name.strip(SYSTEMD_BLANKS), value.strip(SYSTEMD_BLANKS))


def _of_network_manager(host: Host) -> Iterator[Interface]:
    """Yield those of keyfiles; a file that others may read NetworkManager does not take at all."""
    for path in snippets(host, network_manager.FOLDERS, ""):
        rows, group, part, key = [], "", 0, ""
        for raw in host.read_text(path).split("\n"):
            line = raw.strip(GLIB_BLANKS)
            if line.startswith("[") and line.endswith("]"):
                is_peer = line.startswith("[wireguard-peer.")
                part, group, key = part + 1, "peer" if is_peer else line[1:-1], line[16:-1] if is_peer else ""
            elif line and not line.startswith("#") and "=" in line:
                name, _sign, value = line.partition("=")
                rows.append(Row(part, group, name.strip(GLIB_BLANKS), value.strip(GLIB_BLANKS), key))
        last = {(row.group, row.name): row.text for row in rows}
        if last.get(("connection", "type")) == "wireguard":
            name = last.get(("connection", "interface-name"), "")
            yield Interface(name, "NetworkManager", path, _peers(rows, "peer", "allowed-ips", "endpoint"), [path])
