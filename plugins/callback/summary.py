# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the summary by safeguard after every play that audited or remediated. A thin adapter: the work is in plugin_utils."""

from __future__ import annotations

DOCUMENTATION = r"""
name: summary
type: aggregate
short_description: Summary of an audit by HIPAA safeguard
version_added: 0.1.0
author:
  - The hipaa.cis authors (@hipaa-cis)
description:
  - At the end of each play in which M(hipaa.cis.audit) or M(hipaa.cis.remediate) ran, prints one table with the twelve rows of 45 CFR 164.312, the
    outcomes per host and the most severe failures, and writes C(summary.json), C(report.html) and C(findings.csv)
    into the run directory.
  - Hosts that could not be reached or audited are named, and a safeguard with such hosts is never shown as clean.
  - It never fails a play; the gate is M(hipaa.cis.report).
requirements:
  - to be enabled, with C(callbacks_enabled = hipaa.cis.summary) in C(ansible.cfg)
options:
  show_table:
    description: Whether to print the table.
    type: bool
    default: true
    env:
      - name: HIPAA_CIS_SUMMARY_TABLE
    ini:
      - section: callback_hipaa_cis_summary
        key: show_table
  write_reports:
    description: Whether to write the summary's files into the run directory.
    type: bool
    default: true
    env:
      - name: HIPAA_CIS_SUMMARY_REPORTS
    ini:
      - section: callback_hipaa_cis_summary
        key: write_reports
  reports:
    description: The formats that are written beside those of always, as O(hipaa.cis.report#module:reports).
    type: list
    elements: str
    default: []
    env:
      - name: HIPAA_CIS_REPORTS
    ini:
      - section: callback_hipaa_cis_summary
        key: reports
  ledger:
    description:
      - The address of the ledger, as O(hipaa.cis.report#module:ledger). Where the play has a task for the reports, that one
        enters the run already.
    type: str
    env:
      - name: HIPAA_CIS_LEDGER
    ini:
      - section: callback_hipaa_cis_summary
        key: ledger
  show_progress:
    description:
      - Whether to print, while hosts are being audited, how many are done, how many of them have failing rules or could not be reached or audited,
        and how long the rest may take. It goes to standard error, first after five seconds and then after longer and longer
        pauses, at most 23 lines however long it takes; not at all for fewer than 20 hosts.
      - With V(auto), where standard error is a terminal, in no pipeline (C(CI) and the like) and in no job of ansible-runner or AWX.
    type: str
    choices: [auto, 'true', 'false']
    default: auto
    version_added: 0.1.0
    env:
      - name: HIPAA_CIS_PROGRESS
    ini:
      - section: callback_hipaa_cis_summary
        key: show_progress
  catalog_paths:
    description: Folders of a site's own catalog, where the tasks of the run were given none.
    type: list
    elements: path
    default: []
    env:
      - name: HIPAA_CIS_CATALOG_PATHS
    ini:
      - section: callback_hipaa_cis_summary
        key: catalog_paths
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ansible import constants
from ansible.plugins.callback import CallbackBase

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import ready
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import at_end
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.formats import check_formats
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.progress import Progress, is_shown
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import (
    are_written,
    register_of,
    summary_of,
    write_reports,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import since_last
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import summarise
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.finish import finish
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import Outcomes
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import (
    are_reports_noted,
    is_gate_forgotten,
    noted_catalogs,
    noted_formats,
    noted_plans,
    noted_run_directories,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

COLLECTION = "hipaa.cis."
ACTIONS = (COLLECTION + "audit", COLLECTION + "remediate")
FORGOTTEN = (
    "hipaa.cis.summary: hipaa_cis_fail_on is set, but no task hipaa.cis.report held this run against it: nothing that was found fails the command. "
    "Add such a task, or run the playbook hipaa.cis.report on the run."
)


def _of(result: Any, what: str) -> Any:
    """Return a task's result, or its task or host. ansible-core 2.19 made public what was private before."""
    return getattr(result, what) if hasattr(result, what) else getattr(result, f"_{what}")


def _hosts_of(play: Any) -> int:
    """Return how many hosts a play has in all of its batches."""
    inventory = getattr(play.get_variable_manager(), "_inventory", None)
    return len(inventory.get_hosts(play.hosts)) if inventory else 0


class CallbackModule(CallbackBase):
    """Notes that an audit ran; the records themselves are read from the run directory, for results may be hidden."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "hipaa.cis.summary"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._audited = False
        self._play = ""
        self._named: list[str] = []
        self._hosts: Callable[[], int] | None = None
        self._progress: Progress | None = None

    def _note(self, result: Any, failed: bool = False) -> None:
        task = _of(result, "task")
        if task.resolved_action in ACTIONS or task.action in ACTIONS:
            self._audited = True
            if self._progress and not failed:
                told = _of(result, "result")
                failing = bool((told.get("counts") or {}).get("fail"))
                self._progress.audited(_of(result, "host").get_name(), failing, bool(told.get("resumed")))
        else:
            self._load_for(task)

    def _lose(self, result: Any, unreachable: bool) -> None:
        """Count a host that no task turns to any more."""
        self._note(result, True)
        if self._progress:
            self._progress.lost(_of(result, "host").get_name(), unreachable)
        self._tell_progress()

    def _tell_progress(self) -> None:
        line = self._progress.line() if self._progress else ""
        if line:
            # Not on standard output, of which other programs may read what a callback writes.
            self._display.display(line, stderr=True, screen_only=True)
            sys.stderr.flush()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Load the catalog and what judges by it once, before the task's workers are forked, instead of once in each of them."""
        self._load_for(task)
        if self._hosts and (task.resolved_action or task.action) in ACTIONS:
            asked = str(self.get_option("show_progress")).lower()
            if is_shown(asked, os.environ, sys.stderr.isatty()):
                self._progress = Progress(self._hosts(), time.monotonic)
            self._hosts = None

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Say how far the audit is, where it is time to."""
        self._tell_progress()

    def _load_for(self, task: Any) -> None:
        if str(task.resolved_action or task.action).startswith(COLLECTION):
            with suppress(HipaaCisError):  # they say it, each for its host
                library("jmespath")
                for folders in noted_catalogs() or [self._named or self.get_option("catalog_paths")]:
                    load_catalog(folders)
                for plan in noted_plans():
                    ready.make(plan)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note an audit."""
        self._note(result)
        self._tell_progress()

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note an audit that failed: its host is named in the table."""
        if ignore_errors:
            self._note(result, True)
        else:
            self._lose(result, False)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Note an audit whose host was not reached."""
        self._lose(result, True)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Print what the play before this one found. The batches of a serial play are one play."""
        if play._uuid != self._play:
            self._finish()
            self._progress = None
            self._hosts = lambda: _hosts_of(play)
        self._play = play._uuid
        # Of the command line, where it can be seen before a worker has put the variables together.
        named = play.get_variable_manager().extra_vars.get("hipaa_cis_catalog_paths")
        self._named = named if isinstance(named, list) and all(isinstance(one, str) for one in named) else []

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Print what the last play found. Fires once per playbook of a command."""
        self._finish()
        if is_gate_forgotten():
            self._display.warning(FORGOTTEN)

    def _finish(self) -> None:
        if not self._audited:
            return
        self._audited = False
        for folder, catalogs in noted_run_directories().items():
            try:
                self._show(RunStore.open(folder), catalogs)
            except HipaaCisError as problem:
                self._display.warning(f"hipaa.cis.summary: {problem}")

    def _show(self, store: RunStore, catalogs: Sequence[str]) -> None:
        asked, ledger = self._formats(), self.get_option("ledger")
        # Of a large fleet reading all records again takes as long as judging them.
        made = are_reports_noted(store.standing(), asked, ledger)
        plan = store.join_plan()
        if plan is not None:
            self._display.display(f"Plan: {plan[0]} (digest {plan[1]})")
        summary = (summary_of(store) if made else None) or self._made(store, catalogs, asked, ledger)
        if self.get_option("show_table"):
            colour = sys.stdout.isatty() and not constants.ANSIBLE_NOCOLOR
            for line in Console(colour).lines(summary, str(store.folder), since_last.read(store), register_of(store)):
                self._display.display(line)

    def _made(
        self, store: RunStore, catalogs: Sequence[str], asked: Sequence[str], ledger: str | None
    ) -> Mapping[str, Any]:
        """Return the summary of a run, and write its reports where they are not there. Raises `HipaaCisError`."""
        known = load_catalog(catalogs or self.get_option("catalog_paths"))
        seen = Outcomes()
        summary = summarise(known, [store], None, seen.add)
        # Where the play has a task for the reports they are there by now, unless a host was lost since.
        try:
            if self.get_option("write_reports") and not are_written(summary, store, asked):
                failing = at_end.failing([store], store, ledger) if at_end.is_asked([store], ledger) else None
                write_reports(
                    known,
                    [store],
                    store,
                    None,
                    lambda one, told: at_end.before(one, told, ledger),
                    failing,
                    asked=asked,
                )
            else:
                finish(store, summary, seen)
            for warning in at_end.enter(store, summary, ledger):
                self._display.warning(f"hipaa.cis.summary: {warning}")
        except HipaaCisError as problem:
            self._display.warning(f"hipaa.cis.summary: {problem}")
        return summary

    def _formats(self) -> list[str]:
        """Return the formats that tasks or this plugin's option ask for; of an option with one that is not known only those of tasks."""
        asked = noted_formats()
        try:
            asked.update(check_formats(self.get_option("reports")))
        except HipaaCisError as problem:
            self._display.warning(f"hipaa.cis.summary: {problem}")
        return sorted(asked)
