# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where dhcpcd takes router advertisements: by itself, whatever the kernel's accept_ra says; dhcpcd.conf(5).

Seen of dhcpcd 10.1, which Debian 13 brings: ifupdown starts it for ``iface X inet dhcp`` where there is no dhclient, and it asks for
IPv6 routers there too.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Iterator, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SPACES_AND_TABS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import Setting

MAIN = "/etc/dhcpcd.conf"
# What ifup looks for, in this order.
CLIENTS = ("dhclient", "udhcpc", "dhcpcd")
_OFF, _ON = ("noipv6rs", "noipv6", "ipv4only"), ("ipv6rs", "ipv6only")
_BLOCKS = ("interface", "ssid", "profile")


def settings(host: Host) -> List[Setting]:
    """Return what its own service does, which serves each interface."""
    try:
        names = host.list_directory("/sys/class/net")
    except NotFound:
        return []
    own = [name for name in names if name != "lo" and not host.exists("/sys/class/net/%s/bridge" % name)]
    return [one for name in own for one in of_interface(host, name, (MAIN, 0))]


def of_ifupdown(host: Host, name: str, place: Tuple[str, int]) -> List[Setting]:
    """Return what it does where ifup starts it for an interface, for want of another client."""
    there = [client for client in CLIENTS if host.exists("/sbin/" + client) or host.exists("/usr/sbin/" + client)]
    return of_interface(host, name, place) if there[:1] == ["dhcpcd"] else []


def of_interface(host: Host, name: str, place: Tuple[str, int]) -> List[Setting]:
    """Return that it takes advertisements on an interface for which it is started at a place; nothing where its own file says no."""
    takes = True
    allowed: List[str] = []
    denied: List[str] = []
    for kind, argument, words in _lines(host):
        if words[0] in _OFF and (not kind or (kind == "interface" and argument == name)):
            takes = False
        elif words[0] in _ON and (kind != "interface" or argument == name):
            takes = True
        elif words[0] == "allowinterfaces" and not kind:
            allowed += re.split("[, ]+", " ".join(words[1:]))
        elif words[0] == "denyinterfaces" and not kind:
            denied += re.split("[, ]+", " ".join(words[1:]))
    served = any(fnmatchcase(name, one) for one in allowed or ["*"]) and not any(
        fnmatchcase(name, one) for one in denied
    )
    return [Setting("dhcpcd", "net/ipv6/conf/%s/accept_ra" % name, "1", *place)] if takes and served else []


def _lines(host: Host) -> Iterator[Tuple[str, str, List[str]]]:
    """Yield (kind of block, for what, words). A CR is a part of the word before it, which dhcpcd then does not know."""
    try:
        text = host.read_text(MAIN)
    except NotFound:
        return
    kind = argument = ""
    for line in text.split("\n"):
        words = words_of(line, blanks=SPACES_AND_TABS)
        if words and words[0] in _BLOCKS:
            kind, argument = words[0], " ".join(words[1:])
        elif words:
            yield kind, argument, words
