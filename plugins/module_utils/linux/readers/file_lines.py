# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `file_lines`: the lines of text files that match a regular expression."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_grammar import is_shell
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_line import shown_line

MAX_LINES = 100
MAX_LENGTH = 400


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `[{file, line, text}]`, the text as it may be shown; absent where ``path`` does not exist."""

    def one(address: Address) -> Observation:
        flags = re.ASCII | (re.IGNORECASE if address.get("ignore_case") else 0)
        try:
            expression = re.compile(required(address, "pattern"), flags)
        except re.error as problem:
            raise UsageError("the pattern is not a regular expression: %s" % problem) from None
        if "glob" in address:
            pattern = required(address, "glob")
            # A link that leads nowhere has no lines.
            paths = [path for path in host.glob(pattern) if host.exists(path)]
            return value(_matching(host, paths, expression), pattern)
        path = required(address, "path")
        try:
            return value(_matching(host, [path], expression), path)
        except NotFound:
            return absent(path)

    return read_each(addresses, one)


def _matching(host: Host, paths: List[str], expression: re.Pattern[str]) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = []
    for path in paths:
        for number, line in enumerate(_lines(path, host.read_text(path)), 1):
            # A line is cut before it is searched: an expression must not run away on a hostile one.
            if expression.search(line[:MAX_LENGTH]) or (len(line) > MAX_LENGTH and expression.search(line[:65536])):
                found.append(
                    {"file": printable(path), "line": number, "text": shown_line(path, line.strip(BLANKS)[:MAX_LENGTH])}
                )
            if len(found) > MAX_LINES:
                raise ReadError("more than %d lines of %s match" % (MAX_LINES, printable(path)))
    return found


def _lines(path: str, text: str) -> List[str]:
    # To a shell the CR of a CRLF is a part of the last word: `umask 027` with one sets nothing.
    if "\r" in text and is_shell(path):
        return [row[:-1] if row.endswith("\n") else row for row in split_lines(text, ends=True)]
    return split_lines(text)
