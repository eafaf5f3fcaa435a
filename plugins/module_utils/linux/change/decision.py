# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of an apply: its changes are confirmed, or asked after, and the host is released.

Apart from `apply`, for what plans and makes changes takes longer to be loaded than all of this to be done.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import lock
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, explain
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner

RELEASE = "release"
MODES = ("confirm", "status", RELEASE)


def answer(request: Mapping[str, Any], root: str = "/", runner: Runner = run_command) -> Dict[str, Any]:
    """Release the host; or confirm, where that is asked, and say how it stands, going on with an undoing that is dead.

    Returns ``{changed}``, and of a decision ``{changed, confirmed, commit}``. Raises `ChangeError`.
    """
    journal = Journal(root, request["run_id"])
    if request["mode"] == RELEASE:
        lock.release(root, journal.run_id, str(request.get("options", {}).get("token", "")))
        return {"changed": False}
    # Releasing needs none of it.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import confirm

    try:
        confirmed = request["mode"] == "confirm" and confirm.disarm(journal, runner, root)
        if not confirmed:
            confirm.take_over(journal, Host(root), runner)
        return {"changed": False, "confirmed": confirmed, "commit": confirm.status(journal)}
    except OSError as problem:
        raise ChangeError(explain(journal.folder, problem)) from None
