# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `package_integrity`: files that are not as their package brought them, and packages that nobody signed."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import package
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import rpm

# No script of a package is run, and what it depends on is not asked.
RPM_VERIFY = ("rpm", "-V", "--nodeps", "--noscripts")
DPKG_VERIFY = ("dpkg", "--verify")
# So many packages at a time, that one call ends within the time that a command has.
BATCH = 40
MAX_ITEMS = 200
_LINE = re.compile(r"(missing|[S.?][M.?][5.?][D.?][L.?][U.?][G.?][T.?][P.?])[ ]+(?:([a-z]) )?[ ]*(/.*)\Z")
_MEANING = {
    "S": "size", "M": "mode", "5": "content", "D": "device", "L": "link", "U": "owner", "G": "group", "P": "capabilities",
}  # fmt: skip


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer ``unsigned`` with names, ``altered`` with `[{path, what}]`, both of at most 200, `{not_shown: N}` behind them.

    ``altered`` takes the list ``packages`` (all where it is not given); files of configuration are left out. ``unsigned`` is
    absent where packages are dpkg's, which keeps no signatures: there the repositories are signed.
    """
    host.need_root("Whether files are as their packages brought them")
    names, source = package.states(host)
    by_rpm = source == rpm.SOURCE

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query == "unsigned":
            found = [item.name for item in rpm.installed(host) if not item.signed] if by_rpm else None
            return absent(source) if found is None else value(_bounded(sorted(set(found))), source)
        if query != "altered":
            raise UsageError("unknown query %r; known: altered, unsigned" % query)
        wanted = address.get("packages") or sorted(names)
        there = [name for name in wanted if name in names and package.whole(name, names[name])]
        rows = (_verify_rpm if by_rpm else _verify_dpkg)(host, there)
        return value(_bounded(rows), "command: " + " ".join(RPM_VERIFY if by_rpm else DPKG_VERIFY))

    return read_each(addresses, one)


def _verify_rpm(host: Host, names: Sequence[str]) -> List[Dict[str, Any]]:
    # The exit code counts the packages that failed.
    return _verify(lambda some: host.run([*RPM_VERIFY, "--", *some], accept=range(256)).stdout, names, "?")


def _verify_dpkg(host: Host, names: Sequence[str]) -> List[Dict[str, Any]]:
    # dpkg looks at the content alone and shows ``?`` for the rest.
    return _verify(lambda some: host.run([*DPKG_VERIFY, *some], accept=(0, 1)).stdout, names, "")


def _verify(ask: Callable[[Sequence[str]], str], names: Sequence[str], unknown: str) -> List[Dict[str, Any]]:
    """Return what differs. ``unknown``: the sign for what could not be looked at, where that is a finding."""
    found: List[Dict[str, Any]] = []
    for start in range(0, len(names), BATCH):
        for line in split_lines(ask(names[start : start + BATCH])):
            row = _LINE.match(line)
            if row is None:
                raise ReadError("what verifies packages printed a line that is not known: %s" % printable(line)[:200])
            flags, attribute, path = row.groups()
            what = _what(flags, unknown)
            if attribute != "c" and what:
                found.append({"path": printable(path), "what": what})
    return sorted(found, key=lambda item: str(item["path"]))


def _what(flags: str, unknown: str) -> List[str]:
    """Return what differs in words; a time alone is nothing."""
    if flags == "missing":
        return ["missing"]
    what = [_MEANING[sign] for sign in flags if sign in _MEANING]
    return [*what, "not readable"] if unknown and unknown in flags else what


def _bounded(items: List[Any]) -> List[Any]:
    more = len(items) - MAX_ITEMS
    return items if more <= 0 else [*items[:MAX_ITEMS], {"not_shown": more}]
