# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `package`: one call installs, one call removes; nothing else may go with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, Dict, List, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import traceless
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    ABSENT,
    ERROR,
    Address,
    NotFound,
    required,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import package
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.rpm import SOURCE as RPM

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+\Z")
_ACT = re.compile(r"^(Remv|Inst) (\S+)", re.MULTILINE | re.ASCII)
_NAMES = re.compile(r"[a-z0-9][a-z0-9+.-]+")
DEPENDENCIES = ("dpkg-query", "--show", "--showformat", "${Package}\\t${Depends}, ${Pre-Depends}\\t${Provides}\\n")
_CANDIDATE = re.compile(r"^  Candidate: (.+)$", re.MULTILINE)
# ostree(1): there where the running system is a deployment of it, Red Hat's bootable containers too.
_OSTREE = "/run/ostree-booted"
# Program, how it is called, what has to follow. The first comes with zypper, which cannot write where the root is a snapshot.
_RPM_PROGRAMS = (
    ("transactional-update", "transactional-update pkg", "; restart then"),
    ("dnf", "dnf", ""),
    ("dnf5", "dnf5", ""),
    ("yum", "yum", ""),
    ("microdnf", "microdnf", ""),
    ("zypper", "zypper", ""),
)
_NFTABLES_AT_BOOT = "/etc/systemd/system/sysinit.target.wants/nftables.service"


def write(plan: ChangePlan, address: Address, wanted: bool) -> None:
    """Install (``True``) or remove (``False``) a package."""
    name = required(address, "name")
    if not _NAME.match(name) or not isinstance(wanted, bool):
        raise CannotFix("only a package's being installed or not is automatic")
    # Where the database can't be trusted, nothing is installed or removed.
    observed = package.read(plan.host, [address])[0]
    if observed.state == ERROR:
        raise CannotFix(observed.reason)
    if (observed.state != ABSENT) == wanted:
        return
    if observed.source == RPM:
        raise CannotFix(
            "the packages of this host are rpm's, which are not changed automatically; "
            + _by_hand(plan.host, name, wanted)
        )
    if wanted:
        _install(plan, name)
    else:
        _remove(plan, name)


def _by_hand(host: Host, name: str, wanted: bool) -> str:
    """Return how a person installs or removes a package of rpm's with what this host has for it."""
    if host.exists(_OSTREE):
        return (
            "nor by dnf, for its system is an image; run: rpm-ostree %s %s and restart, or, where the image is built "
            "by the site, build it %s the package"
            % (*(("install", name, "with") if wanted else ("uninstall", name, "without")),)
        )
    verb, look = "install" if wanted else "remove", "and look at what it would bring or take along before you agree"
    for program, call, behind in _RPM_PROGRAMS:
        if any(host.exists("%s/%s" % (folder, program)) for folder in ("/usr/bin", "/usr/sbin")):
            return "run: %s %s %s, %s%s" % (call, verb, name, look, behind)
    return "%s it by hand, for there is none of %s" % (
        verb,
        ", ".join(program for program, _call, _behind in _RPM_PROGRAMS),
    )


def _remove(plan: ChangePlan, name: str) -> None:
    reason = _IN_CHARGE.get(name, lambda _host: "")(plan.host)
    if reason:
        raise CannotFix("%s %s; removing it would open this host" % (name, reason))
    planned = plan.planned_packages("remove")
    if not _is_named_by_others(plan.host, name):
        plan.packages("remove", name)
        return
    removed, installed = _simulated(plan.host, "remove", [*planned, name])
    if name not in removed:
        raise CannotFix("apt-get would not remove %s; remove it by hand" % name)
    others = sorted(removed - set(planned) - {name})
    if others or installed:
        raise CannotFix(
            "%s is needed: %s would be %s with it; remove it by hand where that is right"
            % (name, ", ".join((others or sorted(installed))[:8]), "removed" if others else "installed")
        )
    plan.packages("remove", name)


def _is_named_by_others(host: Host, name: str) -> bool:
    """Return whether an installed package depends on this name, or on one that it provides.

    Where none does nothing else can go with it, and asking apt-get, which takes its time, tells nothing more.
    """
    rows = split_lines(host.run(DEPENDENCIES).stdout)
    fields = [row.split("\t") for row in rows]
    provided = {name}
    for row in fields:
        if row[0] == name and len(row) > 2:
            provided.update(_NAMES.findall(row[2]))
    return any(row[0] != name and provided & set(_NAMES.findall(row[1])) for row in fields if len(row) > 1)


def _install(plan: ChangePlan, name: str) -> None:
    policy = plan.host.run(["apt-cache", *traceless(plan.host), "policy", name]).stdout
    found = _CANDIDATE.search(policy)
    known = found is not None and found.group(1) != "(none)"
    if not known and _has_lists(plan.host):
        raise CannotFix("no repository of this host offers the package %s; add one, then run apt-get update" % name)
    if known:
        # Lists that are there tell in advance what would go; without any, apt-get finds it out after it fetched them.
        removed, installed = _simulated(plan.host, "install", [*plan.planned_packages("install"), name])
        if removed:
            raise CannotFix("installing %s would remove %s; do it by hand" % (name, ", ".join(sorted(removed)[:8])))
        if name not in installed:
            raise CannotFix("apt-get would not install %s; install it by hand" % name)
    plan.packages("install", name)


def _has_lists(host: Host) -> bool:
    return bool(host.glob("/var/lib/apt/lists/*_Packages*"))


def _simulated(host: Host, verb: str, names: List[str]) -> Tuple[Set[str], Set[str]]:
    """Return the packages that apt-get would remove and those that it would install."""
    options = ["--no-install-recommends"] if verb == "install" else []
    try:
        output = host.run(["apt-get", "-q", "-y", *traceless(host), "--simulate", verb, *options, *names]).stdout
    except NotFound:
        raise CannotFix("this host has no apt-get; its packages cannot be changed automatically") from None
    acts: Dict[str, Set[str]] = {"Remv": set(), "Inst": set()}
    for act, name in _ACT.findall(output):
        acts[act].add(name)
    return acts["Remv"], acts["Inst"]


def _ufw(host: Host) -> str:
    on = re.search(
        r"^\s*ENABLED=[\"']?yes", text_or(host, "/etc/ufw/ufw.conf"), re.IGNORECASE | re.MULTILINE | re.ASCII
    )
    return "is the firewall in charge (ENABLED=yes in /etc/ufw/ufw.conf)" if on else ""


def _iptables(host: Host) -> str:
    rules = [path for path in ("/etc/iptables/rules.v4", "/etc/iptables/rules.v6") if "-A " in text_or(host, path)]
    return "loads the firewall rules of %s" % ", ".join(rules) if rules else ""


def _nftables(host: Host) -> str:
    return "is the firewall in charge (nftables.service is enabled)" if host.exists(_NFTABLES_AT_BOOT) else ""


# A firewall that is in charge is never removed: why not, by the package's name.
_IN_CHARGE: Dict[str, Callable[[Host], str]] = {
    "ufw": _ufw,
    "iptables-persistent": _iptables,
    "netfilter-persistent": _iptables,
    "nftables": _nftables,
}
