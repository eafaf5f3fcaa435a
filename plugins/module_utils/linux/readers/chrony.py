# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `chrony`: directives of chrony.conf(5), with what `include`, `confdir` and `sourcedir` bring."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import daemon_options
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text, snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import Units
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_line import shown_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments, fragments

MAINS = ("/etc/chrony/chrony.conf", "/etc/chrony.conf")
SOURCES = ("server", "pool", "peer")
QUERIES = {"sources": SOURCES, "users": ("user",)}
# Where chronyd itself gives up.
MAX_DEPTH = 10
# The rule looks there by itself, with a remedy of its own.
DEFAULTS = "/etc/default/chrony"
PROGRAM = re.compile(r"[-@:+!]*(?:/usr)?/(?:sbin/chronyd|lib/systemd/scripts/chronyd-starter\.sh)\Z", re.ASCII)
STARTS = re.compile(r"(?:\A[-@:+!]*|[\s/\"'])chronyd(?:-starter\.sh)?(?:[\s\"']|\Z)", re.ASCII)
# File, number of the line, its words.
Line = Tuple[str, int, List[str]]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `sources` and `users` with `[{file, line, argument, text}]`; absent without a configuration."""
    main = next((path for path in MAINS if host.exists(path)), None)
    if main is None:
        return [absent(MAINS[0])] * len(addresses)
    daemon = daemon_options.CHRONYD._replace(units=(*daemon_options.CHRONYD.units, *_own_units(host)))
    daemon_options.refuse(host, daemon)
    given = list(_given_users(host, daemon))
    found = list(_lines(host, main, 0))

    def one(address: Address) -> Observation:
        names = QUERIES.get(required(address, "query"))
        if names is None:
            raise UsageError("unknown query %r; known: %s" % (address["query"], ", ".join(sorted(QUERIES))))
        entries = [_entry(line) for line in found if lowered(line[2][0]) in names]
        return value([*entries, *(given if names == QUERIES["users"] else [])], main)

    return read_each(addresses, one)


def _own_units(host: Host) -> Iterator[str]:
    """Yield the units of other names by which a site starts a chronyd at boot: it may read another file."""
    units = Units(host)
    for name in sorted(units.wanted - set(daemon_options.CHRONYD.units)):
        lines = (one for path in fragments(host, name) for one in assignments(snippet_text(host, path), "Service"))
        if (
            name.endswith(".service")
            and units.starts(name)
            and any(key == "ExecStart" and STARTS.search(text) for key, text in lines)
        ):
            yield name


def _given_users(host: Host, daemon: daemon_options.Daemon) -> Iterator[Dict[str, Any]]:
    """Yield the users that a unit gives chronyd, as lines with the number 0. Raises `ReadError` where its file is not read at all."""
    for place, text in daemon_options.command_lines(host, daemon):
        options, (program, *more) = daemon_options.options_of(daemon, text)
        # chronyd(8): with directives on its command line it reads no file.
        if not (program.startswith("$") or PROGRAM.match(program)) or any(not word.startswith("$") for word in more):
            raise ReadError(
                "%s starts chronyd by another program or with directives on its command line, so that its file does not count; "
                "start /usr/sbin/chronyd itself with options alone" % printable(place)
            )
        for letter, argument in options if place != DEFAULTS else ():
            if letter == "u":
                shown = "-u " + printable(argument)
                yield {"file": printable(place), "line": 0, "argument": printable(argument), "text": shown}


def _entry(line: Line) -> Dict[str, Any]:
    file, number, words = line
    # Shown as a line of the main file, whatever an included one is called.
    text = shown_line(MAINS[0], " ".join(words))
    return {"file": printable(file), "line": number, "argument": printable([*words, ""][1]), "text": text}


def _lines(host: Host, path: str, depth: int) -> Iterator[Line]:
    """Yield the directives of a file and of those that it brings. A comment is a line of its own, behind one of four signs."""
    if depth > MAX_DEPTH:
        raise ReadError("%s: chronyd gives up at so many includes; does a file include itself?" % printable(path))
    for number, raw in enumerate(split_lines(host.read_text(path)), 1):
        words = words_of(raw)
        if not words or words[0][0] in "!;#%":
            continue
        name = lowered(words[0])
        if name == "include" and len(words) > 1:
            for found in _included(host, raw.strip(BLANKS)[len(name) :].strip(BLANKS), "%s:%d" % (path, number)):
                yield from _lines(host, found, depth + 1)
        elif name == "confdir":
            for found in snippets(host, words[1:]):
                yield from _lines(host, found, depth + 1)
        elif name == "sourcedir":
            # Read while it runs; other directives do nothing there.
            for found in snippets(host, words[1:], ".sources"):
                rows = _lines(host, found, depth + 1)
                yield from (row for row in rows if lowered(row[2][0]) in SOURCES)
        else:
            yield path, number, words


def _included(host: Host, pattern: str, place: str) -> List[str]:
    found = host.glob(pattern) if pattern.startswith("/") else []
    if not found and not any(sign in pattern for sign in "*?["):
        raise ReadError(
            "%s includes a file that is not there, so that chronyd does not start; mend it" % printable(place)
        )
    try:
        return [path for path in found if host.stat(path)]
    except NotFound:
        raise ReadError(
            "%s includes what leads nowhere, so that chronyd does not start; mend it" % printable(place)
        ) from None
