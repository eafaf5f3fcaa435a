# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `login_defs`: a value of /etc/login.defs as the shadow utilities read it (login.defs(5))."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import assign
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    absent,
    read_each,
    required,
    value,
)

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

PATH = "/etc/login.defs"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return the value as text, or absent. Names are case-sensitive; of several lines the last counts."""
    settings = settings_of(host)

    def one(address: Address) -> Observation:
        found = settings.get(required(address, "name"))
        return absent(PATH) if found is None else value(found[0], "%s:%d" % (PATH, found[1]))

    return read_each(addresses, one)


def settings_of(host: Host) -> Dict[str, Tuple[str, int]]:
    """Return name -> (value, line). A file that is missing sets nothing."""
    try:
        text = host.read_text(PATH)
    except NotFound:
        return {}
    result: Dict[str, Tuple[str, int]] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        # Only a whole line is a comment: the utilities take '#' behind a value as part of it.
        if not line or line.startswith("#"):
            continue
        name, *rest = line.split(None, 1)
        result[name] = (rest[0].strip().strip('"') if rest else "", number)
    return result


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Set a value in place of the last line that has one; the others become comments."""
    name, text = required(address, "name"), str(wanted)
    if not text or "\n" in text or isinstance(wanted, (bool, dict, list)):
        raise CannotFix("%r cannot be the value of %s" % (wanted, name))
    old = plan.host.read_text(PATH)
    numbers = [number for number, row in enumerate(old.splitlines(), 1) if row.split(None, 1)[:1] == [name]]
    plan.write(PATH, assign(old, numbers, "%s\t%s" % (name, text)))
    if settings_of(plan.host).get(name, ("", 0))[0] != text:
        raise CannotFix("%s still says otherwise; change %s there by hand" % (PATH, name))
