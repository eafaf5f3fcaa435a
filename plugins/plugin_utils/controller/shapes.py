# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of what a host answers: each takes a value and its place, and gives it built anew of plain values.

What a shape does not name is left out, so that nothing goes further that nobody looked at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

MOST_TEXT = 4000
MOST_ITEMS = 50_000
MOST_IDENTIFIER = 1_000_000
MAX_DEPTH = 16
MAX_INTEGER = 2**63

Shape = Callable[[Any, str], Any]


class Unusable(ValueError):
    """An answer has another form than it may have. The text says where, and how."""


def text(most: int = MOST_TEXT) -> Shape:
    """Return the shape of a text, of which at most so many characters are kept."""

    def shape(value: Any, place: str) -> str:
        if not isinstance(value, str):
            raise Unusable(f"{place} is no text")
        # Ansible's own kinds of text carry more than the text.
        plain_text = spelled_out(str.__str__(value))
        return plain_text if len(plain_text) <= most else plain_text[: most - 4] + " ..."

    return shape


def identifier(value: Any, place: str) -> str:
    """Take a text that is compared with ours and shown only where it is one of ours, so it stays as it is."""
    if not isinstance(value, str) or len(value) > MOST_IDENTIFIER:
        raise Unusable(f"{place} is no name")
    return str.__str__(value)


def flag(value: Any, place: str) -> bool:
    """Take true or false only."""
    if value is not True and value is not False:
        raise Unusable(f"{place} is neither true nor false")
    return value


def number(value: Any, place: str) -> int | float:
    """Take a number that is finite and of a size that any reader of JSON takes."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unusable(f"{place} is no number")
    if not math.isfinite(value) or abs(value) >= MAX_INTEGER:
        raise Unusable(f"{place} is a number that cannot be used")
    return value


def count(value: Any, place: str) -> int:
    """Take a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unusable(f"{place} is no whole number")
    return int(number(value, place))


def digest(value: Any, place: str) -> str:
    """Take a SHA-256 in hexadecimal digits, or nothing."""
    if not isinstance(value, str) or not re.fullmatch(r"([0-9a-f]{64})?", value):
        raise Unusable(f"{place} is no digest")
    return str.__str__(value)


def one_of(*names: str) -> Shape:
    """Return the shape of one of these texts."""

    def shape(value: Any, place: str) -> str:
        if not isinstance(value, str) or value not in names:
            raise Unusable(f"{place} is none of {', '.join(names)}")
        return str.__str__(value)

    return shape


def list_of(item: Shape, most: int = MOST_ITEMS) -> Shape:
    """Return the shape of a list of at most so many items."""

    def shape(value: Any, place: str) -> list[Any]:
        if not isinstance(value, list):
            raise Unusable(f"{place} is no list")
        if len(value) > most:
            raise Unusable(f"{place} has more than {most} items")
        return [item(one, f"{place}[{index}]") for index, one in enumerate(value)]

    return shape


def map_of(item: Shape, most: int = MOST_ITEMS) -> Shape:
    """Return the shape of an object of at most so many names that are not known beforehand."""

    def shape(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Unusable(f"{place} is no object")
        if len(value) > most:
            raise Unusable(f"{place} has more than {most} names")
        return {_name(key, place): item(one, f"{place}.{str(key)[:60]}") for key, one in value.items()}

    return shape


def fields(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """Return the shape of an object of these fields; others are left out, and so are optional ones that are null."""

    def shape(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Unusable(f"{place} is no object")
        missing = [name for name in required if name not in value]
        if missing:
            raise Unusable(f"{place} has no {missing[0]}")
        wanted = {name: one for name, one in (optional or {}).items() if value.get(name) is not None}
        return {name: one(value[name], f"{place}.{name}") for name, one in {**required, **wanted}.items()}

    return shape


class Space:
    """How many bytes something may still take."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def take(self, size: int, place: str) -> None:
        """Use some of it up. Raises `Unusable` where there is none left."""
        self._left -= size
        if self._left < 0:
            raise Unusable(f"{place} is larger than {self._most // 1024} KiB")


def document(most: int, shared: Space | None = None) -> Shape:
    """Return the shape of any JSON value that is not nested deeper than `MAX_DEPTH`.

    ``most``: about how many bytes it may have; ``shared``: space for this and others together.
    """

    def shape(value: Any, place: str) -> Any:
        sizes: list[int] = []
        built = _built(value, place, sizes, 0)
        for space in (Space(most), *([shared] if shared else [])):
            space.take(sum(sizes), place)
        return built

    return shape


def _built(value: Any, place: str, sizes: list[int], depth: int) -> Any:
    """Return a value built anew. ``sizes``: takes about how many bytes each of its parts has; a host answers with thousands of them."""
    if isinstance(value, str):
        sizes.append(len(value) + 1)
        return spelled_out(str.__str__(value))
    sizes.append(8)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return number(value, place)
    if depth >= MAX_DEPTH:
        raise Unusable(f"{place} is nested deeper than {MAX_DEPTH}")
    if isinstance(value, list):
        return [_built(one, place, sizes, depth + 1) for one in value]
    if isinstance(value, Mapping):
        sizes.extend(len(_name(key, place)) for key in value)
        return {str.__str__(key): _built(one, place, sizes, depth + 1) for key, one in value.items()}
    raise Unusable(f"{place} holds what is no JSON")


def _name(key: Any, place: str) -> str:
    if not isinstance(key, str):
        raise Unusable(f"{place} has a name that is no text")
    return str.__str__(key)
