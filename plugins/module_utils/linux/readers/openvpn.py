# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `openvpn`: which ciphers OpenVPN may use, how it proves whom it talks to, and who gets at the files of its keys."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text, snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import (
    UNIT_DIRECTORIES,
    assignments,
    fragments,
)

PROGRAMS = ("/usr/sbin/openvpn", "/usr/bin/openvpn", "/usr/local/sbin/openvpn")
# Of each folder the unit that starts its files.
FOLDERS = {
    "/etc/openvpn": "openvpn@",
    "/etc/openvpn/server": "openvpn-server@",
    "/etc/openvpn/client": "openvpn-client@",
}
SOURCE = "/etc/openvpn, its units, and what runs"
MAX_TUNNELS = 200
_VERSION = re.compile(r"OpenVPN (\d+)\.(\d+)", re.ASCII)
# What needs more than words parted by blanks.
_NOT_FOLLOWED = re.compile("[\"'$\\\\]")
# A command line: the words behind the program's name, and the folder that it starts in.
Start = Tuple[List[str], str]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{tunnels: [{file, ...}], keys}``, see docs/kinds.md; absent where nothing is configured and nothing runs. Raises `ReadError`."""
    host.need_root("OpenVPN's configuration")
    program = next((path for path in PROGRAMS if host.exists(path)), "")
    known = dict(_configured(host)) if program else {}
    # One that a unit started is known by its words; where it is since then (cd, chroot) says nothing of its files.
    by_units = [words for words, _base in known.values()]
    running = [(words, base) for words, base in _running(host) if words not in by_units]
    if not known and not running:
        return [absent(SOURCE)] * len(addresses)
    # Few hosts have it.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
        key_files,
        openvpn_options,
        openvpn_security,
    )

    version = _version(host, program or "openvpn")
    tunnels: List[Dict[str, Any]] = []
    keys: List[str] = []
    told = [(False, start) for start in known.values()] + [(True, start) for start in running]
    for runs, (words, base) in told:
        options = openvpn_options.of_command_line(host, words, base)
        file = printable(options.files[0] if options.files else "")
        tunnel = {"file": file, **openvpn_security.facts(host, options, version)}
        # It runs as its file and unit say; else both count.
        if runs and tunnel in tunnels:
            continue
        if len(tunnels) == MAX_TUNNELS:
            raise ReadError("more than %d tunnels of OpenVPN are configured" % MAX_TUNNELS)
        tunnels.append(tunnel)
        keys += openvpn_security.key_paths(options)
    return [value({"tunnels": tunnels, "keys": key_files.documents(host, keys)}, SOURCE)] * len(addresses)


def _version(host: Host, program: str) -> Tuple[int, int]:
    # It ends with 1 after it has said so, until 2.5.
    found = _VERSION.match(host.run((program, "--version"), accept=(0, 1)).stdout)
    if found is None:
        raise ReadError("openvpn --version does not say which version it is")
    return int(found.group(1)), int(found.group(2))


def _configured(host: Host) -> Iterator[Tuple[str, Start]]:
    """Yield each file that a unit starts, or would where somebody enabled it, with how it does."""
    for folder, unit in FOLDERS.items():
        for path in host.glob(folder + "/*.conf"):
            yield path, _start(host, unit, folder, path.rpartition("/")[2][: -len(".conf")])


def _start(host: Host, unit: str, folder: str, instance: str) -> Start:
    of_instance = snippets(host, ["%s/%s%s.service.d" % (place, unit, instance) for place in UNIT_DIRECTORIES])
    commands: List[str] = []
    base = folder
    for path in [*fragments(host, unit + ".service"), *of_instance]:
        for name, text in assignments(snippet_text(host, path), "Service"):
            if name == "ExecStart":
                commands = [*commands, text] if text else []
            elif name == "WorkingDirectory" and text.startswith("/"):
                base = text
    if not commands:
        return ["--config", instance + ".conf"], base
    line = commands[-1].lstrip("@-:+!")
    if len(commands) > 1 or _NOT_FOLLOWED.search(line):
        raise ReadError(
            "how %s.service starts openvpn is not followed; write one ExecStart without quotes and variables" % unit
        )
    words = [word.replace("%t", "/run").replace("%i", instance).replace("%I", instance) for word in words_of(line)]
    if not words[0].endswith("/openvpn"):
        raise ReadError("%s.service starts %s, which is not followed" % (unit, printable(words[0])))
    return words[1:], base


def _running(host: Host) -> Iterator[Start]:
    try:
        numbers = [name for name in host.list_directory("/proc") if is_number(name)]
    except NotFound:
        return
    for number in numbers:
        try:
            if host.read_text("/proc/%s/comm" % number).strip(BLANKS) != "openvpn":
                continue
            words = host.read_text("/proc/%s/cmdline" % number).rstrip("\0").split("\0")
            base = host.read_link("/proc/%s/cwd" % number)
        except NotFound:
            continue  # it has ended since
        yield words[1:], base
