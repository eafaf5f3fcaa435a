# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of doas by which somebody becomes another without a password (doas.conf(5))."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, NamedTuple, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

FILES = ("/etc/doas.conf", "/usr/local/etc/doas.conf")
PROGRAMS = ("/usr/bin/doas", "/usr/local/bin/doas")
OPTIONS = ("nopass", "nolog", "persist", "keepenv")
# A comment, blanks, the end of a line, a brace, or a word of plain signs, escaped ones (an end of a line vanishes) and quoted parts.
TOKEN = re.compile(r'#[^\n]*|[ \t]+|\n|[{}]|(?:[^ \t\n#{}"\\]|\\(?:.|\n)|"(?:[^"\\\n]|\\[^\n])*")+', re.ASCII)
ROOT = ("root", "0")


class Word(NamedTuple):
    """A word and whether it may be a keyword: one with quotes or backslashes is none."""

    text: str
    plain: bool


def without_password(host: Host) -> Tuple[List[Dict[str, object]], str]:
    """Return ``[{file, line, text}]`` of the rules with `nopass`, but for root's own; empty where there is no doas."""
    found = []
    for path, number, words in _all(host):
        shown = _unasked(path, number, words)
        if shown:
            found.append({"file": path, "line": number, "text": shown})
    return found, ", ".join(FILES)


def permitted(host: Host) -> List[Tuple[str, str]]:
    """Return (whom, place) of the rules that permit something: a user, or a group behind a colon."""
    return [
        (words[_who(path, number, words)[0]].text, "%s:%d" % (path, number))
        for path, number, words in _all(host)
        if words[0].text != "deny"
    ]


def _all(host: Host) -> Iterator[Tuple[str, int, List[Word]]]:
    """Yield (file, line, words) of each rule; of none where there is no doas."""
    for path in FILES if any(host.exists(path) for path in PROGRAMS) else ():
        try:
            text = host.read_text(path)
        except NotFound:
            continue
        for number, words in _rules(path, text):
            yield path, number, words


def _rules(path: str, text: str) -> Iterator[Tuple[int, List[Word]]]:
    """Yield (line, words) of each rule. Raises `ReadError` for a sign that stands where doas knows none."""
    number, first, words, at = 1, 1, [], 0  # type: int, int, List[Word], int
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise ReadError("%s:%d is not understood; look at it by hand (doas -C %s)" % (path, number, path))
        piece, at = token.group(), token.end()
        if piece == "\n":
            if words:
                yield first, words
            words = []
        elif piece[0] not in " \t#":
            first = first if words else number
            words.append(Word(re.sub(r'\\\n|\\(.)|"', r"\1", piece), '"' not in piece and "\\" not in piece))
        number += piece.count("\n")
    if words:
        yield first, words


def _who(path: str, number: int, words: List[Word]) -> Tuple[int, List[str]]:
    """Return at which word a rule says for whom it is, and its options. Raises `ReadError`."""
    if not words[0].plain or words[0].text not in ("permit", "deny"):
        raise ReadError("%s:%d is no rule of doas; look at it by hand (doas -C %s)" % (path, number, path))
    at, options = 1, []  # type: int, List[str]
    while at < len(words) and words[at].plain and words[at].text in (*OPTIONS, "setenv"):
        options.append(words[at].text)
        if words[at].text == "setenv":
            while at < len(words) and words[at].text != "}":
                at += 1
        at += 1
    if at >= len(words):
        raise ReadError("%s:%d names nobody; look at it by hand (doas -C %s)" % (path, number, path))
    return at, options


def _unasked(path: str, number: int, words: List[Word]) -> str:
    """Return a rule as it is shown where it asks for no password, else nothing. Raises `ReadError`."""
    at, options = _who(path, number, words)
    if words[0].text == "deny" or "nopass" not in options or words[at].text in ROOT:
        return ""
    rest = words[at : at + 5]
    end = next((place for place, word in enumerate(rest) if word.plain and word.text == "args"), len(rest))
    return "permit nopass " + " ".join(word.text for word in rest[:end])[:200]
