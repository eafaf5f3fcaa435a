# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `accounts`: ages of passwords, locks and shells, by the system's own tools. Never a password.

Everything that needs a decision about a person (double numbers, a second root) is left to one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import (
    COLUMNS,
    PASSWD,
    SECRET,
    SHADOW,
    Record,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ERROR, Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import accounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import Password, passwords, users

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

SHELL_COLUMN = COLUMNS[PASSWD].index("shell")
NOLOGIN = "/usr/sbin/nologin"
NEVER = 99999
Writer = Callable[["ChangePlan", str, Any], None]


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Bring the accounts that a fact names in order. Raises `CannotFix` for facts that a person has to settle."""
    fact = required(address, "fact")
    writer = _WRITERS.get(fact)
    if writer is None:
        raise CannotFix("what the fact %s names has to be settled by a person" % fact)
    writer(plan, fact, wanted)


def _command(plan: ChangePlan, label: str, argv: List[str], *records: Record) -> None:
    plan.account_command(label, argv, records)


def _age(option: str, field: str, column: str, good: Callable[[int, int], bool]) -> Writer:
    """Return a writer of one day count: ``good(days, wanted)`` says which accounts are left alone."""
    position = COLUMNS[SHADOW].index(column)

    def write_days(plan: ChangePlan, _fact: str, wanted: Any) -> None:
        days = int(wanted)
        entries = [entry for entry in passwords(plan.host) if entry.algorithm]
        wrong = [entry for entry in entries if not _is_good(getattr(entry, field), days, good)]
        shut_out = [entry.name for entry in wrong if _would_expire(entry, field, days)]
        if shut_out:
            raise CannotFix(
                "the passwords of %s are older than that and these accounts could not log in any more; "
                "have them changed first, or exclude the rule" % ", ".join(shut_out[:20])
            )
        for entry in wrong:
            label = "set %s of %s to %d" % (option.lstrip("-"), entry.name, days)
            _command(plan, label, ["chage", option, str(days), entry.name], [SHADOW, entry.name, position, str(days)])

    return write_days


def _is_good(days: Optional[int], wanted: int, good: Callable[[int, int], bool]) -> bool:
    return days is not None and good(days, wanted)


def _would_expire(entry: Password, field: str, days: int) -> bool:
    """Return whether a new limit makes a password expire at once (``maximum``) or disables its account (``inactive``)."""
    if field not in ("maximum", "inactive") or entry.locked or entry.changed is None:
        return False
    lasts = days if field == "maximum" else (NEVER if entry.maximum is None else entry.maximum) + days
    return entry.changed + lasts <= int(time.time() // 86400)


def _shells(plan: ChangePlan, fact: str, _wanted: Any) -> None:
    """Give system accounts that can log in a shell that lets nobody in."""
    for name in _names(plan, fact):
        argv = ["usermod", "--shell", NOLOGIN, name]
        _command(plan, "give %s the shell %s" % (name, NOLOGIN), argv, [PASSWD, name, SHELL_COLUMN, NOLOGIN])


def _lock(plan: ChangePlan, fact: str, _wanted: Any) -> None:
    """Lock the passwords of accounts that have no shell."""
    for name in _names(plan, fact):
        # The password stands in one of the two; the other is left as it is.
        locked = [[path, name, SECRET, "!"] for path in (SHADOW, PASSWD)]
        _command(plan, "lock %s" % name, ["usermod", "--lock", name], *locked)


def _homes(plan: ChangePlan, fact: str, wanted: Any) -> None:
    """Take from home directories what others may do in them."""
    names = set(_names(plan, fact))
    for user in users(plan.host):
        if user.name in names:
            mode = plan.host.stat(user.home, follow=False).st_mode & int(str(wanted), 8)
            plan.attributes(user.home, mode)


def _names(plan: ChangePlan, fact: str) -> List[str]:
    seen = accounts.read(plan.host, [{"fact": fact}])[0]
    if seen.state == ERROR:
        raise CannotFix(seen.reason)
    if not all(isinstance(name, str) and not name.startswith("-") for name in seen.value):
        raise CannotFix("there are more accounts than are changed at once; settle them by hand")
    return list(seen.value)


_WRITERS: Dict[str, Writer] = {
    "password_maximum_age": _age("--maxdays", "maximum", "maximum age", lambda days, wanted: 1 <= days <= wanted),
    "password_minimum_age": _age("--mindays", "minimum", "minimum age", lambda days, wanted: days >= wanted),
    "password_warning": _age("--warndays", "warning", "warning", lambda days, wanted: days >= wanted),
    "password_inactive": _age("--inactive", "inactive", "inactivity", lambda days, wanted: 0 <= days <= wanted),
    "system_accounts_with_shell": _shells,
    "unlocked_without_shell": _lock,
    "home_too_open": _homes,
}
