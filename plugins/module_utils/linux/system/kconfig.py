# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file of KDE below /etc/xdg, as KConfig reads it between those for all programs and each user's own: what users cannot change (``[$i]``)."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError


class InFile(NamedTuple):
    """What one file says of a key: (value, place) or None, and whether the key, its group and the whole file are closed to all that is read later."""

    found: Optional[Tuple[str, str]]
    key: bool = False
    group: bool = False
    file: bool = False


def setting(host: Host, file: str, group: str, name: str) -> Optional[Tuple[str, str]]:
    """Return (value, place), or None where nothing is said of the key, or nothing that could be closed to users.

    What the files for all programs of KDE close is decided, whatever this one says. What users may change, and what holds in
    one language only, is shown with that, so that it equals nothing. Case counts everywhere. Raises `ReadError` where a name
    is written with a backslash.
    """
    folder = file.rpartition("/")[0]
    # In the order in which Frameworks 5 and 6 read them. What stands open in them users may change, also where the file itself is closed.
    for path in ("/etc/kde5rc", folder + "/system.kdeglobals", folder + "/kdeglobals"):
        seen = _read(host, path, group, name)
        if seen.key or seen.group:
            return seen.found
        if seen.file:
            break
    seen = _read(host, file, group, name)
    if seen.found is None or seen.key or seen.group or seen.file:
        return seen.found
    return seen.found[0] + " (users may change it)", seen.found[1]


def _read(host: Host, file: str, group: str, name: str) -> InFile:
    try:
        lines = split_lines(host.read_text(file))
    except NotFound:
        return InFile(None)
    fixed = whole_group = whole_file = False
    found: Optional[Tuple[str, str]] = None
    for number, line, here, closed in _lines(lines, file):
        place = "%s:%d" % (file, number)
        whole_file = whole_file or (closed and here == "")
        whole_group = whole_group or (closed and here == group)
        key, sign, seen = line.partition("=")
        named = _key(key.strip(BLANKS))
        if here != group or named is None or named[0] != name:
            continue
        _name, flags, language = named
        if language is not None and sign:
            return InFile(("%s (in the language %s)" % (seen.strip(BLANKS), language), place), True)
        # Of what is closed the first counts: the lines below it cannot change it any more either.
        if not fixed and "d" in flags:
            found = None
        elif not fixed and sign:
            found, fixed = (seen.strip(BLANKS), place), closed or "i" in flags
    return InFile(found, fixed, whole_group, whole_file)


def _lines(lines: Sequence[str], file: str) -> Iterator[Tuple[int, str, Optional[str], bool]]:
    """Yield (number, line, its group, whether that is closed to users); of ``[$i]``, which closes the file, no name of a group."""
    here: Optional[str] = None
    closed = whole_file = False
    for number, line in enumerate((one.strip(BLANKS) for one in lines), 1):
        if line.startswith("#"):
            continue
        if "\\" in line.partition("=")[0]:
            raise ReadError("%s:%d: a name with a backslash is not followed; write the letter itself" % (file, number))
        if line.startswith("["):
            head = _group(line)
            # A head that is none ends what the one above it closed, and not its group.
            here, closed = head or (here, False)
            whole_file = whole_file or (closed and here == "")
            closed = closed or whole_file
        yield number, line, here, closed


def _group(line: str) -> Optional[Tuple[str, bool]]:
    """Return the name of ``[Containments][1][$i]``, its parts with a sign between, and whether it is closed to users.

    None of a head without end, which names none. What is behind the last bracket does not count.
    """
    name = ""
    while line.startswith("["):
        part, end, line = line[1:].partition("]")
        if not end:
            return None
        if part == "$i" and not line:
            return name, True
        # With something behind it, [$i] is the name of a group.
        name += "\x1d" + part if name else part
    return name, False


def _key(text: str) -> Optional[Tuple[str, str, Optional[str]]]:
    """Return (name, "i" and "d" of its options, language) of ``Timeout[de][$i]``, read from the end; None where it is none.

    A blank before the first bracket is a part of the name: "Timeout [$i]" is another key than "Timeout".
    """
    flags, language = "", None
    while "[" in text:
        text, _bracket, rest = text.rpartition("[")
        option, end, _behind = rest.partition("]")
        if not end:
            return None
        if option.startswith("$"):
            flags += option[1:]
            if "d" in option:
                return text, "d", language
        elif language is not None:
            return None
        else:
            language = option
    return text, flags, language
