# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On which hosts an entry holds: names of hosts and groups, and patterns, as Ansible has them.

Ansible's own way needs the whole inventory for each question; here one host with its groups is enough.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

ALL = ("all", "*")
_GLOB = frozenset("*?[")


@dataclass(frozen=True)
class Host:
    """A host of the inventory with the groups that it is in."""

    name: str
    groups: frozenset[str] = frozenset()

    @property
    def names(self) -> Collection[str]:
        """All that it can be called by."""
        return (self.name, *self.groups)


def covers(patterns: Sequence[str], host: Host) -> bool:
    """Return whether a list of patterns means a host. None given means every host.

    As in Ansible a host is meant that any plain pattern names, if all with ``&`` name it too and none with ``!``.
    """
    plain = [one for one in patterns if one[:1] not in ("&", "!")]
    return (
        (not plain or any(_names(one, host) for one in plain))
        and all(_names(one[1:], host) for one in patterns if one[:1] == "&")
        and not any(_names(one[1:], host) for one in patterns if one[:1] == "!")
    )


def _names(pattern: str, host: Host) -> bool:
    if pattern in ALL:
        return True
    if pattern[:1] == "~":
        return any(re.match(pattern[1:], name) for name in host.names)
    if pattern == host.name or pattern in host.groups:
        return True
    return not _GLOB.isdisjoint(pattern) and any(fnmatchcase(name, pattern) for name in host.names)


def faults(patterns: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with patterns."""
    for one in patterns:
        bare = one.lstrip("&!")
        if not bare.strip():
            yield f"'{one}' names nothing"
        elif bare[:1] == "~":
            try:
                re.compile(bare[1:])
            except re.error as problem:
                yield f"'{one}' is no regular expression: {problem}"
        elif "," in bare or (":" in bare and not _is_address(bare)):
            yield f"'{one}' joins several patterns; make each an item of the list"


def _is_address(pattern: str) -> bool:
    """Return whether the colons may be those of an IPv6 address."""
    return pattern.count(":") > 1 and not re.search(r"[^0-9A-Fa-f:.*%?\[\]-]", pattern)
