# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services nsswitch.conf(5) asks for accounts, and which of them keep them elsewhere than on this host."""

from __future__ import annotations

import re
from typing import AbstractSet, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

PATH = "/etc/nsswitch.conf"
ACCOUNTS = frozenset({"passwd", "shadow"})
# With the groups that they are in.
ALL = ACCOUNTS | {"group", "initgroups"}
# What these give stands in files of this host, or is made up by systemd for its own services.
OF_THIS_HOST = frozenset(
    {"files", "compat", "db", "systemd", "mymachines", "myhostname", "altfiles", "extrausers", "cache"}
)


def elsewhere(host: Host, databases: AbstractSet[str] = ALL) -> List[str]:
    """Return the services, other than this host's own, that are asked for any of these databases. Raises `ReadError`.

    What is asked only where another has answered counts too: a condition in brackets leads to it sooner or later.
    """
    try:
        text = host.read_text(PATH)
    except NotFound:
        return []
    found: List[str] = []
    for line in text.split("\n"):
        database, _colon, services = line.split("#", 1)[0].partition(":")
        if lowered(database.strip(BLANKS)) in databases:
            words = words_of(re.sub(r"\[[^]]*\]", " ", services))
            found += [word for word in words if lowered(word) not in OF_THIS_HOST and word not in found]
    return found
