# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH servers beside the one that `sshd -T` speaks of: dropbear, TinySSH, and a second sshd with a configuration of its own.

Units by hand, init scripts, rc.local and the tables of inetd may start one by its path, a link, a copy or a script around it.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import daemon_options
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import (
    UNIT_DIRECTORIES,
    assignments,
    fragments,
)

# Where somebody puts units by hand, and what packages call theirs.
PLACES = (
    "/etc/systemd/system/*.service",
    "/run/systemd/system/*.service",
    "/usr/local/lib/systemd/system/*.service",
    "/usr/lib/systemd/system/*ssh*.service",
    "/usr/lib/systemd/system/*dropbear*.service",
)
SERVER = re.compile(r"(?:\A|[ \t/@:+!-])(?P<program>sshd|dropbear|tinyssh(?:d|noneauthd))(?=[ \t\"']|\Z)", re.ASCII)
SSHD_PATH = re.compile(r"(?:/usr)?/s?bin/sshd\Z", re.ASCII)
SCRIPTED = re.compile(r"(?:\A|[ \t=\"'])/[^ \t\"'=]*/(?P<program>sshd|dropbear|tinysshd)(?=[ \t\"';]|\Z)", re.ASCII)
DISABLED = re.compile(r"^[ \t]*disable[ \t]*=[ \t]*yes\b", re.ASCII | re.MULTILINE)
# Where somebody may start a program of any name; larger files are no SSH server.
BY_HAND = ("/etc/", "/run/", "/usr/local/")
MOST = 4 * 2**20
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
                else "start /usr/sbin/sshd itself by a unit and without -f, -o and -g, or disable it",
            )
        )


def _others(host: Host) -> Iterator[Tuple[str, str]]:
    names = [path.rpartition("/")[2] for pattern in PLACES for path in host.glob(pattern)]
    for unit in dict.fromkeys(names):
        if GENERATED.match(unit):
            continue
        # What its options say is looked at with sshd's own files.
        try:
            program = _program(host, unit, unit in daemon_options.SSHD.units)
        except ReadError:
            # A program that nobody starts need not be known.
            if _in_use(host, unit):
                raise
            continue
        if program and _in_use(host, unit):
            yield unit, program
    for path in _scripts(host, names):
        program = _in_script(host, path)
        if program:
            yield path, program


def _scripts(host: Host, units: Sequence[str]) -> Iterator[str]:
    """Yield the scripts that the boot runs beside units, and the tables of inetd where one is installed."""
    for link in host.glob("/etc/rc[2-5].d/S[0-9][0-9]*"):
        name = link.rpartition("/")[2][3:]
        unit = name + ".service"
        # systemd takes the unit of that name where there is one.
        known = unit in units or any(host.exists("%s/%s" % (folder, unit)) for folder in UNIT_DIRECTORIES[:-1])
        # Debian leaves the script of a removed package, and it cannot be executed.
        if not known and _is_executable(host, "/etc/init.d/" + name):
            yield "/etc/init.d/" + name
    yield from (path for path in ("/etc/rc.local", "/etc/rc.d/rc.local") if _is_executable(host, path))
    if host.glob("/usr/sbin/*inetd"):
        for path in [
            path for pattern in ("/etc/inetd.conf", "/etc/inetd.d/*", "/etc/xinetd.d/*") for path in host.glob(pattern)
        ]:
            if not DISABLED.search(snippet_text(host, path)):
                yield path


def _is_executable(host: Host, path: str) -> bool:
    try:
        return bool(host.stat(path).st_mode & 0o111)
    except NotFound:
        return False


def _in_script(host: Host, path: str) -> str:
    """Return the server whose path a script or a table names; with which options it starts it is not followed."""
    rows = [row for row in split_lines(snippet_text(host, path)) if not row.lstrip(BLANKS).startswith("#")]
    found = next((seen for seen in (SCRIPTED.search(row) for row in rows) if seen), None)
    return found.group("program") if found else ""


def _program(host: Host, unit: str, usual: bool) -> str:
    """Return which server a unit starts; nothing for none, and for sshd itself that reads the usual files alone."""
    starts: List[str] = []
    place = ""
    for place in fragments(host, unit):
        for name, text in assignments(snippet_text(host, place), "Service"):
            if name == "ExecStart":
                starts = [*starts, text] if text.strip(BLANKS) else []
    by_hand = place.startswith(BY_HAND)
    for text in starts:
        found = SERVER.search(text)
        path = [*words_of(text.lstrip("-@:+!"), 1), ""][0].strip("\"'")
        if found and found.group("program") != "sshd":
            return found.group("program")
        if found and (
            SSHD_PATH.match(path) is None or (not usual and daemon_options.unseen(daemon_options.SSHD, text))
        ):
            return "sshd"
        inside = _inside(host, path) if not found and by_hand else ""
        if inside:
            return inside
    return ""


def _inside(host: Host, path: str) -> str:
    """Return the server that a program of any name is: a copy or a link, or a script that names its path."""
    try:
        if not path.startswith("/") or host.stat(path).st_size > MOST:
            return ""
        content = host.read_bytes(path)
    except NotFound:
        return ""
    if content.startswith(b"#!"):
        return _in_script(host, path)
    return "sshd" if b"sshd_config" in content else "dropbear" if b"dropbear_" in content else ""


def _in_use(host: Host, unit: str) -> bool:
    """Return whether the boot starts a unit, or a socket for it, or it runs now; an instance counts for its template."""
    stem = unit[: -len(".service")].partition("@")[0]
    instance = stem + "@*" if "@" in unit else stem
    folders = ("/etc/systemd/system/", "/usr/lib/systemd/system/")
    for name in (instance + ".service", stem + ".socket", *_sockets(host).get(unit, ())):
        links = ["%s*.%s/%s" % (folder, how, name) for folder in folders for how in ("wants", "requires")]
        if any(host.glob(pattern) for pattern in [*links, "/run/systemd/units/invocation:" + name]):
            return True
        if name.endswith(".socket") and _is_active(host, name):
            return True
    return False


def _is_active(host: Host, socket: str) -> bool:
    """Ask systemd about a socket that there is: below /run it keeps a mark of services alone."""
    folders = (*UNIT_DIRECTORIES, "/run/systemd/system")
    if not any(host.exists("%s/%s" % (folder, socket)) for folder in folders):
        return False
    try:
        # 3 and 4: it is not.
        return host.run(("systemctl", "is-active", socket), (0, 3, 4)).stdout.strip(BLANKS) == "active"
    except NotFound:
        return False


def _sockets(host: Host) -> Dict[str, List[str]]:
    """Return the sockets by the unit that `Service=` gives to each (systemd.socket(5))."""
    found: Dict[str, List[str]] = {}
    paths = [path for pattern in PLACES[:3] for path in host.glob(pattern.replace(".service", ".socket"))]
    for name in dict.fromkeys(path.rpartition("/")[2] for path in paths):
        for place in fragments(host, name):
            for key, text in assignments(snippet_text(host, place), "Socket"):
                if key == "Service":
                    found.setdefault(text, []).append(name)
    return found
