# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `sshd_option`: an option for everyone, in a file that sshd reads first; what is looser becomes a comment."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any, Dict, List, Optional, Sequence, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import (
    MARK,
    assign,
    comment_out,
    text_or,
    with_line,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.sshd_option import read
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import sshd_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.daemon_options import policy_arguments
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sshd_config import (
    ALGORITHMS,
    CONFIGURATION,
    general_lines,
    same_value,
    states,
)

# The first value that sshd reads is the one that counts, so this name comes before all others.
DROP_IN = "/etc/ssh/sshd_config.d/00-hipaa-cis.conf"
POLICIES = "/etc/crypto-policies/"
UNITS = ("ssh.service", "sshd.service")
MATCH = re.compile(r"\s*\"?match\b", re.IGNORECASE | re.ASCII)
# Of these options a smaller number is stricter; zero switches the limit off, except for sessions.
SMALLER_IS_STRICTER = frozenset(
    {"maxauthtries", "maxsessions", "logingracetime", "clientaliveinterval", "clientalivecountmax"}
)
# What a Match block restricts by these is the site's own and never in the way of a general list.
ACCESS_LISTS = frozenset({"allowusers", "allowgroups", "denyusers", "denygroups"})


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Set an option for everyone; lines below /etc, also of Match blocks, that are looser become comments."""
    name = required(address, "name")
    key = lowered(name)
    seen = read(plan.host, [address])[0]
    if seen.state == "error":
        raise ReadError(seen.reason)
    if seen.state != "value":
        raise CannotFix("there is no sshd on this host")
    _refuse_policy(plan.host, key, name)
    effective = seen.value["effective"]
    text = _value_to_write(key, effective, wanted)
    holds = _holds(key, effective, text)
    stated = [line for line in sshd_config.lines(plan.host, CONFIGURATION) if line.name == key and not line.match][:1]
    says_so = any(same_value(sshd_config.normal(key, line.rest), text) for line in stated)
    if not holds and says_so and (key in ACCESS_LISTS or not _looser(plan.host, key, text)):
        raise CannotFix(
            "%s:%d says %s %s first, and something else wins, as an argument of sshd does; take it out where sshd is started"
            % (stated[0].file, stated[0].number, name, text)
        )
    # What comes first and does not hold all the same is not said once more.
    if not holds and not says_so:
        _write_general(plan, name, text)
    if key not in ACCESS_LISTS:
        for path, numbers in _looser(plan.host, key, text).items():
            if path.startswith("/etc/"):
                plan.write(path, comment_out(plan.host.read_text(path), numbers), check=[["sshd", "-t"]])
        for path, numbers in _looser(plan.host, key, text).items():
            raise CannotFix("%s:%d would still win; change it there by hand" % (path, numbers[0]))
        if plan.host.options.get("write_out"):
            _write_main(plan, name, effective if holds and isinstance(effective, str) else text)
    _reload(plan)


def _refuse_policy(host: Host, key: str, name: str) -> None:
    """Raise `CannotFix` for algorithms that sshd takes from the system-wide cryptographic policy: its files are made by a tool."""
    given = [word for word in policy_arguments(host) if lowered(word).startswith("-o%s=" % key)]
    files = [line.file for line in sshd_config.lines(host, CONFIGURATION) if line.name == key]
    if given or any(path.startswith(POLICIES) for path in files):
        raise CannotFix(
            "sshd takes %s from the system-wide cryptographic policy; give that a module which takes out what is weak, and run: "
            "update-crypto-policies --set POLICY:MODULE" % name
        )


def _value_to_write(key: str, effective: Union[str, List[str], None], wanted: Any) -> str:
    """Return the wanted value, or the part of it that lets in nothing that was shut out before."""
    text = str(wanted).strip(BLANKS)
    if not text:
        raise CannotFix("the site has to say what %s is to be; its parameter is empty" % key)
    if "\n" in text or "#" in text:
        raise CannotFix("%r cannot stand in %s" % (text[:60], CONFIGURATION))
    if key in ALGORITHMS and isinstance(effective, str):
        common = [one for one in text.split(",") if one in effective.split(",")]
        return ",".join(common) or text
    if key == "maxstartups" and isinstance(effective, str):
        pairs = list(zip(effective.split(":"), text.split(":")))
        if len(pairs) == 3 and all(is_number(one) and is_number(other) for one, other in pairs):
            return ":".join(str(min(int(one) or int(other), int(other))) for one, other in pairs)
    return text


def _holds(key: str, seen: Union[str, List[str], None], text: str) -> bool:
    """Return whether a value is the one to be written or a stricter one."""
    if not isinstance(seen, str):
        return False
    if key in SMALLER_IS_STRICTER and is_number(seen) and is_number(text):
        return (int(seen) > 0 or key == "maxsessions") and int(seen) <= int(text)
    return same_value(seen, text)


def _looser(host: Host, key: str, text: str) -> Dict[str, List[int]]:
    """Return file -> lines that set the option to something looser, whether they win now or not."""
    found: Dict[str, List[int]] = {}
    for line in sshd_config.lines(host, CONFIGURATION):
        if line.name == key and not _holds(key, sshd_config.normal(key, line.rest), text):
            found.setdefault(line.file, []).append(line.number)
    return found


def _write_general(plan: ChangePlan, name: str, text: str) -> None:
    line = "%s %s" % (name, text)
    checks: List[Sequence[str]] = [["sshd", "-t"]]
    if _reads_drop_in(plan.host):
        old = text_or(plan.host, DROP_IN, MARK)
        new = with_line(old, line, lambda other: lowered(other.split(" ")[0]) == lowered(name))
        # By itself first: what sshd does not know must not be live for a moment.
        plan.write(DROP_IN, new, mode=0o600, validate=[["sshd", "-t", "-f", "{file}"]], check=checks)
        return
    old = plan.host.read_text(CONFIGURATION)
    rest = old[len(MARK) :] if old.startswith(MARK) else old
    plan.write(CONFIGURATION, MARK + line + "\n" + rest, validate=[["sshd", "-t", "-f", "{file}"]], check=checks)


def _write_main(plan: ChangePlan, name: str, text: str) -> None:
    """Let the main file say the same, for it is what people and many scanners read: before its first Match block."""
    lines = general_lines(plan.host).get(lowered(name), [])
    if states(lines, text):
        return
    old = plan.host.read_text(CONFIGURATION)
    line = "%s %s" % (name, text)
    if lines:
        new = assign(old, [found.number for found in lines], line)
    else:
        rows = split_lines(old, ends=True)
        first = next((at for at, row in enumerate(rows) if MATCH.match(row)), len(rows))
        new = assign("".join(rows[:first]), [], line) + "".join(rows[first:])
    plan.write(CONFIGURATION, new, validate=[["sshd", "-t", "-f", "{file}"]], check=[["sshd", "-t"]])


def _reads_drop_in(host: Host) -> bool:
    """Return whether the configuration includes our own file for every connection."""
    return any(
        line.name == "include"
        and not line.match
        and any(fnmatchcase(DROP_IN, pattern) for pattern in sshd_config.included(line.rest))
        for line in sshd_config.lines(host, CONFIGURATION)
    )


def _reload(plan: ChangePlan) -> None:
    """Let sshd read its files again at the end; sessions go on. One that is started by a socket reads them anyway."""
    if plan.host.exists("/run/systemd/system"):
        unit = _unit(plan.host) or UNITS[0]
        plan.refresh(["systemctl", "try-reload-or-restart", unit])
    elif plan.host.exists("/etc/init.d/ssh"):
        plan.refresh(["/etc/init.d/ssh", "reload"])
    else:
        plan.warn("sshd was not told to read its files again, for there is no systemd; send it SIGHUP")


def _unit(host: Host) -> Optional[str]:
    for unit in UNITS:
        for folder in ("/etc/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/"):
            if host.exists(folder + unit):
                return unit
    return None
