# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Units of the site's own that load a packet filter at boot: which there are, and what their commands load."""

from __future__ import annotations

import re
import stat
from typing import Iterator, List, NamedTuple, Optional, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import UNIT_DIRECTORIES, assignments

PHASES = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost")
# A word that is one of these programs, wherever it lies; what only shows rules is none.
_FILTERS = re.compile(
    r"(?<![\w.-])(?:nft|(?:ip6?|x)tables(?:-legacy|-nft)?(?:-restore|-apply)?)(?![\w.-]|\s+(?:-a\s+)?list\b)", re.ASCII
)
_RESTORES = re.compile(
    r"(?:/usr)?/s?bin/ip(?P<six>6?)tables(?:-legacy|-nft)?-restore"
    r"(?P<options>(?: (?:-[wncv]|--wait|--noflush|--counters|--verbose))*) (?P<path>/[\w./+:@-]+)\Z",
    re.ASCII,
)
_INTERPRETERS = re.compile(r"(?:.*/)?(?:ba|da|k|z)?sh|(?:.*/)?(?:python|perl)[\d.]*", re.ASCII)
# systemd's own programs are no scripts.
_NO_SCRIPTS = ("/usr/lib/systemd/", "/lib/systemd/")
MAX_SCRIPT = 256 * 1024


def mentioning(host: Host, known: Sequence[str]) -> List[str]:
    """Return the services, other than the ``known`` ones, with a command that is, or a script that has, a program of the packet filter."""
    found: Set[str] = set()
    # Where /lib is a link to /usr/lib, each unit once.
    for folder in {host.place(one)[0] for one in UNIT_DIRECTORIES if host.exists(one)}:
        for path in (*host.glob(folder + "/*.service"), *host.glob(folder + "/*.service.d/*.conf")):
            name = path[len(folder) + 1 :].partition("/")[0]
            unit = name[: -len(".d")] if name.endswith(".d") else name
            if unit not in known and unit not in found and any(filters(host, one) for one in _commands(host, path)):
                found.add(unit)
    return sorted(one for unit in found for one in ([unit] if "@." not in unit else _instances(host, unit)))


def _commands(host: Host, path: str) -> Iterator[str]:
    # Of a link that leads nowhere systemd starts nothing; one that cannot be read may load anything.
    for key, command in assignments(snippet_text(host, path), "Service"):
        if key in PHASES:
            yield command.lstrip("-@:+!")


def filters(host: Host, command: str) -> bool:
    """Return whether a command changes the packet filter, or is a script that says so."""
    return bool(_FILTERS.search(command)) or any(
        _FILTERS.search(line) for path in _scripts(command) for line in _lines(host, path)
    )


def _scripts(command: str) -> List[str]:
    """Return the files among the words of a command that are, or may be, scripts: what is started, and what an interpreter is given."""
    words = words_of(command)
    first = words[:1]
    given = words[1:] if first and _INTERPRETERS.fullmatch(first[0]) else []
    return [one for one in (*first, *given) if one.startswith("/") and not one.startswith(_NO_SCRIPTS)]


def _lines(host: Host, path: str) -> List[str]:
    try:
        status = host.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SCRIPT:
            return []
        # Most are no scripts; making text of those takes longer than all the rest.
        text = host.read_text(path) if host.read_bytes(path).startswith(b"#!") else ""
    except NotFound:
        return []
    return [line for line in split_lines(text) if not line.lstrip(BLANKS).startswith("#")]


def _instances(host: Host, template: str) -> List[str]:
    """Return the instances of a template that a link wants."""
    start, _at, end = template.partition("@")
    return [
        path.rpartition("/")[2]
        for folder in UNIT_DIRECTORIES
        for path in host.glob("%s/*.*/%s@?*%s" % (folder, start, end))
    ]


class Restored(NamedTuple):
    """What iptables-restore is to load. ``anew``: each table begins without what was there."""

    family: int
    path: str
    anew: bool


def restored(command: str) -> Optional[Restored]:
    """Return what a command restores, None where it is not iptables-restore with a file."""
    found = _RESTORES.match(command)
    if not found:
        return None
    anew = not {"-n", "--noflush"}.intersection(words_of(found.group("options")))
    return Restored(6 if found.group("six") else 4, found.group("path"), anew)
