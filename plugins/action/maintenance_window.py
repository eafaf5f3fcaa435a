# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.maintenance_window``: stops a play outside of the site's windows. Works on the controller."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
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
    _supports_check_mode = True
    _supports_async = False

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
        enough = state.closes is None or now + timedelta(minutes=arguments["minutes"]) <= state.closes
        result["open"] = state.open and enough
        result["closes"] = state.closes.isoformat() if state.closes else ""
        result["opens"] = state.opens.isoformat() if state.opens else ""
        if not result["open"]:
            result.update(failed=True, msg=_refusal(windows, state, arguments["minutes"]))
        return result


def _moment(given: str | None) -> datetime:
    if not given:
        return datetime.now(timezone.utc)
    try:
        moment = datetime.fromisoformat(given.replace("Z", "+00:00"))
    except ValueError:
        raise HipaaCisError(f"{given!r} is not a time as 2026-11-24T02:00:00+00:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _refusal(windows: list[maintenance_window.Window], state: maintenance_window.State, minutes: int) -> str:
    named = "; ".join(map(str, windows))
    if state.open:
        return (
            f"The maintenance window closes at {state.closes:%Y-%m-%d %H:%M} UTC, in less than the {minutes} minutes that "
            f"are wanted; nothing was started. Windows: {named}."
        )
    opens = f"the next opens at {state.opens:%Y-%m-%d %H:%M} UTC" if state.opens else "none opens within eight days"
    return f"It is outside of the maintenance windows, so nothing was started; {opens}. Windows: {named}."
