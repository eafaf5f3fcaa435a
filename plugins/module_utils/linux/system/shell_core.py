# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground of a shell that is gone through in thought: ways that part and meet, variables, what is left early."""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Mapping, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_files import Files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_grammar import NAME, Node
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_state import State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import (
    UNKNOWN,
    UNSET,
    Values,
    expand,
    known,
    only,
    product,
)

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=(.*)\Z", re.DOTALL | re.ASCII)
# What a shell runs later.
LATER = ("PROMPT_COMMAND",)
POSITIONAL = ("#", "@", "*", "1", "2", "3", "4", "5", "6", "7", "8", "9")
Way = Callable[[], Optional[bool]]
Frame = Dict[str, List["State"]]
REMEDY = "make it a plain command, or take it out"


class Core:
    """One shell of one user, with what it has read so far; `Shell` is the whole of it.

    ``bash``: whether it is one, else dash. ``variables``: those before the first file, `` umask``, `` uid`` and `` name``
    among them. ``watched``: variables, or umask, whose changes are noted in ``places``.
    """

    def __init__(
        self,
        files: Files,
        bash: bool,
        interactive: bool,
        login: bool,
        variables: Mapping[str, Values],
        watched: Sequence[str],
    ) -> None:
        self.state = State(variables)
        self.places: List[str] = []
        self.unset = False
        self._files, self._host, self._bash, self._interactive, self._login = (
            files,
            files.host,
            bash,
            interactive,
            login,
        )
        self._watched = tuple(watched)
        self._ended: List[State] = []
        self._frames: List[Dict[str, List[State]]] = []
        self._bodies: List[Node] = []
        self._locals: List[Dict[str, Values]] = []
        self._open: List[str] = []
        self._conditions = 0
        self._count = 0
        self._place = ""
        self._path = ""

    def _each(self, ways: Sequence[Way]) -> Optional[bool]:
        """Go several ways from here; put together what they leave and what they give."""
        start, after = self.state, State({}, live=False)
        given: List[Optional[bool]] = []
        for way in ways:
            self.state = start.copy()
            status = way()
            if self.state.live:
                given.append(status)
            after.join(self.state)
        self.state = after
        return given[0] if given and all(status is given[0] for status in given) else None

    def _either(self, result: Optional[bool], yes: Way, no: Way) -> Optional[bool]:
        """Go on by a result, both ways where it is not known."""
        return self._each([yes, no]) if result is None else yes() if result else no()

    def _assigned(self, given: Sequence[str]) -> Optional[bool]:
        """Make assignments that stand alone. Where one is refused, bash goes on with the next line, and dash ends."""
        for word in given:
            if self.state.live and self._assign(word) is False:
                self._leave("discard" if self._bash else "abort")
        return None if any("$(" in word or "`" in word for word in given) else True

    def _assign(self, word: str) -> Optional[bool]:
        found = ASSIGNMENT.match(word)
        if found is None:
            return True
        name, part, plus, text = found.groups()
        values = only(UNKNOWN) if part or text.startswith("(") else expand(text, self.state.values)
        if plus and not part:
            values = product([self.state.get(name), values])
        if name in LATER and not all(known(value) for value in values):
            self._cannot_follow_if_watched([text], name)
        return self._set(name, values)

    def _set(self, name: str, values: Values) -> Optional[bool]:
        """Give a variable a value; return whether that is not refused. Refused perhaps, both is gone on with."""
        if not NAME.match(name):
            return True
        self._note(name)
        fixed = self.state.flag(" r " + name)
        if fixed:
            return False
        if name in self._watched and UNKNOWN in values:
            raise ReadError("%s: what %s is set to there cannot be followed; %s" % (self._place, name, REMEDY))
        if fixed is None:
            self._leave("discard" if self._bash else "abort")
            self.state.live = True
            values = values | self.state.get(name)
        self.state.values[name] = frozenset("" if value == UNSET else value for value in values)
        if self.state.flag(" a") is not False:
            self._mark("x", name, "1", self.state.flag(" a"))
        return True

    def _mark(self, flag: str, name: str, text: str, certain: Optional[bool] = True) -> None:
        key = " %s %s" % (flag, name)
        self.state.values[key] = only(text) if certain else self.state.get(key) | only(text)

    def _note(self, name: str) -> None:
        if name in self._watched and self._place not in self.places:
            self.places.append(self._place)

    def _leave(self, why: str, level: int = 1) -> None:
        """Leave what encloses this: the nearest frame of the sort, or for ``level`` another further out."""
        frames = [frame for frame in reversed(self._frames) if why in frame]
        if frames:
            frames[min(level, len(frames)) - 1][why].append(self.state.copy())
            self.state.live = False

    def _cannot_follow_if_watched(self, words: Sequence[str], what: str = "") -> None:
        text = " ".join(words)
        for name in self._watched:
            if re.search(r"(?<![\w])%s(?![\w])" % re.escape(name), text, re.ASCII):
                what = what or "what is done with %s" % name
                raise ReadError("%s: %s there cannot be followed; %s" % (self._place, what, REMEDY))

    def _position(self, words: Sequence[Values]) -> None:
        values = dict(zip(POSITIONAL[3:], [*words, *[only(UNSET)] * 9]))
        all_words = product(values for word in words for values in (word, only(" ")))
        self.state.values.update({**values, "#": only(str(len(words))), "@": all_words, "*": all_words})

    def _look(self, operator: str, path: str) -> Optional[bool]:
        if operator == "-t":
            return True if self._interactive else None
        return self._files.test(operator, path) if path.startswith("/") else None

    def _code(self, nodes: Sequence[Node], path: str) -> Optional[bool]:
        """Go through a script, complete command by complete command."""
        raise NotImplementedError
