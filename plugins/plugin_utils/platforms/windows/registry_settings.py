# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds ``registry`` and ``user_registry``: what is in force, and what is configured.

Both are the value that is kept. Where none is, nothing is configured, and in force is what Windows does then: the setting's ``default``,
for all releases or by the name of the release (``windows_11``). Without one nobody has said what that is. Where a policy is delivered by
taking the value away (``absence``), that is what is configured too. Of a list that only opens something, empty texts open nothing
(``blanks``): whoever stops reading at one, has less open still.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import registry_value, release
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    absent,
    part,
    value,
)

# A number, or a text of its digits.
NUMBER = "number"
# By the name of a setting's `type`: which types of the registry Windows reads there.
TYPES = {
    **{name: frozenset((name,)) for name in registry_value.TYPES},
    "text": frozenset(("REG_SZ", "REG_EXPAND_SZ")),
    NUMBER: frozenset(("REG_DWORD", "REG_SZ")),
}
DEFAULT_TYPE = "REG_DWORD"
DELIVERED = "delivered"
NOT_SHOWN = "a text that is not shown, for it may be a secret"


def registry(facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return ``{in_force, configured}`` of a value of the machine's, each missing where there is none; absent where both are."""
    where = f"HKLM\\{address['key']}|{address['name']}"
    if seen["state"] == "absent":
        found = _of_default(facts, address)
        return value(found, seen, "there is no value, so Windows goes by its own default") if found else absent(seen)
    return value(_configured(seen.get("value"), address, address.get("view", 64), where), seen)


def user_registry(facts: Mapping[str, Any], address: Address, seen: Observation) -> Observation:
    """Return a list of ``{sid, in_force, configured}``, of each user who is logged on."""
    users = part(seen, "users")
    found = []
    for user in users:
        where = f"HKU\\{user['sid']}\\{address['key']}|{address['name']}"
        if "absent" in user["value"]:
            found.append({"sid": user["sid"], **_of_default(facts, address)})
        else:
            found.append({"sid": user["sid"], **_configured(user["value"], address, 64, where)})
    if not found:
        raise HipaaCisError("the host names no user, and does not say that nobody is logged on")
    return value(found, seen)


def _configured(answered: Any, address: Address, view: int, where: str) -> dict[str, Any]:
    if isinstance(answered, Mapping) and answered.get("hidden") is True:
        if not address.get("secret"):
            raise HipaaCisError(f"The registry value {where} is {NOT_SHOWN}, so it cannot be judged.")
        return {"in_force": NOT_SHOWN, "configured": NOT_SHOWN}
    found = registry_value.read(answered, view, where, blanks=address.get("blanks") is True)
    if isinstance(found, registry_value.Absent):
        raise HipaaCisError(f"The registry value {where} is said to be there and not to be there.")
    wanted = address.get("type", DEFAULT_TYPE)
    data = registry_value.judged(found, TYPES[wanted], where)
    if wanted == NUMBER and isinstance(data, str):
        data = _digits(data, where)
    plain = data.hex() if isinstance(data, bytes) else [*data] if isinstance(data, tuple) else data
    return {"in_force": plain, "configured": plain}


def _digits(text: str, where: str) -> int:
    if not re.fullmatch("[0-9]{1,10}", text):
        raise HipaaCisError(f"The registry value {where} cannot be judged: it is a text, and no number.")
    return int(text)


def _of_default(facts: Mapping[str, Any], address: Address) -> dict[str, Any]:
    """Return what is in force, and what is configured, without a value; empty where nobody has said."""
    default = _default(facts, address)
    if default is None:
        return {}
    return {"in_force": default, **({"configured": default} if address.get("absence") == DELIVERED else {})}


def _default(facts: Mapping[str, Any], address: Address) -> Any:
    """Return what Windows does without a value; None where that is not known of this release."""
    given = address.get("default")
    if not isinstance(given, Mapping):
        return given
    try:
        return given.get(release.windows(facts).product)
    except HipaaCisError:
        return None
