# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time zones by IANA name."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError


def time_zone(given: Any, place: str) -> ZoneInfo:
    """Return a time zone. Raises `HipaaCisError` that names the place where it was given."""
    try:
        return ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HipaaCisError(
            f"{place}: {given!r} is not a time zone by its IANA name, such as Europe/Berlin or America/New_York."
        ) from None
