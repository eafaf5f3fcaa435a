# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a remediation says on the console: one line, and the difference for ``--diff``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

_SAID = {
    "already_right": "already right",
    "fixed": "fixed",
    "pending": "fixed, pending",
    "would_fix": "would be fixed",
    "still_failing": "still failing",
    "skipped": "skipped",
    "reverted": "reverted",
    "error": "could not be read",
}


def progress(host: str, request: Mapping[str, Any]) -> str:
    """Return one line on what a host is asked to do, where that may take long; nothing for what is quick."""
    doing = {"plan": "planning", "apply": "making"}.get(request["mode"])
    kinds = Counter(change[0] for change in request["changes"].values())
    if not doing or not kinds:
        return ""
    amount = kinds.total()
    named = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    confirmed = (
        ", then coming back over a new connection" if request["group"] == "connection" and doing == "making" else ""
    )
    return f"{host}: {doing} {amount} change{'' if amount == 1 else 's'} ({named}){confirmed}"


def headline(record: Mapping[str, Any]) -> str:
    """Return one line on what a run did on a host."""
    counts = record["counts"]
    said = ", ".join(f"{counts[name]} {text}" for name, text in _SAID.items() if counts.get(name))
    if "not_begun" in record:
        return f"Not begun: {record['not_begun']}"
    if record["reverted"]:
        rules = [item["rule"] for item in record["results"] if item["result"] == "reverted"]
        return (
            f"The host could not be reached after changes that may cut it off, so it undid them by itself: "
            f"{', '.join(rules) or 'the last group'}. {said}."
        )
    if "broke_off" in record:
        back = (
            f" What was changed until then is in its journal: ansible-playbook hipaa.cis.rollback -e hipaa_cis_run_id={record['run_id']}"
            " takes it back."
        )
        return f"The run broke off: {record['broke_off'].rstrip('.')}.{back if record['changed'] else ''} {said}."
    pending = " A reboot is pending." if record["pending_reboot"] else ""
    return f"{said or 'nothing to do'}.{pending}"


def diff(
    steps: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]] = (),
    rules: Mapping[str, Sequence[str]] | None = None,
) -> list[dict[str, str]]:
    """Return what each step changes and which results an exception keeps back, in the form that Ansible shows for ``--diff``.

    ``rules``: of each change, the rules that it serves.
    """
    kept_back = [item for item in results if item["result"] == "skipped" and "exception" in item]
    return [_shown(step, _serves(step, rules or {})) for step in steps] + [
        {"prepared": f"skipped: rule {item['rule']}: {item['reason']}\n"} for item in kept_back
    ]


def _serves(step: Mapping[str, Any], rules: Mapping[str, Sequence[str]]) -> str:
    served = sorted({rule for change in step.get("changes", ()) for rule in rules.get(change, ())})
    return f"  [{', '.join(served)}]" if served else ""


def _shown(step: Mapping[str, Any], serves: str) -> dict[str, str]:
    parts = step.get("diff") or {}
    lines = []
    if "note" in parts:
        lines.append(parts["note"] + "\n")
    if parts.get("before") != parts.get("after"):
        lines += [f"- {parts.get('before', '')}\n", f"+ {parts.get('after', '')}\n"]
    if parts.get("lines"):
        lines.append(parts["lines"])
    if not lines:
        lines.append("run: " + " ".join(step.get("argv", [step["label"]])) + "\n")
    return {"prepared": f"{step['label']}{serves}\n{''.join(lines)}"}
