# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The umask with which PAM lets an ordinary user in by a service, before any shell (pam_umask(8))."""

from __future__ import annotations

import re
from typing import FrozenSet, Optional, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import run
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import Module, has_service, stack

# Of a program that sets none; login, sshd, cron and systemd give this.
SYSTEM_UMASK = "0022"
MODULE = "pam_umask.so"
# Where no option says it, whether a group of one's own counts is compiled in: not in Debian's up to 12, in 13 it does.
OLD_DEBIAN = re.compile(r"(?=(?s:.*)^ID=debian$)(?s:.*)^VERSION_ID=\"?(?:9|1[0-2])\"?$", re.MULTILINE | re.ASCII)


def first_umasks(host: Host, services: Sequence[str], root: bool = False) -> FrozenSet[str]:
    """Return every umask that a session of those of the services that are there may begin with. Raises `ReadError`."""
    found = [_umasks_of(host, service, root) for service in services if has_service(host, service)]
    return frozenset().union(*found) or frozenset((SYSTEM_UMASK,))


def _umasks_of(host: Host, service: str, root: bool) -> FrozenSet[str]:
    modules = stack(host, service, "session")
    mine = [at for at, module in enumerate(modules) if module.name == MODULE]
    if not mine:
        return frozenset((SYSTEM_UMASK,))
    found: Set[str] = set()
    for _good, called in run(host, service, "session", modules, {}, (MODULE,)):
        now = frozenset((SYSTEM_UMASK,))
        for at in sorted(called):
            now = _after(host, modules[at], now, root)
        found |= now
    return frozenset(found)


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
    words = [lowered(word) for word in module.arguments if lowered(word) in ("usergroups", "nousergroups")]
    if words:
        return words[-1] == "usergroups"
    try:
        return OLD_DEBIAN.match(host.read_text("/etc/os-release")) is None
    except NotFound:
        return True


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
