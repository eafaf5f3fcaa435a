# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spans of time as systemd reads them (systemd.time(7)): numbers with units, which are added up."""

from __future__ import annotations

import re
from typing import Dict, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS

ENDLESS = "infinity"
_SECONDS: Dict[str, float] = {
    unit: seconds
    for units, seconds in (
        (("us", "usec", "µs", "μs"), 1e-6),
        (("ms", "msec"), 1e-3),
        (("", "s", "sec", "second", "seconds"), 1),
        (("m", "min", "minute", "minutes"), 60),
        (("h", "hr", "hour", "hours"), 3600),
        (("d", "day", "days"), 86400),
        (("w", "week", "weeks"), 7 * 86400),
        (("M", "month", "months"), 2629800),
        (("y", "year", "years"), 31557600),
    )
    for unit in units
}
_PIECE = re.compile(r"[ \t]*(?P<number>[0-9]+(?:\.[0-9]*)?)[ \t]*(?P<unit>[A-Za-zµμ]*)[ \t]*")


def seconds_of(text: str) -> Optional[float]:
    """Return the seconds of a span, infinite for one without an end; None for what systemd takes for none."""
    text = text.strip(BLANKS)
    if text == ENDLESS:
        return float("inf")
    total, at = 0.0, 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None or piece.group("unit") not in _SECONDS:
            return None
        total += float(piece.group("number")) * _SECONDS[piece.group("unit")]
        at = piece.end()
    return total if text else None
