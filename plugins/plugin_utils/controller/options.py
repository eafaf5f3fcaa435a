# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the actions: given to the task, else taken from the variables ``hipaa_cis_<option>``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import DISRUPTIONS, IN_FORCE, SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import artifacts

PREFIX = "hipaa_cis_"
CONFIRM_SECONDS = (15, 3600)
PARAMETER_PREFIX = "hipaa_cis_parameter_"
# How a run is gone on with.
NO, NAMED, LATEST = "", "named", "latest"
Template = Callable[[Any], Any]

SELECTION_SPEC: dict[str, dict[str, Any]] = {
    "benchmark": {"type": "list", "elements": "str", "default": ["auto"]},
    "level": {"type": "int", "default": 1},
    "profile": {"type": "str", "default": "server"},
    "profiles": {"type": "list", "elements": "str", "default": []},
    "include": {"type": "dict", "default": {}},
    "exclude": {"type": "dict", "default": {}},
    "meant_level": {"type": "int"},
    "meant_profile": {"type": "str"},
    "platforms": {"type": "list", "elements": "str", "default": []},
    "parameters": {"type": "dict", "default": {}},
    "catalog_paths": {"type": "list", "elements": "str", "default": []},
}
RUN_SPEC: dict[str, dict[str, Any]] = {
    "run_dir": {"type": "str", "default": "hipaa-cis-runs"},
    "run_id": {"type": "str"},
}
SITE_SPEC: dict[str, dict[str, Any]] = {
    "framework": {"type": "str", "default": IN_FORCE},
    "site_dir": {"type": "str"},
    "second_person": {"type": "bool", "default": False},
    # Their form is checked by decisions/, which names place and remedy.
    "exceptions": {"type": "raw", "default": []},
    "attestations": {"type": "raw", "default": []},
    "tailoring": {"type": "raw", "default": []},
    "systems": {"type": "raw", "default": []},
    "deadlines": {"type": "raw", "default": []},
    # Days.
    "audit_interval": {"type": "float", "default": 31.0},
}
# The lists among them.
DECISIONS = ("exceptions", "attestations", "tailoring", "systems", "deadlines")
AUDIT_SPEC: dict[str, dict[str, Any]] = {
    **SELECTION_SPEC,
    **RUN_SPEC,
    "command_timeout": {"type": "float", "default": 20.0},
    "scan_exclude": {"type": "list", "elements": "str", "default": []},
    "scan_max_seconds": {"type": "float", "default": 1800.0},
    "scan_max_findings": {"type": "int", "default": 1000},
    "observe_max_seconds": {"type": "float", "default": 300.0},
    "gentle": {"type": "bool", "default": True},
    "root": {"type": "str"},
    # Days.
    "keep_raw": {"type": "float", "default": 400.0},
    "slice": {"type": "str"},
    **SITE_SPEC,
}
RESUME_SPEC: dict[str, dict[str, Any]] = {"resume": {"type": "str", "default": "false"}}
# `restart` is for tasks only: no variable says that a host was restarted.
AUDIT_TASK_SPEC: dict[str, dict[str, Any]] = {
    **AUDIT_SPEC,
    **RESUME_SPEC,
    "restart": {
        "type": "dict",
        "options": {"done": {"type": "bool", "default": False}, "problem": {"type": "str", "default": ""}},
    },
}
# `ledger` may hold a password.
LEDGER_SPEC: dict[str, dict[str, Any]] = {
    "run_dir": RUN_SPEC["run_dir"],
    "ledger": {"type": "str", "no_log": True},
}
REPORT_SPEC: dict[str, dict[str, Any]] = {
    **RUN_SPEC,
    **LEDGER_SPEC,
    "run": {"type": "list", "elements": "str", "default": []},
    "fail_on": {"type": "list", "elements": "str", "default": []},
    "allow": {"type": "list", "elements": "str", "default": []},
    "compare_with": {"type": "str"},
    # Their names are checked by reports/formats.py.
    "reports": {"type": "list", "elements": "str", "default": []},
    # Days.
    "merge_max_age": {"type": "float", "default": 7.0},
    "catalog_paths": SELECTION_SPEC["catalog_paths"],
    # Its form is checked by destinations/entries.py. It may hold tokens and keys.
    "destinations": {"type": "list", "elements": "raw", "default": [], "no_log": True},
    "artifacts": {"type": "bool", "default": True},
}
# `merge_from` may be of any form that names a place of runs; a destination among them may hold keys.
MERGE_SPEC: dict[str, dict[str, Any]] = {
    **{name: one for name, one in REPORT_SPEC.items() if name not in ("run", "merge_max_age")},
    "merge_from": {"type": "list", "elements": "raw", "default": [], "no_log": True},
    "merge_hosts": {"type": "str"},
}
HISTORY_SPEC: dict[str, dict[str, Any]] = {
    **LEDGER_SPEC,
    "catalog_paths": SELECTION_SPEC["catalog_paths"],
    **{name: {"type": "list", "elements": "str", "default": []} for name in ("host", "rule", "safeguard")},
    "since": {"type": "str"},
    "trend_days": {"type": "float", "default": 90.0},
    **{name: SITE_SPEC[name] for name in ("site_dir", "systems", "exceptions", "deadlines")},
    "audit_interval": SITE_SPEC["audit_interval"],
}
PRUNE_SPEC: dict[str, dict[str, Any]] = {
    **LEDGER_SPEC,
    "keep_raw": AUDIT_SPEC["keep_raw"],
    "keep_years": {"type": "int", "default": 6},
    **{name: SITE_SPEC[name] for name in ("site_dir", "exceptions", "attestations")},
}
SELFTEST_SPEC: dict[str, dict[str, Any]] = {
    "catalog_paths": SELECTION_SPEC["catalog_paths"],
    "observe_max_seconds": AUDIT_SPEC["observe_max_seconds"],
    "selftest_dir": {"type": "str", "default": "hipaa-cis-selftest"},
    "selftest_fails": {"type": "bool", "default": True},
}
REMEDIATE_SPEC: dict[str, dict[str, Any]] = {
    **AUDIT_SPEC,
    "allow_disruption": {"type": "list", "elements": "str", "default": ["service_reload"]},
    "confirm_timeout": {"type": "float", "default": 120.0},
    "write_out": {"type": "bool", "default": True},
    "close_accounts": {"type": "list", "elements": "str", "default": []},
    "owned_files": {"type": "str", "choices": ["refuse", "tell"], "default": "refuse"},
    "plan": {"type": "str"},
    "plan_digest": {"type": "str"},
    # Its form is checked by remediation/maintenance_window.py.
    "windows": {"type": "list", "elements": "raw", "default": []},
    "window_minutes": {"type": "int", "default": 10},
    "not_begun": {"type": "str", "default": ""},
    "force_benchmark": {"type": "bool", "default": False},
}
# `must_exist` and `record_in` are for tasks only: no variable makes a run that is not there no error.
ROLLBACK_SPEC: dict[str, dict[str, Any]] = {
    **RUN_SPEC,
    "force": {"type": "bool", "default": False},
    "must_exist": {"type": "bool", "default": True},
    "record_in": {"type": "str"},
}
# Their forms are checked by remediation/health_checks.py, remediation/maintenance_window.py and remediation/site_commands.py.
PREFLIGHT_SPEC: dict[str, dict[str, Any]] = {
    "health_checks": {"type": "list", "elements": "raw", "default": []},
    "windows": {"type": "list", "elements": "raw", "default": []},
    "window_minutes": {"type": "int", "default": 0},
    "reboot": {"type": "str", "choices": ["never", "allowed"], "default": "never"},
    "before_reboot": {"type": "list", "elements": "raw", "default": []},
    "after_reboot": {"type": "list", "elements": "raw", "default": []},
    "reboot_timeout": {"type": "int", "default": 600},
    "plan": {"type": "str"},
    "play_variables": {"type": "list", "elements": "str", "default": []},
    "whole": {"type": "bool", "default": False},
    "read_only": {"type": "bool", "default": False},
}
# Variables that only playbooks and roles read.
PLAYBOOK_VARIABLES = frozenset(
    {
        "hosts", "become", "report", "batches", "walks_at_once", "max_fail_percentage", "windows", "window_minutes", "force",
        "health_checks", "safeguards", "remediation", "health", "unwell", "health_before", "unwell_before", "rollback",
        "reboot", "before_reboot", "after_reboot", "reboot_timeout", "reboot_problem", "rejoin_problem",
        "turn", "command", "ran", "ran_elsewhere", "outcome", "reboot_window", "hindered", "restarting", "answers", "boot", "told",
        "back", "went_down", "seen", "lost", "stuck", "reported",
    }
)  # fmt: skip
# What a playbook or role reads once for all hosts of a play, beside the options of the report.
OF_THE_PLAY = ("report", "walks_at_once", "framework", "slice", "resume")
OPTIONS = frozenset(
    {*AUDIT_SPEC, *RESUME_SPEC, *REPORT_SPEC, *MERGE_SPEC, *HISTORY_SPEC, *PRUNE_SPEC, *SELFTEST_SPEC, *REMEDIATE_SPEC}
)
KNOWN_VARIABLES = OPTIONS | PLAYBOOK_VARIABLES
# Seconds, and paths that are kept.
LIMITS = {
    "command_timeout": 3600,
    "scan_max_seconds": 86400,
    "observe_max_seconds": 86400,
    "scan_max_findings": 1_000_000,
}


def with_variables(
    spec: Mapping[str, Any], given: Mapping[str, Any], variables: Mapping[str, Any], template: Template
) -> dict[str, Any]:
    """Return a task's arguments, each that is not given taken from its variable where that is set."""
    taken = {
        name: template(variables[PREFIX + name])
        for name in spec
        if name not in given and variables.get(PREFIX + name) is not None
    }
    return {**taken, **given}


def parameter_values(given: Mapping[str, Any], variables: Mapping[str, Any], template: Template) -> dict[str, Any]:
    """Return parameter id -> value: ``hipaa_cis_parameter_<id>`` of host and group, ``parameters`` laid over them.

    One variable a parameter lets a group set one and a host another: Ansible does not merge mappings.
    """
    single = {
        name[len(PARAMETER_PREFIX) :]: template(value)
        for name, value in variables.items()
        if name.startswith(PARAMETER_PREFIX)
    }
    return {**single, **given}


def filters(option: str, given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return an include or exclude with every value a list of texts. Raises `HipaaCisError`."""
    result = {}
    for key, names in given.items():
        listed = [names] if isinstance(names, str) else names
        if not isinstance(listed, list) or not all(isinstance(name, (str, int, float)) for name in listed):
            raise HipaaCisError(f"hipaa_cis_{option}.{key} has to be a list of names.")
        result[key] = [str(name) for name in listed]
    return result


def check_variables(variables: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise `HipaaCisError` on a variable ``hipaa_cis_...`` that nothing reads: most often a typing error."""
    for name, value in variables.items():
        free = name.startswith((PARAMETER_PREFIX, artifacts.PREFIX))
        if name.startswith(PREFIX) and not free and name[len(PREFIX) :] not in known:
            raise HipaaCisError(unknown("variable", name, {PREFIX + option for option in known}))
        if value is None and name.startswith(PREFIX) and name[len(PREFIX) :] in OPTIONS:
            raise HipaaCisError(f"{name} is empty. Give it a value, or take it away where the default is meant.")


def check_play_variables(names: Collection[str], variables: Mapping[str, Any], seen: Collection[str]) -> None:
    """Raise `HipaaCisError` where the keyword of a play is to come from a variable that the play can't see.

    ``names``: variables that keywords such as ``serial`` are made of; ``variables``: the host's; ``seen``: those that the
    play had when Ansible made its batches. What is set for hosts and groups would be ignored without a word.
    """
    for name in names:
        if name in variables and name not in seen:
            raise HipaaCisError(
                f"{name} is set for this host or for a group of it, where it has no effect: Ansible chooses the hosts of a "
                "play and makes its batches before it looks at their variables. Take it out of the inventory and give it "
                f"on the command line: -e '{json.dumps({name: variables[name]}, default=str)}'"
            )


def disruption(given: list[str]) -> list[str]:
    """Return the classes of disruption that are allowed. Raises `HipaaCisError` on one that is not known."""
    for name in given:
        if name not in {*DISRUPTIONS, "all"}:
            raise HipaaCisError(unknown("disruption class", name, {*DISRUPTIONS, "all"}))
    return list(DISRUPTIONS) if "all" in given else given


def check_confirm_timeout(seconds: float) -> None:
    """Raise `HipaaCisError` where nobody could confirm in time, or a host that is cut off would stay so for long."""
    least, most = CONFIRM_SECONDS
    if not least <= seconds <= most:
        raise HipaaCisError(
            f"hipaa_cis_confirm_timeout is {seconds:g}, and has to be from {least} to {most} seconds: the changes, a new connection "
            "and becoming root have to fit in it, and a host that is cut off waits so long before it undoes them. 120 is the default."
        )


def check_limits(arguments: Mapping[str, Any]) -> None:
    """Raise `HipaaCisError` where a limit of the observation allows nothing, or everything, or an exclusion is no folder."""
    for name, most in LIMITS.items():
        # A number that is none (`nan`) is not below anything either.
        if not 0 < arguments[name] <= most:
            raise HipaaCisError(f"{PREFIX}{name} is {arguments[name]:g}, and has to be above 0 and at most {most:,}.")
    check_keep_raw(arguments["keep_raw"])
    root = arguments["root"]
    if root is not None and not (root.startswith("/") and root.strip("/") and root.isprintable()):
        raise HipaaCisError(
            f"{PREFIX}root is {root!r}, and has to be the whole path of the folder on the host that holds the tree: /mnt/image."
        )
    for folder in arguments["scan_exclude"]:
        if not folder.startswith("/"):
            raise HipaaCisError(
                f"{PREFIX}scan_exclude names '{folder}', and has to name folders by their whole path: /srv/archive."
            )


def check_keep_raw(days: float) -> None:
    """Raise `HipaaCisError` where it is no number of days; none at all keeps nothing."""
    if days != 0:
        check_days("keep_raw", days)


def check_keep_years(years: int) -> None:
    """Raise `HipaaCisError` where records would go before 45 CFR 164.316(b)(2)(i) lets them."""
    if not 6 <= years <= 100:
        raise HipaaCisError(
            f"{PREFIX}keep_years is {years}, and has to be from 6 to 100: 45 CFR 164.316(b)(2)(i) has such records kept for six years from their "
            "creation or from when they last were in effect, whichever is later."
        )


def check_play(become: Any, walks_at_once: Any) -> None:
    """Raise `HipaaCisError` where a keyword of a task would be made of something that Ansible takes for something else."""
    try:
        boolean(True if become is None else become, strict=True)
    except TypeError:
        raise HipaaCisError(f"{PREFIX}become is '{become}', and has to be true or false.") from None
    if walks_at_once is not None and not re.fullmatch(r"[0-9]{1,6}", str(walks_at_once)):
        raise HipaaCisError(
            f"{PREFIX}walks_at_once is '{walks_at_once}', and has to be a whole number; 0 sets no limit."
        )


def check_days(option: str, days: float) -> float:
    """Return a number of days. Raises `HipaaCisError` where it is none that can have passed."""
    if not 0 < days <= 36525:
        raise HipaaCisError(f"{PREFIX}{option} is {days:g}, and has to be a number of days above 0, at most 36525.")
    return days


def deadlines(given: Any) -> dict[str, float]:
    """Return how many days each severity may last; nothing of a list, which is the site's own form. Raises `HipaaCisError`."""
    if isinstance(given, (list, tuple)):
        return {}
    if not isinstance(given, Mapping):
        raise HipaaCisError(
            f"hipaa_cis_deadlines is '{given}', and has to be a list as in deadlines.yml, or severities with days: {{critical: 7}}."
        )
    found = {}
    for severity, days in given.items():
        if severity not in SEVERITIES:
            raise HipaaCisError(unknown("severity in hipaa_cis_deadlines:", severity, SEVERITIES))
        try:
            found[severity] = check_days(f"deadlines.{severity}", float(days))
        except (TypeError, ValueError):
            raise HipaaCisError(
                f"hipaa_cis_deadlines.{severity} is '{days}', and has to be a number of days."
            ) from None
    return found


def since(given: str | None) -> float | None:
    """Return the begin of a day in UTC, in seconds since 1970; None where none is given. Raises `HipaaCisError`."""
    if given is None or not given.strip():
        return None
    try:
        return datetime.strptime(given.strip(), "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise HipaaCisError(f"hipaa_cis_since is '{given}', and has to be a day such as 2026-03-01.") from None


def resumed(given: str) -> str:
    """Return which run is gone on with: `LATEST`, `NAMED`, or none (`NO`). Raises `HipaaCisError`."""
    if given.strip().lower() == LATEST:
        return LATEST
    try:
        return NAMED if boolean(given, strict=True) else NO
    except TypeError:
        raise HipaaCisError(
            f"{PREFIX}resume is '{given}', and has to be true, with the {PREFIX}run_id of the run to go on with, latest or false."
        ) from None


def check_compared(compare_with: str | None, names: Collection[str]) -> None:
    """Raise `HipaaCisError` where the gate is to trip on what regressed since a run that is named, but with nothing."""
    if "regressed" in names and compare_with is not None and not compare_with.strip():
        raise HipaaCisError(
            f"{PREFIX}compare_with is empty. Name a run before by its id below {PREFIX}run_dir or by its path, or leave the variable out "
            "to compare with the last run that the ledger has."
        )


def check_delivered(destinations: Collection[Any], names: Collection[str]) -> None:
    """Raise `HipaaCisError` where the gate is to trip on what was not delivered, but nothing says where to."""
    if "not_delivered" in names and not destinations:
        raise HipaaCisError(
            f"{PREFIX}fail_on has not_delivered, and {PREFIX}destinations names no place. Name one, or leave not_delivered out."
        )


def check_plan(plan: str | None, digest: str | None = None) -> None:
    """Raise `HipaaCisError` where a plan or its digest is named, but with nothing: else all would be made instead of what was approved."""
    if digest is not None and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise HipaaCisError(
            f"{PREFIX}plan_digest has to be the digest that the run with --check told, of 64 digits from 0 to f."
        )
    if digest is not None and plan is None:
        raise HipaaCisError(f"{PREFIX}plan_digest is given without {PREFIX}plan. Name the plan that has this digest.")
    if plan is not None and not plan.strip():
        raise HipaaCisError(
            f"{PREFIX}plan is empty. Name the plan that was approved, or leave the variable out to change all that fails."
        )


def check_run(run_id: str | None) -> None:
    """Raise `HipaaCisError` where a run is named, but with nothing (a script's variable that was never set), or as the latest."""
    if run_id is not None and run_id.strip().lower() == LATEST:
        raise HipaaCisError(
            f"{PREFIX}run_id is '{run_id.strip()}', which is no run: the last one differs from host to host. Name the run to take "
            "back, or leave the variable out for the last one of each host."
        )
    if run_id is not None and not run_id.strip():
        raise HipaaCisError(
            f"{PREFIX}run_id is empty. Name the run to take back, or leave the variable out for the last one of each host."
        )
