# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that switch forwarding on for the networks that they make, and commands that are run at boot.

They do so when they start, behind every file below sysctl.d; what they keep in databases of their own is told by its folder alone.
"""

from __future__ import annotations

import json
import re
from typing import Iterator, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_by_commands import (
    of_folder,
    of_line,
    of_script,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import (
    V4_FORWARD,
    V6_FORWARD,
    Setting,
    Units,
)

# Which start networks of containers, whatever their files say.
_CLUSTERS = (
    "kubelet.service", "k3s.service", "k3s-agent.service", "rke2-server.service", "rke2-agent.service",
    "snap.microk8s.daemon-kubelite.service",
)  # fmt: skip
_LXD = ("lxd.service", "incus.service", "incus.socket", "snap.lxd.daemon.service", "snap.lxd.daemon.unix.socket")
_LXD_NETWORKS = ("/var/lib/lxd/networks", "/var/lib/incus/networks", "/var/snap/lxd/common/lxd/networks")
_LIBVIRT = ("libvirtd.service", "libvirtd.socket", "virtnetworkd.service", "virtnetworkd.socket")
CONNMAN = "/var/lib/connman/settings"
_CONNMAN_MAIN = "/etc/connman/main.conf"
# By the beginnings of their names, where its file names none.
_CONNMAN_LEAVES: Tuple[str, ...] = ("vmnet", "vboxnet", "virbr", "ifb", "ve-", "vb-", "ham")
_ETHERNET = "1"
IWD = "/etc/iwd/main.conf"
_MASQUERADE = re.compile(r"<masquerade\b|<forward-port\b[^>]*\bto-addr\s*=", re.ASCII)


def settings(host: Host, units: Units) -> List[Setting]:
    """Return what they set. Raises `ReadError` where the file of one cannot be followed."""
    found = [*_docker(host, units), *_libvirt(host, units), *_containers(host, units), *_firewalls(host, units)]
    found += [*_connman(host, units), *_iwd(host, units)]
    for name in units.instances("wg-quick@"):
        found += _wireguard(host, "/etc/wireguard/%s.conf" % name)
    found += _routing(host, units)
    found += of_script(host, "rc.local", "/etc/rc.local")
    for state in ("configured", "configuring", "routable", "degraded", "carrier"):
        found += of_folder(host, "networkd-dispatcher", "/etc/networkd-dispatcher/%s.d" % state)
    return found + _units(host, units)


def _text(host: Host, path: str) -> str:
    try:
        return host.read_text(path)
    except NotFound:
        return ""


def _docker(host: Host, units: Units) -> Iterator[Setting]:
    if not units.starts("docker.service", "docker.socket"):
        return
    path = "/etc/docker/daemon.json"
    try:
        said = json.loads(_text(host, path) or "{}")
    except ValueError:
        raise ReadError("%s is no JSON; docker does not start with it, mend it" % path) from None
    options = "".join(_text(host, one) for one in host.glob("/etc/systemd/system/docker.service.d/*.conf"))
    if not isinstance(said, dict) or said.get("ip-forward") is False or "--ip-forward=false" in options:
        return
    file = path if host.exists(path) else "docker.service"
    yield Setting("docker", V4_FORWARD, "1", file, 0)
    if said.get("ipv6") is True:
        yield Setting("docker", V6_FORWARD, "1", file, 0)


def _libvirt(host: Host, units: Units) -> Iterator[Setting]:
    if not units.starts(*_LIBVIRT):
        return
    for path in host.glob("/etc/libvirt/qemu/networks/autostart/*.xml"):
        text = re.sub(r"<!--.*?-->", "", host.read_text(path), flags=re.DOTALL)
        forward = re.search(r"<forward\b([^>]*)>", text, re.ASCII)
        mode = re.search(r"\bmode\s*=\s*['\"](\w+)", forward.group(1), re.ASCII) if forward else None
        if forward and (mode.group(1) if mode else "nat") in ("nat", "route", "open"):
            yield Setting("libvirt", V4_FORWARD, "1", path, 0)
            if re.search(r"<ip\b[^>]*family\s*=\s*['\"]ipv6", text, re.ASCII):
                yield Setting("libvirt", V6_FORWARD, "1", path, 0)


def _connman(host: Host, units: Units) -> Iterator[Setting]:
    """Yield what connman sets: by tethering, which it keeps in its state and takes up again, and while two networks are connected.

    Seen of connman 1.44: the second makes it loose on reverse paths, whatever was set, until one is gone.
    """
    if not units.starts("connman.service"):
        return
    for number, _line in _matching(host, CONNMAN, r"Tethering[ \t]*=[ \t]*true"):
        yield Setting("connman", V4_FORWARD, "1", CONNMAN, number)
    left = _CONNMAN_LEAVES
    for _number, line in _matching(host, _CONNMAN_MAIN, r"NetworkInterfaceBlacklist[ \t]*="):
        left = tuple(one.strip(BLANKS) for one in line.partition("=")[2].split(",") if one.strip(BLANKS))
    kinds = [(path.split("/")[4], host.read_text(path).strip(BLANKS)) for path in host.glob("/sys/class/net/*/type")]
    served = [name for name, kind in kinds if kind == _ETHERNET and not name.startswith(left)]
    # A bridge and its ports are networks of this host's own.
    alone = [name for name in served if not host.glob("/sys/class/net/%s/br[ip]*" % name)]
    if len(alone) > 1:
        yield Setting("connman", "net/ipv4/conf/all/rp_filter", "2", _CONNMAN_MAIN, 0)


def _iwd(host: Host, units: Units) -> Iterator[Setting]:
    """Yield that iwd takes router advertisements itself, where it configures addresses too; the kernel's own it switches off."""
    said = {}
    for number, line in (
        _matching(host, IWD, r"[ \t]*Enable(?:NetworkConfiguration|IPv6)[ \t]*=") if units.starts("iwd.service") else ()
    ):
        name, _sign, text = line.partition("=")
        said[name.strip(BLANKS)] = (lowered(text.strip(BLANKS)) in ("true", "1"), number)
    on, place = said.get("EnableNetworkConfiguration", (False, 0))
    if on and said.get("EnableIPv6", (True, 0))[0]:
        yield Setting("iwd", "net/ipv6/conf/wl*/accept_ra", "1", IWD, place)


def _containers(host: Host, units: Units) -> Iterator[Setting]:
    for unit in _CLUSTERS:
        if units.starts(unit):
            yield Setting("kubernetes", V4_FORWARD, "1", unit, 0)
    for folder in _LXD_NETWORKS if units.starts(*_LXD) else ():
        if host.exists(folder) and host.list_directory(folder):
            yield Setting("lxd", V4_FORWARD, "1", folder, 0)
    default = "/etc/default/lxc-net"
    if units.starts("lxc-net.service") and not re.search(
        r"^USE_LXC_BRIDGE=[\"']?false", _text(host, default), re.MULTILINE
    ):
        yield Setting("lxc-net", V4_FORWARD, "1", default if host.exists(default) else "lxc-net.service", 0)
    for path in host.glob("/etc/containers/systemd/*.container"):
        networks = re.findall(r"^Network=(.*)$", host.read_text(path), re.MULTILINE)
        if not networks or not all(one.startswith(("host", "none", "container:")) for one in networks):
            yield Setting("podman", V4_FORWARD, "1", path, 0)


def _firewalls(host: Host, units: Units) -> Iterator[Setting]:
    if units.starts("firewalld.service"):
        default = re.findall(
            r"^DefaultZone=([A-Za-z0-9_-]+)", _text(host, "/etc/firewalld/firewalld.conf"), re.MULTILINE
        )
        paths = host.glob("/etc/firewalld/zones/*.xml") + host.glob("/etc/firewalld/policies/*.xml")
        if default and "/etc/firewalld/zones/%s.xml" % default[-1] not in paths:
            paths.append("/usr/lib/firewalld/zones/%s.xml" % default[-1])
        for path in paths:
            if _MASQUERADE.search(re.sub(r"<!--.*?-->", "", _text(host, path), flags=re.DOTALL)):
                yield Setting("firewalld", V4_FORWARD, "1", path, 0)
    for name, key in (("shorewall", V4_FORWARD), ("shorewall6", V6_FORWARD)):
        path = "/etc/%s/%s.conf" % (name, name)
        if units.starts(name + ".service"):
            for number, _line in _matching(host, path, r"IP_FORWARDING=[\"']?(?:On|Yes|on|yes|ON|YES)"):
                yield Setting(name, key, "1", path, number)


def _matching(host: Host, path: str, pattern: str) -> Iterator[Tuple[int, str]]:
    for number, line in enumerate(_text(host, path).split("\n"), 1):
        if re.match(pattern, line, re.ASCII):
            yield number, line


def _wireguard(host: Host, path: str) -> Iterator[Setting]:
    for number, line in enumerate(_text(host, path).split("\n"), 1):
        found = re.match(r"\s*(?:PreUp|PostUp)\s*=(.*)", line, re.ASCII | re.IGNORECASE)
        if found:
            name = path.rpartition("/")[2][: -len(".conf")]
            yield from of_line(host, "wg-quick", found.group(1).replace("%i", name), (path, number))


def _routing(host: Host, units: Units) -> Iterator[Setting]:
    if units.starts("frr.service"):
        for version, key in (("ip", V4_FORWARD), ("ipv6", V6_FORWARD)):
            for number, _line in _matching(host, "/etc/frr/frr.conf", version + r" forwarding[ \t\r]*\Z"):
                yield Setting("frr", key, "1", "/etc/frr/frr.conf", number)


def _units(host: Host, units: Units) -> List[Setting]:
    """Return what commands of the site's own units, and of its snippets of any, set that the boot starts."""
    found: List[Setting] = []
    snippets = host.glob("/etc/systemd/system/*.service.d/*.conf")
    paths = [(name, "/etc/systemd/system/" + name) for name in sorted(units.wanted) if name.endswith(".service")]
    paths += [(path.split("/")[-2][: -len(".d")], path) for path in snippets]
    for name, path in paths:
        if not units.starts(name):
            continue
        for number, line in _matching(host, path, r"[ \t]*Exec(?:Start|StartPre|StartPost|Condition)[ \t]*="):
            found += of_line(host, printable(name), line.partition("=")[2].lstrip("-@:+! "), (path, number))
    return found
