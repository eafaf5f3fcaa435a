# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in, by which way and to which rights: `ways` of an `Access`, so today's and those of a change that is planned.

Where it cannot be told, a way is taken to be there: closing it is then refused. Only what somebody surely has (``sure``)
counts as another way that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Dict, FrozenSet, Iterator, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.access import Access
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.logins import NO_SHELLS, is_for, surely_for
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import EMPTY, SHADOWED, User
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.password_ages import CHANGE, CLOSED, OPEN, state

SSH_KEY, SSH_PASSWORD, SSH_HOSTBASED, SSH_KERBEROS = "ssh_key", "ssh_password", "ssh_hostbased", "ssh_gssapi"
ROOT_SSH, CONSOLE, EMPTY_PASSWORD = "root_ssh", "console", "empty_password"
SU, SUDO, SUDO_UNASKED = "su", "sudo", "sudo_unasked"
CRON, UNIT, SERVICE = "cron", "unit", "service"
# Kind of a way -> how it is told; the names are those of `closes` in the catalog.
KINDS: Dict[str, str] = {
    SSH_KEY: "a key over SSH",
    SSH_PASSWORD: "a password over SSH",
    SSH_HOSTBASED: "SSH from a host that is believed",
    SSH_KERBEROS: "Kerberos over SSH",
    ROOT_SSH: "root over SSH",
    CONSOLE: "a password at the console",
    EMPTY_PASSWORD: "an empty password",
    SU: "su",
    SUDO: "sudo",
    SUDO_UNASKED: "sudo without a password",
    CRON: "jobs of cron",
    UNIT: "units of systemd",
    SERVICE: "a password at other services",
}
# The rights that a way leads to.
REMOTE_SHELL, REMOTE_FILES, LOCAL_SHELL = "a shell from elsewhere", "SFTP or tunnels", "a shell"
ROOT, COMMANDS, JOBS, JOBS_WITH_SHELL = "root", "commands of sudo", "jobs", "jobs with a shell"
ANOTHER = "another account"
# Rights -> those that come with them.
INCLUDED = {REMOTE_SHELL: (REMOTE_FILES, LOCAL_SHELL), ROOT: (COMMANDS, ANOTHER), JOBS_WITH_SHELL: (JOBS,)}
SSH_KINDS = frozenset({SSH_KEY, SSH_PASSWORD, SSH_HOSTBASED, SSH_KERBEROS, ROOT_SSH})
SHOWN = 3
FIRST_A_NEW_ONE = "with a new one chosen first"
THROUGH_PAM = "whatever runs as it through PAM"
BY_KEY_ONLY = ("prohibit-password", "without-password", "forced-commands-only")


@dataclass(frozen=True)
class Way:
    """One way of one account. ``detail``: which service, which table of cron. ``to``: what is told only, for it may change."""

    user: str
    kind: str
    rights: str
    detail: str = ""
    to: str = field(default="", compare=False)

    @property
    def said(self) -> str:
        """Return how it is told."""
        more = self.detail or self.to
        return KINDS[self.kind] + (" (%s)" % more if more else "")


def ways(access: Access, sure: bool = False) -> FrozenSet[Way]:
    """Return all ways; with ``sure`` those that are surely there."""
    targets = _targets(access)
    return frozenset(way for user in access.users for way in _of(access, user, targets, sure))


def covers(mine: str, wanted: str) -> bool:
    """Return whether rights hold others."""
    return mine == wanted or wanted in INCLUDED.get(mine, ())


def is_kept(way: Way, after: FrozenSet[Way]) -> bool:
    """Return whether there is another way to the rights of one that closes. Of root somebody else may be it."""
    if way.kind == ROOT_SSH:
        come = {other.user for other in after if other.rights == REMOTE_SHELL}
        return any(other.rights == ROOT and other.user in come for other in after)
    return any(
        other.user == way.user and other.kind != way.kind and covers(other.rights, way.rights) for other in after
    )


def _of(access: Access, user: User, targets: Sequence[str], sure: bool) -> Iterator[Way]:
    shell = _has_shell(user)
    passes = _passes(access, user)
    come = set(_remote(access, user, shell, sure))
    local = set(_local(access, user) if shell else ())
    yield from come
    yield from local
    if shell and (come or local):
        yield from _up(access, user, targets, passes, sure)
    if passes and _usable(access, user):
        for service in access.services:
            yield Way(user.name, SERVICE, "what %s gives" % service, service)
    if passes and user.shell in access.shells and (_usable(access, user) or user.name in access.maybe_keys):
        for service in access.shell_services:
            yield Way(
                user.name, SERVICE, "what %s gives to shells" % service, service + ", for its shell in /etc/shells"
            )
    if passes:
        # sudo of a daemon, units with PAMName, lingering managers and root's own `su name -c` all ask PAM, whatever the
        # shell; who uses it is not known, so it counts for every account.
        yield Way(user.name, UNIT, JOBS, THROUGH_PAM)
    yield from _jobs(access, user, shell, passes)


def _has_shell(user: User) -> bool:
    return (user.shell or "/bin/sh").rsplit("/", 1)[-1] not in NO_SHELLS


def _targets(access: Access) -> Sequence[str]:
    """Return the accounts besides root that su leads to, for who knows their password."""
    return [
        user.name
        for user in access.users
        if user.name != "root" and _has_shell(user) and _usable(access, user) and _passes(access, user)
    ]


def _state(access: Access, user: User) -> str:
    entry = access.passwords.get(user.name)
    return OPEN if entry is None else state(entry, access.day)


def _state_without_pam(access: Access, user: User) -> str:
    """Return what sshd itself says of an account, for which its end alone counts, from the day behind it."""
    entry = access.passwords.get(user.name)
    return CLOSED if entry and entry.expires is not None and 0 <= entry.expires < access.day else OPEN


def _passes(access: Access, user: User) -> bool:
    return _state(access, user) == OPEN


def _usable(access: Access, user: User) -> bool:
    """Return whether a password of the account can be given; one that stands in passwd itself counts."""
    entry = access.passwords.get(user.name)
    return user.password not in (SHADOWED, EMPTY) or bool(entry and entry.usable)


def _is_empty(access: Access, user: User) -> bool:
    entry = access.passwords.get(user.name)
    return user.password == EMPTY or bool(user.shadowed and entry and entry.empty)


def _remote(access: Access, user: User, shell: bool, sure: bool) -> Iterator[Way]:
    """Yield the ways by SSH."""
    by_pam = _is(access, "usepam", "yes")
    entry = access.passwords.get(user.name)
    # Without PAM sshd refuses an account whose password is marked as locked, also with a key.
    stopped = False if by_pam else bool(entry and entry.locked_by_mark)
    if not access.sshd or stopped or not _is_listed(access, user):
        return
    said = _state(access, user) if by_pam else _state_without_pam(access, user)
    rights = REMOTE_SHELL if shell else REMOTE_FILES
    for kind in _authenticated(access, user, by_pam, sure):
        own = _as_root(access, kind) if user.name == "root" else kind
        if own and said == OPEN:
            yield Way(user.name, own, rights)
        elif own and said == CHANGE and shell and kind == SSH_PASSWORD:
            yield Way(user.name, own, rights, FIRST_A_NEW_ONE)


def _authenticated(access: Access, user: User, by_pam: bool, sure: bool) -> Iterator[str]:
    """Yield how an account can prove itself to sshd."""
    if user.name in (access.keys if sure else access.maybe_keys) and _is(access, "pubkeyauthentication", "yes", "yes"):
        yield SSH_KEY
    asked = _is(access, "passwordauthentication", "yes", "yes") or (
        by_pam and _is(access, "kbdinteractiveauthentication", "yes")
    )
    if asked and _usable(access, user):
        yield SSH_PASSWORD
    if asked and _is_empty(access, user) and _is(access, "permitemptypasswords", "yes"):
        yield EMPTY_PASSWORD
    if _is(access, "hostbasedauthentication", "yes") and _is_trusted(access, user):
        yield SSH_HOSTBASED
    if _is(access, "gssapiauthentication", "yes") and access.kerberos:
        yield SSH_KERBEROS


def _is_trusted(access: Access, user: User) -> bool:
    """Return whether a file says of another host that it is believed; one of the user's own counts where sshd looks at it."""
    all_own = _is(access, "ignorerhosts", "no", "yes")
    return (
        user.name in access.trusted
        or (all_own and user.name in access.rhosts)
        or ((all_own or _is(access, "ignorerhosts", "shosts-only")) and user.name in access.shosts)
    )


def _as_root(access: Access, kind: str) -> str:
    """Return the kind of root's own way, or nothing where it is closed."""
    said = {access.sshd.get("permitrootlogin", "prohibit-password"), *access.matched.get("permitrootlogin", ())}
    if "yes" in said or (kind not in (SSH_PASSWORD, EMPTY_PASSWORD) and said.intersection(BY_KEY_ONLY)):
        return ROOT_SSH
    return ""


def _is(access: Access, option: str, value: str, default: str = "no") -> bool:
    """Return whether sshd has a value for everybody or for somebody."""
    return lowered(access.sshd.get(option, default)) == value or value in access.matched.get(option, ())


def _is_listed(access: Access, user: User) -> bool:
    """Return whether the lists of users and groups let an account in; of user@host the user alone is looked at."""
    mine = access.groups.get(user.name, frozenset())
    for option, names in (("users", frozenset([user.name])), ("groups", mine)):
        denied, allowed = access.sshd.get("deny" + option), access.sshd.get("allow" + option)
        # Of one who is refused from some hosts only, nobody can tell.
        if denied and "@" not in denied and is_in_list(names, denied):
            return False
        if allowed and "allow" + option not in access.matched and not is_in_list(names, allowed):
            return False
    return True


def is_in_list(names: FrozenSet[str], text: str) -> bool:
    """Return whether a list of sshd_config(5) holds one of the names; a negated pattern takes it out again."""
    patterns = words_of(text)
    negated = [pattern[1:].split("@")[0] for pattern in patterns if pattern.startswith("!")]
    plain = [pattern.split("@")[0] for pattern in patterns if not pattern.startswith("!")]

    def is_in(listed: Sequence[str]) -> bool:
        return any(fnmatchcase(name, pattern) for name in names for pattern in listed)

    return is_in(plain) and not is_in(negated)


def _local(access: Access, user: User) -> Iterator[Way]:
    said = _state(access, user)
    if said in (OPEN, CHANGE) and _usable(access, user):
        yield Way(user.name, CONSOLE, LOCAL_SHELL, "" if said == OPEN else FIRST_A_NEW_ONE)
    if said == OPEN and _is_empty(access, user) and access.empty_allowed:
        yield Way(user.name, EMPTY_PASSWORD, LOCAL_SHELL)


def _up(access: Access, user: User, targets: Sequence[str], passes: bool, sure: bool) -> Iterator[Way]:
    """Yield the ways of somebody who is in to more rights."""
    if not passes or user.uid == 0:
        return
    root = next((one for one in access.users if one.name == "root"), None)
    mine = access.groups.get(user.name, frozenset())
    if access.su_group in ("", *mine):
        if root is not None and _usable(access, root) and _passes(access, root):
            yield Way(user.name, SU, ROOT)
        # One way for all of them: an account that closes loses its own console too, and is told of by that.
        others = [name for name in targets[: SHOWN + 1] if name != user.name][:SHOWN]
        if others:
            more = " and others" if len(targets) > SHOWN + 1 else ""
            yield Way(user.name, SU, ANOTHER, to="to become " + ", ".join(others) + more)
    for rule in access.sudo:
        if not any(surely_for(who, user.name, mine) if sure else is_for(who, user.name, mine) for who in rule.who):
            continue
        rights = ROOT if rule.everything else COMMANDS
        if rule.nopasswd or user.name in access.unasked:
            yield Way(user.name, SUDO_UNASKED, rights)
        if _usable(access, user):
            yield Way(user.name, SUDO, rights)


def _jobs(access: Access, user: User, shell: bool, passes: bool) -> Iterator[Way]:
    rights = JOBS_WITH_SHELL if shell else JOBS
    names: Set[str] = {user.name, str(user.uid)}
    for name in sorted(names & set(access.cron)):
        if passes:
            yield Way(user.name, CRON, rights, access.cron[name])
    for name in sorted(names & set(access.units)):
        yield Way(user.name, UNIT, rights, access.units[name])
    if user.name in access.becomes and shell:
        yield Way(user.name, SUDO, JOBS_WITH_SHELL, "rules to become it")
