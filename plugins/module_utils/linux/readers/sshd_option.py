# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `sshd_option`: the effective configuration by `sshd -T`, and what Match blocks make of it."""

from __future__ import annotations

from typing import Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    ERROR,
    VALUE,
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import daemon_options, ssh_servers, sshd_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.ssh_notices import notices
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sshd_config import (
    ALGORITHMS,
    CONFIGURATION,
    general_lines,
    states,
)

COMMAND = ("sshd", "-T")
SOURCE = "command: sshd -T"
PAM_SERVICE = "pamservicename"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{effective, overrides: [{match, value, file, line}], stated}` per option; absent where there is no sshd.

    Of Banner `notices` too, see `ssh_notices`.

    `stated`: whether the main file itself says what is in effect. Null where there is nothing to say, and for lists of
    algorithms: written out, they keep a newer sshd from its better ones. These are `default` where no line sets them.
    """
    host.need_root("The configuration of sshd")
    ssh_servers.refuse(host)
    arguments = daemon_options.policy_arguments(host)
    try:
        output = host.run([*COMMAND, *arguments]).stdout
    except NotFound:
        return [absent(SOURCE)] * len(addresses)
    except ReadError as problem:
        raise ReadError(
            "%s (sshd -T needs a valid configuration, host keys and the folder /run/sshd)" % problem
        ) from None
    daemon_options.refuse(host, daemon_options.SSHD)
    effective = effective_options(output)
    if not effective:
        raise ReadError("sshd -T printed no option")
    overrides = sshd_config.match_overrides(host, CONFIGURATION)
    general = general_lines(host)
    anywhere = {line.name for line in sshd_config.lines(host, CONFIGURATION)}

    def one(address: Address) -> Observation:
        name = lowered(required(address, "name"))
        found = effective.get(name, [])
        seen = None if not found else found[0] if len(found) == 1 else found
        loosened = overrides.get(name, [])
        places = ["%s:%d" % (item["file"], item["line"]) for item in loosened]
        listed = name in ALGORITHMS
        stated = states(general.get(name, []), seen) if isinstance(seen, str) and not listed else None
        document = {"effective": seen, "overrides": loosened, "stated": stated}
        if name == "banner":
            document["notices"] = notices(host, [seen, *(item["value"] for item in loosened)])
        return value(document, ", ".join([SOURCE, *places]), default=listed and name not in anywhere)

    return read_each(addresses, one)


def effective_options(output: str) -> Dict[str, List[str]]:
    """Return option -> values of what `sshd -T` printed."""
    result: Dict[str, List[str]] = {}
    for line in split_lines(output):
        name, _blank, text = line.strip(BLANKS).partition(" ")
        if name:
            result.setdefault(lowered(name), []).append(text.strip(BLANKS))
    return result


def all_values(host: Host, names: Sequence[str]) -> Dict[str, List[str]]:
    """Return option -> every value that it has, in general or by a Match block; empty where there is no sshd. Raises `ReadError`."""
    found: Dict[str, List[str]] = {}
    for name, seen in zip(names, read(host, [{"name": name} for name in names])):
        if seen.state == ERROR:
            raise ReadError(seen.reason)
        said = seen.value["effective"] if seen.state == VALUE else None
        if said is not None:
            general = said if isinstance(said, list) else [said]
            found[name] = [*general, *(item["value"] for item in seen.value["overrides"])]
    return found


def pam_services(host: Host) -> List[str]:
    """Return the services of PAM that sshd asks: others than `sshd` where PAMServiceName says so (OpenSSH 10). Raises `ReadError`."""
    # Where nothing names one, what else is hard to read of sshd's configuration is no matter of PAM's.
    if not host.exists(CONFIGURATION) or not any(
        line.name == PAM_SERVICE for line in sshd_config.lines(host, CONFIGURATION)
    ):
        return ["sshd"]
    seen = read(host, [{"name": PAM_SERVICE}])[0]
    if seen.state == ERROR:
        raise ReadError(seen.reason)
    found = (
        [seen.value["effective"], *(item["value"] for item in seen.value["overrides"])] if seen.state == VALUE else []
    )
    return list(dict.fromkeys(str(name) for name in found if name)) or ["sshd"]
