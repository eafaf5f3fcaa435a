# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says is shown as what it is: characters that would steer a terminal, or hide or turn a text, are written out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Controls but tab and newline, DEL and the C1 set; what has no width; line separators; what turns the direction of a text.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """Return a text with ``\\x1b`` and its like in the place of characters that are not seen, but do something."""
    return _STEERING.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def all_visible(document: Any) -> Any:
    """Return a document of a host with all its texts made visible; keys stay, for they are looked up."""
    if isinstance(document, str):
        return visible(document)
    if isinstance(document, Mapping):
        return {key: all_visible(value) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [all_visible(value) for value in document]
    return document
