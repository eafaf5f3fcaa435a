"""Runs on a host: plants what brings up an interface, has it done, prints what is in force beside what the reader says of it.

The interface is `lan0`; from its other end a router of a network of its own advertises a prefix.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, sys.argv[1])

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind

ADVERTS = "net.ipv6.conf.all.accept_ra"
FORWARD, FORWARD_6 = "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"
# The interface's own part of what the kernel puts together.
OF_INTERFACE = {
    FORWARD: "net.ipv4.conf.lan0.forwarding",
    FORWARD_6: FORWARD_6,
    "net.ipv4.conf.all.rp_filter": "net.ipv4.conf.lan0.rp_filter",
}
ROUTER = """
import socket, struct, time
message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
message += struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 1800, 0) + socket.inet_pton(socket.AF_INET6, "2001:db8:1::")
while True:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sender:
            sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            sender.sendto(message, ("ff02::1", 0, 0, socket.if_nametoindex("far0")))
    except OSError:
        pass
    time.sleep(0.1)
"""
# networkd leaves the host's own interface alone.
MAIN = "/etc/network/interfaces"
OWN = "/etc/systemd/network/00-host0.network"
NOT_OURS = "[Match]\nName=host0\n[Link]\nUnmanaged=yes\n"


def said(*argv):
    """Return what a command prints, on both ways."""
    done = subprocess.run(argv, check=False, capture_output=True, timeout=20)
    return (done.stdout + done.stderr).decode("utf-8", "backslashreplace")


def parameter(name, text=None):
    path = "/proc/sys/" + name.replace(".", "/")
    with open(path, "r" if text is None else "w") as stream:
        return stream.read().strip() if text is None else stream.write(text)


def is_taken(seconds):
    """Return whether the interface gets the router that advertises itself."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if "proto ra" in said("ip", "-6", "route", "show", "dev", "lan0"):
            return True
        time.sleep(0.05)
    return False


def in_force(name, equals, told):
    """Return whether what the rule asks for is in force, as the kernel puts it together. ``told``: whether the reader says so."""
    if name == ADVERTS:
        # What should come is waited for.
        return not is_taken(1.5 if told is True else 10)
    return max(int(parameter(one)) for one in (name, OF_INTERFACE[name])) == equals


def before(name, equals):
    """Bring the interface and all that is asked for to what the rule wants."""
    said("ip", "link", "delete", "lan0")
    said("ip", "-n", "far", "link", "delete", "far0")
    for key, text in (
        (FORWARD, "0"),
        ("net.ipv6.conf.all.forwarding", "0"),
        ("net.ipv6.conf.default.accept_ra", "0"),
        (name, str(equals)),
    ):
        parameter(key, text)
    parameter("net.ipv6.conf.default.accept_dad", "0")
    said("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "far0", "netns", "far")
    said("ip", "-n", "far", "link", "set", "far0", "up")


def plant(files):
    for path, planted in files.items():
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        item = (
            planted if isinstance(planted, dict) else {"text": planted, "mode": 0o644, "link": None, "directory": False}
        )
        if os.path.lexists(path) and not item["directory"]:
            os.unlink(path)
        if item["directory"]:
            os.makedirs(path, exist_ok=True)
        elif item["link"]:
            os.symlink(item["link"], path)
        else:
            with open(path, "w") as stream:
                stream.write(item["text"])
            os.chmod(path, item["mode"])


def bring_up(stanzas):
    """Have the interface brought up as the boot does it; return what is still at work on it. ``stanzas``: ifupdown's, or nothing."""
    if stanzas:
        at_work = subprocess.Popen(["ifup", "lan0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # A client of DHCP waits for an answer that does not come.
        if "dhcp" not in stanzas:
            at_work.wait(timeout=20)
    else:
        at_work = None
        said("systemctl", "start", "multi-user.target")
    said("ip", "link", "set", "lan0", "up")
    deadline = time.monotonic() + 10
    while not stanzas and is_pending() and time.monotonic() < deadline:
        time.sleep(0.05)
    return at_work


def is_pending():
    """Return whether networkd is there and has not yet come to the interface."""
    if said("systemctl", "is-active", "systemd-networkd").strip() != "active":
        return False
    return said("networkctl", "--no-legend", "list", "lan0").split()[-1] not in (
        "configuring",
        "configured",
        "unmanaged",
    )


def compared(case):
    """Return [whether it is in force, what the reader says] of one case."""
    stanzas = case["files"].get(MAIN, "")
    before(case["key"], case["equals"])
    # What the host has itself.
    files = {
        path: item for path, item in case["files"].items() if not path.startswith(("/usr/sbin/", "/proc/", "/sys/"))
    }
    files["/etc/sysctl.d/99-agree.conf"] = f"{case['key']} = {case['equals']}\n"
    kept = {}
    for path in filter(os.path.isfile, files):
        with open(path) as stream:
            kept[path] = stream.read()
    plant(files)
    said("systemctl", "daemon-reload")
    (seen,) = read_kind(Host("/"), "sysctl", [{"name": case["key"]}])
    told = (
        seen.reason
        if seen.state == "error"
        else all(one["value"] == str(case["equals"]) for one in seen.value["set_by"])
    )
    at_work = bring_up(stanzas)
    found = in_force(case["key"], case["equals"], told)
    if stanzas:
        at_work.kill()
        at_work.wait()
        said("ifdown", "--force", "lan0")
    said("systemctl", "stop", "systemd-networkd.socket", "systemd-networkd.service")
    # It is not started as often as here.
    said("systemctl", "reset-failed")
    for path in files:
        if os.path.islink(path) or os.path.isfile(path):
            os.unlink(path)
    plant(kept)
    return [found, told]


plant({OWN: NOT_OURS})
said("ip", "netns", "add", "far")
said("ip", "netns", "exec", "far", "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
router = subprocess.Popen(["ip", "netns", "exec", "far", sys.executable, "-c", ROUTER])
with open(sys.argv[2]) as stream:
    cases = json.load(stream)
try:
    print(json.dumps({case["id"]: compared(case) for case in cases}))
finally:
    router.kill()
    router.wait()
