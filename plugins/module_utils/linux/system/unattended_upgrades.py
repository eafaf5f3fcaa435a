# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From where unattended-upgrade(8) takes packages: its patterns, held against the Release files of the lists that apt has fetched."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from string import Template
from typing import Dict, Iterator, List, NamedTuple, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.os_release import read_release
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import apt_config

NAME = "Unattended-Upgrade"
# The two names of each field in a pattern, and the name in the Release file; a site has none there, nor one component.
_FIELDS = {
    "o": "Origin", "origin": "Origin",
    "l": "Label", "label": "Label",
    "a": "Suite", "suite": "Suite", "archive": "Suite",
    "n": "Codename", "codename": "Codename",
    "c": "Components", "component": "Components",
    "site": "Site",
}  # fmt: skip
# As lsb_release(1) says it, which the program asks.
_IDS = {"debian": "Debian", "ubuntu": "Ubuntu"}
_FIELD = re.compile(r"([A-Z][A-Za-z-]*):[ \t]*(.*)\Z", re.ASCII)
_COLON = re.compile(r"(?<!\\):")
Release = Dict[str, str]
# Fields of a Release file, and what each has to match.
Pattern = List[Tuple[str, str]]


class Security(NamedTuple):
    """Sources of security repairs by their names: those that are taken, and those that are left."""

    taken: List[str]
    left: List[str]


def security(host: Host, known: Dict[str, str]) -> Security:
    """Return which sources of security repairs are taken. Raises `ReadError` at a pattern at which the program stops."""
    patterns = list(_patterns(host))
    found: Dict[str, bool] = {}
    for release in _releases(host, known):
        if not _is_security(release):
            continue
        name = printable(" ".join(release.get(key, "") for key in ("Origin", "Codename", "Site")).strip(BLANKS))
        found[name] = any(_matches(pattern, release) for pattern in patterns) or found.get(name, False)
    return Security([name for name, taken in found.items() if taken], [name for name in found if not found[name]])


def _is_security(release: Release) -> bool:
    suites = (release.get("Suite", ""), release.get("Codename", ""))
    return release.get("Label") == "Debian-Security" or any(
        suite.endswith(("-security", "/updates")) for suite in suites
    )


def _patterns(host: Host) -> Iterator[Pattern]:
    release, _place = read_release(host)
    names = {"distro_id": _IDS.get(release.get("ID", ""), ""), "distro_codename": release.get("VERSION_CODENAME", "")}
    known = {name: text for name, text in names.items() if text}
    for text in apt_config.members(host, NAME + "::Allowed-Origins"):
        parts = _COLON.split(text) if _COLON.search(text) else words_of(text)
        if len(parts) != 2:
            raise _stops(text)
        origin, suite = (re.sub(r"([^\\]),", r"\1\\,", part) for part in parts)
        yield _parsed("o=%s,a=%s" % (origin.replace("\\:", ":"), suite), known)
    for text in apt_config.members(host, NAME + "::Origins-Pattern"):
        yield _parsed(text, known)


def _parsed(text: str, known: Dict[str, str]) -> Pattern:
    try:
        pattern = Template(text).substitute(known)
    except (KeyError, ValueError):
        raise _stops(text) from None
    # Each value is filled in once more, where what is left of a dollar stops it.
    if "$" in pattern:
        raise _stops(text)
    if not pattern.strip(BLANKS):
        return []
    found: Pattern = []
    for token in pattern.replace("\\,", "%2C").split(","):
        parts = [part.strip(BLANKS).replace("%2C", ",") for part in token.split("=")]
        if len(parts) != 2 or parts[0] not in _FIELDS:
            raise _stops(text)
        found.append((_FIELDS[parts[0]], parts[1]))
    return found


def _stops(text: str) -> ReadError:
    return ReadError(
        "unattended-upgrade does not understand its pattern %s and does nothing; mend it" % printable(text)
    )


def _matches(pattern: Pattern, release: Release) -> bool:
    """Return whether all parts of a pattern match. One that is empty matches nothing."""
    return bool(pattern) and all(_matches_field(field, wanted, release) for field, wanted in pattern)


def _matches_field(field: str, wanted: str, release: Release) -> bool:
    text = release.get(field, "")
    # A pattern for one component leaves those of the others.
    values = words_of(text) if field == "Components" else [text]
    return bool(values) and all(fnmatch(value, wanted) for value in values)


def _releases(host: Host, known: Dict[str, str]) -> Iterator[Release]:
    folder = lists_folder(known)
    for name in host.list_directory(folder):
        if not name.endswith("Release"):
            continue
        release = {"Site": name.partition("_")[0]}
        for line in split_lines(host.read_text("%s/%s" % (folder, name))):
            field = _FIELD.match(line)
            if field:
                release.setdefault(field.group(1), field.group(2).strip(BLANKS))
            elif line.startswith(" "):
                # Checksums, which fill the rest.
                break
        yield release


def lists_folder(known: Dict[str, str]) -> str:
    """Return the folder of the lists that apt has fetched."""
    path = ""
    for key in ("dir::state::lists", "dir::state", "dir"):
        path = "%s/%s" % (known.get(key, "").rstrip("/"), path)
        if path.startswith("/") and key != "dir" and known.get(key, "").startswith("/"):
            break
    return "/" + path.strip("/")
