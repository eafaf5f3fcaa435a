# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.windows_selftest``: reads a Windows host in two ways, and writes what came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.release import __version__ as ANSIBLE_VERSION  # noqa: N812 - it is a constant

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import POWERSHELL
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import answers, options
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import WAY_SECONDS, HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.in_time import within
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.module_failure import explain
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder, write_private
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import file_name, run_base
from ansible_collections.hipaa.cis.plugins.plugin_utils.selftest import checks, questions, report
from ansible_collections.hipaa.cis.plugins.plugin_utils.version import COLLECTION_VERSION
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

MODULE = "hipaa.cis.windows_selftest"


class ActionModule(HostAction):
    """Tests the collectors on one host."""

    WHAT = "The self-test"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on one host."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        try:
            arguments = self._arguments(options.SELFTEST_SPEC, variables)
            self._check_delegated(variables)
            if self._shell(variables) != POWERSHELL:
                why = "It is not reached by PowerShell, so it is no Windows host."
                return {**result, "msg": why, "failed": self._alone(variables), "skipped": not self._alone(variables)}
            result.update(self._tested(arguments, variables))
        except HipaaCisError as problem:
            result.update(failed=True, msg=str(problem))
        return result

    def _tested(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return the task's result. Raises `HipaaCisError`, or `AnsibleConnectionFailure` where the host cannot be reached."""
        host, seconds = str(variables["inventory_hostname"]), arguments["observe_max_seconds"]
        known = load_catalog(arguments["catalog_paths"])
        asked = questions.questions(known, seconds)
        names = report.own_names(variables)
        failed: dict[str, str] = {}
        ours: dict[str, Any] = {}
        readings: dict[str, Any] = {}
        try:
            ours = self._observe(asked.plan, variables)
        except HipaaCisError as problem:
            failed[checks.OBSERVE] = report.cleaned(str(problem), names)
        try:
            readings = self._second(seconds, variables)
        except HipaaCisError as problem:
            failed[checks.SELFTEST] = report.cleaned(str(problem), names)
        seen = checks.Seen(ours, readings, failed)
        found = checks.checks(seen)
        stats = ours.get("stats", {})
        told = report.document(
            seen,
            found,
            names,
            made=utc_now(),
            collection=COLLECTION_VERSION,
            catalog=known.digest,
            ansible_core=ANSIBLE_VERSION,
            connection=str(self._connection.transport),
            failed=failed,
            seconds={
                "observe": stats.get("seconds"),
                "second_ways": {name: one.get("seconds") for name, one in readings.items() if "seconds" in one},
            },
            shell=readings.get("shell", {}).get("value"),
            system=readings.get("system", {}).get("value"),
            **report.collected(asked, seen, stats, names),
        )
        path = _written(told, arguments["selftest_dir"], host)
        self._display.display(spelled_out(report.table(host, told)))
        counts = told["counts"]
        well = checks.passed(found) and not failed
        why = "; ".join(failed.values())
        return {
            "report": str(path),
            "counts": counts,
            "checks": [one for one in told["checks"] if not one["same"]],
            "failed": arguments["selftest_fails"] and not well,
            "msg": f"{counts['agree']} agree, {counts['differ']} differ, {counts['not_made']} could not be made: {path}"
            + (f". {why}" if why else ""),
        }

    def _second(self, seconds: float, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the readings of the second ways. Raises `HipaaCisError`."""
        with within(seconds + WAY_SECONDS):
            answer = self._ask(MODULE, {"request": questions.second_ways(seconds / 3)}, variables)
        if answer.get("failed"):
            raise HipaaCisError(explain(answer, self.WHAT))
        with self._looking_at_it(HipaaCisError):
            return answers.read_again(answer)


def _written(told: dict[str, Any], folder: str, host: str) -> Path:
    """Write a report and return its path. Raises `HipaaCisError`."""
    base = run_base(folder)
    path = base / f"windows-selftest-{file_name(host)}.json"
    try:
        make_private_folder(base)
        write_private(path, json.dumps(told, indent=1) + "\n")
    except OSError as problem:
        raise HipaaCisError(f"The report {path} cannot be written: {problem.strerror or problem}.") from None
    return path
