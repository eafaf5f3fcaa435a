# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `su_access`: su is limited to the members of an empty group."""

from __future__ import annotations

import re
from typing import Any, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import GROUP, GSHADOW, NEW
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.su_access import PATH, group_of, members_of, read
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import words_of_line

GROUP_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}\Z")
# With the users, of whose some may have the group as their primary one when it is taken back.


def write(plan: ChangePlan, _address: Address, wanted: Any) -> None:
    """Limit su to the members of the group ``wanted``, which is made where it is missing and has to be empty."""
    host = plan.host
    seen = _checked(host)
    name = seen["group"] or str(wanted)
    if not GROUP_NAME.match(name):
        raise CannotFix("%r is no name for a group" % name[:60])
    members = members_of(host, group_of(host, name))
    if members:
        raise CannotFix(
            "%s has members (%s), whom only a person may take out: gpasswd -d USER %s"
            % (name, ", ".join(members[:5]), name)
        )
    if not seen["group"]:
        plan.write(PATH, _limited(host.read_text(PATH), name))
    if group_of(host, name) is None:
        made = [[path, name, NEW, ""] for path in (GROUP, GSHADOW)]
        argv = ["groupadd", "--system", name]
        plan.account_command("create the empty group " + name, argv, made)
    after = _checked(host)
    if after["group"] != name:
        raise CannotFix("%s cannot be changed so that su is limited; change it by hand" % PATH)


def _checked(host: Host) -> Dict[str, Any]:
    seen = read(host, [{}])[0]
    if seen.state != "value":
        raise CannotFix("there is no %s on this host" % PATH)
    if seen.value["bypasses"]:
        raise CannotFix("%s lets in without the group; change it by hand" % ", ".join(seen.value["bypasses"]))
    found: Dict[str, Any] = seen.value
    return found


def _limited(text: str, name: str) -> str:
    """Return the configuration with the line behind that of pam_rootok, by which root itself stays free to use su."""
    rows = split_lines(text, ends=True)
    for number, row in enumerate(rows):
        words = [lowered(word) for word in words_of_line(row.rstrip("\n").partition("#")[0])]
        if words[:3] == ["auth", "sufficient", "pam_rootok.so"]:
            line = "auth       required   pam_wheel.so use_uid group=%s\n" % name
            return "".join([*rows[:number], row.rstrip("\n") + "\n", line, *rows[number + 1 :]])
    raise CannotFix(
        "%s has no line of pam_rootok, without which root could not use su either; change it by hand" % PATH
    )
