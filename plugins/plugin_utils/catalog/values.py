# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of parameters, and settings with the values in their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import WRITTEN_KEYS, Setting


@dataclass(frozen=True)
class Value:
    """A parameter's value in force: ``value`` is judged, ``written`` is what remediation writes.

    ``looser_than_bound`` says what the benchmark demands where the value does not.
    """

    value: Any
    written: Any
    default: Any
    origin: str
    unit: str = ""
    looser_than_bound: str = ""
    # The site's tailoring in force that says so, in the form of the records.
    decision: Mapping[str, Any] | None = field(default=None, hash=False)

    @property
    def loose(self) -> bool:
        """Whether it is looser than the bound and nobody has decided that."""
        return bool(self.looser_than_bound) and self.decision is None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form of the host record."""
        result = {"value": self.value, "default": self.default, "origin": self.origin}
        if self.unit:
            result["unit"] = self.unit
        if self.looser_than_bound:
            result["looser_than_bound"] = self.looser_than_bound
        if self.decision is not None:
            result["decision"] = dict(self.decision)
        return result


def type_problem(kind: str, value: Any) -> str:
    """Return what is wrong with a value's type, or an empty text."""
    fits = {
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "string": isinstance(value, str),
        "list": isinstance(value, list) and all(isinstance(item, (str, int)) for item in value),
    }[kind]
    return "" if fits else f"has to be of type {kind}, it is {value!r}"


def substitute(setting: Setting, values: Mapping[str, Value]) -> Setting:
    """Return a setting, or a group of them, with every ``{parameter: name}`` replaced by the value in force.

    In what remediation writes that is the written value, everywhere else the one that is judged.
    """
    for group in ("any_of", "all_of"):
        if group in setting:
            return {group: [substitute(member, values) for member in setting[group]]}
    judged = {name: value.value for name, value in values.items()}
    written = {name: value.written for name, value in values.items()}
    return {key: _filled(node, written if key in WRITTEN_KEYS else judged) for key, node in setting.items()}


def _filled(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        if set(node) == {"parameter"}:
            return values[node["parameter"]]
        return {key: _filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(item, values) for item in node]
    return node
