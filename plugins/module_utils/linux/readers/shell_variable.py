# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `shell_variable`: what a variable is in interactive shells by their start-up files. They are read and never run."""

from __future__ import annotations

from typing import List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, Observation, read_each, value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import own_shell_file
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shell_variables import (
    UMASK,
    checked_name,
    look,
    umask_value,
    umask_ways,
)

FILES = "/etc/profile, /etc/bash.bashrc and what they read"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return ``{values, certain, readonly, exported, unset}`` per variable: texts in order, and booleans.

    For `umask`, which is no variable but set by the same files, ``ways`` has those of each way to a shell.
    Where we wrote it, but otherwise than we do now, there are also ``own_value``, its text, and ``own_is_current``, false.
    """

    def one(address: Address) -> Observation:
        name = checked_name(address)
        if name == UMASK:
            ways, places = umask_ways(host)
            return value(umask_value(ways), ", ".join(places[:10]) or FILES)
        seen = look(host, name)
        old = own_shell_file.outdated(host, name)
        more = {} if old is None else {"own_value": old, "own_is_current": False}
        return value({**seen.as_value(), **more}, ", ".join(seen.places[:10]) or FILES)

    return read_each(addresses, one)
