"""What runs on targets takes for blanks, digits and letters what the programs of those hosts do, which go by bytes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TARGET = Path(__file__).resolve().parents[3] / "plugins" / "module_utils" / "linux"
FILES = sorted(path.relative_to(TARGET).as_posix() for path in TARGET.rglob("*.py"))
# `lines` is where it is said how; `masking` looks for what people wrote, in any script.
EXEMPT = ("lines.py", "masking.py")
TESTS_OF_SIGNS = {"isalnum", "isalpha", "isdecimal", "isdigit", "isidentifier", "isnumeric", "isspace"}
CASES = {"capitalize", "casefold", "lower", "title", "upper"}
CLASSES = re.compile(r"\\[sSdDwWbB]")


def bare_forms(source: str) -> list[str]:
    """Return the calls in a source that go by Unicode, as ``line: text``."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [f"{call.lineno}: {ast.unparse(call)[:80]}" for call in calls if _goes_by_unicode(call)]


def _goes_by_unicode(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    name, owner = call.func.attr, call.func.value
    if isinstance(owner, ast.Name) and owner.id == "re":
        text = "".join(str(node.value) for node in ast.walk(call) if isinstance(node, ast.Constant)) + ast.unparse(call)
        return "re.ASCII" not in text and bool(CLASSES.search(text) or "IGNORECASE" in text)
    first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ...
    if name in ("strip", "lstrip", "rstrip", "split", "rsplit"):
        return first is None or not (call.args or call.keywords)
    return name in TESTS_OF_SIGNS | CASES


@pytest.mark.parametrize("path", [path for path in FILES if path not in EXEMPT])
def test_target_code_goes_by_ascii(path):
    assert bare_forms((TARGET / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "form",
    [
        "text.split()",
        "text.split(None, 1)",
        "text.strip()",
        "text.rstrip()",
        "text.isdigit()",
        "text.isspace()",
        "text.lower()",
        r're.search(r"a\s+b", text)',
        r're.compile(r"\d" + rest, re.MULTILINE)',
        're.match("yes", text, re.IGNORECASE)',
    ],
)
def test_bare_form_is_seen(form):
    assert bare_forms(form)


@pytest.mark.parametrize(
    "form",
    [
        "words_of(text, 1)",
        'text.split(",")',
        "text.strip(BLANKS)",
        "is_number(text)",
        r're.search(r"a\s+b", text, re.ASCII)',
        're.match("[ab]", text)',
    ],
)
def test_exact_form_is_let_pass(form):
    assert not bare_forms(form)
