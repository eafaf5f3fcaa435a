# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gaps that auditors meet most, as a view of a run: of each whether a rule shows it, and on which hosts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, Gap

STATES = {"found": "found", "not_assessed": "not assessed", "not_found": "not found"}
MAX_HOSTS = 100

# rule -> outcome -> hosts
Seen = Mapping[str, Mapping[str, Sequence[str]]]


def view(catalog: Catalog, seen: Seen, left_out: Collection[str], not_audited: int) -> list[dict[str, Any]]:
    """Return the gaps as the summary has them.

    ``seen``: of each rule the hosts by outcome; ``left_out``: rules not looked at on every host; ``not_audited``: a number of hosts.
    """
    return [_row(gap, seen, left_out, not_audited) for gap in catalog.gaps]


def _row(gap: Gap, seen: Seen, left_out: Collection[str], not_audited: int) -> dict[str, Any]:
    failing = [rule for rule in gap.rules if seen.get(rule, {}).get("fail")]
    hosts = sorted({host for rule in failing for host in seen[rule]["fail"]})
    unread = [rule for rule in gap.rules if seen.get(rule, {}).get("error")]
    missed = [rule for rule in gap.rules if rule in left_out]
    passing = any(seen.get(rule, {}).get("pass") for rule in gap.rules)
    why_not = [
        *([f"{not_audited} host(s) not audited"] if not_audited else []),
        *([f"{len(unread)} rule(s) could not be judged"] if unread else []),
        *([f"{len(missed)} of {len(gap.rules)} rules not looked at on every host"] if missed else []),
        *([gap.unseen.strip()] if gap.unseen else []),
    ]
    if not failing and not passing and not why_not:
        why_not = ["none of its rules was judged"]
    state = "found" if failing else "not_assessed" if why_not else "not_found"
    return {
        "id": gap.id,
        "title": gap.title,
        "why": gap.why.strip(),
        "state": state,
        "reason": "; ".join(why_not),
        "rules_failed": failing,
        "hosts_affected": len(hosts),
        "hosts": hosts[:MAX_HOSTS],
    }
