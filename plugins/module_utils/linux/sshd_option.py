# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `sshd_option`: the effective configuration by `sshd -T`, and what Match blocks make of it."""

from __future__ import annotations

from typing import Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux import sshd_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    read_each,
    required,
    value,
)

CONFIGURATION = "/etc/ssh/sshd_config"
COMMAND = ("sshd", "-T")
SOURCE = "command: sshd -T"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{effective, overrides: [{match, value, file, line}]}` per option; absent where there is no sshd."""
    host.need_root("The configuration of sshd")
    try:
        output = host.run(COMMAND).stdout
    except NotFound:
        return [absent(SOURCE)] * len(addresses)
    except ReadError as problem:
        raise ReadError(
            "%s (sshd -T needs a valid configuration, host keys and the folder /run/sshd)" % problem
        ) from None
    _refuse_command_line_options(host)
    effective = _effective(output)
    if not effective:
        raise ReadError("sshd -T printed no option")
    overrides = sshd_config.match_overrides(host, CONFIGURATION)

    def one(address: Address) -> Observation:
        name = required(address, "name").lower()
        found = effective.get(name, [])
        seen = None if not found else found[0] if len(found) == 1 else found
        loosened = overrides.get(name, [])
        places = ["%s:%d" % (item["file"], item["line"]) for item in loosened]
        return value({"effective": seen, "overrides": loosened}, ", ".join([SOURCE, *places]))

    return read_each(addresses, one)


def _effective(output: str) -> Dict[str, List[str]]:
    result: Dict[str, List[str]] = {}
    for line in output.splitlines():
        name, _blank, text = line.strip().partition(" ")
        if name:
            result.setdefault(name.lower(), []).append(text.strip())
    return result


def _refuse_command_line_options(host: Host) -> None:
    """Raise `ReadError` where the server is started with options that `sshd -T` does not see."""
    try:
        text = host.read_text("/etc/default/ssh")
    except NotFound:
        return
    for number, line in enumerate(text.splitlines(), 1):
        name, sign, options = line.strip().partition("=")
        words = options.strip().strip("\"'").split()
        if sign and name == "SSHD_OPTS" and any(word.startswith(("-o", "-f", "-C")) for word in words):
            raise ReadError(
                "/etc/default/ssh:%d starts sshd with %s, which sshd -T does not see; move it to %s"
                % (number, " ".join(words)[:100], CONFIGURATION)
            )
