# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switching one firewall off must not leave the host open, and must not take the rules of another with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.reload import UFW
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.firewall import (
    refuses,
    stored,
    ufw_is_on,
    ufw_refuses_output,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, raised
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import units

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

UFW_UNIT, NFTABLES_UNIT, IPTABLES_UNIT = "ufw.service", "nftables.service", "netfilter-persistent.service"
# Whether the tool's own files refuse anything.
REFUSES: Dict[str, Callable[[Host], bool]] = {
    UFW_UNIT: ufw_is_on,
    NFTABLES_UNIT: lambda host: refuses(stored(host, NFTABLES_UNIT)),
    IPTABLES_UNIT: lambda host: refuses(stored(host, IPTABLES_UNIT)),
}
# How a tool loads its rules again.
RELOADS: Dict[str, Sequence[str]] = {
    UFW_UNIT: ("sh", "-c", UFW),
    IPTABLES_UNIT: ("netfilter-persistent", "start"),
}
REFUSES_OUTPUT: Dict[str, Callable[[Host], bool]] = {
    UFW_UNIT: lambda host: ufw_is_on(host) and ufw_refuses_output(host),
    NFTABLES_UNIT: lambda host: refuses(stored(host, NFTABLES_UNIT), "output"),
    IPTABLES_UNIT: lambda host: refuses(stored(host, IPTABLES_UNIT), "output"),
}
# The number of connections that the kernel follows; it follows none before some rule asks for their state.
TRACKED = "/proc/sys/net/netfilter/nf_conntrack_count"
_OFF = (("mask", "--now"), ("disable", "--now"))


def need_another(plan: ChangePlan, unit: str) -> None:
    """Raise `CannotFix` where a firewall is to be switched off and no other is at work that refuses anything."""
    if unit not in REFUSES or not _is_on(plan.host, unit, running=False) or not REFUSES[unit](plan.host):
        return
    others = [one for one in REFUSES if one != unit and _is_on(plan.host, one) and REFUSES[one](plan.host)]
    going = plan.planned_units(_OFF)
    if not any(one not in going for one in others):
        raise CannotFix(
            "%s filters here and no other firewall does; without it this host would be open. Bring the rules of the "
            "other tool into force first, or switch that one off" % unit
        )


def need_tracking(plan: ChangePlan, unit: str) -> None:
    """Raise `CannotFix` where a firewall that refuses what goes out is to start on a host that follows no connections yet.

    The answer to whoever is connected is then no part of a known connection and is refused, and with it this very run.
    """
    if unit in REFUSES_OUTPUT and REFUSES_OUTPUT[unit](plan.host) and not _tracks(plan.host):
        raise CannotFix(
            "%s would refuse what goes out, and this host does not follow its connections yet, so those that are open would "
            "hang; start it from the console, or after a rule that asks for the state of connections was loaded" % unit
        )


def need_tracking_for_ufw(plan: ChangePlan, name: str, text: str) -> None:
    """The same for the settings of ufw; what goes out may be refused once ufw has run."""
    switches_on = name == "ENABLED" and lowered(text) == "yes" and ufw_refuses_output(plan.host)
    refuses = switches_on or (name == "DEFAULT_OUTPUT_POLICY" and raised(text) in ("DROP", "REJECT"))
    if refuses and not _tracks(plan.host):
        raise CannotFix(
            "this host does not follow its connections yet, so those that are open would hang if ufw refused what goes "
            "out; switch ufw on with outgoing connections allowed first, then run this again"
        )


def _tracks(host: Host) -> bool:
    return text_or(host, TRACKED, "0").strip(BLANKS) != "0"


def _is_on(host: Host, unit: str, running: bool = True) -> bool:
    """Return whether a unit is started at boot and runs (both with ``running``, else one of them)."""
    if not host.exists("/run/systemd/system"):
        return False
    seen = units.observe(host, unit)
    if seen.state != "value":
        return False
    both = (bool(seen.value["enabled"]), seen.value["active"] is True)
    return all(both) if running else any(both)


def reloads_of_others(host: Host) -> List[Sequence[str]]:
    """Return the commands that load the rules of the other tools again: what stops nftables flushes all there are."""
    return [argv for unit, argv in RELOADS.items() if _is_on(host, unit, running=False) and REFUSES[unit](host)]
