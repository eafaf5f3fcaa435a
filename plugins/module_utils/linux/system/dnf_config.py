# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of dnf(8), versions 4 and 5, as their libraries merge it (dnf.conf(5), dnf5.conf(5))."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippets

MAIN = "/etc/dnf/dnf.conf"
AUTOMATIC = "/etc/dnf/automatic.conf"
PROGRAMS_4 = ("/usr/bin/dnf-3", "/usr/bin/microdnf", "/usr/libexec/packagekitd", "/usr/bin/dnf")
PROGRAM_5 = "/usr/bin/dnf5"
# The one that hides the others first.
DROPINS = ("/etc/dnf/libdnf5.conf.d", "/usr/share/dnf5/libdnf.conf.d")
OVERRIDES = ("/etc/dnf/repos.override.d", "/usr/share/dnf5/repos.override.d")
REPOSITORIES = {
    4: ("/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d"),
    5: ("/etc/yum.repos.d", "/etc/distro.repos.d", "/usr/share/dnf5/repos.d"),
}
VARIABLES = ("/etc/yum/vars", "/etc/dnf/vars")
SWITCHES = {
    **dict.fromkeys(("1", "yes", "true", "on"), True),
    **dict.fromkeys(("0", "no", "false", "off"), False),
}
# What neither a file nor an argument sets.
DEFAULTS = {"gpgcheck": False, "repo_gpgcheck": False, "localpkg_gpgcheck": False, "enabled": True, "sslverify": True}
# The newer name of version 5; to it both are one.
ALIASES = {"pkg_gpgcheck": "gpgcheck"}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
_BLANKS = " \t\r"


class Value(NamedTuple):
    """A setting as it stands in a file."""

    text: str
    file: str
    line: int


@dataclass
class Section:
    """``values``: name -> the last value that stands for it."""

    name: str
    file: str
    line: int
    values: Dict[str, List[Value]] = field(default_factory=dict)

    def switch(self, name: str, otherwise: Switch) -> Switch:
        """Return what is in force: the last value that is one; others are passed over."""
        for value in reversed(self.values.get(name, [])):
            if lowered(value.text) in SWITCHES:
                return Switch(SWITCHES[lowered(value.text)], "%s:%d" % (printable(value.file), value.line))
        return otherwise


class Switch(NamedTuple):
    """``place``: where it is set; "" where nothing does."""

    on: bool
    place: str


@dataclass
class Configuration:
    """What one version makes of the files."""

    version: int
    main: Section
    repositories: List[Section]

    def of_main(self, name: str) -> Switch:
        """Return a switch as it holds in general."""
        return self.main.switch(name, Switch(DEFAULTS[name], ""))

    def of(self, repository: Section, name: str) -> Switch:
        """Return a switch as it holds for a repository."""
        return repository.switch(name, self.of_main(name))


def configurations(host: Host) -> List[Configuration]:
    """Return the configuration of each version that is installed; none where there is no dnf."""
    # With version 5 the old names are links to it.
    versions = [4] if any(host.exists(path) and host.place(path)[0] != PROGRAM_5 for path in PROGRAMS_4) else []
    versions += [5] if host.exists(PROGRAM_5) else []
    return [_configuration(host, version) for version in versions]


def _configuration(host: Host, version: int) -> Configuration:
    variables = _variables(host)
    main = Section("main", MAIN, 0)
    own: List[Section] = []
    for path in [*(snippets(host, DROPINS) if version >= 5 else []), MAIN]:
        for section in _sections(host, path, variables, aliases=version >= 5):
            if section.name == "main":
                _add(main, section)
            elif path == MAIN:
                own.append(section)
    # Of one name in several files the first counts.
    found = {section.name: section for section in own}
    for path in _repository_files(host, main, version):
        for section in _sections(host, path, variables, aliases=version >= 5):
            if section.name != "main":
                found.setdefault(section.name, section)
    if version >= 5:
        _override(host, found, variables)
    return Configuration(version, main, sorted(found.values(), key=lambda one: (one.file, one.line)))


def _override(host: Host, found: Dict[str, Section], variables: Dict[str, str]) -> None:
    for path in snippets(host, OVERRIDES, ".repo"):
        for section in _sections(host, path, variables, aliases=True):
            for name in fnmatch.filter(found, section.name):
                _add(found[name], section)


def _add(section: Section, more: Section) -> None:
    for name, values in more.values.items():
        section.values.setdefault(name, []).extend(values)


def _repository_files(host: Host, main: Section, version: int) -> Iterator[str]:
    stated = main.values.get("reposdir")
    folders: Sequence[str] = words_of(stated[-1].text.replace(",", " ")) if stated else REPOSITORIES[version]
    for folder in folders:
        try:
            names = host.list_directory(folder)
        except NotFound:
            continue
        for name in names:
            # Only version 5 reads hidden ones.
            if name.endswith(".repo") and (version >= 5 or not name.startswith(".")):
                yield "%s/%s" % (folder.rstrip("/"), name)


def _variables(host: Host) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for folder in VARIABLES:
        for path in host.glob(folder + "/*"):
            lines = split_lines(host.read_text(path))
            found[path.rpartition("/")[2]] = lines[0].strip(_BLANKS) if lines else ""
    return found


def sections(host: Host, path: str) -> List[Section]:
    """Return the sections of a file that is written as those of dnf are; none where it is not there."""
    return _sections(host, path, {})


def _sections(host: Host, path: str, variables: Dict[str, str], *, aliases: bool = False) -> List[Section]:
    """Return the sections of a file, those of one name together. Raises `ReadError` where dnf does not read it."""
    found: Dict[str, Section] = {}
    here: Optional[Section] = None
    last: Optional[Value] = None
    name = key = ""
    # Of a name that stands twice in a file its reader keeps the last text alone, and that may be no value.
    kept: Dict[str, Value] = {}
    try:
        text = host.read_text(path)
    except NotFound:
        return []
    if "\0" in text:
        raise _broken(path, text[: text.index("\0")].count("\n") + 1)
    for number, raw in enumerate(split_lines(text[1:] if text.startswith("\ufeff") else text), 1):
        line = raw.strip(_BLANKS)
        if not raw or raw[0] in "#;":
            last = None
            continue
        if not line:
            continue
        if line.startswith("["):
            title = _title(path, number, line)
            plain = _VARIABLE.sub(lambda match: variables.get(match.group(1) or match.group(2), match.group()), title)
            here, last = found.setdefault(plain, Section(plain, path, number)), None
            continue
        if here is not None and last is not None and raw[0] in _BLANKS:
            last = Value(last.text + "\n" + line, path, number)
            here.values[name][-1] = kept[key] = last
            continue
        name, sign, value = line.partition("=")
        if here is None or not sign or not name or raw[0] in _BLANKS:
            raise _broken(path, number)
        name = name.strip(_BLANKS)
        key = "%s]%s" % (here.name, name)
        name = ALIASES.get(name, name) if aliases else name
        known = _VARIABLE.sub(lambda match: variables.get(match.group(1) or match.group(2), match.group()), value)
        last = Value(_unquoted(known.strip(_BLANKS)), path, number)
        values = here.values.setdefault(name, [])
        if key in kept:
            values.remove(kept[key])
        values.append(last)
        kept[key] = last
    return list(found.values())


def _title(path: str, number: int, line: str) -> str:
    title, bracket, rest = line[1:].partition("]")
    if not bracket or not title or (rest.strip(_BLANKS) and rest.strip(_BLANKS)[0] not in "#;"):
        raise _broken(path, number)
    return title


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _broken(path: str, number: int) -> ReadError:
    return ReadError(
        "%s:%d is no line that dnf understands, so that it does not read the file; mend it" % (printable(path), number)
    )
