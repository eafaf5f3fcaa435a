# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `chrony`: lines that give chronyd another user become comments."""

from __future__ import annotations

from typing import Any, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.reload import reload_for
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import comment_out
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import chrony


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Leave ``wanted``, an account, as the only user that is named."""
    if address.get("query") != "users" or not isinstance(wanted, str):
        raise CannotFix("%r cannot be brought about for %s of chrony" % (wanted, address.get("query")))
    seen = chrony.read(plan.host, [address])[0]
    if seen.state == "error":
        raise ReadError(seen.reason)
    numbers: Dict[str, List[int]] = {}
    for item in seen.value or []:
        if item["argument"] != wanted and not item["line"]:
            raise CannotFix("%s gives chronyd another user on its command line; take -u out there" % item["file"])
        if item["argument"] != wanted:
            numbers.setdefault(item["file"], []).append(item["line"])

    def disable(path: str) -> None:
        if not path.startswith("/etc/"):
            raise CannotFix("%s is not a file of this host's own configuration; change it by hand" % path)
        plan.write(path, comment_out(plan.host.read_text(path), numbers[path]))
        reload_for(plan, "/etc/chrony/")

    plan.each(numbers, disable)
