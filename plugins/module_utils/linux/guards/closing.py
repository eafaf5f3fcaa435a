# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody who gets in today is shut out: a change that closes a way is refused unless its rule means to, and another is kept.

``options``: ``close_accounts`` (names of those that the site wants closed).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import logins, sudo_password
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.access import Access, access
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.ways import (
    ANOTHER,
    SSH_KINDS,
    SU,
    SUDO_UNASKED,
    Way,
    is_kept,
    ways,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import accounts, file_lines, su_access
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import SHADOWED, Password
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.password_ages import LIMITS, to_change

Effect = Callable[[Host, Access, Address, Any], Access]
SHELLS = "/etc/shells"
NOLOGIN = "/usr/sbin/nologin"
SHOWN = 5
# Options of sshd that decide who gets in.
SSHD_OPTIONS = frozenset(
    {
        "allowgroups", "allowusers", "denygroups", "denyusers", "gssapiauthentication", "hostbasedauthentication", "ignorerhosts",
        "kbdinteractiveauthentication", "passwordauthentication", "permitemptypasswords", "permitrootlogin",
        "pubkeyauthentication", "usepam",
    }
)  # fmt: skip
LISTS = frozenset({"allowgroups", "allowusers", "denygroups", "denyusers"})


def refusals(
    host: Host, changes: Mapping[str, Sequence[Any]], options: Mapping[str, Any]
) -> Tuple[Dict[str, str], Dict[str, Dict[str, str]]]:
    """Return (change -> why it is refused, change -> account -> why that one is left and the others are changed).

    Each is judged as if those before it that were not refused were made.
    """
    found: Dict[str, str] = {}
    left_alone: Dict[str, Dict[str, str]] = {}
    now: Optional[Access] = None
    today: FrozenSet[Way] = frozenset()
    spared = frozenset(str(name) for name in options.get("close_accounts") or ())
    for change, (kind, address, wanted, *more) in changes.items():
        effect = _effect(kind, address, wanted)
        if effect is None:
            continue
        try:
            if now is None:
                now = access(host)
                today = ways(now)
            then = effect(host, now, address, wanted)
        except ReadError as problem:
            found[change] = "it cannot be told who would be shut out by this: %s" % problem
            continue
        meant = frozenset(more[0] if more else ())
        left = today if then == now else ways(then)
        lost = _lost(_closed(kind, today, left), then, meant, spared)
        if lost and kind == "accounts":
            left_alone[change] = {name: told([way for way in lost if way.user == name]) for name in _users(lost)}
            then = _without(then, now, _users(lost))
            left = ways(then)
            lost = _lost(_closed(kind, today, left), then, meant, spared) or (lost if then == now else [])
        if lost:
            found[change] = told(lost)
        else:
            now, today = then, left
    return found, left_alone


def _closed(kind: str, today: FrozenSet[Way], left: FrozenSet[Way]) -> FrozenSet[Way]:
    """Return the ways that close; where accounts change, those that su led to are told of by ways of their own."""
    return frozenset(way for way in today - left if kind != "accounts" or way.rights != ANOTHER)


def _users(lost: Sequence[Way]) -> FrozenSet[str]:
    return frozenset(way.user for way in lost)


def _without(then: Access, now: Access, names: FrozenSet[str]) -> Access:
    """Return what a change of accounts does where these are left as they are."""
    users = tuple(old if old.name in names else new for old, new in zip(now.users, then.users))
    passwords = {name: now.passwords[name] if name in names else entry for name, entry in then.passwords.items()}
    return replace(then, users=users, passwords=passwords)


def _lost(closed: FrozenSet[Way], then: Access, meant: FrozenSet[str], spared: FrozenSet[str]) -> List[Way]:
    """Return the ways of those that close which may not."""
    others = [way for way in closed if way.user not in spared]
    if not any(way.kind in meant for way in others):
        return others
    left = ways(then, sure=True)
    return [way for way in others if way.kind not in meant or not is_kept(way, left)]


def told(lost: Sequence[Way]) -> str:
    """Return the ways that would close, by account."""
    by_user: Dict[str, List[str]] = {}
    for way in sorted(lost, key=lambda one: (one.user, one.kind, one.said)):
        said = by_user.setdefault(way.user, [])
        if way.said not in said:
            said.append(way.said)
    names = ["%s (%s)" % (user, ", ".join(said)) for user, said in sorted(by_user.items())]
    more = " and of %d more" % (len(names) - SHOWN) if len(names) > SHOWN else ""
    return (
        "this would close the way of %s%s, and nobody has said that it may; %s, or list the accounts in "
        "hipaa_cis_close_accounts if they are to be closed" % (", ".join(names[:SHOWN]), more, _remedy(lost))
    )


def _remedy(lost: Sequence[Way]) -> str:
    kinds = {way.kind for way in lost}
    if kinds == {SU}:
        return "let those who are to administrate this host use sudo, for su would be open to nobody but root"
    if kinds == {SUDO_UNASKED}:
        return "give them a password, which sudo can ask for"
    if kinds <= SSH_KINDS:
        return "give them another way in first, such as a key, or membership of a group that is let in"
    return (
        "give them another way first (a key, a new password, another account for what runs as them), exclude the rule"
    )


def _effect(kind: str, address: Address, wanted: Any) -> Optional[Effect]:
    """Return what a change does to who gets in; None where it does nothing."""
    if kind == "sshd_option":
        return _sshd if lowered(str(address.get("name", ""))) in SSHD_OPTIONS else None
    if kind == "accounts":
        fact = str(address.get("fact", ""))
        return _age if fact in LIMITS else _ACCOUNTS.get(fact)
    if kind == "file_lines" and str(address.get("path", "")) == SHELLS:
        return _listed_shells
    if kind in ("file_lines", "pam"):
        return _no_empty if _takes_nullok(wanted) else None
    if kind == "sudo":
        return _SUDO.get(str(address.get("query", "")))
    return _su if kind == "su_access" else None


def _takes_nullok(wanted: Any) -> bool:
    """Return whether pam_unix is no more to take empty passwords."""
    removed = wanted.get("remove", ()) if isinstance(wanted, Mapping) and wanted.get("pam") == "pam_unix.so" else ()
    return any("nullok" in one for one in removed)


def _sshd(_host: Host, now: Access, address: Address, wanted: Any) -> Access:
    name, text = lowered(str(address["name"])), str(wanted).strip(BLANKS)
    # An empty list of the site is refused by the writer, and where there is no sshd there is nothing to close.
    if not text or not now.sshd:
        return now
    matched = now.matched if name in LISTS else {key: seen for key, seen in now.matched.items() if key != name}
    return replace(now, sshd={**now.sshd, name: text if name in LISTS else lowered(text)}, matched=matched)


def _su(host: Host, now: Access, _address: Address, wanted: Any) -> Access:
    seen = su_access.read(host, [{}])[0]
    if seen.state != "value":
        return now
    name = str(seen.value["group"] or wanted)
    members = su_access.members_of(host, su_access.group_of(host, name))
    groups = {user: (mine - {name}) | ({name} if user in members else set()) for user, mine in now.groups.items()}
    return replace(now, su_group=name, groups=groups)


def _tagless(host: Host, now: Access, _address: Address, _wanted: Any) -> Access:
    return replace(
        now, sudo=tuple(rule if _is_left(host, rule) else replace(rule, nopasswd=False) for rule in now.sudo)
    )


def _is_left(host: Host, rule: logins.Rule) -> bool:
    """Return whether the writer leaves a rule its tag (writers/sudo.py)."""
    try:
        sudo_password.refuse_unanswerable(host, rule.who, "it")
    except CannotFix:
        return True
    return False


def _asked(_host: Host, now: Access, _address: Address, _wanted: Any) -> Access:
    return replace(now, unasked=frozenset())


def _no_empty(_host: Host, now: Access, _address: Address, _wanted: Any) -> Access:
    return replace(now, empty_allowed=False)


def _listed_shells(host: Host, now: Access, address: Address, _wanted: Any) -> Access:
    """Return what is left where the lines that are looked for are taken out of the list of shells."""
    seen = file_lines.read(host, [address])[0]
    if seen.state == "error":
        raise ReadError(seen.reason)
    taken = {one["line"] for one in seen.value or ()}
    rows = enumerate(split_lines(host.read_text(SHELLS)) if taken else (), 1)
    return replace(
        now, shells=now.shells.difference(*(words_of(row.split("#", 1)[0]) for number, row in rows if number in taken))
    )


def _age(_host: Host, now: Access, address: Address, wanted: Any) -> Access:
    fact, days = str(address["fact"]), int(wanted)
    field = LIMITS[fact][0]
    changed = {}
    for name, entry in now.passwords.items():
        changed[name] = _aged(entry, field, days, now.day) if to_change(entry, fact, days) else entry
    return replace(now, passwords=changed)


def _aged(entry: Password, field: str, days: int, today: int) -> Password:
    """Return a password with another limit; a locked one as it will be when the days have passed, for nobody changes it."""
    given: Dict[str, Any] = {field: days}
    if field == "maximum" and entry.locked:
        given["changed"] = min(today if entry.changed is None else entry.changed, today - days - 1)
    return replace(entry, **given)


def _shells(host: Host, now: Access, address: Address, _wanted: Any) -> Access:
    names = _names(host, address)
    return replace(now, users=tuple(replace(user, shell=NOLOGIN) if user.name in names else user for user in now.users))


def _lock(host: Host, now: Access, address: Address, _wanted: Any) -> Access:
    names = _names(host, address)
    # A password that stands in passwd is locked there.
    users = tuple(replace(user, password=SHADOWED) if user.name in names else user for user in now.users)
    locked = {
        name: replace(entry, locked=True, locked_by_mark=True, empty=False) if name in names else entry
        for name, entry in now.passwords.items()
    }
    return replace(now, users=users, passwords=locked)


def _names(host: Host, address: Address) -> FrozenSet[str]:
    seen = accounts.read(host, [address])[0]
    if seen.state == "error":
        raise ReadError(seen.reason)
    return frozenset(name for name in seen.value if isinstance(name, str))


_ACCOUNTS: Dict[str, Effect] = {"system_accounts_with_shell": _shells, "unlocked_without_shell": _lock}
_SUDO: Dict[str, Effect] = {"nopasswd": _tagless, "not_authenticate": _asked}
