# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""passwd(5), group(5) and shadow(5) as records. Hashes are turned into facts here and go no further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

ALGORITHMS = {
    "1": "md5", "2a": "bcrypt", "2b": "bcrypt", "2y": "bcrypt", "5": "sha256", "6": "sha512",
    "7": "scrypt", "y": "yescrypt", "gy": "gost-yescrypt",
}  # fmt: skip


@dataclass(frozen=True)
class User:
    """One line of passwd. `shadowed`: its password is in the shadow file."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    shadowed: bool


@dataclass(frozen=True)
class Group:
    """One line of group."""

    name: str
    gid: int
    members: Tuple[str, ...]


@dataclass(frozen=True)
class Password:
    """What is known of a password: days as in shadow(5), None where the field is empty."""

    name: str
    empty: bool
    locked: bool
    algorithm: str
    changed: Optional[int]
    minimum: Optional[int]
    maximum: Optional[int]
    warning: Optional[int]
    inactive: Optional[int]


def users(host: Host) -> List[User]:
    """Return all local accounts. Raises `ReadError` on a malformed line, for it could hide an account."""
    return [
        User(name, _number(place, uid), _number(place, gid), home, shell, password == "x")
        for place, (name, password, uid, gid, _gecos, home, shell) in _records(host, "/etc/passwd", 7)
    ]


def groups(host: Host) -> List[Group]:
    """Return all local groups."""
    return [
        Group(name, _number(place, gid), tuple(member for member in members.split(",") if member))
        for place, (name, _password, gid, members) in _records(host, "/etc/group", 4)
    ]


def passwords(host: Host) -> Dict[str, Password]:
    """Return name -> facts of its password. Only root can read them."""
    host.need_root("/etc/shadow")
    return {fields[0]: _password(place, fields) for place, fields in _records(host, "/etc/shadow", 9)}


def _records(host: Host, path: str, width: int) -> List[Tuple[str, List[str]]]:
    result = []
    for number, line in enumerate(host.read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        place = "%s:%d" % (path, number)
        fields = line.split(":")
        if line[0] in "+-":
            raise ReadError("%s takes accounts from NIS, which cannot be judged; remove the line" % place)
        if len(fields) != width or not fields[0]:
            raise ReadError("%s is malformed: %d fields in place of %d" % (place, len(fields), width))
        result.append((place, [printable(field) for field in fields]))
    return result


def _number(place: str, text: str) -> int:
    if not text.isdigit():
        raise ReadError("%s is malformed: a number is expected" % place)
    return int(text)


def _password(place: str, fields: List[str]) -> Password:
    secret = fields[1]
    days: List[Optional[int]] = []
    for text in fields[2:7]:
        if text and not text.lstrip("-").isdigit():
            raise ReadError("%s is malformed: a number of days is expected" % place)
        days.append(int(text) if text else None)
    bare = secret.lstrip("!")
    algorithm = ""
    if bare.startswith("$"):
        algorithm = ALGORITHMS.get(bare.split("$")[1], "unknown")
    elif bare and bare not in ("*", "x"):
        algorithm = "des" if len(bare) == 13 else "unknown"
    return Password(fields[0], secret == "", secret.startswith(("!", "*")), algorithm, *days)


def settings_number(host: Host, name: str, default: int) -> int:
    """Return a number of /etc/login.defs, or the default of the shadow utilities."""
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.login_defs import settings_of

    found = settings_of(host).get(name)
    return int(found[0]) if found and found[0].isdigit() else default


def shells(host: Host) -> List[str]:
    """Return the shells of shells(5)."""
    try:
        lines = host.read_text("/etc/shells").splitlines()
    except NotFound:
        return []
    return [line.strip() for line in lines if line.strip().startswith("/")]
