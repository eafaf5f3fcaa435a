# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of a finding, made once for all hosts that share it: the records of a run that were read together do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

Made = TypeVar("Made")
# Findings that are kept: about 20 MB where each host has its own.
MAX_KEPT = 12_000


class OnceEach(Generic[Made]):
    """Calls a function once for each object it is given. The objects are kept, so that none is taken for another."""

    def __init__(self, make: Callable[[Mapping[str, Any]], Made]) -> None:
        self._make = make
        self._kept: dict[int, tuple[Mapping[str, Any], Made]] = {}

    def __call__(self, document: Mapping[str, Any]) -> Made:
        """Return what the function makes of a document."""
        kept = self._kept.get(id(document))
        if kept is None:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            kept = self._kept[id(document)] = (document, self._make(document))
        return kept[1]
