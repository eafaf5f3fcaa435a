# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH servers beside the one that `sshd -T` speaks of: dropbear, TinySSH, and a second sshd with a configuration of its own."""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import daemon_options
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments, fragments

# Where somebody puts units by hand, and what packages call theirs.
PLACES = (
    "/etc/systemd/system/*.service",
    "/run/systemd/system/*.service",
    "/usr/local/lib/systemd/system/*.service",
    "/usr/lib/systemd/system/*ssh*.service",
    "/usr/lib/systemd/system/*dropbear*.service",
)
SERVER = re.compile(r"(?:\A|[ \t/@:+!-])(?P<program>sshd|dropbear|tinyssh(?:d|noneauthd))(?=[ \t\"']|\Z)", re.ASCII)
SCRIPT = "/etc/init.d/dropbear"
# systemd's own, for machines reached over a socket of the hypervisor or of the host.
GENERATED = re.compile(r"sshd-(?:vsock|unix-)", re.ASCII)


def others(host: Host) -> List[Tuple[str, str]]:
    """Return (unit, program) of every other server that is started at boot or runs, and is not set up by sshd's usual files."""
    found: List[Tuple[str, str]] = host.shared("other SSH servers", lambda: list(_others(host)))
    return found


def refuse(host: Host) -> None:
    """Raise `ReadError` where another server lets people in, whose settings are not those that are read."""
    for unit, program in others(host):
        raise ReadError(
            "%s starts %s, which also lets people in by SSH with settings of its own that are not judged here; %s"
            % (
                printable(unit),
                program,
                "disable it and let sshd do its work"
                if program != "sshd"
                else "start it without -f, -o and -g, or disable it",
            )
        )


def _others(host: Host) -> Iterator[Tuple[str, str]]:
    names = [path.rpartition("/")[2] for pattern in PLACES for path in host.glob(pattern)]
    for unit in dict.fromkeys(names):
        if unit in daemon_options.SSHD.units or GENERATED.match(unit):
            continue
        program = _program(host, unit)
        if program and _in_use(host, unit):
            yield unit, program
    if SCRIPT.rpartition("/")[2] + ".service" not in names and _by_script(host):
        yield SCRIPT, "dropbear"


def _by_script(host: Host) -> bool:
    """Return whether the boot starts the init script: one that Debian leaves of a removed package cannot be executed."""
    try:
        executable = bool(host.stat(SCRIPT).st_mode & 0o111)
    except NotFound:
        return False
    return executable and bool(host.glob("/etc/rc[2-5].d/S[0-9][0-9]dropbear"))


def _program(host: Host, unit: str) -> str:
    """Return which server a unit starts; nothing for none, and for an sshd that reads the usual files alone."""
    starts: List[str] = []
    for place in fragments(host, unit):
        for name, text in assignments(snippet_text(host, place), "Service"):
            if name == "ExecStart":
                starts = [*starts, text] if text.strip(BLANKS) else []
    for text in starts:
        found = SERVER.search(text)
        if found and (found.group("program") != "sshd" or daemon_options.unseen(daemon_options.SSHD, text)):
            return found.group("program")
    return ""


def _in_use(host: Host, unit: str) -> bool:
    """Return whether the boot starts a unit, or a socket for it, or it runs now; an instance counts for its template."""
    stem = unit[: -len(".service")].partition("@")[0]
    instance = stem + "@*" if "@" in unit else stem
    for name in (instance + ".service", stem + ".socket"):
        folders = ("/etc/systemd/system/", "/usr/lib/systemd/system/")
        links = ["%s*.%s/%s" % (folder, how, name) for folder in folders for how in ("wants", "requires")]
        if any(host.glob(pattern) for pattern in [*links, "/run/systemd/units/invocation:" + name]):
            return True
    return False
