# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the harmless parts of a text and mask what stands between them."""

from __future__ import annotations

import re
from typing import Callable, List, Pattern, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import MASK

COMMENT = "# " + MASK
_SIGNS = re.compile(r"[\s\"',;&|(){}]*\Z", re.ASCII)
_PARTING = " \t;,&|"
_COMMENT_START = re.compile(r"(?:\A|(?<=\s))#", re.ASCII)


def only(harmless: Pattern[str], text: str) -> str:
    """Return a text in which all but the harmless parts, and signs between them, is `MASK`."""
    parts: List[str] = []
    end = 0
    for found in harmless.finditer(text):
        parts += [_between(text[end : found.start()]), found.group()]
        end = found.end()
    return "".join([*parts, _between(text[end:])])


def _between(text: str) -> str:
    if _SIGNS.match(text):
        return text
    return text[: len(text) - len(text.lstrip(_PARTING))] + MASK + text[len(text.rstrip(_PARTING)) :]


def words(*harmless: str, begun: str = "", around: str = r"\s") -> Pattern[str]:
    """Return what finds whole words; ``begun``: words of which only this beginning is shown, ``around``: what parts words."""
    whole = r"(?:%s)(?![^%s])" % ("|".join(harmless), around)
    either = r"%s|(?:%s)" % (whole, begun) if begun else whole
    return re.compile(r"(?<![^%s])(?:%s)" % (around, either))


def anywhere(harmless: str, flags: int = 0) -> Callable[[str], str]:
    """Return what shows all places of a line that an expression finds, and masks the rest."""
    expression = re.compile(harmless, flags)
    return lambda line: only(expression, line)


def shown_value(text: str) -> str:
    """Return a value with what stands behind a ``#`` in it masked: a program takes it for a part, who wrote it for a comment."""
    found = _COMMENT_START.search(text)
    return text[: found.start()] + COMMENT if found else text


def without_comment(line: str) -> Tuple[str, str]:
    """Return a line without its comment, and what is shown in the comment's place."""
    found = _COMMENT_START.search(line)
    return (line[: found.start()], COMMENT) if found else (line, "")
