# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `dconf`: a key in the keyfiles of dconf's system databases, and whether it is locked."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    read_each,
    required,
    value,
)

FOLDER = "/etc/dconf/db"
Found = Dict[str, Tuple[str, str, str]]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{value, locked, compiled}`; absent where no system database sets the key.

    `compiled`: whether the database is as new as its keyfiles; an older one is what is in effect.
    A database that is behind its keyfiles is an error, for what it holds is not known.
    """
    settings, locks, stale = _databases(host)

    def one(address: Address) -> Observation:
        key = required(address, "key")
        found = settings.get(key)
        if found is None:
            return absent(FOLDER)
        text, place, database = found
        if database in stale:
            raise ReadError("%s is older than its keyfiles; run dconf update" % database)
        return value({"value": _plain(text), "locked": key in locks, "compiled": True}, place)

    return read_each(addresses, one)


def _databases(host: Host) -> Tuple[Found, List[str], List[str]]:
    settings: Found = {}
    locks: List[str] = []
    stale: List[str] = []
    for folder in host.glob(FOLDER + "/*.d"):
        database = folder[:-2]
        for path in host.glob(folder + "/*"):
            if path.endswith("/locks"):
                for lock in host.glob(path + "/*"):
                    locks.extend(
                        line.strip() for line in host.read_text(lock).splitlines() if line.strip().startswith("/")
                    )
                continue
            for key, text, number in _keyfile(host.read_text(path)):
                # Of several keyfiles the last in lexical order wins (dconf(7)).
                settings[key] = (text, "%s:%d" % (path, number), database)
        if _is_stale(host, database, folder):
            stale.append(database)
    return settings, locks, stale


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
