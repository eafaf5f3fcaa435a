# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.maintenance_window``: stops a play outside of the site's windows. Works on the controller."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import maintenance_window

SPEC = {
    "windows": {"type": "list", "elements": "raw", "default": []},
    "minutes": {"type": "int", "default": 0},
    "at": {"type": "str"},
}


class ActionModule(ActionBase):
    """Fails where no window is open for long enough."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        result["changed"] = False
        _checked, arguments = self.validate_argument_spec(SPEC)
        try:
            options.check_variables(task_vars or {}, options.KNOWN_VARIABLES)
            windows = maintenance_window.parse(arguments["windows"])
            now = _moment(arguments["at"])
        except HipaaCisError as problem:
            result.update(failed=True, msg=str(problem))
            return result
        state = maintenance_window.state_at(windows, now)
        refusal = maintenance_window.refusal(windows, arguments["minutes"], now)
        result["open"] = not refusal
        result["closes"] = state.closes.isoformat() if state.closes else ""
        result["opens"] = state.opens.isoformat() if state.opens else ""
        if refusal:
            result.update(failed=True, msg=refusal)
        return result


def _moment(given: str | None) -> datetime:
    if not given:
        return datetime.now(timezone.utc)
    try:
        moment = datetime.fromisoformat(given.replace("Z", "+00:00"))
    except ValueError:
        raise HipaaCisError(f"{given!r} is not a time as 2026-11-24T02:00:00+00:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
