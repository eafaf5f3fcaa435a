# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.prune``: a run base -> what need not be kept any more goes, or is told in check mode."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.action import OnceAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import kept_slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import current, entered
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import prune
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import run_base
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out


class ActionModule(OnceAction):
    """Takes away runs and answers that are old enough. Works on the controller only."""

    SPEC = options.PRUNE_SPEC
    CANNOT = "THE RUNS COULD NOT BE PRUNED"

    def _done(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        options.check_keep_years(arguments["keep_years"])
        options.check_keep_raw(arguments["keep_raw"])
        base = run_base(arguments["run_dir"])
        wanted = prune.Wanted(
            datetime.now(timezone.utc), arguments["keep_years"], arguments["keep_raw"], "\n".join(_decided(arguments))
        )
        with current(base, arguments["ledger"]) as ledger:
            for warning in ledger.warnings:
                self._display.warning(spelled_out(warning))
            plan = prune.make_plan(base, wanted, entered(ledger.connection))
            slices = kept_slices.old(ledger.connection, wanted.answers_until, plan.has_slice)
            would = "would be " if self._task.check_mode else ""
            told = [*_told(plan, would), *_told_of_slices(slices, ledger.name, would)]
            for line in (*told, *plan.refused):
                self._display.display(spelled_out(f"  - {line}"))
            if slices and not self._task.check_mode:
                kept_slices.forget(ledger.connection, slices)
        if not self._task.check_mode:
            prune.carry_out(base, plan, wanted)
        return {
            "changed": bool(told),
            "runs": [run.run_id for run in plan.runs],
            "answers": [run.run_id for run, _files in plan.answers],
            "slices": [f"{one.run_id}@{one.name}" for one in slices],
            "gone_on_with": [run_id for run_id, _files in plan.left],
            "kept": list(plan.refused),
            "msg": f"{len(plan.runs)} runs and the answers of {len(plan.answers)} others {would or 'were '}taken away; {len(plan.refused)} old runs are kept.",
        }


def _told(plan: prune.Plan, would: str) -> Iterator[str]:
    for run in plan.runs:
        until = run.until or run.created
        yield f"run {run.run_id} of {run.created:%Y-%m-%d}, last in effect on {until:%Y-%m-%d}, {would or 'is '}taken away with {len(run.files)} files"
    for run, files in plan.answers:
        yield f"run {run.run_id} of {run.created:%Y-%m-%d}: the answers of {len(files)} hosts {would or 'are '}taken away"
    for run_id, left in plan.left:
        yield f"run {run_id}: {len(left)} files that an earlier prune left {would or 'are '}taken away"


def _told_of_slices(slices: Iterable[kept_slices.Kept], name: str, would: str) -> Iterator[str]:
    for one in slices:
        yield f"slice {one.name} of the run {one.run_id}, which was merged, {would or 'is '}taken away from {name[:1].lower()}{name[1:]}"


def _decided(arguments: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of what the site decides now. Raises `HipaaCisError` where its folder can't be read."""
    for name in ("exceptions", "attestations"):
        yield json.dumps(arguments[name], default=str)
    if arguments["site_dir"]:
        folder = Path(os.path.abspath(os.path.expanduser(arguments["site_dir"])))
        try:
            for path in sorted(folder.iterdir()):
                if path.suffix in (".yml", ".yaml") and path.is_file():
                    yield path.read_text(encoding="utf-8")
        except (OSError, ValueError) as problem:
            raise HipaaCisError(f"hipaa_cis_site_dir cannot be read: {problem}.") from None
