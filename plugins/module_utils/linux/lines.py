# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a line is: on targets and on the controller, in files and in what commands print."""

from __future__ import annotations

from typing import List


def split_lines(text: str, ends: bool = False) -> List[str]:
    """Return the lines of a text. Only a newline ends one, as for every program that reads such files.

    `str.splitlines` also breaks at VT, FF, NEL, U+2028 and a lone CR: what stands behind one in a comment would
    become a setting. ``ends``: each keeps its line end; the last has none where the text has none. Without it, the
    CR of a CRLF goes too; with it, joining the lines gives the very text again.
    """
    rows = text.split("\n")
    last = rows.pop()
    if ends:
        return [row + "\n" for row in rows] + ([last] if last else [])
    rows = [row[:-1] if row.endswith("\r") else row for row in rows] if "\r" in text else rows
    return rows + ([last] if last else [])
