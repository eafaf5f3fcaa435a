# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd_config(5) as lines: what Match blocks set, and what the main file says. What is in effect is asked of `sshd -T`."""

from __future__ import annotations

import re
import shlex
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

CONFIGURATION = "/etc/ssh/sshd_config"
ALGORITHMS = frozenset({"ciphers", "kexalgorithms", "macs"})
MAX_DEPTH = 16  # as sshd itself has it
MAX_FILES = 256
# sshd -T prints these in seconds.
TIMES = frozenset({"clientaliveinterval", "logingracetime"})
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
Override = Dict[str, Any]


class Line(NamedTuple):
    """One option as it stands in a file. ``name``: lower case; ``match``: the conditions of its Match block or empty.

    `Match all` by itself is no condition: it holds for every connection, and `sshd -T` takes part in it.
    """

    file: str
    number: int
    name: str
    rest: str
    match: str


def match_overrides(host: Host, path: str) -> Dict[str, List[Override]]:
    """Return option -> `[{match, value, file, line}]` of all Match blocks, names in lower case."""
    result: Dict[str, List[Override]] = {}
    for line in lines(host, path):
        if line.match:
            override = {
                "match": line.match,
                "value": normal(line.name, line.rest),
                "file": line.file,
                "line": line.number,
            }
            result.setdefault(line.name, []).append(override)
    return result


def lines(host: Host, path: str) -> List[Line]:
    """Return the options of a configuration in the order in which sshd reads them, included files in their place."""
    return list(_lines(host, path, [0]))


def included(rest: str) -> List[str]:
    """Return the patterns of an Include; relative ones are taken from /etc/ssh (sshd_config(5))."""
    return [word if word.startswith("/") else "/etc/ssh/" + word for word in _words(rest)]


def files(host: Host, path: str) -> List[str]:
    """Return the files of a configuration, its own first, also those in which no option stands."""
    found = [path]
    for line in lines(host, path):
        if line.name == "include":
            found += [file for pattern in included(line.rest) for file in host.glob(pattern)]
    return list(dict.fromkeys(found))


def _lines(host: Host, path: str, opened: List[int], outer: str = "", depth: int = 0) -> Iterator[Line]:
    """Yield the options of one file. A Match block ends with its file, and one inside an Include narrows the outer."""
    opened[0] += 1
    if depth > MAX_DEPTH or opened[0] > MAX_FILES:
        raise ReadError("%s: too many Include levels or files; does a file include itself?" % path)
    match = outer
    for number, raw in enumerate(split_lines(host.read_text(path)), 1):
        line = raw.strip(BLANKS)
        if not line or line.startswith("#"):
            continue
        parts = re.split(r"[\s=]+", line, maxsplit=1, flags=re.ASCII)
        name, rest = lowered(parts[0].strip('"')), parts[1] if len(parts) > 1 else ""
        if name == "match":
            own = "" if lowered(rest.strip(BLANKS)) == "all" else rest.strip(BLANKS)
            match = ", ".join(part for part in (outer, own) if part)
            continue
        yield Line(path, number, name, rest, match)
        if name == "include":
            for pattern in included(rest):
                for found in host.glob(pattern):
                    yield from _lines(host, found, opened, match, depth + 1)


def _words(text: str) -> List[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return words_of(text)


def normal(name: str, rest: str) -> str:
    """Return an argument in the form in which `sshd -T` prints it."""
    words = _words(rest)
    text = " ".join(words)
    if name in TIMES:
        pieces = re.findall(r"(\d+)([smhdwSMHDW]?)", text, re.ASCII)
        if pieces and "".join(number + unit for number, unit in pieces) == text:
            return str(sum(int(number) * UNITS[lowered(unit)] for number, unit in pieces))
    if lowered(text) in ("yes", "no", "true", "false"):
        return {"true": "yes", "false": "no"}.get(lowered(text), lowered(text))
    return text


def general_lines(host: Host) -> Dict[str, List[Line]]:
    """Return option -> the lines of the main file itself that hold for every connection."""
    found: Dict[str, List[Line]] = {}
    for line in lines(host, CONFIGURATION):
        if line.file == CONFIGURATION and not line.match:
            found.setdefault(line.name, []).append(line)
    return found


def states(lines: Sequence[Line], effective: str) -> bool:
    """Return whether lines say what is in effect and nothing else."""
    return bool(lines) and all(
        # What is taken from or added to the program's own list says so in its own way.
        same_value(normal(line.name, line.rest), effective) or line.rest.strip(BLANKS)[:1] in ("+", "-", "^")
        for line in lines
    )


def same_value(seen: str, text: str) -> bool:
    """Return whether two values are one to sshd: case counts only in paths."""
    return seen == text or ("/" not in text and lowered(seen) == lowered(text))
