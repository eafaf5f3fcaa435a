# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollback did on a host, as ``catalog/schema/rollback_record.json`` has it, and as it is said to the operator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.version import COLLECTION_VERSION

MAX_LINES = 500
_DONE = {"undone": "taken back", "would_undo": "would be taken back", "failed": "NOT taken back"}
_KEPT = ("label", "type", "rules", "state", "reason", "path", "command", "from", "to", "content", "accounts", "more")


def make_rollback(
    answer: Mapping[str, Any], times: tuple[str, str], check: bool, force: bool, reason: str = ""
) -> dict[str, Any]:
    """Return one rollback of the record. ``answer``: the module's; ``reason``: why there is none. ``times``: UTC."""
    lists = {name: list(answer.get(name, ())) for name in ("conflicts", "problems", "kept")}
    record = {
        "collection_version": COLLECTION_VERSION,
        "taken_back": answer.get("run_id") or "",
        "check_mode": check,
        "force": force,
        "started_at": times[0],
        "finished_at": times[1],
        "changed": bool(answer.get("changed")) and not check,
        "items": [_item(item) for item in answer.get("details", ())],
        **lists,
    }
    if answer.get("pending_reboot"):
        record["pending_reboot"] = list(answer["pending_reboot"])
    record["outcome"] = _outcome(record, reason)
    return {**record, "reason": reason} if reason else record


def _outcome(record: Mapping[str, Any], reason: str) -> str:
    if reason:
        return "failed"
    if record["conflicts"] and not record["force"]:
        return "refused"
    if record["problems"]:
        return "incomplete"
    if not record["items"]:
        return "nothing"
    return "would_undo" if record["check_mode"] else "undone"


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item without the differences, which may hold what a site keeps in its files."""
    kept = {key: item[key] for key in _KEPT if key in item}
    if "paths" in item:
        kept["paths"] = [{key: one[key] for key in one if key != "diff"} for one in item["paths"]]
    return kept


def said(rollback: Mapping[str, Any]) -> list[str]:
    """Return a line for each thing that was taken back, or would be: what, from what to what, and for which rules."""
    lines = [line for item in rollback["items"] for line in _lines(item)]
    lines += [f"in the way: {text}" for text in rollback["conflicts"]]
    lines += [f"kept: {text}" for text in rollback["kept"]]
    lines += [
        f"in effect since a restart, so restart the host again to take it back: {text}"
        for text in rollback.get("pending_reboot", ())
    ]
    more = len(lines) - MAX_LINES
    return [*lines[:MAX_LINES], f"... and {more} more, see the record"] if more > 0 else lines


def _lines(item: Mapping[str, Any]) -> Iterator[str]:
    rules = ", ".join(item["rules"]) or "no rule is named in the journal"
    done = _DONE[item["state"]]
    reason = f": {item['reason']}" if "reason" in item else ""
    if "command" in item:
        yield f"{done}: {item['command']} [{rules}]{reason}"
        for one in item.get("paths", ()):
            yield f"  {_change(one)}"
        for text in item.get("accounts", ()):
            yield f"  {text}"
        if "more" in item:
            yield f"  ... and {item['more']} more"
    elif "path" in item:
        yield f"{done}: {_change(item)} [{rules}]{reason}"
    else:
        yield f"{done}: {item['label']} [{rules}]{reason}"


def _change(item: Mapping[str, Any]) -> str:
    attributes = f"{item.get('from', '')} -> {item.get('to', '')}"
    if not item.get("content"):
        return f"{item['path']}: {attributes}"
    what = "the content" if item["from"] == item["to"] else f"{attributes}, with the content"
    return f"{item['path']}: {what} of before"


def steps(items: Any) -> list[dict[str, Any]]:
    """Return what changes in files, in the form of which `text.diff` makes differences."""
    paths = [one for item in items for one in (item, *item.get("paths", ())) if "path" in one]
    return [
        {
            "label": one["path"],
            "diff": {"before": one.get("from", ""), "after": one.get("to", ""), **one.get("diff", {})},
        }
        for one in paths
    ]
