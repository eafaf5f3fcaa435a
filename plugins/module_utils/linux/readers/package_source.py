# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `package_source`: whether packages come in unchecked, by the configuration of apt or dnf as they merge it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import MASK, is_secret_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.file import document
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import apt_config

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.dnf_sources import Sources

QUERIES = ("unchecked", "metadata_unchecked", "undated", "in_clear", "keyrings", "option", "sources")
SOURCE = "command: apt-config dump"
# Any of them: more is read then.
DNF = ("/usr/bin/dnf", "/usr/bin/dnf-3", "/usr/bin/dnf5", "/usr/bin/microdnf", "/usr/libexec/packagekitd")
KEY_FILES = (".gpg", ".asc")
_HARMLESS = re.compile(r"[\w./+-]{1,60}\Z", re.ASCII)
Entry = Dict[str, Any]
Known = Dict[str, str]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer a query for apt and dnf together; absent where the host has neither.

    ``unchecked``, ``metadata_unchecked``, ``undated``, ``in_clear``: `[{source, place, why, enabled}]`;
    ``sources``: `[{source, place}]`, those in use; ``keyrings``: documents as of kind `file`, `{path,
    type: null}` for one that is missing; ``option`` with ``name``: a switch of dnf as true or false, a setting of apt as text.
    """
    try:
        apt: Optional[Known] = apt_config.settings(host)
    except NotFound:
        apt = None
    dnf = _dnf(host)
    source = ", ".join([*([SOURCE] if apt is not None else []), *(dnf.versions if dnf else [])])

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query not in QUERIES:
            raise UsageError("unknown query %r; known: %s" % (query, ", ".join(QUERIES)))
        if query == "option":
            name = required(address, "name")
            if apt is not None and "::" in name:
                found = apt.get(lowered(name))
                return absent(SOURCE) if found is None else value(_shown(name, found), SOURCE)
            return absent("dnf") if dnf is None else dnf.option(name)
        if apt is None and dnf is None:
            return absent("apt-config, dnf")
        if query in LISTS:
            return value(LISTS[query](host, apt, dnf), source)
        if query in OF_APT:
            # How dnf fetches is not looked at.
            return absent("apt-config") if apt is None else value(list(OF_APT[query](host, apt)), SOURCE)
        entries = [] if apt is None else list(_apt_unchecked(host, apt))
        name = "repo_gpgcheck" if query == "metadata_unchecked" else "gpgcheck"
        return value(entries + (dnf.unchecked(name) if dnf else []), source)

    return read_each(addresses, one)


def _shown(name: str, text: str) -> str:
    """Return a setting of apt as it may be shown: words, numbers and paths, and nothing of one that may be a secret."""
    harmless = _HARMLESS.match(text) and not is_secret_name(name.rpartition("::")[2])
    return text if harmless or not text else MASK


def _dnf(host: Host) -> Optional[Sources]:
    if not any(host.exists(path) for path in DNF):
        return None
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import dnf_sources

    return dnf_sources.Sources(host)


def _apt_unchecked(host: Host, known: Known) -> Iterator[Entry]:
    for name, text in known.items():
        if _bare(name) in apt_config.OPENING_SETTINGS and apt_config.is_on(text):
            yield _setting("%s is on" % printable(name))
    yield from _of_sources(host, known, apt_config.opening)


def _apt_undated(host: Host, known: Known) -> Iterator[Entry]:
    for name, text in known.items():
        if _bare(name) in apt_config.DATED_SETTINGS and apt_config.is_off(text):
            yield _setting("%s is off" % printable(name))
        elif apt_config.STRETCHED_SETTINGS.match(_bare(name)) and apt_config.is_stretched(text):
            yield _setting("%s is longer than a week" % printable(name))
    yield from _of_sources(host, known, apt_config.undated)


def _apt_in_clear(host: Host, known: Known) -> Iterator[Entry]:
    for name, text in known.items():
        if apt_config.PROVING.match(_bare(name)) and apt_config.is_off(text):
            yield _setting("%s is off, so a server proves nothing" % printable(name))
    yield from _of_sources(host, known, lambda source: apt_config.in_clear(host, source))


OF_APT: Dict[str, Callable[[Host, Known], Iterator[Entry]]] = {"undated": _apt_undated, "in_clear": _apt_in_clear}


def _bare(name: str) -> str:
    """Return the name of a setting, which is of one program alone where it stands below ``Binary::<program>``."""
    return name.split("::", 2)[2] if name.startswith("binary::") and name.count("::") > 1 else name


def _setting(why: str) -> Entry:
    return {"source": "apt", "place": "apt-config dump", "why": why, "enabled": True}


def _of_sources(host: Host, known: Known, wrong: Callable[[apt_config.Source], Optional[str]]) -> Iterator[Entry]:
    for source in apt_config.sources(host, known):
        why = wrong(source)
        if why is not None:
            place = "%s:%d" % (printable(source.file), source.line)
            yield {"source": "%s %s" % (source.uri, source.suite), "place": place, "why": why, "enabled": True}


def _sources(host: Host, apt: Optional[Known], dnf: Optional[Sources]) -> List[Entry]:
    # No repair comes by a disc, or as source code.
    of_apt = [
        one
        for one in (apt_config.sources(host, apt) if apt is not None else [])
        if not one.uri.startswith("cdrom:") and "deb" in words_of(one.options["types"])
    ]
    rows = [("%s %s" % (one.uri, one.suite), "%s:%d" % (printable(one.file), one.line)) for one in of_apt]
    return [{"source": printable(name), "place": place} for name, place in rows] + (dnf.in_use() if dnf else [])


def _keyrings(host: Host, apt: Optional[Known], dnf: Optional[Sources]) -> List[Entry]:
    paths = [] if apt is None else list(_apt_keyrings(host, apt))
    paths += [] if dnf is None else dnf.keys()
    return [_document(host, path) for path in dict.fromkeys(paths)]


LISTS: Dict[str, Callable[[Host, Optional[Known], Optional[Sources]], List[Entry]]] = {
    "keyrings": _keyrings,
    "sources": _sources,
}


def _apt_keyrings(host: Host, known: Known) -> Iterator[str]:
    """Yield what all sources may be signed by, and what single ones name."""
    common, parts = apt_config.place(known, "trusted"), apt_config.place(known, "trustedparts")
    if common and host.exists(common):
        yield common
    for kind in KEY_FILES if parts else ():
        yield from host.glob("%s/*%s" % (parts, kind))
    for source in apt_config.sources(host, known):
        for word in words_of(source.options.get("signed-by", "").replace(",", " ")):
            if word.startswith("/"):
                yield word


def _document(host: Host, path: str) -> Entry:
    try:
        return document(host, path)
    except NotFound:
        return {"path": printable(path), "type": None}
