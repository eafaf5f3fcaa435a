# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.audit``: options -> plan -> observe -> judge -> host record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlatformPlan, make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record, spoil_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.answers import Answer
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.collecting import no_collections
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import HANDED_ON, HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoBenchmark
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import host_safeguards
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore


class ActionModule(HostAction):
    """Audits one host and writes its record; returns counts, states, path and digest only."""

    _requires_connection = True
    _supports_check_mode = True
    _supports_async = False

    @no_collections()
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on one host. A failure is recorded too, so that no host is lost from the summary."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        try:
            arguments = self._host_arguments(options.AUDIT_TASK_SPEC, variables)
            store = self._store(arguments, variables)
            try:
                result.update(self._audit(store, arguments, variables))
            finally:
                if arguments["restart"] and not self._task.check_mode:
                    store.note_restart(variables["inventory_hostname"], utc_now(), arguments["restart"])
        except HipaaCisError as problem:
            result.update(failed=True, msg=str(problem))
        return result

    def _audit(self, store: RunStore, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        selection = self._selection(arguments, variables)
        record = empty_record(variables["inventory_hostname"], store.run_id, utc_now(), "", selection)
        try:
            known = self._known(arguments, record, store, variables)
            site = self._decided(arguments, known, variables, store, strict=False)
            selection, values, tailored = self._by_site(record, selection, arguments, site)
            plans = make_plan(known, selection, values, {name: arguments[name] for name in HANDED_ON}, decided=tailored)
            answers, failed = self._look(plans, variables)
            fill_record(record, known, answers, failed=failed)
            self._keep_raw(store, arguments, record, answers)
            if site:
                site.decisions.mark(record["findings"])
        except NoBenchmark as problem:
            return self._not_assessed(store, record, str(problem), variables)
        except HipaaCisError as problem:
            spoil_record(record, "failed", str(problem))
            path, digest = store.write_record(record)
            return {"failed": True, "msg": str(problem), "record": str(path), "digest": digest}
        except AnsibleConnectionFailure as problem:
            spoil_record(record, "unreachable", problem.message)
            store.write_record(record)
            raise
        path, digest = store.write_record(record)
        return {
            "counts": record["counts"],
            "benchmarks": [f"{one['id']}@{one['version']}" for one in record["benchmarks"]],
            "safeguards": host_safeguards(known, record),
            "not_yet_automated": len(record["not_yet_automated"]),
            "not_looked_at": len(record["not_looked_at"]),
            "warnings": record["warnings"],
            "record": str(path),
            "digest": digest,
            "run_directory": str(store.folder),
        }

    def _not_assessed(
        self, store: RunStore, record: dict[str, Any], reason: str, variables: dict[str, Any]
    ) -> dict[str, Any]:
        """Record a host that no benchmark fits. Beside others that is no failure; where it is all there is, nothing was audited."""
        spoil_record(record, "not_assessed", reason)
        path, digest = store.write_record(record)
        return {
            "failed": self._alone(variables), "msg": reason, "warnings": [f"{record['host']}: {reason}"], "counts": record["counts"],
            "record": str(path), "digest": digest, "run_directory": str(store.folder),
        }  # fmt: skip

    def _look(
        self, plans: Sequence[PlatformPlan], variables: dict[str, Any]
    ) -> tuple[list[tuple[PlatformPlan, Answer]], list[tuple[PlatformPlan, Exception]]]:
        """Return what the platforms answered, and why others gave no answer. Raises what the first met where all did."""
        seen: list[tuple[PlatformPlan, Answer]] = []
        failed: list[tuple[PlatformPlan, Exception]] = []
        for plan in plans:
            try:
                seen.append((plan, self._observe(plan, variables)))
            except (HipaaCisError, AnsibleConnectionFailure) as problem:
                failed.append((plan, problem))
        if not seen:
            raise failed[0][1]
        return seen, failed
