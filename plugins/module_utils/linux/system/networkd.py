# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters that systemd-networkd sets: systemd.network(5), networkd.conf(5), as the program itself behaves.

Seen on 252 and 257: IPMasquerade= of any network switches forwarding on for the whole host, and so does IPForward= until 255. From 256
on IPForward= is ignored, and each interface has its own besides, which IPv6SendRA= means too; networkd.conf says it for all. Words are
told by their case, switches are not. The kernel's own accept_ra is always switched off on interfaces of networkd, which then takes
router advertisements itself.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SYSTEMD_BLANKS, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text, snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import (
    V4_FORWARD,
    V6_FORWARD,
    Setting,
    Units,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.systemd_settings import ROOTS, ini_lines, version

BY = "systemd-networkd"
FOLDERS = tuple(root + "systemd/network" for root in ROOTS)
VENDOR = ("/usr/lib/", "/lib/")
# From here on each interface forwards by its own setting.
OF_EACH = 256
REVERSE_PATH_FILTER = 255
_TRUE = ("1", "yes", "y", "true", "t", "on")
_FALSE = ("0", "no", "n", "false", "f", "off")
# Where a name stands for the number that the kernel is given.
_NUMBERS: Dict[str, Tuple[str, Dict[str, str]]] = {
    "IPv4ReversePathFilter": ("net/ipv4/conf/%s/rp_filter", {"no": "0", "strict": "1", "loose": "2"}),
    "IPv4RouteLocalnet": ("net/ipv4/conf/%s/route_localnet", {}),
    "IPv4AcceptLocal": ("net/ipv4/conf/%s/accept_local", {}),
    "IPv4ProxyARP": ("net/ipv4/conf/%s/proxy_arp", {}),
    "IPv6ProxyNDP": ("net/ipv6/conf/%s/proxy_ndp", {}),
    "IPv6PrivacyExtensions": ("net/ipv6/conf/%s/use_tempaddr", {"no": "0", "prefer-public": "1", "yes": "2"}),
}
_OLD_NAMES = {"IPv6AcceptRouterAdvertisements": "IPv6AcceptRA", "IPv6PrefixDelegation": "IPv6SendRA"}


class _Line(NamedTuple):
    section: str
    name: str
    text: str
    file: str
    line: int


class _Network:
    """One .network file with its drop-ins."""

    def __init__(self, path: str, lines: List[_Line]) -> None:
        self.path = path
        self._lines = lines
        self.patterns = self._names()

    def last(self, name: str, section: str = "Network") -> Optional[_Line]:
        """Return what a setting is set to last; an empty one sets it back."""
        found = [one for one in self._lines if one.section == section and _OLD_NAMES.get(one.name, one.name) == name]
        return found[-1] if found and found[-1].text else None

    def text(self, name: str, section: str = "Network") -> str:
        """Return a setting as it stands, "" where it is not set."""
        found = self.last(name, section)
        return found.text if found else ""

    def setting(self, name: str, key: str, text: str) -> Iterator[Setting]:
        """Yield what a setting makes of a parameter."""
        line = self.last(name)
        if line:
            yield Setting(BY, key, text, line.file, line.line)

    def switched(self, name: str, section: str = "Network") -> Optional[bool]:
        """Return whether a setting is on or off, None where it says neither."""
        text = lowered(self.text(name, section))
        return True if text in _TRUE else False if text in _FALSE else None

    def _names(self) -> List[str]:
        """Return patterns of the interfaces; none where [Match] is missing and the file is therefore ignored."""
        matches = [one for one in self._lines if one.section == "Match"]
        names: List[str] = []
        for one in matches:
            if one.name == "Name":
                names = [*names, *words_of(one.text, blanks=SYSTEMD_BLANKS)] if one.text else []
        if names and not names[0].startswith("!"):
            return names
        return ["*"] if names or not self.by_name_alone else []

    @property
    def by_name_alone(self) -> bool:
        """Return whether nothing else than names, and no name that is left out, says on which interfaces it is."""
        return all(one.name == "Name" and not one.text.startswith("!") for one in self._lines if one.section == "Match")


def settings(host: Host, units: Units) -> List[Setting]:
    """Return what networkd sets on the interfaces that its files name."""
    newest, found, hidden = version(host), [], set()  # type: int, List[Setting], Set[str]
    everywhere = _of_all(host) if newest >= OF_EACH else {}
    found += [one for one in everywhere.values() if one.text is not None]
    for path in snippets(host, FOLDERS, ".network"):
        network = _Network(path, list(_read(host, path)))
        names = network.patterns
        if path.startswith(VENDOR) and not units.instances("systemd-nspawn@"):
            names = _present(host, network)
        names = [name for name in names if not _is_hidden(name, hidden)]
        if network.by_name_alone:
            hidden.update(network.patterns)
        if names and network.switched("Unmanaged", "Link") is not True:
            found += _of_network(network, names, newest, everywhere)
    return found


def _of_all(host: Host) -> Dict[str, Setting]:
    """Return what networkd.conf says for the whole host: setting -> what is set."""
    found: Dict[str, Setting] = {}
    mains = [root + "systemd/networkd.conf" for root in ROOTS if host.exists(root + "systemd/networkd.conf")][:1]
    for path in mains + snippets(host, [root + "systemd/networkd.conf.d" for root in ROOTS]):
        for line in _lines(host, path):
            key = {"IPv4Forwarding": V4_FORWARD, "IPv6Forwarding": V6_FORWARD}.get(line.name)
            switch = lowered(line.text)
            if line.section == "Network" and key and switch in (*_TRUE, *_FALSE):
                found[line.name] = Setting(BY, key, str(int(switch in _TRUE)), line.file, line.line)
    return found


def _read(host: Host, path: str) -> Iterator[_Line]:
    yield from _lines(host, path)
    name = path.rpartition("/")[2]
    for dropin in snippets(host, ["%s/%s.d" % (folder, name) for folder in FOLDERS]):
        yield from _lines(host, dropin)


def _lines(host: Host, path: str) -> Iterator[_Line]:
    for first, _last, line, section in ini_lines(snippet_text(host, path)):
        name, sign, text = line.partition("=")
        if sign:
            yield _Line(section, name.strip(SYSTEMD_BLANKS), text.strip(SYSTEMD_BLANKS), path, first)


def _present(host: Host, network: _Network) -> List[str]:
    """Return the interfaces that are here and that a network may be for: where it asks for wireless ones, no others."""
    try:
        names = host.list_directory("/proc/sys/net/ipv4/conf")
    except NotFound:
        return []
    found = [name for name in names if name not in ("all", "default", "lo")]
    if network.text("Type", "Match") == "wlan":
        found = [name for name in found if host.exists("/sys/class/net/%s/phy80211" % name)]
    return [name for name in found if any(fnmatchcase(name, one) for one in network.patterns)]


def _is_hidden(name: str, hidden: Set[str]) -> bool:
    """Return whether an earlier file has an interface, or all of a pattern."""
    plain = not any(sign in name for sign in "*?[")
    return name in hidden or "*" in hidden or (plain and any(fnmatchcase(name, one) for one in hidden))


def _of_network(network: _Network, names: List[str], newest: int, everywhere: Dict[str, Setting]) -> List[Setting]:
    forwards, found = list(_forwarding(network, newest)), []
    for one in forwards:
        own = "%s" in one.key
        found += [one._replace(key=one.key % name) for name in names] if own else [one]
    for setting, (key, numbers) in _NUMBERS.items():
        if setting == "IPv4ReversePathFilter" and newest < REVERSE_PATH_FILTER:
            continue
        switch, most = network.switched(setting), 2 if "yes" in numbers else 1
        text = numbers.get(network.text(setting)) or ("" if switch is None else str(switch * most))
        for name in names if text else ():
            found.extend(network.setting(setting, key % name, text))
    accepts, place = _accepts(network, [one.text for one in forwards if "ipv6" in one.key], everywhere)
    return found + [Setting(BY, "net/ipv6/conf/%s/accept_ra" % name, str(int(accepts)), *place) for name in names]


def _forwarding(network: _Network, newest: int) -> Iterator[Setting]:
    """Yield what a network says of forwarding; the key has a place for the interface where it is that one's own."""
    masquerade = network.text("IPMasquerade")
    for family, common, own in (("ipv4", V4_FORWARD, "IPv4Forwarding"), ("ipv6", V6_FORWARD, "IPv6Forwarding")):
        asked = network.text("IPForward") if newest < OF_EACH else ""
        name = "IPForward" if asked in (family, "both") or lowered(asked) in _TRUE else ""
        if masquerade in (family, "both") or (family == "ipv4" and lowered(masquerade) in _TRUE):
            name = "IPMasquerade"
        if name:
            yield from network.setting(name, common, "1")
        if newest < OF_EACH:
            continue
        said = network.switched(own)
        if family == "ipv6" and not name and network.switched("IPv6SendRA"):
            name = "IPv6SendRA"
        if said is not None or name:
            key = "net/%s/conf/%%s/forwarding" % family
            yield from network.setting(own if said is not None else name, key, str(int(said is not False)))


def _accepts(
    network: _Network, forwards: List[Optional[str]], everywhere: Dict[str, Setting]
) -> Tuple[bool, Tuple[str, int]]:
    """Return whether networkd takes router advertisements, and the place that says so."""
    line = network.last("IPv6AcceptRA")
    place = (line.file, line.line) if line else (network.path, 0)
    joined = any(network.last(name) for name in ("Bridge", "Bond", "BatmanAdvanced"))
    local = network.text("LinkLocalAddressing") or ("no" if joined else "ipv6")
    if local != "ipv6" and lowered(local) not in _TRUE:
        return False, place
    said = network.switched("IPv6AcceptRA")
    if said is not None:
        return said, place
    general = everywhere.get("IPv6Forwarding")
    forwarded = forwards[-1] if forwards else general.text if general else "0"
    return forwarded != "1", place
