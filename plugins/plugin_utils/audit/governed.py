# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that a host does not keep itself: their rules are governed elsewhere, so the host alone gives them no verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import MAX_TEXT, UNSEEN, Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Platform

# Of a host that names more of them the first are told.
MAX_GOVERNING = 10
MAX_REASON = 2000
_FIELDS = ("by", "domain", "provider", "asked_by")


def note(platform: Platform, judge: Judge, rules: Sequence[PlannedRule], findings: Sequence[dict[str, Any]]) -> str:
    """Write into the findings of rules that are governed elsewhere by what they are, and return in one line what governs.

    The outcome stays that of the host's own accounts; only a pass becomes ``manual``, for of the others nothing was seen.
    Where it is not known whether there are others, it is an error; where a tree of files does not show it, not applicable.
    """
    if not any(planned.rule.governed for planned in rules):
        return ""
    seen = judge.observation(platform.governed["setting"])
    found = seen.get("value") if seen.get("state") == "value" else None
    known = isinstance(found, list) and all(isinstance(one, Mapping) for one in found)
    for planned, finding in zip(rules, findings, strict=True):
        if not planned.rule.governed:
            continue
        if known and found:
            _tell(finding, list(_governing(found, platform.governed["look_at"][planned.rule.governed])))
        elif not known and finding["outcome"] == "pass":
            why = str(seen.get("reason") or "the host gave no answer that is understood")
            finding["outcome"] = "not_applicable" if seen.get("state") == UNSEEN else "error"
            finding["reason"] = f"It is not known whether accounts come from a directory: {why}"[:MAX_REASON]
    return _line(found) if known and found else ""


def _line(found: Sequence[Mapping[str, Any]]) -> str:
    names = ", ".join(dict.fromkeys(name(one) for one in _governing(found, {"other": ""})))
    return f"governed by {names}: passwords, lockout and expiry of its accounts"[:MAX_REASON]


def _governing(found: Sequence[Mapping[str, Any]], look_at: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for one in found[:MAX_GOVERNING]:
        told = {key: str(one[key])[:MAX_TEXT] for key in _FIELDS if one.get(key)}
        line = f":{one['line']}" if one.get("line") else ""
        source = f"{one.get('file', '')}{line}"[:MAX_TEXT]
        text = look_at.get(str(one.get("provider")), look_at["other"]).strip()
        yield {"by": "a directory", **told, **({"source": source} if source else {}), "look_at": text}


def _tell(finding: dict[str, Any], governing: list[dict[str, str]]) -> None:
    finding["governed_by"] = governing
    names = ", ".join(dict.fromkeys(name(one) for one in governing))
    look = " ".join(dict.fromkeys(one["look_at"] for one in governing))
    own = "The accounts that this host keeps itself are as they should be; " if finding["outcome"] == "pass" else ""
    whose = "of systemd-homed" if {one.get("provider") for one in governing} == {"homed"} else "of a directory"
    text = f"{own}{'those' if own else 'Accounts'} {whose} are governed by {names}. Look there: {look}"
    if finding["outcome"] == "pass":
        finding["outcome"] = "manual"
    finding["reason"] = " ".join([*([finding["reason"]] if finding.get("reason") else []), text])[:MAX_REASON]


def name(one: Mapping[str, str]) -> str:
    """Return what governs in a few words: ``sssd (example.com, ad)``."""
    more = ", ".join(one[key] for key in ("domain", "provider") if key in one)
    return f"{one['by']} ({more})" if more else one["by"]
