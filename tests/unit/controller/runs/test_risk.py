"""The matrix of risks, and what likelihood and impact are taken from."""

from __future__ import annotations

import re

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import risk
from tests.builders import ROOT


@pytest.mark.parametrize(
    ("likelihood", "impact", "expected"),
    [
        ("low", "low", (1, "low")),
        ("low", "medium", (2, "low")),
        ("low", "high", (3, "medium")),
        ("medium", "low", (2, "low")),
        ("medium", "medium", (4, "medium")),
        ("medium", "high", (6, "high")),
        ("high", "low", (3, "medium")),
        ("high", "medium", (6, "high")),
        ("high", "high", (9, "very high")),
    ],
)
def test_score_by_the_matrix(likelihood, impact, expected):
    assert risk.score(likelihood, impact) == expected


def test_matrix_is_whole_and_the_guide_has_the_same():
    rows = re.findall(r"^\| (low|medium|high) \| (.+) \|$", (ROOT / "docs/risk-register.md").read_text(), re.MULTILINE)
    told = {
        (likelihood, impact): cell
        for likelihood, cells in rows
        for impact, cell in zip(risk.DEGREES, cells.split(" | "), strict=False)
    }

    assert set(risk.MATRIX) == {(one, other) for one in risk.DEGREES for other in risk.DEGREES}
    assert told == {key: f"{score} {word}" for key, (score, word) in risk.MATRIX.items()}
    assert set(risk.LIKELIHOODS) == set(SEVERITIES)


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (None, "high"),
        ({"name": "s"}, "high"),
        ({"ephi": []}, "low"),
        ({"ephi": [], "impact": "medium"}, "medium"),
        ({"ephi": [], "medical_device": True}, "high"),
        ({"ephi": ["transmits"]}, "medium"),
        ({"ephi": ["processes"], "impact": "low"}, "medium"),
        ({"ephi": ["transmits", "stores"]}, "high"),
    ],
)
def test_impact_is_the_highest_of_what_is_known_and_unknown_is_high(system, expected):
    assert risk.impact_of(system) == expected


def test_people_assess_what_they_accept_only_where_all_say_how():
    low, high = ({"risk": {"likelihood": one, "impact": "medium"}} for one in ("low", "high"))

    assert risk.assessed([low, high]) == ("high", "medium")
    assert risk.assessed([low, {}]) is None
    assert risk.assessed([]) is None
