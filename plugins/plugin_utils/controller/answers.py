# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules on a host may answer. A host may be broken or hostile: nothing of its answer is used unchecked.

Only what stands here goes further. Ansible acts on some names in a task's result, such as C(ansible_facts) and C(add_host).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import named
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.shapes import (
    Shape,
    Space,
    Unusable,
    count,
    digest,
    document,
    fields,
    flag,
    identifier,
    list_of,
    map_of,
    number,
    one_of,
    text,
)

MAX_FACTS = 64 * 1024
MAX_STATS = 100
# What a reader on the host gives at most (`observe.MAX_OBSERVATION_BYTES` there), and what JSON adds.
MAX_OBSERVATION = 512 * 1024
MAX_OBSERVATIONS = 128 * 1024 * 1024
CHANGE_STATES = ("planned", "done", "nothing", "refused", "failed")
STEPS = ("file", "kernel", "command", "refresh")
Answer = dict[str, Any]

_texts = list_of(text())
# Of changes, as they were asked for.
_ids = list_of(identifier)
_difference = fields({}, {name: text(200_000) for name in ("before", "after", "lines", "note")})
_step = fields(
    {"type": one_of(*STEPS), "label": text(), "changes": _ids},
    {"group": text(), "path": text(), "argv": _texts, "diff": _difference},
)
_part = fields(
    {"what": text(), "type": one_of(*STEPS), "changes": _ids, "read": digest, "gives": digest},
    {"from": list_of(text(200_000)), "to": list_of(text(200_000))},
)
_commit = fields({"state": text()}, {"report": fields({}, {"problems": _texts, "kept": _texts, "undone": _texts})})
_change = fields(
    {"state": one_of(*CHANGE_STATES)}, {"reason": text(), "left": text(), "class": text(), "pending_reboot": flag}
)
_applied: Mapping[str, Shape] = {
    "changed": flag,
    "changes": map_of(_change),
    "steps": list_of(_step),
    "parts": list_of(_part),
    "notes": _texts,
    "pending_reboot": _texts,
    "journal": text(),
    "confirmed": flag,
    "commit": _commit,
}  # fmt: skip
# What each mode cannot do without.
_NEEDED = {
    "plan": ("changed", "changes"),
    "apply": ("changed", "changes"),
    "confirm": ("commit",),
    "status": ("commit",),
}

_path = fields({"path": text(), "from": text(), "to": text()}, {"content": flag, "diff": _difference})
_taken_back = fields(
    {"label": text(), "type": one_of(*STEPS), "rules": _texts, "state": one_of("undone", "would_undo", "failed")},
    {
        "reason": text(), "path": text(), "command": text(), "from": text(), "to": text(), "content": flag,
        "diff": _difference, "paths": list_of(_path), "accounts": _texts, "more": count,
    },
)  # fmt: skip
_rolled_back = fields(
    {},
    {
        "run_id": text(200), "changed": flag, "failed": flag, "msg": text(20_000), "undone": _texts, "conflicts": _texts,
        "problems": _texts, "kept": _texts, "details": list_of(_taken_back), "pending_reboot": _texts,
    },
)  # fmt: skip
_command = fields({}, {"failed": flag, "rc": count, "stdout": text(), "stderr": text(), "msg": text()})
_facts = document(MAX_FACTS)
_RELEASE = {
    "os_release": map_of(text(200), 100),
    "windows": map_of(text(200), 100),
    "os_release_unknown": text(1000),
    "domain_role_unknown": text(1000),
}
_stats = map_of(number, MAX_STATS)
_observation = fields({"state": text(100)}, {"source": text(), "reason": text(), "default": flag})

# An export of the security policy is the largest of them.
_reading = fields({}, {"value": document(8 * 1024 * 1024), "reason": text(), "seconds": number})
_again = fields({"readings": map_of(_reading, MAX_STATS), "shell": document(MAX_FACTS)})


def observed(answer: Any, request: Mapping[str, Any]) -> Answer:
    """Return what an observe module answered to a request, by the names that its settings have there. Raises `Unusable`.

    An observation that cannot be used is an error of its setting; anything else spoils the whole answer.
    """
    outer = fields({"benchmarks": _texts, "observations": _as_it_is}, {"facts": _facts, "stats": _stats})
    taken: Answer = outer(answer, "the answer")
    facts = taken.setdefault("facts", {})
    if not isinstance(facts, dict):
        raise Unusable("the answer.facts is no object")
    for name, shape in _RELEASE.items():
        if name in facts:
            facts[name] = shape(facts[name], f"the answer.facts.{name}")
    _check_benchmarks(taken["benchmarks"], request["benchmarks"])
    seen = taken["observations"]
    if not isinstance(seen, Mapping):
        raise Unusable("the answer.observations is no object")
    space = Space(MAX_OBSERVATIONS)
    taken["observations"] = {key: _setting(one, space) for key, one in named(seen, request["settings"]).items()}
    return taken


def applied(answer: Any, request: Mapping[str, Any]) -> Answer:
    """Return what an apply module answered to a request. Raises `Unusable`."""
    needed = _NEEDED.get(request["mode"], ())
    optional = {name: shape for name, shape in _applied.items() if name not in needed}
    taken: Answer = fields({name: _applied[name] for name in needed}, optional)(answer, "the answer")
    # What was not asked for is no state of anything.
    asked = request.get("changes", {})
    taken["changes"] = {
        name: {"reason": "the host gave no reason", **state}
        for name, state in taken.get("changes", {}).items()
        if name in asked
    }
    for one in (*taken.get("steps", ()), *taken.get("parts", ())):
        one["changes"] = [name for name in one["changes"] if name in asked]
    if "observe" in request and answer.get("observed") is not None:
        taken["observed"] = observed(answer["observed"], request["observe"])
    return taken


def rolled_back(answer: Any) -> Answer:
    """Return what the rollback module answered. Raises `Unusable`."""
    taken: Answer = _rolled_back(answer, "the answer")
    return taken


def read_again(answer: Any) -> Answer:
    """Return the readings of the self-test's second ways, what PowerShell says of itself among them. Raises `Unusable`."""
    taken = _again(answer, "the answer")
    return {**taken["readings"], "shell": {"value": taken["shell"]}}


def ran(answer: Any) -> Answer:
    """Return what Ansible's own module for commands answered. Raises `Unusable`."""
    taken: Answer = _command(answer, "the answer")
    return taken


def _as_it_is(value: Any, _place: str) -> Any:
    return value


def _check_benchmarks(chosen: list[str], asked: Mapping[str, Mapping[str, Any]]) -> None:
    for name in chosen:
        if name not in asked:
            raise Unusable(f"the answer.benchmarks names {name[:60]!r}, which was not asked for")
    if len(set(chosen)) != len(chosen):
        raise Unusable("the answer.benchmarks names one twice")
    missing = [name for name, wanted in asked.items() if wanted["detect"] is None and name not in chosen]
    if missing:
        raise Unusable(f"the answer.benchmarks leaves out {missing[0]}, which was asked for by name")


def _setting(seen: Any, space: Space) -> Answer:
    """Return an observation; what is wrong with it becomes its error. ``space``: for the values of all."""
    try:
        taken: Answer = _observation(seen, "the observation")
        if taken["state"] == "value":
            if "value" not in seen:
                raise Unusable("the observation has no value")
            taken["value"] = document(MAX_OBSERVATION, space)(seen["value"], "the value")
    except Unusable as problem:
        return {"state": "error", "reason": f"what the host answered cannot be used: {problem}"}
    return taken
