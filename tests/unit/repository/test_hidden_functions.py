"""Python 3.12 takes the variable of a comprehension for that of a function of the module, where another comprehension beside it calls that."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "plugins").rglob("*.py"))]


def hidden(text):
    """Return the functions of a module that a comprehension in it hides by a variable of its own, with the lines."""
    tree = ast.parse(text)
    own = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    targets = (one.target for one in ast.walk(tree) if isinstance(one, ast.comprehension))
    names = (node for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
    return [(node.id, node.lineno) for node in names if node.id in own]


@pytest.mark.parametrize("file", FILES)
def test_no_comprehension_hides_a_function_of_its_module(file):
    assert hidden((ROOT / file).read_text(encoding="utf-8")) == []


def test_what_is_hidden_is_seen():
    assert hidden("def rule(): pass\nx = [one for rule, one in y]\n") == [("rule", 2)]
