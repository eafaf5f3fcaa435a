# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold parsed files against their JSON Schemas and say in words what is wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

SCHEMA_FOLDER = Path(__file__).parents[3] / "catalog" / "schema"


class Document(Protocol):
    """What is held against a schema, and can name a place in it: a file, or a list from variables."""

    @property
    def data(self) -> Any:
        """Plain data, as from JSON."""

    def problem(self, steps: Sequence[Any], message: str) -> str:
        """Return the message with the place of the node at ``steps`` (keys and list positions)."""


@cache
def validator(name: str) -> Any:
    """Return the validator of ``catalog/schema/<name>.json``."""
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMA_FOLDER.glob("*.json"))]
    referencing = library("referencing")
    registry = referencing.Registry().with_resources(
        (schema["$id"], referencing.Resource.from_contents(schema)) for schema in schemas
    )
    wanted = next(schema for schema in schemas if schema["$id"].endswith(f"/{name}.json"))
    return library("jsonschema").Draft202012Validator(wanted, registry=registry)


def problems(file: Document, schema: str) -> list[str]:
    """Return what is wrong with a document, each with its place; empty where nothing is."""
    errors = sorted(
        validator(schema).iter_errors(file.data), key=lambda error: [str(step) for step in error.absolute_path]
    )
    return [line for error in errors for line in _lines(file, error)]


def _lines(file: Document, error: Any) -> list[str]:
    steps = list(error.absolute_path)
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        allowed = schema.get("properties", {})
        return [
            file.problem([*steps, key], unknown("matcher" if "equals" in allowed else "key", key, allowed, most=30))
            for key in error.instance
            if key not in allowed
        ]
    if error.validator in ("minProperties", "maxProperties") and "equals" in schema.get("properties", {}):
        return [
            file.problem(
                steps,
                f"exactly one matcher must stand here, found {len(error.instance) if isinstance(error.instance, dict) else 0}",
            )
        ]
    if error.validator == "anyOf" and error.context:
        # The branch that came furthest is the one that was meant.
        nearest = max(error.context, key=lambda nested: len(nested.absolute_path))
        if len(nearest.absolute_path) > len(steps):
            return _lines(file, nearest)
    if error.validator in ("oneOf", "anyOf"):
        # The library's message would print the whole of what was given.
        return [file.problem(steps, "it fits none or more than one of the allowed forms")]
    return [file.problem(steps, _shorten(error.message))]


def _shorten(message: str) -> str:
    return message if len(message) <= 300 else message[:200] + " ... " + message[-90:]
