"""Stock hosts of distributions that cannot be booted here, imitated: a tree of files and the answers of their commands.

Made from what the distributions document and what their packages are known to contain, in our own few
lines; comments and whatever no reader looks at are left out. A real host has shown none of it.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Sequence, Tuple, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from tests.scenarios import boot
from tests.scenarios.linux import File, Scenario, plant

Files = Dict[str, Union[str, bytes, File]]
# A kind, an address, an expectation as a rule would write it, and the verdict that it has on the stock host.
Row = Tuple[str, Dict[str, Any], Dict[str, Any], str]

# Folders with all below them, and whose they are.
OWNERS = {"/home/anna": 1000}


class Stock(NamedTuple):
    """A host as installed. ``units``: name -> UnitFileState and ActiveState; ``commands``: words joined by blanks -> output.

    ``elsewhere``: kinds that are not tried here, and where they are.
    """

    name: str
    files: Files
    units: Mapping[str, Tuple[str, str]]
    commands: Mapping[str, str]
    rows: List[Row]
    elsewhere: Mapping[str, str]


def stocks() -> List[Stock]:
    """Return every host that is imitated here."""
    names = (one.name for one in pkgutil.iter_modules(__path__) if not one.name.endswith("_files"))
    return [importlib.import_module(__name__ + "." + name).STOCK for name in names]


EMPTY: Dict[str, Any] = {"empty": True}
ABSENT: Dict[str, Any] = {"absent": True}


def option(name: str, expect: Dict[str, Any], verdict: str) -> Row:
    """An option of the SSH server."""
    return "sshd_option", {"name": name}, expect, verdict


def mode(path: str, most: str, verdict: str) -> Row:
    """The mode that a file of root's may have at most."""
    return "file", {"path": path}, {"fields": {"mode": {"mode_at_most": most}, "uid": {"equals": 0}}}, verdict


def text(kind_of: str, file: str, name: str, expect: Dict[str, Any], verdict: str, **more: str) -> Row:
    """A setting of a file, read as its program does."""
    return "text_setting", {"file": file, "format": kind_of, "name": name, **more}, expect, verdict


def unit(name: str, enabled: bool, verdict: str, kind: str = "service") -> Row:
    """Whether the next boot starts a unit."""
    return kind, {"name": name}, {"fields": {"enabled": {"equals": enabled}}}, verdict


def fact(name: str, expect: Dict[str, Any], verdict: str) -> Row:
    """A fact of the accounts."""
    return "accounts", {"fact": name}, expect, verdict


def runs(stack: str, module: str, verdict: str, query: str = "runs") -> Row:
    """A module of PAM on every way in."""
    asked = {"query": query, "module": module, **({"type": stack} if query == "runs" else {})}
    return "pam", asked, EMPTY, verdict


def kernel(name: str, now: str, verdict: str) -> Row:
    """A parameter of the kernel, now and at the next boot by a file that says so."""
    return "sysctl", {"name": name}, {"equals": now}, verdict


def mounted(path: str, name: str, verdict: str) -> Row:
    """An option of a mount that is in effect."""
    return "mount_option", {"path": path, "option": name}, {"fields": {"running": {"equals": True}}}, verdict


# What the two families say alike when nothing was changed on them.
SHARED: List[Row] = [
    option("PermitEmptyPasswords", {"equals": "no"}, "pass"),
    option("HostbasedAuthentication", {"equals": "no"}, "pass"),
    option("IgnoreRhosts", {"equals": "yes"}, "pass"),
    option("UsePAM", {"equals": "yes"}, "pass"),
    option("PermitRootLogin", {"equals": "no"}, "fail"),
    option("ClientAliveInterval", {"not_equals": "0"}, "fail"),
    option("Banner", {"equals": "/etc/issue.net"}, "fail"),
    option("MaxAuthTries", {"equals": "6"}, "pass"),
    option("DisableForwarding", {"equals": "yes"}, "fail"),
    option("PermitUserEnvironment", {"equals": "no"}, "pass"),
    option("LogLevel", {"one_of": ["INFO", "VERBOSE"]}, "pass"),
    mode("/etc/passwd", "0644", "pass"),
    mode("/etc/group", "0644", "pass"),
    mode("/etc/shadow", "0640", "pass"),
    mode("/etc/gshadow", "0640", "pass"),
    mode("/etc/shadow-", "0640", "pass"),
    mode("/etc/crontab", "0600", "fail"),
    mode("/etc/cron.daily", "0700", "fail"),
    text("systemd", "/etc/systemd/journald.conf", "Storage", {"equals": "persistent"}, "fail", section="Journal"),
    text("systemd", "/etc/systemd/journald.conf", "Compress", {"equals": "yes"}, "fail", section="Journal"),
    text("systemd", "/etc/systemd/coredump.conf", "Storage", {"equals": "none"}, "fail", section="Coredump"),
    text("faillock", "/etc/security/faillock.conf", "deny", ABSENT, "pass"),
    text("limits", "/etc/security/limits.conf", "* hard core", {"equals": "0"}, "fail"),
    fact("uid_zero", {"equals": ["root"]}, "pass"),
    fact("primary_gid_zero", {"equals": ["root"]}, "pass"),
    fact("empty_password", EMPTY, "pass"),
    fact("unshadowed", EMPTY, "pass"),
    fact("system_accounts_with_shell", EMPTY, "pass"),
    fact("duplicate_uids", EMPTY, "pass"),
    fact("missing_group", EMPTY, "pass"),
    fact("home_missing", EMPTY, "pass"),
    fact("home_not_owned", EMPTY, "pass"),
    fact("home_too_open", EMPTY, "pass"),
    fact("dot_files_not_owned", EMPTY, "pass"),
    fact("nologin_in_shells", EMPTY, "pass"),
    fact("password_maximum_age", {"each": {"fields": {"days": {"at_most": 365}}}}, "fail"),
    fact("root_umask", {"each": {"matches": "[2367]7$"}}, "fail"),
    runs("auth", "pam_unix.so", "pass"),
    runs("account", "pam_unix.so", "pass"),
    runs("password", "pam_unix.so", "pass"),
    runs("auth", "pam_faillock.so", "fail", "locks"),
    runs("password", "pam_pwhistory.so", "fail", "judges"),
    (
        "pam",
        {"query": "option", "module": "pam_unix.so", "name": "nullok"},
        {"each": {"fields": {"value": ABSENT}}},
        "fail",
    ),
    ("login_defs", {"name": "PASS_MAX_DAYS"}, {"equals": "99999"}, "pass"),
    ("login_defs", {"name": "PASS_MIN_DAYS"}, {"equals": "1"}, "fail"),
    ("login_defs", {"name": "UMASK"}, {"equals": "027"}, "fail"),
    ("shell_variable", {"name": "TMOUT"}, {"fields": {"certain": {"equals": True}}}, "fail"),
    ("shell_variable", {"name": "TMOUT"}, {"fields": {"values": EMPTY}}, "pass"),
    ("shell_variable", {"name": "umask"}, {"fields": {"values": {"equals": ["0002", "0022"]}}}, "pass"),
    ("umask", {}, {"each": {"fields": {"umask": {"matches": "[2367]7$"}}}}, "fail"),
    # They are so now, and no file says so.
    kernel("kernel.randomize_va_space", "2", "fail"),
    kernel("net.ipv4.ip_forward", "0", "fail"),
    kernel("net.ipv4.conf.all.accept_source_route", "0", "fail"),
    kernel("net.ipv4.tcp_syncookies", "1", "fail"),
    kernel("net.ipv4.conf.all.send_redirects", "0", "fail"),
    kernel("fs.suid_dumpable", "0", "fail"),
    mounted("/dev/shm", "nosuid", "pass"),
    mounted("/dev/shm", "noexec", "fail"),
    ("mount_point", {"path": "/home"}, {"present": True}, "fail"),
    ("kernel_module", {"name": "cramfs"}, {"fields": {"denylisted": {"equals": True}}}, "fail"),
    ("kernel_module", {"name": "hfs"}, {"fields": {"available": {"equals": False}}}, "pass"),
    ("su_access", {}, {"fields": {"group": {"matches": "."}}}, "fail"),
    ("sudo", {"query": "default", "name": "logfile"}, {"present": True}, "fail"),
    ("sudo", {"query": "not_authenticate"}, EMPTY, "pass"),
    ("rsyslog", {"query": "receivers"}, EMPTY, "pass"),
    ("rsyslog", {"query": "files"}, {"each": {"fields": {"mode": {"mode_at_most": "0640"}}}}, "pass"),
    ("rsyslog", {"query": "forwards"}, EMPTY, "pass"),
    # Neither of them comes with it.
    ("syslog_ng", {"query": "receivers"}, {"absent": True}, "pass"),
    ("listening_socket", {"ports": [22]}, {"each": {"fields": {"local_only": {"equals": True}}}}, "fail"),
    ("listening_socket", {"ports": [25]}, EMPTY, "pass"),
    ("host_fact", {"fact": "own_kernel"}, {"equals": True}, "pass"),
    ("host_fact", {"fact": "graphical_desktop"}, {"equals": True}, "fail"),
    ("host_fact", {"fact": "wireless_interfaces"}, EMPTY, "pass"),
    ("host_fact", {"fact": "efi"}, {"equals": True}, "pass"),
    ("filesystem_scan", {"find": "world_writable_files"}, {"fields": {"count": {"equals": 0}}}, "pass"),
    ("filesystem_scan", {"find": "unowned"}, {"fields": {"count": {"equals": 0}}}, "pass"),
    ("filesystem_scan", {"find": "suid"}, {"fields": {"count": {"equals": 2}}}, "pass"),
    ("dconf", {"key": "/org/gnome/login-screen/banner-message-enable", "type": "boolean"}, ABSENT, "pass"),
    ("file_lines", {"path": "/etc/issue", "pattern": "."}, {"present": True}, "pass"),
]


def folder(permissions: int = 0o755) -> File:
    """Return a planted folder."""
    return File(directory=True, mode=permissions)


def build(root: str, stock: Stock) -> Host:
    """Write the host's files below ``root`` and return it, read as root would read it."""
    started = [boot.link(name, state) for name, (state, _active) in stock.units.items() if state in boot.FOLDERS]
    links = {path: File(link=to) for one in started for path, to in one.items()}
    plant(root, Scenario(stock.name, {}, {}, "", {}, files={**boot.UNIT_FILES, **links, **stock.files}))
    for path, owner in OWNERS.items():
        for folder_path, names, files in os.walk(root + path):
            for one in [folder_path, *(os.path.join(folder_path, name) for name in names + files)]:
                os.lchown(one, owner, owner)
    return Host(root=root, runner=runner_of(stock), privileged=True)


def runner_of(stock: Stock) -> Callable[[Sequence[str], float], CommandResult]:
    """Return what answers commands with what was recorded, and has no others."""

    def recorded(argv: Sequence[str], _timeout: float) -> CommandResult:
        if argv[:2] == ["systemctl", "show"] and "--" in argv:
            return CommandResult(0, "\n\n".join(_unit(stock, name) for name in argv[argv.index("--") + 1 :]) + "\n")
        answer = stock.commands.get(" ".join(argv))
        return CommandResult(problem="not installed", missing=True) if answer is None else CommandResult(0, answer)

    return recorded


def _unit(stock: Stock, name: str) -> str:
    if name.endswith(".target") and name not in stock.units:
        return boot.target(name)
    state, active = stock.units.get(name, ("", "inactive"))
    load = "loaded" if name in stock.units else "not-found"
    wanted = "multi-user.target" if state in boot.FOLDERS else ""
    return "Id=%s\nNames=%s\nLoadState=%s\nActiveState=%s\nUnitFileState=%s\nWantedBy=%s" % (
        name,
        name,
        load,
        active,
        state,
        wanted,
    )


# What a kernel shows of itself, the same with every distribution that sets nothing else.
KERNEL: Files = {
    "/proc/2/comm": "kthreadd\n",
    "/proc/sys/kernel/osrelease": "6.8.0\n",
    "/proc/net/dev": "Inter-|\n face |\n    lo:\n  ens3:\n",
    "/proc/net/if_inet6": "fe800000000000005054000000000001 02 40 20 80     ens3\n",
    "/proc/modules": "",
    "/proc/filesystems": "nodev\tsysfs\n\text4\n\txfs\n",
    "/proc/net/tcp": "  sl  local_address rem_address   st\n   0: 00000000:0016 00000000:0000 0A\n",
    "/proc/net/tcp6": "  sl  local_address rem_address   st\n   0: 00000000000000000000000000000000:0016 00000000:0000 0A\n",
    "/proc/net/udp": "  sl  local_address rem_address   st\n",
    "/proc/net/udp6": "  sl  local_address rem_address   st\n",
    "/proc/swaps": "Filename Type Size Used Priority\n",
    "/sys/firmware/efi": folder(),
    "/sys/kernel": folder(),
    "/sys/class/net/lo": folder(),
    "/sys/class/net/ens3": folder(),
    "/run/systemd/system": folder(),
    "/var/run": File(link="../run"),
}


def kernel_values(values: Mapping[str, str], interfaces: Sequence[str] = ("all", "default", "lo", "ens3")) -> Files:
    """Return the files of /proc/sys: ``values`` by dotted name, ``*`` in it for each interface."""
    found: Files = {}
    for name, text in values.items():
        for one in interfaces if "*" in name else ("",):
            found["/proc/sys/" + name.replace("*", one).replace(".", "/")] = text + "\n"
    return found


NETWORK = {
    "net.ipv4.ip_forward": "0",
    "net.ipv4.icmp_ignore_bogus_error_responses": "1",
    "net.ipv4.icmp_echo_ignore_broadcasts": "1",
    "net.ipv4.tcp_syncookies": "1",
    "net.ipv4.conf.*.forwarding": "0",
    "net.ipv4.conf.*.send_redirects": "1",
    "net.ipv4.conf.*.accept_redirects": "1",
    "net.ipv4.conf.*.secure_redirects": "1",
    "net.ipv4.conf.*.accept_source_route": "0",
    "net.ipv4.conf.*.log_martians": "0",
    "net.ipv6.conf.*.forwarding": "0",
    "net.ipv6.conf.*.disable_ipv6": "0",
    "net.ipv6.conf.*.accept_redirects": "1",
    "net.ipv6.conf.*.accept_source_route": "0",
    "net.ipv6.conf.*.accept_ra": "1",
    "kernel.randomize_va_space": "2",
}
