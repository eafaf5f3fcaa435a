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
from typing import Dict, List, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sshd_option, sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import (
    User,
    groups,
    passwords,
    users,
)

# A rule of sudoers(5): users, hosts, then what they may run. Users are divided by commas.
RULE = re.compile(r"(?P<who>(?:[^\s,=]+\s*,\s*)*[^\s,=]+)\s+[^=]+=(?P<what>.*)", re.DOTALL)
PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_.-]*\$?\Z")
ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s")
NO_SHELLS = ("nologin", "false", "sync", "halt", "shutdown")
KEY = re.compile(r"(^|\s)(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+\s+AAAA", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """One rule of sudo: for whom, whether it covers every command, and whether it does without the password."""

    who: Tuple[str, ...]
    everything: bool
    nopasswd: bool


def find(host: Host, name: str) -> Optional[User]:
    """Return a local account, or None."""
    return next((user for user in users(host) if user.name == name), None)


def group_names(host: Host, name: str) -> Set[str]:
    """Return the groups of a user, by the name service too where the host is this one."""
    user = find(host, name)
    found = {group.name for group in groups(host) if name in group.members or (user and group.gid == user.gid)}
    if host.root == "/":
        try:
            numbers = os.getgrouplist(name, pwd.getpwnam(name).pw_gid)
            found.update(grp.getgrgid(number).gr_name for number in numbers)
        except (KeyError, OSError):
            pass
    return found


def has_password(host: Host, name: str) -> bool:
    """Return whether a local user has a password that can be given. One of a directory service is not known of."""
    known = [one for one in passwords(host) if one.name == name]
    return bool(known) and all(bool(one.algorithm) and not one.locked for one in known)


def sshd_values(host: Host) -> Dict[str, List[str]]:
    """Return the options of sshd as `sshd -T` prints them; empty where there is no sshd. Raises `ReadError`."""
    try:
        return sshd_option.effective_options(host.run(sshd_option.COMMAND).stdout)
    except NotFound:
        return {}


def has_key(host: Host, name: str) -> bool:
    """Return whether sshd would find a key of the user. Where a command gives the keys, it is believed to."""
    options = sshd_values(host)
    if options.get("authorizedkeyscommand", ["none"]) != ["none"] or options.get("trustedusercakeys", ["none"]) != [
        "none"
    ]:
        return True
    user = find(host, name)
    if user is None:
        return False
    patterns = options.get("authorizedkeysfile", [".ssh/authorized_keys .ssh/authorized_keys2"])
    for pattern in " ".join(patterns).split():
        path = _key_file(pattern, user)
        try:
            if any(KEY.search(line) for line in host.read_text(path).splitlines() if not line.lstrip().startswith("#")):
                return True
        except NotFound:
            continue
    return False


def _key_file(pattern: str, user: User) -> str:
    """Replace the tokens of sshd_config(5); a relative name is taken from the home directory."""
    tokens = {"%%": "%", "%h": user.home, "%u": user.name, "%U": str(user.uid)}
    path = re.sub("%[%huU]", lambda found: tokens[found.group()], pattern)
    return path if path.startswith("/") else user.home.rstrip("/") + "/" + path


def rule_of(text: str) -> Optional[Rule]:
    """Return the rule that a line of sudoers is, or None for defaults and aliases."""
    if text.startswith(("Defaults", "@", "#include")) or ALIAS.match(text):
        return None
    found = RULE.match(text)
    if found is None:
        return None
    who = tuple(one.strip() for one in found.group("who").split(","))
    what = found.group("what")
    return Rule(who, re.search(r"\bALL\s*(,|$)", what) is not None, sudo.has_nopasswd(text))


def rules(host: Host) -> List[Rule]:
    """Return the rules of sudo on this host."""
    try:
        return [rule for _file, _line, text in sudo.lines(host) for rule in [rule_of(text)] if rule is not None]
    except NotFound:
        return []


def covers(host: Host, rule: Rule, name: str) -> bool:
    """Return whether a rule is for a user. One for a user alias, a netgroup or a number is taken to be."""
    mine = group_names(host, name)
    for who in rule.who:
        if who in ("ALL", name) or (who.startswith("%") and who[1:] in mine):
            return True
        if not PLAIN_NAME.match(who.lstrip("%")):
            return True
    return False


def goes_unasked(host: Host, name: str) -> bool:
    """Return whether a default of sudo lifts the password for a user. A scope that is not one of users is taken to do so."""
    for _file, _line, text in sudo.lines(host):
        scope = sudo.scope_without_password(text)
        if scope is None:
            continue
        who = tuple(scope[1:].split(",")) if scope.startswith(":") else ("ALL",)
        if covers(host, Rule(who, True, True), name):
            return True
    return False


def administrators(host: Host) -> List[str]:
    """Return the users besides root who can log in with a key and become root by sudo."""
    full = [rule for rule in rules(host) if rule.everything]
    found = []
    for user in users(host):
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
