# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Text in which blanks and the like stand as a backslash and three octal digits (getmntent(3))."""

from __future__ import annotations

DIGITS = 3


def unescape(text: str) -> str:
    r"""Return ``text`` with every ``\040`` and its like replaced by the character."""
    first, *others = text.split("\\")
    result = first
    for part in others:
        digits = part[:DIGITS]
        if len(digits) == DIGITS and all(digit in "01234567" for digit in digits):
            result += chr(int(digits, 8)) + part[DIGITS:]
        else:
            result += "\\" + part
    return result
