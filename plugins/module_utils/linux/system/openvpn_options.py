# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenVPN's options as a command line and the files that it names give them (options.c of 2.4 to 2.7).

Nothing of what is written between `<key>` and `</key>` and their like is kept.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

MAX_DEPTH = 10
MAX_LINE = 256
MAX_WORDS = 16
INLINE = "[inline]"


class Option(NamedTuple):
    """``arguments``: of what stands in the file itself `INLINE` alone; ``file``: where it stands, empty for the command line."""

    name: str
    arguments: Tuple[str, ...]
    file: str


class Options:
    """What one process is given. ``base``: the folder in which it looks for files with no path."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.all: List[Option] = []
        self.files: List[str] = []

    def add(self, host: Host, option: Option, depth: int = 0) -> None:
        """Take an option, and what the file holds that it names. Raises `ReadError`."""
        name, arguments = option.name, option.arguments
        if name == "setenv" and arguments[:1] == ("opt",) and len(arguments) > 1:
            option = Option(arguments[1], arguments[2:], option.file)
            name, arguments = option.name, option.arguments
        if name == "config" and len(arguments) == 1:
            self._read(host, self.path(arguments[0]), depth + 1)
        elif name == "cd" and len(arguments) == 1:
            self.base = self.path(arguments[0])
        self.all.append(option)

    def path(self, name: str) -> str:
        """Return where a file is that an option names."""
        return name if name.startswith("/") else "%s/%s" % (self.base, name)

    def _read(self, host: Host, path: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ReadError(
                "%s is included more than %d levels deep, where openvpn stops" % (printable(path), MAX_DEPTH)
            )
        self.files.append(path)
        try:
            text = host.read_text(path)
        except NotFound:
            raise ReadError("openvpn is given the file %s, which is not there" % printable(path)) from None
        for option in parsed(path, text):
            self.add(host, option, depth)

    def last(self, name: str) -> Optional[Tuple[str, ...]]:
        """Return the arguments of an option where it stands last, None where it does not stand."""
        return next((one.arguments for one in reversed(self.all) if one.name == name), None)

    def word(self, name: str, default: str = "") -> str:
        """Return the first argument of an option where it stands last."""
        found = self.last(name)
        return found[0] if found else default

    def has(self, *names: str) -> bool:
        """Return whether one of the options stands anywhere."""
        return any(one.name in names for one in self.all)


def of_command_line(host: Host, words: Sequence[str], base: str) -> Options:
    """Return what a process is given that starts with these words behind its name. Raises `ReadError`."""
    found = Options(base)
    if len(words) == 1 and not words[0].startswith("--"):
        words = ["--config", words[0]]
    at = 0
    while at < len(words):
        name = words[at]
        end = at + 1
        while end < len(words) and not words[end].startswith("--"):
            end += 1
        if not name.startswith("--"):
            raise ReadError("%.60r is no option on the command line of openvpn" % name)
        found.add(host, Option(name[2:], tuple(words[at + 1 : end]), ""))
        at = end
    return found


def parsed(path: str, text: str) -> Iterator[Option]:
    """Yield the options of a file. Raises `ReadError` where openvpn stops at it."""
    lines = iter(enumerate((text[1:] if text.startswith("\ufeff") else text).split("\n"), 1))
    for number, line in lines:
        place = "%s:%d" % (printable(path), number)
        if len(line.encode("utf-8", "backslashreplace")) + 1 >= MAX_LINE:
            raise ReadError("%s has %d signs or more, at which openvpn stops; make it shorter" % (place, MAX_LINE - 1))
        words = split(place, line)
        if not words:
            continue
        name = words[0][2:] if words[0].startswith("--") and len(words[0]) > 2 else words[0]
        if len(words) == 1 and name.startswith("<") and name.endswith(">"):
            name = name[1:-1]
            inner = list(_inline(place, lines, name))
            if name == "connection":
                # Keys of the control channel may stand within, as may addresses; what those say of them counts.
                yield from (one for one in parsed(path, "\n".join(inner)) if one.name.startswith("tls-"))
            yield Option(name, (INLINE,), path)
        else:
            yield Option(name, tuple(words[1:]), path)


def _inline(place: str, lines: Iterator[Tuple[int, str]], name: str) -> Iterator[str]:
    for _number, line in lines:
        if line.lstrip(BLANKS).startswith("</%s>" % name):
            return
        yield line
    raise ReadError("%s opens <%s>, which is not closed: openvpn stops at it" % (place, printable(name)))


_CLOSED = {'"': '"', "'": "'"}
_ESCAPED: Dict[str, str] = {"\\": "\\", '"': '"'}


def split(place: str, line: str) -> List[str]:
    """Return the words of a line. Raises `ReadError` where openvpn stops at it."""
    words: List[str] = []
    word: Optional[str] = None
    closing = ""
    at = 0
    while at < len(line):
        sign, escaped = line[at], False
        if sign == "\\" and closing != "'":
            at += 1
            sign, escaped = line[at : at + 1] or "\n", True
            if sign not in '\\"' + BLANKS:
                raise ReadError("%s has a backslash before a sign that needs none, at which openvpn stops" % place)
        at += 1
        if word is None:
            if sign in BLANKS:
                continue
            if sign in ";#":
                break
            closing = _CLOSED.get(sign, "") if not escaped else ""
            word = "" if closing else sign
        elif (closing and sign == closing and not escaped) or (not closing and sign in BLANKS and not escaped):
            words.append(word)
            word, closing = None, ""
        else:
            word += sign
    if closing:
        raise ReadError("%s opens a quotation that is not closed, at which openvpn stops" % place)
    if word is not None:
        words.append(word)
    return words[:MAX_WORDS]
