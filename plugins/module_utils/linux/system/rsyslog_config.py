# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rsyslogd makes of its configuration, in both its languages: statements in its order, includes in their place.

Seen on rsyslogd 8.2302 and 8.2504: a line that ends in a backslash goes on, a comment too; ``/*`` reaches over the end of a file;
of several tokens the longest counts; directives count inside blocks as well; files of one glob are ignored where one of them
includes another of them. Where blocks do not fit, rsyslogd starts all the same, with what stands before that place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from types import MappingProxyType
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

MAIN = "/etc/rsyslog.conf"
MAX_FILES = 1000
MAX_LINE = 10000  # rsyslogd breaks longer ones in two
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_EXPRESSIONS = "if|foreach|set|reset|unset|call_indirect"
# What may begin where no object is open. The longest counts; of those as long the first.
_TOKENS = tuple(
    (name, re.compile(text, re.ASCII | re.IGNORECASE | re.MULTILINE))
    for name, text in (
        ("expression", _EXPRESSIONS),
        ("procedure", r"reload_lookup_table"),
        # A name of one letter is an error to rsyslogd.
        ("call", r"call(?:[ \t\n]+([a-z][\w.-]+))?"),
        ("mark", r"[&{}]|stop|else|continue"),
        ("object", r"(?!(?:%s|reload_lookup_table)\b)([a-z_]+)[ \n\t]*\(" % _EXPRESSIONS),
        ("mark", r"^[ \t]*:\$?[a-z-]+[ ]*,[ ]*!?[a-z]+[ ]*,[ ]*\"(?:\\\"|[^\"])*\""),
        ("mark", r"^[ \t]*[*a-z][*a-z]*[0-7]*[.,][,!=;.*a-z0-7]+"),
        (
            "action",
            r"~|\*|-?/[^*\n][^\n]*|:[a-z0-9]+:[^\n]*|[|.@^?~>-][^\n]+|[a-z0-9_][a-z0-9_+,;-]*",
        ),
        ("comment", r"/\*"),
        ("directive", r"\$[a-z]+.*$"),
        ("mark", r"![^ \t\n]+[ \t]*$|[+-]\*[ \t\n]*(?:#.*)?$|^[ \t]*[+-][a-z0-9.:-]+[ \t]*$"),
        ("comment", r"#.*\n"),
    )
)
# What waits for a statement or a block, and which objects may have a block.
_WAITS, _WITH_BLOCK = ("then", "do", "else", "filter"), ("ruleset(", "template(")
_FILTER = re.compile(r"&|:|[*a-z][*a-z]*[0-7]*[.,]", re.ASCII | re.IGNORECASE)
_IN_OBJECT = re.compile(
    r"(?P<string>\"(?:[^\"\\]|\\['\"?\\abfnrtv]|\\[0-7]{1,3})*\"|`(?:[^`\\]|\\.)*`)|(?P<comment>/\*)|(?P<end>\))|"
    r"(?P<name>[a-z][a-z0-9_.]*)|(?P<mark>[,=\]\[])|(?P<blank>#.*$|[ \t\n])",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)
_IN_EXPRESSION = re.compile(
    r"(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\$]|\\.)*\"|`(?:[^`\\]|\\.)*`)|(?P<comment>/\*)|(?P<end>;|\b(?:then|do)\b)|"
    r"(?P<word>\$?[$!./]?[@a-z0-9_][!@a-z0-9_.\[\]-]*)|(?P<mark>[-=,*/%+&\[\]()<>!$.|])|(?P<blank>[ \t\n])",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)
_IN_PROCEDURE = re.compile(
    r"[ \t\n]*\((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[, \t\n])*\)", re.ASCII | re.IGNORECASE | re.MULTILINE
)


class Statement(NamedTuple):
    """``kind``: directive, object, action (of the old language), or mark and expression; ``name``: in small letters, of an action its text.

    ``parameters``: text or list of texts, None where only a running rsyslogd knows; of a directive its value under no name.
    """

    file: str
    first: int
    last: int
    kind: str
    name: str
    parameters: Dict[str, Any]

    @property
    def place(self) -> str:
        """Return file and line."""
        return "%s:%d" % (printable(self.file), self.first)


class _Source:
    """A file that is being read: its text as rsyslogd joins it, and where the lines begin in that."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.at = name, 0
        parts: List[str] = []
        self.starts: List[int] = []
        size, goes_on = 0, False
        for number, row in enumerate(split_lines(text), 1):
            if len(row.encode("utf-8", "surrogateescape")) > MAX_LINE:
                raise ReadError("%s:%d is longer than rsyslogd reads a line" % (printable(name), number))
            line = row.strip(BLANKS) if goes_on else row.rstrip(BLANKS)
            goes_on = line.endswith("\\") or (goes_on and not line)
            part = line[:-1] if line.endswith("\\") else line if goes_on else line + "\n"
            self.starts.append(size)
            parts.append(part)
            size += len(part)
        self.text = "".join(parts)

    def line(self, position: int) -> int:
        return bisect_right(self.starts, position)


def statements(host: Host, instead: Mapping[str, str] = MappingProxyType({})) -> List[Statement]:
    """Return what rsyslogd reads, in its order; ``instead``: texts that files would have.

    Raises `NotFound` without `MAIN`, `ReadError` for what can't be followed.
    """
    return list(_Reading(host, instead).statements())


def value_of(text: str) -> str:
    """Return what a directive is given: the first word, up to a semicolon."""
    return re.split(r"[\s;]", text.strip(BLANKS), maxsplit=1, flags=re.ASCII)[0]


class _Blocks:
    """Whether statements and blocks fit as rsyslogd's grammar has them, told of each mark, object and end of an expression.

    ``open``: the place of what waits for its end or for a statement, empty where nothing does.
    """

    def __init__(self) -> None:
        # Of each block: its place, and whether it may be empty.
        self._blocks: List[Tuple[str, bool]] = []
        # Before the place: "" at the start of a block, else what stands there.
        self._before, self._place = "", ""

    def take(self, text: str, place: str) -> bool:
        """Return whether ``text`` (empty for an action) may stand here."""
        before, self._place = self._before, place
        waits = before in _WAITS
        if text == "{":
            self._blocks.append((place, not waits))
            self._before = ""
            return waits or before in _WITH_BLOCK
        if text == "}":
            if waits or not self._blocks or not (before or self._blocks[-1][1]):
                return False
            self._blocks.pop()
            self._before = "}"
            return True
        self._before = (
            lowered(text)
            if lowered(text) in ("else", "then", "do", *_WITH_BLOCK)
            else "filter"
            if _FILTER.match(text)
            else "."
        )
        return text != "else" or bool(before and not waits)

    @property
    def open(self) -> str:
        return self._place if self._before in _WAITS else self._blocks[-1][0] if self._blocks else ""


class _Reading:
    """The state of reading; it goes on from one file to the next, as rsyslogd's own does."""

    def __init__(self, host: Host, instead: Mapping[str, str]) -> None:
        self.host, self.instead, self.opened = host, instead, 0
        self.stack: List[_Source] = []
        self.comment = False
        self.blocks = _Blocks()
        self.inside: Optional[re.Pattern[str]] = None
        # Of the object that is open: name, file, first line, parameters, the name that waits for its value, and the list.
        self.name, self.file, self.first = "", "", 0
        self.parameters: Dict[str, Any] = {}
        self.key = ""
        self.items: Optional[List[Any]] = None
        self._open(MAIN)

    def statements(self) -> Iterator[Statement]:
        while self.stack:
            source = self.stack[-1]
            if source.at >= len(source.text):
                self.stack.pop()
            elif self.comment:
                end = source.text.find("*/", source.at)
                self.comment, source.at = end < 0, len(source.text) if end < 0 else end + 2
            elif self.inside is not None:
                yield from self._inner(source, self.inside)
            else:
                yield from self._outer(source)
        if self.inside is not None or self.blocks.open:
            raise ReadError(
                "rsyslogd does not understand the end of its configuration: what begins in %s is not ended; see what "
                "rsyslogd -N1 says and mend it" % (self.blocks.open or "%s:%d" % (printable(self.file), self.first))
            )

    def _refuse(self, source: _Source) -> ReadError:
        place = "%s:%d" % (printable(source.name), source.line(source.at))
        return ReadError("rsyslogd does not understand %s; see what rsyslogd -N1 says and mend it" % place)

    def _outer(self, source: _Source) -> Iterator[Statement]:
        text, at = source.text, source.at
        if text[at] == "\n" or (text[at] in " \t" and at and text[at - 1] != "\n"):
            source.at += 1
            return
        kind, found = _longest(text, at)
        if found is None:
            if text[at] not in " \t":
                raise self._refuse(source)
            source.at += 1
            return
        source.at, whole = found.end(), found.group().strip(BLANKS)
        self.comment = whole == "/*"
        self._need_sense(source, at, kind, whole)
        if kind == "expression":
            self.inside = _IN_EXPRESSION
            self.file, self.first = source.name, source.line(at)
        elif kind in ("procedure", "call"):
            rest = _IN_PROCEDURE.match(text, source.at) if kind == "procedure" else found
            if rest is None or (kind == "call" and not found.group(1)):
                raise self._refuse(source)
            source.at = rest.end()
        elif kind == "object":
            self.inside, self.name, self.parameters, self.key = _IN_OBJECT, lowered(found.group(1)), {}, ""
            self.file, self.first = source.name, source.line(at)
        if kind in ("action", "mark", "expression"):
            yield Statement(source.name, source.line(at), source.line(at), kind, whole, {})
        elif kind == "directive":
            yield from self._directive(source, at, whole)

    def _need_sense(self, source: _Source, at: int, kind: str, whole: str) -> None:
        """Raise `ReadError` where what begins at a position may not stand there."""
        counts = kind in ("mark", "action", "call", "procedure")
        if counts and not self.blocks.take(
            whole if kind == "mark" else "", "%s:%d" % (printable(source.name), source.line(at))
        ):
            source.at = at
            raise self._refuse(source)

    def _directive(self, source: _Source, at: int, whole: str) -> Iterator[Statement]:
        name = lowered(re.split(r"\W", whole[1:], maxsplit=1, flags=re.ASCII)[0])
        rest = whole[len(name) + 1 :].strip(BLANKS)
        last = source.line(source.at - 1)
        if name == "resetconfigvariables":
            # It resets the name of the template too, to one with a blank in front, which nothing has.
            raise ReadError(
                "%s:%d: rsyslogd has no template for what it writes behind $ResetConfigVariables, and may not start; take it out"
                % (printable(source.name), source.line(at))
            )
        if name != "includeconfig":
            yield Statement(source.name, source.line(at), last, "directive", name, {"": rest})
            return
        pattern = value_of(rest)
        if not pattern:
            later = re.compile(r"\s*(\S+)", re.ASCII).match(source.text, source.at)
            if later is None:
                raise self._refuse(source)
            pattern, source.at = later.group(1), later.end()
        if not self._include(pattern):
            # rsyslogd reads nothing of what follows.
            raise ReadError(
                "%s:%d includes %s, which is not there: rsyslogd stops reading; take the line out"
                % (printable(source.name), source.line(at), printable(pattern)[:100])
            )

    def _inner(self, source: _Source, tokens: re.Pattern[str]) -> Iterator[Statement]:
        found = tokens.match(source.text, source.at)
        if found is None:
            raise self._refuse(source)
        in_object, kind, text = tokens is _IN_OBJECT, found.lastgroup, found.group()
        source.at = found.end()
        self.comment = kind == "comment"
        if kind == "end":
            self.inside = None
            if self.name != "include" or not in_object:
                place = "%s:%d" % (printable(self.file), self.first)
                self.blocks.take(self.name + "(" if in_object else lowered(text), place)
            if in_object:
                yield from self._object(source)
        elif in_object and kind == "name":
            self.key = lowered(text)
        elif in_object and text == "[":
            self.items = []
        elif in_object and text == "]":
            self.parameters[self.key], self.items = self.items, None
        elif in_object and kind == "string":
            plain = None if text[0] == "`" else re.sub(r"\\([0-7]{1,3}|.)", _unescape, text[1:-1], flags=re.DOTALL)
            if self.items is not None:
                self.items.append(plain)
            else:
                self.parameters[self.key] = plain

    def _object(self, source: _Source) -> Iterator[Statement]:
        given = self.parameters
        if given.get("config.enabled", "on") not in ("on", None):
            return
        last = source.line(source.at - 1)
        if self.name != "include":
            yield Statement(self.file, self.first, last, "object", self.name, given)
            return
        file, text = given.get("file"), given.get("text")
        if isinstance(text, str) and "file" not in given:
            self._push("%s:%d" % (self.file, self.first), text)
        elif isinstance(file, str):
            optional = given.get("mode") == "optional"
            if not self._include(file, optional) and given.get("mode") == "abort-if-missing":
                raise ReadError(
                    "%s:%d includes %s, which is not there" % (self.file, self.first, printable(file)[:100])
                )
        else:
            raise ReadError("%s:%d includes what only rsyslogd itself knows" % (printable(self.file), self.first))

    def _include(self, pattern: str, optional: bool = False) -> bool:
        """Put the files behind a pattern on the stack; False where it names one file that is not there."""
        pattern = pattern if pattern.startswith("/") else "/" + pattern
        found = self.host.glob(_with_star(self.host, pattern))
        for path in reversed(found):
            if _is_folder(self.host, path):
                self._include(path + "/", optional)
            elif not self.host.exists(path):
                if not optional:
                    raise ReadError("%s leads nowhere: rsyslogd stops reading there; take it out" % printable(path))
            elif path not in [source.name for source in self.stack]:
                if path.endswith((".yaml", ".yml")):
                    raise ReadError("%s may be read as YAML by rsyslogd, which is not followed" % printable(path))
                self._open(path)
        return bool(found) or any(sign in pattern for sign in "*?[") or pattern.endswith("/")

    def _open(self, path: str) -> None:
        self._push(path, self.instead[path] if path in self.instead else self.host.read_text(path))

    def _push(self, name: str, text: str) -> None:
        self.opened += 1
        if self.opened > MAX_FILES:
            raise ReadError("%s: too many included files" % printable(name))
        self.stack.append(_Source(name, text))


def _longest(text: str, at: int) -> Tuple[str, Optional[re.Match[str]]]:
    """Return kind and match of the token that begins at a position."""
    kind, best = "", None
    for name, pattern in _TOKENS:
        found = pattern.match(text, at)
        if found is not None and (best is None or found.end() > best.end()):
            kind, best = name, found
    return kind, best


def _unescape(found: re.Match[str]) -> str:
    sign = found.group(1)
    return chr(int(sign, 8)) if sign[0] in "01234567" else _ESCAPED.get(sign, sign)


def _is_folder(host: Host, path: str) -> bool:
    try:
        return host.stat(path).st_mode & 0o170000 == 0o040000
    except NotFound:
        return False


def _with_star(host: Host, pattern: str) -> str:
    """A folder stands for what begins with its name: with a slash at its end, for what is in it."""
    return pattern + "*" if _is_folder(host, pattern) else pattern
