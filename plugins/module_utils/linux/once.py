# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value that several addresses of one kind share: made at most once, its failure remembered too."""

from __future__ import annotations

from typing import Callable, Generic, List, Optional, TypeVar

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

Made = TypeVar("Made")


class Once(Generic[Made]):
    """Call ``make`` on the first use and keep what it gave, or the `ReadError` that it raised."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: List[Made] = []
        self._problem: Optional[ReadError] = None

    def __call__(self) -> Made:
        if self._problem is not None:
            raise self._problem
        if not self._made:
            try:
                self._made.append(self._make())
            except ReadError as problem:
                self._problem = problem
                raise
        return self._made[0]
