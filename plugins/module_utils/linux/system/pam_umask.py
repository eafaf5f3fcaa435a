# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The umask with which PAM lets an ordinary user in by a service, before any shell (pam_umask(8))."""

from __future__ import annotations

import re
from typing import FrozenSet, List, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.os_release import read_release
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import User
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import run
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import Module, has_service, stack

# Of a program that sets none; login, sshd, cron and systemd give this.
SYSTEM_UMASK = "0022"
MODULE = "pam_umask.so"
# The second one gives what a record of systemd-userdb says, and to nobody else.
SETTERS = (MODULE, "pam_systemd.so")
# Where no option says it, whether a group of one's own counts is compiled in: not in Debian's up to 12, in 13 it does.
OLD_DEBIAN = ("9", "10", "11", "12")


def first_umasks(
    host: Host, services: Sequence[str], root: bool = False, before: FrozenSet[str] = frozenset((SYSTEM_UMASK,))
) -> FrozenSet[str]:
    """Return every umask that a session of those of the services that are there may begin with. Raises `ReadError`.

    ``before``: those of the program that asks PAM. What accounts have for themselves is not among them, see `own_umasks`.
    """
    found = [_umasks_of(host, service, root, before) for service in services if has_service(host, service)]
    return frozenset().union(*found) or before


def _umasks_of(host: Host, service: str, root: bool, before: FrozenSet[str]) -> FrozenSet[str]:
    found: Set[str] = set()
    for modules in _called(host, service):
        now = before
        for module in modules:
            now = _after(host, module, now, root) if module.name == MODULE else now
        found |= now
    return frozenset(found) or before


def _called(host: Host, service: str) -> List[List[Module]]:
    """Return the modules that may set a umask and are called, in their order, on each way through the stack."""
    modules = stack(host, service, "session")
    if not any(module.name in SETTERS for module in modules):
        return []
    ends = run(host, service, "session", modules, {}, SETTERS)
    return [[modules[at] for at in sorted(called)] for _good, called in ends]


def own_umasks(host: Host, services: Sequence[str]) -> List[Tuple[str, str]]:
    """Return (name, umask) of each account besides root that one of these services gives a umask of its own."""
    with_own = [user for user in _users(host) if user.uid and user.umasks]
    there = [service for service in services if has_service(host, service)] if with_own else []
    called = {module.name for service in there for modules in _called(host, service) for module in modules}
    return [(user.name, umask) for user in with_own for module, umask in user.umasks if module in called]


def _users(host: Host) -> List[User]:
    try:
        return all_users(host)
    except NotFound:
        return []


def _after(host: Host, module: Module, before: FrozenSet[str], root: bool) -> FrozenSet[str]:
    """Return the umask after the module: of several options the last counts, of several lines in a file the first."""
    text = next((word[6:] for word in reversed(module.arguments) if lowered(word).startswith("umask=")), None)
    if text is None:
        text = _first(host, "/etc/login.defs") or _first(host, "/etc/default/login")
    found = before if text is None else frozenset(_number(text, one) for one in before)
    if root or not _by_group(host, module):
        return found
    # Who is in a group of his own gives it what he has himself; another keeps the umask.
    return found | frozenset("%04o" % (int(one, 8) & 0o707 | int(one, 8) >> 3 & 0o070) for one in found)


def _by_group(host: Host, module: Module) -> bool:
    words = [lowered(word) for word in module.arguments]
    # An older one does not know the other word, so that nothing takes this one back.
    if "usergroups" in words:
        return True
    if "nousergroups" in words:
        return False
    release, _place = read_release(host)
    return release.get("ID") != "debian" or release.get("VERSION_ID") not in OLD_DEBIAN


def _number(text: str, before: str) -> str:
    """Return what strtol(3) makes of it with base 8, as the module asks it; what is no number changes nothing."""
    found = re.match(r"[0-7]+", text, re.ASCII)
    return "%04o" % (int(found.group(), 8) & 0o777) if found else before


def _first(host: Host, path: str) -> Optional[str]:
    """Return the first value of UMASK in a file, as pam_modutil_search_key reads it: in any case, before a blank."""
    try:
        rows = host.read_text(path).split("\n")
    except NotFound:
        return None
    for row in rows:
        found = re.match(r"[ \t]*umask[ \t=]+([^ \t]*)", row.split("#", 1)[0].rstrip(BLANKS), re.ASCII | re.IGNORECASE)
        if found:
            return found.group(1)
    return None
