# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of authselect's profiles (authselect-profiles(5)): which lines a choice of features leaves of them."""

from __future__ import annotations

import re
from typing import List, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

_OPERATOR = re.compile(
    r"\{(?:(continue|stop|include|exclude) if ([^{}|:]+)|if ([^{}|:]+):([^{}|]*)(?:\|([^{}|]*))?|imply \"([^{}\"|]+)\" if ([^{}|:]+))\}"
)
_TOKEN = re.compile(r"\s*(\"[^\"]*\"|\(|\)|\w+)", re.ASCII)


def lines_of(text: str, features: Sequence[str]) -> List[str]:
    """Return the lines that are left, blanks in them as one, without comments and empty ones. Raises `ReadError`."""
    chosen = set(features)
    found: List[str] = []
    for raw in split_lines(text):
        line, kept, ends = _line(raw, chosen)
        if kept:
            found += plain(line)
        if ends:
            break
    return found


def plain(text: str) -> List[str]:
    """Return the lines of a text as they are compared: blanks in them as one, without comments and empty ones."""
    bare = (line.strip(BLANKS) for line in split_lines(text))
    return [" ".join(words_of(line)) for line in bare if line and not line.startswith("#")]


def _line(line: str, features: Set[str]) -> Tuple[str, bool, bool]:
    """Return (line without operators, whether it stays, whether the file ends with it)."""
    while True:
        match = _OPERATOR.search(line)
        if match is None:
            return line, True, False
        word, condition, choice, yes, no, implied, reason = match.groups()
        if word in ("continue", "stop"):
            # The line itself is no line of the file.
            return "", False, evaluate(condition, features) is (word == "stop")
        if word:
            if evaluate(condition, features) is not (word == "include"):
                return "", False, False
            put = ""
        elif choice is not None:
            put = yes if evaluate(choice, features) else no or ""
        else:
            if evaluate(reason, features):
                features.add(implied)
            return "", False, False
        line = line[: match.start()] + put + line[match.end() :]


def evaluate(expression: str, features: Set[str]) -> bool:
    """Return whether an expression of features, `not`, `and`, `or` and brackets holds. Raises `ReadError`."""
    tokens = _TOKEN.findall(expression)
    if "".join(tokens) != re.sub(r"\s+(?=(?:[^\"]*\"[^\"]*\")*[^\"]*\Z)", "", expression, flags=re.ASCII):
        raise ReadError("a profile of authselect has a condition that is not understood: %s" % expression[:100])
    result, rest = _either(tokens, features)
    if rest:
        raise ReadError("a profile of authselect has a condition that is not understood: %s" % expression[:100])
    return result


def _either(tokens: Sequence[str], features: Set[str]) -> Tuple[bool, Sequence[str]]:
    result, rest = _both(tokens, features)
    while rest and rest[0] == "or":
        more, rest = _both(rest[1:], features)
        result = result or more
    return result, rest


def _both(tokens: Sequence[str], features: Set[str]) -> Tuple[bool, Sequence[str]]:
    result, rest = _one(tokens, features)
    while rest and rest[0] == "and":
        more, rest = _one(rest[1:], features)
        result = result and more
    return result, rest


def _one(tokens: Sequence[str], features: Set[str]) -> Tuple[bool, Sequence[str]]:
    if tokens and tokens[0] == "not":
        result, rest = _one(tokens[1:], features)
        return not result, rest
    if tokens and tokens[0] == "(":
        result, rest = _either(tokens[1:], features)
        if rest and rest[0] == ")":
            return result, rest[1:]
    elif tokens and tokens[0].startswith('"'):
        return tokens[0].strip('"') in features, tokens[1:]
    raise ReadError("a profile of authselect has a condition that ends too early")
