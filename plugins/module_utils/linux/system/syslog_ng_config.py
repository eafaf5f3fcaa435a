# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What syslog-ng makes of its configuration: words and brackets in its order, includes in their place, definitions put in.

Seen on syslog-ng 3.38 and 4.8: an ``@`` counts at the very start of a line only, inside a statement too; a backtick is replaced in a
comment as well; a folder that is included is read by names of letters, digits and ``_-.`` alone, a glob takes all that match it.
"""

from __future__ import annotations

import re
import stat
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.log_programs import SYSLOG_NG_MAIN

INCLUDE_PATH = ("/etc/syslog-ng", "/usr/share/syslog-ng/include")
SCL_ROOT = "/usr/share/syslog-ng/include/scl"
# Blocks that come with syslog-ng depend on modules, but nothing else there does; they are called as drivers are.
SHIPPED = ("/usr/share/syslog-ng/", "/usr/lib")
MODULES = ("/usr/lib*/syslog-ng/*/libaffile.so", "/usr/lib*/syslog-ng/libaffile.so")
MAX_DEPTH = 15
# What syslog-ng itself defines; only the first is known to be the same everywhere.
_DEFINED = {"scl-root": SCL_ROOT, **dict.fromkeys(("module-install-dir", "module-path", "include-path"), "\0")}
_TOKEN = re.compile(
    r"(?P<blank>[ \t,]+|#[^\n]*|\\?\r?\n)|(?P<word>[^ #'\"(){}\[\]\\;\r\n\t,|.@:]+(?:\.[^ #'\"(){}\[\]\\;\r\n\t,|.@:]+)*)|"
    r"(?P<text>\"(?:[^\"\\]|\\(?:.|\n))*\"|'[^']*')|(?P<open>[\"'])|(?P<mark>(?:.|\n))"
)
_ESCAPES = {"a": "\a", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# What stands in a block until its bracket closes again, without the text that it is made of.
_IN_BLOCK = re.compile(r"\"(?:[^\"\\]|\\(?:.|\n))*\"|'[^']*'|#[^\n]*|[{}()]|[^\"'#{}()]+|(?:.|\n)")
_OLD_INCLUDE = re.compile(r"[ \t]*include[ \t][^\n]*;")
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+\Z")


class Node(NamedTuple):
    """``kind``: word, text (was in quotes), mark (a sign), or the bracket that opens a group; ``inner``: what stands in that."""

    kind: str
    text: str
    file: str
    line: int
    inner: Tuple[Node, ...] = ()

    @property
    def place(self) -> str:
        return "%s:%d" % (printable(self.file), self.line)


class Config(NamedTuple):
    """``statements``: those of the whole configuration, without their semicolons; ``generators``: names of blocks and the like of the host's own."""

    statements: List[List[Node]]
    generators: Set[str]


def normal(name: str) -> str:
    """Return a keyword as syslog-ng compares it."""
    return name.replace("-", "_")


def read_config(host: Host) -> Config:
    """Return what syslog-ng reads. Raises `NotFound` without a configuration, `ReadError` for what it refuses or cannot be followed."""
    reading = _Reading(host)
    top = _group(reading.tokens(SYSLOG_NG_MAIN, 0), "", None)
    return Config(split_at_semicolons(top), reading.generators)


def split_at_semicolons(nodes: Tuple[Node, ...]) -> List[List[Node]]:
    """Return the statements of a group."""
    found: List[List[Node]] = [[]]
    for node in nodes:
        if node.kind == "mark" and node.text == ";":
            found.append([])
        else:
            found[-1].append(node)
    return [one for one in found if one]


def _group(tokens: Iterator[Node], end: str, opened: Optional[Node]) -> Tuple[Node, ...]:
    nodes: List[Node] = []
    for token in tokens:
        if token.kind == "mark" and token.text and token.text in "({[":
            close = {"(": ")", "{": "}", "[": "]"}[token.text]
            nodes.append(Node(token.text, "", token.file, token.line, _group(tokens, close, token)))
        elif token.kind == "mark" and token.text in (")", "}", "]"):
            if token.text != end:
                raise ReadError("%s: syslog-ng does not expect this bracket; see what syslog-ng -s says" % token.place)
            return tuple(nodes)
        else:
            nodes.append(token)
    if opened is not None:
        raise ReadError("%s: this bracket is never closed; see what syslog-ng -s says" % opened.place)
    return tuple(nodes)


class _Reading:
    """The state of reading: what is defined so far goes on from one file to the next."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.defined: Dict[str, str] = dict(_DEFINED)
        modules = [path.rpartition("/")[0] for pattern in MODULES for path in host.glob(pattern)]
        if len(modules) == 1:
            self.defined["module-install-dir"] = modules[0]
        self.generators: Set[str] = set()

    def tokens(self, path: str, depth: int) -> Iterator[Node]:
        """Yield what a file and its includes hold."""
        rows = split_lines(self.host.read_text(path), ends=True)
        at = 0
        while at < len(rows):
            first, text = at, self._defined_in(rows[at], path, at + 1)
            at += 1
            if text.startswith("@"):
                yield from self._pragma(text[1:], path, at, depth)
                continue
            if _OLD_INCLUDE.match(text):
                raise ReadError("%s:%d: write this include as @include" % (printable(path), at))
            done = 0
            while done < len(text):
                found = _TOKEN.search(text, done)
                if found is None:
                    raise ReadError("%s:%d: the line is not followed" % (printable(path), at))
                kind = str(found.lastgroup)
                if kind == "open" and at < len(rows):
                    # A text goes on over lines.
                    text += self._defined_in(rows[at], path, at + 1)
                    at += 1
                    continue
                line = first + 1 + text.count("\n", 0, done)
                done = found.end()
                if kind == "open" or (kind == "mark" and found.group() == "@"):
                    raise ReadError(
                        "%s:%d: syslog-ng does not take this; see what syslog-ng -s says" % (printable(path), line)
                    )
                if kind == "word" and found.group() == "block":
                    at = self._block(rows, text, done, at, "%s:%d" % (printable(path), line), path)
                    break
                if kind != "blank":
                    yield Node(kind, _unquoted(found.group()), path, line)

    def _defined_in(self, row: str, path: str, line: int) -> str:
        """Return a line with definitions in their place."""
        if "`" not in row:
            return row
        parts = row.split("`")
        if len(parts) % 2 == 0:
            raise ReadError("%s:%d: the second ` is missing; see what syslog-ng -s says" % (printable(path), line))
        return "".join(
            part if at % 2 == 0 else self._value(part, path, line) if part else "`" for at, part in enumerate(parts)
        )

    def _value(self, name: str, path: str, line: int) -> str:
        if name not in self.defined:
            raise ReadError(
                "%s:%d: `%.100s` is of the environment or unknown; @define it"
                % (printable(path), line, printable(name))
            )
        return self.defined[name]

    def _block(self, rows: List[str], text: str, done: int, at: int, place: str, path: str) -> int:
        """Step over the definition of a block, which does nothing where it is not used; return the row behind it."""
        rest = text[done:] + "".join(rows[at:])
        header = re.match(r"\s+([\w-]+)\s+([\w.-]+)\s*(?=\()", rest, re.ASCII)
        if header is None:
            raise ReadError("%s: this definition of a block is not understood" % place)
        self._generator(header.group(2), path)
        end = header.end()
        for opening, closing in ("()", "{}"):
            end = _behind(rest, rest.find(opening, end), opening, closing, place)
        behind = re.match(r"[ \t\r]*(?:;[ \t\r;]*)?(?:#[^\n]*)?(?:\n|\Z)", rest[end:])
        if behind is None:
            raise ReadError("%s: what follows this block stands on the same line; put it on the next one" % place)
        return (
            len(rows)
            - rest[end + behind.end() :].count("\n")
            - (not rest.endswith("\n") and end + behind.end() < len(rest))
        )

    def _generator(self, name: str, path: str) -> None:
        if not path.startswith(SHIPPED):
            self.generators.add(normal(name))

    def _pragma(self, text: str, path: str, line: int, depth: int) -> Iterator[Node]:
        place = "%s:%d" % (printable(path), line)
        words = [_unquoted(found.group()) for found in _TOKEN.finditer(text) if found.lastgroup != "blank"]
        name = words[0] if words else ""
        if name == "include" and len(words) == 2:
            for one in self._included(words[1], place):
                if depth >= MAX_DEPTH:
                    raise ReadError("%s includes deeper than is followed" % place)
                yield from self.tokens(one, depth + 1)
        elif name == "define" and len(words) == 3 and not words[2].lstrip(BLANKS).startswith(("'", '"')):
            # A text in quotes of its own would be taken out of them within others.
            self.defined[words[1]] = words[2]
        elif name == "module":
            if "confgen" in words[1:2] or "name" in words:
                self._generator(words[words.index("name") + 2] if "name" in words[:-2] else "", path)
        elif name == "requires" and path.startswith(SHIPPED):
            pass
        elif name not in ("version", "config_id"):
            raise ReadError("%s: @%.100s is not followed" % (place, printable(name)))

    def _included(self, name: str, place: str) -> List[str]:
        """Return the files that a line includes, in syslog-ng's order."""
        if "\0" in name:
            raise ReadError("%s includes by a path that only syslog-ng itself knows; write it out" % place)
        paths = [name] if name.startswith("/") else [folder + "/" + name for folder in INCLUDE_PATH]
        there = next((path for path in paths if self.host.exists(path)), None)
        if there is None:
            if not re.search(r"[*?\[]", name):
                raise ReadError("%s includes what is not there: syslog-ng does not start; take it out" % place)
            return sorted({one for path in paths for one in self.host.glob(path)})
        if not self._is_folder(there):
            return [there]
        names = [one for one in self.host.list_directory(there) if _PLAIN.match(one) and not one.startswith(".")]
        files = sorted(there.rstrip("/") + "/" + one for one in names)
        return [one for one in files if not self._is_folder(one)]

    def _is_folder(self, path: str) -> bool:
        """Return whether that is none of a folder's files: a folder, or a link to nowhere."""
        try:
            return stat.S_ISDIR(self.host.stat(path).st_mode)
        except NotFound:
            return True


def _behind(text: str, start: int, opening: str, closing: str, place: str) -> int:
    """Return where the bracket that opens at ``start`` is closed again."""
    depth = 0
    for found in _IN_BLOCK.finditer(text, max(start, 0)):
        depth += (found.group() == opening) - (found.group() == closing)
        if depth == 0:
            return found.end()
    raise ReadError("%s: this block is never closed; see what syslog-ng -s says" % place)


def _unquoted(text: str) -> str:
    if text[:1] == "'" and len(text) > 1:
        return text[1:-1]
    if text[:1] != '"' or len(text) < 2:
        return text
    inner = re.sub(r"\\\r?\n", "", text[1:-1])
    inner = re.sub(r"\\x([0-9a-fA-F]{1,2})", lambda found: chr(int(found.group(1), 16)), inner)
    return re.sub(r"\\((?:.|\n))", lambda found: _ESCAPES.get(found.group(1), found.group(1)), inner)
