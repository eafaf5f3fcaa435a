# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a minion of Salt has noted of its states, as salt-call 3008 was seen to: of it only names are taken."""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import msgpack

FOLDER = "/var/cache/salt/minion"
# What it was to do, before names are worked out; and what came of it: of a call of some states, and in older releases of all.
HIGH = FOLDER + "/highstate.cache.p"
RESULTS = (FOLDER + "/sls.p", FOLDER + "/highstate.p")
# Modules of states, by what they change.
MODULES = {"file": "file", "service": "service", "pkg": "package"}
_RESULT = re.compile(r"(file|service|pkg)_\|-[^|\n]{0,300}_\|-([^|\n]{1,300})_\|-[a-z_]+")


def noted(host: Host) -> Iterator[Tuple[str, str, str]]:
    """Yield (kind, name, where that stands). Raises `ReadError`."""
    try:
        states = msgpack.loads(host.read_bytes(HIGH))
    except NotFound:
        states = {}
    except ValueError as problem:
        raise ReadError("%s: %s" % (printable(HIGH), problem)) from None
    for name, modules in states.items() if isinstance(states, dict) else ():
        for module, said in modules.items() if isinstance(modules, dict) else ():
            kind = MODULES.get(str(module).partition(".")[0])
            if kind and isinstance(said, list):
                yield from ((kind, one, HIGH) for one in _names(str(name), said))
    for path in RESULTS:
        try:
            text = host.read_text(path)
        except NotFound:
            continue
        yield from ((MODULES[found.group(1)], found.group(2), path) for found in _RESULT.finditer(text))


def _names(name: str, said: Sequence[Any]) -> List[str]:
    """Return what a state is about: its names where it gives some, else what it is called."""
    given = {str(key): value for one in said if isinstance(one, dict) for key, value in one.items()}
    several = [each for key in ("names", "pkgs", "sources") for each in given.get(key) or () if given.get(key)]
    # One with arguments of its own is a mapping.
    found = [str(key) for each in several for key in (each if isinstance(each, dict) else [each])]
    return found or [str(given.get("name") or name)]
