# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the documents of a run are written and read: JSON, a line for each entry, so that people and ``diff`` can read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# json.dumps with an indentation is written in Python and takes four times as long; one made once is quicker still.
_encode = json.JSONEncoder(sort_keys=True).encode
# Of a fleet most lines are those of other hosts. What is kept is forgotten at this many characters.
MAX_KEPT_CHARACTERS = 12_000_000


def as_text(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, keys sorted: a line for each of its entries, and for each item of a list among them.

    The same document gives the same bytes. Raises `TypeError` and `ValueError` as `json` does.
    """
    return "".join(pieces(document))


def pieces(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the same piece by piece: that of a fleet has some ten million characters."""
    begin = "{\n"
    for key in sorted(document):
        value = document[key]
        yield f"{begin} {_encode(key)}: "
        if not value or not isinstance(value, list):
            yield _encode(value)
        else:
            for number, item in enumerate(value):
                yield (",\n  " if number else "[\n  ") + _encode(item)
            yield "\n ]"
        begin = ",\n"
    yield "\n}\n" if document else "{\n\n}\n"


class Reader:
    """Reads documents as `json.loads` does, and each line of a list once for all documents that have it.

    What such documents share is one object, which nobody may change.
    """

    def __init__(self) -> None:
        self._items: dict[str, Any] = {}
        self._characters = 0

    def read(self, content: bytes) -> Any:
        """Return what the JSON says. Raises `ValueError` and `RecursionError` as `json` does."""
        text = content.decode("utf-8")
        try:
            return self._by_lines(text)
        except ValueError:
            # Written by something else, or no JSON at all: for `json` to say.
            return json.loads(text)

    def _by_lines(self, text: str) -> dict[str, Any]:
        # No text in JSON holds a line feed, so that each stands between two entries, items or parts of them.
        lines = iter(text.split("\n"))
        if next(lines) != "{":
            raise ValueError
        document: dict[str, Any] = {}
        more = True
        for line in lines:
            if line == "}" and not more:
                break
            if not more:
                raise ValueError
            if line.endswith(": ["):
                (key,) = json.loads("{" + line + "]}")
                items, more = _until_closed(lines)
                document[key] = [self._item(one) for one in items]
            else:
                more = line.endswith(",")
                document.update(json.loads("{" + line.removesuffix(",") + "}"))
        if list(lines) != [""]:
            raise ValueError
        return document

    def _item(self, line: str) -> Any:
        if line not in self._items:
            if self._characters > MAX_KEPT_CHARACTERS:
                self._items.clear()
                self._characters = 0
            self._characters += len(line)
            self._items[line] = json.loads(line)
        return self._items[line]


def _until_closed(lines: Iterator[str]) -> tuple[list[str], bool]:
    """Return the items of a list, and whether an entry follows it. Raises `ValueError` where it does not end."""
    items = []
    for line in lines:
        items.append(line.removesuffix(","))
        if not line.endswith(","):
            break
    end = next(lines, "")
    if end not in (" ]", " ],"):
        raise ValueError
    return items, end == " ],"
