# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about the host as a whole, on which rules depend to apply at all.

A wrong "no" would silence rules, so doubtful signs never make a host a container, nor IPv6 absent.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import log_programs, ssh_servers
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.container import is_container, owns_kernel
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_settings import (
    BootSettings,
    configured_value,
    running_value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import is_masked

NO_IPV6 = ("net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.default.disable_ipv6")
SESSION_FILES = (
    "/usr/share/xsessions/*.desktop",
    "/usr/share/wayland-sessions/*.desktop",
    "/usr/local/share/xsessions/*.desktop",
    "/usr/local/share/wayland-sessions/*.desktop",
)
DESKTOP_FILES = (*SESSION_FILES, "/etc/systemd/system/display-manager.service")
DISPLAY_MANAGERS = ("gdm3", "gdm", "lightdm", "sddm", "lxdm", "xdm", "wdm", "nodm", "slim", "greetd", "ly")
PROGRAM_DIRECTORIES = ("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")
MAX_INTERFACES = 100
# What runs /etc/crontab, /etc/cron.d and /etc/cron.hourly: cron of Debian, cronie, bcron. busybox and fcron have tables of their own.
CRON_PROGRAMS = ("cron", "crond", "bcron-sched")
# systemd-cron makes timers of these files.
CRON_GENERATOR = "/usr/lib/systemd/system-generators/systemd-crontab-generator"
# What runs /etc/cron.daily and its like by itself too.
ANACRON = "anacron"

# Where each lies as a package brings it, and as a site builds it.
TIME_DAEMONS = {
    "chrony": ("/usr/sbin/chronyd", "/usr/local/sbin/chronyd", "/opt/*/sbin/chronyd"),
    "systemd-timesyncd": ("/usr/lib/systemd/systemd-timesyncd", "/lib/systemd/systemd-timesyncd"),
}
TIME_UNITS = {"chrony": ("chrony.service", "chronyd.service"), "systemd-timesyncd": ("systemd-timesyncd.service",)}


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe each ``fact``: a boolean, for those about adapters and programs a list."""

    def one(address: Address) -> Observation:
        fact = required(address, "fact")
        if fact not in FACTS:
            raise UsageError("there is no host fact %r" % fact)
        return value(*FACTS[fact](host))

    return read_each(addresses, one)


def _systemd_booted(host: Host) -> Tuple[Any, str]:
    # sd_booted(3): the directory exists only where systemd is the first process.
    return host.exists("/run/systemd/system"), "/run/systemd/system"


def _ipv6(host: Host) -> Tuple[Any, str]:
    """False where the kernel has no IPv6, or every interface has it off, now and after the next boot."""
    addresses = _optional(host, "/proc/net/if_inet6")
    if addresses is None and not host.exists("/proc/sys/net/ipv6"):
        host.read_text("/proc/net/dev")  # or /proc itself is missing, which says nothing about IPv6
        return False, "/proc/net/if_inet6"
    if addresses or any(running_value(host, name) != "1" for name in NO_IPV6):
        return True, "/proc/net/if_inet6, /proc/sys/net/ipv6"
    boot = BootSettings(host)
    off = all(configured_value(boot, name) == "1" for name in NO_IPV6)
    return not off, "/proc/net/if_inet6, /proc/sys/net/ipv6, /etc/sysctl.d"


def _optional(host: Host, path: str) -> Any:
    try:
        return host.read_text(path).strip(BLANKS)
    except NotFound:
        return None


def _graphical_desktop(host: Host) -> Tuple[Any, str]:
    for pattern in DESKTOP_FILES:
        found = host.glob(pattern)
        if found:
            return True, printable(found[0])
    for directory in PROGRAM_DIRECTORIES:
        for name in DISPLAY_MANAGERS:
            if host.exists(directory + "/" + name):
                return True, directory + "/" + name
    return False, "/usr/share/xsessions, /usr/share/wayland-sessions"


def _other_desktops(host: Host) -> Tuple[Any, str]:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.desktops import others

    return [
        printable(path) for path in others(host, SESSION_FILES)
    ], "/usr/share/xsessions, /usr/share/wayland-sessions"


def _runs_crontabs(host: Host) -> Tuple[Any, str]:
    """Return whether a program is here that runs the system's crontabs, started or not."""
    return _first_program(host, CRON_PROGRAMS, [CRON_GENERATOR])


def _runs_daily_jobs(host: Host) -> Tuple[Any, str]:
    return _first_program(host, (*CRON_PROGRAMS, ANACRON), [CRON_GENERATOR])


def _ssh_server(host: Host) -> Tuple[Any, str]:
    """Return whether people may come in by SSH: sshd is here, or another server is started."""
    found, source = _first_program(host, ["sshd"])
    if not found and ssh_servers.others(host):
        return True, printable(ssh_servers.others(host)[0][0])
    return found, source


def _first_program(host: Host, names: Sequence[str], generators: Sequence[str] = ()) -> Tuple[Any, str]:
    paths = [directory + "/" + name for name in names for directory in PROGRAM_DIRECTORIES]
    for path in [*paths, *generators]:
        if host.exists(path):
            return True, path
    return False, "%s of %s" % (", ".join(names), ", ".join(PROGRAM_DIRECTORIES))


def _wireless_interfaces(host: Host) -> Tuple[Any, str]:
    names = host.list_directory("/sys/class/net")
    found = [
        printable(name)
        for name in names
        if any(host.exists("/sys/class/net/%s/%s" % (name, mark)) for mark in ("wireless", "phy80211"))
    ]
    # A radio whose interface was deleted makes a new one when it is asked to (iw phy).
    radios = [path for path in host.glob("/sys/class/ieee80211/*") if not host.glob(path + "/device/net/*")]
    found += [printable(path.rpartition("/")[2]) for path in radios]
    return found[:MAX_INTERFACES], "/sys/class/net, /sys/class/ieee80211"


def _wireless_at_boot(host: Host) -> Tuple[Any, str]:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.wireless import returning

    return returning(host)[:MAX_INTERFACES], "/sys/bus, /lib/modules, /etc/modprobe.d"


def _efi(host: Host) -> Tuple[Any, str]:
    # The folder itself is there where nothing is mounted on it.
    if not host.exists("/sys/firmware"):
        raise ReadError("/sys is not there; how the host booted cannot be read")
    return host.exists("/sys/firmware/efi"), "/sys/firmware/efi"


def _log_writers(host: Host) -> Tuple[Any, str]:
    return log_programs.writers(host), log_programs.SOURCE


def _other_log_writers(host: Host) -> Tuple[Any, str]:
    return [name for name in log_programs.writers(host) if name != log_programs.RSYSLOG], log_programs.SOURCE


def _time_daemons(host: Host) -> Tuple[Any, str]:
    """Return which of the two daemons that rules ask about are on the host, whose unit is not masked for good."""
    found = [
        name
        for name, places in TIME_DAEMONS.items()
        if log_programs.is_there(host, places)
        # Of two names of one unit either may be the alias.
        and not any(is_masked(host, unit) for unit in TIME_UNITS[name])
    ]
    return found, "/usr/sbin, /usr/local/sbin, /opt, /usr/lib/systemd, /etc/systemd/system"


def _doas_unasked(host: Host) -> Tuple[Any, str]:
    # Few hosts have it.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.doas_conf import without_password

    return without_password(host)


FACTS: Dict[str, Callable[[Host], Tuple[Any, str]]] = {
    "container": is_container,
    "own_kernel": owns_kernel,
    "systemd_booted": _systemd_booted,
    "ipv6": _ipv6,
    "graphical_desktop": _graphical_desktop,
    "other_desktops": _other_desktops,
    "wireless_at_boot": _wireless_at_boot,
    "wireless_interfaces": _wireless_interfaces,
    "efi": _efi,
    "runs_crontabs": _runs_crontabs,
    "runs_daily_jobs": _runs_daily_jobs,
    "time_daemons": _time_daemons,
    "ssh_server": _ssh_server,
    "log_writers": _log_writers,
    "other_log_writers": _other_log_writers,
    "doas_unasked": _doas_unasked,
}
