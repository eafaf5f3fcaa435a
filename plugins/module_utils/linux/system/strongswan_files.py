# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What strongSwan's parsers of ipsec.conf and of swanctl.conf share (5.9, 6.0): files that include others, quoted words, one error for a whole file."""

from __future__ import annotations

import re
from typing import Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

MAX_DEPTH = 20
INCLUDE = re.compile(r"include[\t ]+(?=[^=])")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\n": ""}


class StrongSwanParser:
    """``DROPPED``: signs that are passed over in words; ``ENDS``: those that end a pattern of files."""

    DROPPED, ENDS = "", "#\n\t "

    def __init__(self, host: Host) -> None:
        self._host = host

    def statement(self, path: str, text: str, at: int, depth: int) -> int:
        """Take what begins at a place, and return where the next begins. Raises `ReadError`."""
        raise NotImplementedError

    def file(self, path: str, depth: int) -> None:
        """Take all statements of a file, which is included at this depth. Raises `ReadError`."""
        if depth > MAX_DEPTH:
            raise ReadError("%s is included more than %d levels deep" % (printable(path), MAX_DEPTH))
        text = self._host.read_text(path)
        at = 0
        while at < len(text):
            at = self.statement(path, text, at, depth)

    def included(self, path: str, text: str, at: int, depth: int) -> int:
        """Take the files of the pattern behind an `include`, and return where it ends; an empty one names none."""
        pattern, at = self._pattern(path, text, at)
        base = "" if pattern.startswith("/") else path.rpartition("/")[0] + "/"
        for one in self._host.glob(base + pattern) if pattern else []:
            self.file(one, depth + 1)
        return at

    def _pattern(self, path: str, text: str, at: int) -> Tuple[str, int]:
        if text[at : at + 1] == '"':
            return self.quoted(path, text, at + 1)
        found = ""
        while at < len(text) and text[at] not in self.ENDS:
            if text[at] == "\\" and text[at + 1 : at + 2] in tuple('"#} '):
                at += 1
            found += "" if text[at] in self.DROPPED else text[at]
            at += 1
        return found, at

    def quoted(self, path: str, text: str, at: int) -> Tuple[str, int]:
        """Return the word behind a quotation mark, and where it ends. Raises `ReadError`."""
        word = ""
        while at < len(text) and text[at] != '"':
            if text[at] == "\\" and at + 1 < len(text):
                at += 1
                word += _ESCAPES.get(text[at], text[at])
            elif text[at] not in self.DROPPED:
                word += text[at]
            at += 1
        if at >= len(text):
            raise self.bad(path, text, at - 1)
        return word, at + 1

    @staticmethod
    def bad(path: str, text: str, at: int) -> ReadError:
        """Return the error for a place that is no syntax."""
        place = "%s:%d" % (printable(path), text.count("\n", 0, at) + 1)
        return ReadError("%s is no syntax of strongSwan, which then takes nothing of the whole file; mend it" % place)
