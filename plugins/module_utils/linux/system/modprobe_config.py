# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of modprobe.d(5) as libkmod reads it: `install` and `blacklist` lines."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Iterable, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SPACES_AND_TABS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text, snippets

# kmod before 33 reads these beside `.conf`, in one order with them; its manual does not say so.
ALIAS = ".alias"
CONF_ALONE_SINCE = 33
BLOCKING = ("/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false")


class ModprobeConfig:
    """The lines of snippets, in the order of reading: ``texts`` holds (path, text) of each."""

    def __init__(self, texts: Iterable[Tuple[str, str]]) -> None:
        self._install: List[Tuple[str, str, str]] = []
        self._denied: List[Tuple[str, str]] = []
        for path, text in texts:
            for number, line in wrapped_lines(text):
                self._add("%s:%d" % (printable(path), number), line)

    def _add(self, place: str, line: str) -> None:
        # Words are parted by blanks and tabs only; the rest of an install line is its command.
        verb, _blank, operands = line.replace("\t", " ").strip(" ").partition(" ")
        name, _blank, rest = operands.strip(" ").partition(" ")
        if verb == "blacklist" and name:
            self._denied.append((underscored(name), place))
        elif verb == "install" and name and rest:
            self._install.append((underscored(name), rest.strip(SPACES_AND_TABS), place))

    def install_blocked(self, name: str) -> bool:
        """Return whether modprobe would run nothing but true or false in the module's place.

        modprobe takes the first line whose pattern fits; where the module has no file in the
        index, the first that names it exactly. Both have to block.
        """
        fitting = [(pattern, command) for pattern, command, _place in self._install if _fits(pattern, name)]
        exact = [(pattern, command) for pattern, command in fitting if pattern == name]
        return bool(fitting) and all(blocks(command) for _pattern, command in fitting[:1] + exact[:1])

    def denylisted(self, name: str) -> bool:
        """Return whether a `blacklist` line names the module (patterns mean nothing there)."""
        return any(denied == name for denied, _place in self._denied)

    def sources(self, name: str) -> List[str]:
        """Return ``file:line`` of every line about the module."""
        install = [place for pattern, _command, place in self._install if _fits(pattern, name)]
        return install + [place for denied, place in self._denied if denied == name]


def config_of(host: Host, directories: Sequence[str]) -> ModprobeConfig:
    """Return what the snippets in the given directories say. Raises `ReadError` where kmod's version matters and is not told."""
    endings = (".conf", ALIAS) if snippets(host, directories, ALIAS) and _version(host) < CONF_ALONE_SINCE else ".conf"
    return ModprobeConfig((path, snippet_text(host, path)) for path in snippets(host, directories, endings))


def _version(host: Host) -> int:
    found = re.search(r"\bkmod version (\d+)", host.run(("modprobe", "--version")).stdout, re.ASCII)
    if found is None:
        raise ReadError("modprobe --version does not say which kmod this is, and so whether it reads *%s" % ALIAS)
    return int(found.group(1))


def blocks(command: str) -> bool:
    """Return whether a command of an `install` line does nothing.

    The shell runs it, so only the bare program counts, perhaps with a comment behind it.
    """
    program, _blank, rest = command.partition(" ")
    rest = rest.strip(SPACES_AND_TABS)
    return program in BLOCKING and (not rest or rest.startswith("#"))


def underscored(name: str) -> str:
    """Return a module name as the kernel writes it: dashes outside of a set become underscores."""
    head, bracket, tail = name.partition("[")
    return head.replace("-", "_") + bracket + tail


def wrapped_lines(text: str) -> Iterator[Tuple[int, str]]:
    r"""Yield (number of the first line, text). A backslash at the end joins the next line, in comments too."""
    joined, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        start = start or number
        if line.endswith("\\"):
            joined += line[:-1]
            continue
        joined += line
        if joined and not joined.startswith("#"):
            yield start, joined
        joined, start = "", 0
    if joined and not joined.startswith("#"):
        yield start, joined


def _fits(pattern: str, name: str) -> bool:
    return pattern == name or fnmatchcase(name, pattern)
