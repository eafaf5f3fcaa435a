# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is judged of a host that sends raw material: the platform's own reader makes settings of it, on the controller.

A platform whose kinds say what is asked in their place (``asks``) has a module ``reader`` in its folder of ``platforms``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import WITH_READER, Platform

Observation = Mapping[str, Any]
Facts = Mapping[str, Any]
_FOLDER = "ansible_collections.hipaa.cis.plugins.plugin_utils.platforms"


class Reader(Protocol):
    """Reads what one host answered."""

    def read(self, kind: str, address: Mapping[str, Any], seen: Observation) -> Observation:
        """Return the observation of a setting from that of what was asked in its place. What is wrong with it is an error of the setting."""


def reader_of(platform: Platform, facts: Facts) -> Reader | None:
    """Return the reader for a host of a platform, by what it says of itself; None where a host's answers are settings already."""
    if not _has_reader(platform):
        return None
    reader: Reader = _module(platform).Reader(facts)
    return reader


def why_unsupported(platform: Platform, facts: Facts) -> str:
    """Return in a sentence what a host runs that its platform does not know, by its own table of releases; empty where it has none."""
    return str(_module(platform).why_unsupported(facts)) if _has_reader(platform) else ""


def why_no_role(platform: Platform, facts: Facts) -> str:
    """Return in a sentence why a host does not say in which role it is; empty where it does, or its platform has none."""
    return str(_module(platform).why_no_role(facts)) if _has_reader(platform) else ""


def _has_reader(platform: Platform) -> bool:
    return platform.id in WITH_READER


def _module(platform: Platform) -> Any:
    # Hosts of other platforms do not pay for it.
    return import_module(f"{_FOLDER}.{platform.id}.reader")
