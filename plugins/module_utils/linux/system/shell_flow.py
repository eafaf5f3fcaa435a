# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a script's commands run, as far as that can be told for root without running anything."""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SHELL_BLANKS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

# Says whether a variable can be given a value for certain, for nothing made it read-only before.
Settable = Callable[[str], bool]
# Says whether the path that a word names exists, by the operator of the test; None where that can't be told.
Exists = Callable[[str, str], Optional[bool]]

TEST = re.compile(r"(?:\[\[?[ \t\n]+(?P<inner>.*?)[ \t\n]+\]\]?|test[ \t\n]+(?P<plain>.*))\Z", re.DOTALL | re.ASCII)
USER = re.compile(
    r"[\"']?(?:\$\([ \t\n]*id -r?u[ \t\n]*\)|`[ \t\n]*id -r?u[ \t\n]*`|\$E?UID|\$\{E?UID\})[\"']?[ \t\n]+(?P<sign>-eq|-ne|-ge|-gt|==?|!=)"
    r"[ \t\n]+[\"']?(?P<number>\d+)[\"']?\Z",
    re.ASCII,
)
EXISTENCE = re.compile(r"-[defr][ \t\n]+(?P<path>[^ \t\n()]+)\Z", re.ASCII)
TRIED = re.compile(r"([A-Za-z_]\w*)=[\w./:-]*\Z", re.ASCII)
COMPARED: Dict[str, Callable[[int], bool]] = {
    "-eq": lambda number: number == 0,
    "=": lambda number: number == 0,
    "==": lambda number: number == 0,
    "-ne": lambda number: number != 0,
    "!=": lambda number: number != 0,
    "-ge": lambda number: number <= 0,
    "-gt": lambda number: number < 0,
}
CLOSED_BY = {
    "for": "done",
    "while": "done",
    "until": "done",
    "select": "done",
    "case": "esac",
    "{": "}",
    "if": "fi",
    "(": ")",
}
CLOSING = frozenset(CLOSED_BY.values())


def truth(text: str, exists: Exists) -> Optional[bool]:
    """Return what a test gives for root, or None where that can't be told.

    Known are comparisons of the user number and single tests of a path (by ``exists``, given operator and word).
    """
    test = TEST.match(text.strip(SHELL_BLANKS))
    if test is None:
        return None
    inner = (test.group("inner") or test.group("plain") or "").strip(SHELL_BLANKS)
    user = USER.match(inner)
    if user:
        return COMPARED[user.group("sign")](int(user.group("number")))
    path = EXISTENCE.match(inner)
    return exists(inner[:2], path.group("path")) if path else None


class _Block:
    """One compound command. ``runs``: whether its present part does, None where that is not known."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.testing = word == "if"
        self.tests: List[str] = []
        self.runs: Optional[bool] = None
        self._taken: Optional[bool] = False  # whether a part before this one ran

    def then(self, exists: Exists, settable: Settable) -> None:
        """Begin the part for which the condition just seen decides."""
        holds = self._holds(exists, settable)
        self.runs = _both(holds, _negated(self._taken))
        self.testing, self.tests = False, []

    def _holds(self, exists: Exists, settable: Settable) -> Optional[bool]:
        """Return what the condition gives. An assignment tried in a subshell works where the variable is not read-only."""
        inner = [one for one in self.tests if one not in ("(", ")")]
        if [*self.tests[:1], *self.tests[2:]] == ["(", ")", "2>/dev/null"]:
            tried = TRIED.match(self.tests[1])
            return True if tried and settable(tried.group(1)) else None
        return truth(inner[0], exists) if len(inner) == 1 else None

    def otherwise(self, testing: bool) -> None:
        """Begin what is tried (`elif`) or done (`else`) where no part before ran."""
        if self.runs is True or self._taken is True:
            self._taken = True
        elif self.runs is None:
            self._taken = None
        self.runs = _negated(self._taken)
        self.testing = testing


class Flow:
    """Follows the compound commands of one script, command by command."""

    def __init__(self, path: str, exists: Exists, settable: Settable = lambda _name: False) -> None:
        self._path = path
        self._exists = exists
        self._settable = settable
        self._blocks: List[_Block] = []
        self._chain: Optional[bool] = True
        self._last: Optional[bool] = None
        self._left = False

    def leave(self) -> None:
        """Note that the script may end here, so that nobody knows whether the rest runs."""
        self._left = True

    def bracket(self, sign: str) -> None:
        """Enter or leave a subshell. A bracket that closes a pattern of `case` opened none."""
        if sign == "(":
            self._note_test(sign)
            self._blocks.append(_Block(sign))
        elif self._blocks and self._blocks[-1].word == "(":
            self._blocks.pop()
            self._note_test(sign)

    def _note_test(self, text: str) -> None:
        for block in self._blocks:
            if block.testing:
                block.tests.append(text)

    def strip(self, text: str) -> str:
        """Return a command without the reserved words before it, having followed them."""
        while text:
            word = words_of(text, 1, SHELL_BLANKS)[0]
            rest = text[len(word) :].strip(SHELL_BLANKS)
            if word == "function":
                # What it defines is gone through as if somebody called it.
                if rest.endswith("{"):
                    self._blocks.append(_Block("{"))
                return ""
            if not self._reserved(word):
                return text
            text = rest
        return text

    def _reserved(self, word: str) -> bool:
        """Follow a reserved word; return whether a command may stand behind it."""
        if word in CLOSED_BY:
            self._blocks.append(_Block(word))
            return word in ("if", "{")
        if word in CLOSING:
            self._top(word, [opening for opening, closing in CLOSED_BY.items() if closing == word])
            self._blocks.pop()
        elif word == "then":
            self._top(word, ["if"]).then(self._exists, self._settable)
        elif word in ("elif", "else"):
            self._top(word, ["if"]).otherwise(word == "elif")
        else:
            return word in ("do", "time")
        return True

    def _top(self, word: str, fitting: List[str]) -> _Block:
        if not self._blocks or self._blocks[-1].word not in fitting:
            raise ReadError("%s cannot be followed: %s stands where nothing is to be closed" % (self._path, word))
        return self._blocks[-1]

    def end(self) -> None:
        """Raise `ReadError` where something was left open: then the script was not understood."""
        if self._blocks:
            raise ReadError("%s cannot be followed: %s is not closed" % (self._path, self._blocks[-1].word))

    def certainty(self, text: str, after: str) -> Optional[bool]:
        """Return whether a command runs in this very shell: True, False, or None where it may."""
        if after == "&&":
            self._chain = _both(self._chain, self._last)
        elif after == "||":
            # What comes behind an "or" runs for more than one reason: only "may" is safe to say.
            self._chain = _both(self._chain, _negated(self._last)) and None
        else:
            self._chain = True
        self._last = truth(text, self._exists)
        result = None if self._left or after == "|" else self._chain
        self._note_test(text)
        for block in self._blocks:
            result = _both(result, None if block.testing else block.runs)
        return result


def _negated(known: Optional[bool]) -> Optional[bool]:
    return None if known is None else not known


def _both(first: Optional[bool], second: Optional[bool]) -> Optional[bool]:
    """Return whether two conditions hold together, each of which may be unknown."""
    if first is False or second is False:
        return False
    return True if first and second else None
