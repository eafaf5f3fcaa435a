# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `dconf`: a key as sessions of a profile see it in the system databases, and whether it is locked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
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

FOLDER = "/etc/dconf/db/"
# dconf(7): a session reads the databases that its profile names, the first before the others.
PROFILES = ("/etc/dconf/profile/", "/usr/local/share/dconf/profile/", "/usr/share/dconf/profile/")
DEFAULT_PROFILE = "user"


@dataclass
class Database:
    """One system database: key -> (text, place) of its keyfiles, and the keys that it locks."""

    path: str
    settings: Dict[str, Tuple[str, str]] = field(default_factory=dict)
    locks: Set[str] = field(default_factory=set)
    stale: bool = False


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{value, locked}` as a session of the ``profile`` sees it; absent where no system database of it sets the key.

    `value` is null where a key is only locked. Where a database that says something of a key is older than its
    keyfiles it is an error, for what it holds is not known.
    """
    profiles: Dict[str, List[Database]] = {}

    def one(address: Address) -> Observation:
        key, profile = required(address, "key"), str(address.get("profile", DEFAULT_PROFILE))
        if not profile or "/" in profile:
            raise UsageError("%r is not the name of a profile" % profile)
        if profile not in profiles:
            profiles[profile] = _databases(host, profile)
        return _effective(key, profile, profiles[profile])

    return read_each(addresses, one)


def _effective(key: str, profile: str, databases: List[Database]) -> Observation:
    speaking = [one for one in databases if key in one.settings or key in one.locks]
    stale = next((one.path for one in speaking if one.stale), None)
    if stale is not None:
        raise ReadError("%s is older than its keyfiles; run dconf update" % stale)
    # The last database that locks a key decides; those before it are not asked.
    locking = [number for number, one in enumerate(databases) if key in one.locks]
    asked = databases[locking[-1] if locking else 0 :]
    found = next((one.settings[key] for one in asked if key in one.settings), None)
    if found is None and not locking:
        return absent("profile %s: %s" % (profile, ", ".join(one.path for one in databases) or "no system database"))
    place = found[1] if found else databases[locking[-1]].path
    return value({"value": _plain(found[0]) if found else None, "locked": bool(locking)}, place)


def _databases(host: Host, profile: str) -> List[Database]:
    """Return the system databases of a profile in its order; without a profile a session has only the user's own."""
    for folder in PROFILES:
        try:
            lines = host.read_text(folder + profile).splitlines()
        except NotFound:
            continue
        named = [line.split("#", 1)[0].strip().partition(":") for line in lines]
        return [_database(host, name.strip()) for kind, _colon, name in named if kind.strip() == "system-db"]
    return []


def _database(host: Host, name: str) -> Database:
    if not name or "/" in name:
        raise ReadError("a dconf profile names the database %r, which cannot be one" % printable(name))
    folder = FOLDER + name + ".d"
    result = Database(FOLDER + name, stale=_is_stale(host, FOLDER + name, folder))
    for path in host.glob(folder + "/*"):
        if path.endswith("/locks"):
            for lock in host.glob(path + "/*"):
                lines = [line.strip() for line in host.read_text(lock).splitlines()]
                result.locks.update(line for line in lines if line.startswith("/"))
            continue
        for key, text, number in _keyfile(host.read_text(path)):
            # Of several keyfiles the last in lexical order wins (dconf(7)).
            result.settings[key] = (text, "%s:%d" % (path, number))
    return result


def _is_stale(host: Host, database: str, folder: str) -> bool:
    try:
        compiled = host.stat(database).st_mtime
    except NotFound:
        return True
    paths = host.glob(folder + "/*") + host.glob(folder + "/locks/*")
    return any(host.stat(path).st_mtime > compiled for path in paths if not path.endswith("/locks"))


def _keyfile(text: str) -> List[Tuple[str, str, int]]:
    group, found = "", []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif "=" in line and not line.startswith("#"):
            name, _sign, seen = line.partition("=")
            found.append(("/%s/%s" % (group, name.strip()), seen.strip(), number))
    return found


def _plain(text: str) -> Any:
    """Return a GVariant text as a plain value: booleans, numbers with a type in front, quoted text."""
    if text in ("true", "false"):
        return text == "true"
    bare = text.split(" ", 1)[1] if text.split(" ", 1)[0] in ("uint32", "int32", "int64", "uint64") else text
    if bare.lstrip("-").isdigit():
        return int(bare)
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" else bare
