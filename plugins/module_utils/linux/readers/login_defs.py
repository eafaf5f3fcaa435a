# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `login_defs`: a value of /etc/login.defs as the shadow utilities read it (login.defs(5))."""

from __future__ import annotations

from typing import List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.login_defs import PATH, settings_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_parts import shown_value


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return the value as text, or absent. Names are case-sensitive; of several lines the last counts."""
    settings = settings_of(host)

    def one(address: Address) -> Observation:
        found = settings.get(required(address, "name"))
        return absent(PATH) if found is None else value(shown_value(found[0]), "%s:%d" % (PATH, found[1]))

    return read_each(addresses, one)
