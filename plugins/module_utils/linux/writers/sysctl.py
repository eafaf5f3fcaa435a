# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `sysctl`: a value now and for every boot, in a file that is read behind all others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import (
    MARK,
    comment_out,
    text_or,
    with_line,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.interface_settings import (
    ALIASES,
    SYSTEMD,
    interfaces,
    of_network,
    pattern_of,
    sample_of,
    set_by_others,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.set_elsewhere import Setting
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_file import parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sysctl_settings import (
    BootSettings,
    checked_key,
    configured_value,
    running_value,
)

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# Behind the 99-sysctl.conf of Debian, so that it is read last of the numbered ones.
OWN_FILE = "/etc/sysctl.d/99-zz-hipaa-cis.conf"
# A host that stops forwarding takes redirects from then on, unless it is told not to (ip-sysctl of the kernel).
_REDIRECTS = "/proc/sys/net/ipv4/conf/all/accept_redirects"
RESETS = {"net/ipv4/ip_forward": _REDIRECTS, "net/ipv4/conf/all/forwarding": _REDIRECTS}


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Set a value now and for every boot; lines below /etc that say otherwise become comments.

    ``wanted``: the value, or ``{at_least: n}``, of which a greater one that runs or is configured stays.
    """
    name = required(address, "name")
    key, running = checked_key(name), running_value(plan.host, name)
    if running is None:
        raise CannotFix("this kernel has no parameter %s" % name)
    boot = BootSettings(plan.host)
    text = _text(wanted, [running, configured_value(boot, name)])
    if running != text and not os.access(plan.host.path("/proc/sys/" + key), os.W_OK):
        raise CannotFix(
            "%s is %s and cannot be changed from within a container; set it on the machine that runs it"
            % (name, running)
        )
    others = [one for one in _others(plan, key, text) if one.by != SYSTEMD]
    if others and "forwarding" in others[0].key.replace("ip_forward", "forwarding"):
        # What is at work may need it: containers, guests and tunnels would lose their network.
        raise CannotFix(_of_others(others))
    _disable_others(plan, boot, [key, *([ALIASES[key]] if key in ALIASES else [])], text)
    _own_line(plan, name, key, text)
    _refuse_other_winner(plan, [key], text)
    left = [one for one in _others(plan, key, text) if one.by == SYSTEMD]
    if left:
        raise CannotFix(_of_others(left))
    plan.kernel("/proc/sys/" + key, text, RESETS.get(key, ""))
    _set_interfaces(plan, key, text)
    for one in others:
        plan.leave(_of_others([one]))


def _others(plan: ChangePlan, key: str, text: str) -> List[Setting]:
    """Return what other programs set to another value, which only they can change."""
    found = set_by_others(plan.host, BootSettings(plan.host), key) if of_network(key) else []
    return [one for one in found if one.text != text]


def _of_others(others: Sequence[Setting]) -> str:
    told = "; ".join("%s sets %s to %s (%s:%d)" % (one.by, one.key, one.text, one.file, one.line) for one in others[:5])
    return "%s, when the host starts or an interface comes up; change it there, or document an exception" % printable(
        told
    )


def _set_interfaces(plan: ChangePlan, key: str, text: str) -> None:
    """Set what differs on interfaces: on those that are here now, and by a pattern that udev applies to each that comes."""
    boot = BootSettings(plan.host)
    wrong = [one for one in interfaces(plan.host, boot, key) if not {one.running, one.configured} <= {text, None}]
    if not wrong:
        return
    _disable_others(plan, boot, [one.key for one in wrong], text)
    _own_line(plan, pattern_of(key), pattern_of(key), text)
    left = interfaces(plan.host, BootSettings(plan.host), key)
    _refuse_other_winner(plan, [sample_of(one.key) for one in left if one.configured not in (None, text)], text)
    for one in wrong:
        if one.running not in (None, text):
            plan.kernel("/proc/sys/" + one.key, text)


def _own_line(plan: ChangePlan, name: str, key: str, text: str) -> None:
    own = text_or(plan.host, OWN_FILE, MARK)
    plan.write(OWN_FILE, with_line(own, "%s = %s" % (name, text), lambda line: _sets(line, key)))


def _refuse_other_winner(plan: ChangePlan, keys: Sequence[str], text: str) -> None:
    """Raise `CannotFix` where the planned files would leave another value at the next boot."""
    boot = BootSettings(plan.host)
    for key in keys:
        left = boot.winner(key)
        if left is None or left.text != text:
            place = "%s:%d" % (printable(left.file), left.line) if left else "nothing"
            raise CannotFix("%s would still win at the next boot; change it there by hand" % place)


def _disable_others(plan: ChangePlan, boot: BootSettings, keys: Sequence[str], text: str) -> None:
    """Make lines below /etc that give one of the keys another value comments."""
    other: Dict[str, Set[int]] = {}
    for key in keys:
        for assignment in boot.sources(key):
            of_interfaces = assignment.is_pattern and assignment.key == key
            if assignment.text != text and assignment.file != OWN_FILE and (of_interfaces or not assignment.is_pattern):
                other.setdefault(assignment.file, set()).add(assignment.line)
    for path, numbers in other.items():
        place = _real_file(plan.host, path)
        if place.startswith("/etc/"):
            plan.write(place, comment_out(plan.host.read_text(place), sorted(numbers)))


def _text(wanted: Any, seen: Sequence[Optional[str]]) -> str:
    if not isinstance(wanted, dict):
        return " ".join(words_of(str(wanted)))
    return str(max([wanted["at_least"], *(int(text) for text in seen if text is not None and is_number(text))]))


def _sets(line: str, key: str) -> bool:
    return any(assignment.key == key for assignment in parse(OWN_FILE, line))


def _real_file(host: Host, path: str) -> str:
    """Return the file behind Debian's link /etc/sysctl.d/99-sysctl.conf; other links are left to those who made them."""
    try:
        target = host.read_link(path)
    except ReadError:
        return path
    return "/etc/sysctl.conf" if target in ("../sysctl.conf", "/etc/sysctl.conf") else path
