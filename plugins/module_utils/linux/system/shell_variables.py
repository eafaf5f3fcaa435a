# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a variable is in every interactive bash of an ordinary user and of root, by the start-up files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    ReadError,
    UsageError,
    required,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_umask import SYSTEM_UMASK, first_umasks
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_run import Shell
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_startup import (
    BASH_INTERACTIVE,
    BASH_LOGIN,
    BASH_LOGIN_COMMAND,
    DASH_LOGIN,
    DASH_LOGIN_COMMAND,
    ORDINARY,
    Person,
    inherited,
    root_person,
    start,
    texts,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import UNSET, Values, only

NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
MAX_VALUES = 50
UMASK = "umask"
ENVIRONMENT, PAM_ENV = "/etc/environment", "/etc/security/pam_env.conf"
LOGINS = ("login", "sshd", "su-l", "su")


@dataclass
class Found:
    """What was found of one variable. ``logins`` and ``shells``: those that a login starts, and those with them."""

    name: str
    logins: List[Shell]
    shells: List[Shell]

    def as_value(self) -> Dict[str, Any]:
        """Return what the kind `shell_variable` shows."""
        found = frozenset().union(*(shell.state.get(self.name) for shell in self.shells))
        return {
            "values": [printable(text)[:200] for text in texts(found)][:MAX_VALUES],
            "certain": UNSET not in found,
            "readonly": all(shell.state.flag(" r " + self.name) is True for shell in self.logins),
            "exported": all(shell.state.flag(" x " + self.name) is True for shell in self.logins),
            "unset": UNSET in found and any(shell.unset for shell in self.shells),
        }

    @property
    def places(self) -> List[str]:
        """Return where the files set or unset it."""
        return list(dict.fromkeys(place for shell in self.shells for place in shell.places))


def checked_name(address: Address) -> str:
    """Return the name in an address. Raises `UsageError`."""
    name = required(address, "name")
    if not NAME.match(name):
        raise UsageError("%r is not the name of a variable" % name)
    return name


def look(host: Host, name: str) -> Found:
    """Return what a variable is in a login shell and in a shell that is started within it. Raises `ReadError`."""
    before = {name: _from_environment(host, name), " umask": only(SYSTEM_UMASK)}
    if UNSET not in before[name]:
        before[" x " + name] = only("1")
    people: List[Person] = [ORDINARY]
    if host.exists("/etc/passwd"):
        people.append(root_person(host))
    logins, shells = [], []
    for person in people:
        login = start(host, person, BASH_LOGIN, (name,), before)
        logins.append(login)
        # A shell started within finds what is exported; that it was read-only is not handed on.
        shells += [login, start(host, person, BASH_INTERACTIVE, (name,), inherited(login, name))]
    return Found(name, logins, shells)


def _from_environment(host: Host, name: str) -> Values:
    """Return what pam_env(8) gives every login. Raises `ReadError` for what stands in its own file, by whose rules it is made."""
    given = list(_given(host, name))
    of_rules = [place for place, text in given if text is None]
    if of_rules:
        raise ReadError("%s: what pam_env makes of %s there is not followed; take it out" % (of_rules[-1], name))
    return only(str(given[-1][1]) if given else UNSET)


def given_by_host(host: Host, name: str) -> List[Tuple[str, Optional[str]]]:
    """Return (place, text) of each line by which pam_env(8), or the manager of users' services, gives a variable to sessions.

    The text is None where rules make it (pam_env.conf(5)).
    """
    files = [path for folder in ENVIRONMENT_FOLDERS for path in host.glob(folder + "/*.conf")]
    return [*_given(host, name), *_lines_of(host, name, files, _PAIR)]


# What is told of a variable: by rules, or as it is.
_RULE, _PAIR = r"[ \t]*%s(?:[ \t]|\Z)()", r"[ \t]*(?:export[ \t]+)?%s=(.*?)[ \t]*\Z"
# By environment.d(5) to services of users.
ENVIRONMENT_FOLDERS = tuple(folder + "/environment.d" for folder in ("/etc", "/run", "/usr/local/lib", "/usr/lib"))


def _given(host: Host, name: str) -> Iterator[Tuple[str, Optional[str]]]:
    """Yield (place, text) of each line for a variable; None for the text that rules of pam_env.conf(5) make."""
    for place, _text in _lines_of(host, name, [PAM_ENV, *_named_for_pam(host, "conffile")], _RULE):
        yield place, None
    yield from _lines_of(host, name, [ENVIRONMENT, *_named_for_pam(host, "envfile")], _PAIR)


def _named_for_pam(host: Host, option: str) -> List[str]:
    """Return the files that lines of pam_env name in any service."""
    found = []
    for path in host.glob("/etc/pam.d/*"):
        for row in snippet_text(host, path).split("\n"):
            if "pam_env.so" in row.split("#", 1)[0]:
                found += re.findall(r"\b%s=(/[^\s\]]+)" % option, row.split("#", 1)[0], re.ASCII)
    return list(dict.fromkeys(found))


def _lines_of(host: Host, name: str, paths: Sequence[str], form: str) -> Iterator[Tuple[str, str]]:
    for path in paths:
        for number, row in enumerate(snippet_text(host, path).split("\n"), 1):
            found = re.match(form % re.escape(name), row, re.ASCII)
            if found:
                yield "%s:%d" % (path, number), found.group(1).strip("\"'")


def given_in_files(host: Host, name: str, paths: Sequence[str]) -> List[Tuple[str, Optional[str]]]:
    """Return (place, text) of each line for a variable in files of such lines (`env_file` of sudoers)."""
    return list(_lines_of(host, name, paths, _PAIR))


def umask_ways(host: Host) -> Tuple[Dict[str, List[str]], List[str]]:
    """Return the umasks of an ordinary user's shells by the way in, and where files set them. Raises `ReadError`."""
    before = {" umask": first_umasks(host, LOGINS)}
    shells = {way.name: start(host, ORDINARY, way, (UMASK,), before) for way in (BASH_LOGIN, BASH_LOGIN_COMMAND)}
    within = {" umask": shells[BASH_LOGIN.name].state.get(" umask")}
    shells[BASH_INTERACTIVE.name] = start(host, ORDINARY, BASH_INTERACTIVE, (UMASK,), within)
    if host.place("/bin/sh")[0].endswith("/dash"):
        # dash reads the file that ENV names where it is interactive, whoever has set it.
        before = {**before, "ENV": _from_environment(host, "ENV")}
        shells.update(
            {way.name: start(host, ORDINARY, way, (UMASK,), before) for way in (DASH_LOGIN, DASH_LOGIN_COMMAND)}
        )
    found = {name: texts(shell.state.get(" umask")) for name, shell in shells.items()}
    places = [place for shell in shells.values() for place in shell.places]
    return found, list(dict.fromkeys(places))


def umask_value(ways: Mapping[str, Sequence[str]]) -> Dict[str, Any]:
    """Return what the kind shows of the umask: ``values`` are those of shells that a login starts, and of shells in them."""
    return {
        "values": sorted({text for texts_of in ways.values() for text in texts_of}),
        "certain": True,
        "readonly": False,
        "exported": False,
        "unset": False,
        "ways": dict(ways),
    }
