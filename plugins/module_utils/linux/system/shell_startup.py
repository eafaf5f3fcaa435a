# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the start-up files of a shell may leave in PATH and as umask. They are read and never run.

Where a condition can't be decided both ways are followed, so that the result holds every value that is
possible. What can't be followed is an error: a command path that nobody could know must not pass.
"""

from __future__ import annotations

import re
import stat
from typing import Callable, Dict, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_flow import Flow
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_text import Unknown, commands, expand, words

MAX_VALUES = 64
MAX_FILES = 200
# Completions and the like: thousands of lines that packages bring, for interactive shells.
NOT_FOLLOWED = ("/usr/share/", "/usr/lib/")
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=(.*)\Z", re.DOTALL | re.ASCII)
DECLARING = frozenset({"export", "declare", "typeset", "readonly", "local"})
# An assignment before one of these lasts in sh, and in bash where that is told to be one (POSIX, 2.14).
SPECIAL = frozenset(
    {
        ":",
        ".",
        "source",
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
    }
)
PREFIXES = frozenset({"!", "command", "builtin", "\\command", "\\builtin"})
# These print settings of colours, pagers and languages.
HARMLESS_EVAL = re.compile(
    r"eval[ \t]+[\"']?(?:\$\(|`)[ \t]*(?:\w+=[^ \t]+[ \t]+)*(?:/\S*/)?(?:dircolors|lesspipe|locale-check)\b", re.ASCII
)
SETS_PATH = re.compile(r"\$\{PATH:?=|-v\s*PATH\b|\bpath_helper\b", re.ASCII)
RUN_PARTS = re.compile(r"\$\(run-parts[ \t].*[ \t](/[\w./-]*)[ \t]*\)\Z", re.ASCII)


class StartUp:
    """``paths`` and ``umasks``: what they may be, in order; those given are what they are before."""

    def __init__(self, host: Host, home: str, paths: List[str], umasks: List[str]) -> None:
        self.paths = paths
        self.umasks = umasks
        self._host = host
        self._variables: Dict[str, Optional[str]] = {"HOME": home, "USER": "root", "LOGNAME": "root"}
        self._loops: Dict[str, List[str]] = {}
        self._open: List[str] = []
        self._files = 0
        self._runs: Optional[bool] = True  # whether the present command does, given that its file is read

    def read(self, path: str, certain: Optional[bool]) -> bool:
        """Follow a file; return whether it is there. One that includes itself adds nothing the second time."""
        if path in self._open or path.startswith(NOT_FOLLOWED):
            return True
        try:
            text = self._host.read_text(path)
        except NotFound:
            return False
        self._files += 1
        if self._files > MAX_FILES:
            raise ReadError("root's start-up files include more than %d others" % MAX_FILES)
        before = dict(self._variables)
        self._follow(path, text, certain)
        if certain is None:
            # Within the file its variables are known; afterwards nobody knows whether it was read.
            self._variables.update({name: None for name, now in self._variables.items() if before.get(name) != now})
        return True

    def _follow(self, path: str, text: str, certain: Optional[bool]) -> None:
        self._open.append(path)
        flow = Flow(path, self._exists)
        for command in commands(text, path):
            if command.text in ("(", ")"):
                flow.bracket(command.text)
                continue
            stripped = flow.strip(command.text)
            runs = flow.certainty(stripped, command.after) if stripped else False
            if runs is not False:
                place = "%s:%d" % (printable(path), command.line)
                self._runs = runs
                self._command(words(stripped), None if certain is None else runs, place, flow)
        flow.end()
        self._open.pop()

    def _exists(self, operator: str, word: str) -> Optional[bool]:
        try:
            status = self._host.stat(expand(word, self._variables))
        except Unknown:
            return None
        except NotFound:
            return False
        wanted: Dict[str, Callable[[int], bool]] = {"-d": stat.S_ISDIR, "-f": stat.S_ISREG}
        return wanted[operator](status.st_mode) if operator in wanted else True

    def _command(self, given: List[str], certain: Optional[bool], place: str, flow: Flow) -> None:
        while given and given[0] in PREFIXES:
            given = given[1:]
        leading = 0
        while leading < len(given) and ASSIGNMENT.match(given[leading]):
            leading += 1
        # Before a command, an assignment is for that command only.
        name = given[leading] if leading < len(given) else ""
        if not name:
            self._assign(given, certain, place)
        elif name in SPECIAL or name in DECLARING:
            self._assign(given[:leading], None, place)
        if not name:
            return
        if name in DECLARING:
            self._assign(given[leading + 1 :], certain, place)
        else:
            self._other(given[leading:], certain, place, flow)

    def _other(self, given: List[str], certain: Optional[bool], place: str, flow: Flow) -> None:
        name, text = given[0], " ".join(given)
        if name in (".", "source"):
            self._source(given[1] if len(given) > 1 else "", certain, place)
        elif name == "umask":
            self._umask(given[1:], certain)
        elif name == "for" and len(given) > 3:
            self._loops[given[1]] = given[3:]
            self._variables[given[1]] = None
        elif name in ("return", "exit", "exec"):
            flow.leave()
        elif name == "eval" and not HARMLESS_EVAL.match(text):
            raise ReadError("%s: what eval runs there cannot be followed; %s" % (place, REMEDY))
        elif name not in ("hash", "[", "[[", "test", "case", "echo") and (
            "PATH" in given[1:] or SETS_PATH.search(text)
        ):
            raise ReadError("%s: how PATH is set there cannot be followed; %s" % (place, REMEDY))
        elif name in ("unset", "read"):
            self._variables.update(dict.fromkeys(given[1:]))

    def _assign(self, given: List[str], certain: Optional[bool], place: str) -> None:
        for word in given:
            assignment = ASSIGNMENT.match(word)
            if assignment is None:
                continue
            name, plus, text = assignment.groups()
            if name == "PATH":
                self._set_path("$PATH" + text if plus else text, certain, place)
            else:
                self._variables[name] = self._value("${%s-}%s" % (name, text) if plus else text, name)

    def _set_path(self, text: str, certain: Optional[bool], place: str) -> None:
        try:
            # PATH itself is expanded per value that it may have so far.
            changed = [expand(text, {**self._variables, "PATH": path}) for path in self.paths]
        except Unknown:
            raise ReadError("%s: what PATH is set to there cannot be followed; %s" % (place, REMEDY)) from None
        self.paths = _merged(self.paths, changed, certain)
        if len(self.paths) > MAX_VALUES:
            raise ReadError("%s: PATH may have more than %d values there; %s" % (place, MAX_VALUES, REMEDY))

    def _value(self, text: str, name: str) -> Optional[str]:
        try:
            value = expand(text, self._variables)
        except Unknown:
            return None
        return value if self._runs or self._variables.get(name) == value else None

    def _source(self, word: str, certain: Optional[bool], place: str) -> None:
        loop = self._loops.get(word.strip("\"'").lstrip("$").strip("{}"))
        try:
            paths = [expand(one, self._variables) for one in [word]] if loop is None else self._listed(loop)
        except Unknown:
            raise ReadError("%s: which file is read there cannot be told; %s" % (place, REMEDY)) from None
        for path in paths:
            if not path.startswith("/"):
                raise ReadError("%s: which file is read there cannot be told; %s" % (place, REMEDY))
            self.read(path, certain if loop is None else None)

    def _listed(self, loop: List[str]) -> List[str]:
        """Return the files that a loop goes through: those of its patterns, or of a folder by run-parts(8)."""
        folder = RUN_PARTS.match(" ".join(loop))
        patterns = [folder.group(1).rstrip("/") + "/*"] if folder else [expand(one, self._variables) for one in loop]
        return [path for pattern in patterns for path in self._host.glob(pattern)]

    def _umask(self, given: List[str], certain: Optional[bool]) -> None:
        shown = [word for word in given if word not in ("-S", "-p")]
        if shown:
            self.umasks = _merged(self.umasks, [umask_text(shown[0])], certain)


REMEDY = "make it a plain assignment, or look at `sudo -Hiu root env` yourself"


def _merged(before: List[str], changed: List[str], certain: Optional[bool]) -> List[str]:
    """Return what a value may be after a change that was certainly, or possibly, made."""
    return list(dict.fromkeys(changed if certain else before + changed))


def umask_text(text: str) -> str:
    """Return a umask as four octal digits; one that can't be told, or is relative to another, as it stands."""
    if re.match(r"[0-7]{1,4}\Z", text):
        return "%04o" % int(text, 8)
    allowed = {}
    for clause in text.split(","):
        parts = re.match(r"([ugoa]+)=([rwx]*)\Z", clause)
        if parts is None:
            return printable(text)[:100]
        bits = sum({"r": 4, "w": 2, "x": 1}[sign] for sign in set(parts.group(2)))
        allowed.update(dict.fromkeys(parts.group(1).replace("a", "ugo"), bits))
    if len(allowed) != len("ugo"):
        return printable(text)[:100]
    return "0" + "".join(str(7 - allowed[who]) for who in "ugo")
