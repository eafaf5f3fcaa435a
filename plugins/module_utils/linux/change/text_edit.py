# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small edits of configuration text that several writers share."""

from __future__ import annotations

from typing import Callable, Iterable, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

MARK = "# Written by hipaa.cis. Changes made here by hand may be overwritten by its next remediation.\n"
DISABLED = "# disabled by hipaa.cis: "


def text_or(host: Host, path: str, default: str = "") -> str:
    """Return a file's text, or ``default`` where there is no such file."""
    try:
        return host.read_text(path)
    except NotFound:
        return default


def comment_out(text: str, numbers: Iterable[int]) -> str:
    """Return a text with the lines of these numbers (from 1) turned into comments."""
    chosen = set(numbers)
    lines = split_lines(text, ends=True)
    return "".join(DISABLED + line if number in chosen else line for number, line in enumerate(lines, 1))


def assign(text: str, numbers: Iterable[int], line: str, keep: bool = True) -> str:
    """Return a text in which ``line`` stands in place of the last of the lines of these numbers (from 1), else at the end.

    The replaced lines become comments, or are dropped where ``keep`` is false.
    """
    chosen = set(numbers)
    last = max(chosen, default=0)
    result: List[str] = []
    for number, old in enumerate(split_lines(text, ends=True), 1):
        if number not in chosen:
            result.append(old)
        elif keep and old.strip(BLANKS) != line.strip(BLANKS):
            result.append(DISABLED + old)
        if number == last:
            _end(result)
            result.append(line + "\n")
    if not last:
        _end(result)
        result.append(line + "\n")
    return "".join(result)


def _end(rows: List[str]) -> None:
    if rows and not rows[-1].endswith("\n"):
        rows[-1] += "\n"


def with_line(text: str, line: str, replaces: Callable[[str], bool]) -> str:
    """Return a text that holds ``line`` once: in place of the first line that it replaces, else at the end.

    Further lines that it replaces are dropped.
    """
    result: List[str] = []
    placed = False
    for old in split_lines(text, ends=True):
        if not replaces(old.rstrip("\r\n")):
            result.append(old)
        elif not placed:
            result.append(line + "\n")
            placed = True
    _end(result)
    if not placed:
        result.append(line + "\n")
    return "".join(result)
