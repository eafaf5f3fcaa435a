# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `dconf`: a key as sessions of a profile see it in the system databases, and whether it is locked."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, GLIB_BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import gvariant

FOLDER = "/etc/dconf/db/"
# dconf(7): a session reads the databases that its profile names, the first before the others.
PROFILES = ("/etc/dconf/profile/", "/usr/local/share/dconf/profile/", "/usr/share/dconf/profile/")
DEFAULT_PROFILE = "user"
# Since version 45 GDM's login screen takes the profile that has the name of its account, which Debian calls otherwise.
GREETERS = {"gdm": "Debian-gdm"}


# A compiled database that the session reads as a file is not written by us; of it only the locks are looked for.
MAX_FILE_DB = 16 * 1024 * 1024


@dataclass
class Database:
    """One system database: key -> (text, place) of its keyfiles, and the keys that it locks.

    ``stale``: it is older than its keyfiles. ``closed``: what of its path users may not read, so that it is none to them.
    """

    path: str
    settings: Dict[str, Tuple[str, str]] = field(default_factory=dict)
    locks: Set[str] = field(default_factory=set)
    stale: bool = False
    closed: str = ""


@dataclass
class Profile:
    """What a session reads. ``path``: the file that counts, empty without one; ``files``: databases that are plain files.

    ``closed``: what of its path users may not read.
    """

    name: str
    path: str = ""
    closed: str = ""
    databases: List[Database] = field(default_factory=list)
    files: List[str] = field(default_factory=list)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{value, locked}` as a session of the ``profile`` sees it; absent where no system database of it sets the key.

    `value` is null where a key is only locked, and where what is set is not of the address's ``type``, which a session
    ignores; then `ignored` is that text. Where a database that says something of a key is older than its keyfiles it is
    an error, for what it holds is not known. A database that users may not read is none to their sessions.
    """
    profiles: Dict[str, Profile] = {}

    def one(address: Address) -> Observation:
        key = required(address, "key")
        name = profile_name(address)
        if name not in profiles:
            profiles[name] = read_profile(host, name)
        return effective(host, profiles[name], key, str(address.get("type", "")))

    return read_each(addresses, one)


def profile_name(address: Address) -> str:
    """Return the profile that an address names. Raises `UsageError`."""
    name = str(address.get("profile", DEFAULT_PROFILE))
    if not name or "/" in name:
        raise UsageError("%r is not the name of a profile" % name)
    return name


def effective(host: Host, profile: Profile, key: str, kind: str = "") -> Observation:
    """Return what a session of a profile sees of a key."""
    open_ones = [one for one in profile.databases if not one.closed]
    stale = next((one.path for one in open_ones if one.stale and _may_say(host, one, key)), None)
    if stale is not None:
        raise ReadError("%s is older than its keyfiles; run dconf update" % stale)
    _need_no_lock_of_a_file(host, profile, key)
    found, locking = deciding(open_ones, key)
    if found is None and locking is None:
        return absent("profile %s: %s" % (profile.name, _shown(profile)))
    if found is None:
        return value({"value": None, "locked": True}, locking.path if locking else "")
    text, place = found
    known = gvariant.parse(text)
    if kind and (known is None or known[0] != kind):
        return value({"value": None, "locked": locking is not None, "ignored": text[:200]}, place)
    return value({"value": known[1] if known else text, "locked": locking is not None}, place)


def _may_say(host: Host, database: Database, key: str) -> bool:
    """Return whether a database may say something of a key: its keyfiles do, or what was compiled before one was removed."""
    if key in database.settings or key in database.locks:
        return True
    try:
        # The last part of a key stands in it as it is.
        return key.rpartition("/")[2] in host.read_text(database.path, MAX_FILE_DB)
    except NotFound:
        return False


def _shown(profile: Profile) -> str:
    names = [
        "%s (users cannot read %s)" % (one.path, one.closed) if one.closed else one.path for one in profile.databases
    ]
    closed = "users cannot read %s" % profile.closed if profile.closed else ""
    return closed or ", ".join(names) or "no system database"


def deciding(databases: Sequence[Database], key: str) -> Tuple[Optional[Tuple[str, str]], Optional[Database]]:
    """Return the (text, place) that a session sees, and the database that locks the key; each None where there is none."""
    # The last database that locks a key decides; those before it are not asked.
    locking = [number for number, one in enumerate(databases) if key in one.locks]
    asked = databases[locking[-1] if locking else 0 :]
    found = next((one.settings[key] for one in asked if key in one.settings), None)
    return found, databases[locking[-1]] if locking else None


def closed_to_users(host: Host, path: str) -> str:
    """Return what of a path keeps users from reading the file, or nothing. A session runs as its user."""
    parts = path.strip("/").split("/")
    for number in range(1, len(parts) + 1):
        place = "/" + "/".join(parts[:number])
        try:
            mode = host.stat(place).st_mode
        except NotFound:
            return ""
        if not mode & (0o004 if number == len(parts) else 0o001):
            return place
    return ""


def _need_no_lock_of_a_file(host: Host, profile: Profile, key: str) -> None:
    for path in profile.files:
        try:
            # Locks stand in a compiled database as they are.
            if key in host.read_text(path, MAX_FILE_DB):
                raise ReadError("%s, which profile %s names, locks %s; look at it there" % (path, profile.name, key))
        except NotFound:
            continue


def read_profile(host: Host, name: str) -> Profile:
    """Return a profile with its system databases in its order; without a file a session has only the user's own.

    Where the login screen takes another one in its place, that is it.
    """
    other = GREETERS.get(name, name)
    if any(host.exists(folder + other) for folder in PROFILES):
        name = other
    for folder in PROFILES:
        try:
            lines = split_lines(host.read_text(folder + name))
        except NotFound:
            continue
        closed = closed_to_users(host, folder + name)
        if closed:
            return Profile(name, folder + name, closed)
        parts = [line.split("#", 1)[0].strip(BLANKS).partition(":") for line in lines]
        named = [(kind.strip(BLANKS), what.strip(BLANKS)) for kind, _colon, what in parts]
        databases = [_database(host, what) for kind, what in named if kind == "system-db"]
        return Profile(name, folder + name, "", databases, [what for kind, what in named if kind == "file-db"])
    return Profile(name)


def _database(host: Host, name: str) -> Database:
    if not name or "/" in name:
        raise ReadError("a dconf profile names the database %r, which cannot be one" % printable(name))
    folder = FOLDER + name + ".d"
    path = FOLDER + name
    result = Database(path, stale=is_stale(host, path), closed=closed_to_users(host, path))
    for path in keyfiles(host, folder):
        for key, text, number in assignments(host.read_text(path)):
            # Of several keyfiles the last in lexical order wins (dconf(7)).
            result.settings[key] = (text, "%s:%d" % (path, number))
    for path in host.glob(folder + "/locks/*"):
        # A blank before or behind the path would make it the lock of another key.
        result.locks.update(line for line in host.read_text(path).split("\n") if line.startswith("/"))
    return result


def keyfiles(host: Host, folder: str) -> List[str]:
    """Return the keyfiles of a database's folder, the one that wins last; dconf looks into no folder below it."""
    return [path for path in host.glob(folder + "/*") if not stat.S_ISDIR(host.stat(path).st_mode)]


def made_of(host: Host, folder: str) -> List[str]:
    """Return what a database is made of: also the folders themselves, whose times tell that a file was removed."""
    return [*keyfiles(host, folder), *host.glob(folder + "/locks/*"), *host.glob(folder), *host.glob(folder + "/locks")]


def is_stale(host: Host, database: str, parts: Optional[Sequence[str]] = None) -> bool:
    """Return whether a compiled database is missing or older than what it is made of (all of it, if not given)."""
    try:
        compiled = host.stat(database).st_mtime
    except NotFound:
        return True
    return any(
        host.stat(path).st_mtime > compiled for path in (made_of(host, database + ".d") if parts is None else parts)
    )


def assignments(text: str) -> List[Tuple[str, str, int]]:
    """Return (key, GVariant text, line) of what a keyfile sets."""
    group, found = "", []
    for number, raw in enumerate(split_lines(text), 1):
        line = raw.strip(GLIB_BLANKS)
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif "=" in line and not line.startswith("#"):
            name, _sign, seen = line.partition("=")
            found.append(("/%s/%s" % (group, name.strip(GLIB_BLANKS)), seen.strip(GLIB_BLANKS), number))
    return found
