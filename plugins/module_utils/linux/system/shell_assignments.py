# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system-wide start-up files of shells may set a variable to.

The files are those that a benchmark names: /etc/bash.bashrc, /etc/profile and /etc/profile.d/*.sh. Whatever may run counts;
what can't be told without running it is the value ``unknown``, which no number is.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, NotFound, UsageError, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_flow import Flow
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_text import Unknown, commands, expand, words

FILES = ("/etc/bash.bashrc", "/etc/profile")
SNIPPETS = "/etc/profile.d/*.sh"
NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
DECLARING = {"export": "x", "readonly": "r", "declare": "", "typeset": "", "local": ""}
UNKNOWN = "unknown"
MAX_VALUES = 50


@dataclass
class Seen:
    """What was found of one variable. ``certain``: some value is set whatever happens."""

    name: str
    values: List[str] = field(default_factory=list)
    places: List[str] = field(default_factory=list)
    certain: bool = False
    flags: str = ""
    unset: bool = False

    def as_value(self) -> Dict[str, Any]:
        return {
            "values": list(dict.fromkeys(self.values))[:MAX_VALUES],
            "certain": self.certain,
            "readonly": "r" in self.flags,
            "exported": "x" in self.flags,
            "unset": self.unset,
        }


def checked_name(address: Address) -> str:
    """Return the name in an address. Raises `UsageError`."""
    name = required(address, "name")
    if not NAME.match(name):
        raise UsageError("%r is not the name of a variable" % name)
    return name


def look(host: Host, name: str) -> Seen:
    """Return what all the files together do to a variable."""
    seen = Seen(name)
    for path in [*FILES, *host.glob(SNIPPETS)]:
        try:
            _follow(host, path, host.read_text(path), seen)
        except NotFound:
            continue
    return seen


def _follow(host: Host, path: str, text: str, seen: Seen) -> None:
    if seen.name not in text:
        return
    flow = Flow(
        path,
        lambda operator, word: _exists(host, operator, word),
        lambda name: name == seen.name and "r" not in seen.flags,
    )
    for command in commands(text, path):
        if command.text in ("(", ")"):
            flow.bracket(command.text)
            continue
        stripped = flow.strip(command.text)
        runs = flow.certainty(stripped, command.after) if stripped else False
        given = words(stripped) if runs is not False else []
        if given and given[0] in ("return", "exit", "exec"):
            flow.leave()
        if seen.name in stripped and runs is not False:
            seen.places.append("%s:%d" % (printable(path), command.line))
            _take(given, bool(runs), seen)
    flow.end()


def _exists(host: Host, operator: str, word: str) -> Optional[bool]:
    try:
        status = host.stat(expand(word, {}))
    except Unknown:
        return None
    except NotFound:
        return False
    return {"-d": stat.S_ISDIR, "-f": stat.S_ISREG}.get(operator, lambda _mode: True)(status.st_mode)


def _take(given: List[str], certain: bool, seen: Seen) -> None:
    """Take from one command what it does to the variable."""
    head = given[0] if given else ""
    if head == "unset":
        seen.unset = seen.unset or seen.name in given[1:]
    elif head in DECLARING:
        options = "".join(word[1:] for word in given[1:] if word.startswith("-"))
        removed = any(word.startswith("+") for word in given[1:])
        named = [word for word in given[1:] if re.match(re.escape(seen.name) + r"(\+?=|\Z)", word)]
        if named and certain and not removed and "n" not in options:
            seen.flags += DECLARING[head] + options
        for word in named:
            _assign(word, certain, seen)
    elif all("=" in word for word in given):
        for word in given:
            _assign(word, certain, seen)
    elif any(re.match(re.escape(seen.name) + r"\+?=", word) for word in given) or head in ("eval", "read", "printf"):
        # For one command only, or set by another program: nobody knows.
        seen.values.append(UNKNOWN)


def _assign(word: str, certain: bool, seen: Seen) -> None:
    left, equals, right = word.partition("=")
    if not equals or left.rstrip("+") != seen.name:
        return
    try:
        seen.values.append(UNKNOWN if left.endswith("+") else expand(right, {})[:200])
    except Unknown:
        seen.values.append(UNKNOWN)
    seen.certain = seen.certain or certain
