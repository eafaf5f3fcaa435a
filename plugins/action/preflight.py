# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.preflight``: finds what a site has mistyped before any host is touched. Works on the controller."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.utils.vars import load_extra_vars

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import check_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options, resume, run_tags
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.collecting import no_collections
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import (
    health_checks,
    maintenance_window,
    site_commands,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.formats import check_formats
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import plan_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import check_names
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import note_catalogs, note_formats, shared_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, check_run_id, run_base


class ActionModule(HostAction):
    """Reads the lists of one host as the tasks after it will, and fails where they could not."""

    TRANSFERS_FILES = False
    WHAT = "The preflight"
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    @no_collections()
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        try:
            arguments = self._arguments(options.PREFLIGHT_SPEC, variables)
            self._check_tags(arguments["whole"], variables)
            if not arguments["read_only"]:
                _check_strategy(str(self._task.get_play().strategy))
            options.check_play_variables(arguments["play_variables"], variables, self._seen_by_play())
            health_checks.parse(arguments["health_checks"])
            maintenance_window.parse(arguments["windows"])
            for name in ("before_reboot", "after_reboot"):
                site_commands.check(arguments[name], options.PREFIX + name)
            if not arguments["whole"]:
                self._check_all(arguments["plan"], arguments["read_only"], variables)
        except HipaaCisError as problem:
            result.update(failed=True, msg=f"Nothing was begun: {problem}")
        except AnsibleError as problem:
            result.update(
                failed=True, msg=f"Nothing was begun, for a variable hipaa_cis_... cannot be used: {problem.message}"
            )
        return result

    def _check_tags(self, whole: bool, variables: dict[str, Any]) -> None:
        """Raise `HipaaCisError` where tags are given for what can only be done as a whole."""
        given = [name for names in run_tags.given(variables) for name in names if name not in self._task.tags]
        if whole and given:
            raise HipaaCisError(f"a run is taken back as a whole. Leave the tags out: {', '.join(given)}.")

    def _check_all(self, plan: str | None, read_only: bool, variables: dict[str, Any]) -> None:
        """Raise `HipaaCisError` where a task after this one could not use an option of this host, as they are asked for."""
        options.check_plan(plan)
        self._task.args = {}
        arguments = self._host_arguments(
            {**options.REMEDIATE_SPEC, **options.RESUME_SPEC, **options.REPORT_SPEC}, variables
        )
        safeguards = self._templar.template(variables.get(options.PREFIX + "safeguards"))
        if safeguards:
            arguments["include"] = {**arguments["include"], "safeguards": safeguards}
        names = check_names(arguments["fail_on"], arguments["allow"])
        options.check_compared(arguments["compare_with"], names)
        options.check_delivered(arguments["destinations"], names)
        note_formats(check_formats(arguments["reports"]))
        options.check_days("merge_max_age", arguments["merge_max_age"])
        options.disruption(arguments["allow_disruption"])
        options.check_confirm_timeout(arguments["confirm_timeout"])
        options.check_limits(arguments)
        options.check_play(
            *(self._templar.template(variables.get(options.PREFIX + name)) for name in ("become", "walks_at_once"))
        )
        if arguments["run_id"]:
            check_run_id(arguments["run_id"])
        self._check_slice(arguments, variables)
        self._check_alike(arguments, variables)
        if arguments["destinations"]:
            _check_destinations(arguments["destinations"])
        note_catalogs(arguments["catalog_paths"])
        known = load_catalog(arguments["catalog_paths"]).under(arguments["framework"])
        # What only looks goes on without an entry that has a fault, and tells it.
        site = self._decided(arguments, known, variables, None, strict=not read_only)
        selection = self._meant_by(self._selection(arguments, variables), site)
        values, tailored = self._tailored(arguments, site)
        check_plan(known, selection, values, tailored)
        asked = plan_file.asked(known.digest, selection.as_dict(), values)
        self._approved(arguments, str(variables["inventory_hostname"]), asked)
        if read_only:
            self._check_run(arguments, variables, known, selection, values)
        elif arguments["resume"]:
            raise HipaaCisError(
                "hipaa_cis_resume goes on with an audit. A remediation is begun anew: what is right already is not changed."
            )

    @staticmethod
    def _check_run(
        arguments: Mapping[str, Any],
        variables: Mapping[str, Any],
        known: Catalog,
        selection: Selection,
        values: Mapping[str, Any],
    ) -> None:
        """Raise `HipaaCisError` where the run may not be written to, or not be resumed by what is asked for this host."""
        host, how = str(variables["inventory_hostname"]), arguments["resume"]
        base = HostAction._base(arguments, variables)
        name = resume.run_id(base, arguments["run_id"], how)
        if not name:
            return
        store = RunStore(run_base(base) / name)
        standing = resume.check(store, how, host, resume.play_hosts(variables))
        if how:
            asked = empty_record(host, name, "", known.digest, selection)
            resume.is_done(
                store,
                standing,
                {**asked, **({"framework": known.amended_by.id} if known.amended_by else {})},
                values,
                known,
                arguments["root"],
            )

    def _check_alike(self, arguments: dict[str, Any], variables: dict[str, Any]) -> None:
        """Raise `HipaaCisError` where an option of the whole run is another one for this host than for the play's first."""
        own = {name: arguments[name] for name in options.REPORT_SPEC}
        own.update((name, self._templar.template(variables.get(options.PREFIX + name))) for name in options.OF_THE_PLAY)
        # Only digests: nobody has to see what is given.
        own = {name: _digest(value) for name, value in own.items()}
        mine = json.dumps([str(variables["inventory_hostname"]), own])
        host, first = json.loads(shared_text(f"options-{self._task.get_play()._uuid}", lambda: mine))
        for name, value in own.items():
            if value != first[name]:
                raise HipaaCisError(
                    f"{options.PREFIX}{name} is one for the whole run, and it is another one here than for {host}. Set it for all "
                    "hosts of the play: with -e, or in the group all."
                )

    def _seen_by_play(self) -> set[str]:
        """Return the variables that the play's keywords could be made of, those of ``import_playbook`` among them."""
        return {*load_extra_vars(self._loader), *self._task.get_play().get_vars()}


def _check_destinations(given: Any) -> None:
    """Raise `HipaaCisError` where nothing could be delivered. They are the same for all hosts: the first looks."""
    from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import deliver

    def once() -> str:
        deliver.check(given)
        return ""

    shared_text(f"destinations-{_digest(given)}", once)


def _digest(value: Any) -> str:
    """Return a digest of an option's value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _check_strategy(strategy: str) -> None:
    """Raise `HipaaCisError` where a batch's hosts would not do one task after the other: it is looked at as a whole."""
    if strategy.rsplit(".", 1)[-1] not in ("linear", "debug"):
        raise HipaaCisError(
            f"the play's strategy is {strategy}, by which each host goes its own way, and a batch could not be taken back "
            "together. Write `strategy: linear` in the play; a site's ansible.cfg or ANSIBLE_STRATEGY sets it for all plays that say nothing."
        )
