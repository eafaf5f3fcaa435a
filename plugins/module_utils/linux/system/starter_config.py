# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of ipsec.conf as strongSwan's starter has it (5.9, 6.0): one error anywhere and it starts with nothing of the file."""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.strongswan_files import (
    INCLUDE,
    StrongSwanParser,
)

DEFAULT = "%default"
_VERSION = re.compile(r"[\t ]*version[^\n]*")
_COMMENT = re.compile(r"[\t ]*#[^\n]*")
_BLANKS = re.compile(r"[\t ]+")
_SECTION = re.compile(r"(config setup|conn|ca)(?=[\"#=\t\n ]|\Z)")
_WORD = re.compile(r'(?:@#)?[^"#= \t\n]+')
_SETUP = {
    "cachecrls": ("yes", "no"),
    "strictcrlpolicy": ("yes", "no", "ifuri"),
    "uniqueids": ("yes", "no", "replace", "keep", "never"),
}
Settings = Dict[str, Optional[str]]


class Conn:
    """``values``: name -> text, None where it was emptied; ``also``: names of sections that it takes from, what counts least first."""

    def __init__(self) -> None:
        self.values: Settings = {}
        self.also: List[str] = []


def read(host: Host, path: str) -> Dict[str, Dict[str, str]]:
    """Return what each connection of a file says, with what it takes from others and from %default: name -> setting -> text.

    Raises `ReadError`.
    """
    parser = _Parser(host)
    parser.file(path, 0)
    for name in parser.authorities:
        _line(parser.authorities, name, "the authority %%s of %s" % path, ())
    for key, known in _SETUP.items():
        text = parser.setup.values.get(key)
        if text is not None and text not in known:
            raise ReadError(
                "%s has %s = %.30r in config setup, with which strongSwan does not start; mend it" % (path, key, text)
            )
    conns = parser.conns
    return {name: _whole(conns, name, path) for name in conns if name != DEFAULT}


def _whole(conns: Dict[str, Conn], name: str, path: str) -> Dict[str, str]:
    made: Settings = {}
    for one in [name, *_line(conns, name, "the connection %%s of %s" % path, ())]:
        for key, value in conns[one].values.items():
            made.setdefault(key, value)
    return {key: value for key, value in made.items() if value is not None}


def _line(conns: Dict[str, Conn], name: str, place: str, below: Tuple[str, ...]) -> List[str]:
    """Return the sections that one takes from, what counts most first: its last `also` first, what stands twice where it stands last.

    ``place``: what to call one in an error, with ``%s`` for its name.
    """
    found: List[str] = []
    if name == DEFAULT:
        return found
    for other in reversed(conns[name].also):
        if other not in conns or other in (name, *below):
            what = "which is not there" if other not in conns else "in a circle"
            raise ReadError(
                "%s takes from %s, %s, and strongSwan loads nothing of the file; mend it"
                % (place % printable(name), printable(other), what)
            )
        found += [other, *_line(conns, other, place, (name, *below))]
    if not found and DEFAULT in conns:
        found = [DEFAULT]
    return [one for at, one in enumerate(found) if one not in found[at + 1 :]]


class _Parser(StrongSwanParser):
    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.conns: Dict[str, Conn] = {}
        self.authorities: Dict[str, Conn] = {}
        self.setup = Conn()
        self._open = Conn()

    def statement(self, path: str, text: str, at: int, depth: int) -> int:
        """Take a line, and return where the next begins."""
        begin = at
        for skipped in (_VERSION, _COMMENT):
            found = skipped.match(text, at)
            at = found.end() if found else at
        blank = _BLANKS.match(text, at)
        at = blank.end() if blank else at
        included = INCLUDE.match(text, at)
        if included:
            return self.included(path, text, included.end(), depth)
        section = _SECTION.match(text, at) if not blank else None
        signs, at = self._signs(path, text, section.end() if section else at)
        if section:
            if "=" in signs or len(signs) > 1 or (section.group() != "config setup" and not "".join(signs)):
                raise self.bad(path, text, begin)
            self._section(section.group(), signs)
        elif signs:
            # Words carry a mark before them, so that a quoted sign of equality is one.
            if not blank or len(signs) < 2 or signs[0] in ("=", "'") or signs[1] != "=" or "=" in signs[2:]:
                raise self.bad(path, text, begin)
            self._setting(signs[0][1:], " ".join(sign[1:] for sign in signs[2:]) if signs[2:] else None)
        return at + 1

    def _section(self, kind: str, signs: List[str]) -> None:
        if kind == "config setup":
            self._open = self.setup
        else:
            sections = self.conns if kind == "conn" else self.authorities
            self._open = sections.setdefault(signs[0][1:], Conn())

    def _setting(self, name: str, value: Optional[str]) -> None:
        if name == "also":
            if value and value != DEFAULT:
                self._open.also.append(value)
        else:
            self._open.values[name] = value

    def _signs(self, path: str, text: str, at: int) -> Tuple[List[str], int]:
        """Return the signs up to the end of a line, ``=`` or a word behind ``'``, and where it ends."""
        signs: List[str] = []
        while at < len(text) and text[at] != "\n":
            skipped = _COMMENT.match(text, at) or _BLANKS.match(text, at)
            word = _WORD.match(text, at)
            if skipped:
                at = skipped.end()
            elif text[at] == '"':
                quoted, at = self.quoted(path, text, at + 1)
                signs.append("'" + quoted)
            elif word:
                signs.append("'" + word.group())
                at = word.end()
            else:
                signs.append("=")
                at += 1
        return signs, at
