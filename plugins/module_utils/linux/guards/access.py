# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that decides who gets in, read once: accounts, passwords, keys, SSH, sudo, su, jobs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import AbstractSet, Any, Callable, Dict, FrozenSet, Iterable, List, Mapping, Pattern, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import jobs, logins
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, NotTouched, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import su_access
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import authorized_keys, sshd_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import Password, User, shells
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import (
    all_groups,
    all_passwords,
    all_users,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.password_ages import today

# Services of PAM that are no way in by themselves, or that are told of by another way.
OWN_SERVICES = frozenset(
    {
        "atd", "chfn", "chpasswd", "chsh", "cron", "crond", "groupmems", "login", "newusers", "other", "passwd", "polkit-1",
        "remote", "runuser", "runuser-l", "ssh", "sshd", "su", "su-l", "sudo", "sudo-i", "system-auth", "systemd-user",
        "useradd",
    }
)  # fmt: skip
# They ask for a listed shell of who wants another one, which lets nobody in.
CHANGES_OF_SHELL = frozenset({"chfn", "chsh"})
TAKES_PASSWORDS = re.compile(r"^\s*(@include\s+common-auth|auth\s[^#\n]*pam_unix)", re.MULTILINE | re.ASCII)
ASKS_FOR_SHELL = re.compile(r"^\s*-?(auth|account)\s[^#\n]*\bpam_shells\.so\b", re.MULTILINE | re.ASCII)
COMMON = "common-"
PAM_FOLDER = "/etc/pam.d"
EMPTY_ALLOWED = re.compile(r"^\s*auth\s[^#\n]*\bpam_unix\.so\b[^#\n]*\bnullok\b", re.MULTILINE | re.ASCII)
# Hosts that these name are believed who their users are (sshd_config(5), HostbasedAuthentication).
TRUSTED_HOSTS = ("/etc/ssh/shosts.equiv", "/etc/hosts.equiv")
SHOSTS, RHOSTS = "/.shosts", "/.rhosts"
HOSTBASED = "hostbasedauthentication"
KEYTAB = "/etc/krb5.keytab"


@dataclass(frozen=True)
class Access:
    """What decides who gets in; names of accounts where nothing else is said.

    ``sshd``: option -> its value for everyone, empty where there is no sshd; ``matched``: option -> the values that Match
    blocks give it. ``keys``: who surely has a key; ``maybe_keys``: all who may have one. ``trusted``: who may come from a
    host that files of the host believe; ``shosts``, ``rhosts``: that a file of their own does. ``becomes``: accounts that a
    rule of sudo names as the one to become. ``su_group``: the group that su is limited to. ``services``: of PAM, that take
    passwords; ``shell_services``: those that ask for a shell of ``shells``, which are the listed ones. ``day``: since 1970.
    """

    users: Tuple[User, ...]
    passwords: Mapping[str, Password]
    groups: Mapping[str, FrozenSet[str]]
    sshd: Mapping[str, str]
    matched: Mapping[str, FrozenSet[str]]
    keys: FrozenSet[str]
    maybe_keys: FrozenSet[str]
    trusted: FrozenSet[str]
    shosts: FrozenSet[str]
    rhosts: FrozenSet[str]
    kerberos: bool
    sudo: Tuple[logins.Rule, ...]
    unasked: FrozenSet[str]
    becomes: FrozenSet[str]
    su_group: str
    empty_allowed: bool
    cron: Mapping[str, str]
    units: Mapping[str, str]
    services: Tuple[str, ...]
    shell_services: Tuple[str, ...]
    shells: FrozenSet[str]
    day: int


def access(host: Host) -> Access:
    """Return who gets in by the host's files and by sshd's word. Raises `ReadError`."""
    accounts: List[User] = _there(all_users, host)
    sshd = {name: " ".join(values) for name, values in logins.sshd_values(host).items()}
    keys, maybe_keys = _keys(host, accounts)
    rules = logins.rules(host)
    memberships = _memberships(host, accounts)
    matched = _matched(host) if sshd else {}
    believing = "yes" in {sshd.get(HOSTBASED), *matched.get(HOSTBASED, ())}
    return Access(
        users=tuple(accounts),
        # Of a name that stands twice the C library takes the first line.
        passwords={entry.name: entry for entry in reversed(_there(all_passwords, host))},
        groups=memberships,
        sshd=sshd,
        matched=matched,
        keys=keys,
        maybe_keys=maybe_keys,
        trusted=_trusted(host, accounts),
        shosts=_own_trusted(host, accounts, SHOSTS, believing),
        rhosts=_own_trusted(host, accounts, RHOSTS, believing),
        kerberos=host.exists(KEYTAB),
        sudo=tuple(rules),
        unasked=_unasked(host, accounts, memberships),
        becomes=frozenset(name for rule in rules for name in rule.runas if name != "ALL"),
        su_group=_su_group(host),
        empty_allowed=any(EMPTY_ALLOWED.search(_text(host, path)) for path in host.glob(PAM_FOLDER + "/*")),
        cron=jobs.cron_jobs(host),
        units=jobs.unit_jobs(host),
        services=tuple(_services(host, TAKES_PASSWORDS, OWN_SERVICES, (COMMON,))),
        shell_services=tuple(_services(host, ASKS_FOR_SHELL, CHANGES_OF_SHELL)),
        shells=frozenset(_there(shells, host)),
        day=today(),
    )


def _there(read: Callable[[Host], List[Any]], host: Host) -> List[Any]:
    """Return what a file of the account database says; nothing where there is none, for then it lets nobody in."""
    try:
        return read(host)
    except NotFound:
        return []


def _memberships(host: Host, accounts: Sequence[User]) -> Dict[str, FrozenSet[str]]:
    """Return account -> its local groups, for all accounts at once."""
    found: Dict[str, List[str]] = {}
    names: Dict[int, str] = {}
    for group in _there(all_groups, host):
        names.setdefault(group.gid, group.name)
        for member in group.members:
            found.setdefault(member, []).append(group.name)
    return {
        user.name: frozenset([*found.get(user.name, ()), *([names[user.gid]] if user.gid in names else [])])
        for user in accounts
    }


def _matched(host: Host) -> Dict[str, FrozenSet[str]]:
    overrides = sshd_config.match_overrides(host, sshd_config.CONFIGURATION)
    return {name: frozenset(str(one["value"]) for one in values) for name, values in overrides.items()}


def _keys(host: Host, accounts: Sequence[User]) -> Tuple[FrozenSet[str], FrozenSet[str]]:
    """Return who surely has a key, and who may have one: by a command, a certificate, or in a file that can't be read."""
    options = logins.sshd_values(host)
    if authorized_keys.keys_come_from_elsewhere(options):
        return frozenset(), frozenset(user.name for user in accounts)
    sure, maybe = set(), set()
    for user in accounts:
        try:
            if authorized_keys.has_key_file(host, user, options):
                sure.add(user.name)
        except ReadError:
            maybe.add(user.name)
    return frozenset(sure), frozenset(sure | maybe)


def _trusted(host: Host, accounts: Sequence[User]) -> FrozenSet[str]:
    """Return for whom files of the host say that another one is believed: for all or nobody."""
    believed = any(_says_something(_text(host, path)) for path in TRUSTED_HOSTS)
    return frozenset(user.name for user in accounts if believed)


def _own_trusted(host: Host, accounts: Sequence[User], name: str, matters: bool) -> FrozenSet[str]:
    """Return who believes another host by a file in their home directory. Raises `NotTouched` where that ``matters``."""
    found = set()
    for user in accounts:
        try:
            if _says_something(_read(host, user.home.rstrip("/") + name)):
                found.add(user.name)
        except NotTouched:
            # Sshd does look there.
            if matters:
                raise
    return frozenset(found)


def _says_something(text: str) -> bool:
    return any(line.strip(BLANKS) and not line.lstrip(BLANKS).startswith("#") for line in text.split("\n"))


def _text(host: Host, path: str) -> str:
    """Return a file's text; nothing where it is missing or cannot be read, as the programs that look for it do."""
    try:
        return _read(host, path)
    except NotTouched:
        return ""


def _read(host: Host, path: str) -> str:
    """Return a file's text, as `_text` does. Raises `NotTouched`."""
    try:
        return host.read_text(path)
    except NotTouched:
        raise
    except ReadError:
        return ""


def _unasked(host: Host, accounts: Iterable[User], memberships: Mapping[str, FrozenSet[str]]) -> FrozenSet[str]:
    """Return whom a default of sudo lets do without a password."""
    try:
        scopes = logins.scopes_without_password(host)
    except NotFound:
        return frozenset()
    return frozenset(
        user.name
        for user in accounts
        if any(logins.is_for(who, user.name, memberships[user.name]) for scope in scopes for who in scope)
    )


def _su_group(host: Host) -> str:
    seen = su_access.read(host, [{}])[0]
    return str(seen.value["group"]) if seen.state == "value" and not seen.value["bypasses"] else ""


def _services(host: Host, pattern: Pattern[str], left_out: AbstractSet[str], parts: Tuple[str, ...] = ()) -> List[str]:
    """Return the services of PAM whose file says something, without those that are left out and ``parts`` of others."""
    try:
        names = host.list_directory(PAM_FOLDER)
    except NotFound:
        return []
    found = []
    for name in names:
        if name in left_out or name.startswith((*parts, ".")) or name.endswith((".dpkg-dist", ".dpkg-old", "~")):
            continue
        if pattern.search(_text(host, PAM_FOLDER + "/" + name)):
            found.append(name)
    return found
