# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files in which sshd looks for the keys of an account."""

from __future__ import annotations

import re
from typing import Iterator, List, Mapping, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import User

KEY = re.compile(r"(^|\s)(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+\s+AAAA", re.MULTILINE | re.ASCII)


def keys_come_from_elsewhere(options: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a command gives the keys, or certificates are taken: then nobody can tell who has one."""
    return any(options.get(name, ["none"]) != ["none"] for name in ("authorizedkeyscommand", "trustedusercakeys"))


def has_key_file(host: Host, user: User, options: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a file that sshd would look at holds a key of the user. Raises `ReadError`."""
    return any(True for _line in key_lines(host, user, options))


def key_lines(host: Host, user: User, options: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the lines with keys of the user in the files that sshd would look at. Raises `ReadError`."""
    for path in key_files(user, options):
        yield from (line for _number, line in keys_in(host, path))


def key_files(user: User, options: Mapping[str, Sequence[str]]) -> List[str]:
    """Return the files that sshd would look at for the keys of the user."""
    patterns = words_of(" ".join(options.get("authorizedkeysfile", [".ssh/authorized_keys .ssh/authorized_keys2"])))
    return list(dict.fromkeys(key_file(pattern, user) for pattern in patterns))


def keys_in(host: Host, path: str) -> Iterator[Tuple[int, str]]:
    """Yield (number, line) of the lines of a file that hold a key; none of one that is missing. Raises `ReadError`."""
    try:
        lines = split_lines(host.read_text(path))
    except NotFound:
        return
    yield from (
        (number, line)
        for number, line in enumerate(lines, 1)
        if KEY.search(line) and not line.lstrip(BLANKS).startswith("#")
    )


def key_file(pattern: str, user: User) -> str:
    """Replace the tokens of sshd_config(5); a relative name is taken from the home directory."""
    tokens = {"%%": "%", "%h": user.home, "%u": user.name, "%U": str(user.uid)}
    path = re.sub("%[%huU]", lambda found: tokens[found.group()], pattern)
    return path if path.startswith("/") else user.home.rstrip("/") + "/" + path
