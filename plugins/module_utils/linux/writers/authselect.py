# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `authselect`: the exact commands, for a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import UNPROVEN, CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,100}\Z")


def write(_plan: ChangePlan, _address: Address, wanted: Any) -> None:
    """Refuse with the commands for features. ``wanted``: `{features: [...]}`; a changed file is for a person."""
    features = [str(name) for name in wanted.get("features", ())] if isinstance(wanted, dict) else []
    if not features or not all(_WORD.match(name) for name in features):
        raise CannotFix(
            "whether a file is to be what the profile makes is for a person: authselect apply-changes makes it anew"
        )
    commands = " && ".join("authselect enable-feature %s" % name for name in features)
    raise CannotFix("%s; run: %s (as PAM decides who gets in, keep a session open)" % (UNPROVEN, commands))
