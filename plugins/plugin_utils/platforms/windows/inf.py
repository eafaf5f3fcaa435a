# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF as `secedit` writes it and as group policy carries it (GptTmpl.inf): sections of settings, a line each (MS-GPSB 2.2).

What breaks a section is kept with it, not raised for the whole file: a mangled notice among the registry values does not hide the
password policy. Nothing is dropped in silence, as a setting that is missing has a meaning of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SPACES_AND_TABS, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

HEADING = re.compile(r"\[([^\[\]]+)\]")
# A quoted piece, in which a quote is doubled; a plain one; the comma between two fields.
PIECE = re.compile(r'"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^",]+)|(?P<comma>,)')


class Setting(NamedTuple):
    """What stands behind a key: the value as it is written, and the number of its line."""

    value: str
    line: int


@dataclass
class Section:
    """The settings below one heading by their keys in small letters, each as often as it stands; ``fault`` says why none can be trusted."""

    name: str
    settings: dict[str, list[Setting]] = field(default_factory=dict)
    fault: str = ""

    def one(self, key: str) -> Setting | None:
        """Return the setting of a key, in any case; None where there is none. Raises where it stands twice with different values."""
        found = self.settings.get(lowered(key), [])
        if len({setting.value for setting in found}) > 1:
            lines = ", ".join(str(setting.line) for setting in found)
            raise HipaaCisError(
                f"[{self.name}] {key} stands with different values in lines {lines}; which of them holds is not known."
            )
        return found[0] if found else None

    def spoil(self, fault: str) -> None:
        """Say why the section cannot be trusted; the first reason stays."""
        self.fault = self.fault or fault


@dataclass(frozen=True)
class Inf:
    """The sections of a file by their names in small letters."""

    sections: dict[str, Section]

    def section(self, name: str) -> Section | None:
        """Return a section, in any case; None where there is none. Raises `HipaaCisError` where a line of it cannot be followed."""
        found = self.sections.get(lowered(name))
        if found and found.fault:
            raise HipaaCisError(f"[{name}] cannot be read: {found.fault}")
        return found


def parsed(text: str) -> Inf:
    """Return the sections of a text. Raises `HipaaCisError` where it does not begin with one."""
    sections: dict[str, Section] = {}
    here: Section | None = None
    for number, line in _joined(text):
        heading = HEADING.fullmatch(line)
        if heading:
            here = _opened(sections, heading[1].strip(SPACES_AND_TABS), number)
        elif here is None:
            raise HipaaCisError(f"line {number} stands before any section: it is not an INF file.")
        else:
            _take(here, line, number)
    return Inf(sections)


def fields(value: str) -> list[str]:
    """Return the fields of a value, parted by commas outside quotes and without the blanks around them; of an empty value there are none.

    `"a","b"` is two fields; `a","b` is one, as a comma within a text is written. Raises `HipaaCisError` where a quote is not closed.
    """
    if not value.strip(SPACES_AND_TABS):
        return []
    found: list[str] = []
    pieces: list[re.Match[str]] = []
    at = 0
    while at < len(value):
        piece = PIECE.match(value, at)
        if not piece:
            raise HipaaCisError("a quote is opened and not closed.")
        at = piece.end()
        if piece["comma"]:
            found.append(_field(pieces))
            pieces = []
        else:
            pieces.append(piece)
    return [*found, _field(pieces)]


def _field(pieces: list[re.Match[str]]) -> str:
    """Return the text of a field. The blanks at its ends are a part of it where they are quoted."""
    texts = [piece["plain"] or (piece["quoted"] or "").replace('""', '"') for piece in pieces]
    if texts and pieces[0]["plain"]:
        texts[0] = texts[0].lstrip(SPACES_AND_TABS)
    if texts and pieces[-1]["plain"]:
        texts[-1] = texts[-1].rstrip(SPACES_AND_TABS)
    return "".join(texts)


def _joined(text: str) -> list[tuple[int, str]]:
    """Return the lines that say something, by the numbers at which they begin. A backslash at the end of one takes in the next."""
    found: list[tuple[int, list[str]]] = []
    begun = False
    for number, row in enumerate(split_lines(text), start=1):
        line = row.strip(SPACES_AND_TABS + "\0")
        says = bool(line) and line[0] != ";"
        # A value may end in a backslash of its own: the setting behind it must not become a part of it and so be missing.
        if begun and says and not HEADING.fullmatch(line) and not _parted(line):
            pieces = found[-1][1]
            pieces[-1] = pieces[-1][:-1].rstrip(SPACES_AND_TABS)
            pieces.append(line)
        elif says:
            found.append((number, [line]))
        begun = says and line.endswith("\\")
    return [(number, "".join(pieces)) for number, pieces in found]


def _opened(sections: dict[str, Section], name: str, number: int) -> Section:
    """Return the section that a heading opens. One that stands twice is not `secedit`'s work, but a text with lines of its own."""
    section = sections.setdefault(lowered(name), Section(name))
    if section.settings:
        section.spoil(f"it stands twice, again at line {number}.")
    return section


def _take(section: Section, line: str, number: int) -> None:
    """Take a line into a section; one that is not a whole setting spoils it."""
    parted = _parted(line)
    if not parted:
        section.spoil(f"line {number} is no setting.")
        return
    key, value = parted
    try:
        fields(value)
    except HipaaCisError as error:
        section.spoil(f"line {number}: {error}")
    section.settings.setdefault(lowered(key), []).append(Setting(value, number))


def _parted(line: str) -> tuple[str, str] | None:
    """Return the key and the value of a setting. A key may be quoted, as a path of the registry with an equals sign in it."""
    key, rest = line, ""
    if line.startswith('"'):
        key, _quote, rest = line[1:].partition('"')
        blank, equals, value = rest.partition("=")
    else:
        key, equals, value = line.partition("=")
        blank = '"' if '"' in key else ""
    key, value = key.strip(SPACES_AND_TABS), value.strip(SPACES_AND_TABS)
    return (key, value) if equals and key and not blank.strip(SPACES_AND_TABS) else None
