# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What words of a shell script may expand to, and what tests may give. Nothing is run.

A value is a text, or a text with one of the marks below in it, whose sign stands in no script. A variable has a set of
them: all that it may have.
"""

from __future__ import annotations

import fnmatch
import re
from typing import Callable, Dict, FrozenSet, Iterable, Iterator, List, Mapping, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SHELL_BLANKS, is_number, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_grammar import end_of_unit

Values = FrozenSet[str]
UNSET, UNKNOWN, USER_ID, USER_NAME = "\0unset", "\0unknown", "\0uid", "\0name"
FIRST_USER = 1000
MAX_VALUES = 64
BRACED = re.compile(r"\$\{(#?)([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(?:(:?[-+=?]|##?|%%?)(.*))?\}\Z", re.DOTALL | re.ASCII)
PLAIN = re.compile(r"\$([A-Za-z_]\w*|[0-9@*#?$!-])", re.ASCII)
IDENTITY = re.compile(
    r"(?:/usr/bin/|/bin/)?(id|whoami|umask)\b[ \t]*(-r?u|-r?un|-nr?u)?[ \t]*(?:2>[ \t]*/dev/null)?\Z", re.ASCII
)
NUMBERS: Dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda one, other: one == other,
    "-ne": lambda one, other: one != other,
    "-gt": lambda one, other: one > other,
    "-ge": lambda one, other: one >= other,
    "-lt": lambda one, other: one < other,
    "-le": lambda one, other: one <= other,
}
# Answers a test of a file: its operator and a path.
Looked = Callable[[str, str], Optional[bool]]


def only(*values: str) -> Values:
    """Return a set of values."""
    return frozenset(values)


def known(value: str) -> bool:
    """Return whether a value is a text that is known wholly."""
    return "\0" not in value


def product(parts: Iterable[Values]) -> Values:
    """Return what pieces joined may be; `UNKNOWN` where that is too many."""
    done = only("")
    for part in parts:
        done = frozenset(
            UNKNOWN if UNKNOWN in (one, other) else one + (other if other != UNSET else "")
            for one in done
            for other in part
        )
        if len(done) > MAX_VALUES:
            return only(UNKNOWN)
    return done


def units(word: str) -> Iterator[str]:
    """Yield the quoted texts, substitutions and single signs of a word."""
    at = 0
    while at < len(word):
        end = end_of_unit(word, at)
        if word[at] == "$" and end == at + 1:
            found = PLAIN.match(word, at)
            end = found.end() if found else end
        end = len(word) if end < 0 else end
        yield word[at:end]
        at = end


def expand(word: str, variables: Mapping[str, Values], pattern: bool = False) -> Values:
    """Return what a word may expand to as one text. ``pattern``: what is quoted stands for itself in it."""
    parts: List[Values] = []
    found = list(units(word))
    for before, unit, after in zip(["", *found], found, [*found[1:], ""]):
        if unit == "~" and before in ("", ":", "="):
            # Of another user than oneself nobody knows the home.
            parts.append(variables.get("HOME", only(UNKNOWN)) if after in ("", "/", ":") else only(UNKNOWN))
        else:
            parts.append(_unit(unit, variables, pattern))
    return product(parts)


def _unit(unit: str, variables: Mapping[str, Values], pattern: bool) -> Values:
    sign = unit[0]
    if sign == "\\":
        return only(_literal(unit[1:], pattern))
    if sign == "'":
        return only(_literal(unit[1:-1], pattern))
    if unit[:2] == "$'":
        inner = unit[2:-1]
        return only(UNKNOWN if "\\" in inner else _literal(inner, pattern))
    if sign == '"':
        return product(_in_quotes(unit[1:-1], variables, pattern))
    if sign in "$`" or unit[:2] in ("<(", ">("):
        return _substituted(unit, variables)
    return only(unit)


def _literal(text: str, pattern: bool) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text) if pattern else text


def _in_quotes(text: str, variables: Mapping[str, Values], pattern: bool) -> Iterator[Values]:
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            escaped = text[at + 1 : at + 2]
            yield only(_literal(escaped if escaped in '$`"\\' else sign + escaped, pattern))
            at += 2
        elif sign in "$`":
            unit = next(units(text[at:]), sign)
            yield _substituted(unit, variables)
            at += len(unit)
        else:
            yield only(_literal(sign, pattern))
            at += 1


def _substituted(unit: str, variables: Mapping[str, Values]) -> Values:
    """Return what a dollar sign or a backquote gives."""
    if unit in ("$", '$"'):
        return only(unit)
    if unit.startswith("${"):
        return _braced(unit, variables)
    if unit[0] == "`" or unit.startswith("$("):
        return _printed((unit[1:-1] if unit[0] == "`" else unit[2:-1]).strip(SHELL_BLANKS), variables)
    return variables.get(unit[1:], only(UNKNOWN)) if PLAIN.match(unit) else only(UNKNOWN)


def _printed(command: str, variables: Mapping[str, Values]) -> Values:
    """Return what a command prints that only says who the user is; nobody knows of others."""
    asked = IDENTITY.match(command)
    if asked is None:
        return only(UNKNOWN)
    program, option = asked.group(1), asked.group(2) or ""
    if program == "umask":
        return only(UNKNOWN) if option else variables[" umask"]
    if program == "id" and not option:
        return only(UNKNOWN)
    return variables[" name" if program == "whoami" or "n" in option else " uid"]


def _braced(unit: str, variables: Mapping[str, Values]) -> Values:
    found = BRACED.match(unit)
    if found is None:
        return only(UNKNOWN)
    length, name, operator, word = found.groups()
    if length:
        return frozenset(
            str(len(one)) if known(one) else "0" if one == UNSET else UNKNOWN
            for one in variables.get(name, only(UNKNOWN))
        )
    # What nothing has set yet is taken to be unset where the script says what is to stand in its place.
    values = variables.get(name, only(UNSET if operator and operator[-1] in "-=" else UNKNOWN))
    if operator is None:
        return values
    other = expand(word, variables, pattern=operator[0] in "#%")
    done: List[str] = []
    for value in values:
        if operator[-1] in "-+=?":
            empty = value == UNSET or (operator[0] == ":" and value == "")
            both = value == UNKNOWN
            if operator[-1] == "+":
                done.extend(other if both or not empty else ())
                done.extend(("",) if both or empty else ())
            else:
                done.extend(other if empty or both else ())
                done.extend((value,) if not empty else ())
        else:
            done.extend(_cut(value, operator, one) for one in other)
    return frozenset(done)


def _cut(value: str, operator: str, pattern: str) -> str:
    """Return a value without the beginning or end that a pattern matches."""
    if value == UNSET:
        return ""
    if not known(value) or not known(pattern):
        return UNKNOWN
    sizes = range(len(value) + 1)
    for size in sizes if len(operator) == 1 else reversed(sizes):
        piece = value[:size] if operator[0] == "#" else value[len(value) - size :]
        if fnmatch.fnmatchcase(piece, pattern):
            return value[size:] if operator[0] == "#" else value[: len(value) - size]
    return value


def fields(word: str, variables: Mapping[str, Values]) -> Optional[List[str]]:
    """Return the words that one becomes where that is certain: unquoted, what it expands to is split. None where not."""
    values = expand(word, variables)
    if len(values) != 1 or not all(known(value) or value == UNSET for value in values):
        return None
    value = next(iter(values))
    if "$" not in word and "`" not in word:
        return [value]
    return [value] if '"' in word or "'" in word else words_of(value, blanks=SHELL_BLANKS)


# Tests.


def matches(values: Values, patterns: Values) -> Optional[bool]:
    """Return whether values match patterns; None where some may and some not."""
    return _agreed(_match(value, pattern) for value in values for pattern in patterns)


def _match(value: str, pattern: str) -> Optional[bool]:
    value = "" if value == UNSET else value
    pattern = "" if pattern == UNSET else pattern
    if USER_ID in (value, pattern):
        other = pattern if value == USER_ID else value
        return False if not other or (is_number(other) and int(other) < FIRST_USER) else None
    if USER_NAME in (value, pattern):
        return False if "root" in (value, pattern) or "" in (value, pattern) else None
    if not known(value) or not known(pattern):
        return True if pattern == "*" else None
    return fnmatch.fnmatchcase(value, pattern)


def _agreed(results: Iterable[Optional[bool]]) -> Optional[bool]:
    found = set(results)
    return found.pop() if len(found) == 1 else None


def negated(result: Optional[bool]) -> Optional[bool]:
    """Return the contrary; None stays None."""
    return None if result is None else not result


def both(first: Optional[bool], second: Optional[bool]) -> Optional[bool]:
    """Return whether two conditions hold together, each of which may be unknown."""
    if first is False or second is False:
        return False
    return True if first and second else None


class Test:
    """A test of [, test or [[ : its words, and what is known when it is made. ``extended``: [[ is."""

    def __init__(self, words: Sequence[str], variables: Mapping[str, Values], look: Looked, extended: bool) -> None:
        self._words = list(words)
        self._variables = variables
        self._look = look
        self._extended = extended
        if not extended:
            # What is unquoted and empty is no word at all.
            self._words = [word for word in words if word[:1] in "\"'" or expand(word, variables) - only("", UNSET)]

    def result(self) -> Optional[bool]:
        """Return what the test gives; a wrong one gives false, as in a shell."""
        words = self._words
        return self._either(list(words)) if words else False

    def _either(self, words: List[str]) -> Optional[bool]:
        for sign in ("||",) if self._extended else ("-o",):
            at = self._outside(words, sign)
            if at > 0:
                first, second = self._either(words[:at]), self._either(words[at + 1 :])
                return negated(both(negated(first), negated(second)))
        at = self._outside(words, "&&" if self._extended else "-a")
        if at > 0:
            return both(self._either(words[:at]), self._either(words[at + 1 :]))
        if len(words) > 1 and words[0] == "!":
            return negated(self._either(words[1:]))
        if len(words) > 2 and words[0].lstrip("\\") == "(" and words[-1].lstrip("\\") == ")":
            return self._either(words[1:-1])
        return self._single(words)

    @staticmethod
    def _outside(words: List[str], sign: str) -> int:
        depth = 0
        for at, word in enumerate(words):
            depth += {"(": 1, "\\(": 1, ")": -1, "\\)": -1}.get(word, 0)
            # `[ x = -a ]`: an operand, for an operator stands before it.
            if word == sign and not depth and (len(words) != 3 or at != 2):
                return at
        return -1

    def _single(self, words: List[str]) -> Optional[bool]:
        if len(words) == 1:
            return negated(matches(expand(words[0], self._variables), only("")))
        if len(words) == 2:
            return self._unary(words[0], words[1])
        return self._binary(*words) if len(words) == 3 else False

    def _unary(self, operator: str, word: str) -> Optional[bool]:
        if operator == "-v":
            return _agreed(None if one == UNKNOWN else one != UNSET for one in self._variables.get(word, only(UNKNOWN)))
        if not re.match(r"-[a-zA-Z]\Z", operator):
            return False
        values = expand(word, self._variables)
        if operator in ("-n", "-z"):
            empty = matches(values, only(""))
            return empty if operator == "-z" else negated(empty)
        return _agreed(self._look(operator, value) if known(value) else None for value in values)

    def _binary(self, left: str, operator: str, right: str) -> Optional[bool]:
        values = expand(left, self._variables)
        if operator in ("=", "==", "!="):
            others = expand(right, self._variables, pattern=True)
            if not self._extended:
                others = frozenset(_literal(value, True) for value in expand(right, self._variables))
            same = matches(values, others)
            return negated(same) if operator == "!=" else same
        others = expand(right, self._variables)
        if operator == "=~":
            plain = all(re.match(r"[\w/.-]+\Z", other, re.ASCII) and "." not in other for other in others)
            return (
                _agreed(other in value if known(value) else None for value in values for other in others)
                if plain
                else None
            )
        if operator in NUMBERS:
            return _agreed(_compared(one, operator, other) for one in values for other in others)
        return None


def _compared(one: str, operator: str, other: str) -> Optional[bool]:
    if one == USER_ID and is_number(other):
        number = int(other)
        if number >= FIRST_USER:
            return None
        return NUMBERS[operator](FIRST_USER, number)
    if not known(one) or not known(other):
        return False if UNSET in (one, other) else None
    try:
        return NUMBERS[operator](int(one), int(other))
    except ValueError:
        return False
