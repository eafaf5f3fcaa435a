# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which protocols GnuTLS allows by its own configuration (/etc/gnutls/config), as versions 3.7 and 3.8 were seen to read it."""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.os_release import read_release

PATH = "/etc/gnutls/config"
PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_NAMES = {"tls1.0": "TLSv1", "tls1.1": "TLSv1.1", "tls1.2": "TLSv1.2", "tls1.3": "TLSv1.3"}
# What the library was built with, where that is not NORMAL.
BUILT_WITH = {"ubuntu": "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-DTLS1.2:%PROFILE_MEDIUM"}
_ALL = frozenset({"NORMAL", "LEGACY", "PERFORMANCE", "PFS", "SECURE", "SECURE128", "SECURE192", "SECURE256"})
_SUITE_B = frozenset({"SUITEB128", "SUITEB192"})
_MODES = ("allowlist", "blocklist")
_VERSION = re.compile(r"([+!-])VERS-(?:(TLS)?-?ALL|(TLS1\.[0-3]))\Z", re.ASCII)


class Allowed(NamedTuple):
    """What a program may use that gives no priorities itself. ``places``: where it is set; empty where nothing does."""

    protocols: List[str]
    places: List[str]


class _Broken(Exception):
    """The library reads nothing of the file."""


def allowed(host: Host, built_with: str) -> Allowed:
    """Return the protocols. Raises `ReadError` where the priorities are none, so that programs fail."""
    try:
        rows = _rows(host)
    except (_Broken, NotFound):
        rows = []
    places: List[str] = []
    text = built_with
    off: Set[str] = set()
    on: Optional[Set[str]] = None
    named = {name: value for section, name, value, _place in rows if section == "priorities"}
    # The last one that is a mode counts, wherever its section stands.
    modes = [lowered(value) for section, name, value, _place in rows if (section, name) == ("global", "override-mode")]
    if [one for one in modes if one in _MODES][-1:] == ["allowlist"]:
        on = set()
    for section, name, value, place in rows:
        if section != "overrides":
            continue
        protocol = _NAMES.get(lowered(value))
        if name == "default-priority-string":
            text = named.get(value[1:], "") if value.startswith("@") else value
        elif name == "disabled-version" and protocol and on is None:
            off.add(protocol)
        elif name == "enabled-version" and protocol and on is not None:
            on.add(protocol)
        else:
            continue
        places.append(place)
    chosen = [one for one in _by_priorities(text, places) if one not in off and (on is None or one in on)]
    return Allowed(chosen, places)


def _by_priorities(text: str, places: List[str]) -> List[str]:
    first, *more = text.split(":")
    if first in _ALL:
        found: Set[str] = set(PROTOCOLS)
    elif first in _SUITE_B:
        found = {"TLSv1.2"}
    elif first == "NONE":
        found = set()
    else:
        raise ReadError(
            "%s: GnuTLS does not know the priorities %s" % (", ".join(places) or PATH, printable(first)[:60])
        )
    for word in more:
        match = _VERSION.match(word)
        if match is None:
            continue
        which = {_NAMES[lowered(match.group(3))]} if match.group(3) else set(PROTOCOLS)
        found = found | which if match.group(1) == "+" else found - which
    return [one for one in PROTOCOLS if one in found]


def _rows(host: Host) -> List[Tuple[str, str, str, str]]:
    """Return (section, name, value, place) of the file; names in small letters, but those of priorities."""
    rows: List[Tuple[str, str, str, str]] = []
    here = ""
    for number, raw in enumerate(split_lines(host.read_text(PATH)), 1):
        line = raw.strip(BLANKS)
        if not line or line[0] in "#;":
            continue
        if line.startswith("["):
            here = lowered(line[1:].partition("]")[0].strip(BLANKS))
            continue
        parts = re.split(r"[=:]", line, maxsplit=1)
        if len(parts) < 2:
            raise _Broken
        name = parts[0].strip(BLANKS)
        words = words_of(parts[1].partition("#")[0])
        rows.append(
            (here, name if here == "priorities" else lowered(name), words[0] if words else "", "%s:%d" % (PATH, number))
        )
    return rows


def built_with(host: Host) -> str:
    """Return the priorities that the distribution's library was built with."""
    return BUILT_WITH.get(read_release(host)[0].get("ID", ""), "NORMAL")
