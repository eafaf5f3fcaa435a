# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of PAM's modules: faillock.conf(5), pwquality.conf(5), limits.conf(5), and what modules look up as in login.defs."""

from __future__ import annotations

import re
import stat
from typing import Iterator, List, Mapping, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

QUALITY = "/etc/security/pwquality.conf"
# The settings of libpwquality 1.4; at another name, or a number that is none, it stops reading.
QUALITY_NUMBERS = (
    *("difok", "minlen", "minclass", "dcredit", "ucredit", "lcredit", "ocredit", "maxrepeat", "maxclassrepeat"),
    *("maxsequence", "gecoscheck", "dictcheck", "usercheck", "usersubstr", "enforcing", "retry"),
)
QUALITY_OTHERS = ("badwords", "dictpath", "enforce_for_root", "local_users_only")
CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
MAX_INT = 2**31 - 1
# Longer lines end the reading of both programs.
MAX_LENGTH = 1022
# The times that pam_faillock takes at most, in seconds; it passes over others.
MAX_TIME = 604800
FAILLOCK_TIMES = ("fail_interval", "unlock_time", "root_unlock_time")
_START = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
Found = Optional[Tuple[str, str]]
Row = Tuple[str, str, str]


def name_and_value(line: str) -> Tuple[str, str]:
    """Return both of a line of pwquality.conf or faillock.conf; the sign between them may be missing."""
    bare = line.split("#", 1)[0].strip(BLANKS)
    name = re.split(r"[=\s]", bare, maxsplit=1, flags=re.ASCII)[0]
    rest = bare[len(name) :].lstrip(BLANKS)
    return name, (rest[1:] if rest.startswith("=") else rest).lstrip(BLANKS)


def _rows(host: Host, path: str) -> Iterator[Row]:
    try:
        text = host.read_text(path)
    except NotFound:
        return
    for number, line in enumerate(text.split("\n"), 1):
        place = "%s:%d" % (path, number)
        if len(line) > MAX_LENGTH:
            raise ReadError(
                "%s is longer than its program reads, so the file is not in force; shorten it" % printable(place)
            )
        name, seen = name_and_value(line)
        if name:
            yield name, seen, place


def number_of(text: str) -> Optional[int]:
    """Return the number that a text begins with, as C reads one, or None."""
    found = _START.match(text[:100])
    return int(found.group(1)) if found else None


# Where no file can be made, or nothing outlives the next boot.
_NO_COUNTS = ("/proc/", "/sys/")
_NO_HISTORY = (*_NO_COUNTS, "/dev/", "/run/", "/var/run/", "/tmp/")  # noqa: S108 - no file is made there


def counts_in(host: Host, text: str) -> str:
    """Return a folder for pam_faillock's counts, with what is wrong where it keeps none there, so that it equals nothing.

    It makes the folder where it is missing, none above it, and without it lets everybody try for ever.
    """
    path = text.rstrip("/") or "/"
    try:
        host.stat(path, follow=False)
    except NotFound:
        fault = _fault_of_folder(host, path.rpartition("/")[0] or "/")
    else:
        fault = _fault_of_folder(host, path)
    return text + _noted("keeps no files" if (path + "/").startswith(_NO_COUNTS) else fault)


def history_in(host: Host, text: str) -> str:
    """Return a file for pam_pwhistory's former passwords, with what is wrong where they are not kept there.

    A device in its place is no way to keep nothing: the module puts a plain file there, which is gone with the next boot.
    """
    fault = (
        _fault_of_folder(host, text.rpartition("/")[0] or "/") if text.startswith("/") else "is no path from the root"
    )
    if not fault and host.exists(text) and not stat.S_ISREG(host.stat(text).st_mode):
        fault = "is no file"
    return text + _noted("keeps nothing for long" if text.startswith(_NO_HISTORY) else fault)


def _fault_of_folder(host: Host, path: str) -> str:
    try:
        mode = host.stat(path).st_mode
    except NotFound:
        return "is not there"
    if not stat.S_ISDIR(mode):
        return "is no folder"
    return "is open to all" if mode & stat.S_IWOTH and not mode & stat.S_ISVTX else ""


def _noted(fault: str) -> str:
    return " (%s)" % fault if fault else ""


def faillock_value(host: Host, name: str, text: str) -> Optional[str]:
    """Return what pam_faillock makes of a setting's text; None where it passes over it."""
    if name == "dir":
        return counts_in(host, text) if text.startswith("/") else None
    if name in ("unlock_time", "root_unlock_time") and text == "never":
        return text
    if name != "deny" and name not in FAILLOCK_TIMES:
        return text
    number = number_of(text)
    if name == "deny":
        return None if number is None else str(number % 2**16)
    return None if number is None or number % 2**32 > MAX_TIME else str(number % 2**32)


def faillock(host: Host, path: str, name: str) -> Found:
    """Return a setting and its place: the last line that is understood."""
    found: Found = None
    for key, text, place in _rows(host, path):
        seen = faillock_value(host, name, text) if key == name else None
        found = found if seen is None else (seen, place)
    return found


def quality_files(host: Host, path: str) -> List[str]:
    """Return the files that libpwquality reads, in its order: hidden drop-ins too, the main file last."""
    folder = path + ".d"
    try:
        names = host.list_directory(folder)
    except NotFound:
        names = []
    # It looks for the first `.conf` in a name and wants it at the end.
    names = [name for name in names if name.find(".conf") == len(name) - 5 >= 0]
    return [*("%s/%s" % (folder, name) for name in names), path]


def quality_rows(host: Host, path: str) -> List[Row]:
    """Return (name in small letters, value, place) of all lines. Raises `ReadError` at one that ends the reading."""
    found = []
    for file in quality_files(host, path):
        for key, seen, place in _rows(host, file):
            if not quality_understood(key, seen):
                raise ReadError(
                    "libpwquality does not understand %s, and what stands behind it is not in force; take it out"
                    % printable(place)
                )
            found.append((lowered(key), seen, place))
    return found


def quality_understood(name: str, text: str) -> bool:
    """Return whether libpwquality takes such a setting; case does not count."""
    if lowered(name) in QUALITY_NUMBERS:
        digits = text[1:] if text[:1] in ("+", "-") else text
        return is_number(digits) and int(digits[-12:] if digits[:-12].strip("0") == "" else "9" * 12) < MAX_INT
    return lowered(name) in QUALITY_OTHERS


def quality(host: Host, path: str, name: str) -> Found:
    """Return a setting and its place; ``shortest``: how short a password may be where it earns all credits."""
    places = {key: (seen, place) for key, seen, place in quality_rows(host, path)}
    if name == "shortest":
        return shortest({key: seen for key, (seen, _place) in places.items()}), places.get("minlen", ("", path))[1]
    return places.get(lowered(name))


def shortest(settings: Mapping[str, str]) -> str:
    """Return the length that settings of libpwquality ask for at least: it never goes below 6 before the credits."""
    credits_ = sum(max(0, int(settings.get(name, "0"))) for name in CREDITS)
    return str(max(6, int(settings.get("minlen", "8"))) - credits_)


def looked_up(host: Host, path: str, name: str) -> Found:
    """Return what pam_modutil_search_key() gives: the first line of a name, whatever its case."""
    try:
        text = host.read_text(path)
    except NotFound:
        return None
    for number, line in enumerate(text.split("\n"), 1):
        key, *rest = re.split("[ \t=]", line.split("#", 1)[0].lstrip(BLANKS), maxsplit=1)
        if lowered(key) == lowered(name):
            return (rest[0].lstrip(BLANKS + "=") if rest else ""), "%s:%d" % (path, number)
    return None


def limit_of(line: str, kind: str, item: str) -> Optional[Tuple[str, str]]:
    """Return domain and value of a line of limits.conf that sets a limit; None where it does not.

    Type, item and value in any case; what stands behind the fourth word, and a value that is no number, is passed over.
    `DOMAIN -` frees from all limits.
    """
    words = words_of(line.split("#", 1)[0])
    domain, *rest = [*words[:1], *(lowered(word) for word in words[1:4])] or [""]
    # Domains with a `%` are for the number of logins alone.
    if domain.startswith("%"):
        return None
    if len(rest) == 1 and rest[0].startswith("-"):
        return (domain, "unlimited") if domain != "*" else None
    if len(rest) < 3 or rest[0] not in (kind, "-") or rest[1] != item:
        return None
    number = number_of(rest[2])
    if rest[2] in ("-", "infinity", "unlimited") or (number is not None and number < 0):
        return domain, "unlimited"
    return None if number is None else (domain, str(number))
