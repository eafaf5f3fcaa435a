# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How high a risk is: likelihood and impact, each low, medium or high, and one matrix of both (docs/risk-register.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

DEGREES = ("low", "medium", "high")
# severity of a rule -> how likely the threat is where it fails: how little else is needed for it.
LIKELIHOODS = {"low": "low", "medium": "medium", "high": "high", "critical": "high"}
# What a system does with ePHI -> what a loss means.
IMPACTS = {"stores": "high", "processes": "medium", "transmits": "medium"}
# (likelihood, impact) -> score, and what it is called.
MATRIX = {
    ("low", "low"): (1, "low"),
    ("low", "medium"): (2, "low"),
    ("low", "high"): (3, "medium"),
    ("medium", "low"): (2, "low"),
    ("medium", "medium"): (4, "medium"),
    ("medium", "high"): (6, "high"),
    ("high", "low"): (3, "medium"),
    ("high", "medium"): (6, "high"),
    ("high", "high"): (9, "very high"),
}


def score(likelihood: str, impact: str) -> tuple[int, str]:
    """Return the score of a risk, and its word."""
    return MATRIX[likelihood, impact]


def impact_of(system: Mapping[str, Any] | None) -> str:
    """Return the impact of a loss on a host of a system, None where no system names it.

    The highest of what the system does with ePHI, what the site says of its role (``impact``), and that it is a medical device. Of
    what nobody says it may be anything.
    """
    if system is None:
        return "high"
    degrees = [IMPACTS[one] for one in system["ephi"]] if "ephi" in system else ["high"]
    if system.get("medical_device"):
        degrees.append("high")
    return highest([*degrees, system.get("impact", "low")])


def highest(degrees: Iterable[str], default: str = "low") -> str:
    """Return the highest of some degrees."""
    return max(degrees, key=DEGREES.index, default=default)


def assessed(exceptions: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return likelihood and impact as the people say who accept a risk, the highest; None where any exception says nothing of it."""
    if not exceptions or not all("risk" in one for one in exceptions):
        return None
    return highest(one["risk"]["likelihood"] for one in exceptions), highest(
        one["risk"]["impact"] for one in exceptions
    )
