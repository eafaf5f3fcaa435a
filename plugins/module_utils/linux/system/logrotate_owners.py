# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom `create`, `createolddir` and `su` of logrotate name, and with which mode."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import account_sources, name_services
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.logrotate_values import SkipsBlock

Owner = Tuple[Optional[int], str, str]
_OLD_OWNER = re.compile(
    r"[ \t\v\f\r]*(?:([0-7]+)[ \t\v\f\r]*)?([^ \t\v\f\r]*)[ \t\v\f\r]*([^ \t\v\f\r]*)(.?)", re.ASCII | re.DOTALL
)
_ARGUMENT = re.compile(r"[ \t\v\f\r]*(?:'([^']*)'|\"([^\"]*)\"|([^ \t\v\f\r'\"][^ \t\v\f\r]*))")


def take(host: Host, version: Tuple[int, ...], settings: Dict[str, Any], text: str, word: str) -> None:
    """Take the values of `create`, `createolddir` and `su`. Raises `SkipsBlock`."""
    mode, user, group = (owner_of if version >= (3, 22) else old_owner)(text, word == "su")
    if word != "su":
        # Who gets the files is not asked, only whether there is such an account.
        if group:
            _gid(host, group)
        if user:
            _uid(host, user)
        if mode is not None and word == "create":
            settings["mode"] = mode
        return
    if group:
        settings["su_group"] = _gid(host, group)
    if user:
        settings["su_user"] = _uid(host, user)
    if "su_user" not in settings or "su_group" not in settings:
        raise SkipsBlock


def _uid(host: Host, name: str) -> int:
    return _id(host, name, {user.name: user.uid for user in account_sources.all_users(host)})


def _gid(host: Host, name: str) -> int:
    return _id(host, name, {group.name: group.gid for group in account_sources.all_groups(host)})


def _id(host: Host, name: str, known: Dict[str, int]) -> int:
    if name in known:
        return known[name]
    if is_number(name) and int(name) in known.values():
        return int(name)
    if name_services.elsewhere(host):
        raise ReadError("who %s is only the directory of this host knows; give a local account" % printable(name))
    raise SkipsBlock


def owner_of(text: str, is_su: bool) -> Owner:
    """Return mode, user and group of `create` and its like, empty what is not said. Raises `SkipsBlock`."""
    words: List[str] = []
    at = 0
    while at < len(text.rstrip(BLANKS)):
        found = _ARGUMENT.match(text, at)
        if found is None or len(words) == (2 if is_su else 3):
            raise SkipsBlock
        words.append(next(one for one in found.groups() if one is not None))
        at = found.end()
    # Of two words the first is a user, whatever it looks like.
    user, group = words[-2:] if len(words) > 1 else (words[0] if words and is_su else "", "")
    mode = words[0] if len(words) == 3 or (len(words) == 1 and not is_su) else None
    if mode is not None and not re.match(r"[0-7]+\Z", mode, re.ASCII):
        raise SkipsBlock
    return (None if mode is None else int(mode, 8)), user, group


def old_owner(text: str, is_su: bool) -> Owner:
    """Return the same as logrotate before 3.22 reads it."""
    found = _OLD_OWNER.match(text)
    mode, user, group, rest = found.groups() if found else (None, "", "", "")
    if is_su and mode is not None:
        user, group, rest = (*words_of(text, 2), "", "", "")[:3]
        mode = None
    if rest:
        raise SkipsBlock
    return (None if mode is None else int(mode, 8) % (1 << 16)), user, group
