# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `privileged_accounts`: whether accounts for emergencies can be used, and who else gets root's rights."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Mapping, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import directory, sshd_option, sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import doas_conf, sudo_program, sudo_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import (
    EMPTY,
    SHADOWED,
    Password,
    User,
    kind_of,
    login_shells,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import (
    all_groups,
    all_passwords,
    all_users,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.authorized_keys import (
    has_key_file,
    keys_come_from_elsewhere,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import has_service, stack
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.password_ages import CLOSED, OPEN, state, today

SOURCE = "/etc/passwd, /etc/shadow, /etc/group, /etc/sudoers"
# Whose members are administrators to sudo's or polkit's own rules of a distribution.
GROUPS = ("sudo", "wheel", "admin")
# Whose members tell a program of root's to write any file, or write to disks themselves.
AS_ROOT = ("docker", "lxd", "incus-admin", "libvirt", "disk")
REFUSING = ("nologin", "false", "true", "sync", "halt", "shutdown")
KEYS = ("authorizedkeysfile", "authorizedkeyscommand", "trustedusercakeys", "permitrootlogin")
# By what a site has written in files of their own these let in some and others not.
BY_LIST = frozenset(("pam_access.so", "pam_listfile.so", "pam_time.so"))
MAX_ACCOUNTS = 200


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `emergency` with `[{name, why}]`, why each of `names` cannot be used or nothing, `undeclared` with `[{name, how}]`.

    `undeclared`: who can log in and has root's rights, and is neither in `names` nor in `more`.
    """
    host.need_root("/etc/shadow")

    def one(address: Address) -> Observation:
        query = required(address, "query")
        names = _names(address, "names")
        if query == "emergency":
            return value([{"name": printable(name), "why": _unusable(host, name)} for name in names], SOURCE)
        if query != "undeclared":
            raise UsageError("unknown query %r; known: emergency, undeclared" % query)
        declared = {*names, *_names(address, "more")}
        found = [
            {"name": printable(name), "how": printable(how)[:200]}
            for name, how in sorted(_privileged(host).items())
            if name not in declared
        ]
        rest = len(found) - MAX_ACCOUNTS
        return value([*found[:MAX_ACCOUNTS], {"not_shown": rest}] if rest > 0 else found, SOURCE)

    return read_each(addresses, one)


def _names(address: Address, key: str) -> List[str]:
    names = address.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError("the key %r of the address has to be a list of names" % key)
    return names


def _unusable(host: Host, name: str) -> str:
    """Return why nobody can log in at the console by the password of an account; nothing where somebody can."""
    mine = [user for user in all_users(host) if user.name == name]
    if not mine:
        return "there is no such account on this host"
    if any(kind_of(host, user.shell, login_shells(host)) != "login" for user in mine):
        return "its shell lets nobody in"
    entries = [entry for entry in all_passwords(host) if entry.name == name]
    if any(not user.shadowed for user in mine) or not entries:
        return "it has no line in /etc/shadow"
    # Of a name that stands twice, each line.
    why = next((why for is_so, why in _CLOSED if any(is_so(entry) for entry in entries)), "")
    if not why:
        _need_no_list(host, name)
    return why


_CLOSED: Sequence[Tuple[Callable[[Password], bool], str]] = (
    (lambda entry: entry.empty, "its password is empty"),
    (lambda entry: entry.locked, "it is locked or was never given a password"),
    (lambda entry: not entry.usable, "what stands in the place of its password is no hash"),
    (lambda entry: entry.expires is not None and 0 <= entry.expires <= today(), "the account has expired"),
    (lambda entry: state(entry, today()) != OPEN, "its password has expired or has to be changed first"),
)


def _need_no_list(host: Host, name: str) -> None:
    """Raise `ReadError` where a file of the site says who gets in at the console."""
    for kind in ("auth", "account") if has_service(host, "login") else ():
        for module in stack(host, "login", kind):
            if module.name in BY_LIST:
                raise ReadError(
                    "%s has %s decide who gets in, which is not followed; look whether it lets %s in, and document an exception"
                    % (module.place, module.name, printable(name))
                )


def _privileged(host: Host) -> Dict[str, str]:
    """Return account -> how it has root's rights, of those that can be logged in to."""
    how: Dict[str, str] = {}
    users = all_users(host)
    groups: Dict[str, Set[str]] = {group.name: set(group.members) for group in all_groups(host)}
    by_number = {group.gid: group.name for group in all_groups(host)}
    for user in users:
        if user.gid in by_number:
            groups[by_number[user.gid]].add(user.name)
        if user.uid == 0:
            how[user.name] = "uid 0"
    for group in (*GROUPS, *AS_ROOT):
        for name in groups.get(group, ()):
            how.setdefault(name, "group " + group)
    for word, place in _rules(host):
        for name in _meant(host, word, place, users, groups, by_number):
            how.setdefault(name, place)
    known = {user.name for user in users}
    keys = _Keys(host)
    return {
        name: text if name in known else text + "; no account of this host itself"
        for name, text in how.items()
        if name not in known or any(user.name == name and _comes_in(host, user, keys) for user in users)
    }


def _rules(host: Host) -> Iterator[Tuple[str, str]]:
    if host.exists(sudo.main(host)):
        if not sudo_program.is_rs(host):
            sudo.only_files(host)
        try:
            lines = sudo.lines(host)
        except NotFound as gone:
            raise ReadError("sudo is told to include what is not there, take that out: %s" % gone) from None
        yield from sudo_users.of_root(lines)
    for who, place in doas_conf.permitted(host):
        sign, name = ("%", who[1:]) if who.startswith(":") else ("", who)
        yield sign + ("#" + name if is_number(name) else name), place


def _meant(
    host: Host,
    word: str,
    place: str,
    users: Sequence[User],
    groups: Mapping[str, Set[str]],
    by_number: Mapping[int, str],
) -> Set[str]:
    """Return the accounts that a word of a rule stands for. Raises `ReadError` for a group that a directory may know."""
    if word == "ALL":
        return {user.name for user in users}
    if word.startswith("#") and is_number(word[1:]):
        return {user.name for user in users if user.uid == int(word[1:])}
    if not word.startswith("%"):
        return {word} if any(user.name == word for user in users) or directory.governing(host) else set()
    name = word[1:]
    if name.startswith("#") and is_number(name[1:]):
        name = by_number.get(int(name[1:]), name)
    if name in groups:
        return groups[name]
    if directory.governing(host):
        raise ReadError(
            "%s is for the group %s, whose members are nowhere on this host; look in the directory who they are, and document an exception"
            % (place, printable(name)[:100])
        )
    return set()


class _Keys:
    """Who has a key for SSH; sshd is asked when first somebody's is looked for."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._asked: List[Dict[str, List[str]]] = []

    def has(self, user: User) -> bool:
        """Return whether sshd takes a key for an account; where a command or an authority gives keys, each may have one."""
        if not self._asked:
            self._asked.append(sshd_option.all_values(self._host, KEYS))
        options = self._asked[0]
        if not options or (user.uid == 0 and set(options.get("permitrootlogin", [])) == {"no"}):
            return False
        # `none` beside another value is no value.
        said = {name: [text for text in texts if text != "none"] or ["none"] for name, texts in options.items()}
        return keys_come_from_elsewhere(said) or has_key_file(self._host, user, said)


def _comes_in(host: Host, user: User, keys: _Keys) -> bool:
    """Return whether somebody can log in to an account, by a password or a key."""
    places = {user.shell or "/bin/sh", host.place(user.shell or "/bin/sh")[0]}
    if any(path.rpartition("/")[2] in REFUSING for path in places):
        return False
    entries = [entry for entry in all_passwords(host) if entry.name == user.name]
    if entries and all(state(entry, today()) == CLOSED for entry in entries):
        return False
    return _has_password(user, entries) or keys.has(user)


def _has_password(user: User, entries: Sequence[Password]) -> bool:
    return user.password == EMPTY or user.password != SHADOWED or any(entry.usable or entry.empty for entry in entries)
