# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of texts from a host that stays small however many there are."""

from __future__ import annotations

from typing import List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable

# Together with the escapes of JSON (six for one, at worst twelve) this fits into one observation.
MAX_CHARACTERS = 20 * 1024


class BoundedList:
    """The first texts added, as ``items``, and the ``count`` of all."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self.items: List[str] = []
        self._most = most
        self._room = MAX_CHARACTERS

    def add(self, text: str) -> None:
        """Count a text, and keep it while there is room."""
        self.count += 1
        if len(self.items) >= self._most or self._room <= 0:
            return
        shown = printable(text)
        self._room -= len(shown)
        if self._room > 0:
            self.items.append(shown)
