# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.merge``: slices of a run -> one run directory, and from there all that ``hipaa.cis.report`` does."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible_collections.hipaa.cis.plugins.action.report import ActionModule as ReportAction
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.collecting import no_collections
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import merged_slices, slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import check_names
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import check_run_id, run_base
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

# 100,000 hosts with the longest names.
MAX_BYTES = 32 * 1024 * 1024


class ActionModule(ReportAction):
    """Merges the slices of a run, writes its reports and fails where ``fail_on`` says so. Works on the controller only."""

    SPEC = options.MERGE_SPEC
    CANNOT = "THE SLICES COULD NOT BE MERGED"

    @no_collections()
    def _done(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        options.check_compared(arguments["compare_with"], check_names(arguments["fail_on"], arguments["allow"]))
        hosts = _hosts(arguments["merge_hosts"], variables)
        given = arguments["run_id"] or ""
        if given:
            check_run_id(given)
        # What is fetched is here for as long as it is copied from.
        with TemporaryDirectory(prefix="hipaa-cis-") as place:
            parts = merged_slices.parts_of(merged_slices.find(_folders(arguments, given, Path(place))))
            run_id = given or _run_id(parts)
            merged = merged_slices.merge(
                parts, arguments["run_dir"], run_id, hosts, listed=arguments["merge_hosts"] is not None
            )
        for warning in merged.warnings:
            self._display.warning(spelled_out(warning))
        report = {**arguments, "run_id": run_id, "run": [str(merged.store.folder)], "merge_max_age": 1.0}
        return {
            **super()._done(report, variables),
            "slices": list(merged.found),
            "missing_slices": list(merged.missing),
        }


def _folders(arguments: dict[str, Any], run_id: str, place: Path) -> list[str]:
    """Return the folders, or globs of them, in which slices are looked for. ``place``: for those fetched. Raises `HipaaCisError`."""
    if arguments["merge_from"]:
        entries = enumerate(arguments["merge_from"])
        return [one for number, entry in entries for one in _named(entry, run_id, place / str(number))]
    if not run_id:
        raise HipaaCisError(
            "neither hipaa_cis_run_id nor hipaa_cis_merge_from says which slices to merge. Give the id that the slices were given."
        )
    return [str(run_base(arguments["run_dir"]) / slices.FOLDER / run_id)]


def _named(entry: Any, run_id: str, into: Path) -> list[str]:
    """Return the folders or globs that an entry names; those of a destination are fetched. Raises `HipaaCisError`."""
    if isinstance(entry, Mapping):
        if not run_id:
            raise HipaaCisError(
                "hipaa_cis_merge_from names a destination. Give the hipaa_cis_run_id whose slices are to be fetched from there."
            )
        from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.deliver import fetch_runs
        from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse

        (destination,) = parse([entry])
        # The run itself lies beside its slices once it was merged and sent there too.
        found = [folder for folder in fetch_runs(destination, run_id, into) if (folder / slices.FILE).is_file()]
        if not found:
            raise HipaaCisError(f"{destination['shown']} has the run {run_id}, but no slice of it.")
        return [glob.escape(str(folder)) for folder in found]
    # Also what a destination becomes as `-e hipaa_cis_merge_from='[{...}]'`, which Ansible takes for a text.
    if isinstance(entry, str) and ("://" in entry or entry.strip().startswith(("{", "[{"))):
        raise HipaaCisError(
            "hipaa_cis_merge_from has an address, or a text of keys, and takes folders, and destinations as mappings: {type: s3, bucket: audits}, in a file "
            "(-e @merge.yml) or in JSON (-e '{\"hipaa_cis_merge_from\": [...]}'). (It is not shown, for it may hold a password.)"
        )
    if not isinstance(entry, str) or not entry.strip():
        raise HipaaCisError(
            "hipaa_cis_merge_from has to be a list of folders, of globs of them, or of destinations that runs can be fetched from."
        )
    return [entry]


def _run_id(parts: Iterable[merged_slices.Part]) -> str:
    """Return the id that all slices have. Raises `HipaaCisError` where they have several."""
    found = sorted({part.head["run_id"] for part in parts})
    if len(found) > 1:
        raise HipaaCisError(
            f"hipaa_cis_merge_from has slices of several runs: {', '.join(found)[:300]}. Name only those of one of them, and give its hipaa_cis_run_id."
        )
    return str(found[0])


def _hosts(given: str | None, variables: dict[str, Any]) -> list[str]:
    """Return the hosts that slices have to cover: those of a file, else of the play. Raises `HipaaCisError`."""
    if given is None:
        return [str(host) for host in variables.get("ansible_play_hosts_all", ())]
    path = Path(os.path.abspath(os.path.expanduser(given)))
    try:
        with path.open(encoding="utf-8") as stream:
            text = stream.read(MAX_BYTES)
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no text"
        raise HipaaCisError(f"hipaa_cis_merge_hosts names {path}, which cannot be read: {why}.") from None
    lines = (line.strip() for line in split_lines(text))
    hosts = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not hosts:
        raise HipaaCisError(
            f"hipaa_cis_merge_hosts names {path}, which has no host in it. Write the name of one host into each line."
        )
    return hosts
