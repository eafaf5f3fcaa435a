# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of a rule's outcome on a host is called. The page of a run and the ledger say the same."""

from __future__ import annotations

# What is said of a pair, in the order in which it is told.
KINDS = {
    "regressed": "passed before, fails now",
    "new": "fails now, and was not known to pass before",
    "demanded": "fails now, but another benchmark, or another version of it, asks",
    "resolved": "failed before, passes now or no longer applies",
    "relaxed": "failed before, passes now or no longer applies, but another benchmark, or another version of it, asks",
    "unclear": "failed before, cannot be judged now",
    "gone": "asked no more",
}

# What it is called where another benchmark, or another version of it, asks: the host may be as it was.
ASKED_ANEW = {"regressed": "demanded", "new": "demanded", "resolved": "relaxed"}


def kind(before: str, now: str) -> str:
    """Return the kind of a change from letters of `outcomes`, an empty one for nothing known; empty where none is told."""
    if now == "f" != before:
        return "regressed" if before == "p" else "new"
    if before and not now:
        return "gone"
    if before == "f" != now:
        return "resolved" if now in "pn" else "unclear"
    return ""
