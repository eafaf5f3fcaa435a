# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Match blocks of sshd_config(5) set. Everything else is asked of `sshd -T`, not of the text."""

from __future__ import annotations

import re
import shlex
from typing import Any, Dict, Iterator, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

MAX_DEPTH = 16  # as sshd itself has it
MAX_FILES = 256
# sshd -T prints these in seconds.
TIMES = frozenset({"clientaliveinterval", "logingracetime"})
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
Override = Dict[str, Any]


def match_overrides(host: Host, path: str) -> Dict[str, List[Override]]:
    """Return option -> `[{match, value, file, line}]` of all Match blocks, names in lower case.

    `Match all` is left out: it holds for every connection, and `sshd -T` takes part in it.
    """
    result: Dict[str, List[Override]] = {}
    match = ""
    for file, number, name, rest in _lines(host, path, [0]):
        if name == "match":
            match = "" if rest.strip().lower() == "all" else rest.strip()
        elif match:
            override = {"match": match, "value": _normal(name, rest), "file": file, "line": number}
            result.setdefault(name, []).append(override)
    return result


def _lines(host: Host, path: str, opened: List[int], depth: int = 0) -> Iterator[Tuple[str, int, str, str]]:
    """Yield (file, line, keyword, argument text), with included files in their place."""
    opened[0] += 1
    if depth > MAX_DEPTH or opened[0] > MAX_FILES:
        raise ReadError("%s: too many Include levels or files; does a file include itself?" % path)
    for number, raw in enumerate(host.read_text(path).splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        parts = re.split(r"[\s=]+", line, maxsplit=1)
        name, rest = parts[0].strip('"').lower(), parts[1] if len(parts) > 1 else ""
        if name == "include":
            for pattern in _words(rest):
                # Relative names are taken from /etc/ssh (sshd_config(5)).
                full = pattern if pattern.startswith("/") else "/etc/ssh/" + pattern
                for found in host.glob(full):
                    yield from _lines(host, found, opened, depth + 1)
        else:
            yield path, number, name, rest


def _words(text: str) -> List[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _normal(name: str, rest: str) -> str:
    words = _words(rest)
    text = " ".join(words)
    if name in TIMES:
        pieces = re.findall(r"(\d+)([smhdwSMHDW]?)", text)
        if pieces and "".join(number + unit for number, unit in pieces) == text:
            return str(sum(int(number) * UNITS[unit.lower()] for number, unit in pieces))
    if text.lower() in ("yes", "no", "true", "false"):
        return {"true": "yes", "false": "no"}.get(text.lower(), text.lower())
    return text
