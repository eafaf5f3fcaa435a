# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ages of passwords: which days a limit asks to change, and what PAM's account step makes of them."""

from __future__ import annotations

import time
from typing import Callable, Dict, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import Password

OPEN, CHANGE, CLOSED = "open", "change", "closed"
# Fact of the kind `accounts` -> field of `Password`, and which of its days hold a limit already: good(days, wanted).
LIMITS: Dict[str, Tuple[str, Callable[[int, int], bool]]] = {
    "password_maximum_age": ("maximum", lambda days, wanted: 1 <= days <= wanted),
    "password_minimum_age": ("minimum", lambda days, wanted: days >= wanted),
    "password_warning": ("warning", lambda days, wanted: days >= wanted),
    "password_inactive": ("inactive", lambda days, wanted: 0 <= days <= wanted),
}


def to_change(entry: Password, fact: str, wanted: int) -> bool:
    """Return whether an account is given the limit: one that has a hash, also a locked one, and is looser."""
    field, good = LIMITS[fact]
    days: Optional[int] = getattr(entry, field)
    return bool(entry.algorithm) and (days is None or not good(days, wanted))


def today() -> int:
    """Return the days since 1970, as shadow(5) counts them."""
    return int(time.time() // 86400)


def state(entry: Password, day: int) -> str:
    """Return what the account step of pam_unix says of an account on a day: `OPEN`, `CHANGE` or `CLOSED`.

    It is taken by keys over SSH, jobs of cron, su and sudo as well, also of accounts whose password is locked. Where it asks
    for a new password (`CHANGE`), only who comes with the old one at a terminal is let in.
    """
    if entry.expires is not None and 0 <= entry.expires <= day:
        return CLOSED
    if entry.changed == 0:
        return CHANGE
    # A day that is missing counts as the one before the first.
    age = day + 1 if entry.changed is None else day - entry.changed
    if entry.maximum is None or entry.maximum < 0 or age <= entry.maximum:
        return OPEN
    inactive = entry.inactive
    return CLOSED if inactive is not None and inactive >= 0 and age > entry.maximum + inactive else CHANGE
