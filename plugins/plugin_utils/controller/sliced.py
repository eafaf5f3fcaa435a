# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The slice of a run that a command is, by ``hipaa_cis_slice``: where its records go, and by what it audits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options, run_tags
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import merged_slices, slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import check_names
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import shared_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, check_run_id, run_base
from ansible_collections.hipaa.cis.plugins.plugin_utils.version import COLLECTION_VERSION

# By which AWX, and Tower before it, tell a job its id.
JOB_VARIABLES = ("awx_job_id", "tower_job_id")
# What is asked of the whole run, and no slice can tell.
OF_WHOLE_RUNS = ("regressed", "overdue")
Variables = Mapping[str, Any]


def check(arguments: Mapping[str, Any], variables: Variables) -> slices.Slice:
    """Return the slice that a command is, which is given one. Raises `HipaaCisError` where it cannot be it."""
    part = slices.parse(
        arguments["slice"], next((str(variables[name]) for name in JOB_VARIABLES if name in variables), "")
    )
    if not arguments["run_id"]:
        raise HipaaCisError(
            "hipaa_cis_slice is given without hipaa_cis_run_id. All slices of a run have its id; let what starts them give one to all, such as the "
            "pipeline's own: -e hipaa_cis_run_id=pipeline-1234."
        )
    check_run_id(arguments["run_id"])
    merged_slices.merged_before(run_base(arguments["run_dir"]) / arguments["run_id"])
    _refuse(check_names(arguments.get("fail_on", ())))
    return part


def check_report(names: Iterable[str], stores: Iterable[RunStore]) -> None:
    """Raise `HipaaCisError` where a slice is to be held against what only a whole run can be."""
    if any(slices.is_slice(one) for one in stores):
        _refuse(names)


def _refuse(names: Iterable[str]) -> None:
    asked = [name for name in names if name in OF_WHOLE_RUNS]
    if asked:
        raise HipaaCisError(
            f"hipaa_cis_fail_on has {', '.join(asked)} in a slice, and the ledger knows runs, not slices. Give it to hipaa.cis.merge, which holds the "
            "whole run against the gate."
        )


def base(arguments: Mapping[str, Any], variables: Variables) -> Path:
    """Return the folder in which the run directory of the slice that a command is lies. Raises `HipaaCisError`."""
    part = check(arguments, variables)
    return slices.base_of(run_base(arguments["run_dir"]), str(arguments["run_id"]), part)


def store(arguments: Mapping[str, Any], variables: Variables) -> RunStore:
    """Return the run directory of the slice that a command is, with its head in it. Raises `HipaaCisError`."""
    part = check(arguments, variables)
    run_id = str(arguments["run_id"])
    made = RunStore.create(str(slices.base_of(run_base(arguments["run_dir"]), run_id, part)), run_id)
    # All workers of a command have the same, and one of them works it out.
    slices.note(made, shared_text(f"slice-{run_id}", lambda: slices.as_file(_head(part, run_id, variables))))
    return made


def _head(part: slices.Slice, run_id: str, variables: Variables) -> slices.Head:
    # Ansible has read them by now, and keeps them.
    given = load_extra_vars(DataLoader())
    folders = given.get(options.PREFIX + "catalog_paths", [])
    audited_by = {
        "collection_version": COLLECTION_VERSION,
        "catalog_digest": load_catalog(folders if isinstance(folders, list) else [folders]).digest,
        "asked": _asked(given, variables),
    }
    return slices.head(part, run_id, audited_by, (str(host) for host in variables.get("groups", {}).get("all", ())))


def _asked(given: Variables, variables: Variables) -> dict[str, Any]:
    """Return what the command line asks of all hosts. What the inventory says may differ by host, and so between slices of it."""
    names = {*options.SELECTION_SPEC, "framework", "safeguards"} - {"catalog_paths"}
    asked = {
        name: value
        for name, value in given.items()
        if name.startswith(options.PARAMETER_PREFIX) or name in {options.PREFIX + one for one in names}
    }
    chosen, skipped = run_tags.given(variables)
    return {
        **asked,
        **({"--tags": sorted(chosen)} if chosen else {}),
        **({"--skip-tags": sorted(skipped)} if skipped else {}),
    }
