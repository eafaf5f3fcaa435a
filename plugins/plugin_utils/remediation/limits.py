# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site allows a remediation on one host."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.exceptions import Decisions


@dataclass(frozen=True)
class Limits:
    """What a site allows. ``disruption``: classes; ``confirm_timeout``: seconds; ``options`` go to the modules.

    ``approved``: of a platform's id, what the approved plan has of it (`remediation.plan_part.approved_by`); nothing else
    is made then. ``plan_digest``: that of this plan.
    ``force_benchmark``: also by a benchmark that was named and is another system's.
    ``write_out``: what holds by a program's default only, or only where few look for it, is written out.
    """

    run_id: str
    disruption: Collection[str]
    confirm_timeout: float
    check: bool
    write_out: bool = True
    force_benchmark: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=Decisions)
    approved: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] | None = None
    plan_digest: str = ""
