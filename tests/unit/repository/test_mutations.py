"""The faults that the tool `mutants` puts into the code: which there are, that each is a program, and how they are drawn."""

from __future__ import annotations

import ast

import pytest

from tests.tools.mutants import PLACES, ROOT, TARGET, draw
from tests.tools.mutations import mutations

TEXT = '''"""Words."""
import os
LIMITS: dict[str, int] = {"files": 3, "folders": True}


@cached(size=1)
def first(found: "list[str]", *, strict=False):
    """Words."""
    if strict and not found:
        raise ValueError("nothing %s" % "there")
    self.seen = len(found) > 1
    return sorted(found)
'''


def faults(text):
    return {(one.kind, one.old, one.new) for one in mutations("x.py", text.encode())}


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("element left out", '{"files": 3, "folders": True}', "({'files': 3})"),
        ("constant", "True", "False"),
        ("constant", "3", "4"),
        ("forced", "strict and not found", "(False)"),
        ("and/or", "strict and not found", "(strict or (not found))"),
        ("operand left out", "strict and not found", "(strict)"),
        ("negated", "not found", "(found)"),
        ("left out", 'raise ValueError("nothing %s" % "there")', "pass"),
        ("left out", "self.seen = len(found) > 1", "pass"),
        ("comparison", "len(found) > 1", "(len(found) >= 1)"),
        ("function", "sorted(found)", "(list(found))"),
        ("return", "return sorted(found)", "return None"),
    ],
)
def test_fault_is_among_those_of_a_file(kind, old, new):
    assert (kind, old, new.replace("(not found)", "not found")) in faults(TEXT)


def test_words_types_and_decorators_are_left_alone():
    old = {old for _kind, old, _new in faults(TEXT)}

    assert not [text for text in old if "Words" in text or "import" in text or "list[str]" in text]
    assert not old & {'"there"', '"nothing %s"', "cached(size=1)"}


def test_every_fault_of_the_code_is_a_program_and_another_one():
    drawn = draw(ROOT, [f"{TARGET}/guards/firewall.py", PLACES[-1]], seed=7, sample=200)

    assert len(drawn) == 200
    for one in drawn:
        source = (ROOT / one.path).read_bytes()
        changed = one.apply(source)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source)), one


def test_same_seed_draws_the_same_faults_and_another_others():
    judge = PLACES[-1:]

    assert draw(ROOT, judge, 1, 50) == draw(ROOT, judge, 1, 50)
    assert draw(ROOT, judge, 1, 50) != draw(ROOT, judge, 2, 50)
