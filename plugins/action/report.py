# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.report``: run directories -> summary, files and gate."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any, NamedTuple

from ansible import constants

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options, sliced
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.action import OnceAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.collecting import no_collections
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import at_end
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.formats import check_formats
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import note_gate as note_in_summary
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import report_path, write_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import (
    artifacts,
    controller_job,
    regressions,
    since_last,
    slices,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import (
    Earlier,
    Tripped,
    check_names,
    judge_gate,
    of_batches,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.merge import Merging
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import (
    begun_hosts,
    note_batch,
    note_gate,
    note_reports,
    noted_run_directories,
    shared_run_id,
    utc_now,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, run_base
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

SUMMARY = "hipaa.cis.summary"
# Characters of the table in a task's result, written as JSON.
MAX_TABLE = 4_000


class Compared(NamedTuple):
    """What is compared with a run before."""

    known: Catalog
    stores: list[RunStore]
    merging: Merging | None


class ActionModule(OnceAction):
    """Writes the reports of a run and fails where ``fail_on`` says so. Works on the controller only."""

    SPEC = options.REPORT_SPEC
    CANNOT = "THE AUDIT COULD NOT BE DONE"

    @no_collections()
    def _done(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        note_gate("held")
        names = check_names(arguments["fail_on"], arguments["allow"])
        asked_for = check_formats(arguments["reports"])
        options.check_compared(arguments["compare_with"], names)
        options.check_delivered(arguments["destinations"], names)
        options.check_days("merge_max_age", arguments["merge_max_age"])
        stores = _stores(arguments)
        sliced.check_report(names, stores)
        target = (
            stores[0]
            if len(stores) == 1
            else RunStore.create(arguments["run_dir"], arguments["run_id"] or shared_run_id())
        )
        self._hint_at_end(target, arguments["destinations"])
        plan = target.join_plan()
        merging = Merging(datetime.now(timezone.utc), arguments["merge_max_age"]) if len(stores) > 1 else None
        known = load_catalog(arguments["catalog_paths"])
        ledger = arguments["ledger"]
        by_ledger = "overdue" in names or ("regressed" in names and not arguments["compare_with"])
        asked = by_ledger or at_end.is_asked(stores, ledger)
        failing = at_end.failing(stores, target, ledger) if asked else None
        summary, register = write_reports(
            known,
            stores,
            target,
            merging,
            lambda store, told: at_end.before(store, told, ledger),
            failing,
            asked=asked_for,
        )
        if merging:
            target.become_latest()
        not_entered = self._enter(target, summary, ledger, asked)
        earlier = _earlier(arguments, Compared(known, stores, merging), target) if "regressed" in names else Earlier()
        waiting = _batches_to_come(variables)
        judge = partial(judge_gate, summary, of_batches(names) if waiting else names, arguments["allow"], utc_now())
        tripped, deliveries = self._judged_and_sent(
            target,
            summary,
            names,
            arguments["destinations"],
            lambda more: judge(replace(earlier, register=register, **more)),
        )
        report, history = str(report_path(target)), since_last.read(target)
        table = Console().lines(summary, str(target.folder), history, register)
        result: dict[str, Any] = {
            "report": report,
            "run_directory": str(target.folder),
            "totals": summary["totals"],
            "safeguards": {row["cite"]: row["state"] for row in summary["safeguards"]},
            "delivered": [one.place for one in deliveries if one.place],
            "not_delivered": _not_delivered(deliveries),
            **({"artifacts": artifacts.of_job(target, summary, deliveries)} if arguments["artifacts"] else {}),
            "table": _shortened(table),
            "not_compliant": list(tripped.not_compliant),
            "not_done": list(tripped.not_done),
            "msg": f"Report: {report}{_waits(waiting) if len(of_batches(names)) < len(names) else ''}",
        }
        if history and history["since_run"]:
            result["drift"] = history["counts"]
        if plan is not None:
            result.update(plan=str(plan[0]), plan_digest=plan[1])
        if summary["hosts"] and all(host["status"] == "not_assessed" for host in summary["hosts"]):
            result.update(
                failed=True, msg=f"THE AUDIT COULD NOT BE DONE: no benchmark fits any of the hosts.\nReport: {report}"
            )
        if tripped:
            # Ansible shows a failed result as it is, and its message a second time: the reasons are told here, once.
            self._tell([tripped.message()])
            for told in ("not_compliant", "not_done", "table", "delivered", "not_delivered"):
                del result[told]
            result.update(failed=True, msg=f"{tripped.headline()} Report: {report}")
        elif not noted_run_directories():
            # Nothing was audited by this command, so that no summary comes at its end.
            self._tell(table)
        elif SUMMARY not in constants.CALLBACKS_ENABLED:
            # The summary at the end, which names it too, is not there.
            self._tell([f"Report: {report}"])
        for problem in filter(None, (not_entered, _taken(target, deliveries))):
            result.update(failed=True, msg=f"{result['msg']}\n{problem}")
        _note(target, asked_for, ledger)
        return result

    def _enter(self, store: RunStore, summary: dict[str, Any], ledger: str | None, asked: bool) -> str:
        """Enter the run into the ledger; return why the site's own could not be used. ``asked``: whether its reports asked it."""
        try:
            for warning in at_end.enter(store, summary, ledger, asked):
                self._display.warning(spelled_out(warning))
        except HipaaCisError as problem:
            return str(problem)
        return ""

    def _hint_at_end(self, target: RunStore, destinations: Sequence[Any]) -> None:
        """Warn where nothing of a run outlives the controller's job that it is of."""
        ending = controller_job.deleted_with_job(target.folder)
        if ending and not destinations:
            self._display.warning(
                f"The run {target.folder} is deleted with job {controller_job.job_id()}, for it lies below {ending}. Set hipaa_cis_run_dir to a "
                "folder that is mounted into the job, or name where results go in hipaa_cis_destinations: see docs/awx.md."
            )

    def _judged_and_sent(
        self,
        target: RunStore,
        summary: dict[str, Any],
        names: list[str],
        destinations: list[Any],
        judge: Callable[[dict[str, Any]], Tripped],
    ) -> tuple[Tripped, Sequence[Any]]:
        """Return what trips, and how sending the run went. ``judge`` takes what of `Earlier` is known by then.

        What is sent has the gate's verdict in it, and the run stays as it was sent where it arrives.
        """
        tripped = judge({})
        note_in_summary(target, names, tripped)
        deliveries = self._deliver(target, summary, destinations)
        problems = _not_delivered(deliveries)
        if problems:
            tripped = judge({"not_delivered": problems})
            note_in_summary(target, names, tripped)
        return tripped, deliveries

    def _deliver(self, store: RunStore, summary: dict[str, Any], given: list[Any]) -> Sequence[Any]:
        """Send the run to the destinations, and warn of those that do not have it. Raises `HipaaCisError` where they are none."""
        if not given:
            return ()
        # What a site without any does not need to load.
        from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import deliver
        from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse

        deliveries = deliver.deliver(parse(given), store, summary, slices.part_of(store))
        for one in deliveries:
            if one.problem:
                self._display.warning(spelled_out(f"Not delivered: {one.problem} The run stands in {store.folder}."))
        return deliveries

    def _tell(self, lines: list[str]) -> None:
        """Say something to people, not on standard output, of which other programs may read what a callback writes."""
        for line in lines:
            self._display.display(spelled_out(line), stderr=True)


def _not_delivered(deliveries: Sequence[Any]) -> list[str]:
    return [one.problem for one in deliveries if one.problem]


def _note(target: RunStore, formats: Sequence[str], ledger: str | None) -> None:
    """Leave word for the callback, which has a ledger of its own or takes this task's."""
    for one in (ledger, None):
        note_reports(target.standing(), sorted(formats), one)


def _taken(store: RunStore, deliveries: Sequence[Any]) -> str:
    """Return what to say of a slice in whose place at a destination stands another one: a merge would take that for this run."""
    places = [one.shown for one in deliveries if one.taken]
    if not places or not slices.is_slice(store):
        return ""
    return (
        f"This slice is not at {', '.join(places)}, for that has an earlier slice of this number and run id, which a merge would take for this one. "
        "Take that away and send this one by hipaa.cis.report, or audit all slices again under another hipaa_cis_run_id."
    )


def _shortened(table: list[str]) -> list[str]:
    """Return as many lines of the table as a result may hold: a controller stores each result as an event, with -v twice."""
    room = MAX_TABLE
    shown: list[str] = []
    for line in table:
        room -= len(json.dumps(line))
        if room < 0:
            return [*shown, f"... and {len(table) - len(shown)} more line(s); see the report"]
        shown.append(line)
    return shown


def _batches_to_come(variables: dict[str, Any]) -> int:
    """Return how many hosts of a play with ``serial`` are of batches that have not begun; what they lack is no finding yet."""
    note_batch(str(host) for host in variables.get("ansible_play_batch", ()))
    return len({str(host) for host in variables.get("ansible_play_hosts", ())} - begun_hosts())


def _waits(hosts: int) -> str:
    return (
        f"\n{hosts} host(s) are of batches to come: what trips on hosts without an audit is held after the last batch."
        if hosts
        else ""
    )


def _stores(arguments: dict[str, Any]) -> list[RunStore]:
    """Return the runs to report on: those named, else the one of this command."""
    if arguments["run"]:
        named = [RunStore.open(_run_folder(arguments["run_dir"], run)) for run in arguments["run"]]
        # A run that is named twice, perhaps by its link, counts once.
        return list({store.folder: store for store in named}.values())
    noted = noted_run_directories()
    if noted:
        return [RunStore.open(folder) for folder in noted]
    return [RunStore.open(str(run_base(arguments["run_dir"]) / (arguments["run_id"] or shared_run_id())))]


def _earlier(arguments: dict[str, Any], compared: Compared, target: RunStore) -> Earlier:
    """Return what regressed since the run that is named for it, else since the last one that the ledger has."""
    if arguments["compare_with"]:
        before = RunStore.open(_run_folder(arguments["run_dir"], arguments["compare_with"]))
        try:
            return Earlier(regressions.told(regressions.regressed(*compared, before), before.run_id))
        except regressions.NothingToCompare as problem:
            return Earlier(unknown=str(problem))
    try:
        run_id, fine = at_end.regressed(compared.stores, target, arguments["ledger"])
    except HipaaCisError as problem:
        return Earlier(unknown=str(problem))
    return Earlier(regressions.told(regressions.open_of(*compared, lambda host: fine.get(host, ())), run_id))


def _run_folder(base: str, run: str) -> str:
    """Return the folder of a run that is named by its id or by its path."""
    return run if os.sep in run else os.path.join(base, run)
