# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.rollback``: options and variables -> the module that reads the journal on the host."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.module_failure import explain, gave_no_answer
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore


class ActionModule(HostAction):
    """Takes a run back on one host, once it is clear which one is meant."""

    WHAT = "The rollback"
    _requires_connection = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on one host."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        try:
            arguments = self._arguments(options.ROLLBACK_SPEC, variables)
            options.check_run(arguments["run_id"])
            given = {name: value for name, value in arguments.items() if value is not None and name != "record_in"}
            result.update(self._module(given, variables))
            if arguments["record_in"] and not result.get("failed") and not self._task.check_mode:
                store = RunStore.create(arguments["record_in"], arguments["run_id"])
                store.note_rollback(variables["inventory_hostname"], utc_now())
        except HipaaCisError as problem:
            result.update(failed=True, changed=False, msg=str(problem))
        return result

    def _module(self, given: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return the module's own answer. Raises `HipaaCisError` where it gave none, in words for the operator."""
        try:
            answer = self._execute_module(module_name="hipaa.cis.rollback", module_args=given, task_vars=variables)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as problem:
            raise HipaaCisError(explain({"msg": problem.message}, self.WHAT)) from None
        if gave_no_answer(answer):
            raise HipaaCisError(explain(answer, self.WHAT))
        return dict(answer)
