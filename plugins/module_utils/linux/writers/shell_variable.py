# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `shell_variable`: a variable for all login shells, read-only and exported, in a file of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.own_shell_file import (
    is_plain,
    own_path,
    own_text,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_variables import (
    UMASK,
    checked_name,
    look,
    umask_value,
    umask_ways,
)

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Set a variable for all login shells, read-only and exported, in a file of our own."""
    name = checked_name(address)
    text = str(wanted)
    if not is_plain(text):
        raise CannotFix("%r is no plain value" % text)
    path = own_path(name)
    if name == UMASK:
        _write_umask(plan, path, text)
        return
    before = look(plan.host, name)
    others = [place for place in before.places if not place.startswith(path)]
    if others:
        raise CannotFix(
            "%s is set elsewhere too, which would clash: %s; remove that by hand" % (name, ", ".join(others))
        )
    plan.write(path, own_text(name, text))


def _write_umask(plan: ChangePlan, path: str, text: str) -> None:
    """Set the umask for all login shells behind every other file, where what is planned so far does not do so."""
    ways, places = umask_ways(plan.host)
    values = umask_value(ways)["values"]
    if values == ["%04o" % int(text, 8)]:
        return
    if plan.host.exists(path):
        raise CannotFix(
            "the umask is %s although %s sets it; look at %s"
            % (", ".join(values), path, ", ".join(places) or "what reads /etc/profile.d")
        )
    plan.write(path, "umask %s\n" % text)
