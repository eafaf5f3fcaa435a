# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `selinux`: the exact commands, for a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import UNPROVEN, CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,100}\Z")
_WITHOUT_RELABEL = "a host that ran without SELinux needs fixfiles -F onboot and a start in permissive mode first"


def write(_plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Refuse with the commands of a mode, a boolean, or domains. ``wanted``: `{now, at_boot}`; others are for a person."""
    query = required(address, "query")
    mode = wanted.get("at_boot") if isinstance(wanted, dict) else None
    if query == "mode" and mode in ("enforcing", "permissive"):
        command = (
            "sed -i 's/^SELINUX=.*/SELINUX=%s/' /etc/selinux/config && grubby --update-kernel=ALL --remove-args='selinux enforcing' "
            "&& setenforce %d" % (mode, mode == "enforcing")
        )
        raise CannotFix("%s; run: %s (%s)" % (UNPROVEN, command, _WITHOUT_RELABEL))
    if query == "boolean" and isinstance(mode, bool):
        raise CannotFix("%s; run: setsebool -P %s %s" % (UNPROVEN, _word(address, "name"), "on" if mode else "off"))
    if query == "permissive":
        raise CannotFix("%s; run for each domain: semanage permissive -d DOMAIN" % UNPROVEN)
    raise CannotFix("which policy confines a program, and of which type it is, is for a person to decide")


def _word(address: Address, key: str) -> str:
    text = required(address, key)
    if not _WORD.match(text):
        raise CannotFix("%r is no plain name" % text[:100])
    return text
