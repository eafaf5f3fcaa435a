# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `cron_access`: the list of those allowed is made or closed, that of those denied removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.narrow import Attributes, narrow
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import jobs
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, NotFound, required

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan


def write(plan: ChangePlan, address: Address, wanted: Dict[str, Any]) -> None:
    """Write the list ``allow`` (``{allow: {mode, owner, group}}``) or remove the list ``deny`` (``{deny: absent}``).

    A list of those allowed that is made anew names root and whoever has a crontab, or queued jobs of at, already: their work
    goes on.
    """
    program = required(address, "program")
    if wanted == {"deny": "absent"}:
        if not plan.host.exists("/etc/%s.allow" % program):
            # With neither list Debian lets everybody in (crontab(1)); at lets in nobody, which is no reason to differ.
            raise CannotFix("there is no /etc/%s.allow; without it the list of those denied keeps people out" % program)
        plan.remove("/etc/%s.deny" % program)
        return
    if set(wanted) != {"allow"}:
        raise CannotFix("only the list of those allowed can be written, and that of those denied removed")
    path, attributes = "/etc/%s.allow" % program, wanted["allow"]
    if not plan.host.exists(path):
        users = _users_with_crontab(plan.host) if program == "cron" else _users_with_at_jobs(plan.host)
        names = ["root", *users]
        plan.write(path, "".join(name + "\n" for name in dict.fromkeys(names)), mode=int(attributes["mode"], 8))
    limit = int(attributes["mode"], 8)
    mode = plan.host.stat(path).st_mode & limit
    narrow(plan, path, Attributes(mode, attributes["owner"], attributes["group"]), limit)


def _users_with_crontab(host: Host) -> List[str]:
    return [path.rsplit("/", 1)[1] for path in jobs.crontabs(host)]


def _users_with_at_jobs(host: Host) -> List[str]:
    """Return who has queued jobs of at and is not denied it: a job queued before that lets nobody in again."""
    try:
        denied = words_of(host.read_text("/etc/at.deny"))
    except NotFound:
        denied = []
    names = [host.user_name(uid) for uid in jobs.at_jobs(host)]
    return sorted(name for name in names if name and name not in denied)
