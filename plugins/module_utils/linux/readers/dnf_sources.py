# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dnf makes of its configuration; a part of the kind `package_source`, of hosts that have dnf."""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Observation, absent, value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import dnf_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.certificates import last_second
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dnf_config import Configuration, Section, Switch

MAX_TEXT = 200
Entry = Dict[str, Any]


class Sources:
    """The configuration of each version of dnf that a host has, read once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._all = dnf_config.configurations(host)

    @property
    def versions(self) -> List[str]:
        """Return the names of the versions; empty where there is none."""
        return ["dnf %d" % one.version for one in self._all]

    def unchecked(self, name: str) -> List[Entry]:
        """Return `{source, place, why, enabled}` of all for which the switch ``name`` is off."""
        found = [entry for one in self._all for entry in _unchecked(one, name)]
        return found + list(_automatic(self._host, self._all, name))

    def in_use(self) -> List[Entry]:
        """Return `{source, place}` of the repositories that are switched on; not those whose client certificate is gone or over with a subscription."""
        return [
            {"source": printable(repository.name), "place": "%s:%d" % (printable(repository.file), repository.line)}
            for one in self._all
            for repository in one.repositories
            if one.of(repository, "enabled").on and self._let_in(one, repository)
        ]

    def _let_in(self, configuration: Configuration, repository: Section) -> bool:
        stated = [
            *configuration.main.values.get("sslclientcert", []),
            *repository.values.get("sslclientcert", []),
        ]
        path = stated[-1].text if stated else ""
        return not path or (self._host.exists(path) and last_second(self._host, path) >= time.time())

    def keys(self) -> List[str]:
        """Return the files of keys that the repositories name."""
        return [path for one in self._all for repository in one.repositories for path in _keys(repository)]

    def option(self, name: str) -> Observation:
        """Return an option as it holds in general: a switch as true or false, others as text."""
        if name in dnf_config.DEFAULTS:
            # Where two versions are there, the weaker one counts.
            switches = sorted((one.of_main(name) for one in self._all), key=lambda one: one.on)
            return value(switches[0].on, switches[0].place or dnf_config.MAIN, default=not switches[0].place)
        stated = [values[-1] for values in (one.main.values.get(name) for one in self._all) if values]
        if not stated:
            return absent(dnf_config.MAIN)
        return value(stated[-1].text[:MAX_TEXT], "%s:%d" % (printable(stated[-1].file), stated[-1].line))


def _unchecked(configuration: Configuration, name: str) -> Iterator[Entry]:
    """Yield where signatures are not checked, repositories that are switched off too: an argument switches one on."""
    general = configuration.of_main(name)
    if not general.on:
        yield _entry("main", general, name, dnf_config.MAIN, enabled=True)
    for repository in configuration.repositories:
        here = configuration.of(repository, name)
        if not here.on:
            place = "%s:%d" % (printable(repository.file), repository.line)
            enabled = configuration.of(repository, "enabled").on
            yield _entry(printable(repository.name), here, name, place, enabled=enabled)


def _entry(source: str, switch: Switch, name: str, otherwise: str, *, enabled: bool) -> Entry:
    why = "%s is off" % name if switch.place else "nothing sets %s" % name
    return {"source": source, "place": switch.place or otherwise, "why": why, "enabled": enabled}


def _automatic(host: Host, dnf: Sequence[Configuration], name: str) -> Iterator[Entry]:
    """Yield what dnf-automatic does otherwise than dnf."""
    for section in dnf_config.sections(host, dnf_config.AUTOMATIC) if dnf else []:
        if section.name == "base":
            here = section.switch(name, Switch(True, ""))
            if not here.on:
                yield _entry("dnf-automatic", here, name, dnf_config.AUTOMATIC, enabled=True)


def _keys(repository: Section) -> Iterator[str]:
    for stated in repository.values.get("gpgkey", [])[-1:]:
        for word in words_of(stated.text.replace(",", " ")):
            if word.startswith("file:///"):
                yield word[len("file://") :]
