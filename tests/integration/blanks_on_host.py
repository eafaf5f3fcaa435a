"""Runs on a host: plants signs where a blank would stand, asks the programs and the readers, prints what both say."""

from __future__ import annotations

import ctypes
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, sys.argv[1])

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind

SIGNS = [" ", "\t", "\v", "\f", "\r", "\x1c", "\x1f", "\x85", "\xa0", "\u3000"]
LOGIN_DEFS, SYSCTL = "/etc/login.defs", "/proc/sys/net/ipv4/conf/all/log_martians"
MINLEN = 3


def said(*argv):
    """Return what a command prints, on both ways."""
    done = subprocess.run(argv, check=False, capture_output=True, timeout=20)
    return (done.stdout + done.stderr).decode("utf-8", "backslashreplace")


def limits(_path):
    return said("su", "-", "blanks", "-s", "/bin/sh", "-c", "ulimit -Hc").strip() == "0"


def login_defs(_path):
    said("userdel", "blanks-new")
    said("useradd", "-M", "blanks-new")
    with open("/etc/shadow") as stream:
        return "365" in [row.split(":")[4] for row in stream if row.startswith("blanks-new:")]


def pwquality(path):
    library, seen, problem = ctypes.CDLL("libpwquality.so.1"), ctypes.c_int(), ctypes.c_void_p()
    library.pwquality_default_settings.restype = ctypes.c_void_p
    settings = ctypes.c_void_p(library.pwquality_default_settings())
    library.pwquality_read_config(settings, path.encode(), ctypes.byref(problem))
    library.pwquality_get_int_value(settings, MINLEN, ctypes.byref(seen))
    return seen.value == 14


def sysctl(path):
    with open(SYSCTL, "w") as stream:
        stream.write("0")
    said("/usr/lib/systemd/systemd-sysctl", path)
    with open(SYSCTL) as stream:
        return stream.read().strip() == "1"


def sudoers(path):
    return '"requiretty": true' in said("cvtsudoers", "-f", "json", path)


def fstab(path):
    return said("findmnt", "-F", path, "-s", "-n", "-o", "TARGET,OPTIONS").split() == ["/blanks", "nodev"]


def auditd(path):
    return "called with: 8\n" in said("auditd", "-f", "-n", "-c", os.path.dirname(path))


def shell(path):
    return said("bash", "-c", f". {path}; echo =$X=").endswith("=yes=\n")


def text(form, name):
    return "text_setting", {"format": form, "name": name}


# name -> program, kind and address, the value that is meant, file, text with ~ for the sign
CASES = {
    "limits": (limits, *text("limits", "* hard core"), "0", "/etc/security/limits.conf", "*~hard~core~0"),
    "login.defs": (login_defs, "login_defs", {"name": "PASS_MAX_DAYS"}, "365", LOGIN_DEFS, "PASS_MAX_DAYS~365"),
    "before": (login_defs, "login_defs", {"name": "PASS_MAX_DAYS"}, "365", LOGIN_DEFS, "~PASS_MAX_DAYS 365"),
    "pwquality": (pwquality, *text("pwquality", "minlen"), "14", "/etc/security/pwquality.conf", "minlen~=~14"),
    "no sign": (pwquality, *text("pwquality", "minlen"), "14", "/etc/security/pwquality.conf", "minlen~14"),
    "sysctl": (
        sysctl,
        "sysctl",
        {"name": "net.ipv4.conf.all.log_martians"},
        "1",
        "/etc/sysctl.d/zz.conf",
        "net.ipv4.conf.all.log_martians~=1",
    ),
    "sudoers": (
        sudoers,
        "sudo",
        {"query": "default", "name": "requiretty"},
        True,
        "/etc/sudoers.d/zz",
        "Defaults~requiretty",
    ),
    "fstab": (
        fstab,
        "mount_option",
        {"path": "/blanks", "option": "nodev"},
        True,
        "/etc/fstab",
        "tmpfs~/blanks~tmpfs~nodev~0 0",
    ),
    "auditd": (auditd, *text("auditd", "max_log_file"), "8", "/etc/audit/auditd.conf", "max_log_file~=~8"),
    "shell": (shell, *text("shell", "X"), "yes", "/etc/default/blanks", "export~X=yes"),
}
PARTS = {"fstab": "configured", "sysctl": "configured"}


def compared(name):
    """Return [sign, what the program says, what the reader says] of all signs."""
    program, kind, address, wanted, path, line = CASES[name]
    before = None
    if os.path.exists(path):
        with open(path, "rb") as stream:
            before = stream.read()
    # What else is there stays, but for other lines about the same.
    kept = b"\n".join(row for row in (before or b"").split(b"\n") if not re.match(rb"PASS_MAX_DAYS|max_log_file", row))
    found = []
    for sign in SIGNS:
        with open(path, "wb") as stream:
            stream.write(kept.rstrip(b"\n") + b"\n" + line.replace("~", sign).encode() + b"\n")
        os.chmod(path, 0o440 if "sudoers" in path else 0o644)
        (seen,) = read_kind(Host("/"), kind, [{**address, "file": path}])
        value = seen.value if seen.state == "value" else None
        value = value.get(PARTS[name]) if name in PARTS and value else value
        found.append([sign, program(path), value == wanted])
    with open(path, "wb") as stream:
        stream.write(before or b"")
    return found


said("useradd", "-m", "blanks")
print(json.dumps({name: compared(name) for name in CASES}))
