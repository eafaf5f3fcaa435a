# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML files whose faults can be named by file and line."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError

_Base: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Steps = Sequence[Any]


class _StrictLoader(_Base):  # type: ignore[misc]
    """The safe loader, but a key given twice is an error: YAML would let the last one win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key has to be a word; what begins with { or [ needs quotes", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands twice", key.start_mark
                )
            seen.add(key.value)
        result: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return result

    def as_far_as_it_is_one(self, node: yaml.ScalarNode) -> Any:
        """Return a day, a time or a number, or the text of what only looks like one: `2026-13-45` is a mistake in its entry alone."""
        plain = yaml.SafeLoader.yaml_constructors[node.tag]
        try:
            return plain(self, node)
        except ValueError:
            return node.value


for _tag in ("timestamp", "int", "float"):
    _StrictLoader.add_constructor(f"tag:yaml.org,2002:{_tag}", _StrictLoader.as_far_as_it_is_one)


@dataclass
class YamlFile:
    """One parsed file. ``name`` is the path shown in messages."""

    name: str
    text: str
    data: Any
    _root: yaml.Node | None = field(default=None, repr=False)

    def line(self, steps: Steps) -> int:
        """Return the line (from 1) of the node that is reached by keys and list positions.

        The nodes are only composed when asked for, which is when something is wrong.
        """
        if self._root is None:
            self._root = yaml.compose(self.text, Loader=_Base)
        node: yaml.Node | None = self._root
        line = 1
        for step in steps:
            node, line = _child(node, step, line)
        return line

    def problem(self, steps: Steps, message: str) -> str:
        """Return ``file:line: message`` for the node at ``steps``."""
        return f"{self.name}:{self.line(steps)}: {message}"


def _child(node: yaml.Node | None, step: Any, line: int) -> tuple[yaml.Node | None, int]:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    return None, line


def parse(path: Path, name: str) -> YamlFile:
    """Return the parsed file. Raises `CatalogError` with the place where it is no YAML."""
    try:
        text = path.read_text(encoding="utf-8")
        return YamlFile(name, text, yaml.load(text, Loader=_StrictLoader))  # noqa: S506 (a safe loader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else 1
        raise CatalogError([f"{name}:{line}: not valid YAML: {problem.problem or problem}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise CatalogError([f"{name}:1: not valid YAML: {problem}"]) from None
    except OSError as problem:
        raise CatalogError([f"{name}:1: cannot be read: {problem.strerror}"]) from None
    except (ValueError, TypeError, RecursionError) as problem:
        raise CatalogError([f"{name}:1: not valid YAML: {problem}"]) from None
