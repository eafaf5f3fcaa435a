# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `login_defs`: a value in place of the last line that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import assign
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SPACES_AND_TABS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.login_defs import PATH, settings_of

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Set a value in place of the last line that has one; the others become comments."""
    name, text = required(address, "name"), str(wanted)
    if not text or "\n" in text or isinstance(wanted, (bool, dict, list)):
        raise CannotFix("%r cannot be the value of %s" % (wanted, name))
    old = plan.host.read_text(PATH)
    numbers = [
        number for number, row in enumerate(split_lines(old), 1) if words_of(row, 1, SPACES_AND_TABS)[:1] == [name]
    ]
    plan.write(PATH, assign(old, numbers, "%s\t%s" % (name, text)))
    if settings_of(plan.host).get(name, ("", 0))[0] != text:
        raise CannotFix("%s still says otherwise; change %s there by hand" % (PATH, name))
