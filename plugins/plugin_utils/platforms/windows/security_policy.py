# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of `secedit`'s export that have keys of their own: [System Access], [Kerberos Policy] and [Event Audit] (MS-GPSB 2.2.1-2.2.4)."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, lowered
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.inf import Inf, Setting, fields

MOST_DIGITS = 10
NEVER = "never"
NUMBERS = {
    "System Access": (
        "MinimumPasswordAge",
        "MaximumPasswordAge",
        "MinimumPasswordLength",
        "PasswordHistorySize",
        "LockoutBadCount",
        "ResetLockoutCount",
        "LockoutDuration",
    ),
    "Kerberos Policy": ("MaxTicketAge", "MaxRenewAge", "MaxServiceAge", "MaxClockSkew"),
    "Event Audit": (
        "AuditSystemEvents",
        "AuditLogonEvents",
        "AuditObjectAccess",
        "AuditPrivilegeUse",
        "AuditPolicyChange",
        "AuditAccountManage",
        "AuditProcessTracking",
        "AuditDSAccess",
        "AuditAccountLogon",
    ),
}
# Any number but 0 is "enabled" to Windows.
FLAGS = {
    "System Access": (
        "PasswordComplexity",
        "ClearTextPassword",
        "AllowAdministratorLockout",
        "RequireLogonToChangePassword",
        "ForceLogoffWhenHourExpire",
        "LSAAnonymousNameLookup",
        "EnableAdminAccount",
        "EnableGuestAccount",
    ),
    "Kerberos Policy": ("TicketValidateClient",),
}
TEXTS = {"System Access": ("NewAdministratorName", "NewGuestName")}
# Written as -1: a password that never expires, an account that stays locked until an administrator unlocks it.
MAY_BE_NEVER = ("MaximumPasswordAge", "LockoutDuration")
# Without a number of bad attempts that locks an account `secedit` leaves these out.
ONLY_WITH_LOCKOUT = ("ResetLockoutCount", "LockoutDuration")
# Only builds since October 2022 know it, and they too leave it out without such a number.
NEWER = ("AllowAdministratorLockout",)
# Only domain controllers have these.
OF_DOMAIN_CONTROLLERS = ("Kerberos Policy",)
# Nothing is audited; 4 says so too (MS-GPSB 2.2.4).
NO_AUDIT = (0, 4)
MOST_AUDIT = 4


def setting(export: Inf, section: str, key: str) -> int | str | None:
    """Return the value of a setting by its English key, in any case.

    A number in the unit that Windows uses (days, minutes, hours; 1 success, 2 failure, 3 both of [Event Audit]), 0 or 1 for what is
    on or off, `never` for an age or a lock without end, or a text. None where the host has no such setting: without a limit of bad
    attempts there is no lock to last, and only domain controllers have tickets. Raises `HipaaCisError` for a key that no Windows has, for
    a value that none writes, and where the export does not say what each Windows has.
    """
    key = _known(section, key)
    found = export.section(section)
    if found is None and section in OF_DOMAIN_CONTROLLERS:
        return None
    if found is None:
        raise HipaaCisError(
            f"secedit's export has no section [{section}]. Connect as an administrator, and export the area SECURITYPOLICY too."
        )
    one = found.one(key)
    if one is not None:
        return _value(section, key, one)
    if key in NEWER or (key in ONLY_WITH_LOCKOUT and setting(export, section, "LockoutBadCount") == 0):
        return None
    raise HipaaCisError(
        f"secedit's export does not say [{section}] {key}, which every Windows has. Export the area SECURITYPOLICY again."
    )


def _known(section: str, key: str) -> str:
    """Return a key as Microsoft spells it."""
    keys = {lowered(known): known for table in (NUMBERS, FLAGS, TEXTS) for known in table.get(section, ())}
    if lowered(key) not in keys:
        raise HipaaCisError(unknown(f"setting of [{section}]", key, keys.values()))
    return keys[lowered(key)]


def _value(section: str, key: str, one: Setting) -> int | str:
    values = fields(one.value)
    text = values[0] if len(values) == 1 else ""
    if key in TEXTS.get(section, ()) and text:
        return text
    if text == "-1" and key in MAY_BE_NEVER:
        return NEVER
    # MS-GPSB: none is in force then, as with 0.
    if key == "ResetLockoutCount" and text.startswith("-") and is_number(text[1:]):
        return 0
    number = int(text) if is_number(text) and len(text) <= MOST_DIGITS else None
    if number is None or key in TEXTS.get(section, ()) or (section == "Event Audit" and number > MOST_AUDIT):
        raise HipaaCisError(
            f"secedit's export: [{section}] {key} in line {one.line} has a value that Windows does not know there."
        )
    if section == "Event Audit":
        return 0 if number in NO_AUDIT else number
    return int(number != 0) if key in FLAGS[section] else number
