# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters that ifupdown sets: interfaces(5), the commands in it and the scripts beside it.

Seen in ifupdown 0.8.41: ``iface X inet6 auto`` takes router advertisements (2) where accept_ra does not say otherwise, dhcp does (1).
"""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SPACES_AND_TABS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_by_commands import of_folder, of_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import Setting

BY = "ifupdown"
MAIN = "/etc/network/interfaces"
_DEFAULTS = {"auto": "2", "dhcp": "1"}
_COMMANDS = ("pre-up", "up", "post-up")
_OPTIONS = {"accept_ra": "net/ipv6/conf/%s/accept_ra", "privext": "net/ipv6/conf/%s/use_tempaddr"}
MAX_FILES = 200
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+\Z", re.ASCII)
Line = Tuple[str, int, List[str], str]


def settings(host: Host) -> List[Setting]:
    """Return what ifupdown sets. Raises `ReadError` where its files cannot be followed."""
    found = list(_of_lines(host, list(_lines(host, MAIN, []))))
    for folder in ("/etc/network/if-pre-up.d", "/etc/network/if-up.d"):
        found += of_folder(host, BY, folder)
    return found


def _lines(host: Host, path: str, read: List[str]) -> Iterator[Line]:
    """Yield (file, line, words, text) of a file, with what it takes in, in its place."""
    read.append(path)
    if len(read) > MAX_FILES:
        raise ReadError("%s: more than %d files are taken in; look at them by hand" % (MAIN, MAX_FILES))
    for number, text in _joined(host.read_text(path)):
        words = words_of(text, blanks=SPACES_AND_TABS)
        if words[0] in ("source", "source-directory"):
            for name in _taken(host, path, words):
                yield from _lines(host, name, read)
        else:
            yield path, number, words, text


def _joined(text: str) -> Iterator[Tuple[int, str]]:
    whole, start = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        start = start or number
        line = raw.strip(SPACES_AND_TABS)
        if line.endswith("\\") and not (line.startswith("#") and not whole):
            whole += line[:-1]
            continue
        whole += line
        if whole and not whole.startswith("#"):
            yield start, whole
        whole, start = "", 0


def _taken(host: Host, path: str, words: List[str]) -> List[str]:
    """Return the files that a line takes in: by a pattern, or those of a folder with a name of letters, digits, - and _."""
    found: List[str] = []
    for word in words[1:]:
        if any(sign in word for sign in "$`~{"):
            raise ReadError(
                "%s takes in %s, which is only known when it is read; write the path"
                % (printable(path), printable(word))
            )
        place = word if word.startswith("/") else "/etc/network/" + word
        matches = host.glob(place)
        if words[0] == "source":
            found += matches
            continue
        for folder in matches:
            names = host.list_directory(folder)
            found += [folder + "/" + name for name in names if _PLAIN_NAME.match(name)]
    return found


def _of_lines(host: Host, lines: List[Line]) -> Iterator[Setting]:
    stanza: List[Line] = []
    for line in lines:
        if line[2][0] in ("iface", "auto", "mapping", "rename", "template") or line[2][0].startswith(
            ("allow-", "no-auto-", "no-scripts")
        ):
            yield from _of_stanza(host, stanza)
            stanza = []
        if stanza or line[2][0] == "iface":
            stanza.append(line)
    yield from _of_stanza(host, stanza)


def _of_stanza(host: Host, stanza: List[Line]) -> Iterator[Setting]:
    if not stanza or len(stanza[0][2]) < 2:
        return
    file, number, words, _text = stanza[0]
    name = words[1]
    family, method = [*words[2:4], "", ""][:2]
    said = {}
    for path, line, parts, text in stanza[1:]:
        if parts[0] in _COMMANDS:
            command = text.replace("$IFACE", name).replace("${IFACE}", name).replace("%i", name)
            yield from of_line(host, BY, command[len(parts[0]) :], (path, line))
        elif parts[0] in _OPTIONS and family == "inet6" and len(parts) > 1:
            said[parts[0]] = (parts[1], path, line)
    if family == "inet6" and method in _DEFAULTS:
        said.setdefault("accept_ra", (_DEFAULTS[method], file, number))
    if family == "inet" and method == "dhcp":
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import dhcpcd

        yield from dhcpcd.of_ifupdown(host, name, (file, number))
    for option, (text, path, line) in said.items():
        yield Setting(BY, _OPTIONS[option] % name, text, path, line)
