# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.preflight``: finds what a site has mistyped before any host is touched. Works on the controller.

Where the task says ``run_once``, it looks at all hosts of the batch.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ansible.errors import AnsibleError
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import ready
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import check_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SH, Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import (
    batch_hosts,
    options,
    reached,
    resume,
    run_tags,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.collecting import no_collections
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import HANDED_ON, HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import address
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import (
    health_checks,
    maintenance_window,
    site_commands,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.formats import check_formats
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import plan_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import check_names
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import (
    note_catalogs,
    note_formats,
    note_plan,
    shared_text,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, check_run_id, run_base


class _Known(NamedTuple):
    """What was found good of one host, and is of others with the same options too."""

    arguments: dict[str, Any]
    catalog: Catalog
    selection: Selection
    values: Mapping[str, Any]
    read_only: bool

    @property
    def asked(self) -> str:
        """What a host is asked for, as `ready.make` takes it."""
        handed_on = {name: self.arguments[name] for name in HANDED_ON}
        catalogs, framework = self.arguments["catalog_paths"], self.arguments["framework"]
        return ready.asked(catalogs, framework, self.selection, self.values, handed_on)


class ActionModule(HostAction):
    """Reads the lists of hosts as the tasks after it will, and fails where they could not."""

    TRANSFERS_FILES = False
    WHAT = "The preflight"
    _templar: Any
    _requires_connection = False

    @no_collections()
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        self._good: dict[str, _Known] = {}
        self._shared: Counter[str] = Counter()
        problems: dict[str, list[str]] = {}
        hosts, templar, own = 0, self._templar, variables
        for host, variables in batch_hosts.each(self._task, own):
            self._templar = templar if variables is own else Templar(loader=self._loader, variables=variables)
            hosts += 1
            try:
                self._check(variables)
            except HipaaCisError as problem:
                problems.setdefault(str(problem), []).append(host)
            except AnsibleError as problem:
                problems.setdefault(f"a variable hipaa_cis_... cannot be used: {problem.message}", []).append(host)
        if problems:
            result.update(failed=True, msg=f"Nothing was begun: {batch_hosts.told(problems, hosts)}")
        return result

    def _check(self, variables: dict[str, Any]) -> None:
        """Raise `HipaaCisError` or `AnsibleError` where the tasks after this one could not do what one host's variables say."""
        # Those are of any name.
        given = None if self._task.args.get("play_variables") else batch_hosts.given(variables)
        known = self._good.get(given or "") or self._looked_at(variables)
        if known is None:
            return
        # What a site has decided is of single hosts.
        if given and known.arguments["site_dir"] is None and not any(known.arguments[one] for one in options.DECISIONS):
            self._good[given] = known
            self._shared[given] += 1
            if self._shared[given] == ready.LEAST_HOSTS:
                note_plan(known.asked)
        asked = plan_file.asked(known.catalog.digest, known.selection.as_dict(), known.values)
        self._approved(known.arguments, str(variables["inventory_hostname"]), asked)
        self._check_slice(known.arguments, variables)
        if known.read_only:
            _check_run(known, variables)

    def _looked_at(self, variables: dict[str, Any]) -> _Known | None:
        """Return what was found good of a host's options; None where nothing is done by them. Raises as `_check`."""
        arguments = self._arguments(options.PREFLIGHT_SPEC, variables)
        self._check_tags(arguments["whole"], variables)
        self._check_strategy(arguments["read_only"])
        options.check_play_variables(arguments["play_variables"], variables, self._seen_by_play())
        health_checks.parse(arguments["health_checks"])
        maintenance_window.parse(arguments["windows"])
        for name in ("before_reboot", "after_reboot"):
            site_commands.check(arguments[name], options.PREFIX + name)
        if arguments["whole"]:
            return None
        options.check_plan(arguments["plan"])
        return self._as_tasks_will(arguments["read_only"], variables)

    def _check_strategy(self, read_only: bool) -> None:
        """Raise `HipaaCisError` where hosts would not do one task after the other, and something looks at all of them."""
        strategy = str(self._task.get_play().strategy)
        if strategy.rsplit(".", 1)[-1] in ("linear", "debug"):
            return
        if not read_only:
            raise HipaaCisError(
                f"the play's strategy is {strategy}, by which each host goes its own way, and a batch could not be taken back "
                "together. Write `strategy: linear` in the play; a site's ansible.cfg or ANSIBLE_STRATEGY sets it for all plays that say nothing."
            )
        # Before it looks whether the task is wanted.
        if self._task._role is not None:
            raise HipaaCisError(
                f"the play's strategy is {strategy}, by which each host goes its own way, and Ansible ends the play at the report on all of "
                "them. Write `strategy: linear` in the play; or take the task hipaa.cis.audit in place of the role, and then the playbook hipaa.cis.report."
            )

    def _shell(self, variables: Mapping[str, Any]) -> str:
        """Return what the variables say of it, as far as they can be worked out: a host that cannot be reached so keeps no other back."""
        try:
            return reached.shell_by(variables, self._templar.template)
        except AnsibleError:
            return SH

    def _check_tags(self, whole: bool, variables: dict[str, Any]) -> None:
        """Raise `HipaaCisError` where tags are given for what can only be done as a whole."""
        given = [name for names in run_tags.given(variables) for name in names if name not in self._task.tags]
        if whole and given:
            raise HipaaCisError(f"a run is taken back as a whole. Leave the tags out: {', '.join(given)}.")

    def _as_tasks_will(self, read_only: bool, variables: dict[str, Any]) -> _Known:
        """Return a host's options as the tasks after this one will have them. Raises `HipaaCisError` where one could not use them."""
        given, self._task.args = self._task.args, {}
        try:
            arguments = self._host_arguments(
                {**options.REMEDIATE_SPEC, **options.RESUME_SPEC, **options.REPORT_SPEC}, variables
            )
        finally:
            self._task.args = given
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
        if arguments["ledger"]:
            address.address(arguments["ledger"], Path())
        self._check_alike(arguments, variables)
        if arguments["destinations"]:
            _check_destinations(arguments["destinations"])
        if arguments["resume"] and not read_only:
            raise HipaaCisError(
                "hipaa_cis_resume goes on with an audit. A remediation is begun anew: what is right already is not changed."
            )
        note_catalogs(arguments["catalog_paths"])
        catalog = load_catalog(arguments["catalog_paths"]).under(arguments["framework"])
        # What only looks goes on without an entry that has a fault, and tells it.
        site = self._decided(arguments, catalog, variables, None, strict=not read_only)
        selection = self._meant_by(self._selection(arguments, variables), site)
        values, tailored = self._tailored(arguments, site)
        # Of which platform a host is is its own matter: what one has nothing for does not keep the others.
        check_plan(catalog, replace(selection, platforms=()), values, tailored)
        return _Known(arguments, catalog, selection, values, read_only)

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


def _check_run(known: _Known, variables: Mapping[str, Any]) -> None:
    """Raise `HipaaCisError` where the run may not be written to, or not be resumed by what is asked for a host."""
    host, how = str(variables["inventory_hostname"]), known.arguments["resume"]
    base = HostAction._base(known.arguments, variables)
    name = resume.run_id(base, known.arguments["run_id"], how)
    if not name:
        return
    store = RunStore(run_base(base) / name)
    standing = resume.check(store, how, host, resume.play_hosts(variables))
    if how:
        asked = empty_record(host, name, "", known.catalog.digest, known.selection)
        amended = known.catalog.amended_by
        resume.is_done(
            store,
            standing,
            {**asked, **({"framework": amended.id} if amended else {})},
            known.values,
            known.catalog,
            known.arguments["root"],
        )


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
