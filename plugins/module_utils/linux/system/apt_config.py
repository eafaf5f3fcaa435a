# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and sources of apt(8): what apt-config(8) says is in force, and sources.list(5) in both formats."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Match, NamedTuple, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    SPACES_AND_TABS,
    lowered,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

COMMAND = ("apt-config", "dump")
# As strtol(3) reads them, with any base.
_NUMBER = re.compile(r"[ \t\n\v\f\r]*(?:[+-]?(?:0[xXbB])?0*(0)|\+?(?:0[xXbB])?0*(1))\Z", re.ASCII)
YES = frozenset({"yes", "true", "with", "on", "enable", "1"})
NO = frozenset({"no", "false", "without", "off", "disable", "0"})
# Options that take the check of signatures away, in the spelling of both formats.
OPENING = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
# Settings that do so for all sources.
OPENING_SETTINGS = frozenset(
    {
        "apt::get::allowunauthenticated",
        "acquire::allowinsecurerepositories",
        "acquire::allowdowngradetoinsecurerepositories",
        "acquire::allowweakrepositories",
        "apt::authentication::trustcdrom",
    }
)
# What keeps the date of a list from being looked at, in sources and for all of them.
DATED = ("check-date", "check-valid-until")
DATED_SETTINGS = frozenset("acquire::" + name for name in DATED)
# Seconds by which a list may be of the future, or is good whatever it says itself; for one publisher too. A week is still a limit.
STRETCHED = ("date-max-future", "valid-until-min")
STRETCHED_SETTINGS = re.compile(r"acquire::(?:max-futuretime|min-validtime)(?:::.*)?\Z", re.ASCII | re.DOTALL)
WEEK = 7 * 24 * 3600
_SECONDS = re.compile(r"[ \t]*\+?(0[xX][0-9a-fA-F]+|[0-9]+)", re.ASCII)
# By these nobody on the way reads what is fetched; by the local ones nothing travels.
ENCRYPTED = frozenset({"https", "ssh", "tor+https"})
LOCAL = frozenset({"cdrom", "copy", "file"})
PROVING = re.compile(r"acquire::https::(?:.*::)?verify-(?:peer|host)\Z", re.ASCII | re.DOTALL)
_MIRRORS = re.compile(r"mirror\+(?:file|copy):/*(/\S*)\Z", re.ASCII)
_ROW = re.compile(r"(\S+) \"(.*)\";\Z", re.ASCII)
_PART = re.compile(r"[\w.-]+\Z", re.ASCII)
_ENTRY = re.compile(r"(deb|deb-src)[ \t]+(?:\[([^\]]*)\][ \t]+)?([^\[\s]\S*)[ \t]+(\S+)", re.ASCII)
_ESCAPED = re.compile(r"%([0-9a-fA-F]{2})")
_FIELD = re.compile(r"([^:\s]+)[ \t]*:(.*)\Z", re.ASCII | re.DOTALL)


class Source(NamedTuple):
    """``uri`` without who opens it; ``options``: in small letters, as they count, `types` among them; ``mirrors``: the file that lists them, or ""."""

    file: str
    line: int
    uri: str
    suite: str
    options: Dict[str, str]
    mirrors: str


def settings(host: Host) -> Dict[str, str]:
    """Return setting, in small letters -> value as apt merges its files; lists are left out. Raises `NotFound` without apt."""
    found: Dict[str, str] = {}
    for line in split_lines(host.run(COMMAND).stdout):
        row = _ROW.match(line)
        if row and not row.group(1).endswith("::"):
            found[lowered(row.group(1))] = row.group(2)
    if "dir::etc" not in found:
        raise ReadError("apt-config dump does not say where apt's files are")
    return found


def members(host: Host, name: str) -> List[str]:
    """Return the values of a list as apt merges it, the lines of its members, with or without names of their own."""
    rows = (_ROW.match(line) for line in split_lines(host.run(COMMAND).stdout))
    start = lowered(name) + "::"
    return [
        row.group(2)
        for row in rows
        if row and lowered(row.group(1)).startswith(start) and ":" not in row.group(1)[len(start) :]
    ]


def sources(host: Host, known: Dict[str, str]) -> List[Source]:
    """Return the sources that are in use. Raises `ReadError` at what apt does not understand."""
    found: List[Source] = []
    for path in _files(host, known):
        try:
            text = host.read_text(path)
        except NotFound:
            continue
        if "\0" in text:
            raise _broken(path, text[: text.index("\0")].count("\n") + 1)
        found += _stanzas(path, text) if path.endswith(".sources") else _entries(path, text)
    return found


def place(known: Dict[str, str], name: str) -> str:
    """Return the path that a setting below ``Dir::Etc`` names; "" where it is switched off."""
    path = ""
    for key in ("dir::etc::" + name, "dir::etc", "dir"):
        text = known.get(key, "")
        if not text and not path:
            return ""
        path = "%s/%s" % (text.rstrip("/"), path) if path else text
        if path.startswith("/"):
            break
    return "" if path == "/dev/null" else path.rstrip("/")


def _files(host: Host, known: Dict[str, str]) -> Iterator[str]:
    """Yield the files of sources as apt reads them; of a folder only names that it takes."""
    main, parts = place(known, "sourcelist"), place(known, "sourceparts")
    if main:
        yield main
    try:
        names = host.list_directory(parts) if parts else []
    except NotFound:
        names = []
    for name in names:
        if name.endswith((".list", ".sources")) and not name.startswith(".") and _PART.match(name):
            yield "%s/%s" % (parts, name)


def _entries(path: str, text: str) -> Iterator[Source]:
    for number, raw in enumerate(split_lines(text), 1):
        line = raw.partition("#")[0].strip(BLANKS)
        if not line:
            continue
        row = _ENTRY.match(line)
        if row is None:
            raise _broken(path, number)
        options: Dict[str, str] = {}
        for word in words_of(row.group(2) or ""):
            name, sign, value = _ESCAPED.sub(_character, word.replace('"', "")).partition("=")
            if not sign:
                raise _broken(path, number)
            options[name.rstrip("+-")] = value
        options["types"] = row.group(1)
        yield Source(path, number, _shown(row.group(3)), printable(row.group(4)), options, _mirrors(row.group(3)))


def _character(escaped: Match[str]) -> str:
    return chr(int(escaped.group(1), 16))


def _stanzas(path: str, text: str) -> Iterator[Source]:
    for number, fields in _paragraphs(path, text):
        if "types" not in fields:
            raise _broken(path, number)
        if is_off(fields.get("enabled", "yes")):
            continue
        for uri in words_of(fields.get("uris", "")):
            suites = printable(" ".join(words_of(fields.get("suites", ""))))
            yield Source(path, number, _shown(uri), suites, fields, _mirrors(uri))


def _paragraphs(path: str, text: str) -> Iterator[Tuple[int, Dict[str, str]]]:
    """Yield (first line, fields) of each stanza; names in small letters, the last of several counts."""
    fields: Dict[str, str] = {}
    start, name = 0, ""
    for number, raw in enumerate([*split_lines(text), ""], 1):
        if raw.startswith("#"):
            continue
        if not raw:
            if fields:
                yield start, fields
            fields, start, name = {}, 0, ""
            continue
        if raw[0] in SPACES_AND_TABS and name:
            fields[name] = (fields[name] + " " + raw.strip(BLANKS)).strip(BLANKS)
            continue
        found = _FIELD.match(raw)
        if found is None:
            if not raw.strip(BLANKS):
                continue
            raise _broken(path, number)
        start = start or number
        name = lowered(found.group(1))
        fields[name] = found.group(2).strip(BLANKS)


def opening(source: Source) -> Optional[str]:
    """Return the option by which a source is not checked, as ``name=value``."""
    for name in OPENING:
        # Names of the one format are told apart by case.
        text = source.options.get(name, "")
        if is_on(text):
            return "%s=%s" % (name, lowered(text))
    return None


def undated(source: Source) -> Optional[str]:
    """Return the option by which the dates of a source's lists are not looked at, as ``name=value``."""
    given = [(name, source.options[name]) for name in DATED + STRETCHED if name in source.options]
    # Here, other than in apt's settings, each word that is no yes is a no.
    off = ((name, text) for name, text in given if (not is_on(text) if name in DATED else is_stretched(text)))
    return next(("%s=%s" % (name, printable(text)) for name, text in off), None)


def in_clear(host: Host, source: Source) -> Optional[str]:
    """Return why what comes from a source may be read on the way. Raises `ReadError` where its list of mirrors is not there."""
    addresses = [source.uri]
    if source.mirrors:
        try:
            listed = host.read_text(source.mirrors)
        except NotFound:
            raise ReadError(
                "%s, the list of mirrors that a source names, does not exist" % printable(source.mirrors)
            ) from None
        rows = [words_of(line.partition("#")[0]) for line in split_lines(listed)]
        addresses = [_shown(row[0]) for row in rows if row]
    for address in addresses:
        scheme = lowered(address.partition(":")[0])
        if scheme.startswith("mirror"):
            return "which mirrors %s leads to is not known before" % address
        if scheme not in ENCRYPTED and scheme not in LOCAL:
            return "%s does not encrypt" % address
    return None


def is_on(text: str) -> bool:
    """Return whether apt takes the value of a setting for a yes."""
    number = _NUMBER.match(text)
    return number.lastindex == 2 if number else lowered(text) in YES


def is_off(text: str) -> bool:
    """Return whether apt takes the value of a setting for a no."""
    number = _NUMBER.match(text)
    return number.lastindex == 1 if number else lowered(text) in NO


def is_stretched(text: str) -> bool:
    """Return whether a number of seconds is longer than a week."""
    found = _SECONDS.match(text)
    return found is not None and int(found.group(1), 16 if "x" in lowered(found.group(1)) else 10) > WEEK


def _mirrors(uri: str) -> str:
    found = _MIRRORS.match(uri)
    return found.group(1) if found else ""


def _shown(uri: str) -> str:
    """Return the scheme and host of an address, without who opens it."""
    scheme, sign, rest = uri.partition("://")
    return printable(
        "%s://%s" % (scheme, rest.split("/", 1)[0].rpartition("@")[2]) if sign else uri.split(":", 1)[0] + ":"
    )


def _broken(path: str, number: int) -> ReadError:
    return ReadError(
        "%s:%d is no source that apt understands, so that it reads none; mend it" % (printable(path), number)
    )
