# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of aide.conf(5), 0.16 to 0.19: macros, conditions, includes, groups of attributes and rules.

What AIDE runs to get lines (`@@x_include` of an executable file) is not run. Debian's own scripts, as the package brought them, define
macros and speak of the files of their services only; a macro of theirs is `UNKNOWN` here. Every other script is an error.
"""

from __future__ import annotations

import re
import stat
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    SPACES_AND_TABS,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.aide_rules import (
    FILE_SYSTEMS,
    UNKNOWN,
    Rule,
    compiled,
)

MAX_DEPTH = 16
SITE, PACKAGED = "/etc/aide/", "/usr/share/aide/config/aide/"
HOST_NAME = "/proc/sys/kernel/hostname"
# A script prints this file where it is there; AIDE's own job makes it anew.
CACHE = "/var/lib/aide/10_aide_rootrules_cache"
HASHES = frozenset((
    "md5", "sha1", "rmd160", "tiger", "crc32", "haval", "gost", "crc32b", "sha256", "sha512", "whirlpool", "stribog256", "stribog512",
    "sha512_256", "sha3_256", "sha3_512",
))  # fmt: skip
OTHERS = frozenset((
    "l", "p", "u", "g", "s", "a", "c", "m", "i", "b", "n", "acl", "selinux", "xattrs", "ftype", "e2fsattrs", "caps", "S", "I", "ANF", "ARF",
    "growing", "compressed", "fstype",
))  # fmt: skip
EXTENDED = frozenset(("acl", "selinux", "xattrs", "e2fsattrs", "caps"))
_COMMON = frozenset(("p", "ftype", "i", "n", "u", "g")) | EXTENDED
# Their checksums differ between versions: none of them is sha512.
_GROUPS = {
    "R": _COMMON | {"s", "l", "m", "c"},
    "L": _COMMON | {"l"},
    ">": _COMMON | {"s", "growing", "l"},
    "H": HASHES,
    "X": EXTENDED,
    "E": frozenset(),
}
_SPECIAL = re.compile(r"@@\{([^}\s]+)\}|\\([\\@ ])", re.ASCII)
_ATTRIBUTES = re.compile(r"[>\w%\x80-\xff]+(?:\s*[+-]\s*[>\w%\x80-\xff]+)*\Z", re.ASCII)
_OPTION = re.compile(r"([a-z]+(?:_[a-z0-9]+)+|database|verbose|grouped|summarize_changes)[ ]*=[ ]*(.*)\Z", re.ASCII)
_GROUP = re.compile(r"([\w%>]+)[ ]*=[ ]*(.*)\Z", re.ASCII)
# They were options before that version, and are groups of attributes from then on.
OLD_OPTIONS = {"database": (0, 19), "verbose": (0, 18), "grouped": (0, 18), "summarize_changes": (0, 18)}
_CONDITIONS = {
    "@@if": "",
    "@@ifdef": "defined ",
    "@@ifndef": "not defined ",
    "@@ifhost": "hostname ",
    "@@ifnhost": "not hostname ",
}
# Lines that a shell reads without doing anything but setting a variable.
_PLAIN_SHELL = re.compile(r"\s*(?:#.*|\w+=(?:\"[^\"$`\\]*\"|'[^']*'|[\w./:,+-]*)\s*)?\Z", re.ASCII)


class _Here(NamedTuple):
    """Where a line stands. ``prefix``: what an include sets before its rules; ``certain``: not below a condition that only a script decides."""

    place: str
    prefix: str
    depth: int
    certain: bool


class Config:
    """What a configuration says: ``rules`` in their order, ``options`` name -> the values given; ``version`` is AIDE's.

    Raises `ReadError` where it cannot be followed.
    """

    def __init__(self, host: Host, main: str, version: Tuple[int, ...]) -> None:
        self.version = version
        self.rules: List[Rule] = []
        self.options: Dict[str, List[str]] = {}
        self._host = host
        self._macros: Dict[str, str] = {}
        # Names that a script may define.
        self._scripted: List[str] = []
        self._settings = ""
        self._groups: Dict[str, Optional[FrozenSet[str]]] = {name: frozenset([name]) for name in HASHES | OTHERS}
        self._groups.update(_GROUPS)
        self._file(main, _Here(main, "", 0, True))

    def _file(self, path: str, here: _Here) -> None:
        if here.depth > MAX_DEPTH:
            raise ReadError("%s: AIDE gives up at so many includes; does a file include itself?" % printable(path))
        # Of each condition that is open: whether it holds, None where only a script's macro would tell.
        branches: List[Optional[bool]] = []
        bare = False
        for number, raw in enumerate(split_lines(self._host.read_text(path)), 1):
            line, place = raw.strip(SPACES_AND_TABS), "%s:%d" % (printable(path), number)
            word = words_of(line)[0] if line else "#"
            if word.startswith("#"):
                continue
            if word in ("@@else", "@@endif") and (bare or not branches):
                raise ReadError("%s: %s without anything before it, at which AIDE stops; mend it" % (place, word))
            bare = word in _CONDITIONS or word == "@@else"
            if word in _CONDITIONS:
                condition = _CONDITIONS[word] + line[len(word) :].strip(SPACES_AND_TABS)
                branches.append(self._holds(condition))
            elif word in ("@@else", "@@endif"):
                last = branches.pop()
                if word == "@@else":
                    branches.append(None if last is None else not last)
            elif False not in branches:
                certain = here.certain and None not in branches
                self._line(word, line, here._replace(place=place, certain=certain))
        if branches:
            raise ReadError("%s: an @@if is not ended, at which AIDE stops; mend it" % printable(path))

    def _line(self, word: str, line: str, here: _Here) -> None:
        rest = line[len(word) :].strip(SPACES_AND_TABS)
        name, text = [*words_of(rest, 1), "", ""][:2]
        if line.startswith(("/", "=/", "!/")) or (line.startswith("-/") and self.version >= (0, 19)):
            self._rule(line, here)
        elif word == "@@define" and not re.match(
            r"@@define[ \t]+[^ \t]+(?:[ \t]+(?:\\.|[^ \t])+)?(?:[ \t]+#.*)?\Z", line
        ):
            raise ReadError("%s: AIDE takes one word without blanks here, and stops; mend it" % here.place)
        elif word == "@@define":
            self._macros[name] = self._text(text) if here.certain else UNKNOWN
        elif word == "@@undef":
            self._macros.pop(name, None)
            if not here.certain:
                self._macros[name] = UNKNOWN
        elif word in ("@@include", "@@x_include"):
            self._include(word == "@@x_include", self._text(rest), here)
        elif word == "@@x_include_setenv":
            self._settings = self._text(text) if name == "UPAC_settingsd" else self._settings
        elif line.startswith("@@"):
            raise ReadError("%s: AIDE does not know %s, and stops there; mend it" % (here.place, printable(word)[:40]))
        else:
            self._setting(line, here)

    def _setting(self, line: str, here: _Here) -> None:
        found = _OPTION.match(line)
        if found and self.version < OLD_OPTIONS.get(found.group(1), (9,)):
            text = self._text(found.group(2)) if here.certain else UNKNOWN
            self.options.setdefault(found.group(1), []).append(text)
            return
        found = _GROUP.match(line)
        if found is None:
            raise ReadError("%s is no line that AIDE knows, and it stops there; mend it" % here.place)
        self._groups[found.group(1)] = self.attributes(found.group(2), here.place) if here.certain else None

    def attributes(self, text: str, place: str) -> Optional[FrozenSet[str]]:
        """Return what an expression of groups comes to; None where only a script's macro would tell."""
        text = self._bare(text)
        if not _ATTRIBUTES.match(text):
            raise ReadError("%s: these are no attributes, and AIDE stops there; mend it" % place)
        result: FrozenSet[str] = frozenset()
        for sign, name in re.findall(r"([+-]?)\s*([^\s+-]+)", text, re.ASCII):
            if name not in self._groups:
                raise ReadError("%s: AIDE knows no group %s, and stops there; mend it" % (place, printable(name)[:40]))
            group = self._groups[name]
            if group is None:
                return None
            result = result - group if sign == "-" else result | group
        return result

    def _bare(self, text: str) -> str:
        """Return an expression without the comment behind it, which AIDE took until 0.16 only."""
        return (text.partition("#")[0] if self.version < (0, 17) else text).strip(SPACES_AND_TABS)

    def _text(self, text: str) -> str:
        """Return a text with its macros replaced."""

        def one(found: re.Match[str]) -> str:
            name = found.group(1)
            if name is None or name in self._macros:
                return found.group(2) if name is None else self._macros[name]
            # What nothing defines is empty: `!/@@{NONE}` takes everything out.
            return UNKNOWN if self._may_be_scripted(name) else ""

        return _SPECIAL.sub(one, text)

    def _holds(self, condition: str) -> Optional[bool]:
        words = words_of(condition, 1)
        name, argument = ([*words, "", ""])[:2]
        if name == "not":
            inner = self._holds(argument)
            return None if inner is None else not inner
        if name == "defined":
            text = self._macros.get(argument)
            if text is None and self._may_be_scripted(argument):
                return None
            return text is not None and (text != UNKNOWN or None)
        if name == "hostname" and self._host.exists(HOST_NAME):
            return self._text(argument) == self._host.read_text(HOST_NAME).strip(BLANKS)
        if name == "exists":
            path = self._text(argument)
            return None if UNKNOWN in path else self._host.exists(path)
        return None

    def _include(self, runs: bool, text: str, here: _Here) -> None:
        words = words_of(text)
        if not words or UNKNOWN in text:
            raise ReadError("%s: which file this includes only AIDE knows; write its name out" % here.place)
        if len(words) == 1:
            self._one(runs, words[0], here)
            return
        if len(words) > 2:
            here = here._replace(prefix=here.prefix + words[2].rstrip("/"))
        chosen = compiled(words[1])
        if chosen is None:
            raise ReadError("%s: this expression is not followed; name the files one by one" % here.place)
        for path in (
            words[0].rstrip("/") + "/" + name for name in self._host.list_directory(words[0]) if chosen.search(name)
        ):
            if stat.S_ISREG(self._host.stat(path).st_mode):
                self._one(runs, path, here)

    def _one(self, runs: bool, path: str, here: _Here) -> None:
        if not runs or not self._host.stat(path).st_mode & stat.S_IXUSR:
            self._file(path, here._replace(depth=here.depth + 1))
            return
        self._need_closed(path)
        if not self._is_packaged(path):
            raise ReadError(
                "%s is run by AIDE, and what it says is not known without; put that in a file that is not executable"
                % printable(path)
            )
        if not self._scripted:
            self._need_plain_settings()
        self._scripted += _scripted(self._host.read_text(path))
        if CACHE in self._host.read_text(path) and self._host.exists(CACHE):
            # It counts for some hours only, so nothing but macros may stand there.
            for number, line in enumerate(split_lines(self._host.read_text(CACHE)), 1):
                if not re.match(r"\s*(#|@@(if|endif|define|undef)\b|\Z)", line, re.ASCII):
                    raise ReadError("%s:%d: a rule that AIDE reads for some hours only; take it out" % (CACHE, number))

    def _need_closed(self, path: str) -> None:
        """Raise `ReadError` for what others may change, from where AIDE runs nothing."""
        if self._host.stat(path).st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ReadError("%s may be written by others, at which AIDE stops; take that from them" % printable(path))

    def _is_packaged(self, path: str) -> bool:
        """Return whether Debian's package brought a file as it is; the package keeps a copy."""
        try:
            own = self._host.read_text(PACKAGED + path[len(SITE) :]) if path.startswith(SITE) else None
        except NotFound:
            own = None
        return own == self._host.read_text(path)

    def _may_be_scripted(self, name: str) -> bool:
        return name in ("AIDE_VERSION", "HOSTNAME") or any(re.match(known + r"\Z", name) for known in self._scripted)

    def _need_plain_settings(self) -> None:
        """Raise `ReadError` where a file that Debian's scripts read as shell does more than to set variables."""
        try:
            names = self._host.list_directory(self._settings) if self._settings else []
        except NotFound:
            return
        for path in (self._settings.rstrip("/") + "/" + name for name in names if not name.startswith(".")):
            lines = [] if self._is_packaged(path) else split_lines(self._host.read_text(path))
            for number, line in enumerate(lines, 1):
                if not _PLAIN_SHELL.match(line):
                    raise ReadError(
                        "%s:%d is shell that AIDE's scripts run; set variables alone there" % (printable(path), number)
                    )

    def _rule(self, line: str, here: _Here) -> None:
        sign = "" if line.startswith("/") else line[0]
        line = line[len(sign) :]
        # A blank behind a backslash is part of the path.
        found = re.match(r"(?:\\[\\@ ]|[^ \t])+", line)
        path = found.group() if found else ""
        rest = self._bare(line[len(path) :])
        attributes: Optional[FrozenSet[str]] = frozenset()
        if sign in ("", "="):
            first, second = [*words_of(rest, 1), "", ""][:2]
            if not second or first.endswith(("+", "-")) or second.startswith(("+", "-")):
                first, second = "0", rest
            attributes, rest = self.attributes(second, here.place) if here.certain else None, first
        types, equals, filesystem = rest.partition("=")
        if equals and (self.version < (0, 19) or filesystem not in FILE_SYSTEMS):
            raise ReadError("%s: AIDE does not know this type of file system, and stops there; mend it" % here.place)
        types = "" if types == "0" else types.replace(",", "")
        pattern = here.prefix + self._text(path)
        self.rules.append(Rule(sign, pattern, types, filesystem, attributes, here.place, here.certain))


def _scripted(text: str) -> List[str]:
    """Return expressions for the macros that one of Debian's scripts may define, by its text."""
    names = re.findall(r"@@define ([\w%]+)", text, re.ASCII)
    # A name of its own making: the release's in one, dpkg-architecture's in the other.
    more = ["DEB_[A-Z_]+"] if '@@define " $1' in text else []
    return more + [
        "(?:LSB_)?(?:ID|DESCRIPTION|RELEASE|CODENAME)" if name == "%s" else name.replace("%s", ".+") for name in names
    ]
