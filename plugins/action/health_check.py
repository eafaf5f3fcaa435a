# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.health_check``: makes a site's health checks of one host."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import POWERSHELL
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import answers, options, reached
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import health_checks, maintenance_window

SPEC = {
    "checks": {"type": "list", "elements": "raw", "default": []},
    "fail": {"type": "bool", "default": True},
    "before": {"type": "bool", "default": False},
    # Its form is checked by remediation/maintenance_window.py.
    "windows": {"type": "list", "elements": "raw", "default": []},
    "window_minutes": {"type": "int", "default": 10},
}


class ActionModule(HostAction):
    """Makes all checks and says what is not well."""

    WHAT = "The health check"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run for one host."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        try:
            options.check_variables(variables, options.KNOWN_VARIABLES)
        except HipaaCisError as problem:
            result.update(failed=True, msg=str(problem))
            return result
        _checked, arguments = self.validate_argument_spec(SPEC)
        address = str(variables.get("ansible_host") or variables.get("inventory_hostname") or "")

        def on_host(command: list[str] | str) -> str:
            return self._run_on_host(command, variables)

        try:
            if self._outside(arguments):
                result.update(well=True, problems=[])
                return result
            checks = health_checks.parse(arguments["checks"])
            if reached.shell_of(self._connection) == POWERSHELL:
                # Nothing is changed there, and Python is not found. Whether it is reached from here may depend on what was changed elsewhere.
                checks = [one for one in checks if one.act not in health_checks.ON_THE_HOST]
            problems = health_checks.run(checks, address, on_host)
        except HipaaCisError as problem:
            # A check that cannot be made says nothing good of the host.
            problems = [str(problem)]
        away = self._unreachable(variables) if problems and arguments["before"] else ""
        if away:
            result.update(unreachable=True, msg=away)
            return result
        result.update(well=not problems, problems=problems)
        if problems:
            result["msg"] = "; ".join(problems)
            result["failed"] = arguments["fail"]
        return result

    def _outside(self, arguments: dict[str, Any]) -> bool:
        """Return whether the host is left alone for now, so that it need not be well. Raises `HipaaCisError`."""
        windows = maintenance_window.parse(arguments["windows"])
        now = datetime.now(timezone.utc)
        return arguments["before"] and bool(maintenance_window.refusal(windows, arguments["window_minutes"], now))

    def _unreachable(self, variables: dict[str, Any]) -> str:
        """Return why the host cannot be reached, or nothing where it can: then what is not well is said of it."""
        try:
            self._ask("ansible.builtin.ping", {}, variables)
        except AnsibleConnectionFailure as problem:
            return str(problem.message)
        except HipaaCisError:
            pass
        return ""

    def _run_on_host(self, command: list[str] | str, variables: dict[str, Any]) -> str:
        """Run a command and return why that is not well, or nothing."""
        given = {"argv": command} if isinstance(command, list) else {"_raw_params": command}
        try:
            answer = self._ask("ansible.builtin.command", given, variables)
            with self._looking_at_it(HipaaCisError):
                done = answers.ran(answer)
        except AnsibleConnectionFailure as problem:
            return f"the host cannot be reached: {problem.message}"
        except HipaaCisError as problem:
            return str(problem)
        if done.get("failed") or done.get("rc") != 0:
            said = (done.get("stderr") or done.get("stdout") or done.get("msg") or "").strip().split("\n")
            return f"ended with {done.get('rc', 'an error')}: {said[-1][:200] or 'no output'}"
        return ""
