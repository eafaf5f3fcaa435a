# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that a shell has by itself, as far as they change what it knows; of others only whether they succeed."""

from __future__ import annotations

import functools
import re
from typing import Dict, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_core import POSITIONAL, REMEDY, Core
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_grammar import NAME, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import (
    UNKNOWN,
    UNSET,
    Test,
    expand,
    fields,
    known,
    only,
    product,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.umask_text import changed_umask

MAX_FILES = 200
# Completions and the like: thousands of lines that packages bring, for interactive shells.
PACKAGED = ("/usr/share/", "/usr/lib/")
PROGRAMS = ("usr/local/bin", "usr/bin", "bin", "usr/local/sbin", "usr/sbin", "sbin")
DECLARING = {"export": "x", "readonly": "r", "declare": "", "typeset": "", "local": ""}
BASH_ONLY = frozenset({"source", "declare", "typeset", "shopt", "builtin", "let", "mapfile", "readarray", "enable"})
# These print settings of colours, pagers and languages.
HARMLESS_EVAL = re.compile(
    r"[\"']?(?:\$\(|`)[ \t]*(?:\w+=[^ \t]+[ \t]+)*(?:/\S*/)?(?:dircolors|lesspipe|locale-check)\b", re.ASCII
)
# Red Hat's lang.sh: sed makes `export NAME=VALUE` of the lines of a file that are assignments in capitals, and drops the others.
EXPORTS = re.compile(
    r"[\"']?(?:\$\(|`)[ \t]*(?:/\S*/)?sed[ \t]+-[rE][ \t]+(?:-e[ \t]+)?'s/\^\[\[:blank:\]\]\*\(\[\[:upper:\]_\]\+\)=\([^'/()]+\)"
    r"/export \\1=\\2/;t;d'[ \t]+(?P<file>[^ \t;|&<>()`]+)[ \t]*[)`][\"']?\Z",
    re.ASCII,
)
ASSIGNED = re.compile(r"[ \t]*([A-Z_]+=.+)\Z", re.ASCII)
STATUS: Dict[str, Optional[bool]] = {
    ":": True,
    "true": True,
    "false": False,
    "echo": True,
    "umask": True,
    "alias": True,
}
OWN: Dict[str, str] = {
    **dict.fromkeys(DECLARING, "_declare"),
    **dict.fromkeys((".", "source"), "_source"),
    **dict.fromkeys(("return", "break", "continue", "exit", "exec"), "_end_here"),
    **dict.fromkeys(
        ("read", "let", "getopts", "mapfile", "readarray", "trap", "enable", "alias", "printf"), "_unknown"
    ),
    "unset": "_unset",
    "umask": "_umask",
    "eval": "_evaluate",
    "set": "_options",
    "shift": "_shift",
    "shopt": "_shell_option",
}


class Builtins(Core):
    """A shell's own commands; ``name`` is the command, ``given`` its words."""

    def _own(self, name: str, given: List[str]) -> Optional[bool]:
        if name in ("command", "builtin") and given and not given[0].startswith("-"):
            return self._own(given[0].lstrip("\\"), given[1:])
        if name in BASH_ONLY and not self._bash:
            return False
        method = OWN.get(name)
        if method:
            status: Optional[bool] = getattr(self, method)(name, given)
            return status
        if name in ("[", "test"):
            return Test(given[:-1] if name == "[" else given, self.state.values, self._look, False).result()
        return self._there(given) if name in ("command", "type", "which", "hash") else STATUS.get(name)

    def _there(self, given: Sequence[str]) -> Optional[bool]:
        """Return whether a program is there, by the places where programs are."""
        name = given[-1] if given else ""
        if (
            not re.match(r"[\w.+-]+\Z", name, re.ASCII)
            or " f " + name in self.state.values
            or name in OWN
            or name in STATUS
        ):
            return None
        found = [self._files.test("-x", "/%s/%s" % (folder, name)) for folder in PROGRAMS]
        return True if True in found else None

    def _declare(self, name: str, given: Sequence[str]) -> Optional[bool]:
        options = "".join(word[1:] for word in given if word.startswith("-"))
        flags = DECLARING[name] + options
        removed = "".join(word[1:] for word in given if word.startswith("+"))
        status: Optional[bool] = True
        for word in given:
            found = re.match(r"([A-Za-z_]\w*)(?:\[|\+?=|\Z)", word, re.ASCII)
            if found is None or "f" in options or "p" in options:
                continue
            variable = found.group(1)
            self._note(variable)
            if name in ("declare", "typeset", "local") and self._locals and "g" not in options:
                self._make_local(variable, "=" in word)
            if "=" in word and self._assign(word) is False:
                if not self._bash:
                    self._leave("abort")
                status = False
                continue
            for flag in "rx":
                if flag in flags and not (flag == "x" and "n" in options):
                    self._mark(flag, variable, "1")
                elif flag == "x" and ("x" in removed or (name == "export" and "n" in options)):
                    self._mark("x", variable, "")
        return status

    def _make_local(self, name: str, assigned: bool) -> None:
        for key in (name, " r " + name, " x " + name):
            self._locals[-1].setdefault(key, self.state.get(key))
        if not assigned and self._bash:
            self.state.values[name] = only(UNSET)

    def _unset(self, _name: str, given: Sequence[str]) -> Optional[bool]:
        status: Optional[bool] = True
        for word in given:
            if word.startswith("-"):
                continue
            for name in fields(word, self.state.values) or [word]:
                if "-f" in given:
                    self.state.values.pop(" f " + name, None)
                    continue
                self._note(name)
                fixed = self.state.flag(" r " + name)
                if fixed is not False:
                    status = None if fixed is None else False
                    if not self._bash:
                        self._either(fixed, lambda: self._leave("abort"), lambda: None)
                if fixed is not True:
                    self.unset = self.unset or name in self._watched
                    kept = self.state.get(name) if fixed is None else only()
                    self.state.values[name] = kept | only(UNSET)
                    self._mark("x", name, "", fixed is False)
        return status

    def _source(self, _name: str, given: Sequence[str]) -> Optional[bool]:
        if not given:
            return False
        if given[0].startswith("/dev/null"):
            return True
        return self._each([functools.partial(self._read, path) for path in self._paths(given[0])])

    def _read(self, path: str) -> Optional[bool]:
        """Go through a file. One that includes itself adds nothing the second time."""
        if path in self._open:
            return True
        readable = self._files.readable(path)
        if readable is None:
            return self._each([lambda: self._follow(path), lambda: False])
        if not readable:
            if not self._bash and len(self._open):
                self._leave("abort")
            return False
        return self._follow(path)

    def _follow(self, path: str) -> Optional[bool]:
        try:
            text = self._host.read_text(path)
        except NotFound:
            return False
        if path.startswith(PACKAGED) and not any(name in text for name in self._watched if name != "PATH"):
            return None
        self._count += 1
        if self._count > MAX_FILES:
            raise ReadError("the start-up files of shells include more than %d others" % MAX_FILES)
        self._open.append(path)
        shown = printable(path)
        status = self._code(self._host.shared("script " + path, lambda: list(parse(text, shown))), shown)
        self._open.pop()
        return status

    def _umask(self, _name: str, given: Sequence[str]) -> Optional[bool]:
        shown = [word for word in given if word not in ("-S", "-p", "--")]
        if not shown:
            return True
        self._note("umask")
        values = expand(shown[0], self.state.values)
        if not all(known(value) for value in values):
            raise ReadError("%s: what umask is set to there cannot be followed; %s" % (self._place, REMEDY))
        before = self.state.get(" umask")
        changed = [(changed_umask(value, one), one) for value in values for one in before]
        self.state.values[" umask"] = frozenset(one if new is None else new for new, one in changed)
        return True if all(new for new, _one in changed) else None if any(new for new, _one in changed) else False

    def _evaluate(self, _name: str, given: Sequence[str]) -> Optional[bool]:
        text = " ".join(given)
        if HARMLESS_EVAL.match(text):
            return None
        exports = EXPORTS.match(text)
        if exports:
            return self._each(
                [functools.partial(self._export_lines, path) for path in self._paths(exports.group("file"))]
            )
        values = product(part for word in given for part in (expand(word, self.state.values), only(" ")))
        if not all(known(value) for value in values):
            raise ReadError("%s: what eval runs there cannot be followed; %s" % (self._place, REMEDY))
        return self._each(
            [functools.partial(self._code, list(parse(value, self._place)), self._path) for value in sorted(values)]
        )

    def _paths(self, word: str) -> List[str]:
        paths = expand(word, self.state.values)
        if not all(path.startswith("/") and known(path) for path in paths):
            raise ReadError("%s: which file is read there cannot be told; %s" % (self._place, REMEDY))
        return sorted(paths)

    def _export_lines(self, path: str) -> Optional[bool]:
        """Run what sed makes of a file's assignments. It may take fewer of them, for their values; all are taken here."""
        try:
            lines = split_lines(self._host.read_text(path)) if self._files.readable(path) is not False else []
        except NotFound:
            return True
        # What is not quoted becomes words with single blanks between them.
        text = " ".join("export " + found.group(1) for found in map(ASSIGNED.match, lines) if found)
        return self._each([lambda: self._code(list(parse(text, self._place)), self._path), lambda: True])

    def _end_here(self, name: str, given: Sequence[str]) -> Optional[bool]:
        if name == "exec" and not [word for word in given if not word.startswith("-")]:
            return True
        if name in ("exit", "exec"):
            self._ended.append(self.state.copy())
            self.state.live = False
        else:
            level = int(given[0]) if given and is_number(given[0]) and name != "return" else 1
            self._leave(name, max(level, 1))
        return None

    def _options(self, _name: str, given: Sequence[str]) -> Optional[bool]:
        words = list(given)
        while words and words[0][:1] in "-+" and words[0] not in ("--", "-"):
            word = words.pop(0)
            named = words.pop(0) if word[1:].endswith("o") and words else ""
            for flag, long in (("e", "errexit"), ("a", "allexport")):
                if flag in word[1:] or named == long:
                    self.state.values[" " + flag] = only("1" if word[0] == "-" else "")
        if words or "--" in given:
            parts = [expand(word, self.state.values) for word in words if word != "--"]
            self._position(parts)
        return True

    def _shift(self, _name: str, _given: Sequence[str]) -> Optional[bool]:
        self.state.values.update(dict.fromkeys(POSITIONAL, only(UNKNOWN)))
        return None

    def _shell_option(self, _name: str, given: Sequence[str]) -> Optional[bool]:
        return self._login if list(given) == ["-q", "login_shell"] else None

    def _unknown(self, name: str, given: Sequence[str]) -> Optional[bool]:
        """Note what a command sets that nobody can know."""
        if name == "printf" and given[:1] != ["-v"]:
            return True
        self._cannot_follow_if_watched(given)
        if name in ("read", "let", "getopts", "mapfile", "readarray", "printf"):
            self.state.values.update({word: only(UNKNOWN) for word in given if NAME.match(word)})
        return None
