# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services nsswitch.conf(5) asks for accounts, by the grammar of glibc 2.33 and newer."""

from __future__ import annotations

import re
from typing import AbstractSet, Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

PATH = "/etc/nsswitch.conf"
ACCOUNTS = frozenset({"passwd", "shadow"})
# With the groups that they are in.
ALL = ACCOUNTS | {"group", "initgroups"}
# What these give stands in files of this host, or is made up by systemd for its own services.
OF_THIS_HOST = frozenset(
    {"files", "compat", "db", "systemd", "mymachines", "myhostname", "altfiles", "extrausers", "cache"}
)
# What glibc brings itself, so that it always answers.
BUILT_IN = frozenset({"files", "compat"})
OF_DIRECTORIES = frozenset({"sss", "winbind", "ldap", "nis", "nisplus", "hesiod", "krb5"})
LINE = re.compile(r"[ \t\f\r\v]*(?P<database>[a-z]+)(?:[ \t\f\r\v]*:|[ \t\f\r\v]+)(?P<services>.*)", re.ASCII)
PART = re.compile(r"\[(?P<actions>[^]]*)(?:\]|\Z)|(?P<service>[^[ \t\f\r\v]+)", re.ASCII)
ACTION = re.compile(
    r"(?P<other>!?)(?P<status>success|notfound|unavail|tryagain)=(?P<action>return|continue|merge)\Z", re.ASCII
)


def elsewhere(host: Host, databases: AbstractSet[str] = ALL) -> List[str]:
    """Return the services, other than this host's own, that are asked for any of these databases. Raises `ReadError`.

    What is asked only where another has answered counts too: a condition in brackets leads to it sooner or later.
    """
    found: List[str] = []
    for database in _lines(host):
        if database in databases:
            words = _counted([service for service, _actions in _parts(line_of(host, database)[1]) if service])
            found += [word for word in words if lowered(word) not in OF_THIS_HOST and word not in found]
    return found


def asked(host: Host, database: str) -> List[str]:
    """Return the services behind the files that are asked for a name which the files don't have.

    Raises `ReadError` for an action that glibc does not know: it passes over the whole line then.
    """
    number, text = line_of(host, database)
    found: List[str] = []
    for service, actions in _parts(text):
        if service:
            found.append(service)
        elif _ends_there(actions if found else "", found[-1:], "%s:%d" % (PATH, number)):
            break
    return [service for service in _counted(found) if service not in BUILT_IN]


def line_of(host: Host, database: str) -> Tuple[int, str]:
    """Return number and services of the line that counts: the last one; that of passwd where shadow has none."""
    lines = _lines(host)
    return lines.get(database) or (lines.get("passwd") if database == "shadow" else None) or (0, "files")


def _lines(host: Host) -> Dict[str, Tuple[int, str]]:
    found: Dict[str, Tuple[int, str]] = host.shared("name services", lambda: _read(host))
    return found


def _read(host: Host) -> Dict[str, Tuple[int, str]]:
    try:
        text = host.read_text(PATH)
    except NotFound:
        return {}
    found = {}
    # What stands behind the last line end is not read.
    for number, line in enumerate(text.split("\n")[:-1], 1):
        named = LINE.match(line.partition("\0")[0])
        if named:
            found[named.group("database")] = (number, named.group("services"))
    return found


def _parts(text: str) -> List[Tuple[str, str]]:
    """Return (service, "") and ("", actions) of a line, in which a ``#`` begins no comment."""
    return [(part.group("service") or "", part.group("actions") or "") for part in PART.finditer(text)]


def _counted(services: Sequence[str]) -> List[str]:
    """Return the services without the prose behind a ``#``: what is no known service there is none to ask."""
    first = next((at for at, service in enumerate(services) if "#" in service), len(services))
    return [*services[:first], *(one for one in services[first:] if one in OF_THIS_HOST | OF_DIRECTORIES)]


def _ends_there(actions: str, behind: Sequence[str], place: str) -> bool:
    """Return whether a name that the services before do not know is surely asked of no other."""
    ends = {"notfound": False, "unavail": False}
    for word in words_of(re.sub(r"[ \t\f\r\v]*=[ \t\f\r\v]*", "=", lowered(actions))) or [""]:
        action = ACTION.match(word)
        if action is None:
            raise ReadError("%s: %r is no action, so no service of the line is asked; mend it" % (place, word[:40]))
        for status in ends:
            if (action.group("status") == status) != bool(action.group("other")):
                ends[status] = action.group("action") == "return"
    return all(ends[status] for status in _answers(behind))


def _answers(services: Sequence[str]) -> Sequence[str]:
    """Return what a service may say of a name that it does not know: one that is not there or not running is no help."""
    if any("#" in service for service in services):
        return ("unavail",)
    return ("notfound",) if set(services) <= BUILT_IN else ("notfound", "unavail")
