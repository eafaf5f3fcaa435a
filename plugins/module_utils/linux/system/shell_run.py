# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shell may know behind its start-up files: they are gone through in thought and never run.

Where a condition can't be decided both ways are gone and what they leave is put together, so that no value is left out
that a variable may have. What can't be followed and may matter is an error with file and line.
"""

from __future__ import annotations

import functools
import re
from typing import List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_builtins import Builtins
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_core import (
    ASSIGNMENT,
    POSITIONAL,
    REMEDY,
    Frame,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_grammar import Node, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_state import State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import (
    UNKNOWN,
    UNSET,
    Test,
    Values,
    both,
    expand,
    fields,
    known,
    matches,
    negated,
    only,
)

MAX_ROUNDS = 100
MAX_ITEMS = 1000
MAX_DEPTH = 30
# An assignment before one of these lasts in sh (POSIX, 2.14), and an error in one ends it.
SPECIAL = frozenset(
    {
        ":",
        ".",
        "eval",
        "exec",
        "set",
        "shift",
        "times",
        "trap",
        "unset",
        "return",
        "break",
        "continue",
        "exit",
        "export",
        "readonly",
    }
)
DEFAULTED = re.compile(r"\$\{([A-Za-z_]\w*):?=([^{}]*)\}", re.ASCII)
RUN_PARTS = re.compile(r"\$\(run-parts[ \t].*[ \t](/[\w./-]*)[ \t]*\)\Z", re.ASCII)


class Shell(Builtins):
    """One shell of one user. `start_up` has it read a file, `end` says what is so then."""

    def start_up(self, path: str) -> bool:
        """Read a file as the shell does by itself; return whether it was read."""
        if self._files.readable(path) is not True and self._files.test("-e", path) is not True:
            return False
        self._frames.append({"abort": []})
        found = self._read(path)
        for state in self._frames.pop()["abort"]:
            self.state.join(state)
        return found is not False

    def end(self) -> State:
        """Return what is so when the shell asks for its first command, or ended before."""
        if self._bash and self._interactive and self.state.live:
            prompts = [text for text in self.state.get("PROMPT_COMMAND") if known(text)]
            # Once before the first command, and again before each other.
            self._each(
                [
                    lambda: None,
                    *[
                        functools.partial(self._code, list(parse(one, "PROMPT_COMMAND")), "PROMPT_COMMAND")
                        for one in sorted(prompts)
                    ],
                ]
            )
        for state in self._ended:
            self.state.join(state)
        return self.state

    def _condition(self, node: Node) -> Optional[bool]:
        self._conditions += 1
        status = self._run(node)
        self._conditions -= 1
        return status

    def _run(self, node: Node) -> Optional[bool]:
        """Go through a node; return whether it succeeds, None where that is not known."""
        if not self.state.live:
            return None
        status: Optional[bool] = getattr(self, "_run_" + node[0])(*node[1:])
        if (
            node[0] in ("command", "pipe", "subshell", "test", "arithmetic")
            and not self._conditions
            and status is not True
        ):
            self._perhaps_ends(status)
        return status

    def _perhaps_ends(self, status: Optional[bool]) -> None:
        """End the shell where a command failed under `set -e`."""
        result = both(self.state.flag(" e"), negated(status))
        if result is not False:
            self._ended.append(self.state.copy())
            self.state.live = result is None

    def _run_list(self, nodes: Sequence[Node]) -> Optional[bool]:
        status: Optional[bool] = True
        for node in nodes:
            status = self._run(node)
        return status

    def _run_and(self, first: Node, second: Node) -> Optional[bool]:
        return self._either(self._condition(first), lambda: self._run(second), lambda: False)

    def _run_or(self, first: Node, second: Node) -> Optional[bool]:
        return self._either(self._condition(first), lambda: True, lambda: self._run(second))

    def _run_not(self, node: Node) -> Optional[bool]:
        return negated(self._condition(node))

    def _run_pipe(self, nodes: Sequence[Node]) -> Optional[bool]:
        return [self._run_subshell([node]) for node in nodes][-1]

    def _run_subshell(self, nodes: Sequence[Node]) -> Optional[bool]:
        """Go through what a shell of its own does: nothing stays of it but whether it succeeds."""
        state, ended, frames = self.state.copy(), self._ended, self._frames
        self._ended, self._frames = [], [{"abort": [], "discard": [], "return": []}]
        status = self._run_list(nodes)
        if self._frames[0]["abort"] or self._frames[0]["discard"]:
            status = None if self.state.live else False
        elif not self.state.live or self._ended:
            status = None
        self.state, self._ended, self._frames = state, ended, frames
        return status

    def _run_if(self, parts: Sequence[Tuple[Node, Node]], other: Optional[Node]) -> Optional[bool]:
        if not parts:
            return self._run(other) if other else True
        condition, body = parts[0]
        return self._either(self._condition(condition), lambda: self._run(body), lambda: self._run_if(parts[1:], other))

    def _run_while(self, condition: Node, body: Node, until: bool = False) -> Optional[bool]:
        out = State({}, live=False)
        frame: Frame = {"break": []}
        self._frames.append(frame)
        for _round in range(MAX_ROUNDS):
            before = self.state.copy()
            goes_on = self._condition(condition)
            goes_on = negated(goes_on) if until else goes_on
            if goes_on is not True:
                out.join(self.state)
            if goes_on is False or not self._round(body):
                break
            if goes_on is None:
                self.state.join(before)
                if self.state.values == before.values:
                    break
        else:
            raise ReadError("%s: how often the loop there is gone through cannot be told; %s" % (self._place, REMEDY))
        self._frames.pop()
        for state in frame["break"]:
            out.join(state)
        self.state = out
        return None

    def _run_until(self, condition: Node, body: Node) -> Optional[bool]:
        return self._run_while(condition, body, until=True)

    def _round(self, body: Node) -> bool:
        """Go once through the body of a loop; return whether its end may be reached."""
        frame: Frame = {"continue": []}
        self._frames.append(frame)
        self._run(body)
        self._frames.pop()
        for state in frame["continue"]:
            self.state.join(state)
        return self.state.live

    def _run_for(self, line: int, name: str, words: Optional[Sequence[str]], body: Node) -> Optional[bool]:
        self._place = "%s:%d" % (self._path, line)
        items = self._positions() if words is None else self._items(words)
        if items is None or len(items) > MAX_ITEMS:
            self._set(name, only(UNKNOWN))
            return self._run_while(("arithmetic", ""), body)
        frame: Frame = {"break": []}
        self._frames.append(frame)
        for item in items:
            if not self._set(name, only(item)) or not self._round(body):
                break
        self._frames.pop()
        for state in frame["break"]:
            self.state.join(state)
        return None

    def _positions(self) -> Optional[List[str]]:
        values = [self.state.get(name) for name in POSITIONAL[3:]]
        count = values.index(only(UNSET)) if only(UNSET) in values else len(values)
        sure = self.state.get("#") == only(str(count)) and all(len(one) == 1 for one in values[:count])
        return [next(iter(one)) for one in values[:count]] if sure else None

    def _items(self, words: Sequence[str]) -> Optional[List[str]]:
        """Return what a loop goes through: words, files of patterns, or of a folder by run-parts(8)."""
        found: List[str] = []
        for word in words:
            folder = RUN_PARTS.match(word)
            parts = [folder.group(1).rstrip("/") + "/*"] if folder else fields(word, self.state.values)
            if parts is None:
                return None
            for part in parts:
                listed = (
                    self._files.matching(part)
                    if part.startswith("/") and any(sign in part for sign in "*?[")
                    else [part]
                )
                if listed is None:
                    return None
                found.extend(listed)
        return found

    def _run_case(self, line: int, word: str, parts: Sequence[Tuple[Sequence[str], Node, str]]) -> Optional[bool]:
        self._place = "%s:%d" % (self._path, line)
        return self._cases(expand(word, self.state.values), parts)

    def _cases(
        self, values: Values, parts: Sequence[Tuple[Sequence[str], Node, str]], falls: bool = False
    ) -> Optional[bool]:
        if not parts:
            return True
        patterns, body, ending = parts[0]
        found = [matches(values, expand(one, self.state.values, pattern=True)) for one in patterns]
        result = True if True in found else None if None in found else False

        def chosen() -> Optional[bool]:
            status = self._run(body)
            return self._cases(values, parts[1:], ending == ";&") if ending in (";&", ";;&") else status

        return self._either(True if falls else result, chosen, lambda: self._cases(values, parts[1:]))

    def _run_function(self, name: str, body: Node) -> Optional[bool]:
        self._bodies.append(body)
        self.state.values[" f " + name] = only(str(len(self._bodies) - 1))
        return True

    def _run_arithmetic(self, text: str) -> Optional[bool]:
        self._cannot_follow_if_watched([text])
        for name in re.findall(r"[A-Za-z_]\w*", text, re.ASCII):
            self.state.values[name] = only(UNKNOWN)
        return int(text) != 0 if is_number(text.strip(" ")) else None

    def _run_test(self, line: int, words: Sequence[str]) -> Optional[bool]:
        self._place = "%s:%d" % (self._path, line)
        return Test(words, self.state.values, self._look, True).result() if self._bash else False

    def _run_command(self, line: int, words: Sequence[str]) -> Optional[bool]:
        self._place = "%s:%d" % (self._path, line)
        given = list(words)
        for name, text in [found for word in words for found in DEFAULTED.findall(word)]:
            self._set(name, expand("${%s:-%s}" % (name, text), self.state.values))
        leading = 0
        while leading < len(given) and ASSIGNMENT.match(given[leading]):
            leading += 1
        if leading == len(given):
            return self._assigned(given)
        # Before a command, an assignment is for that command only, but for some in some shells.
        named = expand(given[leading], self.state.values)
        name = next(iter(named)) if len(named) == 1 else UNKNOWN
        if leading and name in SPECIAL:
            before = given[:leading]
            self._either(None if self._bash else True, lambda: self._assigned(before), lambda: True)
        if not known(name):
            self._cannot_follow_if_watched(given)
            return None
        return self._called(name, given[leading + 1 :])

    def _called(self, name: str, given: List[str]) -> Optional[bool]:
        """Call a function, a command of the shell's own, or another."""
        functions = self.state.get(" f " + name)
        ways = [functools.partial(self._function, int(one), given) for one in sorted(functions - only(UNSET))]
        if UNSET in functions:
            ways.append(functools.partial(self._own, name, given))
        return ways[0]() if len(ways) == 1 else self._each(ways)

    def _function(self, number: int, given: Sequence[str]) -> Optional[bool]:
        if len(self._locals) > MAX_DEPTH:
            raise ReadError("%s: a function calls itself there without end; %s" % (self._place, REMEDY))
        words = [expand(word, self.state.values) for word in given]
        before = {name: self.state.values.get(name) for name in POSITIONAL}
        self._position(words)
        frame: Frame = {"return": []}
        self._frames.append(frame)
        self._locals.append({})
        status = self._run(self._bodies[number])
        self._frames.pop()
        for state in frame["return"]:
            status = None
            self.state.join(state)
        self.state.values.update(self._locals.pop())
        self.state.values.update({name: only(UNSET) if values is None else values for name, values in before.items()})
        return status

    def _code(self, nodes: Sequence[Node], path: str) -> Optional[bool]:
        """Go through a script, complete command by complete command."""
        above, place = self._path, self._place
        self._path = path
        frame: Frame = {"return": [], "discard": []}
        self._frames.append(frame)
        status: Optional[bool] = True
        for node in nodes:
            status = self._run(node)
            for state in frame["discard"]:
                status = None
                self.state.join(state)
            frame["discard"] = []
            if not self.state.live:
                break
        self._frames.pop()
        for state in frame["return"]:
            status = None
            self.state.join(state)
        self._path, self._place = above, place
        return status
