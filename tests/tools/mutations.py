"""Small faults for a Python file: which there are, where, and the text that makes each.

A mutation is a piece of text that takes the place of another. Left alone is what no test should be asked about: imports,
annotations, decorators, docstrings, and words for people (texts with a blank in them, and all that a ``raise`` says).
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
# Of these the last argument can be left out and the call still be one.
_OPTIONAL = frozenset(
    ["get", "pop", "split", "rsplit", "strip", "lstrip", "rstrip", "next", "getattr", "enumerate", "int"]
)
_FUNCTIONS = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}


@dataclass(frozen=True)
class Mutation:
    """One fault. ``start`` and ``end``: what it replaces, in bytes. ``function``: name and line of the outermost ``def``."""

    path: str
    line: int
    kind: str
    start: int
    end: int
    old: str
    new: str
    function: tuple[str, int] | None

    def apply(self, source: bytes) -> bytes:
        """Return the file with the fault."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutations(path: str, source: bytes) -> list[Mutation]:
    """Return every fault for a file, in the order of the text."""
    found = dict.fromkeys(_Walk(path, source).all())
    return sorted(found, key=lambda one: (one.start, one.end, one.kind, one.new))


class _Walk:
    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source
        self._tree = ast.parse(source)
        lines = source.split(b"\n")
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._function: tuple[str, int] | None = None

    def all(self) -> Iterator[Mutation]:
        for statement in self._tree.body:
            yield from self._visit(statement, self._tree)

    def _visit(self, node: ast.AST, parent: ast.AST) -> Iterator[Mutation]:
        if _left_alone(node, parent):
            return
        outermost = self._function is None and isinstance(node, ast.FunctionDef)
        if outermost and isinstance(node, ast.FunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            self._function = (node.name, first)
        if isinstance(node, (ast.stmt, ast.expr, ast.ExceptHandler)):
            for kind, old, new in _faults(node, parent):
                yield self._mutation(kind, old, new)
        for child in _children(node):
            yield from self._visit(child, node)
        if outermost:
            self._function = None

    def _mutation(self, kind: str, old: ast.stmt | ast.expr, new: ast.AST | str) -> Mutation:
        start = self._starts[old.lineno - 1] + old.col_offset
        end = self._starts[(old.end_lineno or 0) - 1] + (old.end_col_offset or 0)
        text = new if isinstance(new, str) else ast.unparse(ast.fix_missing_locations(new))
        if isinstance(old, ast.expr) and not isinstance(old, ast.Constant):
            text = f"({text})"
        return Mutation(
            self._path, old.lineno, kind, start, end, self._source[start:end].decode(), text, self._function
        )


def _left_alone(node: ast.AST, parent: ast.AST) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr)):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    # A type: Runner = Callable[[...], ...]
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and isinstance(parent, ast.Module):
        return True
    return isinstance(parent, ast.Raise)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is part of a node and is run; not annotations, decorators and base classes."""
    unseen = {"annotation", "returns", "decorator_list", "bases", "keywords" if isinstance(node, ast.ClassDef) else ""}
    for name, value in ast.iter_fields(node):
        if name in unseen:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child


Fault = tuple[str, "ast.stmt | ast.expr", "ast.AST | str"]


def _faults(node: ast.stmt | ast.expr | ast.ExceptHandler, parent: ast.AST) -> Iterator[Fault]:
    if isinstance(node, ast.ExceptHandler):
        yield from _handler(node)
        return
    for make in (_condition, _comparison, _boolean, _constant, _arithmetic, _call, _display):
        if isinstance(node, ast.expr):
            for kind, new in make(node, parent):
                yield kind, node, new
    if isinstance(node, ast.stmt):
        yield from _statement(node)


def _handler(node: ast.ExceptHandler) -> Iterator[Fault]:
    if not isinstance(node.body[0], ast.Raise):
        yield "handler raises", node.body[0], "raise"


def _statement(node: ast.stmt) -> Iterator[Fault]:
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "return", node, "return None"
    places = node.targets if isinstance(node, ast.Assign) else []
    stored = bool(places) and all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in places)
    calls = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if stored or calls or isinstance(node, (ast.AugAssign, ast.Raise, ast.Continue, ast.Break)):
        yield "left out", node, "pass"


def _condition(node: ast.expr, parent: ast.AST) -> Iterator[tuple[str, ast.AST | str]]:
    tests = [getattr(parent, "test", None), *getattr(parent, "ifs", [])]
    if any(node is test for test in tests) and not isinstance(parent, ast.Assert):
        for forced in ("True", "False"):
            if not isinstance(parent, ast.While) or forced == "False":
                yield "forced", forced
        if not isinstance(node, (ast.Compare, ast.UnaryOp)):
            yield "negated", ast.UnaryOp(ast.Not(), node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "negated", node.operand


def _comparison(node: ast.expr, _parent: ast.AST) -> Iterator[tuple[str, ast.AST | str]]:
    if isinstance(node, ast.Compare):
        for number, sign in enumerate(node.ops):
            for other in _COMPARISONS[type(sign)]:
                new = copy.deepcopy(node)
                new.ops[number] = other()
                yield "comparison", new


def _boolean(node: ast.expr, _parent: ast.AST) -> Iterator[tuple[str, ast.AST | str]]:
    if not isinstance(node, ast.BoolOp):
        return
    new = copy.deepcopy(node)
    new.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and/or", new
    for number in range(len(node.values)):
        yield "operand left out", ast.BoolOp(node.op, _without(node.values, number))


def _constant(node: ast.expr, parent: ast.AST) -> Iterator[tuple[str, ast.AST | str]]:
    # The key of a subscript: without it nothing works, which is no question to a test.
    if not isinstance(node, ast.Constant) or (isinstance(parent, ast.Subscript) and isinstance(node.value, str)):
        return
    value = node.value
    if isinstance(value, bool):
        yield "constant", repr(not value)
    elif isinstance(value, (int, float)):
        yield "constant", repr(value + 1)
        yield "constant", repr(value - 1)
    elif isinstance(value, (str, bytes)) and value and not _is_for_people(value, parent):
        yield "constant", repr(value[:0])


def _is_for_people(value: str | bytes, parent: ast.AST) -> bool:
    formats = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mod)
    return formats or (" " in value if isinstance(value, str) else b" " in value)


_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


def _arithmetic(node: ast.expr, _parent: ast.AST) -> Iterator[tuple[str, ast.AST | str]]:
    if not isinstance(node, ast.BinOp):
        return
    if type(node.op) in _SWAPPED:
        yield "operator", ast.BinOp(node.left, _SWAPPED[type(node.op)](), node.right)
    if isinstance(node.op, (ast.Add, ast.Sub, ast.BitOr, ast.BitAnd)):
        yield "operand left out", node.left
    if isinstance(node.op, (ast.Add, ast.BitOr, ast.BitAnd)):
        yield "operand left out", node.right


def _call(node: ast.expr, _parent: ast.AST) -> Iterator[tuple[str, ast.AST | str]]:
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        new = copy.deepcopy(node)
        new.func = ast.Name(_FUNCTIONS[node.func.id])
        if node.func.id != "sorted" or not node.keywords:
            yield "function", new
    for number in range(len(node.keywords)):
        yield "argument left out", ast.Call(node.func, node.args, _without(node.keywords, number))
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in _OPTIONAL and node.args and not (name == "get" and len(node.args) == 1):
        yield "argument left out", ast.Call(node.func, node.args[:-1], node.keywords)


def _display(node: ast.expr, parent: ast.AST) -> Iterator[tuple[str, ast.AST | str]]:
    """Yield a display (a list, a set, a tuple that is not taken apart, a dict) that lacks an element."""
    if isinstance(node, ast.Dict) and len(node.keys) > 1:
        for number in range(len(node.keys)):
            yield "element left out", ast.Dict(_without(node.keys, number), _without(node.values, number))
        return
    taken_apart = isinstance(parent, (ast.Return, ast.BinOp, ast.Subscript, ast.Yield))
    if not isinstance(node, (ast.List, ast.Set, ast.Tuple)) or len(node.elts) < 2 or taken_apart:
        return
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    for number in range(len(node.elts)):
        new = copy.deepcopy(node)
        del new.elts[number]
        yield "element left out", new


def _without(items: list[Any], number: int) -> list[Any]:
    return items[:number] + items[number + 1 :]
