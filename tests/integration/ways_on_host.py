"""Runs on a host: sets up programs that few hosts have, asks them, prints what they do beside what the readers say."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

sys.path.insert(0, sys.argv[1])

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.scheduled_jobs import jobs

PORT = 2222


def done(*argv):
    """Return whether a command ends well."""
    return not subprocess.run(argv, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=60).returncode


def by_ann(command):
    return done("su", "ann", "-s", "/bin/sh", "-c", command)


def seen(kind, **address):
    (found,) = read_kind(Host("/"), kind, [address])
    return "error" if found.state == "error" else found.value


def plant(files):
    for path, text in files.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as stream:
            stream.write(text)
        os.chmod(path, 0o755 if text.startswith("#!") else 0o644)


def doas(text):
    """Whether somebody of the group wheel becomes root without a password."""
    plant({"/etc/doas.conf": text})
    found = seen("host_fact", fact="doas_unasked")
    return [by_ann("doas -n /bin/true"), found if found == "error" else bool(found)]


def extrausers(files):
    """Whether there is the account with the empty password, in passwd itself, or anybody becomes it."""
    plant(files)
    found = seen("accounts", fact="empty_password")
    empty = done("sh", "-c", "getent passwd eve | grep -q '^eve::'")
    return [empty or by_ann("su eve -s /bin/bash -c true"), found if found == "error" else "eve" in found]


def crontab(package, unit):
    """Whether an account that cron.allow does not name is kept from planning jobs, and whether the unit is at work."""
    done("apt-get", "-qy", "install", "--no-install-recommends", package)
    plant({"/etc/cron.allow": "root\n", "/tmp/jobs": "1 1 1 1 1 true\n"})
    kept, state = not by_ann("crontab /tmp/jobs"), seen("service", name=unit)
    return [
        [kept, True, True, True],
        [
            seen("cron_access", program="cron") != "error",
            seen("host_fact", fact="runs_crontabs"),
            state["enabled"],
            state["active"],
        ],
    ]


def planned(tables):
    """Return the tables of which systemd-cron makes timers, and those that the reader says are run; all run the program `mark`."""
    plant(tables)
    done("systemctl", "daemon-reload")
    units = "/run/systemd/generator/"
    made = []
    for name in os.listdir(units):
        if name.endswith(".service") and name.startswith("cron-"):
            with open(units + name) as stream:
                text = stream.read()
            made += [path for path in tables if path in text]
    found = [job.name for job in jobs(Host("/"), lambda line: "mark" in line)]
    for path in tables:
        os.unlink(path)
    return [sorted(set(made)), sorted(found)]


def dropbear(files, unit):
    """Whether dropbear lets people in beside sshd."""
    plant(files)
    done("systemctl", "daemon-reload")
    if unit:
        done("systemctl", "start", unit)
    lets_in, deadline = False, time.monotonic() + (5 if unit else 0.2)
    while not lets_in and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", PORT), timeout=5) as stream:
                lets_in = b"dropbear" in stream.recv(100)
        except OSError:
            time.sleep(0.1)
    found = seen("sshd_option", name="permitrootlogin") == "error"
    if unit:
        done("systemctl", "stop", unit)
    for path in files:
        os.unlink(path)
    return [lets_in, found]


ASKED: dict[str, Callable[..., list[Any]]] = {
    "doas": doas,
    "extrausers": extrausers,
    "crontab": crontab,
    "planned": planned,
    "dropbear": dropbear,
}
done("useradd", "-m", "ann")
done("groupadd", "wheel")
done("usermod", "-aG", "wheel", "ann")
with open(sys.argv[2]) as stream:
    given = json.load(stream)
print(json.dumps({name: {case: ASKED[name](*words) for case, words in cases.items()} for name, cases in given.items()}))
