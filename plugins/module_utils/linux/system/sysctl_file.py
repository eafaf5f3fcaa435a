# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of sysctl.d(5) and its precedence, as systemd-sysctl follows them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Dict, Iterator, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SYSTEMD_BLANKS, words_of

PATTERN_SIGNS = "*?["
MAX_VALUE = 4000


@dataclass(frozen=True)
class Assignment:
    """One line. ``key`` has slashes; ``text`` is None for ``-key``, which keeps a key from being set."""

    key: str
    text: Optional[str]
    file: str
    line: int

    @property
    def is_pattern(self) -> bool:
        return any(sign in self.key for sign in PATTERN_SIGNS)

    def covers(self, key: str) -> bool:
        """Return whether this line names ``key`` or is a pattern that fits it, part by part."""
        if not self.is_pattern:
            return self.key == key
        patterns, parts = self.key.split("/"), key.split("/")
        return len(patterns) == len(parts) and all(
            # glob(7) also takes [^...] for a negated set; fnmatch only [!...].
            fnmatchcase(part, pattern.replace("[^", "[!"))
            for pattern, part in zip(patterns, parts)
        )


class Table:
    """All assignments of some files, in the order of reading."""

    def __init__(self) -> None:
        self._last: Dict[str, Assignment] = {}
        self._all: List[Assignment] = []

    def add(self, new: Assignment) -> None:
        """Add a line. A changed value moves its key to the end of the order, a repeated one does not."""
        self._all.append(new)
        old = self._last.get(new.key)
        if old is not None and old.text == new.text:
            return
        self._last.pop(new.key, None)
        self._last[new.key] = new

    def winner(self, key: str) -> Optional[Assignment]:
        """Return what stays in effect: a line that names the key, wherever it stands, before any pattern."""
        if key in self._last:
            named = self._last[key]
            return None if named.text is None else named
        patterns = [line for line in self._last.values() if line.text is not None and line.is_pattern]
        return next((line for line in reversed(patterns) if line.covers(key)), None)

    def names(self) -> List[str]:
        """Return the keys and patterns that are given a value."""
        return [key for key, line in self._last.items() if line.text is not None]

    def sources(self, key: str) -> List[Assignment]:
        """Return every line that gives the key a value."""
        return [line for line in self._all if line.text is not None and line.covers(key)]


def normal_key(name: str) -> str:
    """Return a key with slashes between its parts.

    After a first dot, dots and slashes trade places; after a first slash all stay as they are.
    """
    first = next((sign for sign in name if sign in "./"), "")
    if first == ".":
        name = name.translate({ord("."): "/", ord("/"): "."})
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def parse(file: str, text: str) -> Iterator[Assignment]:
    """Yield the assignments of one file; lines that systemd-sysctl ignores are left out."""
    # A carriage return and a NUL end a line too.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\n").split("\n")
    for number, raw in enumerate(lines, 1):
        line = raw.strip(SYSTEMD_BLANKS)
        if not line or line[0] in "#;":
            continue
        left, equals, right = line.partition("=")
        if not equals and not line.startswith("-"):
            continue
        key = left[1:] if left.startswith("-") else left
        normal = normal_key(key.strip(SYSTEMD_BLANKS))
        # The kernel takes any blanks between the fields of a value; one form makes them comparable.
        yield Assignment(normal, " ".join(words_of(right))[:MAX_VALUE] if equals else None, file, number)
