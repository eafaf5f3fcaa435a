# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""passwd(5), group(5) and shadow(5) as records. Hashes are turned into facts here and go no further."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.login_defs import settings_of

ALGORITHMS = {
    "1": "md5", "2a": "bcrypt", "2b": "bcrypt", "2x": "bcrypt", "2y": "bcrypt", "3": "nt", "5": "sha256", "6": "sha512",
    "7": "scrypt", "md5": "sunmd5", "sha1": "sha1", "y": "yescrypt", "gy": "gost-yescrypt",
}  # fmt: skip
# What crypt(5) can make. Anything else in its place (`!locked`, `*LK*`, `NP`, thirteen asterisks) is a mark: crypt(3)
# gives it back for no password. One with a prefix that is not known here may be known to another host's crypt(3).
MODULAR = re.compile(r"\$(?P<id>[0-9A-Za-z]+)[$,].")
TRADITIONAL = re.compile(r"[./0-9A-Za-z]{2}(?:[./0-9A-Za-z]{11})+\Z")
EXTENDED = re.compile(r"_[./0-9A-Za-z]{19}\Z")
SHADOWED, EMPTY, IN_PASSWD = "shadowed", "empty", "in passwd"
NUMBER = re.compile(r"[0-9]{1,10}\Z")
DAYS = re.compile(r"-?[0-9]{1,10}\Z")
MAX_ID = 2**32 - 1
# What a shell that lets nobody in is called; some hosts list them in /etc/shells (for FTP, see shells(5)).
REFUSING_SHELLS = ("nologin", "false", "true")
# A line of an account file: its place, and its fields.
Record = Tuple[str, List[str]]


@dataclass(frozen=True)
class User:
    """One line of passwd. `password`: `SHADOWED`, `EMPTY` or `IN_PASSWD`, which says where it is.

    ``umasks``: (module of PAM, the umask that it gives this account alone).
    """

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    password: str
    umasks: Tuple[Tuple[str, str], ...] = ()

    @property
    def shadowed(self) -> bool:
        """Whether its password is in the shadow file."""
        return self.password == SHADOWED


@dataclass(frozen=True)
class Group:
    """One line of group."""

    name: str
    gid: int
    members: Tuple[str, ...]


@dataclass(frozen=True)
class Password:
    """What is known of a password: days as in shadow(5), None where the field is empty.

    ``algorithm``: of the hash that is there, also of a locked one; empty where no password could match. ``locked_by_mark``:
    with the `!` of usermod(8). ``expires``: the day on which the account ends, not its password.
    """

    name: str
    empty: bool
    locked: bool
    algorithm: str
    changed: Optional[int]
    minimum: Optional[int]
    maximum: Optional[int]
    warning: Optional[int]
    inactive: Optional[int]
    expires: Optional[int] = None
    locked_by_mark: bool = False

    @property
    def usable(self) -> bool:
        """Whether somebody can log in by giving it."""
        return bool(self.algorithm) and not self.locked


def users(host: Host) -> List[User]:
    """Return all local accounts. Raises `ReadError` on a malformed line, for it could hide an account."""
    found: List[User] = host.shared("users", lambda: _users(host))
    return found


def _users(host: Host) -> List[User]:
    return users_of(records(host, "/etc/passwd", 7))


def users_of(lines: Iterable[Record]) -> List[User]:
    """Return the accounts of lines of passwd(5)."""
    return [
        User(name, _number(place, uid), _number(place, gid), home, shell, password, umasks_of(gecos))
        for place, (name, secret, uid, gid, gecos, home, shell) in lines
        for password in [SHADOWED if secret == "x" else EMPTY if not secret else IN_PASSWD]
    ]


def umasks_of(gecos: str) -> Tuple[Tuple[str, str], ...]:
    """Return the umask that pam_umask(8) finds in a GECOS field: the last of several, and 0 for what is no number."""
    found = re.findall(r"(?:\A|,)umask=[ \t]*([0-7]*)", gecos, re.ASCII | re.IGNORECASE)
    return (("pam_umask.so", "%04o" % (int(found[-1] or "0", 8) & 0o777)),) if found else ()


def groups(host: Host) -> List[Group]:
    """Return all local groups."""
    found: List[Group] = host.shared("groups", lambda: _groups(host))
    return found


def _groups(host: Host) -> List[Group]:
    return groups_of(records(host, "/etc/group", 4))


def groups_of(lines: Iterable[Record]) -> List[Group]:
    """Return the groups of lines of group(5)."""
    return [
        Group(name, _number(place, gid), tuple(member for member in members.split(",") if member))
        for place, (name, _hash, gid, members) in lines
    ]


def passwords(host: Host) -> List[Password]:
    """Return the facts of every line of shadow: a name that stands twice may have two. Only root can read them."""
    host.need_root("/etc/shadow")
    found: List[Password] = host.shared("passwords", lambda: passwords_of(records(host, "/etc/shadow", 9)))
    return found


def passwords_of(lines: Iterable[Record]) -> List[Password]:
    """Return what is known of the passwords of lines of shadow(5)."""
    return [_password(place, fields) for place, fields in lines]


def records(host: Host, path: str, width: int, comments: bool = False) -> List[Record]:
    """Return the place and the fields of every line. ``comments``: whether lines that begin with `#` are none."""
    result = []
    # Only a line feed ends a line for the C library, whatever else Python takes for one.
    for number, line in enumerate(host.read_text(path).split("\n"), 1):
        if not line.strip(" \t") or (comments and line[0] == "#"):
            continue
        place = "%s:%d" % (path, number)
        fields = line.split(":")
        if line[0] in "+-":
            raise ReadError("%s takes accounts from NIS, which cannot be judged; remove the line" % place)
        # The C library skips blanks before a name and stops at a null byte: it would see another line than we do.
        if line[0] in " \t" or "\0" in line:
            raise ReadError("%s is malformed: a blank before the name, or a null byte" % place)
        if len(fields) != width or not fields[0]:
            raise ReadError("%s is malformed: %d fields in place of %d" % (place, len(fields), width))
        result.append((place, [printable(field) for field in fields]))
    return result


def _number(place: str, text: str) -> int:
    if not NUMBER.match(text) or int(text) > MAX_ID:
        raise ReadError("%s is malformed: a user or group number is expected" % place)
    return int(text)


def _password(place: str, fields: List[str]) -> Password:
    secret = fields[1]
    days: List[Optional[int]] = []
    for text in fields[2:8]:
        if text and not DAYS.match(text):
            raise ReadError("%s is malformed: a number of days is expected" % place)
        days.append(int(text) if text else None)
    locked, algorithm = secret.startswith(("!", "*")), algorithm_of(secret.lstrip("!"))
    changed, minimum, maximum, warning, inactive, expires = days
    return Password(
        fields[0],
        secret == "",
        locked,
        algorithm,
        changed,
        minimum,
        maximum,
        warning,
        inactive,
        expires,
        secret[:1] == "!",
    )


def algorithm_of(secret: str) -> str:
    """Return the algorithm of a hash; empty for what is none."""
    modular = MODULAR.match(secret)
    if modular:
        return ALGORITHMS.get(modular.group("id"), "unknown")
    return "des" if TRADITIONAL.match(secret) or EXTENDED.match(secret) else ""


def settings_number(host: Host, name: str, default: int) -> int:
    """Return a number of /etc/login.defs, or the default of the shadow utilities."""
    found = settings_of(host).get(name)
    if found is None:
        return default
    # The utilities take 01750 and 0x3e8 for what C does; nobody means that.
    if not NUMBER.match(found[0]) or found[0] != str(int(found[0])):
        raise ReadError("/etc/login.defs:%d: %s is no plain decimal number" % (found[1], name))
    return int(found[0])


def shells(host: Host) -> List[str]:
    """Return the shells of shells(5): the first word of each line that is a path."""
    words = [words_of(line.split("#", 1)[0]) for line in host.read_text("/etc/shells").split("\n")]
    return [line[0] for line in words if line and line[0].startswith("/")]


def kind_of(host: Host, shell: str, valid: List[str]) -> str:
    """Return whether a shell lets somebody in: by the program that it is, for it may have other names than the one listed."""
    shell = shell or "/bin/sh"
    real = host.place(shell)[0]
    if any(path.rpartition("/")[2] in REFUSING_SHELLS for path in (shell, real)):
        return "service"
    return "login" if shell in valid or real in [host.place(one)[0] for one in valid] else "service"


def login_shells(host: Host) -> List[str]:
    """Return the shells that let somebody in. Without a list of shells nobody can tell, which is an error."""
    try:
        listed = shells(host)
    except NotFound:
        raise ReadError("/etc/shells does not exist, so accounts with a login shell cannot be told") from None
    return [shell for shell in listed if not shell.endswith("/nologin")]
