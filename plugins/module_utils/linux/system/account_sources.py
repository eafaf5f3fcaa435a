# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of every source on this host that nsswitch.conf(5) asks for them, not of /etc/passwd and its like alone.

A directory (sss, ldap, winbind) is no source on this host. What is in a source that cannot be read is an error.
"""

from __future__ import annotations

import pwd
from typing import Any, Callable, Dict, List, Optional, TypeVar

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import account_database, name_services
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import (
    Group,
    Password,
    Record,
    User,
    groups_of,
    kind_of,
    login_shells,
    passwords_of,
    records,
    users_of,
)

# Where services keep files in the form of passwd(5). These are the compiled-in places.
FLAT_FILES = {"extrausers": "/var/lib/extrausers/%s", "altfiles": "/usr/lib/%s", "cache": "/etc/%s.cache"}
# glibc's own place, and Debian's.
DATABASES = ("/var/db/", "/var/lib/misc/")
USERDB = "systemd"
HOMED = "/var/lib/systemd/home/*.identity"
HOMED_IMAGES = ("/home/*.home", "/home/*.homedir")
HOMED_PROGRAMS = ("/usr/lib/systemd/systemd-homed", "/lib/systemd/systemd-homed")
# In the order in which systemd looks for a name; the first one counts.
USERDB_FOLDERS = ("/etc/userdb", "/run/userdb", "/run/host/userdb", "/usr/local/lib/userdb", "/usr/lib/userdb")
# libnss-extrausers passes over what has a lower number, but for the group `users`, which is 100.
LEAST_OF_EXTRAUSERS = 500
WIDTHS = {"passwd": 7, "group": 4, "shadow": 9}
Entry = TypeVar("Entry")


def all_users(host: Host) -> List[User]:
    """Return the accounts of all sources on this host. Raises `ReadError` where one of them cannot be read."""
    return account_database.users(host) + more_users(host)


def all_groups(host: Host) -> List[Group]:
    """Return the groups of all sources on this host."""
    return account_database.groups(host) + more_groups(host)


def all_passwords(host: Host) -> List[Password]:
    """Return what is known of the passwords of all sources on this host. Only root can read them."""
    return account_database.passwords(host) + more_passwords(host)


def owner_kind(host: Host, uid: int) -> Optional[str]:
    """Return whose a user number is: ``root``'s, of an account with a ``login`` shell or of one without (``service``).

    None where that can't be told.
    """
    if uid == 0:
        return "root"
    kinds: Dict[int, str] = host.shared("owner kinds", lambda: _owner_kinds(host))
    if uid not in kinds and kinds and host.runs:
        try:
            kinds[uid] = kind_of(host, pwd.getpwuid(uid).pw_shell, login_shells(host))
        except (KeyError, OSError):
            pass
    return kinds.get(uid)


def _owner_kinds(host: Host) -> Dict[int, str]:
    try:
        valid = login_shells(host)
        found: Dict[int, str] = {}
        for user in all_users(host):
            # Of several accounts with one number the one that can log in decides.
            kind = kind_of(host, user.shell, valid)
            found[user.uid] = kind if found.get(user.uid) != "login" else "login"
    except ReadError:
        return {}
    return found


def more_users(host: Host) -> List[User]:
    """Return the accounts that other sources than /etc/passwd give."""
    return _more(host, "passwd", users_of)


def more_groups(host: Host) -> List[Group]:
    """Return the groups that other sources than /etc/group give."""
    found = _more(host, "group", groups_of)
    # `id` of Debian 13 has such an account in groups of /etc/group, and `getent group` does not.
    for place in _userdb(host).get("joins", []) if USERDB in name_services.asked(host, "group") else []:
        raise ReadError(
            "%s puts its account into groups (memberOf), which is not followed; look at `homectl inspect` and name the account in "
            "/etc/group" % place
        )
    return found


def more_passwords(host: Host) -> List[Password]:
    """Return the passwords that other sources than /etc/shadow give."""
    found = _more(host, "shadow", passwords_of)
    if not found or "success=" in lowered(name_services.line_of(host, "shadow")[1]):
        return found
    # Passwords are asked for by name alone, and the first source that knows the name is the last one asked.
    known = {entry.name for entry in account_database.passwords(host)}
    return [entry for entry in found if entry.name not in known]


def places(host: Host, database: str) -> List[str]:
    """Return the sources other than /etc/passwd and its like that give entries to a database: ``passwd``, ``group``, ``shadow``."""
    found: Any = {"passwd": more_users, "group": more_groups, "shadow": more_passwords}[database](host)
    if not found:
        return []
    kept = {service: place % database for service, place in FLAT_FILES.items()}
    kept[USERDB] = "records of systemd-userdb"
    return [kept[service] for service in name_services.asked(host, database) if service in kept]


def _more(host: Host, database: str, parse: Callable[[List[Record]], List[Entry]]) -> List[Entry]:
    def gathered() -> List[Entry]:
        found: List[Entry] = []
        for service in name_services.asked(host, database):
            if service in FLAT_FILES:
                found += parse(_flat(host, service, database))
            elif service == USERDB:
                found += _userdb(host).get(database, [])
            elif service == "db":
                _refuse_database(host, database)
        return found

    shared: List[Entry] = host.shared("more of " + database, gathered)
    return shared


def _flat(host: Host, service: str, database: str) -> List[Record]:
    """Return the lines that a service gives from a file in the form of passwd(5). One that is not there gives none."""
    path = FLAT_FILES[service] % database
    if database == "shadow":
        host.need_root(path)
    try:
        lines = records(host, path, WIDTHS[database], comments=True)
    except NotFound:
        return []
    if service != "extrausers" or database == "shadow":
        return lines
    return [line for line in lines if _seen_by_extrausers(line[1], database)]


def _seen_by_extrausers(fields: List[str], database: str) -> bool:
    """Return whether the numbers of an account or group are none that it passes over."""
    numbers = fields[2:4] if database == "passwd" else fields[2:3]
    if not all(is_number(number) for number in numbers):
        return True  # to be told as malformed
    least = all(int(number) >= LEAST_OF_EXTRAUSERS for number in numbers[:1])
    return least and all(int(number) >= LEAST_OF_EXTRAUSERS or int(number) == 100 for number in numbers[1:])


def _refuse_database(host: Host, database: str) -> None:
    """Raise `ReadError` where there is a compiled database, which only its own library reads."""
    for folder in DATABASES:
        path = folder + database + ".db"
        if host.exists(path):
            raise ReadError(
                "%s also gives accounts (db in %s), and its form cannot be read here; keep them in /etc/%s and take db out"
                % (path, name_services.PATH, database)
            )


def homed_records(host: Host) -> List[str]:
    """Return the records of accounts that systemd-homed keeps; none where it is not there, for it alone gives them.

    Raises `ReadError` for a home without one: homed of 257 lets its owner in all the same, by the record within the home.
    """
    if USERDB not in name_services.asked(host, "passwd") or not any(host.exists(path) for path in HOMED_PROGRAMS):
        return []
    found = host.glob(HOMED)
    names = {path.rpartition("/")[2].rpartition(".")[0] for path in found}
    for path in [one for pattern in HOMED_IMAGES for one in host.glob(pattern)]:
        if path.rpartition("/")[2].rpartition(".")[0] not in names:
            raise ReadError(
                "%s is a home of systemd-homed that this host has no record of, and its owner may come in; let homed take it up by a "
                "login, or move it elsewhere" % printable(path)
            )
    return found


def _userdb(host: Host) -> Dict[str, List[Any]]:
    """Return the records of systemd-userdb by database; nothing where there are none."""
    homes = homed_records(host)
    if not homes and not any(host.glob(folder + "/*.*") for folder in USERDB_FOLDERS):
        return {}
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import userdb

    found: Dict[str, List[Any]] = host.shared("userdb", lambda: userdb.entries(host, USERDB_FOLDERS, homes))
    return found
