# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.audit``: options -> plan -> observe -> judge -> host record."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlatformPlan, make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record, spoil_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options, resume
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.answers import Answer
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.collecting import no_collections
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import HANDED_ON, HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoBenchmark
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import host_safeguards
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore


class ActionModule(HostAction):
    """Audits one host and writes its record; returns counts, states, path and digest only."""

    @no_collections()
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on one host. A failure is recorded too, so that no host is lost from the summary."""
        variables = task_vars or {}
        self._controller = os.getppid()
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        try:
            arguments = self._host_arguments(options.AUDIT_TASK_SPEC, variables)
            store, standing = self._begun(arguments, variables)
            try:
                result.update(self._audit(store, arguments, variables, standing))
            finally:
                if arguments["restart"] and not self._task.check_mode:
                    store.note_restart(variables["inventory_hostname"], utc_now(), arguments["restart"])
        except HipaaCisError as problem:
            result.update(failed=True, msg=str(problem))
        return result

    def _begun(self, arguments: dict[str, Any], variables: dict[str, Any]) -> tuple[RunStore, dict[str, Any] | None]:
        """Return the run to write to, and what stands there of the host, where it is gone on with. Raises `HipaaCisError`."""
        name = resume.run_id(self._base(arguments, variables), arguments["run_id"], arguments["resume"])
        store = self._made({**arguments, "run_id": name}, variables)
        standing = resume.check(
            store, arguments["resume"], str(variables["inventory_hostname"]), resume.play_hosts(variables)
        )
        self._note(store, arguments, variables)
        return store, standing

    def _audit(
        self,
        store: RunStore,
        arguments: dict[str, Any],
        variables: dict[str, Any],
        standing: dict[str, Any] | None,
    ) -> dict[str, Any]:
        """Return the task's result. ``standing``: the host's record in a run that is gone on with. Raises `HipaaCisError`."""
        selection = self._selection(arguments, variables)
        record = empty_record(variables["inventory_hostname"], store.run_id, utc_now(), "", selection)
        try:
            other = self._check_delegated(variables, arguments["root"])
            resume.check_tree(store, record["host"], arguments["root"], other)
            known = self._known(arguments, record, store, variables)
            site = self._decided(arguments, known, variables, store, strict=False)
            selection, values, tailored = self._by_site(record, selection, arguments, site)
            if arguments["resume"] and resume.is_done(store, standing, record, values, known, arguments["root"]):
                return self._resumed(store, known, record["host"], variables)
            standing = None
            plans = make_plan(known, selection, values, {name: arguments[name] for name in HANDED_ON}, decided=tailored)
            answers, failed = self._look(plans, variables)
            fill_record(record, known, answers, failed=failed)
            self._keep_raw(store, arguments, record, answers)
            if site:
                site.decisions.mark(record["findings"])
        except NoBenchmark as problem:
            spoil_record(record, "not_assessed", str(problem))
        except HipaaCisError as problem:
            if standing or isinstance(problem, resume.Refused):
                # What was recorded is not to be lost for an option that was mistyped now.
                raise
            spoil_record(record, "failed", str(problem))
            path, digest = self._write(store, record)
            return {"failed": True, "msg": str(problem), "record": str(path), "digest": digest}
        except AnsibleConnectionFailure as problem:
            spoil_record(record, "unreachable", problem.message)
            self._write(store, record)
            raise
        path, digest = self._write(store, record)
        return self._told(store, known, record, path, digest, variables)

    def _write(self, store: RunStore, record: dict[str, Any]) -> tuple[Path, str]:
        """Write a record, where somebody still waits for it. Raises `HipaaCisError`."""
        if os.getppid() != self._controller:
            # Another command may go on with the run by now, and have its records read already.
            raise HipaaCisError("Ansible was killed meanwhile, so that what this host answered late counts for nobody.")
        return resume.write_record(store, record)

    def _resumed(self, store: RunStore, known: Catalog, host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a host's record tells that an earlier command of this run wrote. Raises `HipaaCisError`."""
        path = store.host_file(host)
        digest, record = store.record(f"hosts/{path.name}")
        return {**self._told(store, known, record, path, digest, variables), "resumed": True}

    def _told(
        self,
        store: RunStore,
        known: Catalog,
        record: dict[str, Any],
        path: Path,
        digest: str,
        variables: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the task's result of a record. A host that no benchmark fits is no failure, unless it is all there is."""
        if record["status"] == "not_assessed":
            reason = record["reason"]
            return {
                "failed": self._alone(variables), "msg": reason, "warnings": [f"{record['host']}: {reason}"], "counts": record["counts"],
                "record": str(path), "digest": digest, "run_directory": str(store.folder),
            }  # fmt: skip
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
