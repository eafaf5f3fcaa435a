# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `sysctl`: the running value of a kernel parameter and the one that the next boot sets."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.interface_settings import (
    interfaces,
    of_network,
    set_by_others,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import Setting
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_parts import shown_value
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_file import Assignment
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_settings import (
    BootSettings,
    checked_key,
    running_value,
)

MAX_SOURCES = 20


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{running, configured, sources, stated, interfaces, set_by}`` for each ``name``.

    ``stated``: whether the snippets say so; ``interfaces``: on which something else is in force; ``set_by``: what other
    programs set it to, at boot or when an interface comes up.
    """
    boot = Once(lambda: BootSettings(host))
    return read_each(addresses, lambda address: _observe(host, boot(), required(address, "name")))


def _observe(host: Host, boot: BootSettings, name: str) -> Observation:
    key = checked_key(name)
    winner = boot.winner(key)
    seen: Dict[str, Any] = {
        "running": running_value(host, name),
        "configured": None if winner is None or winner.text is None else shown_value(winner.text),
        "sources": [_source(assignment) for assignment in boot.sources(key)[-MAX_SOURCES:]],
        "stated": boot.stated(key),
        "interfaces": [],
        "set_by": [],
    }
    place = "/proc/sys/" + key
    for found in interfaces(host, boot, key):
        own = (("running", found.running), ("configured", found.configured and shown_value(found.configured)))
        odd = {what: text for what, text in own if text is not None and text != seen[what]}
        if odd:
            seen["interfaces"].append({"name": printable(found.name), **odd})
    seen["interfaces"] = seen["interfaces"][:MAX_SOURCES]
    for one in seen["interfaces"][:5]:
        place += "; on %s" % ", ".join("%s %s" % both for both in sorted(one.items()))
    others = [_other(one) for one in set_by_others(host, boot, key)] if of_network(key) else []
    # Those that say otherwise come first, for the list and the place are cut where they grow long.
    seen["set_by"] = sorted(others, key=lambda one: bool(one["value"] == seen["running"]))[:MAX_SOURCES]
    for other in seen["set_by"][:5]:
        place += "; %(by)s sets %(name)s to %(value)s (%(file)s:%(line)d)" % other
    return value(seen, "%s, %s:%d" % (place, printable(winner.file), winner.line) if winner else place)


def _other(one: Setting) -> Dict[str, Any]:
    names = {"by": one.by, "name": printable(one.key), "value": shown_value(one.text or "")}
    return {**names, "file": printable(one.file), "line": one.line}


def _source(assignment: Assignment) -> Dict[str, Any]:
    shown = None if assignment.text is None else shown_value(assignment.text)
    return {"file": printable(assignment.file), "line": assignment.line, "value": shown}
