# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.remediate``: observe, judge, plan, apply, observe, judge; with a way back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlatformPlan, make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record, spoil_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import hops, options, resume
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.host_action import HANDED_ON, HostAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.exceptions import Decisions
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoBenchmark
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation import maintenance_window
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.limits import Limits
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.plan_part import approved_by, planned_changes
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.platform import PlatformRemediation
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.record import make_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.target import NotBegun, Unreachable
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.text import diff, headline, progress
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import plan_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import utc_now
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import host_safeguards
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore


class ActionModule(HostAction):
    """Remediates one host and writes its records; returns counts, what changed, paths and digests only."""

    WHAT = "The remediation"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on one host."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        # Told also where it fails: who takes the batch back has to know what to take back, and where.
        self.begun = False
        try:
            arguments = self._host_arguments(options.REMEDIATE_SPEC, variables)
            if arguments["root"]:
                raise HipaaCisError(
                    "hipaa_cis_root names a tree of files, and only an audit looks into one: change what the image is built of, or boot it "
                    "and remediate the host."
                )
            self._check_delegated(variables)
            arguments["allow_disruption"] = options.disruption(arguments["allow_disruption"])
            options.check_confirm_timeout(arguments["confirm_timeout"])
            self.windows = maintenance_window.parse(arguments["windows"])
            self.window_minutes = arguments["window_minutes"]
            self.hindered = " ".join(arguments["not_begun"].split())
            store = self._store(arguments, variables)
            store.begin(variables["inventory_hostname"])
            result.update(run_id=store.run_id, run_base=str(store.folder.parent))
            result.update(self._remediate(store, arguments, variables))
        except HipaaCisError as problem:
            result.update(failed=True, msg=str(problem))
        except AnsibleConnectionFailure as problem:
            result.update(unreachable=True, msg=problem.message)
        result["begun"] = self.begun
        return result

    def _remediate(self, store: RunStore, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        selection = self._selection(arguments, variables)
        started = utc_now()
        record = empty_record(variables["inventory_hostname"], store.run_id, started, "", selection)
        limits = self._limits(store, arguments, variables)
        try:
            known = self._known(arguments, record, store, variables)
            site = self._decided(arguments, known, variables, store)
            decided = site.decisions if site else Decisions()
            selection, values, tailored = self._by_site(record, selection, arguments, site)
            plans = make_plan(known, selection, values, _handed_on(arguments), decided.excepted, tailored)
            asked = plan_file.asked(known.digest, record["selection"], values)
            limits = replace(limits, decisions=decided, **self._by_plan(arguments, record["host"], asked, plans))
            self.may_begin()
            done, failed = _remediate_all(plans, _Target(self, variables), limits)
            record["audited_at"] = utc_now()
            seen = [(one.plan, one.after) for one in done]
            fill_record(record, known, seen, failed=failed)
            decided.mark(record["findings"])
        except NotBegun as problem:
            spoil_record(record, "not_begun", str(problem))
            remediation = make_record(record["host"], limits, (started, utc_now()), [], str(problem))
            return self._result(store, known, record, remediation, [])
        except NoBenchmark as problem:
            # Nothing was asked of it, so nothing was changed.
            spoil_record(record, "not_assessed", str(problem))
            remediation = make_record(record["host"], limits, (started, utc_now()), [], str(problem))
            return {**self._result(store, known, record, remediation, []), "failed": self._alone(variables)}
        except HipaaCisError as problem:
            spoil_record(record, "failed", str(problem))
            resume.write_record(store, record)
            raise
        except (AnsibleConnectionFailure, Unreachable) as problem:
            spoil_record(record, "unreachable", str(problem))
            resume.write_record(store, record)
            raise AnsibleConnectionFailure(str(problem)) from None
        if limits.check and limits.approved is None and not done[-1].broke_off:
            store.write_plan(record["host"], {"asked": asked, "changes": planned_changes(done)})
        remediation = make_record(record["host"], limits, (started, utc_now()), done)
        not_looked_at = [one["failed"] for one in record["platforms"].values() if "failed" in one]
        remediation["warnings"] += not_looked_at
        if not done[-1].looked_again:
            lost = isinstance(done[-1].broke_off, Unreachable)
            spoil_record(record, "unreachable" if lost else "failed", headline(remediation))
            # First what was done: the record may be another command's, and is then left to it.
            store.write_remediation(remediation)
            resume.write_record(store, record)
            if lost:
                raise AnsibleConnectionFailure(headline(remediation))
        self._keep_raw(store, arguments, record, seen)
        result = self._result(store, known, record, remediation, done)
        if not_looked_at and not result["not_begun"]:
            result.update(failed=True, msg=" ".join([result["msg"], *not_looked_at]))
        return result

    @staticmethod
    def _others(variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the host has to know of others that are reached through it."""
        name, connections = variables["inventory_hostname"], hops.read(variables)
        address = variables.get("hostvars", {}).get(name, {}).get("ansible_host")
        return {
            "hosts_behind": hops.behind(connections, [str(name), str(address or "")]),
            "peers": hops.peers(connections, str(name)),
        }

    def may_begin(self) -> None:
        """Raise `NotBegun` outside of the site's windows, where nothing was begun yet: what has begun goes on to its end."""
        if self._task.check_mode or self.begun:
            return
        if self.hindered:
            raise NotBegun(self.hindered)
        why = maintenance_window.refusal(self.windows, self.window_minutes, datetime.now(timezone.utc))
        if why:
            raise NotBegun(why)

    def _by_plan(
        self, arguments: Mapping[str, Any], host: str, asked: Mapping[str, Any], plans: Sequence[PlatformPlan]
    ) -> dict[str, Any]:
        """Return what of `Limits` an approved plan sets. Raises `HipaaCisError`."""
        approved = self._approved(arguments, host, asked)
        if approved is None:
            return {}
        digest, task = approved
        return {
            "approved": {plan.platform.id: approved_by(task, plan.platform.id) for plan in plans},
            "plan_digest": digest,
        }

    def _limits(self, store: RunStore, arguments: dict[str, Any], variables: dict[str, Any]) -> Limits:
        return Limits(
            run_id=store.run_id,
            disruption=frozenset(arguments["allow_disruption"]),
            confirm_timeout=arguments["confirm_timeout"],
            check=bool(self._task.check_mode),
            write_out=arguments["write_out"],
            force_benchmark=arguments["force_benchmark"],
            options={
                **_handed_on(arguments),
                "write_out": arguments["write_out"],
                "close_accounts": arguments["close_accounts"],
                "owned_files": arguments["owned_files"],
                **self._others(variables),
                # Tells this task from another that was given the same run id.
                "token": secrets.token_hex(8),
                "user": self._connecting_user(variables),
                "port": _number(self._connection.get_option("port") if _has_port(self._connection) else None),
                "connection": self._connection.transport,
                "password_used": bool(variables.get("ansible_password") or variables.get("ansible_ssh_pass")),
                "become_method": getattr(self._connection.become, "name", ""),
                "become_password_used": bool(
                    variables.get("ansible_become_password")
                    or variables.get("ansible_become_pass")
                    or self._play_context.become_pass
                ),
            },
        )

    def _connecting_user(self, variables: Mapping[str, Any]) -> str:
        user = self._templar.template(variables.get("ansible_user") or variables.get("ansible_ssh_user") or "")
        return str(user or self._play_context.remote_user or "")

    def _result(
        self,
        store: RunStore,
        known: Catalog,
        record: dict[str, Any],
        remediation: dict[str, Any],
        done: list[PlatformRemediation],
    ) -> dict[str, Any]:
        # First what was done: the record may be another command's, and is then left to it.
        written = store.write_remediation(remediation)
        path, digest = resume.write_record(store, record)
        steps = [step for one in done for step in one.steps]
        result: dict[str, Any] = {
            "changed": bool(steps) if remediation["check_mode"] else remediation["changed"],
            "counts": remediation["counts"],
            "msg": headline(remediation),
            "safeguards": host_safeguards(known, record),
            "pending_reboot": remediation["pending_reboot"],
            "warnings": list(dict.fromkeys([*remediation["warnings"], *record["warnings"]])),
            "record": str(path),
            "digest": digest,
            "remediation_record": str(written),
            "run_directory": str(store.folder),
            "run_id": store.run_id,
        }
        result["not_begun"] = "not_begun" in remediation
        result["why_not_begun"] = remediation.get("not_begun", "")
        # Not so outside of a window, which is no failure.
        result["hindered"] = result["not_begun"] and bool(self.hindered)
        if "plan_digest" in remediation:
            result["plan_digest"] = remediation["plan_digest"]
        if self._task.diff or self._task.check_mode:
            rules = {name: change.rules for one in done for name, change in one.tried.items()}
            result["diff"] = diff(steps, remediation["results"], rules)
        if remediation["reverted"] or remediation.get("broke_off"):
            result["failed"] = True
        return result


def _remediate_all(
    plans: Sequence[PlatformPlan], target: _Target, limits: Limits
) -> tuple[list[PlatformRemediation], list[tuple[PlatformPlan, Exception]]]:
    """Remediate one platform after the other; return what was done, and what kept the others from being looked at.

    Raises what the first met where none could be looked at.
    """
    done: list[PlatformRemediation] = []
    failed: list[tuple[PlatformPlan, Exception]] = []
    for plan in plans:
        if done and (done[-1].broke_off or done[-1].not_begun):
            failed.append((plan, HipaaCisError("the run had ended before its turn")))
            continue
        one = PlatformRemediation(plan, target, limits)
        try:
            one.run()
            done.append(one)
        except (HipaaCisError, Unreachable) as problem:
            failed.append((plan, problem))
    if not done:
        raise failed[0][1]
    return done, failed


class _Target:
    """The host as `PlatformRemediation` sees it."""

    def __init__(self, action: ActionModule, variables: dict[str, Any]) -> None:
        self._action = action
        self._variables = variables

    def observe(self, plan: PlatformPlan) -> Mapping[str, Any]:
        try:
            return self._action._observe(plan, self._variables)
        except AnsibleConnectionFailure as problem:
            raise Unreachable(problem.message) from None

    def apply(self, plan: PlatformPlan, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request["mode"] == "apply":
            self._action.may_begin()
            self._action.begun = True
        doing = progress(str(self._variables["inventory_hostname"]), request)
        if doing:
            self._action._display.display(doing, stderr=True)
        try:
            return self._action._apply(plan, request, self._variables)
        except AnsibleConnectionFailure as problem:
            raise Unreachable(problem.message) from None

    def reconnect(self) -> None:
        try:
            self._action._connection.reset()
        except (AnsibleConnectionFailure, AttributeError, NotImplementedError):
            # Nothing is left to be dropped, or this kind of connection has nothing to drop.
            pass


def _handed_on(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arguments[name] for name in HANDED_ON}


def _has_port(connection: Any) -> bool:
    try:
        connection.get_option("port")
    except (KeyError, AttributeError):
        return False
    return True


def _number(value: Any) -> int | None:
    return int(value) if is_number(str(value or "")) else None
