# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions that work on a host share: options, the run's store, and modules run on the target."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.release import __version__ as ANSIBLE_VERSION  # noqa: N812 - it is a constant

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlatformPlan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.replay import raw_task
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import DETECT, Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import POWERSHELL, Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import answers, options, reached, run_tags
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.action import Action
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.collecting import no_collections
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.in_time import within
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.module_cache import module_kept
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.module_failure import (
    explain,
    from_host,
    gave_no_answer,
    harmless_behind,
    refused,
    told,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.resume import play_hosts
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.shapes import Unusable
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoAnswer
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import plan_file, raw_answers
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import (
    note_batch,
    note_catalogs,
    note_gate,
    note_run_directory,
    shared_run_id,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, is_space_missing
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

# Options that the observe modules take as they are.
if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.site import HostSite

HANDED_ON = (
    "command_timeout",
    "scan_exclude",
    "scan_max_seconds",
    "scan_max_findings",
    "observe_max_seconds",
    "gentle",
    "root",
)
OURS = "hipaa.cis."
# Whatever the locale of a host's accounts: in an older encoding (ISO 8859, EUC) Python would look for other names than configuration has.
IN_UTF8 = {"PYTHONUTF8": "1"}


# To connect, become root, send the module and start Python, on a host and a controller that have other things to do.
# Groups of a host that its record names.
MAX_GROUPS = 20
WAY_SECONDS = 180.0


class HostAction(Action):
    """Base of the actions; each works on one host and writes its record. ``WHAT`` names it in messages."""

    WHAT = "The audit"

    def _host_arguments(self, spec: Mapping[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return the same with the parameters of host and groups. Raises `HipaaCisError`."""
        arguments = self._arguments(spec, variables)
        if "resume" in spec:
            arguments["resume"] = options.resumed(arguments["resume"])
        arguments["parameters"] = options.parameter_values(arguments["parameters"], variables, self._templar.template)
        return arguments

    @staticmethod
    def _approved(
        arguments: Mapping[str, Any], host: str, asked: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]] | None:
        """Return digest and task of the approved plan for a host; None where none is given. Raises `HipaaCisError`."""
        options.check_plan(arguments["plan"], arguments["plan_digest"])
        if arguments["plan"] is None:
            return None
        plan = plan_file.load(arguments["plan"], arguments["plan_digest"])
        return plan["digest"], plan_file.task_of(plan, host, asked)

    @staticmethod
    def _base(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
        """Return the folder in which the run's directory lies. Raises `HipaaCisError`."""
        return arguments["run_dir"] if arguments["slice"] is None else str(_sliced().base(arguments, variables))

    @staticmethod
    def _made(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> RunStore:
        """Return the run's directory, which is there from then on. Raises `HipaaCisError`."""
        if arguments.get("slice") is None:
            return RunStore.create(arguments["run_dir"], arguments["run_id"] or shared_run_id())
        store: RunStore = _sliced().store(arguments, variables)
        return store

    @staticmethod
    def _store(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> RunStore:
        """Return the run's directory, with the hosts of this play noted in it. Raises `HipaaCisError`."""
        store = HostAction._made(arguments, variables)
        HostAction._note(store, arguments, variables)
        return store

    @staticmethod
    def _note(store: RunStore, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        """Leave word of a run that this command writes to. Raises `HipaaCisError`."""
        note_catalogs(arguments["catalog_paths"])
        note_run_directory(store.folder, arguments["catalog_paths"])
        note_batch(str(host) for host in variables.get("ansible_play_batch", ()))
        if variables.get(options.PREFIX + "fail_on"):
            note_gate("asked")
        store.expect_hosts(play_hosts(variables))

    @staticmethod
    def _check_slice(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        """Raise `HipaaCisError` where a command cannot be the slice that it is to be."""
        if arguments["slice"] is not None:
            _sliced().check(arguments, variables)

    def _check_delegated(self, variables: Mapping[str, Any], root: str | None = None) -> str:
        """Return the other host that the task is delegated to, empty where it is not. ``root``: a tree, which may lie on another host.

        Raises `HipaaCisError` where what that one is would be kept under the name of this one, which nobody looked at.
        """
        host, other = str(variables["inventory_hostname"]), str(self._task.delegate_to or "")
        if other in ("", host):
            return ""
        if not root:
            raise HipaaCisError(
                f"{self.WHAT} of {host} is delegated to {other}: what {other} is would be kept under the name of {host}. Leave out delegate_to, "
                f"and name in the play's hosts what is meant; another way to {host} is its ansible_host."
            )
        return other

    @staticmethod
    def _alone(variables: Mapping[str, Any]) -> bool:
        """Return whether a play has no other host: what is then left out is all there is."""
        return len(play_hosts(variables)) <= 1

    def _selection(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> Selection:
        """Return what the task is asked for, the command's tags among it. Raises `HipaaCisError`."""
        known = load_catalog(arguments["catalog_paths"])
        own = [tag for tag in self._task.tags if tag not in run_tags.ANSIBLES]
        chosen, skipped, strange = run_tags.chosen(known, variables, own)
        return Selection(
            run_tags=chosen,
            skip_tags=skipped,
            strange_tags=strange,
            meant_level=arguments["meant_level"],
            meant_profile=arguments["meant_profile"] or "",
            benchmarks=() if set(arguments["benchmark"]) == {DETECT} else tuple(arguments["benchmark"]),
            level=arguments["level"],
            profile=arguments["profile"],
            profiles=tuple(arguments["profiles"]),
            include=options.filters("include", arguments["include"]),
            exclude=options.filters("exclude", arguments["exclude"]),
            platforms=reached.platforms(known, self._shell(variables), arguments["platforms"]),
        )

    def _shell(self, _variables: Mapping[str, Any]) -> str:
        """Return the family of the shell that the host is reached by."""
        return reached.shell_of(self._connection)

    @staticmethod
    def _meant_by(selection: Selection, site: HostSite | None) -> Selection:
        """Return a selection with what the host's system is meant for, where no variable says so."""
        meant = site.meant if site else {}
        return replace(
            selection,
            meant_level=selection.meant_level or meant.get("level"),
            meant_profile=selection.meant_profile or meant.get("profile", ""),
        )

    @staticmethod
    def _tailored(
        arguments: Mapping[str, Any], site: HostSite | None
    ) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
        """Return the values of the host's parameters, and the decisions in force that speak for them."""
        return site.tailored(arguments["parameters"]) if site else (arguments["parameters"], {})

    def _by_site(
        self, record: dict[str, Any], selection: Selection, arguments: Mapping[str, Any], site: HostSite | None
    ) -> tuple[Selection, Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
        """Return selection, values of parameters and the decisions behind these, as a site has them; the record says so."""
        if site is None:
            return selection, arguments["parameters"], {}
        meant = self._meant_by(selection, site)
        record.update(meant=meant.meant, decisions=site.as_dict())
        return (meant, *self._tailored(arguments, site))

    @staticmethod
    def _known(
        arguments: Mapping[str, Any], record: dict[str, Any], store: RunStore, variables: Mapping[str, Any]
    ) -> Catalog:
        """Return the catalog under the framework that is asked for.

        A host's record says both, by which ansible-core, and the host's groups. Raises `HipaaCisError`.
        """
        record["ansible_core_version"] = ANSIBLE_VERSION
        groups = sorted({str(name) for name in variables.get("group_names", ())} - {"all", "ungrouped"})
        record.update({"groups": groups[:MAX_GROUPS]} if groups else {})
        known = load_catalog(arguments["catalog_paths"]).under(arguments["framework"])
        record["catalog_digest"] = known.digest
        if known.amended_by:
            record["framework"] = known.amended_by.id
            store.note_framework(known.amended_by.id)
        return known

    @staticmethod
    def _decided(
        arguments: Mapping[str, Any],
        known: Catalog,
        variables: Mapping[str, Any],
        store: RunStore | None,
        strict: bool = True,
    ) -> HostSite | None:
        """Return what of the site's decisions concerns the host; None where there are none. Raises as `site.of_host`."""
        if arguments["site_dir"] is None and not any(arguments[section] for section in options.DECISIONS):
            return None
        from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import site

        return site.of_host(arguments, known, variables, store, strict)

    @staticmethod
    def _keep_raw(
        store: RunStore,
        arguments: Mapping[str, Any],
        record: dict[str, Any],
        answered: Sequence[tuple[PlatformPlan, Mapping[str, Any]]],
    ) -> None:
        """Keep what the host answered, where the site wants that; the record says where it can't be. Raises `HipaaCisError`."""
        if arguments["keep_raw"] > 0:
            why_not = raw_answers.keep(store, record["host"], raw_task(record, answered))
            if why_not:
                record["warnings"].append(f"{record['host']}: {why_not}")

    def _observe(self, plan: PlatformPlan, variables: dict[str, Any]) -> answers.Answer:
        """Return the observe module's answer. Raises `HipaaCisError` where there is none, in words for the operator."""
        with within(_observation_seconds(plan.request["options"])):
            answer = self._on_host(plan.platform.observe, plan.sent, variables)
        with self._looking_at_it(HipaaCisError):
            return answers.observed(answer, plan.request)

    def _apply(self, plan: PlatformPlan, request: Mapping[str, Any], variables: dict[str, Any]) -> answers.Answer:
        """Return the apply module's answer. Raises as `_on_host`, and `NoAnswer` where it cannot be used."""
        sent = {**request, **({"observe": numbered(request["observe"])} if "observe" in request else {})}
        answer = self._on_host(str(plan.platform.apply), json.dumps(sent), variables)
        with self._looking_at_it(NoAnswer):
            return answers.applied(answer, request)

    def _on_host(self, module: str, request: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Run a module that takes a request, which is JSON: Ansible would look at each part of it by itself.

        Raises `HipaaCisError`, `NoAnswer` where the module was begun, or `AnsibleConnectionFailure` when unreachable.
        """
        answer = self._ask(module, {"request": request}, variables)
        if answer.get("failed"):
            kind = NoAnswer if gave_no_answer(answer) else HipaaCisError
            raise kind(explain(answer, self.WHAT))
        return answer

    def _ask(self, module: str, arguments: Mapping[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Run a module and return what came back, which nobody has looked at yet. Raises as `_on_host`."""
        self._leave_become()
        if module.startswith(OURS) and IN_UTF8 not in (self._task.environment or ()):
            self._task.environment = [*(self._task.environment or ()), IN_UTF8]
        try:
            with no_collections(), module_kept(module):
                answer = self._execute_module(module_name=module, module_args=dict(arguments), task_vars=variables)
        except AnsibleConnectionFailure as problem:
            # What the host's side printed while it was connected to is in it.
            raise AnsibleConnectionFailure(refused(from_host(problem.message))) from None
        except AnsibleError as problem:
            raise HipaaCisError(explain({"msg": problem.message}, self.WHAT)) from None
        except OSError as problem:
            # The controller's own: nothing that a host answers raises one.
            raise NoAnswer(f"{self.WHAT} could not be done on this host: {_of_controller(problem)}") from None
        except Exception as problem:
            # Ansible reads an answer before anybody else can, and fails in its own ways on what a host may write.
            self._display.vvv(traceback.format_exc())
            raise NoAnswer(self._cannot_use(f"Ansible cannot read it ({type(problem).__name__})")) from None
        if answer.get("unreachable"):
            raise AnsibleConnectionFailure(refused(told(answer, "msg")) or "unreachable")
        return dict(answer)

    def _leave_become(self) -> None:
        """Ask a host of PowerShell as who logs in: a play's `become` is for the others, and only runas means such hosts."""
        become = getattr(self._connection, "become", None)
        if become is not None and become.name != "runas" and reached.shell_of(self._connection) == POWERSHELL:
            self._connection.set_become_plugin(None)

    def _parse_returned_data(self, res: Mapping[str, Any], *more: Any) -> Any:
        """Have Ansible read what a host printed, with nothing in it that would steer a terminal or fill a log."""
        return super()._parse_returned_data({**res, "stdout": harmless_behind(res.get("stdout") or "")}, *more)

    @contextmanager
    def _looking_at_it(self, kind: type[HipaaCisError]) -> Iterator[None]:
        """Raise an error of this kind where an answer is not what it may be."""
        try:
            yield
        except Unusable as problem:
            raise kind(self._cannot_use(str(problem))) from None

    def _cannot_use(self, why: str) -> str:
        return (
            f"{self.WHAT} could not be done on this host: what it answered cannot be used: {spelled_out(why)}. See that the host is the one it "
            "should be, and that nothing on it changes what its Python or its shell print."
        )


def _sliced() -> ModuleType:
    """Return what few commands need, so that no worker of the others loads it."""
    from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import sliced

    return sliced


def _of_controller(problem: OSError) -> str:
    """Return what hinders the controller from asking a host, and what to do."""
    remedy = (
        f"Make space in Ansible's folder for temporary files there, {Path(constants.DEFAULT_LOCAL_TMP).parent}; ANSIBLE_LOCAL_TEMP names another."
        if is_space_missing(problem)
        else "See its limits (ulimit -a), and whether fewer forks (-f) are within them."
    )
    return f"the controller could not ask it: {spelled_out(problem.strerror or str(problem))}. {remedy}"


def _observation_seconds(asked: Mapping[str, Any]) -> float:
    """Return how long an observation may take at most: what the host allows itself, and the way there and back."""
    known = options.AUDIT_SPEC
    limits = [asked.get(name, known[name]["default"]) for name in ("observe_max_seconds", "scan_max_seconds")]
    return float(sum(limits)) + WAY_SECONDS
