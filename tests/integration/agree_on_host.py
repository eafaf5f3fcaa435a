"""Runs on a host: plants the scenarios of a kind, asks the program itself, prints what it says beside what the reader says."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, sys.argv[1])

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind

RSYSLOG_UNIT = "/etc/systemd/system/rsyslog.service"
SOCKET = "/run/agree.socket"
LOCAL = f'module(load="imuxsock" SysSock.Name="{SOCKET}")\n'


def said(*argv):
    """Return what a command prints, on both ways."""
    done = subprocess.run(argv, check=False, capture_output=True, timeout=20)
    return (done.stdout + done.stderr).decode("utf-8", "backslashreplace")


def rsyslog(scenario):
    """Return whether port 10514 is taken, or the modes of the files /var/log/it*, of an rsyslogd that runs for this alone."""
    for name in os.listdir("/var/log"):
        if name.startswith("it"):
            os.unlink("/var/log/" + name)
    given = re.search(r"UMask=(\d+)", str(scenario["files"].get(RSYSLOG_UNIT, "")))
    process = subprocess.Popen(
        ["rsyslogd", "-n", "-i", "/run/agree.pid", "-f", "/etc/rsyslog.conf"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # As systemd does it for the unit.
        umask=int(given.group(1), 8) if given else -1,
    )
    deadline = time.monotonic() + 1
    while not os.path.exists(SOCKET) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.08)
    said("logger", "-u", SOCKET, "it")
    time.sleep(0.08)
    listens = ":10514" in said("ss", "-Hltn")
    process.terminate()
    process.wait()
    if os.path.exists(SOCKET):
        os.unlink(SOCKET)
    names = sorted(name for name in os.listdir("/var/log") if name.startswith("it"))
    modes = ["%04o" % (os.stat("/var/log/" + name).st_mode & 0o7777) for name in names]
    return listens if scenario["address"]["query"] == "receivers" else modes


@contextlib.contextmanager
def running_syslog_ng():
    """A syslog-ng that runs for this alone."""
    places = ["--persist-file=/run/agree.persist", "--pidfile=/run/agree.pid", "--control=/run/agree.ctl"]
    process = subprocess.Popen(
        ["syslog-ng", "-F", "--no-caps", *places], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 2
    while not os.path.exists("/run/agree.ctl") and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    yield
    process.terminate()
    # It says something of itself when it ends.
    process.wait()
    if os.path.exists("/run/agree.ctl"):
        os.unlink("/run/agree.ctl")


def syslog_ng(scenario):
    """Return whether port 10514 is taken, or the modes of the files /var/log/it*, of syslog-ng."""
    for name in os.listdir("/var/log"):
        if name.startswith("it"):
            os.unlink("/var/log/" + name)
    with running_syslog_ng():
        listens = ":10514" in said("ss", "-Hltun")
    names = sorted(name for name in os.listdir("/var/log") if name.startswith("it"))
    modes = ["%04o" % (os.stat("/var/log/" + name).st_mode & 0o7777) for name in names]
    return listens if scenario["address"]["query"] == "receivers" else modes


def log_forwarding(_scenario):
    """Return whether records of two facilities come to port 10515, to which syslog-ng sends."""
    came = b""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 10515))
        receiver.settimeout(1)
        with running_syslog_ng():
            wanted = [f"it-{facility}-{time.monotonic_ns()}" for facility in ("user", "mail")]
            for word in wanted:
                said("logger", "-p", word.split("-")[1] + ".info", word)
            deadline = time.monotonic() + 1.5
            while time.monotonic() < deadline and not all(word.encode() in came for word in wanted):
                try:
                    came += receiver.recv(65536)
                except OSError:
                    break
    return all(word.encode() in came for word in wanted)


def all_sent(seen):
    return "error" if seen.state == "error" else [row["part"] for row in seen.value] == [""]


def sudo(_scenario):
    """Return whether an account of the group ops runs something without a password."""
    done = subprocess.run(
        ["su", "bob", "-s", "/bin/sh", "-c", "sudo -K; exec sudo -n /bin/true"], check=False, capture_output=True
    )
    return done.returncode == 0


def listed(seen):
    return "error" if seen.state == "error" else bool(seen.value)


def rsyslog_seen(seen):
    if seen.state == "error":
        return "error"
    return [item["mode"] for item in seen.value] if seen.value and "mode" in seen.value[0] else bool(seen.value)


def journald(_scenario):
    """Return where a journald of its own name, which has the same files under it, keeps its records."""
    places = {"/var/log/journal": "persistent", "/run/log/journal": "volatile"}
    found = "none"
    said("timeout", "0.4", "/usr/lib/systemd/systemd-journald", "agree")
    for place, word in places.items():
        for name in os.listdir(place) if os.path.isdir(place) else []:
            if name.endswith(".agree"):
                found = word
                shutil.rmtree(place + "/" + name)
    return found


def journald_seen(seen):
    """Where nothing sets it, it is kept on disk where /var/log/journal is there."""
    return (
        "error"
        if seen.state == "error"
        else str(seen.value or "persistent").split(" ", maxsplit=1)[0].replace("not", "persistent")
    )


TLS = """
import ctypes
ssl = ctypes.CDLL("libssl.so.3")
ssl.OPENSSL_init_ssl(ctypes.c_uint64(0x00200040), None)
ssl.TLS_method.restype = ssl.SSL_CTX_new.restype = ctypes.c_void_p
ssl.SSL_CTX_get_options.restype = ctypes.c_uint64
context = ctypes.c_void_p(ssl.SSL_CTX_new(ctypes.c_void_p(ssl.TLS_method())))
versions = [ssl.SSL_CTX_ctrl(context, what, ctypes.c_long(0), None) for what in (130, 131)]
print(*versions, ssl.SSL_CTX_get_security_level(context), ssl.SSL_CTX_get_options(context))
"""
# Number of a protocol in a message, and its bit among the options.
PROTOCOLS = {"TLSv1": (0x301, 26), "TLSv1.1": (0x302, 28), "TLSv1.2": (0x303, 27), "TLSv1.3": (0x304, 29)}


def openssl(_scenario):
    """Return the protocols that a new context of the library has, and its level; the old ones need level 0."""
    numbers = said(sys.executable, "-c", TLS).split()
    # Without a context, programs have no TLS at all.
    if len(numbers) != 4:
        return None
    lowest, highest, level, options = map(int, numbers)
    has = [
        name
        for name, (number, bit) in PROTOCOLS.items()
        if lowest <= number <= (highest or 0x304) and not options >> bit & 1 and (not level or number > 0x302)
    ]
    return [has, level]


def openssl_seen(seen):
    return "error" if seen.state == "error" else [seen.value["protocols"], seen.value["level"]]


# The library itself, in a process of its own, for it reads its file once; by their numbers in it.
ASK_GNUTLS = """
import ctypes
library, made, listed = ctypes.CDLL("libgnutls.so.30"), ctypes.c_void_p(), ctypes.POINTER(ctypes.c_uint)()
if library.gnutls_priority_init(ctypes.byref(made), None, None):
    raise SystemExit("none")
print(*(listed[at] for at in range(library.gnutls_priority_protocol_list(made, ctypes.byref(listed)))))
"""
BY_NUMBER = {"2": "TLSv1", "3": "TLSv1.1", "4": "TLSv1.2", "5": "TLSv1.3"}


def gnutls(_scenario):
    """Return what a program may use that says nothing itself; nothing where it can use none."""
    return sorted(BY_NUMBER[one] for one in said(sys.executable, "-c", ASK_GNUTLS).split() if one in BY_NUMBER)


def gnutls_seen(seen):
    return "error" if seen.state == "error" else seen.value["protocols"]


# Those that the rule asks for.
WATCHED = {"acl", "b", "g", "i", "n", "p", "s", "sha512", "u", "xattrs"}
AIDE = ["/etc/aide", "/etc/default/aide", "/usr/share/aide/config/aide/aide.conf.d/one"]


def aide(_scenario):
    """Return the attributes with which AIDE says that it watches auditctl, nothing where it stops."""
    answer = said("aide", "--config", "/etc/aide/aide.conf", "-p", "f:/usr/sbin/auditctl")
    found = re.match(r"\[(?:[Xx]\].* rule: '\S+ \S+ (\S+)'| \])", answer)
    return found and sorted(WATCHED & set((found.group(1) or "").split("+")))


def aide_seen(seen):
    return "error" if seen.state == "error" else sorted(WATCHED & set(seen.value[0]["attributes"]))


LOGROTATE = ["/etc/logrotate.conf", "/etc/logrotate.d", "/srv/logs"]


def logrotate(scenario):
    """Return whether logrotate, told to rotate whatever it would ever rotate, takes the log away."""
    (path,) = scenario["address"]["paths"]
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("it")
    said("logrotate", "-f", "-s", "/run/agree.state", "/etc/logrotate.conf")
    return not os.path.exists(path) or not os.path.getsize(path)


def logrotate_seen(seen):
    return "error" if seen.state == "error" else seen.value[0]["rotated"]


JOURNAL = "/systemd/journald@agree.conf"
JOURNALS = [root + JOURNAL + end for root in ("/etc", "/run", "/usr/lib") for end in ("", ".d")]
SUDO = ["/etc/sudoers", "/etc/sudoers.d", "/etc/sudoers.other", "/etc/sudo.conf"]
PROGRAMS = {
    "aide": (aide, aide_seen, AIDE, ""),
    "crypto": (openssl, openssl_seen, ["/usr/lib/ssl/openssl.cnf", "/etc/inc", "/etc/inc.cnf"], ""),
    "gnutls": (gnutls, gnutls_seen, ["/etc/gnutls"], ""),
    "logrotate": (logrotate, logrotate_seen, LOGROTATE, ""),
    "log_forwarding": (log_forwarding, all_sent, ["/etc/syslog-ng/syslog-ng.conf", "/etc/syslog-ng/conf.d"], ""),
    "sudo": (sudo, listed, SUDO, ""),
    "text_setting": (journald, journald_seen, JOURNALS, ""),
    "rsyslog": (rsyslog, rsyslog_seen, ["/etc/rsyslog.conf", "/etc/rsyslog.d", RSYSLOG_UNIT], LOCAL),
    "syslog_ng": (syslog_ng, rsyslog_seen, ["/etc/syslog-ng/syslog-ng.conf", "/etc/syslog-ng/conf.d"], ""),
}


def plant(files, first):
    for path, planted in files.items():
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        if isinstance(planted, dict) and planted["directory"]:
            os.makedirs(path, exist_ok=True)
            os.chmod(path, planted["mode"])
            continue
        if isinstance(planted, dict) and planted["link"]:
            os.symlink(planted["link"], path)
            continue
        text, mode = (
            (planted, 0o440 if "sudoers" in path else 0o644)
            if isinstance(planted, str)
            else (planted["text"], planted["mode"])
        )
        with open(path, "w", newline="", encoding="utf-8") as stream:
            stream.write(first + text if path == "/etc/rsyslog.conf" else text)
        os.chmod(path, mode)


def clear(places):
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
        if os.path.isfile(place):
            os.unlink(place)


def compared(kind, scenario):
    program, shown, places, first = PROGRAMS[kind]
    clear(places)
    plant(scenario["files"], first)
    (seen,) = read_kind(Host("/"), "crypto" if kind == "gnutls" else kind, [scenario["address"]])
    return [program(scenario), shown(seen)]


os.umask(0)
os.makedirs("/var/log/journal", exist_ok=True)
said("useradd", "-m", "bob")
said("groupadd", "ops")
said("usermod", "-aG", "ops", "bob")
ALL = [place for _program, _shown, places, _first in PROGRAMS.values() for place in places]
said("tar", "-cPpf", "/root/agree.tar", *filter(os.path.exists, ALL))
with open(sys.argv[2]) as stream:
    print(
        json.dumps(
            {kind: {one["id"]: compared(kind, one) for one in group} for kind, group in json.load(stream).items()}
        )
    )
clear(ALL)
said("tar", "-xPpf", "/root/agree.tar")
