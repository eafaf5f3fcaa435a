# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit rule (auditctl(8)) records, and whether one rule records all that another one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, Iterable, List, Optional

PLACES = ("path", "dir", "watch")
# File systems of the kernel's own, whose files no rule is about.
OF_THE_KERNEL = frozenset({"tracefs", "debugfs", 0x74726163, 0x64626720})
# Without one of these there is no record of an event, or none of the file that it was about.
ESSENTIAL = frozenset({"SYSCALL", "1300", "PATH", "1302"})


@dataclass(frozen=True)
class Filter:
    """One condition. ``name`` is ``watch`` for a path of which the rule doesn't say whether it is a directory."""

    name: str
    sign: str
    value: object


@dataclass(frozen=True)
class Rule:
    """One rule. An empty set of ``arches`` or ``syscalls`` stands for all of them; its key is left out."""

    text: str
    place: str
    table: str = "exit"
    always: bool = True
    arches: FrozenSet[str] = frozenset()
    syscalls: FrozenSet[str] = frozenset()
    filters: FrozenSet[Filter] = frozenset()

    def location(self) -> Optional[Filter]:
        """Return the filter on a path, if there is one."""
        return next((item for item in self.filters if item.name in PLACES), None)

    def covers(self, wanted: Rule) -> bool:
        """Return whether whatever ``wanted`` (of one architecture and at most one system call) records is recorded."""
        return (
            self.table == "exit"
            and self.always
            and (not self.arches or bool(wanted.arches & self.arches))
            and (not self.syscalls or bool(wanted.syscalls & self.syscalls))
            and all(_implied(item, wanted) for item in self.filters)
        )

    def silences(self, wanted: Rule) -> bool:
        """Return whether this rule, coming first, may keep out something that ``wanted`` records."""
        if self.table in ("exclude", "filesystem"):
            return not any(_harmless(item) for item in self.filters)
        if self.always or self.table not in ("exit", "task"):
            return False
        return not (
            (self.arches and not wanted.arches & self.arches)
            or (self.syscalls and wanted.syscalls and not wanted.syscalls & self.syscalls)
            or any(_apart(item, wanted) for item in self.filters)
        )


def _harmless(item: Filter) -> bool:
    """Return whether what is left out of the records by this condition is nothing that a rule is about."""
    if item.name == "msgtype":
        return item.sign == "=" and str(item.value).upper() not in ESSENTIAL
    return item.name == "fstype" and item.sign == "=" and item.value in OF_THE_KERNEL


def _implied(item: Filter, wanted: Rule) -> bool:
    """Return whether all events of ``wanted`` meet the condition."""
    if item in wanted.filters:
        return True
    if item.name in PLACES:
        return _contains(item, wanted.location())
    return any(_follows(item, other) for other in wanted.filters if other.name == item.name)


def _follows(item: Filter, other: Filter) -> bool:
    """Return whether what meets the condition ``other`` meets ``item`` too."""
    if item.name == "perm":
        return set(str(other.value)) <= set(str(item.value))
    return item.sign in (">=", "<=") and other.sign in (item.sign, "=") and _ordered(item, other)


def _ordered(item: Filter, other: Filter) -> bool:
    if not isinstance(item.value, int) or not isinstance(other.value, int):
        return False
    return other.value >= item.value if item.sign == ">=" else other.value <= item.value


def _contains(item: Filter, location: Optional[Filter]) -> bool:
    if location is None or item.sign != "=":
        return False
    if location.value == item.value:
        # A filter on the path of a directory sees the directory alone, not what is in it.
        return item.name != "path" or location.name == "path"
    return item.name != "path" and _below(str(location.value), str(item.value))


def _below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _apart(item: Filter, wanted: Rule) -> bool:
    """Return whether no event of ``wanted`` meets the condition."""
    location = wanted.location()
    if item.name in PLACES and item.sign == "=" and location is not None:
        here, there = str(item.value), str(location.value)
        return here != there and not _below(here, there) and not _below(there, here)
    return any(_contradicts(item, other) for other in wanted.filters if other.name == item.name)


def _contradicts(item: Filter, other: Filter) -> bool:
    if item.name == "perm":
        return not set(str(item.value)) & set(str(other.value))
    if (item.sign, other.sign) == ("=", "="):
        return other.value != item.value
    if (item.sign, other.sign) in (("=", "!="), ("!=", "=")):
        return other.value == item.value
    if not isinstance(item.value, int) or not isinstance(other.value, int):
        return False
    return (item.sign, other.sign) in (("<=", ">="), (">=", "<=")) and not _ordered(item, other)


def split(rule: Rule, arches: Iterable[str]) -> List[Rule]:
    """Return a rule as rules of one architecture and at most one system call each, with a text that says which."""
    found: List[Rule] = []
    for arch in sorted(rule.arches) or list(arches):
        for syscall in sorted(rule.syscalls) or [""]:
            said = "%s (%s)" % (syscall or rule.text, arch)
            calls = frozenset([syscall]) if syscall else frozenset()
            found.append(Rule(said, rule.place, "exit", True, frozenset([arch]), calls, rule.filters))
    return found
