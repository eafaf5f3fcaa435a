# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OpenSSL allows every program by its own configuration (config(5), SSL_CONF_cmd(3)), as OpenSSL 3 was seen to read it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Match, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

FILES = ("/etc/pki/tls/openssl.cnf", "/usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf")
PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
OLD = ("TLSv1", "TLSv1.1")
# How Debian and Ubuntu build it; Red Hat's says its own in the file.
DEFAULT_LEVEL = 2
# Modules of the library that can stand before `ssl_conf`; one that it does not know ends its reading there.
MODULES = ("ssl_conf", "providers", "engines", "oid_section", "alg_section", "stbl_section", "random")
MAX_DEPTH = 10
_LEVEL = re.compile(r"@SECLEVEL=([0-5])(?![0-9])", re.ASCII)
_VARIABLE = re.compile(r"\$(?:\{([\w:.]+)\}|\(([\w:.]+)\)|([\w:]+))", re.ASCII)
Section = Dict[str, "Value"]


class Value(NamedTuple):
    """A value as it stands in a file."""

    text: str
    place: str


class _Broken(Exception):
    """The library reads nothing of the file."""


@dataclass
class Allowed:
    """What a program may use that says nothing itself. ``places``: where it is set; empty where nothing does."""

    protocols: List[str] = field(default_factory=lambda: list(PROTOCOLS))
    level: int = DEFAULT_LEVEL
    ciphers: Optional[str] = None
    places: List[str] = field(default_factory=list)


def allowed(host: Host, path: str, *, old: bool = False) -> Allowed:
    """Return what a configuration allows; ``old``: to OpenSSL 1.1.1.

    One that the library cannot read is as good as none; raises `ReadError` where we cannot.
    """
    commands = _followed(host, path, old=old)
    found = Allowed()
    level: Optional[int] = None
    lowest, highest = PROTOCOLS[0], PROTOCOLS[-1]
    off: Set[str] = set()
    for name, value in commands:
        before = (lowest, highest, frozenset(off), level, found.ciphers)
        if name == "minprotocol" and value.text in (*PROTOCOLS, "None"):
            lowest = PROTOCOLS[0] if value.text == "None" else value.text
        elif name == "maxprotocol" and value.text in (*PROTOCOLS, "None"):
            highest = PROTOCOLS[-1] if value.text == "None" else value.text
        elif name == "protocol":
            off = _switched(off, value.text)
        elif name == "cipherstring":
            found.ciphers = value.text
            said = _LEVEL.findall(value.text)
            level = int(said[-1]) if said else level
        if before != (lowest, highest, frozenset(off), level, found.ciphers):
            found.places.append(value.place)
    chosen = PROTOCOLS[PROTOCOLS.index(lowest) : PROTOCOLS.index(highest) + 1]
    left = [one for one in chosen if one not in off]
    if old:
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import openssl_1_1

        found.level = openssl_1_1.default_level(host) if level is None else level
        found.protocols = [one for one in left if openssl_1_1.is_served(host, one, found.level)]
        return found
    found.level = DEFAULT_LEVEL if level is None else level
    # From level 1 on, version 3 refuses what signs with SHA-1 and MD5, which the old protocols do.
    found.protocols = [one for one in left if not (found.level and one in OLD)]
    return found


def _followed(host: Host, path: str, *, old: bool) -> List[Tuple[str, Value]]:
    try:
        if not old:
            return list(_commands(_sections(host, path)))
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import openssl_1_1

        return list(openssl_1_1.followed(_commands(_sections(host, path, old=True), openssl_1_1.MODULES)))
    except (_Broken, NotFound):
        return []


def section_of(host: Host, path: str) -> List[Tuple[str, Value]]:
    """Return (command in small letters, value) that hold for every program, in their order; none where the library reads nothing."""
    return _followed(host, path, old=False)


def _switched(off: Set[str], text: str) -> Set[str]:
    """Return the protocols that are off after a list like ``-ALL,TLSv1.2``; names are taken in any case."""
    now = set(off)
    for word in text.split(","):
        bare = lowered(word.strip(BLANKS))
        name = bare.lstrip("+-")
        which = {one for one in PROTOCOLS if name in (lowered(one), "all")}
        now = now | which if bare.startswith("-") else now - which
    return now


def _commands(sections: Dict[str, Section], known: Sequence[str] = MODULES) -> Iterator[Tuple[str, Value]]:
    start = sections.get("default", {}).get("openssl_conf")
    modules = sections.get(start.text, {}) if start else {}
    for name, value in modules.items():
        bare = name.rpartition(".")[2] if name not in known else name
        if bare not in known or value.text not in sections:
            return
        if bare == "providers":
            _need_default_provider(sections, value)
        if bare == "ssl_conf":
            break
    else:
        return
    system = sections[value.text].get("system_default")
    for name, stated in sections.get(system.text if system else "", {}).items():
        yield lowered(name.partition(".")[2] or name), stated


def _need_default_provider(sections: Dict[str, Section], value: Value) -> None:
    """Raise `ReadError` where providers are activated and the one that all programs need is not."""
    named = sections[value.text].values()
    active = [
        one
        for one in named
        if lowered(sections.get(one.text, {}).get("activate", Value("0", "")).text) in ("1", "yes", "true", "on")
    ]
    names = {name for name, one in sections[value.text].items() if one in active}
    if active and not names & {"default", "fips"}:
        raise ReadError("%s activates providers, and neither default nor fips; programs get no ciphers" % value.place)


def _sections(host: Host, path: str, *, old: bool = False) -> Dict[str, Section]:
    sections: Dict[str, Section] = {"default": {}}
    _read(host, path, sections, "default", 0, old)
    return sections


def _read(host: Host, path: str, sections: Dict[str, Section], here: str, depth: int, old: bool) -> str:
    """Add the values of a file; return the section in which it ends, for what includes it goes on there."""
    if depth > MAX_DEPTH:
        raise ReadError("%s: too many levels of .include; does a file include itself?" % printable(path))
    text = host.read_text(path)
    if "\0" in text:
        raise ReadError("%s holds a NUL, at which programs end a line in their own ways; take it out" % printable(path))
    for number, line in _lines(text):
        place = "%s:%d" % (printable(path), number)
        if line.startswith("["):
            name, bracket, _rest = line[1:].partition("]")
            if not bracket:
                raise _Broken
            here = name.strip(BLANKS)
            sections.setdefault(here, {})
        elif re.match(r"\.include[\s=]", line, re.ASCII):
            target = line[len(".include") :].strip(BLANKS + "=")
            for found in _included(host, target, place):
                here = _read(host, found, sections, here, depth + 1, old)
        elif line.startswith(".pragma") and not old:
            continue
        else:
            name, sign, given = line.partition("=")
            if not sign:
                raise _Broken
            owner, colons, own = name.strip(BLANKS).rpartition("::")
            section = sections.setdefault(owner, {}) if colons else sections[here]
            # The last value counts, in the place of the last.
            section.pop(own, None)
            section[own] = Value(_expanded(given.strip(BLANKS), sections, owner or here), place)
    return here


def _included(host: Host, target: str, place: str) -> List[str]:
    """Return the files that are included; one that is missing is passed over."""
    if not target.startswith("/"):
        raise ReadError(
            "%s includes %s, which each program looks for in another folder; give the whole path"
            % (place, printable(target))
        )
    try:
        names = [name for name in host.list_directory(target) if name.endswith((".cnf", ".conf"))]
    except NotFound:
        return [target] if host.exists(target) else []
    except ReadError:
        return [target]
    if len(names) > 1:
        raise ReadError(
            "%s includes a folder with several files, in no certain order; name each by a line of its own" % place
        )
    return ["%s/%s" % (target.rstrip("/"), name) for name in names]


def _lines(text: str) -> Iterator[Tuple[int, str]]:
    """Yield (number, line) without comments and blanks; a backslash at the end joins the next line."""
    pending, start = "", 0
    for number, raw in enumerate(split_lines(text), 1):
        start = start or number
        line = raw
        if line.endswith("\\") and not line.endswith("\\\\"):
            pending += line[:-1]
            continue
        line, pending = _uncommented(pending + line).strip(BLANKS), ""
        if line:
            yield start, line
        start = 0


def _uncommented(line: str) -> str:
    quote, escaped = "", False
    for at, sign in enumerate(line):
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'`":
            quote = sign
        elif sign == "#":
            return line[:at]
    return line


def _expanded(text: str, sections: Dict[str, Section], here: str) -> str:
    """Return a value with its variables; one that is not set before spoils the file."""

    def replaced(match: Match[str]) -> str:
        name = match.group(1) or match.group(2) or match.group(3)
        owner, colons, own = name.rpartition("::")
        places = [owner] if colons else [here, "default"]
        if owner == "ENV":
            raise ReadError("a value hangs on the environment variable %s of each program" % own[:60])
        found = next((sections[one][own] for one in places if own in sections.get(one, {})), None)
        if found is None:
            raise _Broken
        return found.text

    plain = _VARIABLE.sub(replaced, text)
    return re.sub(r"\\(.)", r"\1", re.sub(r"[\"'`]", "", plain))
