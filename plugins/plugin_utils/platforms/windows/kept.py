# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the registry keeps under a name, of answers that hold several values for one setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import registry_value


def number(values: Mapping[str, Any], name: str) -> int | None:
    """Return a REG_DWORD; None where there is no value. Raises `HipaaCisError`, as the others."""
    found = _kept(values, name, "REG_DWORD")
    return found if isinstance(found, int) else None


def text(values: Mapping[str, Any], name: str) -> str | None:
    """Return a REG_SZ (or REG_EXPAND_SZ); None where there is no value."""
    found = _kept(values, name, "REG_SZ", "REG_EXPAND_SZ")
    return found if isinstance(found, str) else None


def binary(values: Mapping[str, Any], name: str) -> bytes | None:
    """Return a REG_BINARY; None where there is no value."""
    found = _kept(values, name, "REG_BINARY")
    return found if isinstance(found, bytes) else None


def value(given: Any, where: str, *types: str) -> registry_value.Judged | None:
    """Return what was answered for one value, of the types that Windows reads there; None where there is no value. ``where`` names it in errors."""
    found = registry_value.read(given, 64, where)
    return None if isinstance(found, registry_value.Absent) else registry_value.judged(found, types, where)


def _kept(values: Mapping[str, Any], name: str, *types: str) -> registry_value.Judged | None:
    if not isinstance(values, Mapping) or name not in values:
        raise HipaaCisError(f"the host's answer has no '{name}'")
    return value(values[name], name, *types)
