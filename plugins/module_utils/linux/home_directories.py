# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Home directories and hidden files of the accounts that people log in with."""

from __future__ import annotations

import stat
from typing import Callable, Iterator, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.account_database import User, shells, users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

MAX_FILES = 5000
HISTORIES = frozenset({".bash_history", ".ash_history", ".zsh_history", ".python_history", ".mysql_history"})


def interactive(host: Host) -> List[User]:
    """Return the accounts with a login shell."""
    valid = [shell for shell in shells(host) if not shell.endswith("/nologin")]
    return [user for user in users(host) if (user.shell or "/bin/sh") in valid]


def missing(host: Host) -> List[str]:
    """Return the accounts whose home does not exist or is no directory."""
    return [user.name for user in interactive(host) if not _is_directory(host, user)]


def _is_directory(host: Host, user: User) -> bool:
    try:
        return stat.S_ISDIR(host.stat(user.home or "/").st_mode)
    except NotFound:
        return False


def not_owned(host: Host) -> List[str]:
    """Return the accounts whose home belongs to someone else."""
    present = [user for user in interactive(host) if _is_directory(host, user)]
    return [user.name for user in present if host.stat(user.home or "/").st_uid != user.uid]


def too_open(host: Host) -> List[str]:
    """Return the accounts whose home allows more than 0750."""
    present = [user for user in interactive(host) if _is_directory(host, user)]
    return [user.name for user in present if stat.S_IMODE(host.stat(user.home or "/").st_mode) & 0o027]


def _hidden_files(host: Host) -> Iterator[Tuple[User, str]]:
    left = MAX_FILES
    for user in interactive(host):
        if not _is_directory(host, user):
            continue
        home = (user.home or "/").rstrip("/")
        for name in host.list_directory(home or "/"):
            if name.startswith("."):
                left -= 1
                if left < 0:
                    raise ReadError("the home directories hold more than %d hidden files" % MAX_FILES)
                yield user, home + "/" + name


def dot_files_not_owned(host: Host) -> List[str]:
    """Return the hidden files in homes that belong to another user or group."""
    found = []
    for user, path in _hidden_files(host):
        status = host.stat(path, follow=False)
        if stat.S_ISREG(status.st_mode) and (status.st_uid != user.uid or status.st_gid != user.gid):
            found.append(printable(path))
    return found


def dot_files_too_open(host: Host) -> List[str]:
    """Return the hidden files in homes that others may write, and histories that others may read."""
    found = []
    for _user, path in _hidden_files(host):
        status = host.stat(path, follow=False)
        limit = 0o600 if path.rsplit("/", 1)[1] in HISTORIES else 0o644
        if stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) & ~limit:
            found.append(printable(path))
    return found


def netrc_too_open(host: Host) -> List[str]:
    """Return the .netrc files that anyone but their owner can open: they hold passwords."""
    paths = [path for _user, path in _hidden_files(host) if path.endswith("/.netrc")]
    return [printable(path) for path in paths if stat.S_IMODE(host.stat(path, follow=False).st_mode) & 0o177]


def existing(name: str) -> Callable[[Host], List[str]]:
    """Return a reader of the homes' files of one name."""

    def paths(host: Host) -> List[str]:
        return [printable(path) for _user, path in _hidden_files(host) if path.endswith("/" + name)]

    return paths
