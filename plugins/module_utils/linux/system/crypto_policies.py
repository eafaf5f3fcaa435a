# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system-wide cryptographic policy (crypto-policies(7)): what is set, what was applied, and what it allows."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, raised, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

FOLDER = "/etc/crypto-policies"
SHIPPED = "/usr/share/crypto-policies"
CONFIGURATION = FOLDER + "/config"
CURRENT = FOLDER + "/state/current"
ALLOWED = FOLDER + "/state/CURRENT.pol"
BACK_ENDS = FOLDER + "/back-ends"
LOCAL = FOLDER + "/local.d"
FIPS = "/proc/sys/crypto/fips_enabled"
# Files of one application are written one behind the other.
SECONDS_OF_A_RUN = 60.0
_NAME = re.compile(r"[A-Z0-9_][A-Z0-9_.-]{0,80}\Z", re.ASCII)


class Policy(NamedTuple):
    """A policy and the modules that change it, all in capitals."""

    base: str
    modules: List[str]

    @property
    def name(self) -> str:
        """Return both as update-crypto-policies(8) shows them."""
        return ":".join([self.base, *self.modules])


def policy(host: Host, path: str) -> Policy:
    """Return what a file names: the first line the policy with its modules, further lines more of these."""
    names: List[str] = []
    for line in split_lines(host.read_text(path)):
        plain = raised(line.partition("#")[0].strip(BLANKS))
        names += plain.split(":") if plain else []
    if not names or not all(_NAME.match(name) for name in names):
        raise ReadError("%s names no policy; run update-crypto-policies --set with one" % path)
    return Policy(names[0], names[1:])


def missing(host: Host, stated: Policy) -> List[str]:
    """Return the files that a policy would need and that are nowhere."""
    wanted = ["%s.pol" % stated.base, *("modules/%s.pmod" % name for name in stated.modules)]
    return [
        name for name in wanted if not any(host.exists("%s/policies/%s" % (top, name)) for top in (FOLDER, SHIPPED))
    ]


def altered(host: Host, applied: Policy) -> List[str]:
    """Return the back-ends' files that are not what the policy made of them: a link elsewhere, or a file written later."""
    found: List[str] = []
    try:
        names = [name for name in host.list_directory(BACK_ENDS) if name.endswith(".config")]
    except NotFound:
        raise ReadError("%s does not exist; run update-crypto-policies" % BACK_ENDS) from None
    made = host.stat(CURRENT).st_mtime
    for name in names:
        path = "%s/%s" % (BACK_ENDS, name)
        place = host.place(path)[0]
        if place == path:
            if host.stat(path).st_mtime > made + SECONDS_OF_A_RUN:
                found.append(name)
        elif not place.startswith("%s/%s/" % (SHIPPED, applied.base)) and not place.startswith(
            "%s/back-ends/%s/" % (SHIPPED, applied.base)
        ):
            found.append(name)
    return found


def local(host: Host) -> List[str]:
    """Return what the site adds to the back-ends whatever the policy is."""
    return [printable(path) for path in host.glob(LOCAL + "/*.config")]


def allowed(host: Host, name: str, scope: Optional[str]) -> Optional[List[str]]:
    """Return what the policy that was applied allows under a name (``cipher``, ``mac``), for a scope where that has its own."""
    values: Dict[str, List[str]] = {}
    for line in split_lines(host.read_text(ALLOWED)):
        key, sign, text = line.partition("#")[0].partition("=")
        if sign:
            values[key.strip(BLANKS)] = [printable(word) for word in words_of(text)]
    return values.get("%s@%s" % (name, scope), values.get(name)) if scope else values.get(name)


def fips(host: Host) -> bool:
    """Return whether the kernel runs in FIPS mode."""
    try:
        return host.read_text(FIPS).strip(BLANKS) == "1"
    except NotFound:
        return False
