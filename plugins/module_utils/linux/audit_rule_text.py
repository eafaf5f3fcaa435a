# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit rules as they are written, in the files below /etc/audit and in the answer of ``auditctl -l``."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass, field
from typing import Callable, Dict, FrozenSet, Iterable, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.audit_rule_language import PLACES, Filter, Rule
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

# Options that set up the audit system as a whole; the first group stands alone, the second takes a value.
ALONE = frozenset({"-c", "-i", "--continue", "--loginuid-immutable", "--reset-lost"})
WITH_VALUE = frozenset({"-b", "-f", "-r", "-q", "--backlog_wait_time", "--signal"})
OF_A_RULE = frozenset({"-a", "-A", "-w", "-p", "-S", "-F", "-C", "-k"})
TABLES = frozenset({"exit", "task", "user", "exclude", "filesystem", "io_uring"})
ARCHES = {
    **dict.fromkeys(("b64", "x86_64", "aarch64", "ppc64", "ppc64le", "s390x", "riscv64"), "b64"),
    **dict.fromkeys(("b32", "i386", "i486", "i586", "i686", "arm", "armv7l", "ppc", "s390"), "b32"),
}
UNSET = "unset"
USERS = frozenset({"auid", "loginuid", "uid", "euid", "suid", "fsuid", "obj_uid"})
SUCCESS = {"yes": 1, "no": 0, "1": 1, "0": 0}
EXPRESSION = re.compile(r"(\w+)(!=|>=|<=|&=|=|>|<|&)(.+)\Z")

UserNumber = Callable[[str], Optional[int]]
RealPath = Callable[[str], str]


@dataclass
class RuleSet:
    """Rules in the order in which the kernel asks them, and what they say of the audit system as a whole.

    ``merged``: the lines come from files that augenrules(8) puts together; it moves ``-D`` to the front and ``-e``
    to the end. ``enabled``: the last ``-e``, or None. ``line_of_e``: the places of all.
    """

    user_number: UserNumber
    real_path: RealPath
    merged: bool = False
    rules: List[Rule] = field(default_factory=list)
    enabled: Optional[str] = None
    lines_of_e: List[str] = field(default_factory=list)

    def add(self, line: str, place: str) -> None:
        """Take in one line. Raises `ReadError`, with its place, where it is not understood."""
        words = line.split()
        if not words or words[0].startswith("#"):
            return
        try:
            self._add(words, " ".join(words), place)
        except (ValueError, IndexError) as problem:
            said = problem if isinstance(problem, ValueError) else "a value is missing"
            raise ReadError(
                "%s: the audit rule %r is not understood: %s" % (place, printable(line)[:200], said)
            ) from None

    def _add(self, words: List[str], text: str, place: str) -> None:
        if words == ["-D"]:
            if not self.merged:
                self.rules.clear()
        elif words[0] == "-e":
            self.enabled = words[1]
            self.lines_of_e.append(place)
        elif words[0] in ("-d", "-W", "-D"):
            raise ValueError("it takes back others; remove those in place of it")
        elif not ((words[0] in ALONE and len(words) == 1) or (words[0] in WITH_VALUE and len(words) == 2)):
            rule, first = self._rule(words, text, place)
            self.rules.insert(0 if first else len(self.rules), rule)

    def _rule(self, words: List[str], text: str, place: str) -> Tuple[Rule, bool]:
        """Return a rule, and whether it is put before all others."""
        options = list(zip(words[::2], words[1::2]))
        if len(words) % 2:
            raise IndexError
        unknown = [option for option, _value in options if option not in OF_A_RULE]
        if unknown:
            raise ValueError("unknown option %s" % unknown[0][:40])
        given = {name: [value for option, value in options if option == name] for name in OF_A_RULE}
        lists = [_table(value) for value in given["-a"] + given["-A"]] or [("exit", True)] * len(given["-w"])
        if len(lists) != 1:
            raise ValueError("it has to name one list")
        table, always = lists[0]
        arches = [value[5:] for value in given["-F"] if value.startswith("arch=")]
        conditions = [value for value in given["-F"] + given["-C"] if not value.startswith("arch=")]
        filters = [Filter("watch", "=", self._path(path)) for path in given["-w"]]
        filters += [Filter("perm", "=", "".join(sorted(value))) for value in given["-p"]]
        if given["-w"] and not given["-p"]:
            filters.append(Filter("perm", "=", "arwx"))
        for condition in conditions:
            filters += self._filter(condition)
        known = frozenset(ARCHES.get(arch, arch) for arch in arches)
        return Rule(text, place, table, always, known, _calls(given["-S"], always), frozenset(filters)), bool(
            given["-A"]
        )

    def _path(self, path: str) -> str:
        return self.real_path(path.rstrip("/") or "/")

    def _filter(self, expression: str) -> List[Filter]:
        found = EXPRESSION.match(expression)
        if not found:
            raise ValueError("%s is no condition" % expression[:80])
        name, sign, value = found.groups()
        if name == "key":
            return []
        if value in USERS:
            # A comparison of two fields is the same either way round.
            return [Filter(" ".join(sorted((name, value))), sign, "compared")]
        seen = self._value(name, value)
        if sign in ("<", ">") and isinstance(seen, int):
            sign, seen = sign + "=", seen + (1 if sign == ">" else -1)
        return [Filter("auid" if name == "loginuid" else name, sign, seen)]

    def _value(self, name: str, value: str) -> object:
        if name in PLACES:
            return self._path(value)
        if name == "perm":
            return "".join(sorted(value))
        if name in USERS:
            return self._user(value)
        if name == "exit" and value.lstrip("-").isalpha():
            number = getattr(errno, value.lstrip("-"), None)
            return value if number is None else -number if value.startswith("-") else number
        return SUCCESS.get(value, value) if name == "success" else _number(value)

    def _user(self, value: str) -> object:
        if value in (UNSET, "-1", "4294967295"):
            return UNSET
        number = int(value) if value.isdigit() else self.user_number(value)
        return value if number is None else number

    def missing(self, wanted: Iterable[Rule]) -> Dict[str, str]:
        """Return what of ``wanted`` (as from `split`) is not recorded: its text -> the rule that keeps it out, or nothing."""
        return {rule.text: kept_out for rule in wanted for kept_out in [self._unrecorded(rule)] if kept_out is not None}

    def _unrecorded(self, wanted: Rule) -> Optional[str]:
        """Return None where all is recorded, else the rule that keeps some of it out, or an empty text."""
        if self.enabled == "0":
            return "-e 0: the recording is switched off"
        recorded = False
        for rule in self.rules:
            # What leaves out whole kinds of records does so wherever it stands.
            if (not recorded or rule.table != "exit") and rule.silences(wanted):
                return "%s: %s" % (rule.place, rule.text)
            recorded = recorded or rule.covers(wanted)
        return None if recorded else ""


def _number(value: str) -> object:
    try:
        return int(value, 0)
    except ValueError:
        return value


def _calls(lists: Iterable[str], always: bool) -> FrozenSet[str]:
    """Return the system calls of a rule; none stands for all."""
    calls = [call for value in lists for call in value.split(",")]
    # Which call a number stands for is not known here; a rule that keeps out takes the worst.
    if "all" in calls or (not always and any(call.isdigit() for call in calls)):
        return frozenset()
    return frozenset(calls)


def _table(value: str) -> Tuple[str, bool]:
    """Return the list, and whether the action is to record always."""
    parts = value.split(",")
    action = next((part for part in parts if part in ("always", "never")), "")
    table = next((part for part in parts if part != action), "")
    if len(parts) != 2 or not action or table not in TABLES:
        raise ValueError("%s is no list and action" % value[:40])
    return table, action == "always"
