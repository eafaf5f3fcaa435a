# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel makes of a network parameter on each interface, of which `all` and `default` say only a part.

IPv4: include/linux/inetdevice.h; IPv6: net/ipv6 (`ip6_forward`, `ndisc_router_discovery`, `rt6_do_redirect`, `ipv6_rthdr_rcv`).
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import (
    Setting,
    need_value,
    set_elsewhere,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_settings import BootSettings

NO_INTERFACES = ("all", "default", "lo")


def _own(_every: int, one: int) -> int:
    return one


def _either(every: int, one: int) -> int:
    return int(bool(every or one))


# What is asked for -> (where the interfaces are, their parameter, what the kernel makes of the value asked for and theirs).
_V4, _V6 = "net/ipv4/conf/", "net/ipv6/conf/"
_PARAMETERS: Dict[str, Tuple[str, str, Callable[[int, int], int]]] = {
    "net/ipv4/ip_forward": (_V4, "forwarding", _own),
    _V4 + "all/rp_filter": (_V4, "rp_filter", max),
    _V4 + "all/log_martians": (_V4, "log_martians", _either),
    _V4 + "all/send_redirects": (_V4, "send_redirects", _either),
    _V4 + "all/secure_redirects": (_V4, "secure_redirects", _either),
    # On an interface that forwards both have to say so; see `_combined`.
    _V4 + "all/accept_redirects": (_V4, "accept_redirects", _either),
    _V4 + "all/accept_source_route": (_V4, "accept_source_route", min),
    # An interface forwards where all do; since Linux 6.17 also where it is forced to.
    _V6 + "all/forwarding": (_V6, "force_forwarding", _either),
    _V6 + "all/accept_redirects": (_V6, "accept_redirects", _own),
    _V6 + "all/accept_source_route": (_V6, "accept_source_route", min),
    _V6 + "all/accept_ra": (_V6, "accept_ra", _own),
}


SYSTEMD = "systemd-sysctl"
# The same parameter by another name.
ALIASES = {
    "net/ipv4/ip_forward": "net/ipv4/conf/all/forwarding",
    "net/ipv4/conf/all/forwarding": "net/ipv4/ip_forward",
}


class Interface(NamedTuple):
    """A network interface, or a pattern of such. ``running``, ``configured``: what is in force on it, now and after the next boot.

    None where it is not there, or nothing says it. ``key``: of its own parameter.
    """

    name: str
    key: str
    running: Optional[str]
    configured: Optional[str]


def pattern_of(key: str) -> str:
    """Return the pattern of what an interface has of a parameter, with slashes; nothing where interfaces have no part in it."""
    if key not in _PARAMETERS:
        return ""
    folder, parameter, _how = _PARAMETERS[key]
    return folder + "*/" + parameter


def interfaces(host: Host, boot: BootSettings, key: str) -> List[Interface]:
    """Return what is in force on each interface, those too that only files name. Raises `ReadError`."""
    if key not in _PARAMETERS:
        return []
    folder, parameter, how = _PARAMETERS[key]
    named = boot.named("%s/" % folder.rstrip("/"), "/" + parameter)
    names = dict.fromkeys([*_present(host, folder, parameter), *named])
    found = [_interface(host, boot, key, (folder, name, parameter), how) for name in names if name not in NO_INTERFACES]
    return [one for one in found if one.running is not None or one.configured is not None]


def of_network(key: str) -> bool:
    """Return whether others than systemd-sysctl have a say in a parameter."""
    return key.startswith(("net/ipv4/", "net/ipv6/"))


def set_by_others(host: Host, boot: BootSettings, key: str) -> List[Setting]:
    """Return what others than systemd-sysctl set a parameter to, on interfaces too, with what the kernel makes of it there.

    Files below sysctl.d that name it by another name are among them. Raises `ReadError`.
    """
    alias = boot.winner(ALIASES.get(key, ""))
    found = [] if alias is None else [Setting(SYSTEMD, key, alias.text, alias.file, alias.line)]
    others: Sequence[Setting] = host.shared("set elsewhere", lambda: set_elsewhere(host))
    found += [one for one in others if _fits(one.key, key) or _fits(one.key, ALIASES.get(key, key))]
    if key in _PARAMETERS:
        folder, parameter, how = _PARAMETERS[key]
        common = boot.winner(key)
        for one in others:
            name = one.key[len(folder) : -len(parameter) - 1]
            if one.key == "%s%s/%s" % (folder, name, parameter) and name not in NO_INTERFACES and "/" not in name:
                every = None if common is None else common.text
                found.append(one._replace(text=_combined(how, every, need_value(one)) or one.text))
    for one in found:
        need_value(one)
    return list(dict.fromkeys(found))


def _fits(pattern: str, key: str) -> bool:
    parts, patterns = key.split("/"), pattern.split("/")
    return len(parts) == len(patterns) and all(fnmatchcase(part, one) for part, one in zip(parts, patterns))


def _present(host: Host, folder: str, parameter: str) -> List[str]:
    try:
        names = host.list_directory("/proc/sys/" + folder)
    except NotFound:
        return []
    return [name for name in names if host.exists("/proc/sys/%s%s/%s" % (folder, name, parameter))]


def _interface(
    host: Host, boot: BootSettings, key: str, place: Tuple[str, str, str], how: Callable[[int, int], int]
) -> Interface:
    folder, name, parameter = place
    own_key = "/".join((folder.rstrip("/"), name, parameter))
    # What a pattern sets for interfaces to come is seen by the name of one that it fits.
    sample = sample_of(own_key)
    running = None if sample != own_key else _running(host, own_key)
    every, forwards = _running(host, key), False
    if parameter == "accept_redirects" and folder == _V4:
        forwards = _running(host, own_key[: -len(parameter)] + "forwarding") == "1"
    winner, common = boot.winner(sample), boot.winner(key)
    own = winner or boot.winner(folder + "default/" + parameter)
    if own is None and parameter == "forwarding":
        own = common
    return Interface(
        name,
        own_key,
        _combined(min if forwards else how, every, running),
        _combined(how, None if common is None else common.text, None if own is None else own.text),
    )


def sample_of(key: str) -> str:
    """Return the key of an interface that a pattern fits; that of an interface as it is."""
    return re.sub(r"[*?]", "0", key)


def _running(host: Host, key: str) -> Optional[str]:
    try:
        return host.read_text("/proc/sys/" + key).strip("\n")
    except NotFound:
        return None


def _combined(how: Callable[[int, int], int], every: Optional[str], one: Optional[str]) -> Optional[str]:
    if how is _own or one is None:
        return one
    if every is None:
        return None
    numbers = [int(text) for text in (every, one) if is_number(text)]
    return str(how(numbers[0], numbers[1])) if len(numbers) == 2 else one
