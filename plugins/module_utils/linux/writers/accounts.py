# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `accounts`: ages of passwords, locks and shells, by the system's own tools. Never a password.

Everything that needs a decision about a person (double numbers, a second root) is left to one.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, Callable, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import (
    COLUMNS,
    PASSWD,
    SECRET,
    SHADOW,
    Record,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import file_users, home_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import ACCESS_LIST, Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ERROR, Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import lists_of, shown
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import User, users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import (
    all_passwords,
    all_users,
    places,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.password_ages import to_change

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

SHELL_COLUMN = COLUMNS[PASSWD].index("shell")
NOLOGIN = "/usr/sbin/nologin"
Writer = Callable[["ChangePlan", str, Any], None]


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Bring the accounts that a fact names in order. Raises `CannotFix` for facts that a person has to settle."""
    fact = required(address, "fact")
    writer = _WRITERS.get(fact)
    if writer is None:
        raise CannotFix("what the fact %s names has to be settled by a person" % fact)
    writer(plan, fact, wanted)


def _command(plan: ChangePlan, label: str, argv: List[str], *records: Record) -> None:
    """Plan one account's change, unless that is left alone, for it would shut somebody out (guards/closing.py).

    Raises `CannotFix` also for an account of another source than the files, which the system's tools don't change.
    """
    why = _of_another_source(plan.host, argv) or plan.spared.get(plan.change, {}).get(argv[-1])
    if why:
        raise CannotFix(why)
    plan.account_command(label, argv, records)


def _of_another_source(host: Host, argv: List[str]) -> str:
    """Return why an account is left, and what to do, where none of the tools can change it: it stands in no file of theirs."""
    where = ", ".join(places(host, "passwd") or places(host, "shadow"))
    if not where or argv[-1] in {user.name for user in users(host)}:
        return ""
    return (
        "%s is no account of /etc/passwd but of %s, where `%s` changes nothing; change it there by hand: a line in the form "
        "of shadow(5), or the fields of its record (see `userdbctl user %s`)"
        % (printable(argv[-1]), where, printable(" ".join(argv)), printable(argv[-1]))
    )


def _age(option: str, column: str) -> Writer:
    """Return a writer of one day count."""
    position = COLUMNS[SHADOW].index(column)

    def write_days(plan: ChangePlan, fact: str, wanted: Any) -> None:
        days = int(wanted)

        def limit(name: str) -> None:
            label = "set %s of %s to %d" % (option.lstrip("-"), name, days)
            _command(plan, label, ["chage", option, str(days), name], [SHADOW, name, position, str(days)])

        plan.each([entry.name for entry in all_passwords(plan.host) if to_change(entry, fact, days)], limit)

    return write_days


def _shells(plan: ChangePlan, fact: str, _wanted: Any) -> None:
    """Give system accounts that can log in a shell that lets nobody in."""

    def replace(name: str) -> None:
        argv = ["usermod", "--shell", NOLOGIN, name]
        _command(plan, "give %s the shell %s" % (name, NOLOGIN), argv, [PASSWD, name, SHELL_COLUMN, NOLOGIN])

    plan.each(_names(plan, fact), replace)


def _lock(plan: ChangePlan, fact: str, _wanted: Any) -> None:
    """Lock the passwords of accounts that have no shell."""

    def lock(name: str) -> None:
        # The password stands in one of the two; the other is left as it is.
        locked = [[path, name, SECRET, "!"] for path in (SHADOW, PASSWD)]
        _command(plan, "lock %s" % name, ["usermod", "--lock", name], *locked)

    plan.each(_names(plan, fact), lock)


def _homes(plan: ChangePlan, fact: str, wanted: Any) -> None:
    """Take from home directories what others may do in them; one that somebody else gets at is left to a person."""
    names = set(_names(plan, fact))
    homes = {user.name: user for user in all_users(plan.host) if user.name in names}

    def close(name: str) -> None:
        user = homes[name]
        status = plan.host.stat(user.home, follow=False)
        mode = stat.S_IMODE(status.st_mode) & int(str(wanted), 8)
        _refuse_shared(plan.host, user, status, stat.S_IMODE(status.st_mode) & ~mode)
        plan.attributes(user.home, mode)

    plan.each(homes, close)


def _refuse_shared(host: Host, user: User, status: os.stat_result, taken: int) -> None:
    """Raise `CannotFix` where what is to be taken from a home is used by somebody."""
    who = home_users.needed_by(host, user) if taken & 0o007 else ""
    if not who and taken & 0o070 and status.st_gid:
        who = file_users.of_group(host, status.st_gid, user.uid)
    if who:
        raise CannotFix(
            "the home %s is used by %s, which would be shut out; give it a place of its own, or access by a group, then "
            "close the home" % (printable(user.home), who)
        )
    lists = lists_of(host, user.home, status)
    guests = [shown(host, entry) for one in lists.values() if one.exceeds(0o750) for entry in one.guests()]
    if guests:
        raise CannotFix(
            "the home %s is open by an access control list to %s; take out with setfacl what nobody needs, and give the others "
            "a place of their own" % (printable(user.home), ", ".join(guests))
        )
    # The group bits of a mode are the mask of such a list: what they lose, everybody whom it names loses.
    if taken & 0o070 and ACCESS_LIST in lists:
        raise CannotFix(
            "the home %s has an access control list, and taking access from the group would take rights that it gives; "
            "look at it with getfacl, take out with setfacl what nobody needs, then close the home"
            % printable(user.home)
        )


def _names(plan: ChangePlan, fact: str) -> List[str]:
    seen = accounts.read(plan.host, [{"fact": fact}])[0]
    if seen.state == ERROR:
        raise CannotFix(seen.reason)
    if not all(isinstance(name, str) and not name.startswith("-") for name in seen.value):
        raise CannotFix("there are more accounts than are changed at once; settle them by hand")
    return list(seen.value)


_WRITERS: Dict[str, Writer] = {
    "password_maximum_age": _age("--maxdays", "maximum age"),
    "password_minimum_age": _age("--mindays", "minimum age"),
    "password_warning": _age("--warndays", "warning"),
    "password_inactive": _age("--inactive", "inactivity"),
    "system_accounts_with_shell": _shells,
    "unlocked_without_shell": _lock,
    "home_too_open": _homes,
}
