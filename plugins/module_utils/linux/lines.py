# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lines, blanks, words and numbers are: on targets and on the controller, in files and in what commands print.

The programs that read those files are written in C and go by bytes. To Python's own `str` methods, to `int` and to `\\s`,
`\\d` and `\\w` without `re.ASCII`, NBSP, U+3000 and FS are blanks, and superscripts digits: a line that no program
understands would be read as a setting.
"""

from __future__ import annotations

import re
from typing import List

# What isspace(3) takes for a blank in the C locale, and in one of UTF-8 where it looks at bytes.
BLANKS = " \t\n\v\f\r"
# Less, for the programs that know fewer; `readers` and `system` say which do.
SPACES_AND_TABS = " \t"
SHELL_BLANKS = " \t\n"
SYSTEMD_BLANKS = " \t\n\r"
GLIB_BLANKS = " \t\n\f\r"
# U+0131 is an I in capitals, and U+212A a k in small letters, to Python alone.
_SMALL = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
_CAPITAL = {small: capital for capital, small in _SMALL.items()}


def split_lines(text: str, ends: bool = False) -> List[str]:
    """Return the lines of a text. Only a newline ends one, as for every program that reads such files.

    `str.splitlines` also breaks at VT, FF, NEL, U+2028 and a lone CR: what stands behind one in a comment would
    become a setting. ``ends``: each keeps its line end; the last has none where the text has none. Without it, the
    CR of a CRLF goes too; with it, joining the lines gives the very text again.
    """
    rows = text.split("\n")
    last = rows.pop()
    if ends:
        return [row + "\n" for row in rows] + ([last] if last else [])
    rows = [row[:-1] if row.endswith("\r") else row for row in rows] if "\r" in text else rows
    return rows + ([last] if last else [])


def words_of(text: str, most: int = -1, blanks: str = BLANKS) -> List[str]:
    """Return the words of a text as `str.split` does, but parted by what C programs take for blanks.

    ``most``: as often, at least once, it is parted at most, and the rest is the last item. ``blanks``: others than
    `BLANKS`, among them.
    """
    plain = blanks is BLANKS and text.isascii()
    # FS, GS, RS and US: the only ones of ASCII that are blanks to Python and to nobody else.
    if plain and "\x1c" not in text and "\x1d" not in text and "\x1e" not in text and "\x1f" not in text:
        return text.split(None, most)
    bare = text.strip(blanks) if most < 0 else text.lstrip(blanks)
    found = re.split("[%s]+" % blanks, bare, maxsplit=max(most, 0))
    return found if found[-1] else found[:-1]


def is_number(text: str) -> bool:
    """Return whether a text is made of the digits 0 to 9, at least one."""
    return text.isascii() and text.isdigit()


def lowered(text: str) -> str:
    """Return a text with A to Z in small letters and all else as it stands."""
    return text.lower() if text.isascii() else text.translate(_SMALL)


def raised(text: str) -> str:
    """Return a text with a to z in capitals and all else as it stands."""
    return text.upper() if text.isascii() else text.translate(_CAPITAL)
