# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which a shell starts, and what its start-up files then leave (bash(1), dash(1)). They are read and never run.

An ordinary user has what /etc/skel gives him, and can read what is open to everybody; root has his own files and reads all.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, List, Mapping, NamedTuple, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_files import SKELETON, Files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_run import Shell
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_words import (
    UNKNOWN,
    UNSET,
    USER_ID,
    USER_NAME,
    Values,
    known,
    only,
)

PROFILE = "/etc/profile"
# Debian's bash reads it by itself; elsewhere files in homes do with /etc/bashrc.
SYSTEM_BASHRC = "/etc/bash.bashrc"
LOGIN_FILES = ("/.bash_profile", "/.bash_login", "/.profile")
# What has none of bash's own files; an account that cannot log in gives its files to `su -s` and `sudo -s`.
PLAIN_SHELLS = ("sh", "dash")
FOLLOWED = (*PLAIN_SHELLS, "bash", "nologin", "false", "")
LAST_VALUES = 64


class Way(NamedTuple):
    """How a shell starts. ``bash``: else it is dash; ``by_ssh``: for one command, as bash knows by itself."""

    name: str
    bash: bool
    interactive: bool
    login: bool
    by_ssh: bool = False


BASH_LOGIN = Way("bash -l", True, True, True)
BASH_LOGIN_COMMAND = Way("bash -lc", True, False, True)
BASH_INTERACTIVE = Way("bash -i", True, True, False)
BASH_BY_SSH = Way("ssh host command", True, False, False, True)
BASH_SCRIPT = Way("bash script", True, False, False)
DASH_LOGIN = Way("sh -l", False, True, True)
DASH_LOGIN_COMMAND = Way("sh -lc", False, False, True)


class Person(NamedTuple):
    """Whose shell it is: home, and names of programs that the shell is known by."""

    root: bool
    home: str
    plain: bool = False


ORDINARY = Person(False, SKELETON)


def root_person(host: Host) -> Person:
    """Return root as /etc/passwd has it. Raises `ReadError` where that names a shell whose files are not known."""
    lines = [user for user in users(host) if user.name == "root"]
    if not lines:
        raise ReadError("/etc/passwd has no account root")
    shell = lines[0].shell.rsplit("/", 1)[-1]
    if shell not in FOLLOWED:
        raise ReadError(
            "root's shell is %s, whose start-up files are not known; sh, dash and bash are" % lines[0].shell
        )
    return Person(True, lines[0].home.rstrip("/"), shell in PLAIN_SHELLS)


def start(host: Host, person: Person, way: Way, watched: Sequence[str], before: Mapping[str, Values]) -> Shell:
    """Return a shell that has read its start-up files. ``before``: variables that it finds, and `` umask``."""
    files = Files(host, person.root)
    shell = Shell(files, way.bash, way.interactive, way.login, {**_variables(person, way), **before}, watched)
    if way.login:
        shell.start_up(PROFILE)
        # Of the three the shell reads the first that it finds.
        for name in LOGIN_FILES if way.bash else LOGIN_FILES[-1:]:
            if shell.start_up(person.home + name):
                break
    elif way.bash and (way.interactive or way.by_ssh):
        shell.start_up(SYSTEM_BASHRC)
        shell.start_up(person.home + "/.bashrc")
    if not way.bash and way.interactive:
        for path in sorted(shell.state.get("ENV")):
            if known(path) and path.startswith("/"):
                shell.start_up(path)
    shell.end()
    return shell


def script(host: Host, paths: Sequence[str], watched: Sequence[str], before: Mapping[str, Values]) -> Shell:
    """Return a bash that runs a script of an ordinary user, and has read the files that BASH_ENV may name."""
    shell = Shell(Files(host, False), True, False, False, {**_variables(ORDINARY, BASH_SCRIPT), **before}, watched)
    for path in paths:
        shell.start_up(path)
    shell.end()
    return shell


def _variables(person: Person, way: Way) -> Dict[str, Values]:
    name, number = ("root", "0") if person.root else (USER_NAME, USER_ID)
    found = {
        "HOME": person.home,
        "USER": name,
        "LOGNAME": name,
        " name": name,
        " uid": number,
        "ENV": UNSET,
        "PROMPT_COMMAND": UNSET,
        "ZSH_VERSION": UNSET,
        "KSH_VERSION": UNSET,
        "POSIXLY_CORRECT": UNSET,
        "TMOUT": UNSET,
        "SHLVL": "1",
        "?": UNKNOWN,
        "#": "0",
        "@": "",
        "*": "",
    }
    if way.bash:
        mode = {"-": "himBHs", "PS1": "\\s-\\v\\$ "} if way.interactive else {"-": "hBc", "PS1": UNSET}
        found.update({"BASH": "/bin/bash", "BASH_VERSION": "5.2.15(1)-release", "UID": number, "EUID": number, **mode})
    else:
        unset = dict.fromkeys(("BASH", "BASH_VERSION", "UID", "EUID"), UNSET)
        found.update({**unset, "PS1": "$ ", "-": "is" if way.interactive else ""})
    return {name: only(value) for name, value in found.items()}


def inherited(shell: Shell, name: str) -> Dict[str, Values]:
    """Return what a shell that another starts finds: its umask, and a variable where that is exported."""
    exported = shell.state.flag(" x " + name)
    values: FrozenSet[str] = shell.state.get(name) if exported is not False else only()
    return {
        " umask": shell.state.get(" umask"),
        name: values | (only() if exported else only(UNSET)),
        " x " + name: only("1") if exported else only("", "1") if exported is None else only(""),
    }


def texts(values: Values) -> List[str]:
    """Return values in order, without the mark for none."""
    return sorted(value for value in values if value != UNSET)
