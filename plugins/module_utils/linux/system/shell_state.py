# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is so at one point of a script: variables, and the things that a shell keeps beside them."""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import (
    MAX_VALUES,
    UNKNOWN,
    UNSET,
    Values,
    only,
)


class State:
    """What is so at one point. Keys of ``values``: a variable, or one of our own, with a blank in it."""

    def __init__(self, values: Mapping[str, Values], live: bool = True) -> None:
        self.values: Dict[str, Values] = dict(values)
        self.live = live

    def copy(self) -> State:
        """Return another that is the same."""
        return State(self.values, self.live)

    def join(self, other: State) -> None:
        """Take in what another way to the same point leaves."""
        if not other.live:
            return
        if not self.live:
            self.values, self.live = dict(other.values), True
            return
        for name in set(self.values) | set(other.values):
            one, two = self.get(name), other.get(name)
            if one != two:
                joined = one | two
                self.values[name] = joined if len(joined) <= MAX_VALUES else only(UNKNOWN)

    def get(self, name: str) -> Values:
        """Return what a variable may be; of our own, what it is where nothing was said."""
        return self.values.get(
            name, only("" if name[:3] in (" r ", " x ", " a", " e") else UNSET if " " in name else UNKNOWN)
        )

    def flag(self, name: str) -> Optional[bool]:
        """Return whether a flag is set."""
        found = self.get(name)
        return None if len(found) > 1 else "1" in found
