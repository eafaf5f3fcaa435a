# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit rule (auditctl(8)) records, and whether one rule records all that another one does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Dict, FrozenSet, Iterable, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import raised

PLACES = ("path", "dir", "watch")
# File systems of the kernel's own, whose files no rule is about.
OF_THE_KERNEL = frozenset({"tracefs", "debugfs", 0x74726163, 0x64626720})
# Without one of these there is no record of an event, or none of the file that it was about.
ESSENTIAL = frozenset({"SYSCALL", "1300", "PATH", "1302"})
RECORD = re.compile(r"[A-Z][A-Z0-9_]*|[0-9]+")
# One event is about both paths of these.
OF_TWO_PATHS = frozenset({"rename", "renameat", "renameat2", "link", "linkat"})
EXECUTIONS = frozenset({"execve", "execveat"})
# These are about no file; the kernel's lists of what reads, writes, executes and changes attributes have none of them.
OF_NO_PATH = frozenset(
    {"adjtimex", "clock_adjtime", "clock_settime", "settimeofday", "stime", "kill", "tkill", "tgkill", "ptrace", "ioctl",
     "socket", "connect", "accept", "accept4", "sendto", "sendmsg", "recvfrom", "recvmsg", "mmap", "mprotect", "clone",
     "clone3", "fork", "vfork", "setuid", "setgid", "setresuid", "setresgid", "sethostname", "setdomainname"}
)  # fmt: skip
# An execution is about the program and what loads it: /lib64/ld-linux-x86-64.so.2.
LOADERS = re.compile(r"/(usr(/lib.*)?|lib.*)?\Z")
# An open for both reading and writing is seen by a rule for either; a link counts as a write and as a change of attributes.
OVERLAPS = {"r": "rw", "w": "rwa", "a": "wa", "x": "x"}

ALL = frozenset("rwxa")

OneVolume = Callable[[str, str], bool]


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

    def permissions(self) -> FrozenSet[str]:
        """Return the kinds of access that it is about."""
        return frozenset(letter for item in self.filters if item.name == "perm" for letter in str(item.value)) or ALL

    def silences(self, wanted: Rule, one_volume: OneVolume) -> bool:
        """Return whether this rule, coming first, may keep out something that ``wanted`` records.

        ``one_volume``: whether two paths are on one file system, so that a file can be moved from one to the other.
        """
        if self.table == "exclude":
            return not any(_is_of_no_account(item) for item in self.filters)
        if self.table == "filesystem":
            # The kernel looks at each type by itself.
            return not self.always and not all(_is_of_the_kernel(item) for item in self.filters)
        if self.table == "task":
            # It is asked when the process begins, and whose it is then may not be whose it is later.
            return not self.always
        return not (
            self.table != "exit"
            or self.always
            or (self.arches and not wanted.arches & self.arches)
            or (self.syscalls and self._is_of_other_calls(wanted))
            or any(_apart(item, wanted) for item in self.filters)
            or self._is_elsewhere(wanted, one_volume)
        )

    def _is_of_other_calls(self, wanted: Rule) -> bool:
        if wanted.syscalls:
            return not wanted.syscalls & self.syscalls
        if wanted.permissions() == {"x"}:
            return not self.syscalls & EXECUTIONS
        return self.syscalls <= OF_NO_PATH

    def _is_elsewhere(self, wanted: Rule, one_volume: OneVolume) -> bool:
        """Return whether no event of ``wanted`` is about the path of this rule too."""
        item, location = self.location(), wanted.location()
        if item is None or location is None or item.sign != "=":
            return False
        here, there = str(item.value), str(location.value)
        if here == there or _below(here, there) or _below(there, here):
            return False
        if wanted.permissions() == {"x"}:
            return not LOADERS.match(here)
        moves = not self.syscalls or self.syscalls & OF_TWO_PATHS
        return not moves or not self.permissions() & {"w", "a"} or not one_volume(here, there)


class Order:
    """Rules in the order in which the kernel asks them, found by what they are about."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._recording: Dict[str, List[int]] = {}
        self._others: List[int] = []
        for number, rule in enumerate(rules):
            if rule.table == "exit" and rule.always:
                for subject in _subjects(rule):
                    self._recording.setdefault(subject, []).append(number)
            else:
                self._others.append(number)

    def records(self, wanted: Rule) -> Optional[int]:
        """Return the place of the first rule by which all of ``wanted`` is recorded."""
        found: List[int] = []
        for subject in {"", *_subjects(wanted, above=True)}:
            numbers = self._recording.get(subject, [])
            found += [number for number in numbers if self._rules[number].covers(wanted)][:1]
        return min(found, default=None)

    def silencing(self, wanted: Rule, before: Optional[int], one_volume: OneVolume) -> Optional[Rule]:
        """Return a rule that keeps something of ``wanted`` out, where it stands ``before`` the one that records it."""
        for number in self._others:
            rule = self._rules[number]
            # What leaves out whole kinds of records does so wherever it stands.
            if (before is None or number < before or rule.table != "exit") and rule.silences(wanted, one_volume):
                return rule
        return None


def _subjects(rule: Rule, above: bool = False) -> List[str]:
    """Return the path or the system calls of a rule, an empty text where it has neither. ``above``: the folders too."""
    location = rule.location()
    if location is None:
        return sorted(rule.syscalls) or [""]
    path = str(location.value)
    return [path, *(path[:at] or "/" for at, sign in enumerate(path) if above and sign == "/")]


def _is_of_no_account(item: Filter) -> bool:
    """Return whether what is left out by this condition are records that no rule is about."""
    name = raised(str(item.value))
    return item.name == "msgtype" and item.sign == "=" and bool(RECORD.fullmatch(name)) and name not in ESSENTIAL


def _is_of_the_kernel(item: Filter) -> bool:
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
    """Return whether no event of ``wanted`` meets the condition. One on a path is looked at by itself."""
    return item.name not in PLACES and any(
        _contradicts(item, other) for other in wanted.filters if other.name == item.name
    )


def _contradicts(item: Filter, other: Filter) -> bool:
    if item.name == "perm":
        seen = {letter for given in str(item.value) for letter in OVERLAPS[given]}
        return not seen & set(str(other.value))
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
