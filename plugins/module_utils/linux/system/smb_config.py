# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section `[global]` of smb.conf(5), with the files that it includes. Blanks and case in names mean nothing to Samba."""

from __future__ import annotations

from typing import Dict, Iterator, Mapping, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

PATH = "/etc/samba/smb.conf"
MAX_DEPTH = 10
SWITCHES = {"yes": True, "true": True, "1": True, "on": True, "no": False, "false": False, "0": False, "off": False}
# Name (without blanks) -> value and where it stands.
Settings = Mapping[str, Tuple[str, str, int]]
_GLOBAL = frozenset({"global", "globals"})


def settings(host: Host) -> Settings:
    """Return what is set; empty without the file. Raises `ReadError` where it leads to what is no file, such as the registry."""
    found: Dict[str, Tuple[str, str, int]] = {}
    try:
        for name, text, file, number in _rows(host, PATH, 0):
            found[name] = (text, file, number)
    except NotFound:
        return {}
    return found


def switch(found: Settings, name: str, default: bool) -> bool:
    """Return a switch. Raises `ReadError` for what Samba takes for none."""
    text, file, number = found.get(name, ("", PATH, 0))
    if text and lowered(text) not in SWITCHES:
        raise ReadError("%s:%d: this is neither yes nor no; mend it" % (printable(file), number))
    return SWITCHES[lowered(text)] if text else default


def _rows(host: Host, path: str, depth: int) -> Iterator[Tuple[str, str, str, int]]:
    if depth > MAX_DEPTH:
        raise ReadError("%s: so many includes are not followed; does a file include itself?" % printable(path))
    inside = True
    for number, line in _lines(host.read_text(path)):
        if line.startswith("["):
            inside = "".join(words_of(lowered(line[1:].partition("]")[0]))) in _GLOBAL
            continue
        name, sign, value = line.partition("=")
        name, value = "".join(words_of(lowered(name))), value.strip(BLANKS)
        if not sign or not inside:
            continue
        if name in ("include", "configfile", "configbackend"):
            yield from _included(host, name, value, "%s:%d" % (path, number), depth)
        else:
            yield name, value.strip('"'), path, number


def _lines(text: str) -> Iterator[Tuple[int, str]]:
    """Yield the lines with where each begins, those that a backslash continues as one."""
    held, begun = "", 0
    for number, raw in enumerate(split_lines(text), 1):
        line, begun = held + raw.strip(BLANKS), begun or number
        if line.endswith("\\") and line[:1] not in (";", "#"):
            held = line[:-1]
            continue
        held = ""
        if line and line[0] not in ";#":
            yield begun, line
        begun = 0


def _included(host: Host, name: str, value: str, place: str, depth: int) -> Iterator[Tuple[str, str, str, int]]:
    if name == "configbackend" and lowered(value) == "file":
        return
    if name != "include" or not value.startswith("/") or "%" in value:
        raise ReadError(
            "%s: Samba takes more of its configuration from elsewhere (%s), which is not followed; see `testparm -s`"
            % (printable(place), printable(value)[:100])
        )
    try:
        yield from _rows(host, value, depth + 1)
    except NotFound:
        return
