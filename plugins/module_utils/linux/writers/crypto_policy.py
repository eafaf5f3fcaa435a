# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `crypto_policy`: the exact command, for a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import UNPROVEN, CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,100}\Z")


def write(_plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Refuse with the command of a policy. ``wanted``: its name with modules (``DEFAULT:NO-SHA1``), or `{base, modules}`."""
    parts: List[str] = [wanted] if isinstance(wanted, str) else []
    if isinstance(wanted, dict) and isinstance(wanted.get("base"), str):
        parts = [wanted["base"], *(str(name) for name in wanted.get("modules", ()))]
    name = ":".join(parts)
    if required(address, "query") != "policy" or not _WORD.match(name):
        raise CannotFix("what a policy allows comes by its modules, and programs are given theirs by a person")
    raise CannotFix("%s; run: update-crypto-policies --set %s, and reboot" % (UNPROVEN, name))
