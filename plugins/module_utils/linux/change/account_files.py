# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""passwd(5), shadow(5), group(5) and gshadow(5), in which a change is taken back by field and never as a whole file.

People change their passwords and get accounts all the time. So what a run changed is told from what came since by three
texts of a file: before the run's command, after it, and now. No secret is ever part of what is said of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number

PASSWD, SHADOW, GROUP, GSHADOW = "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"
DATABASE = (PASSWD, SHADOW, GROUP, GSHADOW)
# What the tools that write them keep as it was before their last change.
COPIES = tuple(path + "-" for path in DATABASE)
WIDTHS = {PASSWD: 7, SHADOW: 9, GROUP: 4, GSHADOW: 4}
NAME, SECRET, NUMBER = 0, 1, 2
NEW = NAME
# Lists of names, of which each counts for itself.
LISTS = {GROUP: (3,), GSHADOW: (2, 3)}
FIRST_PERSON = 1000
COLUMNS = {
    PASSWD: ("name", "password", "user number", "group number", "comment", "home directory", "shell"),
    SHADOW: ("name", "password", "day of the last change", "minimum age", "maximum age", "warning", "inactivity",
             "expiry", "flag"),
    GROUP: ("name", "password", "group number", "members"),
    GSHADOW: ("name", "password", "administrators", "members"),
}  # fmt: skip

Texts = Dict[str, str]
# [path, name, column, value]: what a command is to make of a record. Column `NEW`: it makes the record; `SECRET` with
# "!": it locks the password.
Record = Sequence[object]


@dataclass
class Merged:
    """The texts without what the run did. ``conflicts``: what somebody changed of that very thing since.

    ``kept``: records that the run made and that somebody uses now, which stay.
    """

    texts: Texts
    conflicts: List[str] = field(default_factory=list)
    kept: List[str] = field(default_factory=list)


def expected(before: Texts, records: Iterable[Record]) -> Texts:
    """Return the texts as a command that is to make ``records`` leaves them, as far as it matters for taking it back."""
    after = dict(before)
    for record in records:
        path, name, column, value = (str(part) for part in record)
        if path not in after:
            continue
        lines = after[path].split("\n")
        if int(column) == NEW:
            if name not in _records(after[path]):
                lines.append(":".join([name, "!", *[""] * (WIDTHS[path] - 2)]))
        else:
            number = next((number for number, line in enumerate(lines) if line.startswith(name + ":")), None)
            if number is not None:
                lines[number] = _edited(path, lines[number], int(column), value)
        after[path] = "\n".join(lines)
    return after


def _edited(path: str, line: str, column: int, value: str) -> str:
    fields = line.split(":")
    if column < len(fields):
        if column != SECRET:
            fields[column] = value
        elif (path, fields[SECRET]) != (PASSWD, "x") and not fields[SECRET].startswith("!"):
            fields[SECRET] = value + fields[SECRET]
    return ":".join(fields)


def of_packages(before: Texts, after: Texts, named: Optional[Sequence[str]] = None) -> Texts:
    """Return the texts with no more than what packages make of them: system accounts, and their being in groups.

    Passwords, people and what they are members of, changed while a package was installed, are the work of others.
    ``named``: no other account than these is theirs, as where the installation was cut off.
    """
    result = dict(before)
    system = {name for name, line in _records(after.get(PASSWD, "")).items() if _number(line.split(":")) < FIRST_PERSON}
    for base, shadow in ((PASSWD, SHADOW), (GROUP, GSHADOW)):
        was = _records(before.get(base, ""))
        rows = {name: line.split(":") for name, line in _records(after.get(base, "")).items() if name not in was}
        made = {name for name, row in rows.items() if _number(row) < FIRST_PERSON}
        made = made if named is None else made.intersection(named)
        gone = {name for name, line in was.items() if _number(line.split(":")) < FIRST_PERSON} - set(
            _records(after.get(base, ""))
        )
        for path in (base, shadow):
            if path in before and path in after:
                lines = before[path].split("\n") if base == PASSWD else _with_members(path, before, after, system)
                lines = [line for line in lines if line.partition(":")[0] not in gone]
                ends = lines[-1:] == [""]
                new = [line for name, line in _records(after[path]).items() if name in made]
                result[path] = "\n".join([*(lines[:-1] if ends else lines), *new, *([""] if ends else [])])
    return result


def _with_members(path: str, before: Texts, after: Texts, system: Set[str]) -> List[str]:
    """Return the lines of a file of groups, with the system accounts that came to them."""
    now = _records(after[path])
    lines = before[path].split("\n")
    for number, line in enumerate(lines):
        name = line.partition(":")[0]
        if name in now and now[name] != line:
            came = _members(path, after, name) ^ _members(path, before, name)
            if came and came <= system:
                lines[number] = now[name]
    return lines


def _number(row: Sequence[str]) -> int:
    return int(row[NUMBER]) if len(row) > NUMBER and is_number(row[NUMBER]) else FIRST_PERSON


def merge(before: Texts, after: Texts, now: Texts) -> Merged:
    """Return what is there now without what led from ``before`` to ``after``; all three hold the same paths."""
    merged = Merged(dict(now))
    used = {
        **dict.fromkeys((GROUP, GSHADOW), _used_groups(before, after, now)),
        **dict.fromkeys((PASSWD, SHADOW), _used_users(before, after, now)),
    }
    for path in now:
        merged.texts[path] = _taken_back(path, (before[path], after[path], now[path]), used[path], merged)
    for what, path in (("group", GROUP), ("user", PASSWD)):
        for name, why in sorted(used[path].items()):
            merged.conflicts.append("the %s %s, which the run made, %s" % (what, _shown(name), why))
            merged.kept.append("the %s %s, which %s" % (what, _shown(name), why))
    return merged


def _records(text: str) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for line in text.split("\n"):
        name, colon, _rest = line.partition(":")
        if colon and name:
            found.setdefault(name, line)
    return found


def _made(path: str, before: Texts, after: Texts, now: Texts) -> List[str]:
    """Return the names of the records that the command made and that are still there."""
    if path not in now:
        return []
    was, made, there = (_records(texts[path]) for texts in (before, after, now))
    return [name for name in made if name not in was and name in there]


def _used_groups(before: Texts, after: Texts, now: Texts) -> Dict[str, str]:
    """Return group -> why it cannot go, of those that the command made."""
    made = set(_made(PASSWD, before, after, now))
    rows = [line.split(":") for name, line in _records(now.get(PASSWD, "")).items() if name not in made]
    primary = {row[3] for row in rows if len(row) > 3}
    used: Dict[str, str] = {}
    for name in _made(GROUP, before, after, now):
        members: Set[str] = set()
        for path in (GROUP, GSHADOW):
            if path in now:
                members |= _members(path, now, name) - _members(path, after, name)
        if members - made:
            used[name] = "has members now (%s)" % ", ".join(map(_shown, sorted(members)[:5]))
        elif _field(_records(now[GROUP])[name], NUMBER) in primary:
            used[name] = "is the primary group of a user now"
    return used


def _used_users(before: Texts, after: Texts, now: Texts) -> Dict[str, str]:
    """Return user -> why it cannot go, of those that the command made."""
    used: Dict[str, str] = {}
    for name in _made(PASSWD, before, after, now):
        for path in (PASSWD, SHADOW):
            if path in now and _records(now[path]).get(name, "") != _records(after[path]).get(name, ""):
                used[name] = "was changed since"
    return used


def _members(path: str, texts: Texts, name: str) -> Set[str]:
    line = _records(texts[path]).get(name, "")
    return {member for column in LISTS[path] for member in _field(line, column).split(",") if member}


def _field(line: str, column: int) -> str:
    fields = line.split(":")
    return fields[column] if column < len(fields) else ""


def _taken_back(path: str, texts: Sequence[str], used: Dict[str, str], merged: Merged) -> str:
    before, after, now = texts
    was, made = _records(before), _records(after)
    lines: List[str] = []
    seen: Set[str] = set()
    for line in now.split("\n"):
        name = line.partition(":")[0]
        first = name not in seen and ":" in line
        seen.add(name)
        if first and name in made and name not in was and name not in used:
            continue
        both = first and name in was and name in made
        lines.append(_fields_back(path, (was[name], made[name], line), merged) if both else line)
    gone = [line for name, line in was.items() if name not in made and name not in seen]
    ending = lines.pop() if lines and not lines[-1] else None
    lines += gone if ending is None else [*gone, ending]
    # Where nothing else differs, the order of the lines and the end of the last one are those of before too.
    same = sorted(filter(None, lines)) == sorted(filter(None, before.split("\n")))
    return before if same else "\n".join(lines)


def _fields_back(path: str, lines: Sequence[str], merged: Merged) -> str:
    """Return a record of now in which the fields that the command changed have their old values."""
    was, made, now = (line.split(":") for line in lines)
    if not len(was) == len(made) == len(now):
        return lines[2]
    for column, (old, new, there) in enumerate(zip(was, made, now)):
        now[column] = field_back((path, was[NAME], column), old, new, there, merged)
    return ":".join(now)


def field_back(place: Tuple[str, str, int], old: str, new: str, there: str, merged: Merged) -> str:
    """Return the value of now of one field (path, name, column) without what led from ``old`` to ``new``."""
    path, name, column = place
    if column == SECRET:
        return _secret_back(old, new, there)
    if column in LISTS.get(path, ()):
        return _list_back(old, new, there)
    if alike(there, old) or alike(there, new):
        # The tools write numbers in their own way (007 as 7), which is taken back with the rest.
        return old
    if alike(old, new):
        return there
    merged.conflicts.append(
        "the %s of %s in %s was changed since the run (it is %s, the run had set %s)"
        % (COLUMNS[path][column], _shown(name), path, _shown(there) or "empty", _shown(new) or "empty")
    )
    return old


def _secret_back(old: str, new: str, there: str) -> str:
    """Return a password of now, unlocked where the command locked it; another password is never put in its place."""
    bare = old.lstrip("!")
    if old == new or bare != new.lstrip("!") or there.startswith("!") != new.startswith("!"):
        return there
    back = old[: len(old) - len(bare)] + there.lstrip("!")
    # Nothing behind the lock: without it nobody would be asked for a password, which is only right where it was so.
    return there if not back and old else back


def _list_back(old: str, new: str, there: str) -> str:
    before, after, now = ([name for name in text.split(",") if name] for text in (old, new, there))
    names = [name for name in now if name in before or name not in after]
    names += [name for name in before if name not in after and name not in now]
    return old if sorted(names) == sorted(before) else ",".join(names)


def alike(one: str, other: str) -> bool:
    """Return whether two fields say the same: a number may be written in several ways, none is -1."""
    numbers = [int(text) if re.match(r"-?[0-9]{1,10}\Z", text) else None for text in (one or "-1", other or "-1")]
    return one == other or (None not in numbers and numbers[0] == numbers[1])


def _shown(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "backslashreplace")
