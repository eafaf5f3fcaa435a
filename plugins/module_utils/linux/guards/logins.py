# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can log in by SSH and become root, as far as the host's files tell it."""

from __future__ import annotations

import grp
import os
import pwd
import re
from dataclasses import dataclass
from typing import AbstractSet, Dict, List, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sshd_option, sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import User
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import (
    all_groups,
    all_passwords,
    all_users,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.authorized_keys import (
    has_key_file,
    keys_come_from_elsewhere,
)

# A rule of sudoers(5): users, hosts, then what they may run. Users are divided by commas.
RULE = re.compile(r"(?P<who>(?:[^\s,=]+\s*,\s*)*[^\s,=]+)\s+[^=]+=(?P<what>.*)", re.DOTALL | re.ASCII)
RUNAS = re.compile(r"\s*\((?P<users>[^:)]*)", re.ASCII)
PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_.-]*\$?\Z")
ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s", re.ASCII)
NO_SHELLS = ("nologin", "false", "sync", "halt", "shutdown")


@dataclass(frozen=True)
class Rule:
    """One rule of sudo: for whom, whether it covers every command, and whether it does without the password.

    ``runas``: the accounts that it names as those to become; nobody for root alone.
    """

    who: Tuple[str, ...]
    everything: bool
    nopasswd: bool
    runas: Tuple[str, ...] = ()


def find(host: Host, name: str) -> Optional[User]:
    """Return a local account, or None."""
    return next((user for user in all_users(host) if user.name == name), None)


def group_names(host: Host, name: str) -> Set[str]:
    """Return the groups of a user, by the name service too where the host is this one."""
    user = find(host, name)
    found = {group.name for group in all_groups(host) if name in group.members or (user and group.gid == user.gid)}
    if host.root == "/":
        try:
            numbers = os.getgrouplist(name, pwd.getpwnam(name).pw_gid)
            found.update(grp.getgrgid(number).gr_name for number in numbers)
        except (KeyError, OSError):
            pass
    return found


def has_password(host: Host, name: str) -> bool:
    """Return whether a local user has a password that can be given. One of a directory service is not known of."""
    known = [one for one in all_passwords(host) if one.name == name]
    return bool(known) and all(one.usable for one in known)


def sshd_values(host: Host) -> Dict[str, List[str]]:
    """Return the options of sshd as `sshd -T` prints them; empty where there is no sshd. Raises `ReadError`."""
    try:
        return sshd_option.effective_options(host.run(sshd_option.COMMAND).stdout)
    except NotFound:
        return {}


def has_key(host: Host, name: str) -> bool:
    """Return whether sshd would find a key of the user. Where a command gives the keys, it is believed to."""
    options = sshd_values(host)
    if keys_come_from_elsewhere(options):
        return True
    user = find(host, name)
    return user is not None and has_key_file(host, user, options)


def rule_of(text: str) -> Optional[Rule]:
    """Return the rule that a line of sudoers is, or None for defaults and aliases."""
    if text.startswith(("Defaults", "@", "#include")) or ALIAS.match(text):
        return None
    found = RULE.match(text)
    if found is None:
        return None
    who = tuple(one.strip(BLANKS) for one in found.group("who").split(","))
    what = found.group("what")
    runas = RUNAS.match(what)
    named = tuple(re.findall(r"[^\s,!]+", runas.group("users"), re.ASCII)) if runas else ()
    return Rule(who, re.search(r"\bALL\s*(,|$)", what, re.ASCII) is not None, sudo.has_nopasswd(text), named)


def rules(host: Host) -> List[Rule]:
    """Return the rules of sudo on this host."""
    try:
        return [rule for _file, _line, text in sudo.lines(host) for rule in [rule_of(text)] if rule is not None]
    except NotFound:
        return []


def covers(host: Host, rule: Rule, name: str) -> bool:
    """Return whether a rule is for a user. One for a user alias, a netgroup or a number is taken to be."""
    mine = group_names(host, name)
    return any(is_for(who, name, mine) for who in rule.who)


def is_for(who: str, name: str, mine: AbstractSet[str]) -> bool:
    """Return whether a word of sudoers stands for a user with these groups; an alias, a netgroup or a number is taken to."""
    return surely_for(who, name, mine) or not PLAIN_NAME.match(who.lstrip("%"))


def surely_for(who: str, name: str, mine: AbstractSet[str]) -> bool:
    """Return whether a word of sudoers plainly names a user or one of these groups."""
    return who in ("ALL", name) or (who.startswith("%") and who[1:] in mine)


def scopes_without_password(host: Host) -> List[Tuple[str, ...]]:
    """Return for whom defaults of sudo lift the password; a scope that is not one of users is taken to be for all."""
    return [who for who in (sudo.freed(text) for _file, _line, text in sudo.lines(host)) if who]


def goes_unasked(host: Host, name: str) -> bool:
    """Return whether a default of sudo lifts the password for a user."""
    return any(covers(host, Rule(who, True, True), name) for who in scopes_without_password(host))


def administrators(host: Host) -> List[str]:
    """Return the users besides root who can log in with a key and become root by sudo."""
    full = [rule for rule in rules(host) if rule.everything]
    found = []
    for user in all_users(host):
        plain = [rule for rule in full if any(who in (user.name, "ALL") or who[0] == "%" for who in rule.who)]
        mine = [rule for rule in plain if covers(host, rule, user.name)]
        if user.uid == 0 or user.shell.rsplit("/", 1)[-1] in NO_SHELLS or not mine:
            continue
        if (any(rule.nopasswd for rule in mine) or has_password(host, user.name)) and _has_key_safely(host, user.name):
            found.append(user.name)
    return found


def _has_key_safely(host: Host, name: str) -> bool:
    try:
        return has_key(host, name)
    except ReadError:
        return False
