# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says is shown as what it is: characters that steer a terminal, or hide or turn a text, by their number."""

from __future__ import annotations

import unicodedata

# Marks that stack on one letter in any living language; more of them paint over the neighbouring lines.
MAX_STACKED_MARKS = 3
STACKING = ("Mn", "Me")


def spelled_out(text: str) -> str:
    """Return a text with each character that cannot be seen, or hides others, replaced by its number; lines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    # Most texts of other alphabets have neither: their letters are looked at once each.
    letters = set(text) - {"\n", "\t"}
    if "".join(letters).isprintable() and not any(unicodedata.category(letter) in STACKING for letter in letters):
        return text
    shown: list[str] = []
    stacked = 0
    for character in text:
        stacked = stacked + 1 if unicodedata.category(character) in STACKING else 0
        plain = character in "\n\t" or (character.isprintable() and stacked <= MAX_STACKED_MARKS)
        shown.append(character if plain else f"[U+{ord(character):04X}]")
    return "".join(shown)
