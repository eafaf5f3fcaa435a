# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of shell scripts taken apart: commands, words, expansion. Nothing is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, List, Mapping, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SHELL_BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

OPEN, CLOSE = "(", ")"
NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
BRACED = re.compile(r"\{([A-Za-z_]\w*)(?:(:?[-+])([^{}]*))?\}", re.ASCII)
SUBSTITUTIONS = {"$(": ")", "${": "}"}
HERE_DOCUMENT = re.compile(r"(?<!<)<<-?[ \t]*([\"']?)([A-Za-z_]\w*)\1", re.ASCII)


class Unknown(Exception):
    """What a text expands to depends on what only a running shell knows."""


@dataclass(frozen=True)
class Command:
    """A simple command, or a bracket of a subshell. ``after``: the operator before it; ``line``: where it begins."""

    text: str
    after: str
    line: int


def is_shell(path: str) -> bool:
    """Return whether a shell runs the file at login."""
    return path in ("/etc/profile", "/etc/bash.bashrc") or path.startswith(("/etc/profile.d/", "/root/."))


def commands(text: str, path: str) -> Iterator[Command]:
    """Yield the commands of a script in order. Raises `ReadError` where quotes or here-documents do not end."""
    scan = _Scan(text)
    line, after = 1, ""
    while not scan.at_end:
        piece, ending, lines = scan.piece(path)
        if piece.strip(SHELL_BLANKS):
            yield Command(piece.strip(SHELL_BLANKS), after, line)
            after = ""
        if ending in (OPEN, CLOSE):
            yield Command(ending, after, line)
        line += lines
        # A line may end behind an operator; the command comes on the next.
        if ending != "\n" or after not in ("&&", "||"):
            after = ending


class _Scan:
    """A position in a script."""

    def __init__(self, text: str) -> None:
        self._text = _without_here_documents(text.replace("\\\n", ""))
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def piece(self, path: str) -> Tuple[str, str, int]:
        """Return the text up to the next operator, the operator, and how many lines both take."""
        start = self._at
        kept: List[str] = []
        while not self.at_end:
            sign = self._text[self._at]
            if sign == "#" and (self._at == start or self._text[self._at - 1] in " \t;&|()\n"):
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
                continue
            if sign in "\n;&|()":
                if sign == "(" and kept and kept[-1] == "=":
                    kept.append("$(")  # an array: no text that could be known
                operator = sign * 2 if sign in "&|;" and self._text[self._at : self._at + 2] == sign * 2 else sign
                self._at += len(operator)
                return "".join(kept), operator, self._text.count("\n", start, self._at)
            end = _end_of_unit(self._text, self._at)
            if end < 0:
                raise ReadError("%s cannot be followed: a quote or a substitution does not end" % path)
            kept.append(self._text[self._at : end])
            self._at = end
        return "".join(kept), "\n", self._text.count("\n", start, self._at)


def _without_here_documents(text: str) -> str:
    """Return a script whose here-documents are blank lines: they are data."""
    kept: List[str] = []
    ending: Optional[str] = None
    for line in text.split("\n"):
        if ending is not None:
            if line.strip(SHELL_BLANKS) == ending:
                ending = None
            kept.append("")
            continue
        kept.append(line)
        found = None if line.lstrip(SHELL_BLANKS).startswith("#") else HERE_DOCUMENT.search(line)
        if found:
            ending = found.group(2)
    # One that does not end would hide the rest of the file: leave a quote that does not end, which is an error.
    return "\n".join(kept) if ending is None else text + '\n"'


def _end_of_unit(text: str, at: int) -> int:
    """Return where the quoted text, substitution or single sign at a position ends; -1 where it does not."""
    sign = text[at]
    if sign == "\\":
        return min(at + 2, len(text))
    if sign == "'":
        return text.find("'", at + 1) + 1 or -1
    if sign in ('"', "`"):
        return _closed(text, at + 1, "", sign)
    if text[at : at + 2] in SUBSTITUTIONS:
        return _closed(text, at + 2, text[at + 1], SUBSTITUTIONS[text[at : at + 2]])
    return at + 1


def _closed(text: str, at: int, opening: str, closing: str) -> int:
    """Return the position behind the sign that closes what began before ``at``; -1 where none does."""
    depth = 1
    while 0 <= at < len(text):
        sign = text[at]
        if sign in (opening, closing):
            depth += 1 if sign == opening else -1
            at += 1
            if not depth:
                return at
        elif opening or sign == "\\" or text[at : at + 2] in SUBSTITUTIONS:
            at = _end_of_unit(text, at)
        else:
            at += 1  # between double quotes, other quotes are plain signs
    return -1


def words(text: str) -> List[str]:
    """Return the words of a command, quotes kept."""
    found: List[str] = [""]
    at = 0
    while at < len(text):
        end = _end_of_unit(text, at)
        unit = text[at:] if end < 0 else text[at:end]
        at = len(text) if end < 0 else end
        if unit in (" ", "\t", "\n"):
            found.append("")
        else:
            found[-1] += unit
    return [word for word in found if word]


def expand(text: str, variables: Mapping[str, Optional[str]]) -> str:
    """Return a word as the shell would expand it. ``variables``: None for a value that is not known. Raises `Unknown`."""
    done: List[str] = []
    quote = ""
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "\\" and quote != "'":
            done.append(text[at + 1 : at + 2])
            at += 2
        elif sign in "\"'" and quote in ("", sign):
            quote = "" if quote else sign
            at += 1
        elif sign == "`" and quote != "'":
            raise Unknown(text)
        elif sign == "$" and quote != "'":
            value, at = _variable(text, at, variables)
            done.append(value)
        elif sign == "~" and not quote and (at == 0 or text[at - 1] in ":="):
            if text[at + 1 : at + 2] not in ("", "/", ":"):
                raise Unknown(text)
            done.append(variables.get("HOME") or "")
            at += 1
        else:
            done.append(sign)
            at += 1
    return "".join(done)


def _variable(text: str, at: int, variables: Mapping[str, Optional[str]]) -> Tuple[str, int]:
    """Return what the variable at a dollar sign stands for, and the position behind it."""
    braced = BRACED.match(text, at + 1)
    plain = NAME.match(text, at + 1)
    if braced:
        name, operator, word = braced.groups()
        if name in variables and variables[name] is None:
            raise Unknown(text)
        value = variables.get(name) or ""
        if operator and operator[-1] == "-":
            value = value or expand(word, variables)
        elif operator:
            value = expand(word, variables) if value else ""
        elif name not in variables:
            raise Unknown(text)
        return value, braced.end()
    known = variables.get(plain.group()) if plain else None
    if plain is None or known is None:
        raise Unknown(text)
    return known, plain.end()
