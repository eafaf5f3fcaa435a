# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``password_settings``: the fine-grained password policies of a domain, which for whom they apply to take the place of the domain's own.

A password settings object lies in one container (MS-ADTS 6.1.1.4.11.1), has all of `_WHOLE` (MS-ADSC, class msDS-PasswordSettings), and
counts for the users and groups that it is linked to (MS-ADTS 3.1.1.4.5.36).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import domain_policy, registry_value
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.domain_policy import DAY, LEAST, MINUTE
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)

# Field -> attribute.
_COUNTS = {
    "precedence": "msDS-PasswordSettingsPrecedence",
    "length": "msDS-MinimumPasswordLength",
    "history": "msDS-PasswordHistoryLength",
    "lockout_attempts": "msDS-LockoutThreshold",
}
_FLAGS = {
    "complexity": "msDS-PasswordComplexityEnabled",
    "reversible": "msDS-PasswordReversibleEncryptionEnabled",
}
# As .NET writes them, in no language.
_WORDS = {"True": True, "False": False}
# Field -> attribute, unit in seconds, and the numbers that stand for no end. The least number is "never" for all of them ("Appendix B: PSO
# Attribute Constraints", Windows Server documentation). 0 is so too for the age at which a password ends (MS-SAMR 3.1.5.14.4) and for a lock,
# which lasts with 0 as with the least number (MS-ADTS 3.1.1.4.5.17); as a minimum or as the time of counting 0 is none at all.
_INTERVALS = {
    "minimum_days": ("msDS-MinimumPasswordAge", DAY, (LEAST,)),
    "maximum_days": ("msDS-MaximumPasswordAge", DAY, (LEAST, 0)),
    "lockout_minutes": ("msDS-LockoutDuration", MINUTE, (LEAST, 0)),
    "counted_minutes": ("msDS-LockoutObservationWindow", MINUTE, (LEAST,)),
}
# What is looser is more days here, and fewer of all others.
_MORE_IS_LOOSER = "maximum_days"
_WHOLE = (*_COUNTS.values(), *_FLAGS.values(), *(attribute for attribute, _unit, _never in _INTERVALS.values()))
# By the key `of` of an address; without it all of it.
_PARTS = {
    "passwords": ("length", "complexity", "reversible", "history", "minimum_days", "maximum_days"),
    "lockout": ("lockout_attempts", "lockout_minutes", "counted_minutes"),
}
_AS = "run the audit on the domain controller as a domain administrator"


def password_settings(_facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return ``[{name, precedence, length, ...}]`` of those that apply to somebody, the first one first; absent where there is no domain controller."""
    if seen["state"] == "absent":
        return absent(seen)
    _is_shown_all(seen)
    given = part(seen, "objects")
    if not isinstance(given, list):
        raise HipaaCisError("the host's answer has no list of password settings objects")
    read = [(_whole(one), _applies(one)) for one in given]
    found = sorted((one for one, applies in read if applies), key=lambda one: (one["precedence"], one["name"]))
    fields = (
        "name",
        "precedence",
        *(_PARTS[address["of"]] if "of" in address else (*_PARTS["passwords"], *_PARTS["lockout"])),
    )
    return value([{name: one[name] for name in fields} for one in found], seen)


def _is_shown_all(seen: Observation) -> None:
    """Raise `HipaaCisError` where the account may not be shown what lies in the container: to who is not, it is missing or looks empty.

    No attribute says what an account is shown. Which objects it may make there the directory tells by the account's rights
    (allowedChildClassesEffective, MS-ADTS 3.1.1.4.5), and those who may are those who administer them: as Windows is delivered the domain
    administrators, who besides the system alone stand in an object's own list (MS-ADSC, class msDS-PasswordSettings, defaultSecurityDescriptor).
    """
    if part(seen, "container") is not True:
        raise HipaaCisError(f"the container of password settings objects is not shown to this account; {_AS}")
    if part(seen, "creates") is not True:
        raise HipaaCisError(
            f"this account does not administer password settings objects, and to others their container may look empty; {_AS}"
        )


def _applies(given: Mapping[str, Any]) -> bool:
    applies = given.get("applies")
    if not registry_value.is_whole(applies):
        raise HipaaCisError(
            f"the host did not say whether the password settings object '{_name(given)}' applies to anybody"
        )
    return bool(applies)


def _whole(given: Any) -> dict[str, Any]:
    """Return all of an object, also of one that applies to nobody: where an attribute is hidden, so may be to whom it applies."""
    if not isinstance(given, Mapping):
        raise HipaaCisError("the host's answer has no password settings object where one has to be")
    name = _name(given)
    if any(attribute not in given for attribute in _WHOLE):
        raise HipaaCisError(f"not all of the password settings object '{name}' is shown to this account; {_AS}")
    found: dict[str, Any] = {"name": name}
    for field, attribute in _COUNTS.items():
        found[field] = _number(given, attribute)
    for field, attribute in _FLAGS.items():
        found[field] = _word(given, attribute)
    for field, (attribute, unit, never) in _INTERVALS.items():
        what = f"{attribute} of the password settings object '{name}'"
        found[field] = domain_policy.interval(
            _number(given, attribute), what, unit, never=never, up=field == _MORE_IS_LOOSER
        )
    return found


def _name(given: Mapping[str, Any]) -> str:
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise HipaaCisError(f"a password settings object is not shown to this account with its name; {_AS}")
    return name


def _number(given: Mapping[str, Any], attribute: str) -> int:
    number = domain_policy.whole(given[attribute])
    if number is None:
        raise HipaaCisError(f"{attribute} of the password settings object '{_name(given)}' is no number")
    return number


def _word(given: Mapping[str, Any], attribute: str) -> bool:
    word = given[attribute]
    if not isinstance(word, str) or word not in _WORDS:
        raise HipaaCisError(f"{attribute} of the password settings object '{_name(given)}' is neither true nor false")
    return _WORDS[word]
