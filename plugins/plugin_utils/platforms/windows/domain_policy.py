# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password and lockout policy of a domain, from the attributes of its object (MS-ADA, MS-SAMR 2.2.4), in the units of `security_policy`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.registry_value import is_whole
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.security_policy import NEVER

DAY, MINUTE = 24 * 60 * 60, 60
# Intervals are negative numbers of 100 nanoseconds.
TICKS = 10_000_000
LEAST = -(1 << 63)
# Bits of pwdProperties (ntsecapi.h).
COMPLEX, CLEARTEXT = 1, 16
# Key of the export -> attribute.
COUNTS = {
    "MinimumPasswordLength": "minPwdLength",
    "PasswordHistorySize": "pwdHistoryLength",
    "LockoutBadCount": "lockoutThreshold",
}
FLAGS = {"PasswordComplexity": COMPLEX, "ClearTextPassword": CLEARTEXT}
# Key of the export -> attribute, unit in seconds, and whether it may be without an end.
INTERVALS = {
    "MaximumPasswordAge": ("maxPwdAge", DAY, True),
    "MinimumPasswordAge": ("minPwdAge", DAY, False),
    "LockoutDuration": ("lockoutDuration", MINUTE, True),
    "ResetLockoutCount": ("lockOutObservationWindow", MINUTE, False),
}
SETTINGS = frozenset((*COUNTS, *FLAGS, *INTERVALS))


def setting(domain: Any, key: str) -> int | str:
    """Return a setting of a domain by its key in an export. ``domain``: attribute -> number. Raises `HipaaCisError`.

    Fractions of a day or a minute are rounded to what is looser: down, but for the age at which a password ends.
    """
    if not isinstance(domain, Mapping):
        raise HipaaCisError("the host did not say what the policy of its domain is")
    if "error" in domain:
        raise HipaaCisError(f"the policy of the domain cannot be read: {str(domain['error'])[:300]}")
    if key in COUNTS:
        return _number(domain, COUNTS[key])
    if key in FLAGS:
        return int(bool(_number(domain, "pwdProperties") & FLAGS[key]))
    attribute, unit, may_be_never = INTERVALS[key]
    never = (LEAST, 0) if may_be_never else ()
    what = f"the attribute {attribute} of the domain"
    return interval(_number(domain, attribute), what, unit, never=never, up=key == "MaximumPasswordAge")


def interval(ticks: int, what: str, unit: int, *, never: Sequence[int], up: bool) -> int | str:
    """Return an interval in units of so many seconds, `NEVER` for the numbers that stand for no end. Raises `HipaaCisError`.

    ``what``: what the error calls it; ``up``: whether a fraction counts as a whole one.
    """
    if ticks in never:
        return NEVER
    if ticks > 0 or ticks == LEAST:
        raise HipaaCisError(f"{what} is no interval: {ticks}")
    units, rest = divmod(-ticks, unit * TICKS)
    return units + (1 if rest and up else 0)


def whole(given: Any) -> int | None:
    """Return a number that came as a text, for it may have 64 bits, or as itself; None where it is none."""
    if isinstance(given, str) and given.removeprefix("-").isascii() and given.removeprefix("-").isdigit():
        return int(given)
    return int(given) if is_whole(given) else None


def _number(domain: Mapping[str, Any], attribute: str) -> int:
    number = whole(domain.get(attribute))
    if number is None:
        raise HipaaCisError(f"the host did not say the attribute {attribute} of its domain")
    return number
