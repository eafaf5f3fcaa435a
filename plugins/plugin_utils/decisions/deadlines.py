# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many days a failure may stay open, by its severity and by what its system does with ePHI."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import Context, Item

SECTION = "deadlines"
NONE = "none"


def faults(_item: Item, _context: Context) -> Iterator[tuple[str, str]]:
    """Yield nothing: what fits the schema is sound."""
    yield from ()


def made(item: Item, _context: Context) -> list[dict[str, Any]]:
    """Return the deadline of an entry as it was given."""
    return [dict(item)]


def identity(item: Item) -> Any:
    """Return what makes two entries the same one."""
    return item["severity"], item.get("ephi")


def by_severity(deadlines: Iterable[Item], ephi: Collection[str] | None) -> dict[str, int]:
    """Return severity -> days for a host. ``ephi``: what its system does with ePHI, empty for nothing, None where nobody says.

    Of several deadlines that fit the shortest counts. Where nobody says what a host does with ePHI, it may be anything.
    """
    result: dict[str, int] = {}
    for one in deadlines:
        wanted = one.get("ephi")
        fits = wanted is None or ephi is None or wanted in (ephi or (NONE,))
        if fits:
            result[one["severity"]] = min(one["days"], result.get(one["severity"], one["days"]))
    return result
