# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts in records of systemd-userdb and systemd-homed: JSON files, a user or a group each, that nss-systemd gives beside the files.

Who is made a member by `memberOf` or a `.membership` file is so in groups of such records alone: nss-systemd does not find
the number of a group that stands in /etc/group.

Hashes are turned into facts here and go no further.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import (
    MAX_ID,
    SHADOWED,
    Group,
    Password,
    User,
    passwords_of,
    umasks_of,
)

DAY = 86400 * 1000000
NO_PASSWORD = "!*"
# Fields of shadow(5) behind the password, in their order, and whether a part of a day counts as one.
DAYS = (
    ("lastPasswordChangeUSec", False),
    ("passwordChangeMinUSec", False),
    ("passwordChangeMaxUSec", True),
    ("passwordChangeWarnUSec", False),
    ("passwordChangeInactiveUSec", True),
    ("notAfterUSec", False),
)
# What chooses a machine, and where its own name of that sort is.
MATCHES = (("matchMachineId", "/etc/machine-id"), ("matchHostname", "/proc/sys/kernel/hostname"))
# What may differ from machine to machine; a name, a disposition or a password may not.
BY_MACHINE = ("uid", "gid", "homeDirectory", "shell", "umask", "locked", "members", *(key for key, _up in DAYS))
# How homed keeps a home so that it can be looked at while its owner is not logged in.
IN_A_FOLDER = ("directory", "subvolume", "fscrypt")
Found = Tuple[str, Dict[str, Any]]


def entries(host: Host, folders: Sequence[str], homes: Sequence[str] = ()) -> Dict[str, List[Any]]:
    """Return users, groups and passwords by the names of their databases: ``passwd``, ``group``, ``shadow``.

    ``homes``: the records that systemd-homed keeps; ``joins``: those of them that are put into groups by `memberOf`.
    Passwords are only there for root, who alone can read them. Raises `ReadError` for a record that cannot be followed.
    """
    kept = _kept_by_homed(host, homes)
    people = _records(host, folders, "user", "userName") + kept
    users = [_user(place, record) for place, record in people]
    groups = [_group(place, record) for place, record in _records(host, folders, "group", "groupName")]
    # homed gives each of its accounts a group of its own.
    own = [Group(user.name, user.gid, ()) for user in users[len(users) - len(kept) :]]
    joins = [place for place, record in kept if record.get("memberOf")]
    found: Dict[str, List[Any]] = {"passwd": users, "group": groups + own, "joins": joins}
    if host.privileged:
        found["shadow"] = [entry for place, record in people for entry in _passwords(host, place, record)]
    return found


def _records(host: Host, folders: Sequence[str], kind: str, name: str) -> List[Found]:
    """Return path and content of each record, the first of its name. Those by number are links for look-ups by number."""
    found: Dict[str, Found] = {}
    for folder in folders:
        for path in host.glob("%s/*.%s" % (folder, kind)):
            stem = path.rpartition("/")[2][: -len(kind) - 1]
            if stem in found:
                continue
            record = _document(host, path)
            # systemd gives a record by the name of its file, and only where that is its own.
            if record.get(name) == stem:
                found[stem] = (path, record)
    return list(found.values())


def _kept_by_homed(host: Host, homes: Sequence[str]) -> List[Found]:
    """Return the records of homed, each with the numbers that it has on this machine."""
    found = []
    for path in homes:
        record = _document(host, path)
        if record.get("userName") != path.rpartition("/")[2].rpartition(".")[0]:
            continue  # homed passes over it
        try:
            machine = host.read_text("/etc/machine-id").strip(BLANKS + "\n")
        except NotFound:
            machine = ""
        bindings = record.get("binding")
        here = bindings.get(machine) if isinstance(bindings, dict) else None
        if not isinstance(here, dict) or "uid" not in here:
            raise ReadError(
                "%s says nothing of this machine (binding), so its account cannot be judged; see homectl" % path
            )
        record.update((key, here[key]) for key in ("uid", "gid") if here.get(key) is not None)
        # What is at the path of the home while nobody is logged in is an empty folder of root's.
        if here.get("storage") in IN_A_FOLDER:
            record["homeDirectory"] = here.get("imagePath", record.get("homeDirectory"))
        found.append((path, record))
    return found


def _document(host: Host, path: str) -> Dict[str, Any]:
    try:
        record = json.loads(host.read_text(path))
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise ReadError("%s is no JSON object, so the account in it cannot be judged; mend or remove it" % path)
    return {**record, **_of_this_machine(host, path, record)}


def _of_this_machine(host: Host, path: str, record: Dict[str, Any]) -> Dict[str, Any]:
    """Return what a record says anew for this machine alone (perMachine); the last one that is for it wins."""
    found: Dict[str, Any] = {}
    parts = record.get("perMachine", [])
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise ReadError("%s is malformed: perMachine has to be a list of objects" % path)
    for part in parts:
        if any(key.startswith("matchNot") for key in part):
            # Known from systemd 258 on; older ones pass over it, and then the part is for no machine.
            raise ReadError(
                "%s leaves machines out (matchNot...), which is not followed; name those that are meant" % path
            )
        if any(_named(host, path, part, *match) for match in MATCHES):
            found.update((key, part[key]) for key in BY_MACHINE if part.get(key) is not None)
    return found


def _named(host: Host, path: str, part: Dict[str, Any], key: str, file: str) -> bool:
    wanted = part.get(key)
    if wanted is None:
        return False
    names = _texts(path, part, key) if isinstance(wanted, list) else [_text(path, part, key, "")]
    try:
        return host.read_text(file).strip(BLANKS + "\n") in names
    except NotFound:
        return False


def _user(place: str, record: Dict[str, Any]) -> User:
    name = _text(place, record, "userName", "")
    uid = _number(place, record, "uid", MAX_ID)
    return User(
        name,
        uid,
        _number(place, record, "gid", uid),
        _text(place, record, "homeDirectory", "/root" if name == "root" else "/home/" + name),
        _text(
            place,
            record,
            "shell",
            "/bin/bash" if record.get("disposition", "regular") == "regular" else "/usr/sbin/nologin",
        ),
        SHADOWED,
        _umasks(place, record),
    )


def _umasks(place: str, record: Dict[str, Any]) -> Tuple[Tuple[str, str], ...]:
    """Return the umask of a record, which pam_systemd gives, and one in the real name, which is the GECOS field to others."""
    own = _number(place, record, "umask", MAX_ID)
    said = () if "umask" not in record else (("pam_systemd.so", "%04o" % (own & 0o777)),)
    return (*umasks_of(_text(place, record, "realName", "")), *said)


def _group(place: str, record: Dict[str, Any]) -> Group:
    return Group(
        _text(place, record, "groupName", ""),
        _number(place, record, "gid", MAX_ID),
        tuple(_texts(place, record, "members")),
    )


def _text(place: str, record: Dict[str, Any], key: str, otherwise: str) -> str:
    found = record.get(key)
    if found is None:
        return otherwise
    if not isinstance(found, str):
        raise ReadError("%s is malformed: %s has to be a text" % (place, key))
    return printable(found)


def _texts(place: str, record: Dict[str, Any], key: str) -> List[str]:
    found = record.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ReadError("%s is malformed: %s has to be a list of texts" % (place, key))
    return found


def _number(place: str, record: Dict[str, Any], key: str, otherwise: int) -> int:
    found = record.get(key, otherwise)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= MAX_ID:
        raise ReadError("%s is malformed: %s has to be a user or group number" % (place, key))
    return found


def _passwords(host: Host, place: str, record: Dict[str, Any]) -> List[Password]:
    """Return each password of a record, for any of them lets in; one that none matches where it has no password."""
    path = place + "-privileged"
    try:
        privileged = _document(host, path).get("privileged")
    except NotFound:
        path, privileged = place, record.get("privileged")
    if privileged is None:
        privileged = {}
    if not isinstance(privileged, dict):
        raise ReadError("%s is malformed: privileged has to be an object" % path)
    locked = "!" if record.get("locked") is True else ""
    days = [_days(place, record, key, up) for key, up in DAYS]
    secrets = [locked + secret for secret in _texts(path, privileged, "hashedPassword")] or [NO_PASSWORD]
    name = printable(str(record["userName"]))
    return passwords_of([(place, [name, secret, *days, ""]) for secret in secrets])


def _days(place: str, record: Dict[str, Any], key: str, up: bool) -> str:
    found: Optional[Any] = record.get(key)
    # A bound that never comes is the greatest number of 64 bits.
    if found is None or found == 2**64 - 1:
        return ""
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise ReadError("%s is malformed: %s has to be a number of microseconds" % (place, key))
    return str(-(-found // DAY) if up else found // DAY)
