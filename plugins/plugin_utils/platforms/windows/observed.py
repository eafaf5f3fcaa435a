# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observations: what a host answered to a question, and what is judged in its place (`audit.judge`)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

Address = Mapping[str, Any]
Observation = Mapping[str, Any]


def value(given: Any, seen: Observation, note: str = "") -> Observation:
    """Return an observation with a value from where another was seen. ``note``: what else has to be known of it."""
    return {"state": "value", "value": given, **_source(seen, note)}


def absent(seen: Observation, note: str = "") -> Observation:
    """Return an observation of what is not there."""
    return {"state": "absent", **_source(seen, note)}


def error(problem: Exception, seen: Observation) -> Observation:
    """Return an observation that cannot be used."""
    return {"state": "error", "reason": str(problem), **_source(seen, "")}


def part(seen: Observation, name: str) -> Any:
    """Return a part of the mapping that was answered. Raises `HipaaCisError` where it is not there."""
    answered = seen.get("value")
    if not isinstance(answered, Mapping) or name not in answered:
        raise HipaaCisError(f"the host's answer has no '{name}'")
    return answered[name]


def file_bytes(seen: Observation, name: str) -> bytes:
    """Return a file that was answered in base64. Raises `HipaaCisError`."""
    given = part(seen, name)
    try:
        return base64.b64decode(given if isinstance(given, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise HipaaCisError(f"the host's answer has no file in '{name}'") from None


def _source(seen: Observation, note: str) -> Observation:
    told = ": ".join(text for text in (seen.get("source", ""), note) if text)
    return {"source": told} if told else {}
