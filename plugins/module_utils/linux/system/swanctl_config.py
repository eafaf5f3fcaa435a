# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of swanctl.conf and strongswan.conf: sections, what they take from others, files that they include.

As strongSwan's own parser has it (5.9, 6.0): one error anywhere and the whole file is passed over.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.strongswan_files import (
    INCLUDE,
    MAX_DEPTH,
    StrongSwanParser,
)

_WORD = re.compile(r'[^#{}:.,="\r\n\t ]+')
_REFERENCE = re.compile(r'[^#{}:.,="\r\n\t ]+(?:\.[^#{}:.,="\r\n\t ]+)*')
_PLAIN = re.compile(r'[^#}"\r\n\t ]+')
_BLANKS = re.compile(r"[\t\r ]+")


class Section:
    """``values``: name -> (text, file); None in place of the text where it was emptied. ``references``: whose it takes besides."""

    def __init__(self) -> None:
        self.values: Dict[str, Tuple[Optional[str], str]] = {}
        self.sections: Dict[str, Section] = {}
        self.references: List[str] = []

    def below(self, name: str) -> Section:
        """Return a section in it, empty where there is none."""
        return self.sections.get(name) or Section()

    def word(self, name: str, default: str = "") -> str:
        """Return a value, or what it is where it is not set."""
        text = self.values.get(name, (None, ""))[0]
        return default if text is None else text


def read(host: Host, path: str) -> Section:
    """Return what a file and those that it includes say, with all that sections take from others. Raises `ReadError`."""
    root = Section()
    _Parser(host, root).file(path, 0)
    return _whole(root, root, 0)


def _whole(section: Section, root: Section, depth: int) -> Section:
    """Return a section with what it takes from others; what stands in it itself counts first."""
    made = _with_others(section, root, depth)
    made.sections = {name: _whole(one, root, depth + 1) for name, one in made.sections.items()}
    return made


def _with_others(section: Section, root: Section, depth: int) -> Section:
    """Return a section with what its own references give, those of the sections in it still to be followed."""
    if depth > MAX_DEPTH:
        raise ReadError("sections of swanctl.conf take from one another in a circle; mend it")
    several = [section]
    for reference in section.references:
        other = root
        for name in reference.split("."):
            other = other.below(name)
        several.append(_with_others(other, root, depth + 1))
    made = _joined(several)
    made.references = []
    return made


def _joined(several: List[Section]) -> Section:
    """Return one section of several, of which the first counts most."""
    made = Section()
    inner: Dict[str, List[Section]] = {}
    for one in several:
        for key, value in one.values.items():
            made.values.setdefault(key, value)
        for name, below in one.sections.items():
            inner.setdefault(name, []).append(below)
        made.references += one.references
    made.sections = {name: _joined(belows) for name, belows in inner.items()}
    return made


class _Parser(StrongSwanParser):
    DROPPED, ENDS = "\r", "#}\n\t "

    def __init__(self, host: Host, root: Section) -> None:
        super().__init__(host)
        self._open = [root]

    def file(self, path: str, depth: int) -> None:
        super().file(path, depth)
        if depth == 0 and len(self._open) > 1:
            raise ReadError("%s ends within a section, so strongSwan takes nothing of it; mend it" % printable(path))

    def statement(self, path: str, text: str, at: int, depth: int) -> int:
        """Take what begins at a place, and return where the next begins."""
        at = _next(text, at, "\n")
        if at == len(text):
            return at
        if text[at] == "}":
            if len(self._open) == 1:
                raise self.bad(path, text, at)
            self._open.pop()
            return at + 1
        included = INCLUDE.match(text, at)
        if included:
            return self.included(path, text, included.end(), depth)
        word = _WORD.match(text, at)
        if word is None:
            raise self.bad(path, text, at)
        after = _next(text, word.end(), "\n")
        sign = text[after : after + 1]
        if sign == "=":
            value, at = self._value(path, text, after + 1)
            self._open[-1].values[word.group()] = (value, path)
            return at
        if sign not in ("{", ":"):
            raise self.bad(path, text, at)
        section = self._open[-1].sections.setdefault(word.group(), Section())
        if sign == ":":
            after = self._references(path, text, after + 1, section)
        self._open.append(section)
        return after + 1

    def _references(self, path: str, text: str, at: int, section: Section) -> int:
        """Take the names of other sections, and return where the bracket behind them is."""
        while True:
            at = _next(text, at, "\n")
            named = _REFERENCE.match(text, at)
            if named is None:
                raise self.bad(path, text, at)
            section.references.append(named.group())
            at = _next(text, named.end(), "\n")
            if text[at : at + 1] == "{":
                return at
            if text[at : at + 1] != ",":
                raise self.bad(path, text, at)
            at += 1

    def _value(self, path: str, text: str, at: int) -> Tuple[Optional[str], int]:
        """Return a value, its words joined by one blank, and where it ends."""
        words: List[str] = []
        while at < len(text):
            blank = _BLANKS.match(text, at)
            plain = _PLAIN.match(text, at)
            if blank:
                at = blank.end()
            elif text[at] == '"':
                word, at = self.quoted(path, text, at + 1)
                words.append(word)
            elif plain:
                words.append(plain.group())
                at = plain.end()
            else:
                break
        return (" ".join(words) if words else None), at


def _next(text: str, at: int, more: str) -> int:
    """Return where the next sign is that is no blank and in no comment."""
    while at < len(text):
        if text[at] == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text[at] in "\t\r " + more:
            at += 1
        else:
            break
    return at


def secret_files(root: Section) -> Iterator[str]:
    """Yield the files in which secrets stand."""
    for one in root.below("secrets").sections.values():
        for name, (text, file) in one.values.items():
            if text and name in ("secret", "pin"):
                yield file
