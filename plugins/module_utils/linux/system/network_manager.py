# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters that NetworkManager sets: its keyfiles and ifcfg files (nm-settings(5)), its dispatcher's scripts.

A connection with ``method=shared`` switches forwarding on for the whole host. Of an interface of its own NetworkManager switches the
kernel's accept_ra off and takes router advertisements itself, where the method for IPv6 is auto.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import GLIB_BLANKS, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_by_commands import of_folder
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import (
    V4_FORWARD,
    V6_FORWARD,
    Setting,
)

BY = "NetworkManager"
FOLDERS = tuple(root + "NetworkManager/system-connections" for root in ("/etc/", "/run/", "/usr/lib/"))
IFCFG = "/etc/sysconfig/network-scripts"
SCRIPTS = tuple(
    "%s/NetworkManager/dispatcher.d%s" % (root, below) for root in ("/etc", "/usr/lib") for below in ("", "/pre-up.d")
)
MAIN = "/etc/NetworkManager/NetworkManager.conf"
_NO = ("false", "no", "0", "off")
Values = Dict[Tuple[str, str], Tuple[str, int]]


class Connection(NamedTuple):
    """What a connection that is made by itself says: of ifcfg files in the words of keyfiles."""

    file: str
    interface: str
    v4: str
    v6: str
    forwards: str
    lines: Dict[str, int]
    zone: str = ""


def connections(host: Host) -> List[Connection]:
    """Return the connections that are made by themselves; ``interface`` is `*` where one is for any. Raises `ReadError`."""
    return [*_keyfiles(host), *_ifcfg_files(host)]


def settings(host: Host) -> List[Setting]:
    """Return what NetworkManager sets. Raises `ReadError` for those who cannot read its connections."""
    made = connections(host)
    found = [one for connection in made for one in _of_connection(connection)]
    found += _of_its_own(host, [connection.interface for connection in made])
    return found + [one for folder in SCRIPTS for one in of_folder(host, BY, folder)]


def _of_connection(one: Connection) -> Iterator[Setting]:
    if one.v4 == "shared":
        yield Setting(BY, V4_FORWARD, "1", one.file, one.lines.get("v4", 0))
    if one.v6 == "shared":
        yield Setting(BY, V6_FORWARD, "1", one.file, one.lines.get("v6", 0))
    if one.forwards in ("1", "yes", "true"):
        yield Setting(BY, "net/ipv4/conf/%s/forwarding" % one.interface, "1", one.file, one.lines.get("forwards", 0))
    if one.v6 in ("", "auto"):
        yield Setting(BY, "net/ipv6/conf/%s/accept_ra" % one.interface, "1", one.file, one.lines.get("v6", 0))
    elif one.v6 != "ignore":
        yield Setting(BY, "net/ipv6/conf/%s/accept_ra" % one.interface, "0", one.file, one.lines.get("v6", 0))


def _word(values: Values, group: str, name: str) -> str:
    return lowered(values.get((group, name), ("", 0))[0])


def _keyfiles(host: Host) -> Iterator[Connection]:
    for path in snippets(host, FOLDERS, ""):
        values = _values(host.read_text(path))
        of = partial(_word, values)
        part_of_another = of("connection", "controller") or of("connection", "master")
        if of("connection", "autoconnect") in _NO or part_of_another or of("connection", "type") in ("", "loopback"):
            continue
        interface = values.get(("connection", "interface-name"), ("*", 0))[0]
        places = {"v4": ("ipv4", "method"), "v6": ("ipv6", "method"), "forwards": ("ipv4", "forwarding")}
        lines = {name: values.get(place, ("", 0))[1] for name, place in places.items()}
        yield Connection(
            path,
            interface,
            of("ipv4", "method"),
            of("ipv6", "method"),
            of("ipv4", "forwarding"),
            lines,
            values.get(("connection", "zone"), ("", 0))[0],
        )


def _values(text: str) -> Values:
    """Return (group, key) -> (value, line) as GLib reads a keyfile."""
    found: Values = {}
    group = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(GLIB_BLANKS)
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif line and not line.startswith("#") and "=" in line:
            name, _sign, value = line.partition("=")
            found[group, name.strip(GLIB_BLANKS)] = (value.strip(GLIB_BLANKS), number)
    return found


def _ifcfg_files(host: Host) -> Iterator[Connection]:
    """Yield connections in the older form of Red Hat's systems."""
    for path in host.glob(IFCFG + "/ifcfg-*"):
        lines: Dict[str, int] = {}
        said: Dict[str, str] = {}
        for number, line in enumerate(host.read_text(path).split("\n"), 1):
            name, sign, value = line.partition("=")
            if sign and not line.startswith("#"):
                said[name] = value.strip(" \t\"'\r")
                lines[name] = number
        if lowered(said.get("ONBOOT", "yes")) in _NO or "MASTER" in said or path.endswith("/ifcfg-lo"):
            continue
        v6 = "ignore" if lowered(said.get("IPV6INIT", "yes")) in _NO else "auto"
        v6 = "manual" if lowered(said.get("IPV6_AUTOCONF", "yes")) in _NO and v6 == "auto" else v6
        v6 = "disabled" if lowered(said.get("IPV6_DISABLED", "no")) in ("yes", "true", "1") else v6
        yield Connection(
            path, said.get("DEVICE", "*"), lowered(said.get("BOOTPROTO", "")), v6, "",
            {"v4": lines.get("BOOTPROTO", 0), "v6": lines.get("IPV6_AUTOCONF", lines.get("IPV6INIT", 0))},
            said.get("ZONE", ""),
        )  # fmt: skip


def _of_its_own(host: Host, named: List[str]) -> Iterator[Setting]:
    """Yield what NetworkManager's own connection does, which it makes for a wired interface that nothing else names."""
    if "*" in named:
        return
    roots = ("/etc/", "/run/", "/usr/lib/")
    files = snippets(host, [root + "NetworkManager/conf.d" for root in roots])
    values: Values = {}
    for path in [
        *(one for one in files if one.startswith("/usr/lib/")),
        MAIN,
        *(one for one in files if not one.startswith("/usr/lib/")),
    ]:
        try:
            values.update(_values(host.read_text(path)))
        except NotFound:
            continue
    left = values.get(("main", "no-auto-default"), ("", 0))[0], values.get(("keyfile", "unmanaged-devices"), ("", 0))[0]
    not_made = re.split("[,; ]+", ",".join(left).replace("interface-name:", "").replace("type:ethernet", "*"))
    if "*" in not_made:
        return
    others = [] if values.get(("ifupdown", "managed"), ("", 0))[0] == "true" else _ifupdown_names(host)
    for name in _wired(host):
        if name not in [*named, *not_made, *others]:
            yield Setting(BY, "net/ipv6/conf/%s/accept_ra" % name, "1", MAIN, 0)


def _ifupdown_names(host: Host) -> List[str]:
    try:
        lines = host.read_text("/etc/network/interfaces").split("\n")
    except NotFound:
        return []
    found: List[Optional[str]] = [
        words_of(line)[1] for line in lines if line.startswith("iface ") and len(words_of(line)) > 1
    ]
    return [name for name in found if name]


def _wired(host: Host) -> List[str]:
    """Return the wired interfaces that are devices of their own."""
    try:
        names = host.list_directory("/sys/class/net")
    except NotFound:
        return []
    folders = [(name, "/sys/class/net/%s" % name) for name in names]
    return [name for name, place in folders if host.exists(place + "/device") and not host.exists(place + "/wireless")]
