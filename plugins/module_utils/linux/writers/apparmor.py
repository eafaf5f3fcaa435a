# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `apparmor`: profiles that only complain are enforced, by their own files (apparmor.d(5))."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Any, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ERROR, Address
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import apparmor

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

FOLDER = "/etc/apparmor.d"
FORCED = FOLDER + "/force-complain"
FLAGS = re.compile(r"[ \t]+flags\s*=\s*\(([^)]*)\)", re.ASCII)
# The parser takes a profile from its cache unless the file is newer, which one that a rollback brings back never is.
LOAD = ("apparmor_parser", "--replace", "--skip-read-cache", "--write-cache")
# Parses a profile as it would be loaded, without touching the kernel.
CHECK = ("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--base", FOLDER, "{file}")


def write(plan: ChangePlan, _address: Address, wanted: Any) -> None:
    """Enforce every profile (``enforce``) and load them anew.

    Programs that run without their profile have to be started again by a person, who knows when that may be.
    """
    if wanted != "enforce":
        raise CannotFix("profiles can only be enforced")
    seen = apparmor.read(plan.host, [{}])[0]
    if seen.state == ERROR:
        raise CannotFix(seen.reason)
    if not seen.value["enabled"]:
        raise CannotFix("AppArmor is switched off; it is switched on at the next boot by the kernel's arguments")
    changed = _enforce_files(plan)
    if seen.value["complain"] and not changed:
        raise CannotFix("no file below %s says why %s only complain" % (FOLDER, ", ".join(seen.value["complain"][:5])))
    if changed:
        plan.refresh([*LOAD, *changed])
    if seen.value["unconfined_processes"]:
        plan.warn(
            "started before their profile, to be started again: " + ", ".join(seen.value["unconfined_processes"][:10])
        )


def _enforce_files(plan: ChangePlan) -> List[str]:
    """Take the flag ``complain`` out of the profiles' files and remove the links that force it; return what changes."""
    changed = []
    for path in plan.host.glob(FOLDER + "/*"):
        if not _is_file(plan.host, path):
            continue
        text = plan.host.read_text(path)
        enforced = FLAGS.sub(lambda found: _without_complain(found.group(1)), text)
        if enforced != text:
            plan.write(path, enforced, validate=[CHECK])
            changed.append(path)
    if plan.host.glob(FORCED + "/*"):
        raise CannotFix("profiles are made to complain by links below %s; remove those by hand" % FORCED)
    return changed


def _is_file(host: Host, path: str) -> bool:
    return stat.S_ISREG(host.stat(path, follow=False).st_mode)


def _without_complain(flags: str) -> str:
    kept = [flag for flag in re.split(r"[\s,]+", flags, flags=re.ASCII) if flag and flag != "complain"]
    return " flags=(%s)" % ",".join(kept) if kept else ""
