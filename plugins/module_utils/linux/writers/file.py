# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `file`: permissions are taken away and owners set, where nobody else could swap the file for a link."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, Callable, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.narrow import Attributes, narrow, nobody
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import file_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.ssh_files import refuse_read_by_others
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import USER, Entry, shown

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# Who is in one of these reads logs, and keeps that; writing them is not what they are for.
READERS = ("adm", "systemd-journal")
MERGED = ("/bin", "/sbin", "/lib", "/lib64")


def write(plan: ChangePlan, address: Address, wanted: Dict[str, Any]) -> None:
    """Take away permissions and set owners: ``wanted`` is ``{mode?, owner?, group?, default_acl?, keep_access?}``. A mode is never made wider.

    What access control lists give beyond the mode goes with it; ``default_acl`` ``closed``: what a folder's list gives on new files.

    ``keep_access``: whoever may use the file by its owner or its group, or has it open, keeps that; it is left to a person.
    """
    path = required(address, "path")
    if not plan.host.exists(path):
        raise CannotFix("%s does not exist; nothing is known of what it should hold" % printable(path))
    refuse_planted(plan.host, path)
    refuse_read_by_others(plan.host, path)
    status = plan.host.stat(path)
    given = Attributes(None, wanted.get("owner"), wanted.get("group"))
    if "mode" in wanted:
        given.mode = stat.S_IMODE(status.st_mode) & int(wanted["mode"], 8)
    if wanted.get("keep_access"):
        _keep_access(plan, path, status, given)
    limit = int(wanted["mode"], 8) | (given.mode or 0) if "mode" in wanted else None
    new_files = limit if wanted.get("default_acl") is None else 0
    keeps = _kept_guests(plan, path) if wanted.get("keep_access") else nobody
    narrow(plan, path, given, limit, new_files, keeps)


def _kept_guests(plan: ChangePlan, path: str) -> Callable[[Entry], bool]:
    """Return what tells whether an entry of an access control list is somebody's, who keeps that, and says so."""

    def keeps(entry: Entry) -> bool:
        is_user = entry.tag == USER
        who = file_users.of_owner(plan.host, entry.number) if is_user else ""
        who = who or ("" if is_user else file_users.of_group(plan.host, entry.number, 0))
        if who:
            plan.leave(
                "%s is open to %s by its access control list (%s), so that stays; take it out with setfacl -x where it is not "
                "needed" % (printable(path), who, shown(plan.host, entry))
            )
        return bool(who)

    return keeps


def _keep_access(plan: ChangePlan, path: str, status: os.stat_result, given: Attributes) -> None:
    """Take out of what is wanted what would take a file from those who use it, and say so."""
    mode = stat.S_IMODE(status.st_mode)
    who = file_users.of_owner(plan.host, status.st_uid) if status.st_uid and mode & 0o600 else ""
    if given.owner is not None and who:
        given.owner = None
        plan.leave(
            "%s belongs to %s, which may need it, so that stays; give it another owner by hand where it does not"
            % (printable(path), who)
        )
    _keep_group(plan, path, status, given)
    taken = 0 if given.mode is None else mode & ~given.mode & 0o007
    who = file_users.by_others(plan.host, path, status.st_uid, status.st_gid) if taken else ""
    if who:
        given.mode = (given.mode or 0) | taken
        plan.leave(
            "%s is in use by %s, which gets at it as others do, so its mode stays %04o; give that access by a group first"
            % (printable(path), who, given.mode)
        )


def _keep_group(plan: ChangePlan, path: str, status: os.stat_result, given: Attributes) -> None:
    mode = stat.S_IMODE(status.st_mode)
    taken = 0 if given.mode is None else mode & ~given.mode & 0o070
    group = plan.host.group_name(status.st_gid) or str(status.st_gid)
    if not (mode & 0o070 and status.st_gid) or group in READERS:
        return
    who = file_users.of_group(plan.host, status.st_gid, status.st_uid)
    if who and (taken or given.group is not None):
        given.group = None
        given.mode = None if given.mode is None else given.mode | taken
        plan.leave(
            "%s is open to the group %s, in which is %s, so that stays; take it away by hand where it is not needed"
            % (printable(path), printable(group), who)
        )


def refuse_planted(host: Host, path: str) -> None:
    """Raise `CannotFix` where others than root could have put a link in place of a file or of a folder above it."""
    folder = path.rsplit("/", 1)[0]
    # /sbin and its like are links into /usr on every current system.
    folder = "/usr" + folder if folder in MERGED else folder
    while folder:
        status = host.stat(folder, follow=False)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid or status.st_mode & 0o022:
            raise CannotFix(
                "%s lies in %s, which is a link or where others than root may write; change it by hand"
                % (printable(path), printable(folder))
            )
        folder = folder.rsplit("/", 1)[0]
