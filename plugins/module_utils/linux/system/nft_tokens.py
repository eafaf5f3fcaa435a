# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the language of nft(8), each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List

_WORDS = re.compile(
    r"(?P<blank>[ \t\r]+|\\\n)|(?P<comment>#[^\n]*)|(?P<string>\"[^\"\n]*\")|(?P<sign>[{};,\n]|==|!=|<=|>=|<<|>>|[=<>!&|^()])"
    r"|(?P<word>(?:[^\s{};,\"#=<>!&|^()\\])+)|(?P<other>.)",
    re.ASCII,
)


@dataclass(frozen=True)
class Token:
    """A word or a sign; ``quoted``: it stood in quotes and is no sign or keyword."""

    text: str
    place: str
    quoted: bool = False


def tokens(text: str, where: str) -> List[Token]:
    """Return the words of a text; a colon behind a word is one of its own, as between key and value of a map."""
    found: List[Token] = []
    line = 1
    for match in _WORDS.finditer(text):
        place = "%s:%d" % (where, line)
        word = match.group()
        line += word.count("\n")
        if match.lastgroup in ("blank", "comment"):
            continue
        if match.lastgroup == "string":
            found.append(Token(word[1:-1], place, quoted=True))
        elif match.lastgroup == "word" and word.endswith(":") and word not in (":", "::") and not word.endswith("::"):
            found += [Token(word[:-1], place), Token(":", place)]
        else:
            found.append(Token(word, place))
    return found
