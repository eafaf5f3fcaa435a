# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who could not give sudo the password that it would ask for: what lifts the password is left to them."""

from __future__ import annotations

from typing import Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import jobs, logins
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import all_groups


def refuse_unanswerable(host: Host, who: Sequence[str], place: str) -> None:
    """Raise `CannotFix` where somebody of these words of sudoers could not answer, or that cannot be told."""
    names = users_of(host, who, place)
    for name in names:
        if not logins.has_password(host, name):
            raise CannotFix(
                "%s is for %s, who has no password on this host and could run nothing by sudo any more; "
                "give them one or remove the rule by hand with visudo" % (place, name)
            )
    if names:
        _refuse_password_of_another(host, place)
        _refuse_jobs(host, names, place)


def users_of(host: Host, who: Sequence[str], place: str) -> List[str]:
    """Return the users besides root for whom these words are. Raises `CannotFix` where that cannot be told."""
    names: Dict[str, None] = {}
    for one in who:
        if not logins.PLAIN_NAME.match(one.lstrip("%")):
            raise CannotFix(
                "%s is for %s, whose passwords cannot be told; change it by hand with visudo" % (place, one)
            )
        members = _members(host, one[1:]) if one.startswith("%") else [one]
        names.update(dict.fromkeys(members))
    return [name for name in names if name != "root"]


def _members(host: Host, name: str) -> List[str]:
    known = [group for group in all_groups(host) if group.name == name]
    if not known:
        raise CannotFix("the group %s is not a local one, so the passwords of its members cannot be told" % name)
    first = [user.name for user in logins.all_users(host) if user.gid == known[0].gid]
    return [*known[0].members, *first]


def _refuse_password_of_another(host: Host, place: str) -> None:
    """For whom such a default holds may depend on the host or the command, so that it is there is enough."""
    for file, number, text in sudo.lines(host):
        name = sudo.asks_for_another(text)
        if name:
            raise CannotFix(
                "%s would make sudo ask for a password, but by %s at %s:%d not for the person's own; "
                "take out one of the two by hand with visudo" % (place, name, file, number)
            )


def _refuse_jobs(host: Host, names: Sequence[str], place: str) -> None:
    found = {**jobs.unit_jobs(host), **jobs.cron_jobs(host)}
    numbers = {user.name: str(user.uid) for user in logins.all_users(host)}
    for name in names:
        job = found.get(name) or found.get(numbers.get(name, ""))
        if job:
            raise CannotFix(
                "%s is for %s, as whom jobs run that cannot type a password (%s); give them an account of their own, "
                "or change the rule by hand with visudo" % (place, name, printable(job))
            )
