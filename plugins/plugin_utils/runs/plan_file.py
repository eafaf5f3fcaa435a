# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The approved plan: ``plan.json`` of a run in check mode, as ``catalog/schema/plan.json`` has it.

It holds per host what each task of the run would change, and a digest of its own over its canonical form (JSON with
sorted keys, without blanks, in UTF-8). No times and no run id are in it: the same hosts give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.version import COLLECTION_VERSION

SCHEMA = "hipaa.cis/plan/1"
PART_SCHEMA = "hipaa.cis/plan_part/1"
MAX_BYTES = 512 * 1024 * 1024
Document = dict[str, Any]
_AGAIN = "Make a new plan with --check, and have it approved."


def canonical(document: Any) -> bytes:
    """Return the bytes that a digest is taken of."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def digest_of(plan: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a plan without its own digest."""
    return hashlib.sha256(canonical({key: value for key, value in plan.items() if key != "digest"})).hexdigest()


def asked(catalog_digest: str, selection: Mapping[str, Any], parameters: Mapping[str, Any]) -> Document:
    """Return what a task was asked for, by which its plan is found again."""
    return {
        "catalog_digest": catalog_digest,
        "selection": dict(selection),
        # As JSON has them: a date of YAML is a text in the plan.
        "parameters": json.loads(json.dumps(dict(parameters), sort_keys=True, default=str)),
    }


def joined_part(earlier: Mapping[str, Any] | None, host: str, task: Document) -> Document:
    """Return a host's part of the plan with what one more task of the run would change."""
    others = [one for one in (earlier or {}).get("tasks", ()) if one["asked"] != task["asked"]]
    tasks = sorted([*others, task], key=lambda one: canonical(one["asked"]))
    return {"schema": PART_SCHEMA, "host": host, "tasks": tasks}


def join(parts: Iterable[Mapping[str, Any]]) -> Document:
    """Return the plan of all hosts."""
    hosts = [{"host": part["host"], "tasks": part["tasks"]} for part in parts]
    plan: Document = {
        "schema": SCHEMA,
        "collection_version": COLLECTION_VERSION,
        "hosts": sorted(hosts, key=lambda one: str(one["host"])),
    }
    return {**plan, "digest": digest_of(plan)}


def load(path: str, approved: str | None = None) -> Document:
    """Return the plan in a file. Raises `HipaaCisError` where it can't be read, or is not what it was.

    ``approved``: the digest that the approval names, where that is known.
    """
    place = Path(os.path.abspath(os.path.expanduser(path)))
    plan = _parsed(place)
    schema = plan.get("schema") if isinstance(plan, dict) else None
    if schema != SCHEMA:
        said = f"says {schema!r}" if schema else "does not say what it is"
        raise HipaaCisError(f"The plan {place} {said}; this version of hipaa.cis takes {SCHEMA!r} only. {_AGAIN}")
    if plan.get("digest") != digest_of(plan):
        raise HipaaCisError(
            f"The plan {place} was changed since it was made: its digest does not fit what is in it. {_AGAIN}"
        )
    if approved is not None and plan["digest"] != approved:
        raise HipaaCisError(
            f"The plan {place} is not the one that was approved: its digest is {plan['digest']}, and hipaa_cis_plan_digest says {approved}. "
            "Name the plan that was approved, or have this one approved."
        )
    wrong = next(iter(validator("plan").iter_errors(plan)), None)
    if wrong is not None:
        where = "/".join(map(str, wrong.absolute_path)) or "its top"
        raise HipaaCisError(f"The plan {place} cannot be used: {where}: {wrong.message[:300]}. {_AGAIN}")
    if plan["collection_version"] != COLLECTION_VERSION:
        raise HipaaCisError(
            f"The plan {place} was made by hipaa.cis {plan['collection_version']}, and this is {COLLECTION_VERSION}, which may "
            f"write something else. {_AGAIN}"
        )
    checked: Document = plan
    return checked


def _parsed(place: Path) -> Any:
    try:
        if place.stat().st_size > MAX_BYTES:
            raise HipaaCisError(f"The plan {place} is larger than {MAX_BYTES // 2**20} MiB; is it a plan?")
        return json.loads(place.read_bytes())
    except OSError as problem:
        raise HipaaCisError(
            f"The plan {place} cannot be read: {problem.strerror or problem}. Give hipaa_cis_plan the plan.json of a run "
            "with --check."
        ) from None
    except (ValueError, RecursionError):
        raise HipaaCisError(f"The plan {place} is not JSON, so it is no plan. {_AGAIN}") from None


def task_of(plan: Mapping[str, Any], host: str, wanted: Mapping[str, Any]) -> Document:
    """Return what is approved for a task on a host. Raises `HipaaCisError` where that is nothing at all."""
    tasks = next((one["tasks"] for one in plan["hosts"] if one["host"] == host), None)
    if tasks is None:
        raise HipaaCisError(
            f"The plan (digest {plan['digest'][:12]}) is not for the host {host}: it is for {_named(plan)}. "
            f"Leave the host out with --limit, or make a plan that has it."
        )
    for task in tasks:
        if task["asked"] == wanted:
            found: Document = task
            return found
    raise HipaaCisError(
        f"The plan (digest {plan['digest'][:12]}) was made for something else than what this run is to do on {host}: "
        f"{_difference(tasks, wanted)}. Run it as it was planned, or make a new plan."
    )


def _named(plan: Mapping[str, Any]) -> str:
    names = [one["host"] for one in plan["hosts"]]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (", ".join(names[:5]) or "no host") + more


def _difference(tasks: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]) -> str:
    """Return what the nearest task of the plan was asked for otherwise."""
    told = sorted((_differences(task["asked"], wanted) for task in tasks), key=len)
    return "; ".join(told[0])


def _differences(planned: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    if planned["catalog_digest"] != wanted["catalog_digest"]:
        return ["the catalog is another one (its digest differs)"]
    found = []
    for group in ("selection", "parameters"):
        for key in sorted({*planned[group], *wanted[group]}):
            one, other = planned[group].get(key), wanted[group].get(key)
            if one != other:
                name = f"parameter {key}" if group == "parameters" else key
                found.append(f"{name} was {json.dumps(one)[:120]} and is {json.dumps(other)[:120]}")
    return found
