# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.rollback``: options and variables -> the module that reads the journal on the host."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import POWERSHELL
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import answers, options, reached
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.module_failure import explain, gave_no_answer
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.rollback_record import make_rollback, said, steps
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.text import diff
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import shared_run_id, utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

# What the module on the host is given; all else is the controller's.
ON_HOST = ("run_id", "force", "must_exist")
LISTS = ("undone", "details", "conflicts", "pending_reboot", "problems", "kept")


class ActionModule(HostAction):
    """Takes a run back on one host, once it is clear which one is meant."""

    WHAT = "The rollback"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on one host."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        started = utc_now()
        try:
            arguments = self._arguments(options.ROLLBACK_SPEC, variables)
            options.check_run(arguments["run_id"])
            self._check_delegated(variables)
            given = {name: arguments[name] for name in ON_HOST if arguments[name] is not None}
            try:
                answer = self._module(given, variables)
            except (HipaaCisError, AnsibleConnectionFailure) as problem:
                result.update(self._told({"run_id": arguments["run_id"]}, arguments, variables, started, str(problem)))
                raise
            result.update(answer)
            result.update(self._told(answer, arguments, variables, started))
            if arguments["record_in"] and not result.get("failed") and not self._task.check_mode:
                store = RunStore.create(arguments["record_in"], arguments["run_id"])
                pending = answer.get("pending_reboot", ())
                noted = store.note_rollback(variables["inventory_hostname"], utc_now(), pending)
                if noted and chain.has(store):
                    # It was finished before; of one that goes on the end tells all.
                    chain.seal(store, only=[noted])
        except HipaaCisError as problem:
            result.update(failed=True, changed=False, msg=str(problem))
        return result

    def _told(
        self,
        answer: dict[str, Any],
        arguments: dict[str, Any],
        variables: dict[str, Any],
        started: str,
        reason: str = "",
    ) -> dict[str, Any]:
        """Write the record; return what is said. One that can't be written is a warning: the way back needs none."""
        reason = reason or ("" if "details" in answer else str(answer.get("msg", "the module gave no answer")))
        check = bool(self._task.check_mode)
        rollback = make_rollback(answer, (started, utc_now()), check, arguments["force"], reason)
        told: dict[str, Any] = {"said": said(rollback)}
        if self._task.diff:
            told["diff"] = diff(steps(answer.get("details", ())))
        try:
            into = arguments["record_in"]
            store = RunStore.create(into or arguments["run_dir"], arguments["run_id"] if into else shared_run_id())
            record = store.add_rollback(variables["inventory_hostname"], rollback)
            told["rollback_record"] = str(record)
            if not into or chain.has(store):
                chain.seal(store, only=[record])
        except HipaaCisError as problem:
            told["warnings"] = [*answer.get("warnings", ()), f"This rollback is not recorded: {problem}"]
        return told

    def _module(self, given: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return the module's own answer. Raises `HipaaCisError` where it gave none, in words for the operator."""
        if reached.shell_of(self._connection) == POWERSHELL:
            # Nothing changes such hosts, and the module would find no Python there.
            return {"changed": False, "run_id": given.get("run_id", ""), **{name: [] for name in LISTS}}
        answer = self._ask("hipaa.cis.rollback", given, variables)
        if gave_no_answer(answer):
            raise HipaaCisError(explain(answer, self.WHAT))
        with self._looking_at_it(HipaaCisError):
            return answers.rolled_back(answer)
