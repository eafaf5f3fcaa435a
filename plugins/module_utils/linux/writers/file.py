# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `file`: permissions are taken away and owners set, where nobody else could swap the file for a link."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.ssh_files import refuse_read_by_others
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

MERGED = ("/bin", "/sbin", "/lib", "/lib64")


def write(plan: ChangePlan, address: Address, wanted: Dict[str, str]) -> None:
    """Take away permissions and set owners: ``wanted`` is ``{mode?, owner?, group?}``. A mode is never made wider."""
    path = required(address, "path")
    if not plan.host.exists(path):
        raise CannotFix("%s does not exist; nothing is known of what it should hold" % printable(path))
    refuse_planted(plan.host, path)
    refuse_read_by_others(plan.host, path)
    mode = stat.S_IMODE(plan.host.stat(path).st_mode) & int(wanted["mode"], 8) if "mode" in wanted else None
    plan.attributes(path, mode, wanted.get("owner"), wanted.get("group"))


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
