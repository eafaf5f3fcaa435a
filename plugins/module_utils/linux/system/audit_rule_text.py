# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit rules as they are written, in the files below /etc/audit and in the answer of ``auditctl -l``."""

from __future__ import annotations

import errno
import re
from dataclasses import replace
from typing import Callable, Dict, FrozenSet, Iterable, List, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, raised
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_access import by_access, loaded
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_language import (
    PLACES,
    Filter,
    Order,
    Rule,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_words import Words

# Options that set up the audit system as a whole, or only ask: those that stand alone, and those with a value.
ALONE = frozenset(
    {
        "-c",
        "-i",
        "-D",
        "-l",
        "-s",
        "-t",
        "-v",
        "--loginuid-immutable",
        "--reset-lost",
        "--reset_backlog_wait_time_actual",
    }
)
WITH_VALUE = frozenset({"-b", "-e", "-f", "-m", "-q", "-r", "--backlog_wait_time", "--signal"})
OF_A_RULE = frozenset({"-a", "-A", "-w", "-p", "-S", "-F", "-C", "-k"})
TAKING_BACK = frozenset({"-d", "-W"})
TABLES = frozenset({"exit", "task", "user", "exclude", "filesystem", "io_uring"})
UNSET = "unset"
USERS = frozenset({"auid", "uid", "euid", "suid", "fsuid", "obj_uid"})
GROUPS = frozenset({"gid", "egid", "sgid", "fsgid", "obj_gid"})
# Of SELinux alone; the kernel takes such a rule without it, and finds nothing that meets it.
LABELS = frozenset({"subj_type", "subj_sen", "subj_clr", "obj_role", "obj_type", "obj_lev_low", "obj_lev_high"})
# What a rule has to have for a key.
KEYED = frozenset({*PLACES, "perm", "exe", "fstype"})
EXPRESSION = re.compile(r"(\w+)(!=|>=|<=|&=|=|>|<|&)(.+)\Z", re.ASCII)
ARCH = re.compile(r"arch(!?=)(.+)\Z", re.IGNORECASE | re.ASCII)
HEXADECIMAL = re.compile(r"[0-9a-fA-F]{8}\Z")
# As strtoul(3) reads them: what begins with a zero is octal.
NUMBER = re.compile(r"(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z")
HIGHEST = 0xFFFFFFFF
# auditctl(8) parts at blanks alone, and a backslash keeps a blank from that.
WORD = re.compile(r"(?:\\[ \\]|[^ ])+")
MAX_LINE = 6143
MAX_KEYS = 256
# What augenrules(8) moves or drops where its awk knows the sign for blanks, and leaves in its place else.
BY_AWK = re.compile(r"\s+-e|\s+-D\s*\Z|-D\s+\Z|\s*\t\s*#", re.ASCII)

KEEPS_OUT = re.compile(r"never|exclude")


class Refused(Exception):
    """A rule that the kernel or auditctl(8) does not take on this host. It ends the loading, unless ``-i`` or ``-c`` came before."""


class RuleSet:
    """Rules in the order in which the kernel asks them, and what they say of the audit system as a whole.

    ``loading``: the lines are of files, so a rule counts where it can be loaded. ``merged``: of files that augenrules(8)
    puts together; it moves ``-D`` to the front and ``-e`` to the end. ``stopped``: the line at which loading ends, and why;
    ``refused``: the places of lines that are left out instead, behind ``-i`` or ``-c``. ``lines_of_e``: those of all ``-e``.
    ``goes_on``: ``-i`` or ``-c`` was read; ``unguarded``: the place of the first rule before it, or "".
    """

    def __init__(self, words: Words, loading: bool = False, merged: bool = False) -> None:
        self.words = words
        self.loading = loading
        self.merged = merged
        self.rules: List[Rule] = []
        self.stopped = ""
        self.refused: List[str] = []
        self.lines_of_e: List[str] = []
        # The limit of records a second that stays, and the places of all.
        self.rate = ""
        self.lines_of_r: List[str] = []
        self._enabled = ""
        self.goes_on = False
        self.unguarded = ""
        self._seen: Set[object] = set()
        # Rules that would record a kind of access, had they not single calls without these.
        self._partly: List[Tuple[Rule, str]] = []
        # Asked for when all lines are taken in.
        self._order = Once(lambda: Order(self.rules))

    @property
    def enabled(self) -> str:
        """What the last ``-e`` that is reached says, or nothing."""
        return "" if self.merged and self.stopped else self._enabled

    def switch(self, state: str) -> None:
        """Take in what ``-e`` says."""
        self._enabled = state

    def add(self, line: str, place: str) -> None:
        """Take in one line. Raises `ReadError`, with its place, where it is not understood."""
        words = _words(line) if self.loading else _listed(line)
        if not words or words[0].startswith("#") or self.stopped:
            return
        try:
            self._add(line, words, place)
        except (Refused, ValueError) as problem:
            # What keeps records out is not passed over because it is not understood here.
            if self.goes_on and (isinstance(problem, Refused) or not KEEPS_OUT.search(line)):
                self.refused.append(place)
            elif isinstance(problem, Refused):
                self.stopped = "%s: %s, at which loading ends: %s" % (place, _shown(line), problem)
            else:
                raise ReadError(
                    "%s: the audit rule %r is not understood: %s" % (place, _shown(line), problem)
                ) from None

    def _add(self, line: str, words: List[str], place: str) -> None:
        if self.merged and BY_AWK.match(line):
            if not self.words.has_gawk():
                raise ReadError(
                    "%s: what augenrules makes of %r hangs on the awk of the host; write it without blanks around it"
                    % (place, _shown(line))
                )
            if line.lstrip(BLANKS).startswith("#"):
                return
        if len(line) > MAX_LINE:
            raise ValueError("it is longer than %d characters" % MAX_LINE)
        options = _options(words)
        names = {name for name, _value in options}
        if names & TAKING_BACK or ("-D" in names and len(options) > 1):
            raise ReadError(
                "%s: the audit rule %r is not understood: it takes back others; remove those in place of it"
                % (place, _shown(line))
            )
        if names & OF_A_RULE:
            self.unguarded = self.unguarded or ("" if self.goes_on else place)
            self._add_rule(options, " ".join(words), place)
        else:
            for name, value in options:
                self._set_up(name, value, place)

    def _set_up(self, name: str, value: str, place: str) -> None:
        if name == "-e":
            if value not in ("0", "1", "2"):
                raise ValueError("-e takes 0, 1 or 2")
            self.switch(value)
            self.lines_of_e.append(place)
            if value == "2" and not self.merged:
                self.stopped = "%s: -e 2, which locks out what comes behind it" % place
        elif name == "-r":
            self.rate = "" if value == "0" else "-r %s at %s" % (_shown(value), place)
            self.lines_of_r += [place] if self.rate else []
        elif name in ("-c", "-i"):
            self.goes_on = True
        elif name == "-D" and not self.merged:
            self.rules.clear()
            self._seen.clear()

    def _add_rule(self, options: List[Tuple[str, str]], text: str, place: str) -> None:
        given: Dict[str, List[str]] = {name: [] for name in OF_A_RULE}
        for name, value in options:
            if name not in OF_A_RULE:
                raise ValueError("%s does not belong to a rule" % name[:40])
            given[name].append(value)
        lists = [_table(value) for value in given["-a"] + given["-A"]] + [("exit", True)] * len(given["-w"])
        if len(lists) != 1:
            raise ValueError("it has to name one list")
        table, always = lists[0]
        fields, arches, calls = self._fields(options), self._arches(options), _calls(given["-S"])
        if sum(item.name in PLACES for item in fields) > 1:
            raise ValueError("it names more than one path")
        keys = tuple(given["-k"]) + tuple(value[4:] for value in given["-F"] if value.startswith("key="))
        if keys and not (given["-S"] or any(item.name in KEYED for item in fields)):
            raise ValueError("a rule with a key has to name a system call, a path, perm, exe or fstype")
        rule = Rule(text, place, table, always, arches, calls, frozenset(fields))
        if self.loading:
            self._refuse(rule, fields, keys)
            rule = loaded(rule, options, self.words)
        if LABELS.isdisjoint(item.name for item in fields) or self.words.has_selinux():
            resolved = self._resolved(rule)
            at = 0 if given["-A"] else len(self.rules)
            whole, partly = by_access(resolved, self.words)
            self.rules[at:at] = [resolved, *([whole] if whole else [])]
            self._partly += [(one, calls) for calls, one in partly.items()]

    def _fields(self, options: List[Tuple[str, str]]) -> List[Filter]:
        """Return the conditions in their order, with paths as they are written."""
        found: List[Filter] = []
        for name, value in options:
            if name == "-w":
                found += [Filter("watch", "=", _path(value)), Filter("perm", "=", "arwx")]
            elif name == "-p":
                perm = Filter("perm", "=", _permissions(value))
                found = [perm if item.name == "perm" else item for item in found]
                found += [] if perm in found else [perm]
            elif name == "-F":
                found += self._filter(value)
            elif name == "-C":
                found.append(_comparison(value))
        return found

    def _arches(self, options: List[Tuple[str, str]]) -> FrozenSet[str]:
        """Return the architectures of a rule, none for all."""
        found = [ARCH.match(value) if name == "-F" else None for name, value in options]
        at = [number for number, match in enumerate(found) if match]
        if len(at) > 1 or any(name == "-S" for name, _value in options[: at[0] if at else 0]):
            raise ValueError("the architecture has to be named once, and before the system calls")
        equal = [match.group(2) for match in found if match and match.group(1) == "="]
        if any(NUMBER.match(name) or HEXADECIMAL.match(name) for name in equal):
            raise ValueError("an architecture has to be named, not numbered")
        return frozenset(self.words.arch(name) for name in equal)

    def _filter(self, expression: str) -> List[Filter]:
        found = EXPRESSION.match(expression)
        if not found:
            raise ValueError("%s is no condition" % expression[:80])
        name, sign, value = found.groups()
        name = _field(name)
        if name == "key" or (name == "arch" and sign == "="):
            return []
        seen = self._value(name, value)
        if sign == "<" and isinstance(seen, int) and seen > 0:
            return [Filter(name, "<=", seen - 1)]
        if sign == ">" and isinstance(seen, int) and seen < HIGHEST:
            return [Filter(name, ">=", seen + 1)]
        return [Filter(name, sign, seen)]

    def _value(self, name: str, value: str) -> object:
        if name in PLACES:
            return _path(value, name)
        if name == "perm":
            return _permissions(value)
        number = _number(value)
        if name in USERS:
            return UNSET if value == UNSET or number == HIGHEST else self._account(value, number, self.words.user)
        if name in GROUPS:
            return self._account(value, number, self.words.group)
        if name == "exit" and number is None:
            number = getattr(errno, raised(value.lstrip("-")), None)
            number = -number & HIGHEST if number and value.startswith("-") else number
        if name == "success":
            number = {"yes": 1, "no": 0}.get(value, number)
        if number is None:
            return lowered(value) if name == "fstype" else value
        return number

    def _account(self, value: str, number: Optional[int], find: Callable[[str], Optional[int]]) -> object:
        if number is None:
            number = find(value)
            if number is None and self.loading:
                raise Refused("%s is neither a local user nor group" % printable(value)[:80])
        return value if number is None else number

    def _refuse(self, rule: Rule, fields: List[Filter], keys: Tuple[str, ...]) -> None:
        """Raise `Refused` where a rule cannot be loaded on this host."""
        location = rule.location()
        if location is not None:
            path = self.words.path(str(location.value))
            needed = path if location.name == "dir" else path.rpartition("/")[0]
            if needed and not self.words.exists(needed):
                raise Refused("%s does not exist" % printable(needed))
        for arch in rule.arches or self.words.arches[:1]:
            known = self.words.calls_if_known(arch) if rule.syscalls else frozenset()
            unknown = sorted(call for call in rule.syscalls - known if known and not is_number(call[0]))
            if unknown:
                raise Refused("there is no system call %s" % printable(unknown[0])[:80])
        if len(",".join(keys)) > MAX_KEYS:
            raise Refused("its keys are too long")
        alike = tuple(replace(item, name="path") if item.name in PLACES else item for item in fields)
        same = (rule.table, rule.always, rule.arches, rule.syscalls, alike, keys)
        if same in self._seen:
            raise Refused("the rule is there already")
        self._seen.add(same)

    def _resolved(self, rule: Rule) -> Rule:
        """Return a rule with the paths and the system calls that the kernel then looks at."""
        filters = frozenset(
            replace(item, value=self._place(item)) if item.name in PLACES else item for item in rule.filters
        )
        arches, calls = rule.arches, rule.syscalls
        if not rule.always and any(is_number(call[0]) for call in calls):
            calls = frozenset()  # which call a number stands for is not known here, so take the worst
        if calls and not arches and len(self.words.arches) > 1:
            # They are looked up for the first architecture, and their numbers stand for other calls of the second.
            arches, calls = (frozenset(self.words.arches[:1]), calls) if rule.always else (arches, frozenset())
        return replace(rule, filters=filters, arches=arches, syscalls=calls)

    def _place(self, item: Filter) -> str:
        path = str(item.value)
        return self.words.real(path) if path.endswith("/") else self.words.path(path)

    def missing(self, wanted: Iterable[Rule]) -> Dict[str, str]:
        """Return what of ``wanted`` (as from `split`) is not recorded: its text -> what keeps it out, or nothing."""
        return {rule.text: lost for rule in wanted for lost in [self._unrecorded(rule)] if lost is not None}

    def _unrecorded(self, wanted: Rule) -> Optional[str]:
        """Return None where all is recorded, else the line that keeps some of it out, or an empty text."""
        if self.enabled == "0":
            return "-e 0: the recording is switched off"
        at = self._order().records(wanted)
        first = self._order().silencing(wanted, at, self.words.one_volume)
        if first is not None:
            return "%s: %s" % (first.place, first.text)
        if at is not None:
            return None
        said = "%s, which is loaded by single calls without %s"
        lacking = (said % (one.place, calls) for one, calls in self._partly if one.covers(wanted))
        return self.stopped or next(lacking, "")


def _shown(line: str) -> str:
    return printable(line)[:200]


def _words(line: str) -> List[str]:
    return [re.sub(r"\\([ \\])", r"\1", word) for word in WORD.findall(line)]


def _listed(line: str) -> List[str]:
    """Return the words of a line that auditctl(8) prints: it does not mark the blanks of a path or a key."""
    parts = [part.partition(" ") for part in re.split(r" +(?=-[a-zA-Z] )", line.strip(BLANKS))]
    return [word for option, _blank, value in parts for word in (option, value.strip(BLANKS)) if word]


def _options(words: List[str]) -> List[Tuple[str, str]]:
    """Return (option, value) as getopt_long(3) finds them."""
    found: List[Tuple[str, str]] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        if name in ALONE and not (value or equals):
            found.append((name, ""))
        elif name in WITH_VALUE | OF_A_RULE | TAKING_BACK:
            if not (value or equals or rest):
                raise ValueError("the value of %s is missing" % name)
            found.append((name, value if value or equals else rest.pop(0)))
        elif word.startswith("-"):
            raise ValueError("unknown option %s" % word[:40])
        else:
            raise ValueError("%s belongs to no option" % printable(word)[:40])
    return found


def _field(name: str) -> str:
    return "auid" if lowered(name) == "loginuid" else lowered(name)


def _path(text: str, name: str = "watch") -> str:
    if not text.startswith("/"):
        raise ValueError("a path begins with /")
    if name == "path" and text.endswith("/"):
        raise ValueError("path= names no directory")
    # Behind a slash the kernel follows a link; auditctl leaves one out for -w alone.
    return text if name == "dir" and text.endswith("/") else text.rstrip("/") or "/"


def _permissions(text: str) -> str:
    if not set(lowered(text)) <= set("rwxa") or len(text) > 4:
        raise ValueError("permissions are r, w, x and a")
    return "".join(sorted(set(lowered(text))))


def _comparison(expression: str) -> Filter:
    """Return a comparison of two fields, which is the same either way round."""
    found = EXPRESSION.match(expression)
    names = {_field(found.group(1)), _field(found.group(3))} if found else set()
    if not found or found.group(2) not in ("=", "!=") or not (names <= USERS or names <= GROUPS):
        raise ValueError("%s is no comparison" % expression[:80])
    return Filter(" ".join(sorted(names)), found.group(2), "compared")


def _number(text: str) -> Optional[int]:
    """Return a number as the kernel holds it, without a sign, or None."""
    found = NUMBER.match(text)
    if not found:
        return None
    digits = found.group(2)
    number = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)
    return (-number if found.group(1) else number) & HIGHEST


def _calls(lists: Iterable[str]) -> FrozenSet[str]:
    """Return the system calls of a rule; none stands for all."""
    calls = frozenset(call for value in lists for call in value.split(",") if call)
    return frozenset() if "all" in calls else calls


def _table(value: str) -> Tuple[str, bool]:
    """Return the list, and whether the action is to record always."""
    parts = value.split(",")
    action = next((part for part in parts if part in ("always", "never")), "")
    table = next((part for part in parts if part != action), "")
    if len(parts) != 2 or not action or table not in TABLES:
        raise ValueError("%s is no list and action" % value[:40])
    return table, action == "always"
