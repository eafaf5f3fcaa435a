# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.audit``: options -> plan -> observe -> judge -> host record."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.hipaa.cis.plugins.plugin_utils import catalog, options
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.module_failure import explain
from ansible_collections.hipaa.cis.plugins.plugin_utils.plan import PlatformPlan, make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.record import empty_record, fill_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.run_store import RunStore
from ansible_collections.hipaa.cis.plugins.plugin_utils.selection import DETECT, Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.shared_run import note_run_directory, shared_run_id, utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.summary import host_safeguards


class ActionModule(ActionBase):
    """Audits one host and writes its record; returns counts, states, path and digest only."""

    _requires_connection = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on one host. A failure is recorded too, so that no host is lost from the summary."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        try:
            arguments = self._arguments(variables)
            store = RunStore.create(arguments["run_dir"], arguments["run_id"] or shared_run_id())
            note_run_directory(store.folder)
            store.expect_hosts([str(host) for host in variables.get("ansible_play_hosts_all", [])])
            result.update(self._audit(store, arguments, variables))
        except HipaaCisError as problem:
            result.update(failed=True, msg=str(problem))
        return result

    def _arguments(self, variables: dict[str, Any]) -> dict[str, Any]:
        options.check_variables(
            variables, set(options.AUDIT_SPEC) | set(options.REPORT_SPEC) | options.PLAYBOOK_VARIABLES
        )
        self._task.args = options.with_variables(options.AUDIT_SPEC, self._task.args, variables, self._templar.template)
        _checked, arguments = self.validate_argument_spec(options.AUDIT_SPEC)
        arguments["parameters"] = options.parameter_values(arguments["parameters"], variables, self._templar.template)
        return dict(arguments)

    def _audit(self, store: RunStore, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        named = tuple(name for name in arguments["benchmark"] if name != DETECT)
        selection = Selection(
            benchmarks=named,
            level=arguments["level"],
            profile=arguments["profile"],
            include=options.filters("include", arguments["include"]),
            exclude=options.filters("exclude", arguments["exclude"]),
        )
        record = empty_record(variables["inventory_hostname"], store.run_id, utc_now(), "", selection)
        try:
            known = catalog.load(arguments["catalogs"])
            record["catalog_digest"] = known.digest
            handed_on = ("command_timeout", "scan_exclude", "scan_max_seconds", "scan_max_findings")
            plans = make_plan(known, selection, arguments["parameters"], {name: arguments[name] for name in handed_on})
            answers = [(plan, self._observe(plan, variables)) for plan in plans]
            fill_record(record, known, answers, named=bool(named))
        except HipaaCisError as problem:
            _spoil(record, "failed", str(problem))
            path, digest = store.write_record(record)
            return {"failed": True, "msg": str(problem), "record": str(path), "digest": digest}
        except AnsibleConnectionFailure as problem:
            _spoil(record, "unreachable", problem.message)
            store.write_record(record)
            raise
        path, digest = store.write_record(record)
        return {
            "counts": record["counts"],
            "benchmarks": [benchmark["id"] for benchmark in record["benchmarks"]],
            "safeguards": host_safeguards(known, record),
            "not_yet_automated": len(record["not_yet_automated"]),
            "warnings": record["warnings"],
            "record": str(path),
            "digest": digest,
            "run_directory": str(store.folder),
        }

    def _observe(self, plan: PlatformPlan, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the observe module's answer. Raises `HipaaCisError` where there is none, in words for the operator."""
        try:
            answer = self._execute_module(
                module_name=plan.platform.observe, module_args={"request": plan.request}, task_vars=variables
            )
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as problem:
            raise HipaaCisError(f"The audit could not be done on this host: {problem.message}") from None
        if answer.get("unreachable"):
            raise AnsibleConnectionFailure(str(answer.get("msg", "unreachable")))
        if answer.get("failed") or not isinstance(answer.get("observations"), dict):
            raise HipaaCisError(explain(answer))
        return dict(answer)


def _spoil(record: dict[str, Any], status: str, reason: str) -> None:
    record.update(status=status, reason=reason[:2000], findings=[], not_yet_automated=[])
    record["counts"] = dict.fromkeys(record["counts"], 0)
