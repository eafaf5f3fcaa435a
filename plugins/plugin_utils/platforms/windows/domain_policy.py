# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password and lockout policy of a domain, from the attributes of its object (MS-ADA, MS-SAMR 2.2.4), in the units of `security_policy`."""

from __future__ import annotations

from collections.abc import Mapping
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
    ticks = _number(domain, attribute)
    if may_be_never and ticks in (LEAST, 0):
        return NEVER
    if ticks > 0 or ticks == LEAST:
        raise HipaaCisError(f"the attribute {attribute} of the domain is no interval: {ticks}")
    whole, rest = divmod(-ticks, unit * TICKS)
    return whole + (1 if rest and key == "MaximumPasswordAge" else 0)


def _number(domain: Mapping[str, Any], attribute: str) -> int:
    given = domain.get(attribute)
    number = (
        int(given) if isinstance(given, str) and given.lstrip("-").isascii() and given.lstrip("-").isdigit() else given
    )
    if not is_whole(number):
        raise HipaaCisError(f"the host did not say the attribute {attribute} of its domain")
    return int(number)
