# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `display_manager`: whom a screen or console logs in without asking, and who offers logins over XDMCP.

GDM, LightDM, SDDM, greetd, nodm and agetty; of programs that are not here the files say nothing.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, Mapping, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import GLIB_BLANKS, lowered, split_lines
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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import UNIT_DIRECTORIES, assignments

Row = Dict[str, Any]
# Section and key -> text, file, line; of one that stands twice the last.
Settings = Mapping[Tuple[str, str], Tuple[str, str, int]]
PROGRAMS = {
    "gdm": ("/usr/sbin/gdm3", "/usr/sbin/gdm"),
    "lightdm": ("/usr/sbin/lightdm", "/usr/bin/lightdm"),
    "sddm": ("/usr/bin/sddm",),
    "greetd": ("/usr/sbin/greetd", "/usr/bin/greetd"),
    "nodm": ("/usr/sbin/nodm",),
}
GDM = (
    "/etc/gdm3/daemon.conf",
    "/etc/gdm3/custom.conf",
    "/etc/gdm/custom.conf",
    "/run/gdm3/custom.conf",
    "/run/gdm/custom.conf",
)
# As `lightdm --show-config` lists them; it takes hidden files too.
LIGHTDM_FOLDERS = tuple(
    folder + "/lightdm.conf.d"
    for folder in ("/usr/share/lightdm", "/usr/local/share/lightdm", "/etc/xdg/lightdm", "/etc/lightdm")
)
LIGHTDM = "/etc/lightdm/lightdm.conf"
SDDM_FOLDERS, SDDM = ("/usr/lib/sddm/sddm.conf.d", "/etc/sddm.conf.d"), "/etc/sddm.conf"
GREETD, NODM = "/etc/greetd/config.toml", "/etc/default/nodm"
GETTY = re.compile(r"(?:[a-z-]*getty@?.*\.service|autovt@.*\.service)(?:\.d)?\Z", re.ASCII)
AUTOLOGIN = re.compile(r"getty\b.*[ \t](?:--autologin|--skip-login|-n(?=[ \t])|-a)", re.ASCII)
ON = ("true", "1", "yes", "on")


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `automatic_logins` with `[{by, user, file, line}]`, `xdmcp` with `[{by, file, line}]`."""

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query not in QUERIES:
            raise UsageError("unknown query %r; known: %s" % (query, ", ".join(sorted(QUERIES))))
        return value(list(QUERIES[query](host)), "configuration of display managers and gettys")

    return read_each(addresses, one)


def _is_here(host: Host, name: str) -> bool:
    return any(host.exists(path) for path in PROGRAMS[name])


def _row(by: str, place: Tuple[str, str, int], **more: Any) -> Row:
    return {"by": by, **more, "file": printable(place[1]), "line": place[2]}


def _key_file(host: Host, paths: Sequence[str]) -> Settings:
    """Return what GLib key files set, the last file before the others. Raises `ReadError` on a line that is none of their language."""
    found: Dict[Tuple[str, str], Tuple[str, str, int]] = {}
    for path in paths:
        section = ""
        try:
            lines = split_lines(host.read_text(path))
        except NotFound:
            continue
        for number, line in enumerate(lines, 1):
            bare = line.strip(GLIB_BLANKS)
            if not bare or bare.startswith("#"):
                continue
            key, sign, text = bare.partition("=")
            if bare.startswith("[") and bare.endswith("]"):
                section = bare[1:-1]
            elif sign and section:
                found[(section, key.strip(GLIB_BLANKS))] = (text.strip(GLIB_BLANKS), path, number)
            else:
                raise ReadError(
                    "%s:%d: this is no setting, so the display manager may take nothing of the file; mend it"
                    % (printable(path), number)
                )
    return found


def _gdm(host: Host) -> Iterator[Row]:
    found = _key_file(host, GDM)
    for switch, name in (("AutomaticLoginEnable", "AutomaticLogin"), ("TimedLoginEnable", "TimedLogin")):
        on, user = found.get(("daemon", switch)), found.get(("daemon", name))
        # GDM lets root in by neither.
        if on and lowered(on[0]) in ON and user and user[0] not in ("", "root"):
            yield _row("gdm", user, user=printable(user[0]))


def _lightdm_settings(host: Host) -> Settings:
    paths = [path for folder in LIGHTDM_FOLDERS for path in _files(host, folder) if path.endswith(".conf")]
    return _key_file(host, [*paths, LIGHTDM])


def _files(host: Host, folder: str) -> List[str]:
    try:
        return [folder + "/" + name for name in host.list_directory(folder)]
    except NotFound:
        return []


def _lightdm(host: Host) -> Iterator[Row]:
    for (section, key), place in _lightdm_settings(host).items():
        if not section.startswith(("Seat:", "SeatDefaults")):
            continue
        if key == "autologin-user" and place[0]:
            yield _row("lightdm", place, user=printable(place[0]))
        if key == "autologin-guest" and lowered(place[0]) in ON:
            yield _row("lightdm", place, user="(guest)")


def _sddm(host: Host) -> Iterator[Row]:
    """Yield whom SDDM logs in. Its main file is read last; of others that differ any may win."""
    user = ("Autologin", "User")
    main = _key_file(host, [SDDM]).get(user)
    others = [_key_file(host, [path]).get(user) for folder in SDDM_FOLDERS for path in _files(host, folder)]
    for place in [main] if main else others:
        if place and place[0]:
            yield _row("sddm", place, user=printable(place[0]))


def _greetd(host: Host) -> Iterator[Row]:
    section = ""
    for number, line in _lines(host, GREETD):
        bare = line.strip(GLIB_BLANKS)
        if bare.startswith("["):
            section = bare.partition("]")[0][1:].strip(GLIB_BLANKS)
        key, sign, text = bare.partition("=")
        if section == "initial_session" and sign and key.strip(GLIB_BLANKS) == "user":
            yield _row(
                "greetd", ("", GREETD, number), user=printable(text.partition("#")[0].strip(GLIB_BLANKS + "\"'"))
            )


def _nodm(host: Host) -> Iterator[Row]:
    """Yield whom nodm logs in, which is all that it does."""
    for number, line in _lines(host, NODM):
        if re.match(r"[ \t]*NODM_USER=", line):
            yield _row("nodm", ("", NODM, number), user=printable(line.partition("=")[2].strip(GLIB_BLANKS + "\"'")))


def _lines(host: Host, path: str) -> Iterator[Tuple[int, str]]:
    try:
        text = host.read_text(path)
    except NotFound:
        return
    yield from enumerate(split_lines(text), 1)


def _getty(host: Host) -> Iterator[Row]:
    """Yield the units of gettys, and their snippets, that let somebody in. One that another file takes back counts too."""
    for folder in UNIT_DIRECTORIES:
        for path in _files(host, folder):
            if not GETTY.match(path.rpartition("/")[2]):
                continue
            for file in _files(host, path) if path.endswith(".d") else [path]:
                if any(AUTOLOGIN.search(one) for one in _commands(snippet_text(host, file))):
                    yield _row("agetty", ("", file, 0), user="(see the unit)")


def _commands(text: str) -> List[str]:
    """Return what a unit starts; an empty line takes away what stands before it."""
    found: List[str] = []
    for name, command in assignments(text, "Service"):
        if name == "ExecStart":
            found = [*found, command] if command else []
    return found


def automatic_logins(host: Host) -> Iterator[Row]:
    """Yield everybody who is logged in without being asked."""
    for name, found in LOGINS.items():
        if _is_here(host, name):
            yield from found(host)
    yield from _getty(host)


def xdmcp(host: Host) -> Iterator[Row]:
    """Yield the display managers that offer logins to the network."""
    if _is_here(host, "gdm"):
        place = _key_file(host, GDM).get(("xdmcp", "Enable"))
        if place and lowered(place[0]) in ON:
            yield _row("gdm", place)
    if _is_here(host, "lightdm"):
        place = _lightdm_settings(host).get(("XDMCPServer", "enabled"))
        if place and lowered(place[0]) in ON:
            yield _row("lightdm", place)


LOGINS: Dict[str, Callable[[Host], Iterator[Row]]] = {
    "gdm": _gdm, "lightdm": _lightdm, "sddm": _sddm, "greetd": _greetd, "nodm": _nodm,
}  # fmt: skip
QUERIES: Dict[str, Callable[[Host], Iterator[Row]]] = {"automatic_logins": automatic_logins, "xdmcp": xdmcp}
