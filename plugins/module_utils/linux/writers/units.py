# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kinds `service`, `socket` and `timer`: units are switched on, or off together with what would start them."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any, Dict, List, Mapping

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.reload import refresh
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import firewall_switch
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    ABSENT,
    ERROR,
    Address,
    NotFound,
    ReadError,
    required,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import units
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewall_at_boot import nft_file, nft_statements

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

OWN_UNITS = "/etc/systemd/system/"
NFTABLES = "nftables.service"
CAN_BE_DISABLED = ("enabled", "enabled-runtime", "alias", "linked-runtime")
CAN_BE_ENABLED = ("disabled", "enabled-runtime", "linked")
Unit = Mapping[str, Any]


def write_service(plan: ChangePlan, address: Address, wanted: Dict[str, bool]) -> None:
    """Switch a service on or off: ``wanted`` holds ``enabled``, ``active``, ``masked`` (each true or false)."""
    _write(plan, units.full_name(required(address, "name"), ".service"), wanted)


def write_socket(plan: ChangePlan, address: Address, wanted: Dict[str, bool]) -> None:
    """The same for a socket."""
    _write(plan, units.full_name(required(address, "name"), ".socket"), wanted)


def write_timer(plan: ChangePlan, address: Address, wanted: Dict[str, bool]) -> None:
    """The same for a timer."""
    _write(plan, units.full_name(required(address, "name"), ".timer"), wanted)


def _write(plan: ChangePlan, name: str, wanted: Dict[str, bool]) -> None:
    if not set(wanted) <= {"enabled", "active", "masked"} or not all(isinstance(one, bool) for one in wanted.values()):
        raise CannotFix("only enabled, active and masked of %s can be set" % name)
    on = wanted.get("enabled") or wanted.get("active") or wanted.get("masked") is False
    off = wanted.get("masked") or wanted.get("enabled") is False or wanted.get("active") is False
    if on and off:
        raise CannotFix("%s cannot be both switched on and off" % name)
    if on:
        _switch_on(plan, name, wanted)
    elif off:
        _switch_off(plan, name)


def _seen(host: Host, name: str) -> Unit:
    """Return the unit as its reader sees it. Raises `CannotFix` where there is none, `ReadError` where it can't be told."""
    observed = units.observe(host, name)
    if observed.state == ERROR:
        raise ReadError(observed.reason)
    if observed.state == ABSENT:
        raise CannotFix("there is no %s on this host; install the package that brings it" % name)
    seen: Unit = observed.value
    return seen


def _switch_on(plan: ChangePlan, name: str, wanted: Dict[str, bool]) -> None:
    seen = _seen(plan.host, name)
    if seen["masked"] is not False:
        _unmask(plan, name, seen)
    enable = bool(wanted.get("enabled")) and not seen["enabled"]
    start = bool(wanted.get("active")) and not seen["active"]
    # What a masked unit is without its mask is not known before; enabling an enabled unit changes nothing.
    if enable and not seen["masked"] and seen["state"] not in CAN_BE_ENABLED:
        if seen.get("why"):
            raise CannotFix("%s: %s" % (name, seen["why"]))
        raise CannotFix(
            "%s is %s, which systemctl enable does not change" % (name, seen["state"] or "without a unit file")
        )
    if start and name == NFTABLES:
        _check_nftables(plan.host)
    if start:
        firewall_switch.need_tracking(plan, name)
    if enable:
        plan.systemctl(["enable", "--now"] if start else ["enable"], name, "stop" if start else "")
    elif start:
        plan.systemctl(["start"], name, "stop")


def _unmask(plan: ChangePlan, name: str, seen: Unit) -> None:
    if seen["state"] != "masked":
        raise CannotFix("%s is %s, until the next boot only; run systemctl unmask %s" % (name, seen["state"], name))
    link = OWN_UNITS + name
    if plan.host.exists(link) and not _is_link(plan.host, link):
        raise CannotFix("%s is masked by an empty file, not by a link; remove it by hand" % link)
    plan.systemctl(["unmask"], name)


def _is_link(host: Host, path: str) -> bool:
    try:
        return stat.S_ISLNK(host.stat(path, follow=False).st_mode)
    except NotFound:
        return False


def _switch_off(plan: ChangePlan, name: str) -> None:
    for one in [name, *_started_by(plan.host, name)]:
        seen = _seen(plan.host, one)
        if seen["load"] == "not-found":
            raise CannotFix("%s runs but its unit file is gone; stop it by hand" % one)
        if seen["enabled"] is False and seen["active"] is False:
            continue
        path = OWN_UNITS + one
        firewall_switch.need_another(plan, one)
        # A mask is a link in the place where a unit file of the site's own would stand.
        own = plan.host.exists(path) and not _is_link(plan.host, path)
        if own and seen["enabled"] is not False and seen["state"] not in CAN_BE_DISABLED:
            raise CannotFix(
                "%s: %s, and its unit file is in the way of a mask; look at what has it started"
                % (one, seen.get("why", seen["state"]))
            )
        undo = "start" if seen["active"] else ""
        # Stopping nftables flushes the rules of all tools; so does its start, in a rollback.
        reloads = firewall_switch.reloads_of_others(plan.host) if one == NFTABLES else []
        plan.systemctl(["disable" if own else "mask", "--now"], one, undo, after_undo=reloads)
        for argv in reloads:
            refresh(plan, argv)


def _started_by(host: Host, name: str) -> List[str]:
    """Return the sockets, paths and timers that would start a unit again."""
    output = host.run(["systemctl", "show", "--no-pager", "--property=TriggeredBy", "--", name]).stdout
    return sorted(words_of(output.strip(BLANKS).partition("=")[2]))


def _check_nftables(host: Host) -> None:
    """Refuse to start nftables.service where what it loads is broken, or where it would throw away rules in use."""
    host.run(["nft", "-c", nft_statements(host)])
    if host.run(["nft", "list", "ruleset"]).stdout.strip(BLANKS):
        raise CannotFix(
            "firewall rules are loaded that nftables.service would throw away; write them to %s first" % nft_file(host)
        )
