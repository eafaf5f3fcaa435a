# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A safeguard's row of the summary: its state over all hosts, and in one line why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import OUTCOMES, Cite

# Of what is decided, so much is named in one line.
MAX_NAMED = 3
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """What was found and decided of one safeguard over all hosts.

    ``worst``: rules by their worst outcome; ``failing``: rules that fail on any host; ``missing``: hosts not audited; ``unjudged``:
    recommendations that nothing judges; ``affected``: hosts with a failing rule; ``looked_at`` of ``meant`` rules and
    recommendations; ``exceptions``: what one in force that bears on it says, as JSON -> hosts; ``attested``: hosts.
    """

    state: str
    worst: Counter[str]
    failing: int
    missing: int
    unjudged: int
    affected: int
    looked_at: int
    meant: int
    exceptions: Mapping[str, set[str]]
    attested: int


def row(cite: Cite, seen: Seen) -> dict[str, Any]:
    """Return the row as ``catalog/schema/summary.json`` has it."""
    result = {
        "cite": cite.cite,
        "name": cite.name,
        "kind": cite.kind,
        "obligation": cite.obligation,
        "state": seen.state,
        "reason": _reason(seen),
        "hosts_affected": seen.affected,
        "rules": {outcome: seen.worst[outcome] for outcome in OUTCOMES},
        "not_yet_automated": seen.unjudged,
        "looked_at": seen.looked_at,
        "meant": seen.meant,
    }
    if seen.exceptions:
        result["exceptions"] = [
            {"exception": json.loads(text), "hosts": len(hosts)} for text, hosts in sorted(seen.exceptions.items())
        ]
    return result


def named(exception: Record) -> str:
    """Return what an exception is called: by its id, else by what it is about and by whom."""
    if "id" in exception:
        return f"exception {exception['id']}"
    about = exception.get("rule") or exception.get("safeguard") or exception.get("recommendation")
    return f"exception on {about} by {exception['approved_by']}"


def _reason(seen: Seen) -> str:
    part = f"{seen.looked_at} of {seen.meant} looked at" if seen.looked_at < seen.meant else ""
    if seen.state in ("gap", "gap_excepted", "alternative_documented"):
        fails = f"{seen.failing} of {seen.worst.total() - seen.worst['not_applicable']} rules fail, on {seen.affected} host(s)"
        return "; ".join([fails, *_covered(seen), *([part] if part else [])])
    if seen.state == "supported":
        return f"all {seen.worst['pass']} applicable rules pass on every host"
    if seen.state == "attested":
        return f"attested to for {seen.attested} host(s)"
    return _open(seen, part)


def _covered(seen: Seen) -> list[str]:
    """Return which exceptions bear on a gap, and what stands in its place."""
    told = [json.loads(text) for text in sorted(seen.exceptions)]
    if not told:
        return []
    names = ", ".join(dict.fromkeys(named(one) for one in told[:MAX_NAMED]))
    more = f" and {len(told) - MAX_NAMED} more" if len(told) > MAX_NAMED else ""
    word = "partly excepted" if seen.state == "gap" else "excepted"
    instead = dict.fromkeys(text for one in told for text in _instead(one))
    return [f"{word} by {names}{more}", *([f"instead: {' / '.join(list(instead)[:MAX_NAMED])}"] if instead else [])]


def _instead(exception: Record) -> list[str]:
    alternative = exception.get("addressable", {}).get("alternative")
    return [*([alternative] if alternative else []), *exception.get("compensating", ())]


def _open(seen: Seen, part: str) -> str:
    """Return why a safeguard is not assessed, or needs an attestation."""
    reasons = [part] if part else []
    if seen.missing:
        reasons.append(f"{seen.missing} host(s) not audited")
    if seen.worst["error"]:
        reasons.append(f"{seen.worst['error']} rule(s) could not be judged")
    if seen.unjudged:
        reasons.append(f"{seen.unjudged} recommendation(s) not yet automated")
    if seen.worst["manual"]:
        reasons.append(f"{seen.worst['manual']} rule(s) need a person's judgement")
    if not reasons:
        none = (
            "no scan can see it" if seen.state == "needs_attestation" else "none of its rules applied or was selected"
        )
        reasons.append(none)
    return "; ".join(reasons)
