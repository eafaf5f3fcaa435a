# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a remediation talks to one host, and what can come between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlatformPlan

Answer = Mapping[str, Any]


class Unreachable(Exception):
    """The host does not answer, or not as root. The text says how."""


class NotBegun(Exception):
    """Nothing may be begun on the host now. The text says why."""


class Target(Protocol):
    """How a remediation talks to one host."""

    def observe(self, plan: PlatformPlan) -> Answer:
        """Return the observe module's answer. Raises `HipaaCisError` or `Unreachable`."""

    def apply(self, plan: PlatformPlan, request: Mapping[str, Any]) -> Answer:
        """Return the apply module's answer. Raises `HipaaCisError`, `NoAnswer`, `Unreachable`, or `NotBegun` before the first change."""

    def reconnect(self) -> None:
        """Drop the connection, so that the next call opens a new one."""
