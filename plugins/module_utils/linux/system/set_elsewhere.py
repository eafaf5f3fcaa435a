# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other programs than systemd-sysctl set parameters of the network to, at boot or when an interface comes up."""

from __future__ import annotations

import re
from typing import FrozenSet, Iterator, List, NamedTuple, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import is_masked

V4_FORWARD, V6_FORWARD = "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"
_UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/run/systemd/generator", "/run/systemd/system")

_NETPLAN = "/usr/lib/systemd/system-generators/netplan"
_NETPLAN_OF_PACKAGES = ("/usr/lib/netplan", "/lib/netplan")
# The stamp is there where it ran and there was nothing to make, too.
_NETPLAN_MADE = (
    "/run/systemd/generator/netplan.stamp",
    "/run/systemd/network/*netplan*",
    "/run/NetworkManager/system-connections/netplan*",
    "/run/NetworkManager/conf.d/*globally-managed-devices.conf",
)
# The initial file system writes there at each boot what the kernel's command line says of addresses; what others write is gone then.
_NETPLAN_FOR_NOW = "/run/netplan/*.yaml"
_OF_KERNEL = re.compile(r"(?:\A|\s)ip=", re.ASCII)


class Setting(NamedTuple):
    """One of them. ``key`` has slashes, and may be a pattern; ``text``: None where the value is only known when it is set."""

    by: str
    key: str
    text: Optional[str]
    file: str
    line: int


class Units:
    """Which units the boot starts, by the links alone: no command is run for it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.wanted: FrozenSet[str] = frozenset(_wanted(host))

    def starts(self, *names: str) -> bool:
        """Return whether the boot starts one of these."""
        return any(name in self.wanted and not is_masked(self._host, name) for name in names)

    def instances(self, template: str) -> List[str]:
        """Return the instances of a template (``wg-quick@``) that the boot starts."""
        found = [name[len(template) :].rpartition(".")[0] for name in self.wanted if name.startswith(template)]
        return sorted(one for one in found if one)


def _wanted(host: Host) -> Iterator[str]:
    for folder in _UNIT_FOLDERS:
        for links in [*host.glob(folder + "/*.wants"), *host.glob(folder + "/*.requires")]:
            try:
                yield from host.list_directory(links)
            except NotFound:
                continue


def set_elsewhere(host: Host) -> List[Setting]:
    """Return what is set on this host by others. Raises `ReadError` where one of them cannot be followed.

    Of each program the grammar is only loaded where the program is there.
    """
    units, found = Units(host), []
    # Whether the boot starts networkd may hang on it.
    _need_fresh_netplan(host)
    if units.starts("systemd-networkd.service"):
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import networkd

        found += networkd.settings(host, units)
    if units.starts("NetworkManager.service"):
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import network_manager

        found += network_manager.settings(host)
    if host.exists("/etc/network/interfaces") and host.exists("/etc/network/if-up.d"):
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import ifupdown

        found += ifupdown.settings(host)
    if units.starts("dhcpcd.service"):
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import dhcpcd

        found += dhcpcd.settings(host)
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import forwarders

    return found + forwarders.settings(host, units)


def _need_fresh_netplan(host: Host) -> None:
    """Raise `ReadError` where netplan's files were changed since it made networkd's and NetworkManager's of them.

    The next boot makes them anew, and starts networkd where one asks for it. What was renamed, removed or copied with its
    time shows in the folder's alone.
    """
    plans = [path for folder in ("/etc/netplan", *_NETPLAN_OF_PACKAGES) for path in host.glob(folder + "/*.yaml")]
    made = [path for pattern in _NETPLAN_MADE for path in host.glob(pattern)]
    if not made and (not plans or not host.exists(_NETPLAN)):
        return
    passing = host.glob(_NETPLAN_FOR_NOW)
    if passing and not _OF_KERNEL.search(_text(host, "/proc/cmdline")):
        raise ReadError(
            "%s has a part in what netplan made of the network's configuration, and the next boot does not have it; move it to /etc/netplan"
            % printable(passing[0])
        )
    last = max((host.stat(path).st_mtime for path in made), default=0.0)
    looked_at = [*plans, "/etc/netplan"] if host.exists("/etc/netplan") else plans
    newer = [path for path in looked_at if host.stat(path).st_mtime > last]
    if newer:
        raise ReadError(
            "%s was changed since netplan made the network's configuration of it; run netplan generate (or netplan try)"
            % printable(newer[0])
        )


def _text(host: Host, path: str) -> str:
    try:
        return host.read_text(path)
    except NotFound:
        return ""


def need_value(setting: Setting) -> str:
    """Return the value that is set. Raises `ReadError` where it is only known when it is set."""
    if setting.text is None:
        raise ReadError(
            "%s:%d sets %s to what is only known when it runs; write the value there, or set it below /etc/sysctl.d in its place"
            % (setting.file, setting.line, setting.key)
        )
    return setting.text
